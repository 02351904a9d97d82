"""Fingerprints of files and arrays by their content, at a bounded cost.

Up to `BUDGET` bytes everything is read. Beyond, every file still counts, with its size and with evenly spread
samples; a file that is not read whole counts with its time of change too, so that an edit between the samples
is noticed.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BUDGET = 64 * 2**20
"""Bytes that are read of all files together, or of one array: at most a few tenths of a second."""

LEAST = 4096
"""Bytes that are read of each file however many there are."""

BLOCKS = 4
"""Samples of a file that is not read whole."""


def file_fingerprint(path: str | Path) -> str:
    """Return the fingerprint of one file's content; raises OSError if it cannot be read."""
    return files_fingerprint([path])


def files_fingerprint(paths: Iterable[str | Path]) -> str:
    """Return the fingerprint of files in this order: their content, not their names or folder.

    Raises:
        OSError: a file cannot be read.
    """
    paths = list(paths)
    digest, share = hashlib.sha256(), max(LEAST, BUDGET // max(1, len(paths)))
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            digest.update(f"{state.st_size};".encode())
            if state.st_size <= share:
                digest.update(file.read())
                continue
            digest.update(f"{state.st_mtime_ns};".encode())
            last = state.st_size - share // BLOCKS
            for block in range(BLOCKS):
                file.seek(block * last // (BLOCKS - 1))
                digest.update(file.read(share // BLOCKS))
    return digest.hexdigest()[:32]


def update_with_array(digest: Any, array: NDArray[Any], budget: int = BUDGET) -> None:
    """Add an array (not of objects) to a hash: type, shape and numbers, of a large one evenly spread ones."""
    digest.update(f"{array.dtype.str}{array.shape};".encode())
    if array.nbytes > budget:
        array = array.reshape(-1)[:: -(-array.nbytes // budget)]
    digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
