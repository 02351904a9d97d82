"""Measure settings of the tracker one by one, around the preset `points`: `make results-preset`.

    python book/tools/preset_results.py --real DIR --out RUN --table FILE.json --network NAME=FILE [NAME=FILE ...]

Each network, such as the seeds of one recipe, runs with the preset as it is and with each of `POINTS` in it, from the
anchors of the sequences in DIR, as `make results-choice` does, and with resets: started again after every failure. The
table has overlap, robustness and failures by point, network and sequence, and for `DRAWN` the AUC on the embedded
benchmark.

The rule, written before an overlap was read: a point takes the preset's place if its overlap is better, paired over
networks and sequences, with a p-value below .05 after Holm's correction over all points
(`udtlib.evaluation.scoring.crossed`). None did. The failures were counted afterwards. With padding 1.5 the
three means are better than, or as good as, with every other point, so this is the preset `book` (section 11.13).

Resumable, as `udt evaluate` is.
"""

from pathlib import Path
from typing import Any

from choice_results import of_network, parser_of

from kept import write_json
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.evaluation import evaluate
from udtlib.evaluation.running.measured import provenance
from udtlib.experiments.verdicts import MEASURES

POINTS: tuple[dict[str, Any], ...] = (
    {},
    {"flow": False},
    {"learning_rate": 0.005},
    {"learning_rate": 0.02},
    {"padding": 1.5},
    {"padding": 2.2},
    {"scale_penalty": 1.0},
    {"subpixel": True},
    {"adaptive": 1.0},
)
"""What is changed in the preset: nothing, or one setting."""

DRAWN: tuple[dict[str, Any], ...] = ({}, {"learning_rate": 0.005}, {"padding": 1.5})
"""The two points with the fewest failures, and the preset: these run on the embedded benchmark, too."""


def title(point: dict[str, Any]) -> str:
    """Return a point in words: ``points`` if nothing is changed, else ``learning_rate=0.005``."""
    return ", ".join(f"{name}={value}" for name, value in point.items()) or "points"


Run = tuple[str, dict[str, Any], Path]
"""A network's name, the tracker's options with it, and the folder of the runs."""


def run_of(name: str, file: str, point: dict[str, Any], out: Path) -> Run:
    """Return how a network is run with a point's settings."""
    options = {"weights": file, "preset": "points", "dtype": "bfloat16"} | point
    return name, options, out / title(point).replace("=", "-")


def measured(run: Run, kind: str, sequences: list[Sequence], protocol: str, measure: str) -> dict[str, float]:
    """Return a measure by sequence, of a protocol whose runs are kept in the folder ``kind``."""
    name, options, folder = run
    more = {"dataset": "otb", "name": name, "options": options, "protocol": protocol, "progress": True}
    score = evaluate("udt", sequences, folder / kind, **more)
    if score.failed:
        raise SystemExit(f"{name}: {dict(score.failed)}")
    return {one.name: round(one.value(measure), 4) for one in score.sequences}


def on_real(run: Run, sequences: list[Sequence]) -> dict[str, Any]:
    """Return what the table has of a network on the real sequences."""
    row = of_network(run[0], run[1], sequences, run[2])
    failures = measured(run, "resets", sequences, "resets", "failures")
    videos = {
        video: {measure: each[measure] for measure in MEASURES} | {"failures": int(failures[video])}
        for video, each in row["sequences"].items()
    }
    return {"weights": row["weights"], "sequences": videos}


def main() -> None:
    """Measure what is missing and write the table."""
    arguments = parser_of(__doc__).parse_args()
    real, drawn = list(load_dataset("otb", arguments.real)), list(load_dataset("synthetic"))
    origin = provenance("make results-preset")
    what = "overlap and robustness from anchors, and failures, with one setting of the preset points changed at a time"
    found: dict[str, Any] = {"points": {}, "drawn": {}}
    for point in POINTS:
        runs = [run_of(name, file, point, arguments.out) for name, file in arguments.network]
        found["points"][title(point)] = {run[0]: on_real(run, real) for run in runs}
        if point in DRAWN:
            found["drawn"][title(point)] = {
                run[0]: measured(run, "drawn", drawn, "ope", "auc") for run in runs
            }
        write_json(arguments.table, origin | {"what": what} | found)


if __name__ == "__main__":
    main()
