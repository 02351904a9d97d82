"""Harder triplets from the same frames: search patches moved, turned and scaled, all of them relit.

Neighbouring frames look alike, and a network learns little from what it can already do. What is done to a
search patch here would also happen to it in a longer wait: the target is still there, its appearance has
changed, and no label is needed for that. The reference has nothing of the kind. Book: chapter 11.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.data.patch_selection import PATCH_SIZE

SHIFT = 8.0  # pixels, along both axes
TURN = 8.0  # degrees
SCALE = 0.12  # of the logarithm of the size
GAIN = 0.3  # of the logarithm of the brightness
COLOUR = 0.08  # of the logarithm of one channel's gain
OFFSET = 20.0  # grey levels

Patches = NDArray[np.uint8]


def augment(batch: Patches, strength: float, random: np.random.Generator) -> Patches:
    """Return triplets whose search patches have moved and which are lit anew.

    S1 and S2 are moved, turned and scaled independently, the template stays; all three get their own
    brightness, contrast and tint; and half of the triplets are mirrored, all three patches alike.
    Every amount is uniform between plus and minus the constants of this module times ``strength``.

    Args:
        batch: uint8 ``(n, 3, 125, 125, 3)``: T, S1, S2; not changed.
        strength: 1 is what the shipped weights were trained with.
        random: draws the amounts.

    Returns:
        A new array of the same shape; pixels from beyond an edge are mirrored.
    """
    result = batch.copy()
    for triplet in result:
        if random.random() < 0.5:
            triplet[:] = triplet[:, :, ::-1].copy()
        for role, patch in enumerate(triplet):
            moved = patch if role == 0 else move(patch, strength, random)
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


def relight(patch: Patches, strength: float, random: np.random.Generator) -> Patches:
    """Return a patch with random gain for all channels and for each, and a random offset."""
    gain = strength * (random.uniform(-GAIN, GAIN) + random.uniform(-COLOUR, COLOUR, 3))
    offset = strength * random.uniform(-OFFSET, OFFSET)
    levels = np.arange(256)[:, None] * np.exp(gain) + offset
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(patch, table[None]), np.uint8)
