"""Measure settings of the tracker one by one, around the preset `points`: `make results-preset`.

    python book/tools/preset_results.py --real DIR --out RUN --table FILE.json --network NAME=FILE [NAME=FILE ...]

Each network, such as the seeds of one recipe, runs with the preset as it is and with each of `POINTS` in it, from the
anchors of the sequences in DIR, as `make results-choice` does, and with resets: started again after every failure. The
table has overlap, robustness and failures by point, network and sequence.

The rule, written before an overlap was read: a point takes the preset's place if its overlap is better, paired over
networks and sequences, with a p-value below .05 after Holm's correction over all points
(`udtlib.evaluation.scoring.crossed`). None did. The failures were counted afterwards; by them the preset `book` has a
smaller learning rate than `points` (section 11.13).

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


def title(point: dict[str, Any]) -> str:
    """Return a point in words: ``points`` if nothing is changed, else ``learning_rate=0.005``."""
    return ", ".join(f"{name}={value}" for name, value in point.items()) or "points"


def failures(name: str, options: dict[str, Any], sequences: list[Sequence], folder: Path) -> dict[str, int]:
    """Return how often a tracker with these options loses the target of each sequence."""
    score = evaluate(
        "udt", sequences, folder, dataset="otb", name=name, options=options, protocol="resets", progress=True
    )
    if score.failed:
        raise SystemExit(f"{name}: {dict(score.failed)}")
    return {one.name: round(one.measures["failures"]) for one in score.sequences}


def of_point(
    name: str, file: str, point: dict[str, Any], sequences: list[Sequence], out: Path
) -> dict[str, Any]:
    """Return what the table has of a network with a point's settings, its runs kept in a folder of ``out``."""
    options = {"weights": file, "preset": "points", "dtype": "bfloat16"} | point
    folder = out / title(point).replace("=", "-")
    row = of_network(name, options, sequences, folder)
    failed = failures(name, options, sequences, folder / "resets")
    videos = {
        video: {measure: each[measure] for measure in MEASURES} | {"failures": failed[video]}
        for video, each in row["sequences"].items()
    }
    return {"weights": row["weights"], "sequences": videos}


def main() -> None:
    """Measure what is missing and write the table."""
    arguments = parser_of(__doc__).parse_args()
    sequences, origin = list(load_dataset("otb", arguments.real)), provenance("make results-preset")
    found: dict[str, Any] = {}
    for point in POINTS:
        networks = found.setdefault(title(point), {})
        for name, file in arguments.network:
            networks[name] = of_point(name, file, point, sequences, arguments.out)
        what = "overlap and robustness from anchors, and failures, one setting of preset points changed at a time"
        write_json(arguments.table, origin | {"what": what, "points": found})


if __name__ == "__main__":
    main()
