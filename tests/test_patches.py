"""Crops against numpy slicing and against bilinear sampling written out as a loop."""

import math

import numpy as np
import pytest

from udtlib.errors import BoxError, FrameError, UnknownNameError
from udtlib.patches import crop, hann_window

RNG = np.random.default_rng(3)
IMAGE = RNG.integers(0, 256, (24, 31, 3), dtype=np.uint8)
FLOAT = IMAGE.astype(np.float32)


def pixel(image, row, column, border):
    height, width = image.shape[:2]
    if border == "zero" and not (0 <= row < height and 0 <= column < width):
        return np.zeros(image.shape[2:])
    return image[min(max(row, 0), height - 1), min(max(column, 0), width - 1)].astype(float)


def bilinear_crop(image, box, size, border):
    """Sample each patch pixel's centre from its four neighbours: the oracle."""
    x, y, w, h = box
    height, width = size
    patch = np.zeros((height, width, *image.shape[2:]))
    for i in range(height):
        for j in range(width):
            u = x + (j + 0.5) * w / width - 0.5  # in whole pixels from the centre of pixel (0, 0)
            v = y + (i + 0.5) * h / height - 0.5
            column, row = math.floor(u), math.floor(v)
            for r, c, weight in [
                (row, column, (1 - (u - column)) * (1 - (v - row))),
                (row, column + 1, (u - column) * (1 - (v - row))),
                (row + 1, column, (1 - (u - column)) * (v - row)),
                (row + 1, column + 1, (u - column) * (v - row)),
            ]:
                patch[i, j] += weight * pixel(image, r, c, border)
    return patch


@pytest.mark.parametrize("box", [(0, 0, 31, 24), (3, 5, 10, 7), (30, 23, 1, 1), (0, 20, 31, 4)])
@pytest.mark.parametrize("image", [IMAGE, FLOAT, IMAGE[..., 0]], ids=["colour", "float", "grey"])
def test_whole_pixel_crop_is_a_slice(image, box):
    x, y, w, h = box
    patch = crop(image, box)
    np.testing.assert_array_equal(patch, image[y : y + h, x : x + w])
    assert patch.dtype == image.dtype


# Some OpenCV releases round positions to 1/32 pixel: that moves a value by up to 255/32 a side.
@pytest.mark.parametrize("border", ["replicate", "zero"])
@pytest.mark.parametrize(
    ("box", "size"),
    [
        ((3.25, 5.5, 10, 7), (7, 10)),  # sub-pixel
        ((2.3, 4.7, 9.1, 11.9), (8, 8)),  # shrinking
        ((8, 6, 4, 3), (9, 12)),  # enlarging
        ((-6.5, -3.25, 14, 12), (12, 14)),  # over the top left corner
        ((25, 18, 12, 12), (12, 12)),  # over the bottom right corner
        ((-10, -10, 60, 60), (30, 30)),  # around the whole image
        ((100, 50, 6, 6), (6, 6)),  # off the image
        ((-40, 3, 6, 6), (3, 3)),
    ],
)
def test_crop_is_bilinear_sampling(box, size, border):
    expected = bilinear_crop(FLOAT, box, size, border)
    np.testing.assert_allclose(crop(FLOAT, box, size, border), expected, atol=16 / 32 * 32)
    steps = FLOAT / 16  # neighbours differ by at most 16: 1/32 pixel is half a grey level a side
    np.testing.assert_allclose(
        crop(steps, box, size, border), bilinear_crop(steps, box, size, border), atol=1.01
    )
    grey = crop(IMAGE[..., 1], box, size, border)
    np.testing.assert_allclose(grey, expected[..., 1], atol=16.5)
    assert grey.shape == size


def test_half_a_pixel_averages_neighbours():
    row = np.array([[0, 100, 200, 40]], np.uint8)
    np.testing.assert_array_equal(crop(row, (0.5, 0, 3, 1)), [[50, 150, 120]])


@pytest.mark.parametrize(
    ("box", "replicate"),
    [((50, 3, 4, 1), IMAGE[3, -1]), ((-50, -50, 2, 2), IMAGE[0, 0]), ((1e9, 0, 3, 1), IMAGE[0, -1])],
)
def test_far_off_the_image_only_the_border_is_seen(box, replicate):
    assert (crop(IMAGE, box) == replicate).all()
    assert not crop(IMAGE, box, border="zero").any()


def test_zero_border_keeps_the_inside():
    patch = crop(IMAGE, (-2, -3, 8, 8), border="zero")
    assert not patch[:3].any()
    assert not patch[:, :2].any()
    np.testing.assert_array_equal(patch[3:, 2:], IMAGE[:5, :6])


def test_default_size_is_the_rounded_box_and_at_least_one():
    assert crop(IMAGE, (1, 1, 9.6, 4.2)).shape == (4, 10, 3)
    assert crop(IMAGE, (1, 1, 0.2, 0.1)).shape == (1, 1, 3)


def test_one_and_four_channels_keep_their_shape():
    assert crop(IMAGE[..., :1], (1, 1, 5, 4)).shape == (4, 5, 1)
    assert crop(np.dstack([IMAGE, IMAGE[..., 0]]), (1, 1, 5, 4)).shape == (4, 5, 4)


def test_input_is_not_changed_and_views_are_taken():
    image, before = IMAGE.copy(), IMAGE.copy()
    np.testing.assert_array_equal(crop(image[::2, ::-1], (2, 3, 4, 5)), image[::2, ::-1][3:8, 2:6])
    crop(image, (0, 0, 31, 24))[:] = 0
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("bad", [(1, 1, 0, 4), (1, 1, 4, -1), (np.nan, 1, 4, 4), (1, 1, 4)])
def test_bad_boxes_are_refused(bad):
    with pytest.raises(BoxError):
        crop(IMAGE, bad)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [[1, 2]],
        IMAGE.astype(int),
        IMAGE > 3,
        np.zeros((0, 4), np.uint8),
        np.zeros((2, 2, 5), np.uint8),
        IMAGE[None],
    ],
)
def test_bad_images_are_refused(bad):
    with pytest.raises(FrameError):
        crop(bad, (0, 0, 2, 2))


@pytest.mark.parametrize("bad", [(0, 4), (4, -1), (2.5, 2), (3,)])
def test_bad_sizes_are_refused(bad):
    with pytest.raises(FrameError, match="patch size"):
        crop(IMAGE, (0, 0, 2, 2), bad)


def test_an_unknown_border_is_named():
    with pytest.raises(UnknownNameError, match="replicate, zero"):
        crop(IMAGE, (0, 0, 2, 2), border="mirror")


def test_hann_window_is_the_outer_product_of_cosines():
    window = hann_window(9, 5)
    rows = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(9) / 8)
    columns = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(5) / 4)
    np.testing.assert_allclose(window, rows[:, None] * columns, atol=1e-7)
    assert window.dtype == np.float32
    assert window[4, 2] == 1
    assert np.abs(np.r_[window[0], window[-1], window[:, 0], window[:, -1]]).max() < 1e-7


def test_hann_window_refuses_empty_sizes():
    with pytest.raises(FrameError):
        hann_window(0, 3)
