"""Which trackers stand in the folders named on a command line, and on which dataset they ran.

A RUN is what ``udt evaluate --out RUN`` writes, ``RUN/TRACKER/SEQUENCE.txt``, or a folder of raw result
files of another tool, ``RUN/SEQUENCE.txt``. Book: chapter 13.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any

from udtlib.data.benchmarks.otb import canonical_name
from udtlib.data.kinds import is_open, is_system_name
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.protocols import EQUAL, FOLDERS, PROTOCOLS, results_folder
from udtlib.evaluation.results.files import LOG, made_like_the_first, result_files
from udtlib.evaluation.results.fingerprints import boxes_fingerprint
from udtlib.evaluation.results.records import usable_record
from udtlib.files import user_path


def find_trackers(runs: Iterable[str | Path], protocol: str = "ope") -> dict[str, Path]:
    """Return the folder of each tracker with results of a protocol, by its name, in the order of ``runs``.

    The result files are in the folder, or in its `results_folder` for other protocols than ``"ope"``. Folders
    of one name are told apart by the folder they are in, and if that is not enough by their path.

    Raises:
        MissingDataError: no such folder, or one without result files.
        DataError: a folder with result files of its own and folders of them, or one named twice.
    """
    folders = [folder for run in runs for folder in _tracker_folders(user_path(run), protocol)]
    whole = [folder.resolve() for folder in folders]
    double = [str(folder) for folder in folders if whole.count(folder.resolve()) > 1]
    if double:
        raise DataError(f"{double[0]}: named twice")
    for depth in (1, 2):
        names = ["/".join(path.parts[-depth:]) for path in whole]
        if len(set(names)) == len(names):
            return dict(zip(names, folders, strict=True))
    return {str(folder): folder for folder in folders}


def tracker_names(folders: AbstractSequence[Path]) -> list[str]:
    """Return what to call trackers: their folders' names, or whole paths where two are called the same."""
    names = [folder.resolve().name for folder in folders]
    return names if len(set(names)) == len(names) else list(map(str, folders))


def _tracker_folders(run: Path, protocol: str) -> list[Path]:
    if not run.is_dir():
        raise MissingDataError(f"{run}: no such folder; expected one that `udt evaluate --out` wrote")
    folders = sorted(path for path in run.iterdir() if path.is_dir() and path.name not in FOLDERS.values())
    hidden = [path.name for path in folders if is_system_name(path.name) and _has_results(path, protocol)]
    if hidden:
        LOG.warning("%s: left out %s: hidden, or made by the system", run, ", ".join(hidden[:5]))
    folders = [path for path in folders if not is_system_name(path.name)]
    closed = [path.name for path in folders if not is_open(path)]
    if closed:
        LOG.warning("%s: left out %s: no permission to read it", run, ", ".join(closed[:5]))
    inside = [path for path in folders if _has_results(path, protocol)]
    is_raw = _has_results(run, protocol)
    if is_raw and inside:
        raise DataError(
            f"{run}: expected result files SEQUENCE.txt, or folders TRACKER of them, found both; "
            f"name {inside[0]} or move the files elsewhere"
        )
    if not is_raw and not inside:
        others = [name for name in PROTOCOLS if any(_has_results(path, name) for path in [run, *folders])]
        found = f"those of --protocol {others[0]}" if others else "none"
        place = results_folder("TRACKER", protocol) / (
            "SEQUENCE.txt" if protocol == "ope" else "SEQUENCE-k.txt"
        )
        raise MissingDataError(f"{run}: expected result files {place.as_posix()}, found {found}")
    return inside or [run]


def _has_results(folder: Path, protocol: str) -> bool:
    return bool(result_files(results_folder(folder, protocol)))


def recorded_dataset(folders: Iterable[Path]) -> str | None:
    """Return the dataset that the records beside the result files name, None if there is no record.

    Raises:
        DataError: the records name several.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in result_files(folder):
            dataset = usable_record(path)[0].get("dataset")
            if dataset:
                found.setdefault(dataset, folder)
    if len(found) > 1:
        places = ", ".join(f"{folder} ran on {dataset!r}" for dataset, folder in found.items())
        raise DataError(f"expected runs on one dataset, found several: {places}; report them one by one")
    return next(iter(found), None)


def scored_files(folder: Path, protocol: str) -> list[Path]:
    """Return the files of `result_files` without runs that an earlier evaluation left and no score counts."""
    runs: dict[str, list[Path]] = {}
    for path in result_files(folder):
        runs.setdefault(path.stem if protocol == "ope" else path.stem.rpartition("-")[0], []).append(path)
    return [path for paths in runs.values() for path in _scored(paths, protocol)]


def _scored(paths: list[Path], protocol: str) -> list[Path]:
    if protocol == "vot" and len(paths) > EQUAL and len({one.read_bytes() for one in paths[:EQUAL]}) == 1:
        return paths[:EQUAL]
    paths = made_like_the_first(paths) if protocol == "starts" else paths
    return paths[: int(usable_record(paths[0])[0].get("runs", len(paths)))]


def recorded_origins(folder: Path, protocol: str = "ope") -> list[dict[str, str | int | None]]:
    """Return where a tracker's boxes were made, from the records beside them; most files first.

    Returns:
        For each place ``commit``, ``cpu``, ``dates`` (first to last) and ``runs`` (how many files); None what
        was not recorded.
    """
    made: dict[tuple[Any, Any], list[str]] = {}
    for path in scored_files(results_folder(folder, protocol), protocol):
        record = usable_record(path)[0].get("made", {})
        dates = made.setdefault((record.get("commit"), record.get("cpu")), [])
        dates.append(str(record.get("date") or ""))
    return [
        {"commit": commit, "cpu": cpu, "dates": _span(dates), "runs": len(dates)}
        for (commit, cpu), dates in sorted(made.items(), key=lambda item: -len(item[1]))
    ]


def _span(dates: list[str]) -> str | None:
    known = sorted(filter(None, dates))
    return None if not known else " to ".join(dict.fromkeys((known[0], known[-1])))


def mismatches(
    trackers: Mapping[str, Path], sequences: Iterable[Sequence], protocol: str = "ope"
) -> list[str]:
    """Return lines on results that should not be compared, from what their records say they are made of.

    That is: trackers that did not see the same images of a sequence; a tracker that ran on other true boxes
    than it is scored with (one-pass evaluation); results of one tracker by several versions of its code.
    Runs that are not scored are passed over (`scored_files`).
    """
    known = {canonical_name(one.name): one for one in sequences}
    truth = {name: boxes_fingerprint(one.boxes) for name, one in known.items()}
    images: dict[str, set[str]] = {}
    lines = []
    for tracker, folder in trackers.items():
        paths = scored_files(results_folder(folder, protocol), protocol)
        records = {canonical_name(path.stem): usable_record(path)[0] for path in paths}
        for name, record in records.items():
            images.setdefault(name, set()).add(record.get("images", ""))
        other = [
            name for name, record in records.items() if record.get("truth", "") not in ("", truth.get(name))
        ]
        other = [known[name].name for name in other if name in known and protocol == "ope"]
        if other:
            lines.append(f"{tracker}: ran on other true boxes than it is scored with: {_some(other)}")
        versions = {record["code"] for record in records.values() if "code" in record}
        if len(versions) > 1:
            lines.append(
                f"{tracker}: results of {len(versions)} versions of its code or weights; run it again"
            )
    several = [known[n].name if n in known else n for n, found in images.items() if len(found - {""}) > 1]
    return lines + ([f"the trackers did not see the same images of {_some(several)}"] if several else [])


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def left_out(folder: Path, sequences: Iterable[Sequence], protocol: str = "ope") -> list[str]:
    """Return the names of a tracker's result files that belong to none of the sequences."""
    known = {canonical_name(sequence.name) for sequence in sequences}
    stems = [path.stem for path in result_files(results_folder(folder, protocol))]
    names = dict.fromkeys(stem if protocol == "ope" else stem.rpartition("-")[0] for stem in stems)
    return [name for name in names if canonical_name(name) not in known]
