"""VOT's datasets of boxes and polygons, VOT2013 to VOT2019 and those of the long term.

``list.txt`` names the sequences; ``NAME/color/00000001.jpg ...`` are the images, of older years
``NAME/00000001.jpg ...``, or where ``NAME/sequence`` says (``channels.color=color/%08d.jpg``).
``NAME/groundtruth.txt`` has four numbers ``x,y,w,h`` an image, or a polygon's corners ``x1,y1,x2,y2,...``;
``NAME/*.tag`` say by 1 and 0 which frames show an occlusion, a camera's motion and so on.

`VOT` gives boxes: around a polygon the smallest upright one, as the toolkit does for trackers that take
rectangles. `read_corners` gives the polygons themselves. Book: chapters 13 and 14.
"""

from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes
from udtlib.data.benchmarks.layouts import (
    Layout,
    Targets,
    check_finite,
    listed_names,
    numbered_frames,
    read_flags,
)
from udtlib.data.box_files import parse_numbers, read_text
from udtlib.data.kinds import is_system_name
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError

LIST, TRUTH, SETTINGS = "list.txt", "groundtruth.txt", "sequence"
CHANNEL = "channels.color"
"""Key of the file `SETTINGS` whose value says where the images are."""

MOST_CORNERS = 1000


def read_corners(path: str | Path) -> list[NDArray[np.float64]]:
    """Return the true region of each frame as corners ``(K, 2)``, 0-indexed, K at least 3; of a box 4.

    NaN stands for a frame without a target.

    Raises:
        MissingDataError: no such file.
        DataError: no row, a row that is neither a box nor a polygon, or a mask, as of VOT2020 and later.
    """
    rows = [(number, line.strip()) for number, line in enumerate(read_text(Path(path)).splitlines(), 1)]
    found = [_corners(line, f"{path}, line {number}") for number, line in rows if line]
    if not found:
        raise DataError(f"{path}: expected a box or a polygon a line, found no line")
    return found


def _corners(line: str, where: str) -> NDArray[np.float64]:
    if line.startswith("m"):
        raise DataError(f"{where}: a mask; boxes and polygons are read, those of VOT2013 to VOT2019")
    numbers = np.array(parse_numbers(line, where, "4 numbers x,y,w,h or the corners of a polygon"))
    if len(numbers) == 4:
        with np.errstate(over="ignore"):
            low, high = numbers[:2], numbers[:2] + numbers[2:]
        return np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    if len(numbers) < 6 or len(numbers) % 2 or len(numbers) > 2 * MOST_CORNERS:
        raise DataError(
            f"{where}: expected 4 numbers x,y,w,h or the corners of a polygon, found {len(numbers)} numbers"
        )
    return numbers.reshape(-1, 2)


def upright_boxes(regions: list[NDArray[np.float64]]) -> Boxes:
    """Return the smallest upright box around each region of `read_corners`, ``(N, 4)``.

    This is the toolkit's way from a polygon to a rectangle.
    """
    low = np.array([corners.min(axis=0) for corners in regions])
    high = np.array([corners.max(axis=0) for corners in regions])
    with np.errstate(over="ignore"):
        return np.hstack([low, high - low])


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
    boxes = check_finite(upright_boxes(read_corners(folder / TRUTH)), folder / TRUTH)
    tags = tuple(tag for tag, frames in read_tags(folder, len(boxes)).items() if frames.any())
    frames = numbered_frames(_image_folder(folder), "{:08d}.jpg", 1, len(boxes), name) if images else ()
    return Sequence(name, frames, boxes, tags)


def _image_folder(folder: Path) -> Path:
    """Return where the images of a sequence are: where its settings say, else ``color``, else itself."""
    pattern = _settings(folder / SETTINGS).get(CHANNEL, "")
    if not pattern:
        return folder / "color" if (folder / "color").is_dir() else folder
    place = PurePosixPath(pattern).parent
    if place.is_absolute() or ".." in place.parts or "\0" in pattern:
        raise DataError(
            f"{folder / SETTINGS}: expected images in this folder, found {CHANNEL}={pattern[:60]!r}"
        )
    return folder / place


def _settings(path: Path) -> dict[str, str]:
    """Return the lines ``key=value`` of a file ``sequence``; empty where there is none."""
    if not path.is_file():
        return {}
    pairs = [line.partition("=") for line in read_text(path).splitlines()]
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


VOT = Layout(
    title="VOT",
    place="vot",
    shape=f"{LIST} and folders NAME with {TRUTH} and color/00000001.jpg ...",
    find=_find,
    read=_read,
)
