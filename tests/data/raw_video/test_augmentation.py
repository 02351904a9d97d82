"""Augmented triplets: what moves, what stays, how much, and that it can be repeated."""

import cv2
import numpy as np
import pytest

from udtlib.data.raw_video import augmentation
from udtlib.data.raw_video.augmentation import augment, line_kernel, move, relight, smear
from udtlib.errors import OptionError


@pytest.fixture
def batch():
    noise = np.random.default_rng(0).uniform(60, 180, (4, 3, 125, 125, 3))
    smooth = [cv2.GaussianBlur(patch, (0, 0), 4) for patch in noise.reshape(-1, 125, 125, 3)]
    stretched = (np.array(smooth) - 120) * 8 + 120
    return stretched.clip(40, 215).astype(np.uint8).reshape(noise.shape)


def test_no_strength_only_mirrors(batch):
    before = batch.copy()
    result = augment(batch, 0.0, np.random.default_rng(1))
    np.testing.assert_array_equal(batch, before)
    mirrored = [np.array_equal(new, old[:, :, ::-1]) for new, old in zip(result, batch, strict=True)]
    kept = [np.array_equal(new, old) for new, old in zip(result, batch, strict=True)]
    assert any(mirrored)
    assert any(kept)
    assert all(m or k for m, k in zip(mirrored, kept, strict=True))


def test_the_same_draw_gives_the_same_batch(batch):
    first, again, other = (augment(batch, 1.0, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.uint8
    assert first.shape == batch.shape


def test_the_template_stays_and_search_patches_move(batch, monkeypatch):
    for name in ("GAIN", "COLOUR", "OFFSET"):
        monkeypatch.setattr(augmentation, name, 0.0)
    result = augment(batch, 1.0, np.random.default_rng(5))
    for new, old in zip(result, batch, strict=True):
        old = old if np.array_equal(new[0], old[0]) else old[:, :, ::-1]
        np.testing.assert_array_equal(new[0], old[0])
        assert not np.array_equal(new[1], old[1])
        assert not np.array_equal(new[2], old[2])


@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2, 2.5])
@pytest.mark.parametrize("length", [1.0, 6.3, 12.0])
def test_line_kernel_has_the_moments_of_a_line(length, angle):
    kernel = line_kernel(length, angle, 6).astype(float)
    rows, columns = np.mgrid[-6:7, -6:7]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)
    assert [(kernel * rows).sum(), (kernel * columns).sum()] == pytest.approx([0, 0], abs=1e-6)
    # the variance of 33 points on a line, ends included; sharing out between two cells adds up to 1 / 4
    assert 0 < (kernel * along**2).sum() - length**2 / 12 * 34 / 32 < 0.3
    assert (kernel * across**2).sum() < 0.3


@pytest.mark.parametrize("longest", [0.5, 0.999, -1, 61, float("nan")])
def test_a_blur_that_cannot_be_is_refused_whatever_is_drawn(batch, longest):
    for seed in range(3):
        with pytest.raises(OptionError, match="longest: expected "):
            augment(batch[:1], 1.0, np.random.default_rng(seed), longest)


def test_half_of_the_search_patches_are_smeared(batch, monkeypatch):
    for name in ("SHIFT", "TURN", "SCALE", "GAIN", "COLOUR", "OFFSET"):
        monkeypatch.setattr(augmentation, name, 0.0)
    smeared = []
    for seed in range(6):
        result = augment(batch, 1.0, np.random.default_rng(seed), longest=12.0)
        for new, old in zip(result, batch, strict=True):
            old = old if np.array_equal(new[0], old[0]) else old[:, :, ::-1]
            np.testing.assert_array_equal(new[0], old[0])
            smeared += [not np.array_equal(new[role], old[role]) for role in (1, 2)]
    assert 0.3 < np.mean(smeared) < 0.7


def test_a_smeared_dot_is_a_line():
    patch = np.zeros((125, 125, 3), np.uint8)
    patch[62, 62] = 255
    for seed in range(20):
        found = smear(patch, 12.0, np.random.default_rng(seed))[..., 0].astype(float)
        rows, columns = np.nonzero(found)
        assert max(np.abs(rows - 62).max(), np.abs(columns - 62).max()) <= 7
        assert found.sum() == pytest.approx(255, abs=0.5 * len(rows))


def test_a_shift_is_a_shift(batch, monkeypatch):
    """Without turn and scale, phase correlation finds every shift, and none is beyond the limit."""
    for name in ("TURN", "SCALE"):
        monkeypatch.setattr(augmentation, name, 0.0)
    found = []
    for seed in range(6):
        moved = move(batch[0, 1], 1.0, np.random.default_rng(seed))
        grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (batch[0, 1], moved)]
        (dx, dy), _ = cv2.phaseCorrelate(*grey, cv2.createHanningWindow((125, 125), cv2.CV_32F))
        random = np.random.default_rng(seed)
        random.uniform(size=2)
        np.testing.assert_allclose((dx, dy), random.uniform(-8, 8, 2), atol=1)
        found.append((dx, dy))
    assert np.abs(found).max() <= 8.5
    assert np.ptp(found, axis=0).min() > 4


def test_turn_and_scale_are_about_the_middle(monkeypatch):
    monkeypatch.setattr(augmentation, "SHIFT", 0.0)
    patch = np.zeros((125, 125, 3), np.uint8)
    patch[62, 62] = patch[62, 102] = 255
    for seed in range(4):
        moved = move(cv2.GaussianBlur(patch, (0, 0), 2), 1.0, np.random.default_rng(seed))
        random = np.random.default_rng(seed)
        scale, angle = np.exp(random.uniform(-0.12, 0.12)), np.radians(random.uniform(-8, 8))
        y, x = 62 - 40 * scale * np.sin(angle), 62 + 40 * scale * np.cos(angle)
        right = moved[:, 82:, 0].astype(float)
        rows, columns = np.mgrid[:125, 82:125]
        assert (right * rows).sum() / right.sum() == pytest.approx(y, abs=0.3)
        assert (right * columns).sum() / right.sum() == pytest.approx(x, abs=0.3)


def test_light_is_linear_and_bounded(batch):
    for seed in range(5):
        lit = relight(batch[0, 0], 1.0, np.random.default_rng(seed)).astype(float)
        for channel in range(3):
            new, old = lit[..., channel].ravel(), batch[0, 0, ..., channel].ravel().astype(float)
            inside = (new > 0) & (new < 255)
            gain, offset = np.polyfit(old[inside], new[inside], 1)
            assert np.exp(-0.39) <= gain <= np.exp(0.39)
            assert abs(offset) <= 21
            np.testing.assert_allclose(new[inside], gain * old[inside] + offset, atol=1)
