"""Videos are decoded in a process of their own, so that a codec that crashes takes only that one down.

The child is ``python -m udtlib.data.raw_video.decoder_process``; it reads pickled `Job` objects from its
input and answers each with some `Chunk`, then one `Decoded` or `Failure`. Book: chapter 10.
"""

import contextlib
import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.child_process import PATIENCE, Child
from udtlib.data import folder
from udtlib.data.images import ImageFiles
from udtlib.data.raw_video.leak_check import perceptual_hash
from udtlib.data.raw_video.patch_cache import encode_patch
from udtlib.data.raw_video.patch_selection import Follower, cut_patches
from udtlib.data.video.reader import VideoReader
from udtlib.errors import DataError, UdtError
from udtlib.frames import Frame

CHUNK = 16
"""Patches in one message."""

ROUNDING = 2
"""Containers announce up to so many frames too many."""

MIN_FRAMES = 2
"""A video of fewer has no pair of frames to learn from."""

open_frames = partial(folder.open_frames, open_video=VideoReader)
"""In the child videos are decoded in place."""


@dataclass(frozen=True)
class Job:
    """One video to turn into patches.

    Attributes:
        path: a video file or a folder of images.
        frames: how many frames to take from the start.
        webp: quality of the compression, 1 to 100, or None for raw patches.
        selection: a key of `udtlib.data.raw_video.patch_selection.SELECTIONS`.
        follower: the tracker of selection ``"follow"``, a function of a module: the child imports it.
    """

    path: Path
    frames: int
    webp: int | None = None
    selection: str = "centre"
    follower: Follower | None = None


@dataclass(frozen=True)
class Chunk:
    """Some patches: ``blobs`` is a bytes object each, ``hashes`` is ``(n, 32)`` uint8."""

    blobs: list[bytes]
    hashes: NDArray[np.uint8]


@dataclass(frozen=True)
class Decoded:
    """A video came to its end.

    Attributes:
        frames: number of patches sent.
        source_sha256: of the file, or of the images used, one after the other.
        note: what was odd; empty if nothing.
    """

    frames: int
    source_sha256: str = ""
    note: str = ""


@dataclass(frozen=True)
class Failure:
    """A video that cannot be used, and why."""

    reason: str


class Decoder:
    """The child process; started when first needed, and again after it died. Use it in a ``with``."""

    def __init__(
        self, patience: float = 2 * PATIENCE, module: str = "udtlib.data.raw_video.decoder_process"
    ) -> None:
        """Choose how many seconds without any answer mean that a codec hangs, and the child's module."""
        self.patience, self.module = patience, module
        self._child: Child | None = None

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, *error: object) -> None:
        """End the child."""
        if self._child:
            self._child.close()
            self._child = None

    def decode(self, job: Job, receive: Callable[[Chunk], None]) -> Decoded:
        """Hand every chunk of the video's patches to ``receive``.

        Raises:
            DataError: the video cannot be used, or decoding it crashed or hung; the message says which.
        """
        if self._child is None or self._child.lost:
            self._child = Child(self.module, _own_folder(job), patience=self.patience)
        child = self._child
        try:
            # The child stays in the folder it was started in.
            child.send(pickle.dumps(replace(job, path=Path(job.path).absolute())))
            while isinstance(message := pickle.load(child.output), Chunk):
                receive(message)
        except (EOFError, pickle.UnpicklingError, TimeoutError) as error:
            self._child = None
            raise DataError(f"{job.path}: the decoder {child.cause_of_death(error, 'frame')}") from error
        except BaseException:
            self.__exit__()  # Its remaining messages are of no use to anybody.
            raise
        if isinstance(message, Failure):
            raise DataError(message.reason)
        return message


def _own_folder(job: Job) -> list[str]:
    """Return the current folder if the follower may come from there: the child looks in it last."""
    return [os.getcwd()] if job.follower and {"", os.getcwd()} & set(sys.path) else []


def answer(job: Job) -> Iterator[Chunk | Decoded | Failure]:
    """Yield the messages that answer a job; of a broken video, what comes before the broken frame counts."""
    reading = _Reading(job)
    for patches in reading.groups():
        yield Chunk([encode_patch(patch, job.webp) for patch in patches], perceptual_hash(np.stack(patches)))
    yield reading.outcome()


def source_sha256(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of files, one after the other; raises OSError if one cannot be read."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


class _Reading:
    """One pass through a video, which ends at the first frame that cannot be read."""

    def __init__(self, job: Job) -> None:
        self.job, self.count, self.problem = job, 0, ""
        self.frames: Any = ()

    def groups(self) -> Iterator[list[Frame]]:
        patches = self._patches()
        while group := list(islice(patches, CHUNK)):
            yield group

    def _patches(self) -> Iterator[Frame]:
        try:
            self.frames = open_frames(self.job.path)
            for patch in islice(
                cut_patches(self.frames, self.job.selection, self.job.follower), self.job.frames
            ):
                self.count += 1
                yield patch
        except (UdtError, cv2.error, OSError, MemoryError) as error:
            self.problem = " ".join(str(error).split()) or type(error).__name__

    def outcome(self) -> Decoded | Failure:
        if self.count < MIN_FRAMES:
            found = "no frame" if self.count == 0 else "one frame"
            return Failure(self.problem or f"{self.job.path}: {found}, at least {MIN_FRAMES} are needed")
        expected = min(self.job.frames, getattr(self.frames, "announced", 0))
        if self.count < expected - ROUNDING and not self.problem:
            self.problem = f"{self.count} of {self.frames.announced} announced frames could be decoded"
        try:
            return Decoded(self.count, self._fingerprint(), self.problem)
        except OSError as error:
            return Failure(f"{self.job.path}: {error}")

    def _fingerprint(self) -> str:
        images = isinstance(self.frames, ImageFiles)
        return source_sha256(self.frames.paths[: self.count] if images else [self.job.path])


def serve(jobs: BinaryIO, messages: BinaryIO) -> None:
    """Answer jobs until there are no more, or nobody listens."""
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            for message in answer(pickle.load(jobs)):
                pickle.dump(message, messages)
                messages.flush()
