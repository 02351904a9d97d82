"""Boxes in text files: one ``x, y, w, h`` a line, with any mixture of separators and line ends."""

import codecs
import json
import re
import stat
from math import isinf
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib.arguments import columns
from udtlib.boxes import Boxes
from udtlib.errors import DataError, MissingDataError, ShapeError
from udtlib.files import make_folder, user_path, write_whole

LARGEST_TEXT = 1 << 28
"""Bytes; the boxes of 100 sequences have a hundredth."""

SEPARATORS = str.maketrans(",;", "  ")
LOOSE_SEPARATOR = re.compile(r"[,;](?<![\w.][,;])")
"""One that does not directly follow a number: perhaps a column is empty, which `columns` decides."""


def read_boxes(path: str | Path, index_base: int) -> Boxes:
    """Return the boxes of a text file, ``(N, 4)`` float64, 0-indexed. Book: chapter 01.

    Tabs and spaces separate, and a comma or a semicolon among them; two are an empty column, which is an
    error, but one may end a line. Blank lines and lines that start with ``#`` are passed over. Zero boxes
    and NaN (a target that is absent) are kept: what they mean is the scoring policy's decision.
    ``index_base`` is subtracted from x and y of every row alike.

    Args:
        path: the file.
        index_base: number of the first pixel in the file, 1 for OTB.

    Raises:
        MissingDataError: no such file.
        DataError: no rows, a row without exactly four numbers, infinity, or not a text file.
    """
    text = read_text(Path(path))
    boxes = parse_plain(text)
    if boxes is None:
        boxes = _parse_lines(text, path)
    return boxes - [index_base, index_base, 0, 0]


def parse_plain(text: str) -> Boxes | None:
    """Return the boxes of a text of nothing but rows of four finite numbers or NaN, None for any other.

    Nearly every file is one, and this takes a quarter of the time of `_parse_lines`, which says what is
    wrong with the others.
    """
    rows = [line.split() for line in text.translate(SEPARATORS).splitlines()]
    if set(map(len, rows)) != {4} or _has_odd_digits(text) or LOOSE_SEPARATOR.search(text):
        return None
    try:
        boxes = np.array([float(word) for row in rows for word in row]).reshape(-1, 4)
    except ValueError:
        return None
    return None if np.isinf(boxes).any() else boxes


def _parse_lines(text: str, path: str | Path) -> Boxes:
    kept = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [parse_box(line, f"{path}, line {number}") for number, line in kept if line and line[0] != "#"]
    if not rows:
        raise DataError(f"{path}: expected one box x,y,w,h a line, found no line")
    return np.array(rows, dtype=np.float64)


def write_boxes(path: str | Path, boxes: ArrayLike, index_base: int, comment: str = "") -> None:
    """Write boxes ``(N, 4)``, 0-indexed, one ``x,y,w,h`` a line with 4 decimals.

    A kill leaves the old file or the new one, whole (`udtlib.files.write_whole`).

    Args:
        path: the file; its folder is made if need be.
        boxes: may hold NaN.
        index_base: number of the first pixel in the file, added to x and y.
        comment: first line, after a hash sign and a space; empty for none.

    Raises:
        StorageError: it cannot be written.
        ShapeError: as `boxes_text`.
    """
    path, text = user_path(path), boxes_text(boxes, index_base)
    make_folder(path.parent)
    write_whole(path, (f"# {comment}\n" if comment else "") + text)


def boxes_text(boxes: ArrayLike, index_base: int) -> str:
    """Return boxes ``(N, 4)``, 0-indexed, as lines ``x,y,w,h`` with 4 decimals; may hold NaN.

    Raises:
        ShapeError: another shape, such as that of polygons ``(N, 8)``.
    """
    rows = np.asarray(boxes, dtype=np.float64)
    rows = rows if rows.size else rows.reshape(0, 4)
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ShapeError(f"expected boxes (N, 4) to write, found shape {rows.shape}")
    rows = rows + np.array([index_base, index_base, 0, 0])
    return "".join("{:.4f},{:.4f},{:.4f},{:.4f}\n".format(*row) for row in rows)


def read_text(path: Path) -> str:
    """Return a text file of a dataset, without a byte order mark.

    Raises:
        MissingDataError: no such file, or one that may not be read.
        DataError: not UTF-8, larger than `LARGEST_TEXT`, or a pipe or device, which may have no end.
    """
    path = user_path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise DataError(f"{path}: expected a text file, found a pipe or a device")
        if status.st_size > LARGEST_TEXT:
            raise DataError(
                f"{path}: expected a text file of at most {LARGEST_TEXT:,} bytes, found {status.st_size:,}"
            )
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        found = ", but a folder" if path.is_dir() else ""
        raise MissingDataError(f"{path}: no such text file{found}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: {_no_text(error)}") from error
    except OSError as error:
        raise MissingDataError(f"{path}: cannot be read ({error.strerror})") from error


def _no_text(error: UnicodeDecodeError) -> str:
    """Say what a file is that is no UTF-8: texts of Windows come in other encodings."""
    data: bytes = error.object
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "expected a text file in UTF-8, found UTF-16; save it as UTF-8"
    if b"\0" in data:
        return "expected a text file, found binary data"
    return f"expected a text file in UTF-8, found another encoding at byte {error.start}; save it as UTF-8"


def read_json_object(path: str | Path, what: str = "a JSON object by sequence") -> dict[str, Any]:
    """Return the object in a JSON file; ``what`` it should be stands in the message.

    Raises:
        MissingDataError: no such file.
        DataError: not JSON, or no object.
    """
    try:
        content = json.loads(read_text(Path(path)))
    except (ValueError, RecursionError) as error:  # no JSON, or a number of thousands of digits
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}: expected {what}, found something else ({str(error)[:60]})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected {what}, found a {type(content).__name__}")
    return content


def read_settings(path: Path) -> dict[str, str]:
    """Return the lines ``key=value`` of a VOT sequence's file ``sequence``; empty where there is none.

    Raises:
        MissingDataError, DataError: as `read_text`.
    """
    if not path.is_file():
        return {}
    pairs = [line.partition("=") for line in read_text(path).splitlines()]
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def stated_path(settings: Path, key: str, value: str) -> Path:
    """Return the path that a line of a file of settings states, in that file's folder.

    Raises:
        DataError: it leads out of the folder.
    """
    place = PurePosixPath(value)
    if place.is_absolute() or ".." in place.parts or "\0" in value:
        raise DataError(f"{settings}: expected a path in this folder, found {key}={value[:60]!r}")
    return settings.parent / place


def _has_odd_digits(text: str) -> bool:
    """Say whether there are digits that Python alone would read: of other scripts, or grouped by ``_``."""
    return "_" in text or not text.isascii()


def parse_box(line: str, where: str) -> list[float]:
    """Return the four numbers of a line; NaN is one.

    Raises:
        DataError: others than four numbers, or infinity; ``where`` stands in the message.
    """
    count = len(columns(line))
    if count != 4:
        raise DataError(f"{where}: expected 4 numbers x,y,w,h, found {count} columns: {line[:60]!r}")
    return parse_numbers(line, where, "4 numbers x,y,w,h")


def parse_numbers(line: str, where: str, what: str) -> list[float]:
    """Return the numbers of a line, finite or NaN; ``what`` they should be stands in the message.

    Raises:
        DataError: words that are no numbers, or infinity; ``where`` stands in the message.
    """
    words = columns(line)
    try:
        if any(map(_has_odd_digits, words)):
            raise ValueError("Python alone reads these as numbers")
        row = [float(word) for word in words]
    except ValueError as error:
        raise DataError(f"{where}: expected {what}, found {line[:60]!r}") from error
    if any(map(isinf, row)):
        raise DataError(f"{where}: expected finite numbers, found {line[:60]!r}")
    return row
