"""Temple-Color 128: 128 sequences in colour (Liang, Blasch and Ling, TIP 2015).

The layout is ``NAME/img/0001.jpg ...``, the first and the last annotated image in
``NAME/NAME_frames.txt`` (``1,148``), one 1-indexed row ``x,y,w,h`` for each of them in
``NAME/NAME_gt.txt``, and short names of attributes, one a line, in ``NAME/NAME_att.txt``. Book: chapter 13.
"""

from collections.abc import Iterable
from pathlib import Path

from udtlib.data.box_files import SEPARATORS, read_boxes, read_text
from udtlib.data.images import ImageFiles
from udtlib.data.kinds import is_system_name, look_into
from udtlib.data.locate import require_data
from udtlib.data.sequences import Sequence, read_each
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path

COUNT = 128
"""How many sequences the benchmark has."""

TRUTH, FRAMES, ATTRIBUTES = "_gt.txt", "_frames.txt", "_att.txt"

NAMES = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")
"""Short names of the attributes, those of OTB."""


def load_tc128(
    root: str | Path | None = None,
    names: Iterable[str] | None = None,
    broken: dict[str, str] | None = None,
    images: bool = True,
) -> list[Sequence]:
    """Return the Temple-Color sequences below ``root``, sorted by name; any part of the 128 may be there.

    Args:
        root: the folder of sequence folders; None looks for ``tc128`` in ``UDT_DATA``, ``data/``,
            ``../shared``.
        names: only these sequences, in any case; None is all.
        broken: where given, a sequence that cannot be read is left out, and what is wrong with it
            is added here under its name; None raises the first such error.
        images: False reads the annotations only, ``frames`` is empty.

    Raises:
        MissingDataError: no such folder, sequence, annotation or image file; all are named.
        DataError: a file that is not what its format promises, or a wrong number of rows.
    """
    root = require_data("tc128", "the Temple-Color sequences") if root is None else user_path(root)
    targets = _select(find_sequences(root), names, root)

    def read(name: str, folder: Path) -> Sequence:
        return _read_sequence(name, folder, images)

    return read_each(targets, read, root, broken)


def find_sequences(root: Path) -> list[tuple[str, Path]]:
    """Return ``(name, folder)`` of every sequence below ``root``, sorted by name.

    Raises:
        MissingDataError: no sequence.
    """
    folders = look_into(root).folders if root.is_dir() else []
    found = [(folder.name, folder) for folder in folders if (folder / "img").is_dir()]
    if not found:
        raise MissingDataError(
            f"{root}: no Temple-Color sequence found; expected folders NAME/img/0001.jpg ... with "
            f"NAME/NAME{TRUTH} and NAME/NAME{FRAMES}"
        )
    return sorted(found, key=lambda item: item[0].lower())


def _select(
    targets: list[tuple[str, Path]], names: Iterable[str] | None, root: Path
) -> list[tuple[str, Path]]:
    if names is None:
        return targets
    wanted = {name.lower(): name for name in names}
    found = {name.lower() for name, _ in targets}
    missing = [name for lower, name in wanted.items() if lower not in found]
    if missing:
        raise MissingDataError(f"{root}: no Temple-Color sequence {', '.join(missing)}")
    return [target for target in targets if target[0].lower() in wanted]


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
    return Sequence(name, _frames(folder, first, last) if images else (), boxes, attributes, first)


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
    words = text.translate(SEPARATORS).split()
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
    words = read_text(Path(path)).translate(SEPARATORS).split()
    unknown = [word for word in words if word not in NAMES]
    if unknown:
        raise DataError(f"{path}: expected attributes of {', '.join(NAMES)}, found {unknown[0][:60]!r}")
    return tuple(dict.fromkeys(words))


def _frames(folder: Path, first: int, last: int) -> ImageFiles:
    found = look_into(folder / "img")
    found.log()
    numbered = found.numbered()
    missing = next((number for number in range(first, last + 1) if number not in numbered), None)
    if missing is not None:
        raise MissingDataError(
            f"{folder / 'img' / f'{missing:04d}.jpg'}: no such image, but {folder.name} is annotated from "
            f"image {first} to {last}"
        )
    return ImageFiles(numbered[number] for number in range(first, last + 1))
