"""A sequence: its name, its frames (read when asked for) and its true boxes."""

from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass

from udtlib.boxes import Boxes
from udtlib.trackers.base import Frame


@dataclass(frozen=True)
class Sequence:
    """One video with ground truth.

    Attributes:
        name: the benchmark's own spelling.
        frames: RGB ``uint8`` ``(H, W, 3)`` each; lazy, indexable, iterable, sized. Empty where only
            the annotations were loaded.
        boxes: true boxes, ``(N, 4)`` float64, 0-indexed, for the first N frames.
        attributes: the benchmark's short names, such as ``("OCC", "SV")``.
        start: number of the first annotated image, counting from 1 as the benchmark does. A result
            file that covers the images from number 1 has ``start - 1`` rows too many in front.
    """

    name: str
    frames: AbstractSequence[Frame]
    boxes: Boxes
    attributes: tuple[str, ...] = ()
    start: int = 1

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)
