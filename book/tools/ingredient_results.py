"""Measure UDT+ with one ingredient more each time, for chapter 12: `make results-ingredients`.

    python book/tools/ingredient_results.py --real DIR --out RUN --table FILE.json

The first `FRAMES` frames of every second sequence in DIR, which are laid out as OTB's are. Resumable, as `udt evaluate`
is. The price is processor time on one thread (`ROUNDS` turns of all steps, one after the other, the least counts), so
that other work on the machine does little harm. ``--only STEP ...`` measures the scores of these alone, and keeps those
of the others from the table that is there; the file says under ``added`` where and when, and under ``priced`` for the
prices, which are always measured all together.
"""

import argparse
import json
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import cv2
import torch

from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.evaluation import evaluate
from udtlib.evaluation.running.measured import provenance, weights_by_name
from udtlib.files import write_whole
from udtlib.trackers import load_tracker
from udtlib.trackers.eco.ingredients import INGREDIENTS, with_ingredients

FRAMES, EVERY, ROUNDS = 40, 2, 2
SETTLED, TIMED_FRAMES = 13, 25
"""Frames after which the price is taken, and with them: the first are learned from more often."""

BEYOND: dict[str, tuple[str, dict[str, Any]]] = {
    "flow": ("scale", {"preset": "released-vot", "flow": True}),
    "second look": ("flow", {"preset": "tuned"}),
}
"""What goes beyond the released settings: the step it is compared with, and its options."""


def steps() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return tracker and options by name: chapter 06's; UDT+'s filter with nothing, with ever more, and beyond."""
    names, released = list(INGREDIENTS), {"preset": "released"}
    found: dict[str, tuple[str, dict[str, Any]]] = {"chapter 06": ("udt", released)}
    for count, name in enumerate(["plain", *names]):
        found[name] = ("udt+", released | with_ingredients(names[:count]))
    return found | {name: ("udt+", options) for name, (_, options) in BEYOND.items()}


def compared_with() -> dict[str, str]:
    """Return the step that each is compared with: the one before it, or that of `BEYOND`."""
    order = [step for step in steps() if step not in BEYOND]
    before = {step: previous for previous, step in pairwise(order)}
    return before | {step: base for step, (base, _) in BEYOND.items()}


def beginning(sequence: Sequence) -> Sequence:
    """Return the first `FRAMES` frames of a sequence."""
    count = min(FRAMES, len(sequence.frames))
    frames = [sequence.frames[index] for index in range(count)]
    return replace(sequence, frames=frames, boxes=sequence.boxes[:count])


def scores(
    names: AbstractSequence[str], sequences: AbstractSequence[Sequence], out: str, jobs: int
) -> dict[str, dict[str, float]]:
    """Return the area under the success curve of these steps on every sequence."""
    found = {}
    for step in names:
        tracker, options = steps()[step]
        name = step.replace(" ", "-")
        score = evaluate(
            tracker, sequences, out, dataset="otb", name=name, options=options, jobs=jobs, progress=True
        )
        if score.failed:
            raise SystemExit(f"{step}: {dict(score.failed)}")
        found[step] = {one.name: round(float(one.auc), 4) for one in score.sequences}
    return found


def prices(measured: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, float]:
    """Return each tracker's milliseconds a frame: processor time, one thread, the least of all rounds.

    Args:
        measured: registered name and options, by the name in the answer.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    clip = render_clip(TIMED_FRAMES, seed=7, scale_variation=0.3)
    frames, least = list(clip.frames), dict.fromkeys(measured, float("inf"))
    for _ in range(ROUNDS):
        for step, (name, options) in measured.items():
            tracker = load_tracker(name, **options)
            tracker.init(frames[0], clip.boxes[0])
            for frame in frames[1:SETTLED]:
                tracker.update(frame)
            start = process_time()
            for frame in frames[SETTLED:]:
                tracker.update(frame)
            least[step] = min(least[step], 1e3 * (process_time() - start) / (len(frames) - SETTLED))
    return {step: round(value, 2) for step, value in least.items()}


def description() -> dict[str, Any]:
    """Return what does not depend on the machine, and must agree where scores are kept."""
    made = {name: load_tracker(name) for name in ("udt", "udt+")}
    return {
        "what": f"area under the success curve on the first {FRAMES} frames, and milliseconds a frame",
        "weights": weights_by_name(made),
        "frames": FRAMES,
        "compared_with": compared_with(),
        "settings": {step: options for step, (_, options) in steps().items()},
    }


def kept(
    table: str, described: dict[str, Any], only: AbstractSequence[str], sequences: AbstractSequence[Sequence]
) -> dict[str, Any]:
    """Return the table that is there, whose scores of the steps not in ``only`` stay.

    Raises:
        SystemExit: it is of other sequences, frames, weights or settings, or lacks a step.
    """
    document = json.loads(Path(table).read_text("utf-8"))
    others = [step for step in steps() if step not in only]
    auc, names = document["auc"]["real"], [one.name for one in sequences]
    differing = [key for key in ("weights", "frames") if document[key] != described[key]]
    differing += [step for step in others if list(auc.get(step, ())) != names]
    differing += [step for step in others if document["settings"].get(step) != described["settings"][step]]
    if differing:
        raise SystemExit(f"{table}: differs in {', '.join(differing)}; measure these too, or all steps")
    return document


def main() -> None:
    """Run what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--table", required=True, metavar="FILE.json")
    parser.add_argument("--real", metavar="DIR", required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(steps()), metavar="STEP", default=list(steps()))
    arguments = parser.parse_args()
    sequences = [beginning(one) for one in load_dataset("otb", arguments.real)[::EVERY]]
    measured, described = provenance("make results-ingredients", arguments.jobs), description()
    document = measured | described
    auc: dict[str, dict[str, float]] = {}
    if len(arguments.only) < len(steps()):
        old = kept(arguments.table, described, arguments.only, sequences)
        auc = old["auc"]["real"]
        added = old.get("added", {}) | dict.fromkeys(arguments.only, measured)
        document = {key: old[key] for key in measured} | described | {"added": added}
    auc = auc | scores(arguments.only, sequences, arguments.out, arguments.jobs)
    document["auc"] = {"real": {step: auc[step] for step in steps()}}
    document["ms"], document["priced"] = prices(steps()), measured
    write_whole(arguments.table, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
