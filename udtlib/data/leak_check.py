"""Does a training video show what is measured on? A perceptual hash finds copies in spite of codec and size.

Only the middle of each frame is looked at, the window training patches are cut from: a copy that was cropped,
mirrored or turned is not found. Book: chapter 10.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.data.folder import list_images
from udtlib.data.images import SUFFIXES, ImageFiles
from udtlib.data.patch_selection import cut_patches
from udtlib.errors import DataError
from udtlib.trackers.base import Frame

BITS = 256
TOLERANCE = 26
"""Two frames show the same picture if no more of their 256 bits differ."""

FLAT = 6.0
"""Thumbnails whose grey levels deviate less than this have no picture to compare."""

STEP = 4
"""Of the sequences for measuring, every fourth frame is hashed; of training videos, every frame."""


@dataclass(frozen=True)
class Leak:
    """A training video that shows a sequence for measuring.

    Attributes:
        sequence: its name.
        frames: how many of the video's frames were found in it.
        distance: bits that differ in the best pair, 0 to 256.
        frame: 0-indexed frame of the video in the best pair.
    """

    sequence: str
    frames: int
    distance: int
    frame: int

    def __str__(self) -> str:
        return (
            f"shows {self.sequence}, which is for measuring: {self.frames} of its frames, best frame "
            f"{self.frame} ({self.distance} of {BITS} bits differ)"
        )


def perceptual_hash(patches: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return which of two neighbours is lighter, at 16 x 16 places of every patch.

    Args:
        patches: RGB ``(N, H, W, 3)``.

    Returns:
        ``(N, 32)`` uint8, 256 bits each; all zero for a patch that is flat.
    """
    thumbnails = np.stack([_thumbnail(patch) for patch in patches])
    lighter = thumbnails[:, :, 1:] > thumbnails[:, :, :-1]
    lighter[thumbnails.std(axis=(1, 2)) < FLAT] = False
    return np.packbits(lighter.reshape(len(patches), -1), axis=1)


def _thumbnail(patch: Frame) -> NDArray[np.float32]:
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.resize(grey, (17, 16), interpolation=cv2.INTER_AREA), dtype=np.float32)


def hamming(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of bits that differ between all hashes ``(N, 32)`` and ``(M, 32)``: ``(N, M)``."""
    signs = [np.unpackbits(hashes, axis=1).astype(np.float32) * 2 - 1 for hashes in (first, second)]
    return ((BITS - signs[0] @ signs[1].T) / 2).astype(np.int64)


class Measured:
    """The hashes of all sequences that are for measuring.

    Attributes:
        names: of the sequences.
        hashes: of each, ``(frames, 32)`` uint8.
    """

    def __init__(self, sequences: Iterable[tuple[str, Iterable[Frame]]], step: int = STEP) -> None:
        """Hash frame 0, ``step``, ... of every ``(name, frames)``; frames are RGB uint8, taken one by one."""
        self.names: list[str] = []
        self.hashes: list[NDArray[np.uint8]] = []
        for name, frames in sequences:
            if isinstance(frames, Sequence):
                frames = frames[::step]
            self.names.append(name)
            hashes = [perceptual_hash(patch[None])[0] for patch in cut_patches(frames)]
            self.hashes.append(np.array(hashes, np.uint8).reshape(-1, BITS // 8))

    def find(self, hashes: NDArray[np.uint8], tolerance: int = TOLERANCE) -> Leak | None:
        """Return the sequence a video with these hashes ``(N, 32)`` shows best, or None."""
        leaks = [
            leak
            for name, measured in zip(self.names, self.hashes, strict=True)
            if (leak := _compare(name, measured, hashes, tolerance))
        ]
        return min(leaks, key=lambda leak: leak.distance, default=None)


def _compare(name: str, measured: NDArray, hashes: NDArray, tolerance: int) -> Leak | None:
    measured = measured[measured.any(axis=1)]
    if not len(measured) or not len(hashes):
        return None
    nearest = hamming(hashes, measured).min(axis=1)
    nearest[~hashes.any(axis=1)] = BITS
    if nearest.min() > tolerance:
        return None
    return Leak(name, int((nearest <= tolerance).sum()), int(nearest.min()), int(nearest.argmin()))


def measuring_sequences(roots: Iterable[str | Path]) -> list[tuple[str, ImageFiles]]:
    """Return ``(name, frames)`` of every folder of images below the given ones (OTB, TC128, VOT ...), sorted.

    Raises:
        DataError: no image below one of them.
    """
    found = []
    for root in map(Path, roots):
        folders = sorted(Path(folder) for folder, _, files in os.walk(root) if _has_images(files))
        if not folders:
            raise DataError(f"{root}: expected folders of images to measure on, found none")
        found += [(_sequence_name(folder, root), ImageFiles(list_images(folder))) for folder in folders]
    return found


def _has_images(files: Iterable[str]) -> bool:
    return any(file.lower().endswith(SUFFIXES) for file in files)


def _sequence_name(folder: Path, root: Path) -> str:
    parts = [part for part in folder.relative_to(root).parts if part not in ("img", "color")]
    return "/".join([root.name, *parts])
