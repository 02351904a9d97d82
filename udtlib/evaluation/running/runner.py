"""Evaluation: run a tracker over sequences, in parallel and resumably, and score its boxes.

A tracker is started as the protocol says (one-pass evaluation: on the first frame, from the true box) and
is never helped again. Book: chapters 01, 13.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from udtlib.arguments import Between, check
from udtlib.boxes import Boxes
from udtlib.data import load_dataset
from udtlib.data.benchmarks.otb import canonical_name
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, OptionError, StorageError, UdtError
from udtlib.evaluation.protocols import FOLDERS, check_starts, results_folder
from udtlib.evaluation.results.files import Result, check_name, load_result, prepare_folder, write_result
from udtlib.evaluation.results.fingerprints import frames_fingerprint
from udtlib.evaluation.results.records import WEIGHTS
from udtlib.evaluation.results.regions import Regions
from udtlib.evaluation.running.cluster import run_on_cluster, sequence_to_send
from udtlib.evaluation.running.measured import place
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.running.repetitions import run_repetitions
from udtlib.evaluation.running.resets import track_supervised, track_with_resets
from udtlib.evaluation.running.still import track_each_from_the_first
from udtlib.evaluation.running.tasks import MakeTracker, Task, is_finished, make_tasks, unfinished
from udtlib.evaluation.running.workers import one_thread, run_in_workers
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.scores import TrackerScore, score_runs
from udtlib.files import user_path
from udtlib.locks import only_writer
from udtlib.trackers import Tracker
from udtlib.trackers.base import weights_fingerprint
from udtlib.trackers.own import is_own, own_tracker, tracker_name

RunTasks = Callable[[list[Task]], Iterator[tuple[Task, str]]]
Outcome = tuple[Boxes | Regions, dict[str, Any]] | str
TRACK: Mapping[str, Callable[[Tracker, Sequence], tuple[Boxes | Regions, float]]] = {
    "resets": track_with_resets,
    "shift": track_each_from_the_first,
    "vot": track_supervised,
}
"""How protocols run that start a tracker more than once; others are `track_sequence`'s."""


def evaluate(
    tracker: str | MakeTracker,
    sequences: str | Iterable[Sequence] = "synthetic",
    out: str | Path | None = None,
    *,
    root: str | Path | None = None,
    dataset: str | None = None,
    name: str | None = None,
    options: Mapping[str, Any] | None = None,
    jobs: int = 1,
    dask: str | None = None,
    policy: Policy | None = None,
    progress: bool = False,
    protocol: str = "ope",
    force: bool = False,
    starts: int = 1,
) -> TrackerScore:
    """Run one tracker over sequences and score it; finished sequences are kept and not run again.

    A result in ``out`` is kept only if it is made of the same: images, true boxes, options, and the code and
    data of the tracker (`udtlib.fingerprints`). Else it is computed again. What is kept, and what is computed
    again and why, is logged (``udtlib.evaluation``, on stderr unless logging is set up otherwise). A tracker
    with parts that cannot be compared, such as an open file, is computed again each time.

    A sequence with one true box is tracked to its end and named in the score's ``unscored``: there is nothing
    to score by.

    A sequence on which the tracker raises an error, or kills its worker process, or whose files in the
    dataset's folder are broken, is named in the score's ``failed``; the others are run and scored.

    Args:
        tracker: a registered name, ``"file.py:Class"`` or ``"package.module:Class"`` of your own
            (`udtlib.trackers.own`), or any callable that returns a new object with ``init(frame, box)`` and
            ``update(frame) -> box``.
        sequences: a registered dataset's name, or sequences with frames and true boxes.
        out: the folder RUN of the result files ``RUN/TRACKER/SEQUENCE.txt``; None keeps no files.
        root: the dataset's folder; used if ``sequences`` is a name, and on the workers of a cluster.
        dataset: what to call given sequences; says the index base of the files.
        name: what to call the tracker; None is its registered name, or the callable's own.
        options: passed to the tracker's constructor (to the callable).
        jobs: worker processes, each on one thread; 1 runs everything in this process.
        dask: run on the Dask cluster whose scheduler has this address, instead of here. Its workers find
            the frames of a registered dataset by themselves, in ``root`` or where ``UDT_DATA`` says, and
            send boxes back; frames of other sequences are sent to them.
        policy: how boxes become scores; None is the dataset's own, OTB's for most.
        progress: show a progress bar.
        protocol: how the tracker is started, one of `udtlib.evaluation.protocols.PROTOCOLS`; the result
            files of others than ``"ope"`` are ``RUN/TRACKER/PROTOCOL/SEQUENCE-k.txt``, a file a run.
        force: compute everything again, whatever is in ``out``.
        starts: with N > 1, from N boxes in each sequence, the true one and others up to a pixel beside it
            (`udtlib.evaluation.protocols.nearby_boxes`). The score is the mean over them and knows its
            spread; the files are ``RUN/TRACKER/starts/SEQUENCE-k.txt``, and a larger N adds to them.

    Raises:
        UnknownNameError: a tracker, dataset or protocol that is not registered.
        MissingDataError: a dataset that is not there.
        DataError: ``out`` cannot be written or holds results made otherwise (with other options, or with
            other weights of a registered tracker), no sequence could be tracked, two sequences share a
            name, a name cannot be that of a file, or something cannot be sent to worker processes.
        OptionError: ``jobs`` below 1, or more than one beside ``dask``; ``starts`` not in 1..99, or several
            beside a protocol that has its own.
        StorageError: another process is writing this tracker's results there, the disk is full, or ``out``
            was removed; what is finished is kept.
        ClusterError: no Dask, no answer, or the cluster is gone; what was finished is kept in ``out``.
        TrackerError, UnknownOptionError: a tracker of your own by its file or module that cannot be made.
        TypeError: ``tracker`` is neither a name nor callable.

    Book: chapters 01 and 13.
    """
    jobs = check("jobs", jobs, Annotated[int, Between(1, 10_000)])
    policy, name = check("policy", policy, Policy | None), check("name", name, str | None)
    dataset, root = check("dataset", dataset, str | None), check("root", root, str | Path | None)
    options = check("options", options, Mapping | None)
    if dask and jobs > 1:
        raise OptionError(f"expected jobs here or a cluster, found jobs={jobs} and dask={dask!r}")
    protocol = check_starts(protocol, starts)
    if not isinstance(tracker, str) and not callable(tracker):
        raise TypeError(
            "expected a tracker's name or a callable that returns a new one, such as its class; "
            f"found {tracker!r}"
        )
    dataset = dataset or (sequences if isinstance(sequences, str) else "custom")
    broken: dict[str, str] = {}
    listed = load_dataset(sequences, root, broken=broken) if isinstance(sequences, str) else list(sequences)
    _check_names(listed)
    named = tracker_name(tracker) if isinstance(tracker, str) else getattr(tracker, "__name__", "tracker")
    name = name or str(named)
    tracker = own_tracker(tracker) if isinstance(tracker, str) and is_own(tracker) else tracker
    _check_tracker_name(name)
    images = _images(listed, progress) if out is not None else {}
    if dask:
        listed = [sequence_to_send(one, dataset, root, images.get(one.name, "")) for one in listed]
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as lock:
        whole = user_path(out or temporary).absolute()  # a tracker may change the current folder
        folder = results_folder(whole / name, protocol)
        prepare_folder(folder)
        lock.enter_context(only_writer(folder))
        failed: dict[str, str] = {}
        tasks = make_tasks(
            tracker, dict(options or {}), listed, images, folder, dataset, protocol, starts, force, failed
        )
        run = partial(_on_cluster, address=dask) if dask else partial(_here, jobs=jobs)
        execute = partial(_run_tasks, run=run, title=name, progress=progress)
        tasks, problems = run_repetitions(tasks, execute) if protocol == "vot" else (tasks, execute(tasks))
        failed |= problems
        results: dict[str, list[Result]] = {one.name: [] for one in listed if one.name not in failed}
        for task in tasks:
            if task.of not in failed:
                results[task.of].append(load_result(task.path, task.sequence, dataset, protocol))
    if failed and not results:
        first, problem = next(iter(failed.items()))
        raise DataError(f"{name}: no sequence could be tracked; {first}: {problem}")
    return score_runs(
        results, listed, policy, dataset=dataset, tracker=name, protocol=protocol, failed=broken | failed
    )


def _check_names(sequences: list[Sequence]) -> None:
    names = [canonical_name(sequence.name) for sequence in sequences]
    double = [name for name, count in Counter(names).items() if count > 1]
    if double or not names:
        raise DataError(f"expected sequences, each of its own name, found {double or 'none'}")
    for sequence in sequences:
        check_name(sequence.name, "sequence")


def _check_tracker_name(name: str) -> None:
    if check_name(name, "tracker") in FOLDERS.values():
        raise DataError(f"expected another name of a tracker than those of protocols, found {name!r}")


def _images(sequences: list[Sequence], progress: bool) -> dict[str, str]:
    """Return the fingerprint of each sequence's frames, by its name."""
    from tqdm import tqdm

    bar = tqdm(sequences, "comparing images", leave=False, delay=2, disable=not progress)
    return {one.name: frames_fingerprint(one.frames, one.tracked) for one in bar}


def _run_tasks(tasks: list[Task], run: RunTasks, title: str, progress: bool) -> dict[str, str]:
    """Run what is not finished; return what went wrong by sequence name, for its first run that failed."""
    from tqdm import tqdm

    waiting = unfinished(tasks, title)
    waiting.sort(key=lambda task: -task.record["frames"])
    done = len(tasks) - len(waiting)
    failed = {}
    with tqdm(desc=title, total=len(tasks), initial=done, unit="run", disable=not progress) as bar:
        for task, problem in run(waiting):
            bar.update()
            if problem:
                failed[task.sequence.name] = problem
    first: dict[str, str] = {}
    for task in tasks:
        if task.sequence.name in failed:
            parts = (task.record.get("start"), failed[task.sequence.name])
            first.setdefault(task.of, ": ".join(filter(None, parts)))
    return first


def _here(waiting: list[Task], jobs: int) -> Iterator[tuple[Task, str]]:
    """Run tasks on this machine; yield each with what went wrong, empty if nothing."""
    outcomes = run_in_workers(_run_task, waiting, jobs) if jobs > 1 else map(_run_task, waiting)
    yield from zip(waiting, outcomes, strict=True)


def _on_cluster(waiting: list[Task], address: str) -> Iterator[tuple[Task, str]]:
    """Run tasks on a cluster and write what comes back; yield as `_here` does, in the order of arrival."""
    for index, outcome in run_on_cluster(_track, waiting, address):
        yield waiting[index], _write(waiting[index], outcome)


def _run_task(task: Task) -> str:
    """Track one sequence and write its result; return what went wrong, empty if nothing."""
    if not task.force and is_finished(task):  # meanwhile, by a worker whose pool then broke
        return ""
    return _write(task, _track(task))


def _track(task: Task) -> Outcome:
    """Return the boxes of one run, and its seconds and place for the record, or what went wrong."""
    try:
        tracker = _make(task)
        with one_thread():
            boxes, seconds = TRACK.get(task.protocol, track_sequence)(tracker, task.sequence)
        return boxes, {"seconds": seconds, "made": place()}
    except Exception as error:  # a tracker may raise anything; the other sequences must go on
        return f"{type(error).__name__}: {error}"


def _make(task: Task) -> Tracker:
    """Make the task's tracker, unless its weights are not those that the task was given with."""
    tracker, expected = task.make(), task.record.get(WEIGHTS)
    if expected and expected != (found := weights_fingerprint(tracker)):
        raise DataError(
            f"expected weights with the fingerprint {expected}, found {found}: their file was replaced since "
            "the start, or is another on this machine; run it again with one file throughout"
        )
    return tracker


def _write(task: Task, outcome: Outcome) -> str:
    """Write the result of `_track`; return what went wrong, empty if nothing."""
    if isinstance(outcome, str):
        return outcome
    boxes, facts = outcome
    try:
        write_result(task.path, boxes, task.dataset, task.record | facts)
    except StorageError:  # a full disk, a folder that was removed: no use in tracking on
        raise
    except (OSError, UdtError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
