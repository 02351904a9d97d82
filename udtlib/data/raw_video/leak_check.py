"""Does a training video show what is measured on? A perceptual hash finds copies in spite of codec and size.

Only the middle of each frame is looked at, the window training patches are cut from: a copy is found if it
was compressed, resized, stretched or mirrored, not if it was cropped or turned. Book: chapter 10.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.data.folder import folder_name
from udtlib.data.images import ImageFiles
from udtlib.data.kinds import Folder, Walk
from udtlib.data.raw_video.patch_selection import cut_patches
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path
from udtlib.fingerprints.files import files_fingerprint
from udtlib.frames import Frame

BITS = 256
TOLERANCE = 40
"""Two frames show the same picture if no more of their 256 bits differ; others differ in about 128."""

FLAT = 6.0
"""Thumbnails whose grey levels deviate less than this have no picture to compare."""


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
    """The sequences that are for measuring, and their hashes, made when first needed.

    Attributes:
        names: of the sequences.
    """

    def __init__(self, sequences: Iterable[tuple[str, Iterable[Frame]]], progress: bool = False) -> None:
        """Take ``(name, frames)`` of each; frames are RGB uint8 and taken one by one.

        With ``progress`` a bar is drawn while they are hashed, if the output is a terminal.
        """
        self._sequences, self._progress = list(sequences), progress
        self.names = [name for name, _ in self._sequences]

    @cached_property
    def hashes(self) -> list[NDArray[np.uint8]]:
        """Of each sequence ``(2 n, 32)``, of its n frames as they are and mirrored."""
        from tqdm import tqdm

        bar = tqdm(self._sequences, "sequences for measuring", disable=None if self._progress else True)
        return [_hash_both_ways(frames) for _, frames in bar]

    def fingerprint(self) -> str:
        """Return what the sequences are made of: other pictures under the same names give another one.

        Image files are read in part and not decoded; of other frames the hashes count.

        Raises:
            DataError: an image file cannot be read.
        """
        digest = hashlib.sha256()
        for index, (name, frames) in enumerate(self._sequences):
            if isinstance(frames, ImageFiles):
                content = _files_fingerprint(name, frames)
            else:
                content = self.hashes[index].tobytes().hex()
            digest.update(f"{name}:{content};".encode())
        return digest.hexdigest()[:32]

    def find(self, hashes: NDArray[np.uint8], tolerance: int = TOLERANCE) -> Leak | None:
        """Return the sequence a video with these hashes ``(N, 32)`` shows best, or None."""
        leaks = [
            leak
            for name, measured in zip(self.names, self.hashes, strict=True)
            if (leak := _compare(name, measured, hashes, tolerance))
        ]
        return min(leaks, key=lambda leak: leak.distance, default=None)


def _files_fingerprint(name: str, frames: ImageFiles) -> str:
    try:
        return files_fingerprint(frames.paths)
    except OSError as error:
        raise DataError(f"{name}: {error.filename} cannot be read ({error.strerror})") from error


def _hash_both_ways(frames: Iterable[Frame]) -> NDArray[np.uint8]:
    hashes = [perceptual_hash(np.stack([patch, patch[:, ::-1]])) for patch in cut_patches(frames)]
    return np.array(hashes, np.uint8).reshape(-1, BITS // 8)


def _compare(name: str, measured: NDArray, hashes: NDArray, tolerance: int) -> Leak | None:
    measured = measured[measured.any(axis=1)]
    if not len(measured) or not len(hashes):
        return None
    nearest = hamming(hashes, measured).min(axis=1)
    nearest[~hashes.any(axis=1)] = BITS
    if nearest.min() > tolerance:
        return None
    return Leak(name, int((nearest <= tolerance).sum()), int(nearest.min()), int(nearest.argmin()))


def group_copies(hashes: Sequence[NDArray[np.uint8]]) -> list[int]:
    """Return a group number for each video: one group for those that show a picture in common.

    Args:
        hashes: of some frames of each video, ``(n, 32)``.

    Returns:
        The index of the first video of the group, for each.
    """
    groups = list(range(len(hashes)))
    for index, video in enumerate(hashes):
        video = video[video.any(axis=1)]
        if not index or not len(video):
            continue
        owners = np.repeat(np.arange(index), [len(earlier) for earlier in hashes[:index]])
        near = owners[(hamming(video, np.concatenate(hashes[:index])) <= TOLERANCE).any(axis=0)]
        merged = {groups[other] for other in near} | {index}
        groups = [min(merged) if group in merged else group for group in groups]
    return groups


def measuring_sequences(roots: Iterable[str | Path]) -> list[tuple[str, ImageFiles]]:
    """Return ``(name, frames)`` of every folder of images below the given ones (OTB, TC128, VOT ...), sorted.

    Video files and whatever else is left out there are logged.

    Raises:
        MissingDataError: no such folder, or a gap in the numbering of images.
        DataError: no image below one of them.
    """
    found, walk = [], Walk()
    for root in map(user_path, roots):
        if not root.is_dir():
            raise MissingDataError(f"{root}: expected folders of images to measure on, found no such folder")
        folders = list(walk.folders(root))
        for folder in folders:
            folder.left_out |= dict.fromkeys(folder.videos, "only folders of images are measured on")
            folder.log()
        sequences = sorted((folder for folder in folders if folder.sequence), key=lambda folder: folder.path)
        if folders and not sequences:
            raise DataError(f"{root}: expected folders of images to measure on, found none")
        found += [(_sequence_name(folder, root), ImageFiles(folder.frames())) for folder in sequences]
    return found


def _sequence_name(folder: Folder, root: Path) -> str:
    parts = [part for part in folder.path.relative_to(root).parts if part not in ("img", "color")]
    return "/".join([folder_name(root), *parts])
