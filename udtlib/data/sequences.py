"""A sequence: its name, its frames (read when asked for) and its true boxes. Book: chapter 00."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as AbstractSequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import index as as_int
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import shown
from udtlib.boxes import Boxes
from udtlib.errors import DataError, MissingDataError, UdtError
from udtlib.frames import Frame
from udtlib.polygons import Region


class Frames(AbstractSequence[Frame]):
    """Frames that are read when asked for; subclasses define ``__len__`` and `read`.

    Each frame is RGB ``uint8`` ``(H, W, 3)``, a new array on every access. Indices count from 0,
    negative ones from the end; a slice is again lazy.
    """

    @abstractmethod
    def read(self, index: int) -> Frame:
        """Return frame ``index`` (0-indexed); raise IndexError past the end."""

    def __getitem__(self, index: Any) -> Any:
        """Return one frame, or for a slice the lazy frames in it."""
        if isinstance(index, slice):
            return FrameSlice(self, range(len(self))[index])
        index = as_int(index)
        index += len(self) if index < 0 else 0
        if index < 0:
            raise IndexError(f"frame {index - len(self)} of {len(self)}")
        return self.read(index)


class FrameSlice(Frames):
    """Part of other frames, such as ``frames[10:20]``."""

    def __init__(self, source: AbstractSequence[Frame], indices: range) -> None:
        self.source, self.indices = source, indices

    def __len__(self) -> int:
        """Return the number of frames in the slice."""
        return len(self.indices)

    def read(self, index: int) -> Frame:
        """Return frame ``index`` of the slice."""
        return self.source[self.indices[index]]


@dataclass(frozen=True)
class Sequence:
    """One video with ground truth.

    A script builds one from what it has; ``frames`` may be a list of arrays, ``boxes`` any ``(N, 4)`` array:
    for polygons ``(N, 8)``, such as VOT's, the upright rectangle around each::

        corners = polygons.reshape(-1, 4, 2)
        low, high = corners.min(axis=1), corners.max(axis=1)
        sequence = Sequence("ball1", frames, np.hstack([low, high - low]))

    Attributes:
        name: the benchmark's own spelling.
        frames: RGB ``uint8`` ``(H, W, 3)`` each; lazy, indexable, iterable, sized. Empty where only
            the annotations were loaded.
        boxes: true boxes, ``(N, 4)`` float64, 0-indexed, for the first N frames.
        attributes: the benchmark's short names, such as ``("OCC", "SV")``.
        start: number of the first annotated image, counting from 1 as the benchmark does. A result
            file that covers the images from number 1 has ``start - 1`` rows too many in front.
        size: width and height of the frames in pixels, where the annotation states them.
        regions: the true regions, one a true box, where the benchmark has others than upright boxes.
        frame_tags: which of the annotated frames have each tag, ``(N,)`` by its name.
    """

    name: str
    frames: AbstractSequence[Frame]
    boxes: Boxes
    attributes: tuple[str, ...] = ()
    start: int = 1
    size: tuple[int, int] | None = None
    regions: tuple[Region, ...] = ()
    frame_tags: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the boxes as float64: starts beside a true box of whole numbers are fractions of a pixel.

        Raises:
            DataError: no numbers, or not ``(N, 4)``, such as polygons.
        """
        try:
            boxes = np.asarray(self.boxes, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{self.name}: expected true boxes (N, 4) of numbers, found {shown(self.boxes)}"
            ) from error
        if boxes.ndim and not len(boxes):
            boxes = np.empty((0, 4))
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise DataError(
                f"{self.name}: expected true boxes (N, 4), found shape {boxes.shape}; of polygons take the "
                "upright rectangle around each"
            )
        object.__setattr__(self, "boxes", boxes)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)

    @property
    def tracked(self) -> int:
        """How many frames are tracked: those with a row of truth, or all where there is but one row."""
        return len(self.frames) if len(self.boxes) == 1 and len(self.frames) else len(self.boxes)

    @property
    def is_scored(self) -> bool:
        """Whether there is a true box to score by: one after the first, which the tracker is given."""
        later = self.boxes[1:]
        return bool((np.isfinite(later).all(axis=1) & (later[:, 2:] > 0).all(axis=1)).any())


def read_each(
    targets: Iterable[tuple[str, Path]],
    read: Callable[[str, Path], Sequence],
    root: Path,
    broken: dict[str, str] | None,
) -> list[Sequence]:
    """Return ``read(name, file)`` of every target.

    Args:
        targets: names, and the files their reading starts from.
        read: reads one sequence.
        root: the dataset's folder, for the message.
        broken: takes what is wrong with a sequence that cannot be read, by its name; None raises it.

    Raises:
        DataError: none of the sequences can be read.
        UdtError: what ``read`` raised, where ``broken`` is None; MissingDataError for what may not be read.
    """
    sequences, problems = [], {}
    for name, file in targets:
        try:
            with readable():
                sequences.append(read(name, file))
        except UdtError as error:
            if broken is None:
                raise
            problems[name] = str(error)
    if problems and not sequences:
        name, problem = next(iter(problems.items()))
        raise DataError(f"{root}: none of {len(problems)} sequences can be read; {name}: {problem}")
    if broken is not None:
        broken.update(problems)
    return sequences


@contextmanager
def readable() -> Iterator[None]:
    """Turn what the system refuses to let us read inside the block into a `MissingDataError`."""
    try:
        yield
    except OSError as error:
        if isinstance(error, UdtError):
            raise
        raise MissingDataError(f"{error.filename}: cannot be read ({error.strerror})") from error
