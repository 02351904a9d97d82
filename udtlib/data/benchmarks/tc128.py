"""Temple-Color 128: 128 sequences in colour (Liang, Blasch and Ling, TIP 2015).

The layout is ``NAME/img/0001.jpg ...``, the first and the last annotated image in
``NAME/NAME_frames.txt`` (``1,148``), one 1-indexed row ``x,y,w,h`` for each of them in
``NAME/NAME_gt.txt``, and short names of attributes, one a line, in ``NAME/NAME_att.txt``. Book: chapter 13.
"""

from pathlib import Path

from udtlib.arguments import columns
from udtlib.data.benchmarks.layouts import Layout, Targets, folders_in, numbered_frames
from udtlib.data.box_files import read_boxes, read_text
from udtlib.data.kinds import is_system_name, may_be
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, MissingDataError

COUNT = 128
"""How many sequences the benchmark has."""

TRUTH, FRAMES, ATTRIBUTES = "_gt.txt", "_frames.txt", "_att.txt"

NAMES = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")
"""Short names of the attributes, those of OTB."""


def _find(root: Path) -> Targets:
    return [(folder.name, folder) for folder in folders_in(root) if may_be((folder / "img").is_dir)]


def _read_sequence(name: str, folder: Path, images: bool) -> Sequence:
    frames_file, truth = _file(folder, FRAMES), _file(folder, TRUTH)
    first, last = read_range(frames_file)
    boxes = read_boxes(truth, index_base=1)
    if len(boxes) != last - first + 1:
        raise DataError(
            f"{truth}: expected {last - first + 1} rows for images {first} to {last} "
            f"({frames_file.name}), found {len(boxes)}"
        )
    attributes = read_attributes(_file(folder, ATTRIBUTES)) if _files(folder, ATTRIBUTES) else ()
    place, count = folder / "img", len(boxes)
    frames = numbered_frames(place, "{:04d}.jpg", first, count, name, whole=False) if images else ()
    return Sequence(name, frames, boxes, attributes, first)


def _file(folder: Path, ending: str) -> Path:
    """Return ``NAME/NAME_gt.txt``; some copies spell NAME otherwise inside the folder than outside."""
    found = _files(folder, ending)
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise MissingDataError(f"{folder / (folder.name + ending)}: expected one such file, found {names}")
    return found[0]


def _files(folder: Path, ending: str) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(ending) and not is_system_name(path.name)
    )


def read_range(path: str | Path) -> tuple[int, int]:
    """Return the first and the last annotated image of a frames file, ``1,148``.

    Raises:
        MissingDataError: no such file.
        DataError: not two whole numbers from 0 on, the first not above the last.
    """
    text = read_text(Path(path))
    words = columns(text)
    if len(words) != 2 or not all(word.isascii() and word.isdecimal() and len(word) < 10 for word in words):
        raise DataError(f"{path}: expected the first and the last image, such as 1,148, found {text[:60]!r}")
    first, last = map(int, words)
    if first > last:
        raise DataError(f"{path}: expected the first image before the last, found {text[:60]!r}")
    return first, last


def read_attributes(path: str | Path) -> tuple[str, ...]:
    """Return the attributes in a file of their short names (`NAMES`); an empty file has none.

    Raises:
        MissingDataError: no such file.
        DataError: something else than these names.
    """
    words = columns(read_text(Path(path)))
    unknown = [word for word in words if word not in NAMES]
    if unknown:
        raise DataError(f"{path}: expected attributes of {', '.join(NAMES)}, found {unknown[0][:60]!r}")
    return tuple(dict.fromkeys(words))


TC128 = Layout(
    title="Temple-Color",
    place="tc128",
    shape=f"folders NAME/img/0001.jpg ... with NAME/NAME{TRUTH} and NAME/NAME{FRAMES}",
    find=_find,
    read=_read_sequence,
    count=COUNT,
    index_base=1,
)
load_tc128 = TC128
