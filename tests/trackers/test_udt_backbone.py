"""`UdtTracker(network=...)`: the same filter on another network's features, and networks it cannot use."""

import threading

import numpy as np
import pytest
import torch
from apple_gpu import on_apple_gpu
from clips import follow, moving_clip
from torch import nn

from udtlib.errors import OptionError
from udtlib.trackers.udt import UdtTracker
from udtlib.trackers.udt.backbone import _likeness, measured
from udtlib.trackers.udt.batch import MultiTracker
from udtlib.weights import random_weights

CPU = torch.device("cpu")
STEPS = [(3, 2), (4, -3), (-5, 6), (2, 2)]


def small(stride=2, padding=2, channels=5):
    """A network of five channels with a stride: random 5 x 5 filters and a norm, as trainable ones begin."""
    torch.manual_seed(0)
    layers = nn.Conv2d(3, channels, 5, stride=stride, padding=padding), nn.ReLU(), nn.BatchNorm2d(channels)
    return nn.Sequential(*layers)


def test_features_on_a_device_without_float64_are_compared_too():
    features = torch.randn(1, 5, 20, 20, generator=torch.Generator().manual_seed(0))
    moved = features.roll((1, 1), (-2, -1))
    assert _likeness(features, moved) != _likeness(moved, features)
    assert _likeness(on_apple_gpu(features), on_apple_gpu(moved)) == _likeness(features, moved)


def test_our_own_network_given_as_another_one_gives_the_same_boxes():
    frames, boxes = moving_clip(STEPS)
    weights = random_weights(0)
    ours, given = UdtTracker(weights), UdtTracker(network=weights.network())
    np.testing.assert_array_equal(follow(given, frames, boxes[0]), follow(ours, frames, boxes[0]))
    assert (given.cells, given.backbone.stride, given.weights) == (125, 1, None)


@pytest.mark.parametrize(
    ("network", "size", "cells", "stride"),
    [
        (small(1), 125, 125, 1),
        (small(1, padding=0), 125, 121, 1),
        (small(2), 125, 63, 2),
        (small(3), 125, 42, 3),
        (small(4), 125, 32, 4),
        (small(4, padding=0), 125, 31, 4),
        (nn.Sequential(small(2), nn.Conv2d(5, 7, 3, stride=4, dilation=2)), 161, 20, 8),
        (nn.AvgPool2d(5), 128, 25, 5),
        (nn.Identity(), 64, 64, 1),
    ],
    ids=str,
)
def test_cells_and_stride_are_measured(network, size, cells, stride):
    found = measured(network, size, CPU)
    assert (found.cells, found.stride) == (cells, stride)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_another_network_follows_a_target(stride):
    """To a cell of its features: at stride 4 and padding 1.8 that is a fifteenth of the target or so."""
    frames, boxes = moving_clip(STEPS)
    network = small(stride)
    tracker = UdtTracker(network=network, patch_size=128, subpixel=True)
    found = follow(tracker, frames, boxes[0])
    centers, truth = (one[:, :2] + one[:, 2:] / 2 for one in (found, boxes[1:]))
    assert np.abs(centers - truth).max() < 3
    assert tracker.look.features.shape == (3, 5, tracker.cells, tracker.cells)
    assert tracker.response.shape == (tracker.cells, tracker.cells)
    assert tracker.filter.shape == (5, tracker.cells, tracker.cells)
    assert network.training  # the user's own is left as it was
    assert all(parameter.requires_grad for parameter in network.parameters())
    np.testing.assert_array_equal(follow(tracker, frames, boxes[0]), found)
    several = MultiTracker(network=network, patch_size=128, subpixel=True)
    several.init(frames[0], boxes[:1])
    np.testing.assert_allclose([several.update(frame)[0] for frame in frames[1:]], found, atol=0.05)


def test_a_step_of_a_cell_is_its_stride_in_pixels():
    """The peak one cell to the right: `stride` pixels of the patch, so many windows of the image."""
    frames, boxes = moving_clip([(1, 0)])
    tracker = UdtTracker(network=small(4), patch_size=128)
    tracker.init(frames[0], boxes[0])
    look = tracker.search(frames[0], torch.float32)
    before = tracker.center.copy()
    responses = torch.zeros(3, 32, 32)
    responses[:, 0, 1] = 1.0
    window = tracker.move(tracker.judge(look.windows, look.patches, look.features, responses))
    np.testing.assert_allclose(tracker.center - before, [4 / 128 * window[0], 0])


class Flattens(nn.Module):
    """Every cell from all pixels: a patch that moves gives something else."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.mix = nn.Linear(3 * 64 * 64, 256)

    def forward(self, x):
        return self.mix(x.flatten(1)).view(-1, 1, 16, 16)


class Returns(nn.Module):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer(x)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Conv2d(4, 8, 3), r"raised RuntimeError on patches \(1, 3, 64, 64\): .*channels"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(1)), r"s at least 8 .*found \(1, 3, 1, 1\); an earlier layer"),
        (nn.Flatten(), r"expected features \(1, C, s, s\).*found \(1, 12288\)"),
        (nn.Upsample(scale_factor=2), "at most a cell a pixel, found 128 cells for 64 pixels"),
        (Flattens(), r"move by a cell .* correlation is -?0\.\d\d \(at least 0\.5\)"),
        (Returns(lambda x: [x]), "expected a tensor of features, found list"),
        (Returns(lambda x: x / 0), "expected finite float32 features"),
        (Returns(lambda x: x.double()), r"float32 features, found others \(torch.float64\)"),
        (Returns(lambda x: x - x.mean(0)), "move by a cell|whatever else is in its batch"),
        (Returns(lambda x: x[:1]), "whatever else is in its batch"),
        (Returns(lambda x: 0 * x), "move by a cell"),
    ],
    ids=str,
)
def test_networks_that_cannot_be_used(network, message):
    with pytest.raises(OptionError, match=f"network: .*{message}"):
        UdtTracker(network=network, patch_size=64)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "resnet"}, "network: expected Module or None, found 'resnet'"),
        ({"network": nn.Identity(), "weights": "random"}, "neither weights nor another dtype"),
        ({"network": nn.Identity(), "dtype": "bfloat16"}, "dtype=bfloat16"),
    ],
)
def test_arguments_that_do_not_go_together(options, message):
    with pytest.raises(OptionError, match=message):
        UdtTracker(**options)


class HoldsALock(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 8, 3)
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Returns(lambda x: x.view(1, 3, 64, 64)), r"raised RuntimeError on patches \(2, 3, 64, 64\)"),
        (Returns(lambda x: x if len(x) == 1 else x[..., ::2, ::2]), "whatever else is in its batch"),
        (Returns(lambda x: x if len(x) == 1 else None), "whatever else is in its batch"),
        (HoldsALock(), "raised TypeError when it was copied to cpu: cannot pickle"),
    ],
    ids=["one patch", "other size", "none", "lock"],
)
def test_networks_that_fail_on_a_batch_or_as_a_copy(network, message):
    with pytest.raises(OptionError, match=f"network: .*{message}"):
        UdtTracker(network=network, patch_size=64)
