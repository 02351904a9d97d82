"""How a network just trained compares with one untrained and the one that ships, in a few seconds.

Four clips of the embedded benchmark, three start frames each, `RUN` frames from there towards the farther
end: the mean overlap with the true boxes. Enough to see whether training did anything, not to choose between
two good networks: for that `udt evaluate`. Book: chapter 11.
"""

from collections.abc import Sequence as AbstractSequence
from dataclasses import replace

import numpy as np

from udtlib.boxes import iou
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.trackers import load_tracker
from udtlib.weights import Weights, random_weights, shipped

CLIPS = ("iv-1", "occ-1", "mb-1", "fm-2")
"""Of four attributes on which trained networks differ from untrained ones."""
STARTS = (0.0, 0.5, 1.0)
"""Where in a clip, as a share of its length."""
RUN = 24  # frames


def compare(weights: Weights, device: str = "cpu") -> str:
    """Return one line: the mean overlap of these weights, of untrained ones and of the shipped ones."""
    rows = {"this network": weights, "untrained": random_weights(), "the one that ships": shipped("udt")}
    tracked = runs()
    found = {name: mean_overlap(each, tracked, device) for name, each in rows.items()}
    numbers = ", ".join(f"{name} {overlap:.3f}" for name, overlap in found.items())
    return f"mean overlap (1 is perfect) on {len(tracked)} short runs over synthetic clips: {numbers}"


def mean_overlap(weights: Weights, tracked: AbstractSequence[Sequence], device: str = "cpu") -> float:
    """Return the mean overlap, 0..1, of the released tracker with these weights over `runs`."""
    tracker = load_tracker("udt-released", weights=weights, device=device)
    overlaps = []
    for run in tracked:
        boxes, _ = track_sequence(tracker, run)
        overlaps.append(np.nan_to_num(iou(boxes, run.boxes))[1:].mean())
    return float(np.mean(overlaps))


def runs() -> list[Sequence]:
    """Return what is tracked: `RUN` frames of each clip from each start, backwards in its second half."""
    clips = [clip for clip in load_dataset("synthetic") if clip.name in CLIPS]
    return [run_from(clip, round(share * (len(clip) - 1))) for clip in clips for share in STARTS]


def run_from(clip: Sequence, first: int) -> Sequence:
    """Return `RUN` frames of a clip from one of them on, drawn once, towards the farther end."""
    step = 1 if first < len(clip) / 2 else -1
    indices = list(range(first, first + step * RUN, step))
    return replace(clip, frames=[clip.frames[index] for index in indices], boxes=clip.boxes[indices])
