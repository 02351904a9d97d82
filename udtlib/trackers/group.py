"""Several targets: a tracker each, or all in one batch where the tracker can. Book: chapter 13."""

from collections.abc import Sequence as AbstractSequence
from typing import Any, Protocol

import numpy as np

from udtlib.boxes import Boxes, check_boxes_in_image
from udtlib.errors import BoxError, TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.trackers.base import Tracker
from udtlib.trackers.registry import load_tracker

BATCHED = ("udt", "udt-bf16", "udt-noise", "udt-released", "udt+", "udt+-bf16")
"""Trackers whose targets share the network's calls: `udtlib.trackers.udt.batch`, and that of ``udt_plus``."""


class GroupTracker(Protocol):
    """The interface of a tracker of n targets."""

    def init(self, frame: Frame, boxes: Boxes) -> None:
        """Start on ``frame`` with the targets in ``boxes`` ``(n, 4)``, 0-indexed."""

    def update(self, frame: Frame) -> Boxes:
        """Return the targets' boxes ``(n, 4)`` float64 in the next ``frame``."""


class Group:
    """n single trackers side by side."""

    def __init__(self, trackers: AbstractSequence[Tracker]) -> None:
        """Take a new tracker for each target."""
        self.trackers = list(trackers)
        self.started = False

    def init(self, frame: Frame, boxes: Boxes) -> None:
        """Start every tracker on its box.

        Raises:
            BoxError: a box that the tracker refuses, or not one a tracker; then there are no targets.
            FrameError: as the tracker.
        """
        self.started = False
        frame = check_frame(frame)
        checked = check_boxes_in_image(boxes, *frame.shape[:2])
        if len(checked) != len(self.trackers):
            raise BoxError(f"expected {len(self.trackers)} boxes, one a tracker, found {len(checked)}")
        for tracker, box in zip(self.trackers, checked, strict=True):
            tracker.init(frame, box)
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return every tracker's box ``(n, 4)``; raises as the tracker does."""
        if not self.started:
            raise TrackerError("update needs targets: call init(frame, boxes) first")
        return np.array([tracker.update(frame) for tracker in self.trackers])


def load_group(name: str, count: int, **options: Any) -> GroupTracker:
    """Return a tracker of ``count`` targets by its registered name; ``options`` go to its constructor.

    Raises:
        UnknownNameError, UnknownOptionError, OptionError: as `load_tracker`.
    """
    if count == 1 or name not in BATCHED:
        return Group([load_tracker(name, **options) for _ in range(count)])
    from udtlib.trackers.udt import UdtTracker
    from udtlib.trackers.udt.batch import MultiTracker
    from udtlib.trackers.udt_plus import UdtPlusTracker
    from udtlib.trackers.udt_plus.batch import UdtPlusMultiTracker

    shared = load_tracker(name, **options)
    if isinstance(shared, UdtPlusTracker):
        return UdtPlusMultiTracker.of(shared)
    assert isinstance(shared, UdtTracker)
    return MultiTracker.of(shared)
