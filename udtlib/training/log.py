"""What a run tells: one line of CSV a step, always; its progress; TensorBoard where it is installed.

Book: chapter 11.
"""

import csv
import io
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from udtlib.errors import MissingDataError, StorageError, TrainingError
from udtlib.files import is_same_file, storage_errors, user_path, write_whole
from udtlib.training.progress import Progress

EVERY_STEP = ("step", "epoch", "loss", "learning_rate", "triplets_per_second", "seconds")
HELD_OUT = ("held_out_loss", "held_out_error")
"""Empty but every so many steps, and always without held-out videos; logs of earlier versions lack them."""
COLUMNS = EVERY_STEP + HELD_OUT
LOG = "log.csv"
FLUSH_EVERY = 1.0  # seconds


class TrainingLog:
    """Writes ``RUN/log.csv`` (`COLUMNS`), shows progress, feeds TensorBoard."""

    def __init__(
        self, folder: Path, steps: int, done: int, *, write: bool, progress: bool, tensorboard: bool = False
    ) -> None:
        """Open the log behind its line of step ``done``; later lines, of steps to be repeated, are cut off.

        Raises:
            TrainingError: TensorBoard is asked for and not installed, or lines of earlier steps are missing.
            StorageError: the log cannot be written.
        """
        self.path = (folder / LOG).absolute()
        self.board = open_board(self.path.parent, done) if write and tensorboard else None
        self.file: TextIO | None = open_log(self.path, done) if write else None
        self.progress = Progress(steps, done, write and progress)
        self.flushed = time.monotonic()

    def add(self, row: Mapping[str, Any]) -> None:
        """Take one step's row: a value for each of `EVERY_STEP`, and for `HELD_OUT` where they were measured.

        Raises:
            StorageError: as `flush`.
        """
        if self.file is not None:
            with storage_errors(self.path):
                csv.DictWriter(self.file, COLUMNS).writerow(row)
            if time.monotonic() >= self.flushed + FLUSH_EVERY:
                self.flush()
        if self.board is not None:
            for name in ("loss", "learning_rate", "triplets_per_second", *HELD_OUT):
                if name in row:
                    self.board.add_scalar(name, row[name], row["step"])
        self.progress.update(row)

    def flush(self) -> None:
        """Put all lines on the disk.

        Raises:
            StorageError: the disk is full, say, or the file is not there any more.
        """
        if self.file is not None:
            with storage_errors(self.path):
                self.file.flush()
                os.fsync(self.file.fileno())
            if not is_same_file(self.file, self.path):
                raise StorageError(
                    f"{self.path}: removed or replaced while the training was writing it, so what it learns "
                    "cannot be kept; leave the folder alone until the end"
                )
        self.flushed = time.monotonic()

    def __enter__(self) -> "TrainingLog":
        """Return the log."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self.progress.close()
        if self.board is not None:
            self.board.close()
        if self.file is not None:
            with storage_errors(self.path) if error is None else suppress(OSError):
                self.file.close()


def open_log(path: Path, done: int) -> TextIO:
    """Return the CSV file, open for appending, with its first ``done`` steps and no others.

    Raises:
        TrainingError: there is a file that lacks some of these steps.
        StorageError: it cannot be written.
    """
    rows = read_log(path) if done and path.exists() else []
    kept = [row for row in rows if row["step"].isdecimal() and int(row["step"]) <= done]
    if done and path.exists() and [int(row["step"]) for row in kept] != list(range(1, done + 1)):
        raise TrainingError(
            f"{path}: expected a line for each of steps 1 to {done}, found {len(kept)}. Put the whole file "
            "back; or remove it, to go on without the lines of these steps"
        )
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(kept)
    write_whole(path, text.getvalue())
    with storage_errors(path):
        return path.open("a", newline="", encoding="utf-8")


def read_log(path: str | Path) -> list[dict[str, str]]:
    """Return the lines of a ``log.csv`` as dictionaries of text; one cut short at the end is left out.

    A held-out number that was not measured is an empty text, also in logs of earlier versions.

    Raises:
        MissingDataError: no such file.
        TrainingError: a file that is no such thing.
    """
    path = user_path(path)
    if not path.exists():
        raise MissingDataError(f"{path}: no such log; `udt train` writes log.csv into the folder of a run")
    if not path.is_file():
        raise TrainingError(f"{path}: expected the log of a training, found no regular file")
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        whole = [line for line in file if line.endswith("\n")]
    try:
        rows = [row for row in csv.DictReader(whole) if all(row.get(column) for column in EVERY_STEP)]
        return [{**row, **{column: row.get(column) or "" for column in HELD_OUT}} for row in rows]
    except csv.Error as error:
        raise TrainingError(
            f"{path}: expected the log of a training, found something else ({error})"
        ) from error


def open_board(folder: Path, done: int) -> Any:
    """Return a TensorBoard writer into ``folder/tensorboard``; steps after ``done`` in it are hidden.

    Each session of a run writes a file of its own, and TensorBoard shows them as one curve.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    return board_writer()(str(folder / "tensorboard"), purge_step=done + 1)


def board_writer() -> Any:
    """Return TensorBoard's class of writers.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError(
            "--tensorboard needs the package tensorboard: pip install tensorboard, or leave it out; "
            "log.csv holds the same numbers"
        ) from error
    return SummaryWriter
