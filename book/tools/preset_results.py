"""Measure the points of the preset `book` one by one: `make results-preset`.

    python book/tools/preset_results.py --real DIR --out RUN --table FILE.json --network NAME=FILE [NAME=FILE ...]

Each network, such as the seeds of one recipe, runs with the preset as it is and with each of `POINTS` in it, from the
anchors of the sequences in DIR, as `make results-choice` does. The table has overlap and robustness by point, network
and sequence.

A point takes the preset's place if its overlap is better, paired over networks and sequences, with a p-value below .05
after Holm's correction over all points (`udtlib.evaluation.scoring.crossed`); this was written before a result was read.

Resumable, as `udt evaluate` is.
"""

from typing import Any

from choice_results import of_network, parser_of

from kept import write_json
from udtlib.data import load_dataset
from udtlib.evaluation.running.measured import provenance
from udtlib.experiments.verdicts import MEASURES

POINTS: tuple[dict[str, Any], ...] = (
    {},
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
    """Return a point in words: ``book`` if nothing is changed, else ``learning_rate=0.005``."""
    return ", ".join(f"{name}={value}" for name, value in point.items()) or "book"


def main() -> None:
    """Measure what is missing and write the table."""
    arguments = parser_of(__doc__).parse_args()
    sequences, origin = list(load_dataset("otb", arguments.real)), provenance("make results-preset")
    found: dict[str, Any] = {}
    for point in POINTS:
        networks = found.setdefault(title(point), {})
        for name, file in arguments.network:
            options = {"weights": file, "preset": "book", "dtype": "bfloat16"} | point
            folder = arguments.out / title(point).replace("=", "-")
            row = of_network(name, options, sequences, folder)
            kept = {
                video: {measure: each[measure] for measure in MEASURES}
                for video, each in row["sequences"].items()
            }
            networks[name] = {"weights": row["weights"], "sequences": kept}
        what = "overlap and robustness from anchors, one setting of the preset book changed at a time"
        write_json(arguments.table, origin | {"what": what, "points": found})


if __name__ == "__main__":
    main()
