"""Measure what many steps do to a network: `make results-long`.

    python book/tools/long_results.py --real DIR --out RUN --table FILE.json --runs RUN [RUN ...]

Each RUN is a folder of `udt train --keep STEP ...` with a part held out, of one recipe and different seeds. The table
has, for each, its command; the mean loss of every `BLOCK` steps, and the held-out losses among them; and, for each
step in `KEPT`, what `make results-choice` has of a network: the released tracker from anchors of the sequences in DIR.

Resumable, as `udt evaluate` is.
"""

from pathlib import Path
from typing import Any

import numpy as np
from choice_results import of_network, parser_of

from kept import write_json
from udtlib.data import load_dataset
from udtlib.evaluation.running.measured import provenance
from udtlib.training.log import read_log
from udtlib.weights import load_weights

KEPT = (500, 6000)
BLOCK = 50

Losses = list[float | None]


def losses(path: Path) -> dict[str, Losses]:
    """Return the mean of each block of steps in a log: ``loss``, and ``held out`` (None: not measured there)."""
    lines = read_log(path)
    blocks = [lines[start : start + BLOCK] for start in range(0, len(lines), BLOCK)]
    return {
        name: [mean([line[column] for line in block]) for block in blocks]
        for name, column in (("loss", "loss"), ("held out", "held_out_loss"))
    }


def mean(texts: list[str]) -> float | None:
    """Return the mean of the numbers, without the empty texts; None if there is none."""
    values = [float(text) for text in texts if text]
    return round(float(np.mean(values)), 2) if values else None


def main() -> None:
    """Measure what is missing and write the table."""
    parser = parser_of(__doc__, networks=False)
    parser.add_argument("--runs", nargs="+", required=True, type=Path, metavar="RUN")
    arguments = parser.parse_args()
    sequences = list(load_dataset("otb", arguments.real))
    found: dict[str, Any] = {}
    for run in arguments.runs:
        card = load_weights(run / "weights.safetensors").card
        networks = {}
        for step in KEPT:
            options = {
                "weights": str(run / f"weights-{step}.safetensors"),
                "preset": "released",
                "dtype": "bfloat16",
            }
            networks[str(step)] = of_network(f"{run.name}-{step}", options, sequences, arguments.out)
        found[run.name] = {"command": card["command"], "settings": card["settings"]}
        found[run.name] |= losses(run / "log.csv") | {"networks": networks}
    what = "losses of long runs, and overlap and robustness from anchors on the way"
    write_json(
        arguments.table, provenance("make results-long") | {"what": what, "block": BLOCK, "runs": found}
    )


if __name__ == "__main__":
    main()
