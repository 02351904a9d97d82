"""What a tracker is: anything with ``init(frame, box)`` and ``update(frame) -> box``. Book: chapter 00."""

from typing import Any, Protocol, runtime_checkable

from numpy.typing import ArrayLike

from udtlib.boxes import Boxes
from udtlib.frames import Frame


@runtime_checkable
class Tracker(Protocol):
    """The interface; `udtlib.evaluation` asks for nothing else.

    Ours also have ``response`` (the last response map, ``(H, W)``, peak at ``(0, 0)`` when nothing
    moved, wrap-around) and ``score`` (its peak; low means lost); those with a network have its ``weights``.
    """

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start (anew) on ``frame``, RGB ``uint8`` ``(H, W, 3)``, with the target in ``box`` (0-indexed)."""

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in the next ``frame``."""


def weights_fingerprint(tracker: Any) -> str | None:
    """Return what tells the weights of a tracker from others, None of a tracker without."""
    return getattr(getattr(tracker, "weights", None), "fingerprint", None)
