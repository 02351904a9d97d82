"""Measure every tracker of the book on one dataset, into one table: `make results-trackers`, `make results-starts`.

    python book/tools/tracker_results.py DATASET --out RUN --table FILE.csv [--root DIR] [--jobs N] [--starts N]

With ``--starts N`` each sequence is run from N boxes up to a pixel beside the true one, and the table has the spread
over them; ``--slow-starts M`` lets the slow trackers (`SLOW`) do with fewer. The first M boxes are the same for all.
Speeds are left out of that table, since accuracy may be measured beside other work.

Resumable, as `udt evaluate` is; results of other weights are refused: begin with an empty RUN when the default weights
have changed. ``udt-random`` is UDT with random weights; ``udt-authors`` has the authors' unsupervised weights, where
they are found among the outside data, and is left out elsewhere.
"""

import argparse
from dataclasses import replace
from typing import Any

from udtlib.data import DATASETS, find_data, load_dataset
from udtlib.evaluation import TrackerScore, evaluate
from udtlib.evaluation.running.measured import check_table_path, provenance, weights_by_name, write_table
from udtlib.evaluation.report.tables import difference_table, score_table, spread_table
from udtlib.trackers import load_tracker

PLAIN = ("mosse", "kcf", "dsst", "csrt", "udt", "udt-noise", "udt+")
SLOW = ("csrt", "udt", "udt-noise", "udt+", "udt-random", "udt-authors")
AUTHORS = "weights/UDT_Unsupervised.mat"


def contenders() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the registered tracker and its options by the name it has in the table."""
    found: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in PLAIN}
    found["udt-random"] = ("udt", {"weights": "random"})
    authors = find_data(AUTHORS)
    if authors:
        found["udt-authors"] = ("udt", {"weights": str(authors)})
    return found


def without_speeds(score: TrackerScore) -> TrackerScore:
    """Return a score that says nothing about frames a second."""
    return replace(score, sequences=tuple(replace(one, fps=None) for one in score.sequences))


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
    arguments = parser.parse_args()
    check_table_path(arguments.table)
    sequences = load_dataset(arguments.dataset, arguments.root)
    starts = {name: arguments.starts for name in contenders()}
    starts |= {name: arguments.slow_starts or arguments.starts for name in SLOW if name in starts}
    target = "results-starts" if arguments.starts > 1 else "results-trackers"
    measured = provenance(f"make {target}", arguments.jobs)
    made = {name: load_tracker(tracker, **options) for name, (tracker, options) in contenders().items()}
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
        for name, (tracker, options) in contenders().items()
    ]
    failed = [f"{one.tracker}, {name}: {why}" for one in scores for name, why in one.failed.items()]
    if failed:
        raise SystemExit("\n".join(failed))
    if arguments.starts > 1:
        scores = [without_speeds(one) for one in scores]
    print(score_table(scores))
    print("\n" + difference_table(scores))
    print("\n" + spread_table(scores))
    write_table(arguments.table, scores, measured)


if __name__ == "__main__":
    main()
