"""LUDT's four frames with three losses: against the losses one by one, and what such a batch must be."""

import numpy as np
import pytest
import torch

from udtlib.data.raw_video.triplets import draw_triplets
from udtlib.data.synthetic.patches import RenderedClip
from udtlib.errors import OptionError, ShapeError
from udtlib.training import Batch, TrainingSettings
from udtlib.training.data import synthetic_data
from udtlib.training.run import start
from udtlib.training.settings import VARIANTS
from udtlib.unsupervised import (
    drop_weights,
    motion_weights,
    normalise_weights,
    round_trip_errors,
    track_forward_backward,
)

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def batch():
    smooth = np.random.default_rng(0).integers(0, 256, (6, 4, 25, 25, 3), dtype=np.uint8)
    return Batch(np.kron(smooth, np.ones((1, 1, 5, 5, 1), np.uint8)))


def test_the_loss_is_the_sum_of_three_and_so_is_the_gradient(batch):
    run = start(TrainingSettings(variant="ludt", drop=0.2), CPU)
    outcome = run.step(batch)
    gradient = torch.cat([p.grad.flatten() for p in run.network.parameters()])
    features = run.network(run.step.prepare(batch.patches).flatten(0, 1)).unflatten(0, (4, 6))
    losses = []
    for count in (1, 2, 3):
        searches = list(features[1 : 1 + count])
        trip = track_forward_backward(features[0], searches, run.step.label, transform=run.step.transform)
        dropped = drop_weights(round_trip_errors(trip.back.detach(), trip.label, "paper"), 0.2)
        assert dropped.sum() == 5
        weights = normalise_weights(dropped, motion_weights(trip))
        losses.append((weights * round_trip_errors(trip.back, trip.label)).sum())
    assert outcome.loss == pytest.approx(float(sum(losses).detach()), rel=1e-4)
    expected = torch.autograd.grad(sum(losses), list(run.network.parameters()))
    expected = torch.cat([one.flatten() for one in expected])
    assert float((gradient - expected).norm() / expected.norm()) < 1e-3
    assert outcome.weights.sum() == pytest.approx(1, abs=1e-5)
    assert outcome.errors.shape == (6,)


def test_a_triplet_is_refused_where_four_frames_are_needed(batch):
    step = start(TrainingSettings(variant="ludt"), CPU).step
    with pytest.raises(ShapeError, match=r"\(n, 4, 125, 125, 3\): template, S1, S2, S3"):
        step(Batch(batch.patches[:, :3]))


def test_the_data_of_a_command_have_as_many_patches_as_the_variant():
    for name, count in (("udt", 3), ("ludt", 4)):
        data = synthetic_data(2, 0, "reference", VARIANTS[name], clips=1, frames=6)
        assert data(0).patches.shape == (2, count, 125, 125, 3)


def test_three_searches_are_drawn_within_the_span_and_in_the_video():
    clips = [RenderedClip(0, 30), RenderedClip(30, 5)]
    drawn = draw_triplets(clips, 0, span=20, searches=3)
    assert drawn.shape == (33, 4)
    ahead = drawn[:, 1:] - drawn[:, :1]
    assert ahead.min() == 1
    assert ahead.max() == 20
    assert ((drawn < 30) == (drawn[:, :1] < 30)).all()
    assert len(np.unique(ahead, axis=0)) > 20
    with pytest.raises(OptionError, match="ordered"):
        draw_triplets(clips, 0, "ordered", searches=3)
