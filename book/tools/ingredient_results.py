"""Measure UDT+ with one ingredient more each time, for chapter 12: `make results-ingredients`.

    python book/tools/ingredient_results.py --real DIR --out RUN --table FILE.json [--frames all] [--only STEP ...]

The first `FRAMES` frames of every second sequence in DIR, which are laid out as OTB's are; ``--frames`` takes another
number, or all of them (into another RUN and another table), ``--every 1`` all sequences. Resumable, as `udt evaluate`
is. The price is processor time on one thread (`ROUNDS` turns of all steps, one after the other, the least counts), so
that other work on the machine does little harm.

``--only STEP ...`` measures the scores of these alone, and keeps those of the others from the table if it is there; the
file says under ``added`` where and when, and under ``priced`` for the prices, which are always measured all together.
The options of `ALONE`, which are no step of chapter 12, are measured when they are named.
"""

import argparse
import json
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from pathlib import Path
from time import process_time
from typing import Any

import cv2
import torch

from kept import write_json
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.evaluation import evaluate
from udtlib.evaluation.running.measured import provenance, weights_by_name
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

ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    "settings for VOT": ("scale", {"preset": "released-vot"}),
    "camera": ("settings for VOT", {"preset": "released-vot", "camera": True}),
    "velocity": ("settings for VOT", {"preset": "released-vot", "velocity": 0.5}),
    "camera beside flow": ("second look", {"preset": "tuned", "camera": True}),
    "velocity beside flow": ("second look", {"preset": "tuned", "velocity": 0.5}),
}
"""What the default does without, likewise."""


def steps() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return tracker and options by name: chapter 06's; UDT+'s filter with nothing, with ever more, and beyond."""
    names, released = list(INGREDIENTS), {"preset": "released"}
    found: dict[str, tuple[str, dict[str, Any]]] = {"chapter 06": ("udt", released)}
    for count, name in enumerate(["plain", *names]):
        found[name] = ("udt+", released | with_ingredients(names[:count]))
    return found | {name: ("udt+", options) for name, (_, options) in BEYOND.items()}


def everything() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return tracker and options of all that can be measured: the steps, and what is measured `ALONE`."""
    return steps() | {name: ("udt+", options) for name, (_, options) in ALONE.items()}


def compared_with() -> dict[str, str]:
    """Return the step that each is compared with: the one before it, or that of `BEYOND` and `ALONE`."""
    order = [step for step in steps() if step not in BEYOND]
    before = {step: previous for previous, step in pairwise(order)}
    return before | {step: base for step, (base, _) in (BEYOND | ALONE).items()}


def beginning(sequence: Sequence, most: float) -> Sequence:
    """Return the first ``most`` frames of a sequence."""
    count = int(min(most, len(sequence.frames)))
    frames = [sequence.frames[index] for index in range(count)]
    return replace(sequence, frames=frames, boxes=sequence.boxes[:count])


def scores(
    names: AbstractSequence[str], sequences: AbstractSequence[Sequence], out: str, jobs: int
) -> dict[str, dict[str, float]]:
    """Return the area under the success curve of these steps on every sequence."""
    found = {}
    for step in names:
        tracker, options = everything()[step]
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


def description(names: AbstractSequence[str], frames: float) -> dict[str, Any]:
    """Return what does not depend on the machine, and must agree where scores are kept."""
    made = {name: load_tracker(name) for name in ("udt", "udt+")}
    shown = "all" if frames == inf else f"the first {frames}"
    return {
        "what": f"area under the success curve on {shown} frames, and milliseconds a frame",
        "weights": weights_by_name(made),
        "frames": "all" if frames == inf else frames,
        "compared_with": {step: base for step, base in compared_with().items() if step in names},
        "settings": {step: everything()[step][1] for step in names},
    }


def kept(
    document: dict[str, Any],
    described: dict[str, Any],
    only: AbstractSequence[str],
    sequences: AbstractSequence[Sequence],
) -> list[str]:
    """Return what differs from the table that is there, whose scores of the steps not in ``only`` stay."""
    auc, names = document["auc"]["real"], [one.name for one in sequences]
    others = [step for step in auc if step not in only]
    differing = [key for key in ("weights", "frames") if document[key] != described[key]]
    differing += [step for step in others if list(auc[step]) != names]
    return differing + [
        step for step in others if document["settings"].get(step) != described["settings"].get(step)
    ]


def frame_count(text: str) -> float:
    """Return a number of frames, 2 at least, or infinity for ``all``."""
    count = inf if text == "all" else int(text)
    if count < 2:
        raise ValueError(text)
    return count


def parsed() -> argparse.Namespace:
    """Return the command's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--table", required=True, metavar="FILE.json", type=Path)
    parser.add_argument("--real", metavar="DIR", required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--frames", type=frame_count, default=FRAMES, metavar="N|all")
    parser.add_argument("--every", type=int, default=EVERY, metavar="N")
    parser.add_argument("--only", nargs="+", choices=list(everything()), metavar="STEP")
    return parser.parse_args()


def main() -> None:
    """Run what is missing and write the table."""
    arguments = parsed()
    table, only = arguments.table, arguments.only or list(steps())
    sequences = [
        beginning(one, arguments.frames) for one in load_dataset("otb", arguments.real)[:: arguments.every]
    ]
    old = json.loads(table.read_text("utf-8")) if arguments.only and table.exists() else {}
    auc = old["auc"]["real"] if old else {}
    names = [step for step in everything() if step in only or step in auc]
    measured, described = (
        provenance("make results-ingredients", arguments.jobs),
        description(names, arguments.frames),
    )
    document = measured | described
    if old:
        differing = kept(old, described, only, sequences)
        if differing:
            raise SystemExit(f"{table}: differs in {', '.join(differing)}; measure these too, or all steps")
        added = old.get("added", {}) | dict.fromkeys(only, measured)
        document = {key: old[key] for key in measured} | described | {"added": added}
    auc = auc | scores(only, sequences, arguments.out, arguments.jobs)
    document["auc"] = {"real": {step: auc[step] for step in names}}
    document["ms"], document["priced"] = prices({step: everything()[step] for step in names}), measured
    write_json(table, document)


if __name__ == "__main__":
    main()
