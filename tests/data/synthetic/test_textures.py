"""Textures against what they promise: the spectrum, the area of a leaf, periodicity."""

from itertools import pairwise

import numpy as np
import pytest

from udtlib.data.synthetic import textures
from udtlib.data.synthetic.textures import (
    FAMILIES,
    _drop_leaves,
    colour_noise,
    dead_leaves,
    pink_noise,
    texture,
)
from udtlib.errors import UnknownNameError


def spectrum_slope(image: np.ndarray) -> float:
    """Fit log amplitude against log frequency, by a full FFT and rings (not the generator's own code)."""
    amplitude = np.abs(np.fft.fft2(image - image.mean()))
    fy, fx = np.meshgrid(*(np.fft.fftfreq(side) for side in image.shape), indexing="ij")
    frequency = np.sqrt(fx**2 + fy**2)
    edges = np.geomspace(0.02, 0.4, 12)
    rings = [(low <= frequency) & (frequency < high) for low, high in pairwise(edges)]
    centre = [np.log(frequency[ring]).mean() for ring in rings]
    height = [np.log(np.sqrt((amplitude[ring] ** 2).mean())) for ring in rings]
    return float(np.polyfit(centre, height, 1)[0])


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_pink_noise_has_the_spectrum_asked_for(exponent):
    noise = pink_noise(256, 320, np.random.default_rng(0), exponent)
    assert noise.shape == (256, 320)
    assert abs(noise.mean()) < 1e-9
    assert noise.std() == pytest.approx(1)
    assert spectrum_slope(noise) == pytest.approx(-exponent, abs=0.05)


def test_pink_noise_leaves_out_low_frequencies():
    noise = pink_noise(128, 128, np.random.default_rng(0), 2.0, lowest=5 / 128)
    amplitude = np.abs(np.fft.fft2(noise))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    assert amplitude[frequency < 4.99 / 128].max() < 1e-9 * amplitude.max()
    assert amplitude[np.isclose(frequency, 5 / 128)].min() > 1e-3 * amplitude.max()


def test_colour_varies_less_than_light():
    noise = colour_noise(128, 128, np.random.default_rng(1))
    light, red_green = noise.mean(axis=2), noise[..., 0] - noise[..., 1]
    assert light.std() == pytest.approx(1, abs=0.02)
    assert red_green.std() < 0.6 * light.std()


@pytest.mark.parametrize("centre", [(40.3, 51.7), (0.0, 0.4), (79.9, 99.9)])
def test_a_leaf_covers_the_area_of_its_ellipse_also_across_the_border(centre):
    canvas = np.zeros((3, 80, 100))
    _drop_leaves(canvas, *(np.array([each]) for each in (centre, 17.0, 0.7, 0.6, (1.0, 1.0, 1.0))))
    assert canvas[0].sum() == pytest.approx(np.pi * 17**2 * 0.6, rel=0.01)
    angle = np.angle((canvas[0] * np.exp(2j * np.pi * np.arange(80) / 80)[:, None]).sum())
    assert np.cos(angle - 2 * np.pi * centre[0] / 80) > 0.9999  # the circular mean of its rows


def leaves_one_by_one(canvas, *leaves) -> None:
    """Paint leaves as they are defined, pixel by pixel around each centre."""
    _, height, width = canvas.shape
    for centre, radius, angle, stretch, colour in zip(*leaves, strict=True):
        reach, before = int(radius) + 2, canvas.copy()  # what a leaf hides is what was there before it
        for row in range(int(centre[0]) - reach, int(centre[0]) + reach + 1):
            for column in range(int(centre[1]) - reach, int(centre[1]) + reach + 1):
                y, x = row - centre[0], column - centre[1]
                along = np.cos(angle) * x + np.sin(angle) * y
                across = (np.cos(angle) * y - np.sin(angle) * x) / stretch
                cover = min(max((radius - np.sqrt(along * along + across * across)) * stretch + 0.5, 0), 1)
                there = before[:, row % height, column % width]
                canvas[:, row % height, column % width] = there + cover * (colour - there)


@pytest.mark.parametrize("size", [(70, 90), (20, 31)])
def test_leaves_of_all_sizes_are_painted_in_their_order_to_the_last_bit(size):
    """On the smaller canvas the larger leaves meet themselves."""
    random = np.random.default_rng(4)
    leaves = (
        random.uniform(0, size, (30, 2)),
        random.choice([5.2, 5.7, 9.1, 18.0], 30) + random.uniform(0, 0.2, 30),
        random.uniform(0, np.pi, 30),
        random.uniform(0.45, 1, 30),
        random.standard_normal((30, 3)),
    )
    painted, expected = np.zeros((3, *size)), np.zeros((3, *size))
    _drop_leaves(painted, *leaves)
    leaves_one_by_one(expected, *leaves)
    assert np.array_equal(painted, expected)


def test_leaves_are_the_same_however_many_are_held_at_a_time(monkeypatch):
    whole = dead_leaves(96, 128, np.random.default_rng(2))
    monkeypatch.setattr(textures, "BATCH", 7)
    assert np.array_equal(dead_leaves(96, 128, np.random.default_rng(2)), whole)


def test_dead_leaves_have_natural_statistics():
    images = [dead_leaves(192, 256, np.random.default_rng(seed)).mean(axis=2) for seed in range(6)]
    assert -1.9 < np.mean([spectrum_slope(image) for image in images]) < -0.9
    assert np.mean([image.var() for image in images]) == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_texture_is_an_image_repeats_with_its_seed_and_is_periodic(family):
    first, again, other = (texture(family, 96, 128, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.shape == (96, 128, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 10
    assert 15 < first.std() < 90
    grey = first.astype(float).mean(axis=2)
    inside = np.abs(np.diff(grey, axis=0)).mean(), np.abs(np.diff(grey, axis=1)).mean()
    seam = np.abs(grey[0] - grey[-1]).mean(), np.abs(grey[:, 0] - grey[:, -1]).mean()
    assert max(seam) < 2 * max(inside)


def test_unknown_family():
    with pytest.raises(UnknownNameError, match=r"no texture family 'wood'; known: leaves, mixed, noise"):
        texture("wood", 32, 32, np.random.default_rng(0))
