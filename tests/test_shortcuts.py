"""Detectors of trivial solutions, on features that are known to be trivial or not."""

import numpy as np
import pytest
import torch
from apple_gpu import on_apple_gpu

from udtlib import shortcuts
from udtlib.data.synthetic import render_clip
from udtlib.errors import OptionError, ShapeError
from udtlib.network import FeatureNetwork
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep


def random_features(pictures=8, channels=5, seed=0):
    return torch.randn(pictures, channels, 9, 7, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def pairs():
    frames = [render_clip(frames=1, seed=seed).frames[0] for seed in (50, 51)]
    return shortcuts.moved_pairs(frames, 6, 20, seed=3)


def test_blind_share_of_known_mixtures():
    pictures, code = random_features(200), random_features(1, seed=1)
    level = 100.0 * torch.arange(5.0).view(1, 5, 1, 1)
    assert shortcuts.blind_share(pictures + level) == pytest.approx(1 / 200, rel=0.3)
    assert shortcuts.blind_share(code.expand(4, -1, -1, -1) + level) == pytest.approx(1.0)
    assert shortcuts.blind_share(pictures + code + level) == pytest.approx(0.5, abs=0.05)
    assert np.isnan(shortcuts.blind_share(torch.ones(3, 2, 4, 4)))
    with pytest.raises(ShapeError, match="2 pictures or more"):
        shortcuts.blind_share(pictures[:1])


@pytest.mark.parametrize("measure", [shortcuts.blind_share, shortcuts.effective_channels])
def test_features_on_a_device_without_float64_are_measured_too(measure):
    features = random_features()
    assert measure(on_apple_gpu(features)) == measure(features)


def test_effective_channels_counts_independent_ones():
    features = random_features(400)
    assert shortcuts.effective_channels(features) == pytest.approx(5, abs=0.1)
    assert shortcuts.effective_channels(features[:, :1].expand(-1, 5, -1, -1)) == pytest.approx(1)
    assert shortcuts.effective_channels(features[:, :1]) == pytest.approx(1)
    assert shortcuts.effective_channels(torch.ones(2, 5, 3, 3)) == 0
    assert shortcuts.effective_channels(torch.ones(2, 1, 3, 3)) == 0


def test_pairs_show_the_same_pixels_moved(pairs):
    templates, searches, moves = pairs
    assert np.abs(moves).max() > 10
    for template, search, (dy, dx) in zip(templates, searches, moves, strict=True):
        y, x = 60 + dy, 60 + dx
        np.testing.assert_array_equal(search[y : y + 20, x : x + 20], template[60:80, 60:80])
    again = shortcuts.moved_pairs([np.zeros((165, 170, 3), np.uint8)], 3, 20)
    assert again[0].shape == (3, 125, 125, 3)
    with pytest.raises(OptionError, match="165 pixels or more"):
        shortcuts.moved_pairs([np.zeros((164, 170, 3), np.uint8)], 3, 20)
    with pytest.raises(OptionError, match="0 frames"):
        shortcuts.moved_pairs([], 3, 20)


def test_honest_networks_follow_and_impostors_do_not(pairs):
    templates, searches, moves = pairs
    networks = {
        "random": FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0)),
        "blind": shortcuts.PositionCode(),
        "collapsed": shortcuts.collapsed_network(),
    }
    shares = {}
    for name, network in networks.items():
        responses, found = shortcuts.answers(network, templates, searches)
        assert responses.shape == (6, 121, 121)
        shares[name] = shortcuts.followed_share(found, moves)
    assert shares["random"] == pytest.approx(1, abs=0.01)
    assert shares["blind"] == 0
    assert abs(shares["collapsed"]) < 0.3
    assert shortcuts.followed_share(0.5 * moves, moves) == pytest.approx(0.5)


def test_the_position_code_has_the_lowest_loss(pairs):
    templates, searches, _ = pairs
    batch = Batch(np.stack([templates, searches, searches], axis=1))
    losses = {}
    for name, network in (
        ("blind", shortcuts.PositionCode()),
        ("collapsed", shortcuts.collapsed_network()),
        ("random", FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0))),
    ):
        step = TrainingStep(network, TrainingSettings(), torch.device("cpu"))
        with torch.no_grad():
            losses[name] = float(step.errors(batch)[1][:, 1].mean())
    assert losses["blind"] < 0.01 < losses["random"] < losses["collapsed"]
    assert losses["collapsed"] == pytest.approx(float(step.label.square().sum()), rel=0.05)


def test_only_padding_can_tell_the_place():
    flat = torch.full((1, 3, 125, 125), 20.0)
    generator = torch.Generator().manual_seed(0)
    unpadded, padded = (FeatureNetwork(padded=p, generator=generator) for p in (False, True))
    with torch.no_grad():
        assert float(unpadded(flat).std((2, 3)).max()) < 1e-3
        assert float(padded(flat).std((2, 3)).max()) > 0.1
        inner = padded(flat)[:, :, 2:-2, 2:-2]
        assert float(inner.std((2, 3)).max()) < 1e-3
