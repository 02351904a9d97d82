"""The demo of chapter 09: its pairs against the clips' motion, its weights against the library's step."""

import cv2
import numpy as np
import pytest
import torch

from udtlib import weights
from udtlib.errors import UnknownNameError
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep
from udtlib.widgets import pairs
from udtlib.widgets.pairs_batch import (
    FAULTS,
    Pairs,
    add_noise,
    example,
    join,
    plant,
    render_moving,
    render_sky,
    render_still,
)


@pytest.fixture(scope="module")
def moving() -> Pairs:
    return render_moving(2, 2, seed=7)


def test_truth_is_what_the_pixels_do(moving):
    """OpenCV's phase correlation of the patches finds the background where the clip says it is."""
    found = []
    for template, first, second in moving.patches.astype(np.float32).mean(-1):
        window = cv2.createHanningWindow((125, 125), cv2.CV_32F)
        moves = [cv2.phaseCorrelate(template, search, window)[0][::-1] for search in (first, second)]
        found.append(moves)
    away = np.abs(np.array(found) - moving.moved).max(-1)
    assert np.median(away) < 2
    assert np.abs(moving.moved).max() > 3


def test_way_out_adds_both_legs():
    moved = np.array([[[3.0, 4.0], [3.0, 4.0]], [[3.0, 4.0], [0.0, 0.0]]])
    some = Pairs(np.zeros((2, 3, 125, 125, 3), np.uint8), moved, np.zeros(2, np.int64), ("moving",) * 2)
    assert some.way_out() == pytest.approx([5, 10])
    assert some.take(np.array([1])).way_out() == pytest.approx([10])


def test_still_and_sky_differ_by_noise_only():
    for some, limit in ((render_still(2), 8), (render_sky(2), 4)):
        change = some.patches[:, 1:].astype(float) - some.patches[:, :1]
        assert 0.5 < change.std() < limit
        assert not some.moved.any()


def test_same_seed_same_pairs(moving):
    again = render_moving(2, 2, seed=7)
    assert np.array_equal(again.patches, moving.patches)
    assert not np.array_equal(render_moving(2, 2, seed=8).patches, moving.patches)


def test_example_is_a_batch_of_three_kinds():
    batch = example()
    assert batch.patches.shape == (32, 3, 125, 125, 3)
    assert [batch.kinds.count(kind) for kind in ("moving", "still", "sky")] == [24, 4, 4]
    assert all(
        (clip == -1) == (kind != "moving") for clip, kind in zip(batch.clips, batch.kinds, strict=True)
    )


def test_faults_change_what_they_say(moving):
    batch = join(moving, render_still(1))
    original = batch.patches[0]
    cut, order, second, first = (plant(batch, 0, fault) for fault in FAULTS[1:])
    assert np.array_equal(plant(batch, 0, "none"), original)
    assert np.array_equal(cut[:2], original[:2])
    assert np.array_equal(cut[2], batch.patches[2, 2])
    assert np.array_equal(order, original[[1, 2, 0]])
    assert [int(patches.max()) for patches in (second[2], first[1])] <= [6, 6]
    assert np.array_equal(second[:2], original[:2])
    assert np.array_equal(first[[0, 2]], original[[0, 2]])
    assert np.array_equal(batch.patches[0], original)


def test_unknown_fault_is_refused(moving):
    with pytest.raises(UnknownNameError, match=r"no fault 'hair'.*fade in S1"):
        plant(moving, 0, "hair")


def test_noise_is_new_every_time_and_stays_in_range():
    generator = np.random.default_rng(0)
    noisy = add_noise(np.full((2, 50, 50), 254.0), generator, 3.0)
    assert noisy.dtype == np.uint8
    assert noisy.max() == 255
    assert not np.array_equal(noisy[0], noisy[1])


@pytest.mark.parametrize("form", ["reference", "paper"])
def test_judged_as_in_training(moving, form):
    """Errors, motion and weights are those of a training step."""
    network = weights.random_weights().network(padded=False)
    step = TrainingStep(network, TrainingSettings(motion=form), torch.device("cpu"))
    outcome = step(Batch(moving.patches))
    found = pairs.judge(network, moving.patches)
    _, numbers = step.errors(Batch(moving.patches))
    assert torch.allclose(found.errors, numbers[:, 1], rtol=1e-3)
    assert torch.allclose(getattr(found, form), numbers[:, 2], rtol=1e-3)
    dropped = pairs.drop_weights(found.errors, 0.1)
    ours = pairs.normalise_weights(dropped, getattr(found, form))
    assert torch.allclose(ours, outcome.weights, atol=1e-3)


def test_chunks_change_nothing(moving, monkeypatch):
    network = weights.random_weights().network(padded=False)
    whole = pairs.judge(network, moving.patches)
    monkeypatch.setattr(pairs, "CHUNK", 3)
    for one, other in zip(whole, pairs.judge(network, moving.patches), strict=True):
        assert torch.allclose(one, other, rtol=1e-3)


def test_effective_number():
    assert pairs.effective(torch.full((8,), 1 / 8)) == pytest.approx(8)
    assert pairs.effective(torch.tensor([1.0, 0, 0])) == pytest.approx(1)


def test_a_fault_moves_one_pair_only():
    shares, errors = pairs.weigh("fade in S2", 3, "reference", 10)
    plain, before = pairs.weigh("none", 3, "reference", 0)
    place = pairs.moving_places()[3]
    assert shares.sum() == pytest.approx(1)
    assert shares[place] == 0
    assert plain[place] > 0
    others = torch.arange(32) != place
    assert torch.equal(errors[others], before[others])
    assert errors[place] > 10 * before.max()


def test_sheet_is_sorted():
    patches = np.zeros((16, 125, 125, 3), np.uint8) + np.arange(16, dtype=np.uint8)[:, None, None, None] * 15
    shares = torch.arange(1, 17) / 136
    sheet = pairs.sorted_sheet(patches, shares)
    size = pairs.TILE + 2
    middles = [
        sheet[18 + size // 2 + row * (size + 18), size // 2 + column * size, 0]
        for row in range(2)
        for column in range(8)
    ]
    assert middles == sorted(middles, reverse=True)


def test_twin_is_a_picture_and_controls_start_at_the_defaults():
    demo = pairs.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[2] == 3
    assert np.array_equal(demo.start(), pairs.draw())
    unseen = int(pairs.judged("fade in S1").errors.argmin())
    shares, _ = pairs.weigh("fade in S1", unseen, "reference", 10)
    assert shares.max() == shares[pairs.moving_places()[unseen]] > 0.5
