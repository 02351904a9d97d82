"""Where a measured number comes from: commit, machine, versions, date, command. Book: chapters 03 and 13.

A table of scores without these cannot be repeated. `provenance` collects them; `write_table` writes a CSV
table with them, and with the score of every sequence, in a JSON file beside it.
"""

import csv
import io
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.data.locate import PROJECT
from udtlib.errors import DataError
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.files import check_folder_of, user_path, write_whole
from udtlib.trackers import Tracker
from udtlib.trackers.base import weights_fingerprint

PACKAGES = ("udtlib", "numpy", "scipy", "opencv-contrib-python-headless", "torch")
COLUMNS = ("tracker", "auc", "auc_low", "auc_high", "precision", "fps")
STARTS_COLUMNS = ("starts", "auc_spread", "auc_least", "auc_most", "precision_spread")
"""Further columns of a table over several starts."""


def provenance(command: str, jobs: int = 1) -> dict[str, Any]:
    """Return what must stand beside a measured number, ready for a JSON file.

    Args:
        command: the command line that measures it.
        jobs: worker processes, of one thread each.

    Returns:
        ``commit`` (None outside a git checkout); ``modified``: whether the code of ``udtlib`` differs from
        that commit; ``date`` (UTC); ``command``; ``hardware``: processor, cores, system, and how many
        processes wanted a core over the last minute, ours not yet among them (``load``); ``jobs``;
        ``threads`` of each; ``versions``.
    """
    return {
        "commit": commit(),
        "modified": is_modified(),
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "hardware": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        },
        "jobs": jobs,
        "threads": 1,
        "versions": {"python": platform.python_version()} | _versions(),
    }


def place() -> dict[str, Any]:
    """Return what a result file's record says about where it was made: commit, processor, date (UTC)."""
    return _code_and_cpu() | {"date": datetime.now(UTC).date().isoformat()}


@cache
def _code_and_cpu() -> dict[str, Any]:
    """Return commit and processor, as they were when first asked for, soon after the code was imported."""
    known = commit()
    state = " with changes" if known and is_modified() else ""
    return {"commit": f"{known}{state}" if known else None, "cpu": cpu_name()}


def weights_by_name(trackers: Mapping[str, Tracker]) -> dict[str, str]:
    """Return the fingerprints of the weights of trackers that have some: with others a table is old."""
    found = {name: weights_fingerprint(tracker) for name, tracker in trackers.items()}
    return {name: weights for name, weights in found.items() if weights}


def commit() -> str | None:
    """Return the short name of the checkout's commit, or None where the library is not in a checkout."""
    return _git("rev-parse", "--short", "HEAD") or None


def is_modified() -> bool | None:
    """Return whether the library's files differ from the commit; None where there is no checkout."""
    status = _git("status", "--porcelain", "--", "udtlib")
    return None if status is None else bool(status)


def _git(*arguments: str) -> str | None:
    if not (PROJECT / ".git").exists():  # installed elsewhere: a repository around it is not ours
        return None
    # Without locks: a process that is stopped here would leave one behind, and no commit could be made.
    command = ["git", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def cpu_name() -> str:
    """Return the processor's name as the system knows it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    """Return the installed versions; nothing is imported to learn them."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def check_table_path(path: str | Path | None) -> None:
    """Refuse a path that `write_table` could not write, before the work is done; None is fine.

    Raises:
        MissingDataError: the folder to write in does not exist.
        DataError: the path is a folder, or not named ``.csv``.
    """
    if path is None:
        return
    path = user_path(path)
    check_folder_of(path)
    if path.suffix != ".csv" or path.is_dir():
        raise DataError(f"{path}: expected the name of a table FILE.csv to write; FILE.json goes beside it")


def write_table(path: str | Path, scores: AbstractSequence[TrackerScore], measured: dict[str, Any]) -> None:
    """Write ``FILE.csv``, a row a tracker, and ``FILE.json``: ``measured`` and the score of every sequence.

    The columns are `COLUMNS`: 4 decimals, the interval of the AUC as in `TrackerScore.interval`; ``fps``
    has one decimal and is empty where it is not known. Over several starts `STARTS_COLUMNS` follow: how many,
    the standard deviations over them, and the AUC from the worst and from the best start. What else a
    protocol measures stands behind with its interval (``overlap``, ``overlap_low``, ``overlap_high``).

    Args:
        path: where to, ``FILE.csv``.
        scores: of one dataset under one policy.
        measured: from `provenance`.

    Raises:
        MissingDataError: as `check_table_path`, like the next.
        DataError: the path is a folder, or not named ``.csv``.
        StorageError: one of the files cannot be written.
    """
    check_table_path(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    others = [f"{name}{end}" for name in _others(scores[0]) for end in ("", "_low", "_high")]
    writer.writerow([*COLUMNS, *(STARTS_COLUMNS if scores[0].by_start else ()), *others])
    writer.writerows(_row(score) for score in scores)
    write_whole(path, text.getvalue())
    document = measured | {
        "dataset": scores[0].dataset,
        "protocol": scores[0].protocol,
        "policy": asdict(scores[0].policy),
        "trackers": {score.tracker: _details(score) for score in scores},
    }
    write_whole(user_path(path).with_suffix(".json"), json.dumps(document, indent=1) + "\n")


def _row(score: TrackerScore) -> list[str]:
    auc = score.interval("auc")
    numbers = (auc.mean, auc.low, auc.high, score.precision)
    fps = "" if score.fps is None else f"{score.fps:.1f}"
    others = [one for name in _others(score) for one in astuple(score.interval(name))]
    return [score.tracker, *map(_cell, numbers), fps, *_starts_cells(score), *map(_cell, others)]


def _cell(number: float) -> str:
    return "" if np.isnan(number) else f"{number:.4f}"


def _others(score: TrackerScore) -> list[str]:
    return [name for name in score.measures if name not in ("auc", "precision")]


def _starts_cells(score: TrackerScore) -> list[str]:
    if not score.by_start:
        return []
    auc = score.spread("auc")
    numbers = (auc.deviation, auc.least, auc.most, score.spread("precision").deviation)
    return [str(auc.starts), *(f"{number:.4f}" for number in numbers)]


def _details(score: TrackerScore) -> dict[str, Any]:
    """Return the scores without what stands once for all trackers."""
    once = ("tracker", "dataset", "policy", "protocol", "failed")
    return {key: value for key, value in score.to_json().items() if key not in once}
