"""Procedural textures with the statistics of natural images: 1/f noise and dead leaves.

Natural images have an amplitude spectrum that falls as 1/frequency, and they show opaque things that
hide each other. ``noise`` has the first property, ``leaves`` has both, ``mixed`` lies between: leaves
that carry strong noise. All textures are periodic, so they may be sampled anywhere by wrapping around.
Book: chapter 01.
"""

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from udtlib.arguments import look_up
from udtlib.frames import Frame

Field = NDArray[np.float64]

# Opponent axes (light, yellow-blue, red-green) and how much natural images vary along each of them.
OPPONENT_AXES = np.array([[1.0, 1.0, 1.0], [0.7, 0.7, -1.4], [1.2, -1.2, 0.0]])
OPPONENT_SPREAD = np.array([1.0, 0.24, 0.13])
# family: (contrast of the leaves, contrast of the noise) in grey levels
FAMILIES = {"leaves": (46.0, 11.0), "mixed": (34.0, 26.0), "noise": (0.0, 44.0)}
RADII = (5.0, 60.0)  # of the smallest and the largest leaf, in pixels
BATCH = 2048  # leaves whose covers are held at a time, about 10 MB


def pink_noise(
    height: int, width: int, generator: np.random.Generator, exponent: float = 1.0, lowest: float = 0.0
) -> Field:
    """Return periodic noise whose amplitude spectrum falls as ``frequency ** -exponent``.

    Args:
        height: rows.
        width: columns.
        generator: the source of randomness.
        exponent: 0 is white noise, 1 has natural statistics, more is smoother.
        lowest: frequencies below it (cycles a pixel) are left out, so nothing is larger than ``1 / lowest``.

    Returns:
        ``(height, width)`` float64 of mean 0 and standard deviation 1.
    """
    spectrum = scipy.fft.rfft2(generator.standard_normal((height, width)))
    spectrum *= _gain(height, width, exponent, lowest)
    noise = scipy.fft.irfft2(spectrum, s=(height, width))
    noise /= noise.std()
    return np.asarray(noise)


@lru_cache(maxsize=8)
def _gain(height: int, width: int, exponent: float, lowest: float) -> Field:
    """Return the amplitudes of `pink_noise`, ``(height, width // 2 + 1)``, the same for every draw."""
    frequency = np.hypot(scipy.fft.fftfreq(height)[:, None], scipy.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    return np.asarray(frequency**-exponent * ((frequency >= lowest) & (frequency < np.inf)))


def opponent_to_rgb(opponent: Field) -> Field:
    """Return RGB differences ``(..., 3)`` of opponent values ``(..., 3)`` of deviation 1 (light first)."""
    return (opponent * OPPONENT_SPREAD) @ OPPONENT_AXES


def colour_noise(height: int, width: int, generator: np.random.Generator) -> Field:
    """Return periodic 1/f colour noise ``(height, width, 3)`` float64: mean 0, lightness of deviation 1."""
    opponent = np.empty((height, width, 3))
    for axis, exponent in enumerate((1.2, 1.4, 1.4)):
        opponent[..., axis] = pink_noise(height, width, generator, exponent)
    return opponent_to_rgb(opponent)


def dead_leaves(height: int, width: int, generator: np.random.Generator) -> Field:
    """Return periodic dead leaves: opaque ellipses dropped on each other, radius density ``radius ** -3``.

    Args:
        height: rows.
        width: columns.
        generator: the source of randomness.

    Returns:
        ``(height, width, 3)`` float64 of mean about 0; lightness of deviation about 1.
    """
    low, high = RADII
    mean_area = 2 * np.pi * np.log(high / low) / (low**-2 - high**-2)
    count = int(np.ceil(2.5 * height * width / mean_area))
    radius = (low**-2 - generator.random(count) * (low**-2 - high**-2)) ** -0.5
    centre = generator.random((count, 2)) * (height, width)
    angle = generator.random(count) * np.pi
    stretch = 0.45 + 0.55 * generator.random(count)
    colour = opponent_to_rgb(generator.standard_normal((count, 3)))
    canvas = np.zeros((3, height, width)) + colour[0][:, None, None]
    for start in range(0, count, BATCH):
        part = slice(start, start + BATCH)
        _drop_leaves(canvas, centre[part], radius[part], angle[part], stretch[part], colour[part])
    return np.moveaxis(canvas, 0, -1)


def _drop_leaves(
    canvas: Field, centre: Field, radius: Field, angle: Field, stretch: Field, colour: Field
) -> None:
    """Paint anti-aliased ellipses on the periodic ``canvas`` ``(3, H, W)``, in place, one after the other."""
    reach = radius.astype(np.int64) + 2
    corners = (centre.astype(np.int64) - reach[:, None]).tolist()
    covers: dict[int, Field] = {}
    for size in np.unique(reach):  # leaves of one size in one go: most of the time went into small arrays
        same = np.flatnonzero(reach == size)
        found = _cover(int(size), centre[same], radius[same], angle[same], stretch[same])
        covers.update(zip(same.tolist(), found, strict=True))
    for number, (corner, own) in enumerate(zip(corners, colour[:, :, None, None], strict=True)):
        _paint(canvas, corner, covers[number], own)


def _cover(reach: int, centre: Field, radius: Field, angle: Field, stretch: Field) -> Field:
    """Return how much of each pixel around its centre each leaf covers, ``(N, 2 reach + 1, 2 reach + 1)``."""
    around = centre.astype(np.int64)[:, :, None] + np.arange(-reach, reach + 1) - centre[:, :, None]
    y, x = around[:, 0, :, None], around[:, 1, None, :]
    radius, angle, stretch = (each[:, None, None] for each in (radius, angle, stretch))
    cosine, sine = np.cos(angle), np.sin(angle)
    across = (cosine * y - sine * x) / stretch
    distance = np.sqrt((cosine * x + sine * y) ** 2 + across**2)
    return np.clip((radius - distance) * stretch + 0.5, 0, 1)


def _paint(canvas: Field, corner: tuple[int, int], cover: Field, colour: Field) -> None:
    """Mix ``colour`` ``(3, 1, 1)`` into the periodic ``canvas`` ``(3, H, W)`` from a corner on, in place."""
    (_, height, width), (top, left), side = canvas.shape, corner, len(cover)
    if 0 <= top <= height - side and 0 <= left <= width - side:
        inside = canvas[:, top : top + side, left : left + side]
        inside += cover * (colour - inside)
        return
    steps = np.arange(side)
    where = np.ix_(range(3), (top + steps) % height, (left + steps) % width)
    canvas[where] += cover * (colour - canvas[where])


def texture(family: str, height: int, width: int, generator: np.random.Generator) -> Frame:
    """Return a periodic texture of one family as an RGB image ``(height, width, 3)`` ``uint8``.

    Textures of one family share their statistics; each draw has its own mean colour and contrast.

    Args:
        family: a key of `FAMILIES`: ``"leaves"``, ``"mixed"`` or ``"noise"``.
        height: rows.
        width: columns.
        generator: the source of randomness.

    Raises:
        UnknownNameError: ``family`` is not in `FAMILIES`.
    """
    leaf_contrast, noise_contrast = look_up("texture family", family, FAMILIES)
    mean = 118 + 60 * opponent_to_rgb(generator.uniform(-0.5, 0.5, 3) * (1, 2, 2))
    values = colour_noise(height, width, generator)
    values *= noise_contrast  # in place: new arrays of this size take as long as the sums
    values += mean
    if leaf_contrast:
        leaves = dead_leaves(height, width, generator)
        leaves *= leaf_contrast
        values += leaves
    np.clip(np.rint(values, out=values), 0, 255, out=values)
    return values.astype(np.uint8)
