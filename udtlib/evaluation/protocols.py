"""How a tracker is started: once (OPE), at many frames (TRE, anchors), from inexact boxes (SRE, starts).

OPE, one-pass evaluation, starts on the first frame from the true box. Two robustness protocols of the OTB
benchmark ask what that hides. **TRE** (temporal) starts at 20 frames spread over the sequence, each run going
on to the sequence's end. **SRE** (spatial) starts on the first frame from 12 boxes that are a little wrong:
moved by 10 % of the target's size in 4 directions, grown by 10 % at each of the 4 corners, and scaled by
0.8, 0.9, 1.1 and 1.2. A sequence's score pools the frames of all its runs.

**Several starts** ask something else: how far does a score move when nothing that matters has changed? A loop
that is about to lose its target amplifies a hair's breadth. Each sequence is run from N boxes on its first
frame, the true one and others a hair beside it (`udtlib.evaluation.inexact.nearby_boxes`): a tracker's score
is the mean over them, and their spread is its error bar (`udtlib.evaluation.scoring.statistics.Spread`).

**Anchors** are VOT's answer to the same question: seven start frames, from each a run to the farther end
(`udtlib.evaluation.anchors`). **Resets** are its older one: a tracker that has lost the target is started
again (`udtlib.evaluation.running.resets`); **VOT** is the whole of its supervised experiment, in which that
is repeated 15 times, or 3 times if a tracker does the same each time. The **shift test** leaves time out: in
a still frame, the target alone is moved (`udtlib.evaluation.shift`). Book: chapters 13 and 14.

Convention: boxes are 0-indexed ``(x, y, w, h)``; the result of run k is ``RUN/TRACKER/tre/SEQUENCE-k.txt``,
k from 01 in the order of `starts`, with as many rows as frames from its start to the sequence's end.
"""

from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Annotated

import numpy as np

from udtlib.arguments import REFUSED, Between, check_name, shown, take
from udtlib.boxes import Boxes
from udtlib.data.one_size import LikeFirst
from udtlib.data.sequences import FrameSlice, Sequence
from udtlib.errors import DataError, OptionError
from udtlib.evaluation.anchors import Anchor, anchors, has_target
from udtlib.evaluation.inexact import inexact_boxes, nearby_boxes
from udtlib.evaluation.shift import MovedTarget, stills
from udtlib.files import user_path

PROTOCOLS = {
    "ope": "OPE",
    "tre": "TRE",
    "sre": "SRE",
    "starts": "OPE from several starts",
    "anchors": "evaluation from anchors",
    "resets": "evaluation with resets",
    "shift": "shift test",
    "vot": "VOT's supervised experiment",
}
"""What each protocol is called in titles and messages, by its name."""

FOLDERS = {name: "shift-test" if name == "shift" else name for name in PROTOCOLS}
"""What its folder in a tracker's is called; a tracker may be called shift, but not as one of these."""

SEGMENTS = 20
"""TRE starts this often in a sequence."""

LEAST_FRAMES = 20
"""TRE starts where at least this many frames are left."""

SKIP = 5
"""In runs with resets, a tracker that fails in frame t is started again in frame t + 5."""

REPETITIONS = 15
"""VOT's supervised experiment runs a tracker so often in each sequence ..."""

EQUAL = 3
"""... or only so often, if it did the same each time."""

MOST_STARTS = 99
"""As many as file names have numbers for."""


@dataclass(frozen=True)
class Start:
    """One run of a protocol in a sequence.

    Attributes:
        number: counted from 1.
        label: what is special about it: ``"frame 37"`` (counted from 1 in the sequence), ``"left"``,
            ``"scale 0.8"``, ``"start 2"``.
        first: index of its first frame in the sequence, from 0.
        box: the box ``(4,)`` that the tracker is given, 0-indexed.
        backwards: whether it goes to the sequence's first frame instead of its last.
        moved: in a shift test, the target's box in the still and after each move, ``(N, 4)``; NaN: left out.
    """

    number: int
    label: str
    first: int
    box: Boxes
    backwards: bool = False
    moved: Boxes | None = None


def check_protocol(protocol: str) -> str:
    """Return ``protocol``.

    Raises:
        UnknownNameError: it is not in `PROTOCOLS`.
    """
    return check_name("protocol", protocol, PROTOCOLS)


def check_starts(protocol: str, count: int) -> str:
    """Return the protocol of an evaluation from ``count`` starts: for more than one it is ``"starts"``.

    Raises:
        UnknownNameError: no such protocol.
        OptionError: ``count`` is not in 1..`MOST_STARTS`, or does not go with the protocol.
    """
    check_protocol(protocol)
    if take(count, Annotated[int, Between(1, MOST_STARTS)]) is REFUSED:
        raise OptionError(f"expected 1 to {MOST_STARTS} starts, found {shown(count)}")
    if protocol == "starts" and count == 1:
        raise OptionError("expected two starts or more, found 1: say how many, as in starts=5 (--starts 5)")
    if count > 1 and protocol not in ("ope", "starts"):
        raise OptionError(
            f"{PROTOCOLS[protocol]} has starts of its own, {count} starts are for OPE: leave out one of them"
        )
    return "starts" if count > 1 else protocol


def results_folder(tracker_folder: str | Path, protocol: str) -> Path:
    """Return where a tracker's result files lie: ``TRACKER`` for OPE, else in one of `FOLDERS` in it."""
    folder = user_path(tracker_folder)
    return folder if check_protocol(protocol) == "ope" else folder / FOLDERS[protocol]


def protocol_runs(sequence: Sequence, protocol: str, count: int = 1) -> list[tuple[str, Sequence]]:
    """Return what to track: a label and a sequence for each run.

    For OPE that is the sequence itself. Else each is named ``NAME-k``, has the frames and true boxes from its
    start on (lazy, like the sequence's own), and for its first box the one the tracker is given.

    Args:
        sequence: with frames and true boxes.
        protocol: one of `PROTOCOLS`.
        count: how many starts ``"starts"`` makes; of no effect on others.

    Raises:
        UnknownNameError: no such protocol.
        DataError: no frame from which to start.

    Book: chapter 13.
    """
    if check_protocol(protocol) == "ope":
        return [("", sequence)]
    if protocol != "anchors" and has_target(sequence.boxes[:1]).any() and not sequence.is_scored:
        raise DataError(
            f"{sequence.name}: one true box, which the tracker is given; {PROTOCOLS[protocol]} needs more. "
            "One-pass evaluation writes its results, without a score"
        )
    return [(start.label, started(sequence, start)) for start in starts(sequence, protocol, count)]


def started(sequence: Sequence, start: Start) -> Sequence:
    """Return the part of a sequence that one run sees; its first box is the one given to the tracker."""
    name, frames = f"{sequence.name}-{start.number:02}", LikeFirst(sequence.frames, sequence.name)
    if start.moved is not None:
        still = MovedTarget(frames, start.first, start.moved)
        return replace(
            sequence, name=name, frames=still, boxes=start.moved, start=1, regions=(), frame_tags={}
        )
    anchor = Anchor(start.first, start.backwards)
    shown = anchor.frames(len(sequence.boxes))
    boxes = sequence.boxes[shown].copy()
    regions = tuple(sequence.regions[k] for k in shown) if sequence.regions else ()
    boxes[0] = start.box
    seen = FrameSlice(frames, anchor.frames(len(frames)))
    return replace(sequence, name=name, frames=seen, boxes=boxes, start=1, regions=regions, frame_tags={})


def starts(sequence: Sequence, protocol: str, count: int = 1) -> list[Start]:
    """Return the runs of a protocol in a sequence, in the benchmark's order. One frame is read for its size.

    Raises:
        DataError: no image at hand, or no frame from which to start.

    Book: chapter 13.
    """
    if not len(sequence.frames):
        raise DataError(f"{sequence.name}: no images at hand; {PROTOCOLS[protocol]} needs them to start from")
    height, width = np.asarray(sequence.frames[0]).shape[:2]
    if protocol == "starts" and len(sequence.boxes):
        near = nearby_boxes(sequence.boxes[0], count, height, width, sequence.name)
        return [Start(k, f"start {k}", 0, box) for k, box in enumerate(near, start=1)]
    if protocol == "resets" and len(sequence.boxes):
        return [Start(1, "with resets", 0, sequence.boxes[0])]
    if protocol == "vot" and len(sequence.boxes):
        repetitions = range(1, REPETITIONS + 1)
        return [Start(k, f"repetition {k}", 0, sequence.boxes[0]) for k in repetitions]
    if protocol == "shift":
        return _still_starts(sequence, height, width)
    if protocol == "anchors":
        return _anchor_starts(sequence, height, width)
    frames = start_frames(sequence.boxes, height, width)
    if not frames:
        raise DataError(f"{sequence.name}: no true box from which {PROTOCOLS[protocol]} could start")
    if protocol == "tre":
        return [Start(k, f"frame {i + 1}", i, sequence.boxes[i]) for k, i in enumerate(frames, start=1)]
    wrong = inexact_boxes(sequence.boxes[frames[0]], height, width)
    return [Start(k, label, frames[0], box) for k, (label, box) in enumerate(wrong.items(), start=1)]


def _anchor_starts(sequence: Sequence, height: int, width: int) -> list[Start]:
    truth = sequence.boxes
    found = [
        one for one in anchors(truth, height, width) if has_target(truth[one.frames(len(truth))])[1:].any()
    ]
    if not found:
        raise DataError(
            f"{sequence.name}: expected a true box to start from and one to follow after it, found none"
        )
    return [
        Start(number, one.label, one.first, sequence.boxes[one.first], one.backwards)
        for number, one in enumerate(found, start=1)
    ]


def _still_starts(sequence: Sequence, height: int, width: int) -> list[Start]:
    found = stills(sequence.boxes, height, width)
    if not found:
        raise DataError(
            f"{sequence.name}: expected a frame in which the whole target can be moved, found none"
        )
    return [
        Start(number, Anchor(first).label, first, sequence.boxes[first], moved=moved)
        for number, (first, moved) in enumerate(found, start=1)
    ]


def start_frames(truth: Boxes, height: int, width: int) -> list[int]:
    """Return the frames, from 0, at which TRE starts: the first possible one, then evenly spread ones.

    As in the benchmark's code, a start is possible where the true box has four positive numbers, counted from
    pixel 1, and `LEAST_FRAMES` frames are left; the n possible ones give numbers ``1 + floor(k n / 19)`` for
    k = 0..18, and n. We also ask that the box's centre lies in the image, for trackers cannot start outside
    it. The benchmark has lists of occluded frames to pass over, for some sequences; they are not used here.
    What would come twice in a short sequence comes once; one shorter than `LEAST_FRAMES` has one start.

    Args:
        truth: true boxes ``(N, 4)``, 0-indexed.
        height: of the image in pixels.
        width: of the image in pixels.

    Book: chapter 13.
    """
    with np.errstate(invalid="ignore"):
        inside = (truth + np.array([1, 1, 0, 0]) > 0).all(axis=1)
        inside &= (truth[:, :2] + truth[:, 2:] / 2 < (width, height)).all(axis=1)
    possible = np.flatnonzero(inside)
    count = max(1, int((len(truth) - possible >= LEAST_FRAMES).sum()))
    steps = SEGMENTS - 1
    places = [1 + k * count // steps for k in range(steps - ceil(steps / count) + 1)]
    chosen = dict.fromkeys([*places, count])
    return [int(possible[place - 1]) for place in chosen] if len(possible) else []
