import math

import numpy as np
import pytest

from udtlib.errors import FrameError
from udtlib.features import cell_histograms, colour, fhog, grey, neighbour_cells, strongest_gradient


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def fhog_literal(image, cell, clip=0.2):
    """The definition, pixel by pixel, in Python floats: (31, h, w)."""
    height, width = image.shape[:2]
    rows, columns = height // cell, width // cell
    histogram = np.zeros((18, rows, columns))
    for y in range(height):
        for x in range(width):
            best, best_dx, best_dy = -1.0, 0.0, 0.0
            for channel in range(3):
                left, right = (
                    float(image[y, max(x - 1, 0), channel]),
                    float(image[y, min(x + 1, width - 1), channel]),
                )
                up, down = (
                    float(image[max(y - 1, 0), x, channel]),
                    float(image[min(y + 1, height - 1), x, channel]),
                )
                dx, dy = right - left, down - up
                if dx * dx + dy * dy > best:
                    best, best_dx, best_dy = dx * dx + dy * dy, dx, dy
            angles = [k * math.pi / 9 for k in range(18)]
            dots = [best_dx * math.cos(a) + best_dy * math.sin(a) for a in angles]
            orientation = dots.index(max(dots))
            for row in range(rows):
                for column in range(columns):
                    near_y = 1 - abs((y + 0.5) / cell - (row + 0.5))
                    near_x = 1 - abs((x + 0.5) / cell - (column + 0.5))
                    if near_y > 0 and near_x > 0:
                        histogram[orientation, row, column] += near_y * near_x * math.sqrt(best)
    return np.moveaxis(
        [[fhog_cell(histogram, row, column, clip) for column in range(columns)] for row in range(rows)], -1, 0
    )


def fhog_cell(histogram, row, column, clip):
    """The 31 numbers of one cell from the histograms (18, h, w)."""
    rows, columns = histogram.shape[1:]

    def energy(y, x):
        y, x = min(max(y, 0), rows - 1), min(max(x, 0), columns - 1)
        return sum((histogram[k, y, x] + histogram[k + 9, y, x]) ** 2 for k in range(9))

    norms = []
    for y in (row - 1, row):
        for x in (column - 1, column):
            norms.append(
                math.sqrt(energy(y, x) + energy(y, x + 1) + energy(y + 1, x) + energy(y + 1, x + 1) + 1e-4)
            )
    here = histogram[:, row, column]
    signed = [sum(min(here[k] / n, clip) for n in norms) / 2 for k in range(18)]
    unsigned = [sum(min((here[k] + here[k + 9]) / n, clip) for n in norms) / 2 for k in range(9)]
    texture = [0.2357 * sum(min(here[k] / n, clip) for k in range(18)) for n in norms]
    return signed + unsigned + texture


@pytest.mark.parametrize(
    ("shape", "cell"), [((12, 16), 4), ((9, 7), 2), ((14, 11), 4), ((5, 6), 1), ((4, 4), 4)]
)
def test_fhog_against_its_definition(shape, cell):
    image = noise(*shape, 3)
    found = fhog(image, cell)
    assert found.dtype == np.float32
    assert found.shape == (31, shape[0] // cell, shape[1] // cell)
    np.testing.assert_allclose(found, fhog_literal(image, cell), atol=2e-6)


def test_fhog_of_a_stack_is_the_stack_of_fhogs():
    stack = noise(2, 3, 16, 12, 3)
    found = fhog(stack)
    assert found.shape == (2, 3, 31, 4, 3)
    for i in range(2):
        for j in range(3):
            np.testing.assert_allclose(found[i, j], fhog(stack[i, j]), atol=1e-7)


@pytest.mark.parametrize("k", range(18))
def test_a_ramp_votes_for_its_direction(k):
    rows, columns = np.mgrid[:16, :16]
    angle = k * np.pi / 9
    ramp = 300 + 10 * (np.cos(angle) * columns + np.sin(angle) * rows)
    channels = fhog(np.repeat(ramp[:, :, None], 3, axis=2))
    inner = channels[:, 1:-1, 1:-1]
    assert (inner[:18].argmax(axis=0) == k).all(), "contrast-sensitive"
    assert (inner[18:27].argmax(axis=0) == k % 9).all(), "contrast-insensitive"
    np.testing.assert_allclose(inner[k], 0.4, atol=1e-6, err_msg="four clipped entries, halved")
    np.testing.assert_allclose(np.delete(inner[:18], k, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(inner[27:], 0.2357 * 0.2, atol=1e-6)


def test_a_flat_patch_has_no_features():
    flat = np.full((16, 20, 3), 90, np.uint8)
    for feature in (grey, colour, fhog):
        np.testing.assert_allclose(feature(flat), 0, atol=1e-6)


def test_fhog_ignores_contrast_and_brightness():
    image = noise(16, 16, 3) // 4
    np.testing.assert_allclose(fhog(image), fhog(2 * image + 20), atol=1e-5)


def test_the_strongest_channel_gives_the_gradient():
    image = np.zeros((5, 6, 3))
    image[:, 3:, 1] = 100
    image[2:, :, 2] = 30
    dx, dy = strongest_gradient(image[None])
    assert dx[0, 2, 2] == 100
    assert dy[0, 2, 2] == 0
    assert dx[0, 2, 0] == 0
    assert dy[0, 2, 0] == 30
    tied = np.zeros((5, 6, 3))
    tied[:, 3:, 0], tied[2:, :, 1] = 100, 100
    assert strongest_gradient(tied[None])[0][0, 2, 2] == 100


def test_votes_are_shared_between_cells_and_lost_outside():
    weights = neighbour_cells(8, 4)
    assert [index.tolist() for index, _ in weights] == [[0, 0, 1, 1, 1, 1, 2, 2], [1, 1, 2, 2, 2, 2, 3, 3]]
    np.testing.assert_allclose(weights[0][1][:4], [0.375, 0.125, 0.875, 0.625])
    dx, dy = np.zeros((2, 1, 12, 12), np.float32)
    dx[0, 5, 6] = 8
    histogram = cell_histograms(dx, dy, 4)
    assert histogram.sum() == pytest.approx(8), "an inner pixel loses nothing"
    assert histogram[0, 0, 1, 1] == pytest.approx(8 * 0.875 * 0.875)
    dx[0, 5, 6], dx[0, 0, 0] = 0, 8
    assert cell_histograms(dx, dy, 4).sum() == pytest.approx(8 * 0.625**2)


def test_grey_and_colour_by_hand():
    image = noise(6, 5, 3)
    luma = (0.299 * image[..., 0] + 0.587 * image[..., 1] + 0.114 * image[..., 2]) / 255
    np.testing.assert_allclose(grey(image), (luma - luma.mean())[None], atol=1e-6)
    for channel in range(3):
        plane = image[..., channel] / 255
        np.testing.assert_allclose(colour(image)[channel], plane - plane.mean(), atol=1e-6)
    assert grey(image).dtype == colour(image).dtype == np.float32
    assert colour(noise(4, 6, 5, 3)).shape == (4, 3, 6, 5)


def test_inputs_stay_as_they_were():
    image = noise(16, 16, 3)
    before = image.copy()
    for feature in (grey, colour, fhog):
        feature(image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("feature", [grey, colour, fhog])
@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 4), (0, 16, 3)])
def test_other_shapes_are_refused(feature, shape):
    with pytest.raises(FrameError, match="H, W, 3"):
        feature(np.zeros(shape, np.uint8))
    with pytest.raises(FrameError, match="at least 4"):
        fhog(np.zeros((3, 16, 3), np.uint8))
