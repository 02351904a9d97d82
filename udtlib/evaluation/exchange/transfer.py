"""Whole runs to and from other toolkits' folders; no file of anybody is replaced. Book: chapter 13."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from udtlib.data.box_files import boxes_text, read_boxes
from udtlib.errors import DataError, MissingDataError, UdtError
from udtlib.evaluation.exchange.formats import FILES, Answers, read_all
from udtlib.evaluation.results.files import check_name, index_base, prepare_folder, result_files
from udtlib.evaluation.results.records import usable_record
from udtlib.evaluation.results.regions import read_regions, region_lines
from udtlib.evaluation.results.runs import find_trackers, recorded_dataset
from udtlib.evaluation.results.trajectories import EXPERIMENT, find_trajectories
from udtlib.files import make_folder, storage_errors, write_whole
from udtlib.locks import only_writer


@dataclass
class Transfer:
    """What was done: files written, files that were there with the same content, what could not be read."""

    written: int = 0
    kept: int = 0
    problems: dict[Path, str] = field(default_factory=dict)


def export_run(run: Path, form: str, out: Path, dataset: str | None = None) -> Transfer:
    """Write the one-pass results of all trackers of a run in another toolkit's format.

    Args:
        run: a folder that `udt evaluate` wrote, or one of raw result files.
        form: a key of `udtlib.evaluation.exchange.formats.FILES`.
        out: the folder to write in; made if need be.
        dataset: says the index base of the files; None is what the run recorded.

    Raises:
        MissingDataError: no run, or no results in it.
        DataError: nothing says on which dataset it ran, or a file to write is there with other content; then
            nothing is written.
        StorageError: a file cannot be written.
    """
    trackers = find_trackers([run])
    dataset = dataset or recorded_dataset(trackers.values())
    if dataset is None:
        raise _no_dataset(run, trackers.values())
    done, files = Transfer(), dict[str, bytes]()
    for name, folder in trackers.items():
        for path in result_files(folder, tell=True):
            try:
                boxes = read_boxes(path, index_base(dataset))
                record = usable_record(path)[0]
                _check_count(path, len(boxes), record.get("frames"))
                seconds = float(record.get("seconds", 0)) or None
                found = FILES[form](Answers(name.replace("/", "-"), path.stem, boxes, seconds), dataset)
                files |= found
            except UdtError as error:
                done.problems[path] = str(error)
    _write(files, out, done)
    return done


def _no_dataset(run: Path, folders: Iterable[Path]) -> DataError:
    """Return the error for a run whose dataset nothing says; a record that is broken is named."""
    paths = (path for folder in folders for path in sorted(folder.glob("*.txt")))
    broken = next((problem for path in paths if (problem := usable_record(path)[1])), "")
    return DataError(
        f"{run}: no record says on which dataset this ran; name it with --dataset"
        + (f" ({broken})" if broken else "")
    )


def _check_count(path: Path, found: int, recorded: object) -> None:
    """Refuse a result with more or fewer boxes than its record says, such as one that was cut off.

    Raises:
        DataError: it is one.
    """
    if recorded is not None and recorded != found:
        raise DataError(
            f"{path}: expected {recorded} boxes, as its record says, found {found}; evaluate it again"
        )


def export_vot(run: Path, out: Path, dataset: str | None = None) -> Transfer:
    """Write the runs of VOT's experiment of all trackers as the official toolkit has them.

    ``TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt``, counted from 0; ``out`` is the folder ``results`` of a
    workspace. The way back needs no copy: `udtlib.evaluation.score_vot` reads the toolkit's folders.

    Raises:
        MissingDataError: no run, or no results of ``--protocol vot`` in it.
        DataError, StorageError: as `export_run`.
    """
    trackers = find_trackers([run], "vot")
    dataset = dataset or recorded_dataset(folder / "vot" for folder in trackers.values())
    if dataset is None:
        raise _no_dataset(run, [folder / "vot" for folder in trackers.values()])
    done, files = Transfer(), dict[str, bytes]()
    for tracker, folder in trackers.items():
        for name, paths in find_trajectories(folder).items():
            for number, path in enumerate(paths, 1):
                place = f"{tracker.replace('/', '-')}/{EXPERIMENT}/{name}/{name}_{number:03}.txt"
                try:
                    files[place] = region_lines(read_regions(path, index_base(dataset)), 0).encode()
                except UdtError as error:
                    done.problems[path] = str(error)
    _write(files, out, done)
    return done


def import_results(source: Path, form: str, run: Path, dataset: str, tracker: str | None = None) -> Transfer:
    """Take over another toolkit's results as ``RUN/TRACKER/SEQUENCE.txt``, with a record beside each.

    Args:
        source: the folder that holds them.
        form: a key of `udtlib.evaluation.exchange.formats.FIND`.
        run: the folder RUN to write in; made if need be.
        dataset: of what they are the results; says the index base.
        tracker: only this tracker's, or what to call the one whose folder ``source`` is; None takes all.

    Raises:
        MissingDataError: no such folder.
        DataError: no results in it, a name that no file can have, or a file to write is there with other
            content; then nothing is written.
        StorageError: a file cannot be written.
    """
    if not source.is_dir():
        raise MissingDataError(f"{source}: no such folder of results")
    answers, problems = read_all(form, source, dataset, tracker)
    done, files = Transfer(problems=problems), dict[str, bytes]()
    for path, one in answers:
        name = f"{check_name(one.tracker, 'tracker')}/{check_name(one.sequence, 'sequence')}"
        if f"{name}.txt" in files:
            raise DataError(f"{path}: a second result of {one.tracker} in {one.sequence}; name one --tracker")
        record = json.dumps(_record(one, form, path, dataset), sort_keys=True) + "\n"
        files |= {f"{name}.json": record.encode()}
        files |= {f"{name}.txt": boxes_text(one.boxes, index_base(dataset)).encode()}
    _write(files, run, done)
    return done


def _record(one: Answers, form: str, path: Path, dataset: str) -> dict[str, Any]:
    seconds = {} if one.seconds is None else {"seconds": one.seconds}
    facts = {"tracker": one.tracker, "dataset": dataset, "frames": len(one.boxes)}
    return facts | seconds | {"imported": {"format": form, "file": path.name}}


def _write(files: Mapping[str, bytes], root: Path, done: Transfer) -> None:
    """Write files below a folder, unless one of them is there with other content."""
    new = {}
    for name, content in files.items():
        path = root / name
        with storage_errors(path):
            if not path.exists() and not path.is_symlink():
                new[path] = content
            elif not _has(path, content):
                raise DataError(
                    f"{path}: is there with other content, and nothing is replaced; remove it, or choose "
                    "another folder"
                )
    done.kept = len(files) - len(new)
    with ExitStack() as locks:
        tops = {path: root / path.relative_to(root).parts[0] for path in new}
        for folder in sorted({root if top == path else top for path, top in tops.items()}):
            prepare_folder(folder)
            locks.enter_context(only_writer(folder))
        for path, content in new.items():
            make_folder(path.parent)
            write_whole(path, content)
    done.written = len(new)


def _has(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
