"""Measure every tracker of the book on one dataset, into one table: `make results-trackers`, `make results-starts`.

    python book/tools/tracker_results.py DATASET --out RUN --table FILE.csv [--root DIR] [--jobs N] [--starts N]

With ``--starts N`` each sequence is run from N boxes up to a pixel beside the true one, and the table has the spread
over them; ``--slow-starts M`` lets the slow trackers (`SLOW`) do with fewer. The first M boxes are the same for all.
Speeds are left out of that table, since accuracy may be measured beside other work.

Resumable, as `udt evaluate` is; results of other weights are refused: begin with an empty RUN when the default weights
have changed. ``udt`` has the preset ``book``; all others whose names begin so are the released tracker, so that they
differ in the network alone: ``udt-random`` has random weights, ``udt-authors`` the authors' unsupervised ones, where
they are found among the outside data, and is left out elsewhere.

With ``--only NAME ...`` these alone are measured and put into the table that is there, beside its other rows; the JSON
file says under ``added`` where and when. Such a row has no speed either.
"""

import argparse
import csv
import json
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kept import write_csv
from udtlib.data import DATASETS, find_data, load_dataset
from udtlib.evaluation import TrackerScore, evaluate
from udtlib.evaluation.running.measured import check_table_path, provenance, weights_by_name, write_table
from udtlib.evaluation.report.tables import difference_table, score_table, spread_table
from udtlib.trackers import load_tracker

PLAIN = ("mosse", "kcf", "dsst", "csrt", "udt", "udt-released", "udt-noise", "udt+")
SLOW = ("csrt", "udt", "udt-released", "udt-noise", "udt+", "udt-random", "udt-authors")
AUTHORS = "weights/UDT_Unsupervised.mat"


def contenders() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the registered tracker and its options by the name it has in the table."""
    found: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in PLAIN}
    found["udt-random"] = ("udt-released", {"weights": "random"})
    authors = find_data(AUTHORS)
    if authors:
        found["udt-authors"] = ("udt-released", {"weights": str(authors)})
    return found


def without_speeds(score: TrackerScore) -> TrackerScore:
    """Return a score that says nothing about frames a second."""
    return replace(score, sequences=tuple(replace(one, fps=None) for one in score.sequences))


def read_table(path: Path) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Return the rows of ``FILE.csv`` by their first cell, the header among them, and ``FILE.json``."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = {row[0]: row for row in csv.reader(file)}
    return rows, json.loads(path.with_suffix(".json").read_text("utf-8"))


def add_to_table(path: Path, scores: AbstractSequence[TrackerScore], measured: dict[str, Any]) -> None:
    """Put rows into a table, in the place of those of the same trackers; the others stay as they are."""
    rows, document = read_table(path)
    with TemporaryDirectory() as folder:
        write_table(Path(folder) / path.name, scores, measured)
        new_rows, new = read_table(Path(folder) / path.name)
    per_tracker = [key for key in ("weights", "starts", "trackers") if key in document]
    rows |= new_rows
    order = {name: place for place, name in enumerate(["tracker", *contenders()])}
    names = sorted(rows, key=lambda name: order.get(name, len(order)))
    for key in per_tracker:
        both = document[key] | new[key]
        document[key] = {name: both[name] for name in names if name in both}
    facts = {key: value for key, value in measured.items() if key not in per_tracker}
    document.setdefault("added", {}).update(dict.fromkeys((one.tracker for one in scores), facts))
    write_csv(path, (rows[name] for name in names), document)


def chosen(only: AbstractSequence[str] | None) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the contenders of these names, or all."""
    found = contenders()
    unknown = [name for name in only or () if name not in found]
    if unknown:
        raise SystemExit(f"expected some of {', '.join(found)}, found {', '.join(unknown)}")
    return {name: one for name, one in found.items() if not only or name in only}


def main() -> None:
    """Run what is missing, print the table, write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=sorted(DATASETS))
    parser.add_argument("--root")
    parser.add_argument("--out", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--starts", type=int, default=1)
    parser.add_argument("--slow-starts", type=int)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    arguments = parser.parse_args()
    check_table_path(arguments.table)
    sequences = load_dataset(arguments.dataset, arguments.root)
    trackers = chosen(arguments.only)
    starts = {name: arguments.starts for name in trackers}
    starts |= {name: arguments.slow_starts or arguments.starts for name in SLOW if name in starts}
    target = "results-starts" if arguments.starts > 1 else "results-trackers"
    measured = provenance(f"make {target}", arguments.jobs)
    made = {name: load_tracker(tracker, **options) for name, (tracker, options) in trackers.items()}
    measured["weights"] = weights_by_name(made)
    if arguments.starts > 1:
        measured["starts"] = starts
    scores = [
        evaluate(
            tracker,
            sequences,
            arguments.out,
            dataset=arguments.dataset,
            name=name,
            options=options,
            jobs=arguments.jobs,
            progress=True,
            starts=starts[name],
        )
        for name, (tracker, options) in trackers.items()
    ]
    failed = [f"{one.tracker}, {name}: {why}" for one in scores for name, why in one.failed.items()]
    if failed:
        raise SystemExit("\n".join(failed))
    if arguments.starts > 1 or arguments.only:
        scores = [without_speeds(one) for one in scores]
    print(score_table(scores))
    if len(scores) > 1:
        print("\n" + difference_table(scores))
    print("\n" + spread_table(scores))
    if arguments.only:
        add_to_table(Path(arguments.table), scores, measured)
    else:
        write_table(arguments.table, scores, measured)


if __name__ == "__main__":
    main()
