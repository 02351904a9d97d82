"""Harder triplets from the same frames: search patches moved, turned, scaled and smeared, all of them relit.

Neighbouring frames look alike, and a network learns little from what it can already do. What is done to a
search patch here would also happen to it in a longer wait: the target is still there, its appearance has
changed, and no label is needed for that. The reference has nothing of the kind. Book: chapter 11.
"""

import math
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import Between, checked
from udtlib.data.raw_video.patch_selection import PATCH_SIZE
from udtlib.errors import OptionError

SHIFT = 8.0  # pixels, along both axes
TURN = 8.0  # degrees
SCALE = 0.12  # of the logarithm of the size
GAIN = 0.3  # of the logarithm of the brightness
COLOUR = 0.08  # of the logarithm of one channel's gain
OFFSET = 20.0  # grey levels
STRONGEST = 10  # strength: patches are turned by 80 degrees then, and move out of their place
SMEARED = 60  # pixels of blur at most: half a patch
LINE_POINTS = 33  # of a motion blur

Patches = NDArray[np.uint8]


@checked
def augment(
    batch: Patches,
    strength: Annotated[float, Between(0, STRONGEST)],
    random: np.random.Generator,
    longest: Annotated[float, Between(0, SMEARED)] = 0.0,
) -> Patches:
    """Return triplets whose search patches have moved and which are lit anew.

    S1 and S2 are moved, turned, scaled and half of them smeared, independently, the template stays; all
    three get their own brightness, contrast and tint; and half of the triplets are mirrored, all three
    patches alike. Every amount, but for `smear`, is uniform between plus and minus the constants of this
    module times ``strength``.

    Args:
        batch: uint8 ``(n, 3, 125, 125, 3)``: T, S1, S2; not changed.
        strength: 1 is what the shipped weights were trained with.
        random: draws the amounts.
        longest: motion blur in pixels, at least 1; 0 smears nothing.

    Returns:
        A new array of the same shape; pixels from beyond an edge are mirrored.

    Raises:
        OptionError: an amount out of range.
    """
    if 0 < longest < 1:
        raise OptionError(f"longest: expected 0, or 1 to {SMEARED} pixels of motion blur, found {longest}")
    result = batch.copy()
    for triplet in result:
        if random.random() < 0.5:
            triplet[:] = triplet[:, :, ::-1].copy()
        for role, patch in enumerate(triplet):
            moved = patch if role == 0 else move(patch, strength, random)
            moved = smear(moved, longest, random) if role and longest else moved
            triplet[role] = relight(moved, strength, random)
    return result


def move(patch: Patches, strength: float, random: np.random.Generator) -> Patches:
    """Return a patch scaled and turned about its middle, and shifted, by random amounts."""
    scale = np.exp(strength * random.uniform(-SCALE, SCALE))
    angle = strength * random.uniform(-TURN, TURN)
    middle = (PATCH_SIZE - 1) / 2
    shift = strength * random.uniform(-SHIFT, SHIFT, (2, 1))
    matrix = cv2.getRotationMatrix2D((middle, middle), angle, scale) + shift * [0, 0, 1]
    moved = cv2.warpAffine(patch, matrix, (PATCH_SIZE, PATCH_SIZE), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def smear(patch: Patches, longest: float, random: np.random.Generator) -> Patches:
    """Return a patch as it is, or as if it had moved up to ``longest`` pixels while the shutter was open."""
    if random.random() < 0.5:
        return patch
    kernel = line_kernel(random.uniform(1, longest), random.uniform(0, np.pi), math.ceil(longest / 2))
    return np.asarray(cv2.filter2D(patch, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def line_kernel(length: float, angle: float, reach: int) -> NDArray[np.float32]:
    """Return a straight line through the middle of ``(2 * reach + 1)`` squared cells, float32, of sum 1.

    Args:
        length: in cells, at most ``2 * reach``.
        angle: radians, from right (0) to down (pi / 2).
        reach: cells on each side of the middle one.
    """
    along = np.linspace(-0.5, 0.5, LINE_POINTS)[:, None] * length
    cells = np.arange(-reach, reach + 1)
    columns = np.clip(1 - np.abs(along * np.cos(angle) - cells), 0, None)
    rows = np.clip(1 - np.abs(along * np.sin(angle) - cells), 0, None)
    kernel = (rows.T @ columns).astype(np.float32)
    return kernel / kernel.sum()


def relight(patch: Patches, strength: float, random: np.random.Generator) -> Patches:
    """Return a patch with random gain for all channels and for each, and a random offset."""
    gain = strength * (random.uniform(-GAIN, GAIN) + random.uniform(-COLOUR, COLOUR, 3))
    offset = strength * random.uniform(-OFFSET, OFFSET)
    levels = np.arange(256)[:, None] * np.exp(gain) + offset
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(patch, table[None]), np.uint8)
