"""Result files of VOT's toolkit: where they lie, the text files of old and the binary ones. Book: chapter 14.

A tracker's folder has one for each sequence, ``NAME/NAME_001.txt`` or ``NAME_001.bin``, a file a repetition;
in a workspace these are in ``results/TRACKER/baseline``. The text is that of
`udtlib.evaluation.results.regions`. A binary file holds little-endian numbers: version 1 (int16), the count
of frames (uint32), and for each frame a byte that says what follows: 0 a code as in text (uint32), 1 a box
(4 float32), 2 a polygon, the count of its corners (uint16) and their x and y (float32). Numbers count from 0.
"""

import re
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from udtlib.errors import BoxError, DataError, MissingDataError, UdtError
from udtlib.evaluation.protocols import EQUAL
from udtlib.evaluation.results.regions import Regions, State, all_equal, read_regions
from udtlib.files import user_path
from udtlib.polygons import Region, check_region, upright_box

EXPERIMENT = "baseline"
"""The folder of the supervised experiment in a tracker's."""

NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>\d{3})\.(?P<kind>txt|bin)", re.DOTALL)
OURS = re.compile(r"(?P<name>.+)-(?P<number>\d\d)\.(?P<kind>txt)", re.DOTALL)

LARGEST_BINARY = 1 << 24
"""Bytes; a frame has some 20, a sequence some thousand frames."""

HEADER, CODE, BOX, CORNERS = (struct.Struct(f"<{layout}") for layout in ("hI", "I", "4f", "H"))


def find_trajectories(folder: str | Path) -> dict[str, list[Path]]:
    """Return the result files of one tracker by sequence name, sorted, in the order of their repetitions.

    Args:
        folder: the tracker's: of folders ``NAME`` with files ``NAME_001.txt`` or ``.bin``, or with
            ``baseline`` in it that holds these, or ``vot`` with the files ``NAME-01.txt`` of `udt evaluate`,
            of which only the first three count if they are equal.
            Where a repetition has both kinds, the text counts, as in the toolkit.

    Raises:
        MissingDataError: no such folder, no result file in it, or a repetition is missing.
        DataError: files of another sequence in a sequence's folder.
    """
    folder = user_path(folder)
    if not folder.is_dir():
        raise MissingDataError(f"{folder}: no such folder; expected one of VOT results NAME/NAME_001.txt")
    if any(OURS.fullmatch(path.name) for path in (folder / "vot").glob("*.txt")):
        ours = _by_name(sorted((folder / "vot").glob("*.txt")), OURS)
        return {name: _that_count(paths) for name, paths in ours.items()}
    if (folder / EXPERIMENT).is_dir():
        folder = folder / EXPERIMENT
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found: dict[str, list[Path]] = {}
    for place in inside:
        files = _by_name(sorted(place.iterdir()), NUMBERED)
        others = [name for name in files if name != place.name]
        if others:
            raise DataError(
                f"{place}: expected result files {place.name}_001.txt, found some of another sequence, "
                f"{files[others[0]][0].name}"
            )
        found |= files
    if not found:
        raise MissingDataError(f"{folder}: expected VOT results NAME/NAME_001.txt or .bin, found none")
    return found


def _by_name(paths: Iterable[Path], pattern: re.Pattern[str]) -> dict[str, list[Path]]:
    """Return files by sequence name; of each, the repetitions from 1 on, without a gap."""
    numbered: dict[str, dict[int, Path]] = {}
    for path in paths:
        match = pattern.fullmatch(path.name)
        if match and not path.name.startswith(".") and path.is_file():
            files = numbered.setdefault(match["name"], {})
            if match["kind"] == "txt" or int(match["number"]) not in files:
                files[int(match["number"])] = path
    for name, files in numbered.items():
        missing = next((k for k in range(1, max(files) + 1) if k not in files), None)
        if missing is not None or not min(files):
            place = next(iter(files.values())).parent
            raise MissingDataError(
                f"{place}: expected the repetitions of {name} from 1 to {max(files)}, found "
                f"{', '.join(map(str, sorted(files)[:20]))}"
            )
    return {name: [files[number] for number in sorted(files)] for name, files in numbered.items()}


def _that_count(paths: list[Path]) -> list[Path]:
    """Return which repetitions of ours count: the first three alone if they are equal.

    The others are then of an earlier version of the tracker, which did not do the same each time.
    """
    first = paths[:EQUAL]
    try:
        is_settled = len(first) == EQUAL and all_equal([read_regions(path, 0) for path in first])
    except UdtError:  # said where the file is read
        return paths
    return first if is_settled else paths


def read_trajectory(path: str | Path) -> Regions:
    """Return what a tracker gave for each frame, 0-indexed, from a text or a binary file of VOT's toolkit.

    Raises:
        MissingDataError: no such file.
        DataError: empty, truncated, too long, masks, or content that is not what the format promises.
    """
    path = user_path(path)
    return _read_binary(path) if path.suffix == ".bin" else read_regions(path, 0)


def _read_binary(path: Path) -> Regions:
    data = _read_bytes(path)
    if len(data) < HEADER.size:
        raise DataError(f"{path}: expected a VOT result, found {len(data)} bytes: empty or truncated")
    version, count = HEADER.unpack_from(data)
    if version != 1:
        raise DataError(f"{path}: expected version 1 of VOT's binary results, found {version}")
    if not 0 < count <= (len(data) - HEADER.size) // (1 + CODE.size):
        raise DataError(
            f"{path}: expected as many frames as its {len(data)} bytes hold, found {count}: truncated?"
        )
    boxes, states = np.full((count, 4), np.nan), np.full(count, int(State.TRACKED))
    polygons: dict[int, Region] = {}
    place = HEADER.size
    for frame in range(count):
        try:
            state, region, place = _frame(data, place, f"{path}, frame {frame + 1}")
        except struct.error as error:
            raise DataError(f"{path}: truncated, it ends in frame {frame + 1} of {count}") from error
        states[frame], boxes[frame] = state, upright_box(region)
        if len(region) > 4:
            polygons[frame] = region
    if place != len(data):
        raise DataError(f"{path}: expected {count} frames, found {len(data) - place} bytes more after them")
    return Regions(boxes, states, polygons)


def _frame(data: bytes, place: int, where: str) -> tuple[int, Region, int]:
    """Return a frame's state, its region, NaN where there is none, and where the next frame begins."""
    (kind,) = struct.unpack_from("<B", data, place)
    place += 1
    if kind == 0:
        (code,) = CODE.unpack_from(data, place)
        if code > State.FAILED:
            raise DataError(f"{where}: expected the code 0, 1 or 2, found {code}")
        return code, np.full(4, np.nan), place + CODE.size
    if kind == 1:
        layout = BOX
    elif kind == 2:
        layout = struct.Struct(f"<{2 * CORNERS.unpack_from(data, place)[0]}f")
        place += CORNERS.size
    else:
        found = "a mask; boxes and polygons are read" if kind == 3 else f"a region of kind {kind}"
        raise DataError(f"{where}: expected a code, a box or a polygon, found {found}")
    numbers = layout.unpack_from(data, place)
    try:
        if kind == 2 and len(numbers) < 6:
            raise BoxError(f"{where}: expected three corners or more, found {len(numbers) // 2}")
        return int(State.TRACKED), check_region(numbers, where), place + layout.size
    except BoxError as error:
        raise DataError(str(error)) from error


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise MissingDataError(f"{path}: no such result file")
        if path.stat().st_size > LARGEST_BINARY:
            raise DataError(f"{path}: expected a VOT result of at most {LARGEST_BINARY:,} bytes, found more")
        return path.read_bytes()
    except OSError as error:
        if isinstance(error, MissingDataError):
            raise
        raise MissingDataError(f"{path}: cannot be read ({error.strerror})") from error
