"""Several targets that share a network: what the trackers of ``udt`` and ``udt_plus`` have in common.

Book: chapters 06, 12 and 13.
"""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from numpy.typing import ArrayLike

from udtlib.boxes import Boxes, check_boxes_in_image
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.weights import Weights

Single = TypeVar("Single")


class BatchTracker(ABC, Generic[Single]):
    """Tracks n targets; ``targets`` holds a single tracker for each, with its response and score.

    Attributes:
        single: class of the single tracker.
        shared: the one whose network and settings all targets have.
        targets: of the present video.
    """

    single: type[Single]

    def __init__(self, weights: str | Path | Weights | None = None, **options: Any) -> None:
        """Load the network once.

        Args:
            weights: as for the single tracker.
            options: as for the single tracker.

        Raises:
            OptionError, WeightsError, MissingDataError: as the single tracker does.
        """
        self.shared = self.single(weights, **options)  # type: ignore[call-arg]
        self.targets: list[Single] = []

    @classmethod
    def of(cls, shared: Single) -> Self:
        """Return a tracker of many targets with the network and settings of ``shared``."""
        tracker = cls.__new__(cls)
        tracker.shared, tracker.targets = shared, []
        return tracker

    def init(self, frame: Frame, boxes: ArrayLike) -> None:
        """Start on ``frame`` (RGB ``uint8`` ``(H, W, 3)``) with a target in each of ``boxes`` ``(n, 4)``.

        Raises:
            FrameError: not such a frame.
            BoxError: no box, or one that the single tracker would refuse; then there are no targets.
        """
        self.targets = []
        frame = check_frame(frame)
        self.frame_shape = frame.shape[:2]
        self.targets = self.started(frame, check_boxes_in_image(boxes, *self.frame_shape))

    def update(self, frame: Frame) -> Boxes:
        """Return the targets' boxes ``(n, 4)`` float64 in the next ``frame``.

        Raises:
            FrameError: not a frame, or of another size than the first.
            TrackerError: `init` was not called.
        """
        if not self.targets:
            raise TrackerError("update needs targets: call init(frame, boxes) first")
        return self.followed(check_frame(frame, like=self.frame_shape))

    @abstractmethod
    def started(self, frame: Frame, boxes: Boxes) -> list[Single]:
        """Return a target started on each of the checked ``boxes`` ``(n, 4)`` of a checked frame."""

    @abstractmethod
    def followed(self, frame: Frame) -> Boxes:
        """Return the boxes ``(n, 4)`` of `targets` in a checked frame."""
