"""The numbers that the paper prints, read from ``data/paper/``. Book: chapter 13."""

import csv
from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from udtlib.data.box_files import read_text
from udtlib.data.locate import shipped_folder
from udtlib.errors import DataError, UnknownNameError

TABLES = {"table1": "table1_otb2015.csv", "table2": "table2_vot2016.csv"}
"""The files by the table's name: OTB-2015 (AUC in per cent, frames/s) and VOT2016."""

TEXTS = ("tracker", "group")

Row = dict[str, str | float | None]


def load_paper_table(name: str, folder: str | Path | None = None) -> list[Row]:
    """Return the rows of a table of the paper, in its order.

    Args:
        name: ``"table1"`` or ``"table2"``.
        folder: where the CSV files are; None: those that come with the library.

    Returns:
        A dictionary a row. ``"tracker"`` and ``"group"`` are text, the others numbers as printed
        (percentages as percentages), None where the paper prints "-".

    Raises:
        UnknownNameError: another table.
        MissingDataError: the file is not there.
        DataError: the file is not such a table.
    """
    if name not in TABLES:
        raise UnknownNameError(f"no table {name!r} of the paper; known: {', '.join(TABLES)}")
    path = Path(folder or shipped_folder("paper")) / TABLES[name]
    return [_row(cells, f"{path}, line {number}") for number, cells in _cells(path)]


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells by column; the first line that is no comment names the columns."""
    lines = enumerate(read_text(path).splitlines(), start=1)
    kept = [(number, line) for number, line in lines if line.strip() and line[0] != "#"]
    rows = [(number, next(csv.reader([line]))) for number, line in kept]
    if not rows or "tracker" not in rows[0][1]:
        raise DataError(f"{path}: expected a table whose first column is tracker, found none")
    columns = rows[0][1]
    for number, cells in rows[1:]:
        if len(cells) != len(columns):
            raise DataError(f"{path}, line {number}: expected {len(columns)} cells, found {len(cells)}")
        yield number, dict(zip(columns, cells, strict=True))


def _row(cells: dict[str, str], where: str) -> Row:
    return {key: cell if key in TEXTS else _number(cell, f"{where}, {key}") for key, cell in cells.items()}


def _number(cell: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        number = float(cell)
    except ValueError as error:
        raise DataError(f"{where}: expected a number or nothing, found {cell!r}") from error
    if not isfinite(number):
        raise DataError(f"{where}: expected a finite number, found {cell!r}")
    return number
