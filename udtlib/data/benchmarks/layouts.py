"""What the readers of benchmarks share: sequences found, chosen and read; images by number; flags a frame.

A target that a benchmark's flags call absent gets a box of NaN: what that means is the scoring policy's
decision. The first box is always kept, for a tracker needs it. Book: chapter 13.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import columns
from udtlib.boxes import Boxes
from udtlib.data.box_files import read_text
from udtlib.data.images import ImageFiles
from udtlib.data.kinds import is_system_name, look_into
from udtlib.data.locate import require_data
from udtlib.data.sequences import Sequence, read_each
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path

Targets = list[tuple[str, Path]]


@dataclass(frozen=True)
class Layout:
    """How a benchmark lies on a disk; called with a folder, it reads what is there.

    Attributes:
        title: what papers call it.
        place: the folder's usual name below ``data/``.
        shape: what a folder of it looks like, for messages.
        find: returns the name of every sequence below a folder, and the file or folder its reading starts
            from; an empty list where there is none.
        read: reads one sequence from these two; False as third leaves out its images.
        count: how many sequences the benchmark has; None where its editions differ.
        index_base: number of the first pixel in its files.
    """

    title: str
    place: str
    shape: str
    find: Callable[[Path], Targets]
    read: Callable[[str, Path, bool], Sequence]
    count: int | None = None
    index_base: int = 0

    def targets(self, root: Path) -> Targets:
        """Return what `find` finds, sorted by name.

        Raises:
            MissingDataError: no sequence.
        """
        found = self.find(root) if root.is_dir() else []
        if not found:
            raise MissingDataError(f"{root}: no {self.title} sequence found; expected {self.shape}")
        return sorted(found, key=lambda target: target[0].lower())

    def __call__(
        self,
        root: str | Path | None = None,
        names: Iterable[str] | None = None,
        broken: dict[str, str] | None = None,
        images: bool = True,
    ) -> list[Sequence]:
        """Return the sequences below ``root``, sorted by name; any part of the benchmark may be there.

        Args:
            root: the folder; None looks for `place` in ``UDT_DATA``, ``data/``, ``../shared``.
            names: only these sequences, in any case; None is all.
            broken: where given, a sequence that cannot be read is left out, and what is wrong with it is
                added here under its name; None raises the first such error.
            images: False reads the annotations only, ``frames`` is empty.

        Raises:
            MissingDataError: no such folder, sequence, annotation or image file; all are named.
            DataError: a file that is not what its format promises, or a wrong number of rows.
        """
        root = require_data(self.place, f"the {self.title} sequences") if root is None else user_path(root)
        targets = _choose(self.targets(root), names, root, self.title)
        return read_each(targets, lambda name, path: self.read(name, path, images), root, broken)


def _choose(targets: Targets, names: Iterable[str] | None, root: Path, title: str) -> Targets:
    if names is None:
        return targets
    wanted = {name.lower(): name for name in names}
    found = {name.lower() for name, _ in targets}
    missing = [name for lower, name in wanted.items() if lower not in found]
    if missing:
        raise MissingDataError(f"{root}: no {title} sequence {', '.join(missing)}")
    return [target for target in targets if target[0].lower() in wanted]


def folders_in(root: Path) -> list[Path]:
    """Return the folders in a folder, sorted, without hidden ones; none where there is no such folder."""
    return look_into(root).folders if root.is_dir() else []


def text_files(folder: Path) -> list[Path]:
    """Return the files ``*.txt`` of a folder, sorted, without hidden ones such as ``._car1.txt``."""
    return [path for path in sorted(folder.glob("*.txt")) if path.is_file() and not is_system_name(path.name)]


def listed_names(path: Path) -> list[str]:
    """Return the names in a list of sequences, one a line, each the name of a folder beside the list.

    Raises:
        MissingDataError: no such file.
        DataError: a name that leads out of the folder, or no text file.
    """
    names = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    odd = next((name for name in names if name in (".", "..") or set(name) & set("/\\\0")), None)
    if odd is not None:
        raise DataError(f"{path}: expected one name of a folder beside it a line, found {odd[:60]!r}")
    return list(dict.fromkeys(names))


def numbered_frames(
    folder: Path, naming: str, first: int, count: int, name: str, whole: bool = True
) -> ImageFiles:
    """Return the images of a sequence by their numbers; of one with a single true box, all from ``first`` on.

    Args:
        folder: of the images.
        naming: how they are called, such as ``"{:04d}.jpg"``, for messages.
        first: number of the first annotated image.
        count: how many true boxes there are.
        name: the sequence's, for messages.
        whole: the annotation covers the whole folder, so that images after its end are an error.

    Raises:
        MissingDataError: no such folder, or an image is missing.
        DataError: images without a true box, or two with one number.
    """
    found = look_into(folder)
    found.log()
    images = found.numbered()
    last = max(images, default=first) if count == 1 and whole else first + count - 1
    missing = next((number for number in range(first, last + 1) if number not in images), None)
    if missing is not None:
        raise MissingDataError(
            f"{folder / naming.format(missing)}: no such image, but {name} is annotated from image {first} "
            f"to {last}"
        )
    if whole and max(images) > last:
        raise DataError(
            f"{folder}: expected one true box an image, found {count} boxes of {name} and images up to "
            f"{images[max(images)].name}"
        )
    return ImageFiles(images[number] for number in range(first, last + 1))


def read_flags(path: Path, count: int, most: int = 1, whole: bool = True) -> NDArray[np.int64]:
    """Return a file of one whole number a frame, 0 to ``most``, ``(count,)``, on one line or on many.

    A file that need not be ``whole`` may end early: 0 from there on.

    Raises:
        MissingDataError: no such file.
        DataError: other words than these numbers, or not as many as true boxes.
    """
    words = columns(read_text(path))
    known = {str(number): number for number in range(most + 1)}
    odd = next((word for word in words if word not in known), None)
    if odd is not None:
        raise DataError(f"{path}: expected numbers from 0 to {most}, found {odd[:60]!r}")
    if len(words) > count or (whole and len(words) < count):
        raise DataError(f"{path}: expected {count} numbers, one a true box, found {len(words)}")
    flags = np.zeros(count, dtype=np.int64)
    flags[: len(words)] = [known[word] for word in words]
    return flags


def check_finite(boxes: Boxes, path: Path) -> Boxes:
    """Return the boxes; DataError if the corners of one are too far apart for a number."""
    if np.isinf(boxes).any():
        raise DataError(f"{path}: expected boxes in an image, found one of endless size")
    return boxes


def without_absent(boxes: Boxes, absent: NDArray[np.bool_]) -> Boxes:
    """Return the boxes with NaN in the frames whose target is absent, but for the first."""
    marked = boxes.copy()
    marked[1:][absent[1:]] = np.nan
    return marked
