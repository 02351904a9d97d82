"""UDT+ on several targets in one video: the patches of targets go through the network together.

A target keeps its own filter, memory, scale filter, position and size; the network and the frame are shared.
The boxes are those of one `UdtPlusTracker` each. Targets whose patches have one size share a call, `TOGETHER`
at most. Book: chapter 12.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib.boxes import Boxes, check_boxes_in_image
from udtlib.devices import one_blas_thread
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.scale import ScaleFilter
from udtlib.trackers.eco.spectra import Grid
from udtlib.trackers.udt_plus.tracker import UdtPlusTracker
from udtlib.weights import Weights

TOGETHER = 2
"""Patches in one call of the network: larger batches are no faster on a CPU, and take 16 MB a patch."""


class UdtPlusMultiTracker:
    """Tracks n targets; ``targets`` holds a `UdtPlusTracker` for each, with its response and score."""

    def __init__(self, weights: str | Path | Weights | None = None, **options: Any) -> None:
        """Load the network once.

        Args:
            weights: as for `UdtPlusTracker`.
            options: as for `UdtPlusTracker`.

        Raises:
            OptionError, WeightsError, MissingDataError: as `UdtPlusTracker` does.
        """
        self.shared = UdtPlusTracker(weights, **options)
        self.targets: list[UdtPlusTracker] = []

    @classmethod
    def of(cls, shared: UdtPlusTracker) -> "UdtPlusMultiTracker":
        """Return a tracker of many targets with the network and settings of ``shared``."""
        tracker = cls.__new__(cls)
        tracker.shared, tracker.targets = shared, []
        return tracker

    @one_blas_thread
    def init(self, frame: Frame, boxes: ArrayLike) -> None:
        """Start on ``frame`` (RGB ``uint8`` ``(H, W, 3)``) with a target in each of ``boxes`` ``(n, 4)``.

        Raises:
            FrameError: not such a frame.
            BoxError: no box, or one that `UdtPlusTracker.init` would refuse; then there are no targets.
        """
        self.targets = []
        frame = check_frame(frame)
        checked = check_boxes_in_image(boxes, *frame.shape[:2])
        targets = [copy(self.shared) for _ in checked]
        for target, box in zip(targets, checked, strict=True):
            target.scale_filter = ScaleFilter()
            target.place(frame, box)
        for target, maps in zip(targets, self.features(frame, targets), strict=True):
            target.start(frame, maps)
        self.targets = targets

    @one_blas_thread
    def update(self, frame: Frame) -> Boxes:
        """Return the targets' boxes ``(n, 4)`` float64 in the next ``frame``.

        Raises:
            FrameError: not a frame, or of another size than the first.
            TrackerError: `init` was not called.
        """
        if not self.targets:
            raise TrackerError("update needs targets: call init(frame, boxes) first")
        frame = check_frame(frame, like=self.targets[0].frame_shape)
        for target in self.targets:
            target.expect(frame)
        features = self.features(frame, self.targets)
        return np.array(
            [target.follow(frame, maps) for target, maps in zip(self.targets, features, strict=True)]
        )

    def features(self, frame: Frame, targets: AbstractSequence[UdtPlusTracker]) -> list[Grid]:
        """Return each target's features ``(f, f, 32)`` where it is expected."""
        found: dict[int, Grid] = {}
        for numbers in alike(targets):
            patches = np.stack([targets[one].crop(frame, targets[one].center) for one in numbers])
            found |= zip(numbers, self.shared.features(patches), strict=True)
        return [found[number] for number in range(len(targets))]


def alike(targets: AbstractSequence[UdtPlusTracker]) -> Iterator[list[int]]:
    """Yield the numbers of targets whose patches have one size, `TOGETHER` at a time."""
    by_side: dict[int, list[int]] = defaultdict(list)
    for number, target in enumerate(targets):
        by_side[target.patch_side].append(number)
    for numbers in by_side.values():
        for start in range(0, len(numbers), TOGETHER):
            yield numbers[start : start + TOGETHER]
