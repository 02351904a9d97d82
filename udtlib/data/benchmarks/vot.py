"""VOT's datasets of boxes and polygons, VOT2013 to VOT2019 and those of the long term.

``list.txt`` names the sequences; ``NAME/color/00000001.jpg ...`` are the images, of older years
``NAME/00000001.jpg ...``, or where ``NAME/sequence`` says (``channels.color=color/%08d.jpg``), which may also
say where the true regions are (``groundtruth=boxes.txt``).
``NAME/groundtruth.txt`` has four numbers ``x,y,w,h`` an image, or a polygon's corners ``x1,y1,x2,y2,...``;
``NAME/*.tag`` say by 1 and 0 which frames show an occlusion, a camera's motion and so on.

`VOT` gives boxes, around a polygon the smallest upright one, as the toolkit does for trackers that take
rectangles, and the polygons themselves as ``regions``. `load_vot_truth` also reads a JSON file of all
sequences, as pysot's tools have it. Book: chapters 13 and 14.
"""

from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import read_number, shown
from udtlib.data.benchmarks.layouts import Layout, Targets, listed_names, numbered_frames, read_flags
from udtlib.data.box_files import read_json_object, read_settings, read_text, stated_path
from udtlib.data.image_header import read_header
from udtlib.data.kinds import is_system_name, read_head
from udtlib.data.sequences import Sequence, read_each
from udtlib.errors import BoxError, DataError, MissingDataError
from udtlib.files import user_path
from udtlib.frames import Frame
from udtlib.polygons import Region, check_region, parse_region, upright_box

LIST, TRUTH, SETTINGS = "list.txt", "groundtruth.txt", "sequence"
CHANNEL = "channels.color"
"""Key of the file `SETTINGS` whose value says where the images are."""

TAGS = ("camera_motion", "illum_change", "motion_change", "occlusion", "size_change")
"""The tags of VOT's frames in a JSON file; folders have a file for each, under such names."""

SIZE_BYTES = 1 << 20
"""Of an image, in which its size stands."""

LARGEST_SIDE = 100_000
"""Pixels of an image's side that an annotation may state."""


def read_regions(path: str | Path) -> list[Region]:
    """Return the true region of each frame, 0-indexed; all NaN for a frame without a target.

    Raises:
        MissingDataError: no such file.
        DataError: no row, a row that is neither a box nor a polygon, or a mask, as of VOT2020 and later.
    """
    rows = [(number, line.strip()) for number, line in enumerate(read_text(Path(path)).splitlines(), 1)]
    found = [_region(line, f"{path}, line {number}") for number, line in rows if line]
    if not found:
        raise DataError(f"{path}: expected a box or a polygon a line, found no line")
    return found


def _region(line: str, where: str) -> Region:
    if line.startswith("m"):
        raise DataError(f"{where}: a mask; boxes and polygons are read, those of VOT2013 to VOT2019")
    return parse_region(line, where)


def read_tags(folder: Path, count: int) -> dict[str, NDArray[np.bool_]]:
    """Return which frames have each tag, ``(count,)`` by the name of its file ``NAME.tag``, sorted.

    Raises:
        DataError: other lines than 0 and 1, or more than frames; a tag that ends early does not hold after.
    """
    files = [path for path in sorted(folder.glob("*.tag")) if not is_system_name(path.name)]
    return {path.stem: read_flags(path, count, whole=False) > 0 for path in files}


def _find(root: Path) -> Targets:
    if not (root / LIST).exists():
        return []
    return [(name, root / name) for name in listed_names(root / LIST)]


def _read(name: str, folder: Path, images: bool) -> Sequence:
    stated = read_settings(folder / SETTINGS).get("groundtruth")
    regions = read_regions(stated_path(folder / SETTINGS, "groundtruth", stated or TRUTH))
    tags = read_tags(folder, len(regions))
    place, naming = _image_folder(folder), "{:08d}.jpg"
    frames = numbered_frames(place, naming, 1, len(regions), name) if images else ()
    return annotated(name, regions, tags, _size(folder, place / naming.format(1)), frames)


def annotated(
    name: str,
    regions: list[Region],
    tags: dict[str, NDArray[np.bool_]],
    size: tuple[int, int] | None,
    frames: AbstractSequence[Frame] = (),
) -> Sequence:
    """Return a sequence of true regions, with the upright box around each."""
    shown = tuple(tag for tag, marked in tags.items() if marked.any())
    boxes = np.array([upright_box(region) for region in regions])
    return Sequence(name, frames, boxes, shown, size=size, regions=tuple(regions), frame_tags=tags)


def _size(folder: Path, image: Path) -> tuple[int, int] | None:
    """Return the frames' size: what the settings say, else the first image; None where neither is there."""
    settings = read_settings(folder / SETTINGS)
    stated = [read_number(settings.get(key, "")) for key in ("width", "height")]
    if all(isinstance(side, int) and 0 < side <= LARGEST_SIDE for side in stated):
        return int(stated[0] or 0), int(stated[1] or 0)
    header = read_header(read_head(image, SIZE_BYTES)) if image.is_file() else None
    return (header.width, header.height) if header else None


def _image_folder(folder: Path) -> Path:
    """Return where the images of a sequence are: where its settings say, else ``color``, else itself."""
    settings = read_settings(folder / SETTINGS)
    if not settings.get(CHANNEL):
        return folder / "color" if (folder / "color").is_dir() else folder
    return stated_path(folder / SETTINGS, CHANNEL, settings[CHANNEL]).parent


VOT = Layout(
    title="VOT",
    place="vot",
    shape=f"{LIST} and folders NAME with {TRUTH} and color/00000001.jpg ...",
    find=_find,
    read=_read,
)


def load_vot_truth(path: str | Path, broken: dict[str, str] | None = None) -> list[Sequence]:
    """Return names, true regions, tags and frame sizes of VOT sequences, without images.

    Args:
        path: a folder as `VOT` reads, or a JSON file ``{NAME: {"gt_rect": [[4 or more numbers], ...],
            "width": W, "height": H, TAG: [0 or 1 a frame]}}``, the tags being `TAGS`, where there are any.
        broken: where given, a sequence that cannot be read is left out, and what is wrong with it is added
            here under its name; None raises the first such error.

    Raises:
        MissingDataError: no such file or folder, or no sequence in it.
        DataError: content that is not what the format promises.
    """
    path = user_path(path)
    if path.is_dir():
        return VOT(path, broken=broken, images=False)
    if not path.exists():
        raise MissingDataError(f"{path}: no such file of annotations, nor folder of VOT sequences")
    entries = read_json_object(path, "an object of VOT sequences by name")
    read = lambda name, file: _from_entry(name, entries[name], f"{file}, {name[:60]!r}")  # noqa: E731
    found = read_each([(name, path) for name in entries], read, path, broken)
    if not found:
        raise MissingDataError(f"{path}: expected VOT sequences by name, found none")
    return found


def _from_entry(name: str, entry: Any, where: str) -> Sequence:
    rows = entry.get("gt_rect") if isinstance(entry, dict) else None
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{where}: expected gt_rect, a list of boxes or polygons, found {shown(rows)}")
    try:
        regions = [check_region(row, f"{where}, frame {frame}") for frame, row in enumerate(rows, start=1)]
    except BoxError as error:
        raise DataError(str(error)) from error
    tags = {tag: _flags(entry[tag], len(rows), f"{where}, {tag!r}") for tag in TAGS if tag in entry}
    size = tuple(entry.get(key) for key in ("width", "height"))
    if not all(type(side) is int and 0 < side <= LARGEST_SIDE for side in size):
        raise DataError(f"{where}: expected width and height in pixels, found {shown(size)}")
    return annotated(name, regions, tags, (size[0], size[1]))


def _flags(values: Any, count: int, where: str) -> NDArray[np.bool_]:
    """Return a list of 0 and 1 as which frames have a tag; one that ends early does not hold after."""
    is_list = isinstance(values, list) and len(values) <= count
    if not is_list or not all(type(value) in (int, bool) and value in (0, 1) for value in values):
        raise DataError(f"{where}: expected a list of {count} numbers 0 or 1, found {shown(values)}")
    return np.array(values + [0] * (count - len(values)), dtype=np.bool_)
