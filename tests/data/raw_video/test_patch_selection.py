"""Centre patches: the reference's geometry, against another interpolator; LUDT's choice of place."""

import hashlib

import numpy as np
import pytest
from clips import moving_clip, texture
from scipy.ndimage import map_coordinates

from udtlib.data.raw_video.patch_selection import (
    CUTTING,
    PATCH_SIZE,
    SELECTIONS,
    cut_patches,
    entropy,
    most_varied_place,
    sample_window,
    start_locating,
)
from udtlib.data.synthetic import render_clip
from udtlib.errors import UnknownNameError
from udtlib.trackers import kcf


def independent_patch(frame, middle, window, size=PATCH_SIZE):
    """The same by scipy: points on a line from edge to edge of the window, zero outside."""
    x = np.linspace(middle[0] - window[0] / 2, middle[0] + window[0] / 2, size)
    y = np.linspace(middle[1] - window[1] / 2, middle[1] + window[1] / 2, size)
    points = np.meshgrid(y, x, indexing="ij")
    padded = np.pad(frame.astype(float), ((2, 2), (2, 2), (0, 0)))
    channels = [map_coordinates(padded[..., c], [p + 2 for p in points], order=1, cval=0) for c in range(3)]
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize("shape", [(480, 640), (97, 201), (60, 80), (1, 1), (3, 2), (240, 5)])
def test_centre_patch_is_half_the_frame(shape):
    frame = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    patch = next(cut_patches([frame]))
    assert patch.shape == (125, 125, 3)
    assert patch.dtype == np.uint8
    expected = independent_patch(frame, (shape[1] / 2, shape[0] / 2), (shape[1] / 2, shape[0] / 2))
    np.testing.assert_allclose(patch, expected, atol=0.501)


def test_first_and_last_point_lie_on_the_edges_of_the_window():
    ramp = np.repeat(np.arange(249, dtype=np.uint8)[None, :, None], 248, 0).repeat(3, 2)[:, :248]
    patch = next(cut_patches([ramp]))
    np.testing.assert_array_equal(patch[:, :, 0], np.broadcast_to(np.arange(62, 187), (125, 125)))


@pytest.mark.parametrize("middle", [(-5.3, 20), (79.5, 30), (40, 70.2)])
def test_zero_outside_the_frame(middle):
    frame = texture(60, 80)
    expected = independent_patch(frame, middle, (40, 30))
    np.testing.assert_allclose(sample_window(frame, middle, (40, 30)), expected, atol=0.501)
    assert (expected == 0).any()


@pytest.mark.parametrize("size", [2, 17, PATCH_SIZE])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (61, 83)])
def test_a_patch_is_to_the_bit_the_weighted_sum_of_four_pixels_in_float32(shape, size):
    """Patches, and the hashes of leaks, are stored: a faster way must round as this one does."""
    rng = np.random.default_rng(size)
    frame = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)[:, ::-1]  # its rows run backwards in memory
    for middle, window in [((shape[1] / 2, shape[0] / 2), (40.3, 30.7)), ((-1.2, 2.9), (9.9, 200))]:
        expected = np.full((size, size, 3), 0.5, np.float32)
        x, y = (at + np.linspace(-0.5, 0.5, size) * length for at, length in zip(middle, window, strict=True))
        for row, down in [(np.floor(y), 1 - y % 1), (np.floor(y) + 1, y % 1)]:
            for column, across in [(np.floor(x), 1 - x % 1), (np.floor(x) + 1, x % 1)]:
                inside = np.outer((row >= 0) & (row < shape[0]), (column >= 0) & (column < shape[1]))
                weights = down.astype(np.float32)[:, None] * across.astype(np.float32) * inside
                pixels = frame[row.astype(int).clip(0, shape[0] - 1)][
                    :, column.astype(int).clip(0, shape[1] - 1)
                ]
                expected += weights[..., None] * pixels
        np.testing.assert_array_equal(sample_window(frame, middle, window, size), expected.astype(np.uint8))


def test_frames_are_taken_one_by_one_and_resized_to_the_first():
    frame, taken = texture(60, 80), []

    def frames():
        for shape in [(60, 80), (120, 160)]:
            taken.append(shape)
            yield np.repeat(np.repeat(frame, shape[0] // 60, 0), shape[1] // 80, 1)

    patches = cut_patches(frames())
    first = next(patches)
    assert taken == [(60, 80)]
    difference = np.abs(first.astype(int) - next(patches))
    assert difference.mean() < 1
    assert taken == [(60, 80), (120, 160)]


def test_entropy_of_known_histograms():
    assert entropy(np.zeros((4, 4, 3), np.uint8)) == 0
    assert entropy(np.arange(256, dtype=np.uint8)) == pytest.approx(8)
    assert entropy(np.array([0, 0, 0, 9], np.uint8)) == pytest.approx(0.811278, abs=1e-6)


def test_most_varied_place_is_where_the_texture_is():
    frame = np.full((240, 360, 3), 90, np.uint8)
    np.testing.assert_allclose(most_varied_place(frame), [360 / 3, 240 / 3])
    frame[140:180, 150:210] = texture(40, 60)
    np.testing.assert_allclose(most_varied_place(frame), [360 / 2, 240 * 8 / 12])
    locate = start_locating("entropy", frame)
    np.testing.assert_allclose(locate(np.zeros_like(frame)), [360 / 2, 240 * 8 / 12])


def test_follow_follows():
    rng = np.random.default_rng(3)
    target = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    frames = []
    for step in range(12):
        frame = np.full((240, 240, 3), 128, np.uint8)
        frame[80 + 2 * step : 120 + 2 * step, 80 + 3 * step : 120 + 3 * step] = target
        frames.append(frame)
    locate = start_locating("follow", frames[0], kcf.follow)
    start = most_varied_place(frames[0])
    middles = [locate(frame) for frame in frames]
    np.testing.assert_allclose(middles[0], start, atol=1)
    np.testing.assert_allclose(middles[-1] - start, [33, 22], atol=3)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_every_selection_gives_a_patch_of_every_frame(selection):
    frames, _ = moving_clip([(1, 1)] * 3)
    before = [frame.copy() for frame in frames]
    patches = list(cut_patches(frames, selection, kcf.follow))
    assert [patch.shape for patch in patches] == [(125, 125, 3)] * 4
    np.testing.assert_array_equal(frames, before)


def test_unknown_selection():
    with pytest.raises(UnknownNameError, match="known: centre, entropy, follow"):
        next(cut_patches([texture(20, 20)], "best"))


def test_the_version_of_cutting_stands_for_these_patches():
    """Who changes the patches on purpose adds 1 to `CUTTING`, so that old caches do not pass for new ones."""
    frames = list(render_clip(frames=3, seed=3).frames)
    patches = [patch for selection in ("centre", "entropy") for patch in cut_patches(frames, selection)]
    digest = hashlib.sha256(np.stack(patches).tobytes()).hexdigest()[:16]
    assert (CUTTING, digest) == (1, "f2a99b6491971189")
