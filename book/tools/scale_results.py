"""Measure what the scale of the features costs a tracker: `make results-scale`.

    python book/tools/scale_results.py --real DIR --out RUN --table FILE.json [--network NAME=FILE ...]

The network that ships, and every ``--network`` (other seeds of its recipe), with the last layer as it is and times
`SCALES`: the tracker of the preset ``points`` from `STARTS` anchors of each sequence in DIR, as `make results-choice` has
it, and with restarts on VOT's sequence ball1, where that is among the outside data.

Resumable: what is measured lies in RUN, one file each, and is used again for the same weights, sequences and code; a
network measured before stays in the table.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from choice_results import PRESENT, STARTS, parser_of
from kept import code_of, content_of, measured, write_json

from udtlib.data import find_data, load_dataset
from udtlib.data.sequences import Sequence
from udtlib.evaluation.running.measured import provenance
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.running.resets import track_supervised
from udtlib.evaluation.scoring.anchors import anchor_measures
from udtlib.evaluation.scoring.supervised import supervised_run
from udtlib.experiments.judging import parts
from udtlib.trackers import Tracker, load_tracker
from udtlib.weights import Weights, load_weights, shipped

SCALES = (1.0, 0.25)


def scaled(weights: Weights, scale: float) -> Weights:
    """Return the network with its last layer, and so its features before the LRN, times ``scale``."""
    tensors = {k: one * scale if k.startswith("conv2.") else one for k, one in weights.tensors.items()}
    return replace(weights, tensors=tensors)


def measure(tracker: Tracker, sequences: list[Sequence], ball: Sequence | None) -> dict[str, Any]:
    """Return overlap and robustness by sequence, and the failures on ball1 (None: it is not here)."""
    found: dict[str, list[float]] = {}
    for sequence in sequences:
        runs = [(track_sequence(tracker, part)[0], part.boxes) for part in parts(sequence, STARTS)]
        measures, _ = anchor_measures(runs, PRESENT)
        found[sequence.name] = [round(measures[name], 4) for name in ("overlap", "robustness")]
    failures = None
    if ball is not None:
        failures = len(supervised_run(track_supervised(tracker, ball)[0], ball).failures)
    return {"failures": failures, "sequences": found}


def stored_or_measured(
    path: Path, weights: Weights, sequences: list[Sequence], ball: Sequence | None
) -> dict[str, Any]:
    """Return what is in the file, if it is of all this; else measure and write it."""
    tracker = load_tracker("udt", weights=weights, preset="points", dtype="bfloat16")
    made_of = {
        "weights": weights.fingerprint,
        "code": code_of(tracker.update, track_supervised, parts, anchor_measures, supervised_run),
        "starts": STARTS,
        "sequences": content_of(sequences),
        "ball": content_of([ball] if ball else []),
    }
    return measured(
        path, made_of, lambda: {"weights": weights.fingerprint} | measure(tracker, sequences, ball)
    )


def find_ball() -> Sequence | None:
    """Return VOT's sequence ball1, if it is here."""
    root = find_data("vot")
    return {one.name: one for one in load_dataset("vot", root)}.get("ball1") if root else None


def main() -> None:
    """Measure what is missing and write the table."""
    arguments = parser_of(__doc__).parse_args()
    origin = provenance("make results-scale")
    networks = {"udt": shipped("udt")} | {name: load_weights(file) for name, file in arguments.network}
    sequences, ball = list(load_dataset("otb", arguments.real)), find_ball()
    before = json.loads(arguments.table.read_text("utf-8")) if arguments.table.is_file() else {}
    rows: dict[str, Any] = before.get("networks", {})
    for name, weights in networks.items():
        for scale in SCALES:
            path = arguments.out / f"{name}-x{scale:g}.json"
            one = stored_or_measured(path, scaled(weights, scale), sequences, ball)
            rows.setdefault(name, {})[f"{scale:g}"] = one
            print(name, scale, one["failures"], flush=True)
    document = origin | {
        "what": "overlap and robustness from anchors by sequence, failures on ball1, by the last layer's scale",
        "starts": STARTS,
        "networks": rows,
    }
    write_json(arguments.table, document)


if __name__ == "__main__":
    main()
