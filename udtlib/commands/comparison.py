"""How a network just trained compares with one untrained and the one that ships, in a few seconds.

Four clips of the embedded benchmark, three start frames each, `RUN` frames from there towards the farther
end: the mean overlap with the true boxes. Enough to see whether training did anything, not to choose between
two good networks: for that `udt evaluate`. Book: chapter 11.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from udtlib.boxes import iou
from udtlib.data import load_dataset
from udtlib.data.sequences import FrameSlice, Sequence
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.trackers import load_tracker
from udtlib.weights import Weights, random_weights, shipped

CLIPS = ("iv-1", "occ-1", "mb-1", "fm-2")
"""Of four attributes on which trained networks differ from untrained ones."""
STARTS = (0.0, 0.5, 1.0)
"""Where in a clip, as a share of its length."""
RUN = 30  # frames


def compare(weights: Weights, device: str = "cpu") -> str:
    """Return one line: the mean overlap of these weights, of untrained ones and of the shipped ones."""
    rows = {"this network": weights, "untrained": random_weights(), "the one that ships": shipped("udt")}
    found = {name: mean_overlap(each, device) for name, each in rows.items()}
    numbers = ", ".join(f"{name} {overlap:.3f}" for name, overlap in found.items())
    count = len(CLIPS) * len(STARTS)
    return f"mean overlap on {count} short runs over synthetic clips: {numbers} (a quick look; 1 is perfect)"


def mean_overlap(weights: Weights, device: str = "cpu") -> float:
    """Return the mean overlap, 0..1, of a UDT tracker with these weights over all `runs`."""
    tracker = load_tracker("udt", weights=weights, device=device)
    overlaps = []
    for run in runs():
        boxes, _ = track_sequence(tracker, run)
        overlaps.append(np.nan_to_num(iou(boxes, run.boxes))[1:].mean())
    return float(np.mean(overlaps))


def runs() -> Iterator[Sequence]:
    """Yield what is tracked: `RUN` frames of each clip from each start, backwards in its second half."""
    for clip in load_dataset("synthetic"):
        if clip.name in CLIPS:
            for share in STARTS:
                first = round(share * (len(clip) - 1))
                step = 1 if first < len(clip) / 2 else -1
                frames = range(first, first + step * RUN, step)
                boxes = clip.boxes[list(frames)]
                yield replace(clip, frames=FrameSlice(clip.frames, frames), boxes=boxes)
