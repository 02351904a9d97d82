"""The staged deflection of chapter 08: what is in the patches, and what each trip says about them."""

import numpy as np
import pytest
import torch

from udtlib import viz
from udtlib.dcf import dcf_response, gaussian_label
from udtlib.network import FeatureNetwork
from udtlib.unsupervised import pseudo_labels
from udtlib.weights import random_weights
from udtlib.widgets import deflection

NETWORKS = {"shipped": None, "random": random_weights().network(padded=False)}


def disc(patch, place, radius=15):
    """The pixels of a patch around a place, as rows."""
    rows, columns = (np.arange(125) - 62 - step for step in place)
    return patch[np.hypot(rows[:, None], columns) <= radius].astype(float)


def test_target_and_lookalike_stand_where_it_is_said():
    scene = deflection.stage(hidden=(0, 0), likeness=0.8)
    target = disc(scene.patches[0], (0, 0))
    for patch, there, other in zip(scene.patches[1:], scene.target, scene.lookalike, strict=True):
        assert disc(patch, there) == pytest.approx(target, abs=1)
        likeness = np.corrcoef(disc(patch, other).ravel(), target.ravel())[0, 1]
        assert 0.6 < likeness < 0.95


def test_likeness_goes_from_strangers_to_twins():
    target = disc(deflection.stage().patches[0], (0, 0)).ravel()
    found = [
        np.corrcoef(
            disc(deflection.stage(likeness=value).patches[1], deflection.LOOKALIKE[0]).ravel(), target
        )
        for value in (0.0, 0.5, 1.0)
    ]
    first, second, third = (matrix[0, 1] for matrix in found)
    assert first < second < third
    assert abs(first) < 0.3
    assert third > 0.99


def test_hidden_is_gone():
    scene = deflection.stage(hidden=(1, 1))
    for patch, there in zip(scene.patches[1:], scene.target, strict=True):
        assert disc(patch, there).std() < 8
    assert disc(scene.patches[0], (0, 0)).std() > 30


@pytest.mark.parametrize("name", NETWORKS)
def test_two_frames_and_chained_come_home_and_direct_does_not(name):
    good = deflection.validate(deflection.stage(hidden=(0, 0)), NETWORKS[name])
    bad = deflection.validate(deflection.stage(hidden=(1, 0)), NETWORKS[name])
    gone = deflection.validate(deflection.stage(hidden=(1, 1)), NETWORKS[name])
    assert good.found[0] == pytest.approx(deflection.IN_S1, abs=2)
    for verdict in (bad, gone):
        for found, there in zip(verdict.found, deflection.LOOKALIKE, strict=True):
            assert found == pytest.approx(there, abs=3)
    for way in ("two", "chained"):
        assert np.abs(bad.homes[way]).max() <= 2
        assert bad.losses[way] < 1.5 * good.losses[way]
    assert np.hypot(*bad.homes["direct"]) > 20
    assert bad.losses["direct"] > 1.5 * good.losses["direct"]
    assert np.abs(gone.homes["direct"]).max() <= 2, "who never sees the target again cannot tell"


def test_losses_are_the_layers_hop_by_hop():
    scene = deflection.stage(hidden=(0.5, 0), likeness=0.6)
    verdict = deflection.validate(scene, NETWORKS["random"])
    label = gaussian_label(121, 121, deflection.SIGMA)
    t, s1, s2 = deflection.features(scene.patches, NETWORKS["random"]).split(1)
    first = pseudo_labels(dcf_response(t, s1, label), label)
    second = pseudo_labels(dcf_response(s1, s2, first), label)
    chained = pseudo_labels(dcf_response(s2, s1, second), label)
    for way, last in {"two": (s1, first), "direct": (s2, second), "chained": (s1, chained)}.items():
        loss = (dcf_response(last[0], t, last[1]) - label).square().sum()
        assert verdict.losses[way] == pytest.approx(float(loss), rel=1e-3)


def test_features_are_the_networks():
    phi = FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(3))
    patches = deflection.stage().patches
    by_hand = patches.astype(np.float32) - np.array([123, 117, 104], np.float32)
    with torch.no_grad():
        expected = phi(torch.from_numpy(by_hand.transpose(0, 3, 1, 2).copy()))
    torch.testing.assert_close(deflection.features(patches, phi), expected)


def test_an_object_may_stand_half_outside():
    picture = np.zeros((125, 125, 3))
    deflection.stand(picture, np.ones((49, 49, 3)), (0, 62), 20, 1.0)
    assert picture[62, 124].tolist() == [1, 1, 1]
    assert picture[:, :100].sum() == 0


def test_twin_is_a_picture_and_sliders_start_at_the_defaults():
    demo = deflection.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[2] == 3
    assert np.array_equal(demo.start(), deflection.draw())


def test_maps_are_grey_where_the_response_is_zero_and_darker_below() -> None:
    side, top, left = deflection.PANEL, 2 * viz.TEXT_HEIGHT, 3 * (deflection.PANEL + 4)
    panel = deflection.draw(hidden_in_S1=0)[top : top + side, left : left + side].astype(int)
    spectra = [deflection.spectrum_of(patch.tobytes()) for patch in deflection.stage((0, 0)).patches]
    back = deflection.judge(spectra, deflection.quick()).trips["two"].back[0].numpy()
    reach, cell = np.abs(back).max(), side / deflection.SIDE
    assert np.ptp(panel, axis=2)[: side // 3].max() == 0
    for row, column in ((-50, -50), np.unravel_index(back.argmin(), back.shape), (-45, 20)):
        y, x = (int(((at + 60) % 121 + 0.5) * cell) for at in (row, column))
        assert panel[y, x, 0] == pytest.approx(127.5 * (1 + back[row, column] / reach), abs=8)
    assert panel[..., 0].min() < 90


def test_what_the_demo_draws_is_what_the_chapter_computes() -> None:
    """Only the frequencies of the label are kept there; the losses are drawn without a fraction."""
    scene = deflection.stage((0.7, 0.2), 0.5)
    exact = deflection.validate(scene)
    spectra = [deflection.spectrum_of(patch.tobytes()) for patch in scene.patches]
    drawn = deflection.judge(spectra, deflection.quick())
    assert drawn.homes == exact.homes
    assert drawn.found == exact.found
    for way, loss in exact.losses.items():
        assert drawn.losses[way] == pytest.approx(loss, rel=1e-3, abs=0.01)
