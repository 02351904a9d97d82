"""What there is to run: a task for each sequence and start, and which of them are finished already."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, UdtError
from udtlib.evaluation.protocols import protocol_runs
from udtlib.evaluation.results.files import load_result
from udtlib.evaluation.results.fingerprints import (
    boxes_fingerprint,
    described_options,
    tracker_fingerprints,
)
from udtlib.evaluation.results.records import WEIGHTS, usable_record, why_again
from udtlib.printing import log_of
from udtlib.trackers import Tracker, load_tracker
from udtlib.trackers.base import weights_fingerprint
from udtlib.trackers.own import OwnTracker

MakeTracker = Callable[[], Tracker]
LOG = log_of("udtlib.evaluation")


@dataclass(frozen=True)
class Task:
    """One run.

    Attributes:
        make: makes its tracker.
        of: name of the sequence.
        sequence: what the tracker sees, all of that sequence or a part.
        path: the result file.
        dataset: name of the dataset.
        record: what the result is made of, which stands beside it.
        force: run it whatever is there.
    """

    make: MakeTracker
    of: str
    sequence: Sequence
    path: Path
    dataset: str
    record: dict[str, Any]
    force: bool = False

    @property
    def protocol(self) -> str:
        """How it is started."""
        return str(self.record.get("protocol", "ope"))


def make_tasks(
    tracker: str | MakeTracker,
    options: dict[str, Any],
    sequences: list[Sequence],
    images: Mapping[str, str],
    folder: Path,
    dataset: str,
    protocol: str,
    starts: int,
    force: bool,
    failed: dict[str, str],
) -> list[Task]:
    """Return the runs of one tracker; what is wrong with a sequence without any is added to ``failed``.

    ``images`` has the fingerprint of the frames by the sequence's name, and is empty where results are not
    kept, so that nothing need be compared; ``folder`` is where the result files go. The rest is as for
    `udtlib.evaluation.evaluate`.
    """
    if isinstance(tracker, str):
        make: MakeTracker = partial(load_tracker, tracker, **options)
    else:
        make = partial(tracker, **options)
    common = _describe(tracker, make, options, is_kept=bool(images)) | {"dataset": dataset}
    tasks = []
    for one in sequences:
        try:
            runs = protocol_runs(one, protocol, starts)
        except UdtError as error:  # no true box to start from, an image that cannot be read
            failed[one.name] = str(error)
            continue
        whole = {} if protocol == "starts" else {"runs": len(runs)}  # more starts may be added later
        for label, part in runs:
            extra = {"protocol": protocol, "start": label} | whole if label else {}
            path = folder / f"{part.name}.txt"
            record = common | _record(part, images.get(one.name, ""), protocol) | extra
            tasks.append(Task(make, one.name, part, path, dataset, record, force))
    return tasks


def _describe(
    tracker: str | MakeTracker, make: MakeTracker, options: dict[str, Any], is_kept: bool
) -> dict[str, Any]:
    """Return what a record says about the tracker; one is made for it, of a user's only if that is needed."""
    record: dict[str, Any] = {"options": described_options(options)}
    if isinstance(tracker, str):
        made = make()  # an unknown name, a wrong option or missing weights are said once, not per sequence
        weights = weights_fingerprint(made)
        record |= {"tracker": tracker} | ({WEIGHTS: weights} if weights else {})
        return record | (tracker_fingerprints(made) if is_kept else {})
    if isinstance(tracker, OwnTracker):
        made = make()  # what is wrong with it is said once, not per sequence
        record["tracker"] = tracker.attribute  # as of a class that is handed over
        return record | (tracker_fingerprints(made, tracker.load(), options) if is_kept else {})
    record["tracker"] = getattr(tracker, "__qualname__", type(tracker).__name__)
    return record | (tracker_fingerprints(_try(make), tracker, options) if is_kept else {})


def _try(make: MakeTracker) -> Any:
    try:
        return make()
    except Exception as error:  # said by the run, for every sequence
        return type(error).__name__


def _record(sequence: Sequence, images: str, protocol: str) -> dict[str, Any]:
    """Return what, beside the tracker, a result depends on; another record means another result."""
    regions = sequence.regions if protocol == "vot" else ()
    truth = np.concatenate([sequence.boxes.ravel(), *regions]) if regions else sequence.boxes
    return {
        "frames": sequence.tracked,
        "first_box": [round(float(number), 4) for number in sequence.boxes[:1].ravel()],
        "truth": boxes_fingerprint(truth),
        "images": images,
    }


def is_finished(task: Task) -> bool:
    """Tell whether the task's result is there, whole, and what would come out; see `reason_to_run`."""
    return reason_to_run(task) is None


def reason_to_run(task: Task) -> str | None:
    """Return why a task must be run, empty if there is no result yet; None if it need not.

    Raises:
        DataError: its result was made with other settings, or nothing says how.
    """
    if not task.path.exists():
        return ""
    if task.force:
        return "before, and --force is given"
    again = why_again(task.path, task.record)
    if again:
        return again
    try:
        load_result(task.path, task.sequence, task.dataset, task.protocol)
    except DataError:
        return "but not whole"
    return None


def unfinished(tasks: list[Task], title: str) -> list[Task]:
    """Return the tasks to run; log how many results are kept, and which are computed again and why.

    Raises:
        DataError: a result was made with other settings, or nothing says how.
    """
    reasons = [reason_to_run(task) for task in tasks]
    kept = [task for task, reason in zip(tasks, reasons, strict=True) if reason is None]
    if kept:
        dates = {str(usable_record(task.path)[0].get("made", {}).get("date") or "") for task in kept}
        known = sorted(filter(None, dates))
        since = " from " + " to ".join(dict.fromkeys((known[0], known[-1]))) if known else ""
        LOG.warning("%s: %d of %d kept%s", title, len(kept), len(tasks), since)
    for reason, count in Counter(filter(None, reasons)).items():
        results = "1 result" if count == 1 else f"{count} results"
        LOG.warning("%s: %s made %s, computed again", title, results, reason)
    return [task for task, reason in zip(tasks, reasons, strict=True) if reason is not None]
