"""Procedural textures with the statistics of natural images: 1/f noise and dead leaves.

Natural images have an amplitude spectrum that falls as 1/frequency, and they show opaque things that
hide each other. ``noise`` has the first property, ``leaves`` has both, ``mixed`` lies between: leaves
that carry strong noise. All textures are periodic, so they may be sampled anywhere by wrapping around.
Book: chapter 01.
"""

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
    frequency = np.hypot(scipy.fft.fftfreq(height)[:, None], scipy.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    gain = frequency**-exponent * ((frequency >= lowest) & (frequency < np.inf))
    noise = scipy.fft.irfft2(spectrum * gain, s=(height, width))
    return noise / noise.std()


def opponent_to_rgb(opponent: Field) -> Field:
    """Return RGB differences ``(..., 3)`` of opponent values ``(..., 3)`` of deviation 1 (light first)."""
    return (opponent * OPPONENT_SPREAD) @ OPPONENT_AXES


def colour_noise(height: int, width: int, generator: np.random.Generator) -> Field:
    """Return periodic 1/f colour noise ``(height, width, 3)`` float64: mean 0, lightness of deviation 1."""
    planes = [pink_noise(height, width, generator, exponent) for exponent in (1.2, 1.4, 1.4)]
    return opponent_to_rgb(np.stack(planes, axis=-1))


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
    canvas = np.zeros((height, width, 3)) + colour[0]
    for leaf in zip(centre, radius, angle, stretch, colour, strict=True):
        _drop_leaf(canvas, *leaf)
    return canvas


def _drop_leaf(
    canvas: Field, centre: Field, radius: float, angle: float, stretch: float, colour: Field
) -> None:
    """Paint one anti-aliased ellipse on the periodic ``canvas``, in place."""
    height, width, _ = canvas.shape
    reach = int(radius) + 2
    rows = np.arange(int(centre[0]) - reach, int(centre[0]) + reach + 1)
    columns = np.arange(int(centre[1]) - reach, int(centre[1]) + reach + 1)
    y, x = rows[:, None] - centre[0], columns - centre[1]
    cosine, sine = np.cos(angle), np.sin(angle)
    across = (cosine * y - sine * x) / stretch
    distance = np.sqrt((cosine * x + sine * y) ** 2 + across**2)
    cover = np.clip((radius - distance) * stretch + 0.5, 0, 1)[..., None]
    where = np.ix_(rows % height, columns % width)
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
    values = mean + noise_contrast * colour_noise(height, width, generator)
    if leaf_contrast:
        values += leaf_contrast * dead_leaves(height, width, generator)
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)
