"""Benchmark data from the benchmarks' own servers: addresses, checksums, folders. Book: chapter 13.

`BENCHMARKS` is what `udt data list` knows and `udt data download` fetches. The addresses are those that
public evaluation tools use (over http, as they have them; a redirect to https is followed); nobody published
checksums. So the first download of an archive records its
SHA-256 in ``checksums.json`` in the folder, and every later one is compared with it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from udtlib.arguments import look_up
from udtlib.data.benchmarks.otb import TARGETS, canonical_name, find_targets
from udtlib.data.benchmarks.otb_lists import LISTS, folders
from udtlib.data.benchmarks.tc128 import COUNT, FRAMES, TC128, TRUTH
from udtlib.data.box_files import read_json_object
from udtlib.data.download.fetch import fetch, sha256
from udtlib.data.download.unpack import unpack
from udtlib.data.kinds import is_system_name, may_be
from udtlib.errors import (
    ArchiveError,
    DataError,
    DownloadError,
    MissingDataError,
)
from udtlib.files import make_folder, user_path, write_whole
from udtlib.locks import only_writer

CHECKSUMS = "checksums.json"

OTB_ADDRESS = "http://cvlab.hanyang.ac.kr/tracker_benchmark/seq/"
TC128_ADDRESS = "http://www.dabi.temple.edu/~hbling/data/TColor-128/"

UNTRIED = (
    "The addresses are the official ones as public evaluation tools name them. They could not be tried where "
    "this was written, and some are reported not to answer any more; --address takes another place that has "
    "the same files."
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Benchmark:
    """A benchmark that can be downloaded.

    Attributes:
        name: the dataset's name.
        title: what papers call it.
        address: the folder on the web that holds the archives.
        archives: their names; ``NAME.zip`` holds the sequence folder NAME, or all sequences.
        sequences: how many sequences the dataset has.
        place: the folder's usual name below ``data/``.
        largest: how many bytes an archive may have; twice as many unpacked.
    """

    name: str
    title: str
    address: str
    archives: tuple[str, ...]
    sequences: int
    place: str
    largest: int = 2 << 30


def _otb(name: str, title: str) -> Benchmark:
    archives = tuple(f"{folder}.zip" for folder in folders(name))
    return Benchmark(name, title, OTB_ADDRESS, archives, len(LISTS[name]), "otb")


BENCHMARKS = {
    "otb2013": _otb("otb2013", "OTB-2013 (CVPR 2013)"),
    "otb2015": _otb("otb2015", "OTB-2015 (TB-100, OTB-100)"),
    "otb50": _otb("otb50", "OTB-50 (TB-50)"),
    "tc128": Benchmark(
        "tc128", "Temple-Color 128", TC128_ADDRESS, ("Temple-color-128.zip",), COUNT, "tc128", 16 << 30
    ),
}


@dataclass(frozen=True)
class Contents:
    """What of a benchmark is in a folder: names of the targets there, and of those known to be missing."""

    found: tuple[str, ...]
    missing: tuple[str, ...]


def contents(name: str, root: str | Path) -> Contents:
    """Return which sequences of a benchmark have their folder in ``root``; their files are not read.

    The targets of OTB's lists are known by name; of Temple-Color only how many there are.
    """
    try:
        if name not in LISTS:
            found = TC128.targets(user_path(root))
            return Contents(tuple(one for one, folder in found if may_be(partial(is_tc128, folder))), ())
        there = {canonical_name(target) for target, _ in find_targets(user_path(root))}
    except MissingDataError:
        there = set()
    targets = LISTS.get(name, ())
    known = tuple(target for target in targets if canonical_name(target) in there)
    return Contents(known, tuple(target for target in targets if target not in known))


def download(
    name: str,
    root: str | Path,
    *,
    address: str | None = None,
    progress: Callable[[str], Progress] = lambda archive: lambda done, size: None,
    pause: float = 1.0,
    largest: int | None = None,
) -> dict[str, str]:
    """Download what is missing of a benchmark and unpack it into ``root``, in the layout the readers know.

    What is there already is not fetched again, a broken download is continued, and an archive that fails
    does not stop the others.

    Args:
        name: a key of `BENCHMARKS`.
        root: the folder of sequences; made if need be.
        address: another place with the same archives; None is the official one.
        progress: called with an archive's name, returns what `udtlib.data.download.fetch.fetch` reports to.
        pause: as `udtlib.data.download.fetch.fetch`.
        largest: how many bytes an archive may have, twice as many unpacked; None is the benchmark's own.

    Returns:
        What went wrong by archive; empty if nothing.

    Raises:
        UnknownNameError: a benchmark that is not in `BENCHMARKS`.
        StorageError: ``root`` cannot be written, another download is writing there, or the disk is full.
        DataError: the file of checksums is damaged.
    """
    benchmark, root = look_up("benchmark to download", name, BENCHMARKS), user_path(root)
    benchmark = benchmark if largest is None else replace(benchmark, largest=largest)
    make_folder(root)
    base, problems = (address or benchmark.address).rstrip("/") + "/", {}
    with only_writer(root):
        read_checksums(root)
        for archive in _missing_archives(benchmark, root):
            try:
                path = fetch(
                    base + archive,
                    root / archive,
                    progress=progress(archive),
                    pause=pause,
                    largest=benchmark.largest,
                )
                _take(path, root, benchmark)
            except (DownloadError, ArchiveError) as error:
                problems[archive] = str(error)
    return problems


def _missing_archives(benchmark: Benchmark, root: Path) -> list[str]:
    if benchmark.name in LISTS:
        there = {entry.name.lower() for entry in root.iterdir() if may_be(partial(is_otb, entry))}
        return [archive for archive in benchmark.archives if archive[:-4].lower() not in there]
    return list(benchmark.archives) if len(contents(benchmark.name, root).found) < benchmark.sequences else []


def _take(archive: Path, root: Path, benchmark: Benchmark) -> None:
    """Verify and unpack a fetched archive, then remove it; one that cannot be unpacked is not kept either."""
    known, found = read_checksums(root).get(archive.name), sha256(archive)
    if known and known["sha256"] != found:
        kept = archive.replace(archive.with_name(archive.name + ".different"))
        raise DownloadError(
            f"{archive.name}: expected SHA-256 {known['sha256']}, recorded in {root / CHECKSUMS}, found "
            f"{found}; not unpacked, kept as {kept}. If the benchmark has changed, remove that line"
        )
    size = archive.stat().st_size

    def is_expected(folder: Path) -> bool:
        if benchmark.name in LISTS:
            return folder.name.lower() == archive.stem.lower() and is_otb(folder)
        return is_tc128(folder)

    try:
        unpack(archive, root, is_expected, archive.stem, largest=2 * benchmark.largest)
    finally:
        archive.unlink()
    if not known:
        record = {"sha256": found, "bytes": size}
        write_whole(
            root / CHECKSUMS, json.dumps(read_checksums(root) | {archive.name: record}, indent=1) + "\n"
        )


def read_checksums(root: str | Path) -> dict[str, dict[str, Any]]:
    """Return ``{archive: {"sha256", "bytes"}}`` as recorded in a folder; empty if nothing is.

    Raises:
        DataError: a file that is no such thing.
    """
    path = user_path(root) / CHECKSUMS
    if not path.exists():
        return {}
    found = read_json_object(path, "the checksums of downloaded archives")
    try:
        checked = {
            str(name): {"bytes": int(one["bytes"]), "sha256": str(one["sha256"])}
            for name, one in found.items()
        }
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise DataError(
            f"{path}: expected the checksums of downloaded archives, found something else"
        ) from error
    return checked


def is_otb(folder: Path) -> bool:
    """Tell whether a folder holds an OTB sequence: images and the ground truth of every target."""
    numbers = TARGETS.get(folder.name.lower())
    truths = [f"groundtruth_rect.{k}.txt" for k in numbers] if numbers else ["groundtruth_rect.txt"]
    return (folder / "img").is_dir() and all((folder / truth).is_file() for truth in truths)


def is_tc128(folder: Path) -> bool:
    """Tell whether a folder holds a Temple-Color sequence: images, ground truth and range of frames."""
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    names = [path.name.lower() for path in files if not is_system_name(path.name)]
    has_both = all(any(name.endswith(ending) for name in names) for ending in (TRUTH, FRAMES))
    return (folder / "img").is_dir() and has_both
