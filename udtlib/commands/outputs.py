"""What a command writes: never a file that it reads, and never two files of one name."""

import argparse
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from udtlib.errors import DataError
from udtlib.files import same_place

TEXTS = ("source", "weights", "option")
"""Arguments that may name a file to read though they are texts: a source may be a camera too."""


def files_read(arguments: argparse.Namespace, written: Collection[str] = ()) -> list[Path]:
    """Return the paths that a command's arguments name, but for those in ``written``."""
    named = {name: value for name, value in vars(arguments).items() if name not in written}
    found = [one for value in named.values() for one in _each(value) if isinstance(one, Path)]
    texts = [one for name in TEXTS for one in _each(named.get(name)) if isinstance(one, str)]
    own = [str(one).rpartition(":")[0] for one in _each(named.get("tracker"))]  # of file.py:Class
    return [*found, *(Path(text) for text in texts + own if text)]


def _each(value: Any) -> Iterator[Any]:
    """Yield an argument's values; of pairs KEY=VALUE the second."""
    for one in value if isinstance(value, list) else [value]:
        yield one[1] if isinstance(one, tuple) else one


def files_written(arguments: argparse.Namespace, names: Iterable[str]) -> list[Path]:
    """Return the files that these arguments name, and ``FILE.json`` beside ``--table FILE.csv``."""
    given = {name: path for name in names if (path := getattr(arguments, name, None))}
    table = given.get("table")
    beside = [table.with_suffix(".json")] if table and table.suffix == ".csv" else []
    return [*given.values(), *beside]


def check_outputs(written: Iterable[Path], read: Collection[Path]) -> None:
    """Refuse to write a file that is to be read, or two files of one name, also through links.

    Raises:
        DataError: one of these.
    """
    seen = set[str]()
    for path in written:
        if any(same_place(path, other) for other in read):
            raise DataError(f"{path} is what is to be read; choose another name")
        place = os.path.realpath(path)
        if place in seen:
            raise DataError(f"{path}: expected a name for each file to write, found this one twice")
        seen.add(place)
