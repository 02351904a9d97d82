"""Names of files for native libraries, which take UTF-8 alone and crash at other bytes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPEN_FILES = ("/proc/self/fd", "/dev/fd")


def native_name(descriptor: int, path: str | Path, inside: str = "") -> str:
    """Return a plain name of an open file, or of a file in an open folder, valid in this process only.

    Args:
        descriptor: of the file, or of the folder.
        path: its own name, returned where the system gives open files none.
        inside: the plain name of a file that exists in the folder.
    """
    for folder in OPEN_FILES:
        name = os.path.join(folder, str(descriptor), inside).rstrip("/")
        if os.path.exists(name):
            return name
    return os.path.join(path, inside).rstrip("/")


@contextmanager
def native_name_in(folder: Path, inside: str) -> Iterator[str]:
    """Give `native_name` of a file in a folder, valid in this process and in the block only."""
    if sys.platform == "win32":  # no folder can be opened, and all names are Unicode
        yield str(folder / inside)
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield native_name(descriptor, folder, inside)
    finally:
        os.close(descriptor)
