"""Boxes in text files: one ``x, y, w, h`` a line, with any mixture of separators and line ends."""

import os
from math import isinf
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from udtlib.boxes import Boxes
from udtlib.errors import DataError, MissingDataError

SEPARATORS = str.maketrans(",;", "  ")


def read_boxes(path: str | Path, index_base: int) -> Boxes:
    """Return the boxes of a text file, ``(N, 4)`` float64, 0-indexed. Book: chapter 01.

    Commas, semicolons, tabs and spaces separate, also mixed; blank lines and lines that start with
    ``#`` are passed over. Zero boxes and NaN (a target that is absent) are kept: what they mean is
    the scoring policy's decision. ``index_base`` is subtracted from x and y of every row alike.

    Args:
        path: the file.
        index_base: number of the first pixel in the file, 1 for OTB.

    Raises:
        MissingDataError: no such file.
        DataError: no rows, a row without exactly four numbers, infinity, or not a text file.
    """
    lines = enumerate(_read_text(Path(path)).splitlines(), start=1)
    kept = [(number, line.strip()) for number, line in lines]
    rows = [_parse(line, f"{path}, line {number}") for number, line in kept if line and line[0] != "#"]
    if not rows:
        raise DataError(f"{path}: expected one box x,y,w,h a line, found no line")
    return np.array(rows, dtype=np.float64) - [index_base, index_base, 0, 0]


def write_boxes(path: str | Path, boxes: ArrayLike, index_base: int, comment: str = "") -> None:
    """Write boxes ``(N, 4)``, 0-indexed, one ``x,y,w,h`` a line with 4 decimals.

    A kill leaves the old file or the new one, whole (`write_whole`).

    Args:
        path: the file; its folder is made if need be.
        boxes: may hold NaN.
        index_base: number of the first pixel in the file, added to x and y.
        comment: first line, after ``# ``; empty for none.
    """
    path = Path(path)
    shift = np.array([index_base, index_base, 0, 0])
    rows = np.asarray(boxes, dtype=np.float64).reshape(-1, 4) + shift
    lines = [f"# {comment}"] if comment else []
    lines += ["{:.4f},{:.4f},{:.4f},{:.4f}".format(*row) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "\n".join([*lines, ""]))


def write_whole(path: Path, text: str) -> None:
    """Write a file under another name, then rename it: a kill leaves the old file or the new one."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingDataError(f"{path}: no such file of boxes") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected a text file of boxes, found binary data") from error


def _parse(line: str, where: str) -> list[float]:
    words = line.translate(SEPARATORS).split()
    if len(words) != 4:
        raise DataError(f"{where}: expected 4 numbers x,y,w,h, found {len(words)} columns: {line[:60]!r}")
    try:
        row = [float(word) for word in words]
    except ValueError as error:
        raise DataError(f"{where}: expected 4 numbers x,y,w,h, found {line[:60]!r}") from error
    if any(map(isinf, row)):
        raise DataError(f"{where}: expected finite numbers, found {line[:60]!r}")
    return row
