"""Anchors: where the multi-start protocol starts in a sequence, and in which direction. Book: chapter 13.

As in VOT's short-term challenges since 2020, a sequence has several start frames, the anchors, and from each
a tracker runs towards the farther end of the sequence, backwards in time from late ones. Several long runs a
sequence say more about a tracker than one does, and a start that happens to be hard decides less.

Convention: frames count from 0, in ``label`` texts from 1.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes

ANCHORS = 7
"""A sequence has so many anchors, a short one fewer."""

LABEL = re.compile(r"frame ([1-9]\d{0,8})( backwards)?")


@dataclass(frozen=True)
class Anchor:
    """Where one run starts.

    Attributes:
        first: index of its first frame in the sequence, from 0.
        backwards: whether it goes to the sequence's first frame, not to its last.
    """

    first: int
    backwards: bool = False

    @property
    def label(self) -> str:
        """How records name it, such as ``"frame 37 backwards"``, counted from 1."""
        return f"frame {self.first + 1}{' backwards' if self.backwards else ''}"

    def frames(self, count: int) -> range:
        """Return the frames that the run sees in a sequence of ``count`` frames, in its order."""
        return range(self.first, -1, -1) if self.backwards else range(self.first, count)


def read_label(label: str) -> Anchor | None:
    """Return the anchor that `Anchor.label` named, None of another text."""
    found = LABEL.fullmatch(label)
    return Anchor(int(found[1]) - 1, bool(found[2])) if found else None


def anchors(truth: Boxes, height: int, width: int, count: int = ANCHORS) -> list[Anchor]:
    """Return a sequence's anchors: frames spread evenly from its first to its last, without doubles.

    One that has no valid true box moves to the nearest frame that has, of two equally near ones to the
    earlier. The run goes to the end that is farther from the anchor; if both are equally far, forwards.

    Args:
        truth: true boxes ``(N, 4)``, 0-indexed.
        height: of the images in pixels.
        width: of the images in pixels.
        count: of anchors.

    Returns:
        In the order of their frames; none if no frame is valid (`can_start`).

    Book: chapter 13.
    """
    valid = np.flatnonzero(can_start(truth, height, width))
    last = len(truth) - 1
    places = [round(place * last / (count - 1)) for place in range(count)] if len(valid) else []
    nearest = (int(valid[np.abs(valid - place).argmin()]) for place in places)
    return [Anchor(frame, backwards=frame > last - frame) for frame in dict.fromkeys(nearest)]


def can_start(truth: Boxes, height: int, width: int) -> NDArray[np.bool_]:
    """Return where a tracker can start: the box is finite, has a size, and its centre is in the image.

    Args:
        truth: true boxes ``(N, 4)``, 0-indexed.
        height: of the images in pixels.
        width: of the images in pixels.
    """
    with np.errstate(invalid="ignore"):
        centre = truth[:, :2] + truth[:, 2:] / 2
        inside = (centre >= 0).all(axis=1) & (centre < (width, height)).all(axis=1)
    return np.asarray(has_target(truth) & inside)


def has_target(truth: Boxes) -> NDArray[np.bool_]:
    """Return which true boxes ``(..., 4)`` say that there is a target: finite ones that have a size."""
    return np.asarray(np.isfinite(truth).all(axis=-1) & (truth[..., 2:] > 0).all(axis=-1))
