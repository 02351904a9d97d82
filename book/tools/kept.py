"""Measurements that are made once: each is kept in a JSON file together with what it was made of.

What the tools in this folder resume from. A file counts only if the same would be measured now: weights, settings,
sequences by their content, and code. `write_csv` and `write_json` write what comes of them.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from udtlib.data.sequences import Sequence
from udtlib.evaluation.results.fingerprints import sequence_fingerprints
from udtlib.files import write_whole
from udtlib.fingerprints import fingerprint


def code_of(*parts: Any) -> str:
    """Return the fingerprint of functions and objects with all the code they lead to."""
    return fingerprint(*parts).digest


def content_of(sequences: Iterable[Sequence]) -> dict[str, dict[str, str]]:
    """Return the fingerprints of images and true boxes, by the sequence's name."""
    return {one.name: sequence_fingerprints(one) for one in sequences}


def stored(path: Path, made_of: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the file says, without what it was made of, if it was measured on the same; else None."""
    found = json.loads(path.read_text("utf-8")) if path.is_file() else None
    is_same = isinstance(found, dict) and found.pop("made_of", None) == made_of
    return found if is_same else None


def measured(path: Path, made_of: dict[str, Any], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what the file says, or measure it and write the file."""
    found = stored(path, made_of)
    if found is None:
        found = measure()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"made_of": made_of} | found) + "\n")
    return found


def write_json(path: str | Path, document: Any) -> None:
    """Write a JSON file."""
    write_whole(path, json.dumps(document, indent=1) + "\n")


def write_csv(path: Path, rows: Iterable[Iterable[Any]], about: Mapping[str, Any]) -> None:
    """Write ``FILE.csv`` with these rows, names of columns first, and ``FILE.json`` beside it: how they came."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(path, text.getvalue())
    write_json(path.with_suffix(".json"), about)
