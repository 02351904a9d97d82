"""Result files ``SEQUENCE_TRACKER.mat`` of OTB's MATLAB toolkit, ``results{1}.res``. Book: chapter 13.

They are read in a child process (`udtlib.importers.otb_results`), because a small file can ask its reader for
gigabytes or crash it; one child reads many files.
"""

import io
import json
from pathlib import Path

import numpy as np

from udtlib.boxes import Boxes
from udtlib.child_process import Child
from udtlib.errors import DataError

LARGEST_FILE = 64 << 20
LARGEST_ANSWER = 256 << 20
"""Bytes."""

HEADER = b"MATLAB 5.0 MAT-file, written by udtlib".ljust(116)
"""The text at the start of a file; else it would hold the time, and no file would be like another."""

MEMORY, SECONDS = 2 << 30, 20
"""What the child may use: bytes of address space; seconds a file."""


class MatReader:
    """Reads files one after the other; `close` it, or use it in a ``with`` statement."""

    def __init__(self) -> None:
        """Start no child yet."""
        self._child: Child | None = None

    def read(self, path: Path) -> tuple[Boxes, float | None]:
        """Return the boxes ``(N, 4)`` as they stand in a file, 1-indexed, and frames a second or None.

        Raises:
            DataError: not such a file, damaged or hostile; the message names it.
        """
        size = path.stat().st_size if path.is_file() else 0
        if not 0 < size <= LARGEST_FILE:
            raise DataError(
                f"{path}: expected a result file of at most {LARGEST_FILE:,} bytes, found {size:,}"
            )
        reply = self._ask(path)
        if "error" in reply:
            raise DataError(f"{path}: {reply['error']}")
        boxes = np.array(reply["boxes"], dtype=np.float64)
        if np.isinf(boxes).any():
            raise DataError(f"{path}: expected finite numbers in results{{1}}.res, found infinity")
        return boxes, reply["fps"]

    def _ask(self, path: Path) -> dict:
        self._child = self._child or Child("udtlib.importers.otb_results", patience=SECONDS, memory=MEMORY)
        try:
            self._child.send(json.dumps(str(path.absolute())).encode() + b"\n")
            line = self._child.output.readline(LARGEST_ANSWER)
            if not line.endswith(b"\n"):
                raise EOFError
        except (EOFError, TimeoutError) as error:
            child, self._child = self._child, None
            raise DataError(f"{path}: refused: its reader {child.cause_of_death(error)}") from error
        return json.loads(line)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.close()

    def __enter__(self) -> "MatReader":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def mat_bytes(boxes: Boxes, start: int, fps: float | None) -> bytes:
    """Return a file as the toolkit writes it for one-pass evaluation.

    Args:
        boxes: ``(N, 4)``, 1-indexed as the file is.
        start: number of the first image.
        fps: frames a second, left out if None.
    """
    import scipy.io

    run = {"res": boxes, "type": "rect", "len": len(boxes), "annoBegin": start, "startFrame": start}
    results = np.empty((1, 1), object)
    results[0, 0] = run | ({} if fps is None else {"fps": fps})
    file = io.BytesIO()
    scipy.io.savemat(file, {"results": results}, do_compression=True)
    return HEADER + file.getvalue()[len(HEADER) :]
