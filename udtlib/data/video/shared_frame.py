"""Memory that two processes share, for one frame and the number of the frame being decoded.

It has no name anywhere: it is gone when both processes have let go of it, however they end.
"""

import mmap
import os
import tempfile
import weakref

import numpy as np
from numpy.typing import NDArray

from udtlib.frames import Frame

START = 64
"""Bytes before the pixels; the first eight are `SharedFrame.at`."""


class SharedFrame:
    """One frame in shared memory, which grows when a larger one is written; ``close()`` it, or drop it."""

    def __init__(self, descriptor: int | None = None) -> None:
        """Make new memory, or take what another process made, by the descriptor it was handed over as."""
        self.descriptor = _nameless_file() if descriptor is None else descriptor
        self.close = weakref.finalize(self, os.close, self.descriptor)
        self._bytes = self._map(START if descriptor is None else 0)

    @property
    def at(self) -> int:
        """The number of the frame being decoded."""
        return int(self._bytes[:8].view(np.int64)[0])

    @at.setter
    def at(self, index: int) -> None:
        self._bytes[:8].view(np.int64)[0] = index

    def write(self, frame: Frame) -> None:
        """Copy a frame into the memory."""
        if self._bytes.size < START + frame.size:
            self._bytes = self._map(START + frame.size)
        self._bytes[START : START + frame.size] = frame.reshape(-1)

    def read(self, height: int, width: int) -> Frame:
        """Return a copy of the frame ``(height, width, 3)`` that was written last.

        Raises:
            ValueError: the memory is too small for such a frame.
        """
        size = height * width * 3
        if self._bytes.size < START + size:
            self._bytes = self._map(0)
        return self._bytes[START : START + size].reshape(height, width, 3).copy()

    def _map(self, size: int) -> NDArray[np.uint8]:
        """Return the memory as it is, after making it ``size`` bytes long if that is not 0."""
        if size:
            os.ftruncate(self.descriptor, size)
        return np.frombuffer(mmap.mmap(self.descriptor, 0), np.uint8)


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("frame")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
