"""Records ``SEQUENCE.json`` beside result files: what a result is made of, when, where, and how long it took.

A result counts as finished if its record agrees with what is asked for now. Two kinds of difference:

- *another thing is asked for* (`ASKED`: another tracker, other options, dataset, protocol or weights):
  refused, as both cannot stand in one folder;
- *the same thing would come out otherwise* (`CAUSES`: other images, true boxes, code, libraries): computed
  again.

Records of versions that did not yet write `CAUSES` say nothing about them: computed again. Book: chapter 13.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from udtlib.data.box_files import read_text
from udtlib.errors import DataError, UdtError

WEIGHTS = "weights_fingerprint"
"""Key of a record: the fingerprint of a registered tracker's weights, if any; first versions had none."""

ASKED = ("tracker", "options", "dataset", "protocol", WEIGHTS)
"""Keys of what was asked for."""

CAUSES = {
    "truth": "from other true boxes",
    "frames": "from other true boxes",
    "first_box": "from other true boxes",
    "start": "from other true boxes",
    "images": "from other images",
    "libraries": "with other libraries",
    "files": "with other files",
    "code": "by other code, or with other weights",
}
"""Keys of what else a result depends on, and what to say where they differ."""

LARGEST = 2**20
"""Bytes of a record; ours have less than a thousandth."""

SECONDS = (1e-9, 1e9)
"""Tracking times that can be true; 0 is none."""


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(least: float, most: float) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and least <= value <= most  # NaN is not

    return check


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_text, value.values()))


def _place(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    date = value.get("date")
    known = all(value.get(key) is None or _text(value[key]) for key in ("commit", "cpu"))
    return known and (date is None or (_text(date) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", date))))


def _box(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (0, 4)
        and all(isinstance(one, int | float) for one in value)
    )


SCHEMA: dict[str, tuple[Callable[[Any], bool], str]] = {
    "tracker": (_text, "a text"),
    "options": (_texts, "texts by name"),
    "dataset": (_text, "a text"),
    "protocol": (_text, "a text"),
    "start": (_text, "a text"),
    "runs": (_number(1, 10_000), "a number of runs"),
    "frames": (_number(0, 1e9), "a number of frames"),
    "first_box": (_box, "four numbers"),
    "seconds": (lambda value: value == 0 or _number(*SECONDS)(value), "a time in seconds"),
    "made": (_place, "commit, cpu and date"),
    "images": (_text, "a text"),
    "truth": (_text, "a text"),
    "code": (_text, "a text"),
    WEIGHTS: (_text, "a text"),
    "libraries": (_texts, "texts by name"),
    "files": (_texts, "texts by name"),
    "unknown": (lambda value: isinstance(value, list) and all(map(_text, value)), "a list of texts"),
}
"""What stands under each key, if it is there; other keys are passed over."""


def read_record(path: str | Path) -> dict[str, Any] | None:
    """Return the record ``SEQUENCE.json`` beside the result file ``path``, or None if there is none.

    Raises:
        DataError: a record that is not a JSON object, or holds what cannot be; the message names it.
    """
    path = Path(path)
    path = path.with_name(path.name.removesuffix(".txt") + ".json")
    if not path.exists():
        return None
    if path.stat().st_size > LARGEST:
        raise DataError(f"{path}: expected the JSON record of a run, found {path.stat().st_size} bytes")
    try:
        record = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UdtError):
            raise
        raise DataError(
            f"{path}: expected the JSON record of a run, found something else ({str(error)[:60]})"
        ) from error
    if not isinstance(record, dict):
        raise DataError(f"{path}: expected the JSON record of a run, found a {type(record).__name__}")
    for key, (is_right, what) in SCHEMA.items():
        if key in record and not is_right(record[key]):
            raise DataError(f"{path}: expected {what} as {key!r}, found {repr(record[key])[:60]}")
    return record


def usable_record(path: str | Path) -> tuple[dict[str, Any], str]:
    """Return the record beside a result file, empty if there is none or it is broken, and what is broken."""
    try:
        return read_record(path) or {}, ""
    except UdtError as error:
        return {}, str(error)


def why_again(path: Path, expected: Mapping[str, Any]) -> str:
    """Return why a result must be computed again, empty if it is what would come out.

    Raises:
        DataError: something else is asked for than what was made, or there is no record.
    """
    found, problem = usable_record(path)
    if problem:
        return f"with a broken record ({problem})"
    other = [key for key in ASKED if key in expected and _differs(key, found, expected)]
    if other:
        was, asked = ({key: record.get(key) for key in other} for record in (found, expected))
        raise DataError(
            f"{path}: this result was made with {was if found else 'unknown settings'}, asked for is "
            f"{asked}; choose another --out, compute it again with --force (force=True), or remove "
            f"{path.parent}"
        )
    if "code" not in found:
        return "by an earlier version, which did not record what they are made of"
    if expected.get("unknown"):
        return f"with what cannot be compared ({expected['unknown'][0]})"
    causes = [key for key in CAUSES if key != "images" or expected.get(key)]  # empty: not to be read now
    return next((_cause(key, found, expected) for key in causes if found.get(key) != expected.get(key)), "")


def _differs(key: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return found.get(key) != expected[key] and (key in found or key != WEIGHTS)


def _cause(key: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    was, now = found.get(key), expected.get(key)
    if not isinstance(was, dict) or not isinstance(now, dict):
        return CAUSES[key]
    names = [name for name in sorted(was | now) if was.get(name) != now.get(name)]
    if key == "files":
        return f"{CAUSES[key]} ({', '.join(names)})"
    versions = (f"{name} {was.get(name, 'none')} then, {now.get(name, 'none')} now" for name in names)
    return f"{CAUSES[key]} ({', '.join(versions)})"
