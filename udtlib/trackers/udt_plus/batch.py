"""UDT+ on several targets in one video: the patches of targets go through the network together.

A target keeps its own filter, memory, scale filter, position and size; the network and the frame are shared.
The boxes are those of one `UdtPlusTracker` each. Targets whose patches have one size share a call, `TOGETHER`
at most. Book: chapter 12.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from copy import copy

import numpy as np

from udtlib.boxes import Boxes
from udtlib.devices import one_blas_thread
from udtlib.frames import Frame
from udtlib.scale import ScaleFilter
from udtlib.trackers.batch import BatchTracker
from udtlib.trackers.eco.spectra import Grid
from udtlib.trackers.udt_plus.tracker import UdtPlusTracker

TOGETHER = 2
"""Patches in one call of the network: larger batches are no faster on a CPU, and take 16 MB a patch."""


class UdtPlusMultiTracker(BatchTracker[UdtPlusTracker]):
    """Tracks n targets; ``targets`` holds a `UdtPlusTracker` for each, with its response and score."""

    single = UdtPlusTracker

    @one_blas_thread
    def started(self, frame: Frame, boxes: Boxes) -> list[UdtPlusTracker]:
        """Return a target on each of the checked ``boxes`` ``(n, 4)``, its filter learned."""
        targets = [copy(self.shared) for _ in boxes]
        for target, box in zip(targets, boxes, strict=True):
            target.scale_filter = ScaleFilter()
            target.place(frame, box)
        for target, maps in zip(targets, self.features(frame, targets), strict=True):
            target.start(frame, maps)
        return targets

    @one_blas_thread
    def followed(self, frame: Frame) -> Boxes:
        """Return the boxes ``(n, 4)`` in a checked frame."""
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
