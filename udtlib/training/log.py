"""What a run tells: one line of CSV a step, always; a progress bar; TensorBoard where it is installed.

Book: chapter 11.
"""

import csv
import io
import math
import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, TextIO

from tqdm import tqdm

from udtlib.errors import StorageError, TrainingError
from udtlib.files import is_same_file, storage_errors, user_path, write_whole

COLUMNS = ("step", "epoch", "loss", "learning_rate", "triplets_per_second", "seconds")
LOG = "log.csv"
FLUSH_EVERY = 1.0  # seconds
WINDOW = 50  # steps that divergence is judged by
DIVERGED = 20.0  # times the loss of the first WINDOW steps


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
        self.path = folder / LOG
        self.board = open_board(folder) if write and tensorboard else None
        self.file: TextIO | None = open_log(self.path, done) if write else None
        self.bar = tqdm(
            total=steps,
            initial=done,
            unit="step",
            disable=None if write and progress else True,
            smoothing=0.1,
        )
        self.flushed = time.monotonic()

    def add(self, row: Mapping[str, Any]) -> None:
        """Take one step's row, a value for each of `COLUMNS`.

        Raises:
            StorageError: as `flush`.
        """
        if self.file is not None:
            with storage_errors(self.path):
                csv.DictWriter(self.file, COLUMNS).writerow(row)
            if time.monotonic() >= self.flushed + FLUSH_EVERY:
                self.flush()
        if self.board is not None:
            for name in ("loss", "learning_rate", "triplets_per_second"):
                self.board.add_scalar(name, row[name], row["step"])
        self.bar.set_postfix_str(
            f"loss {row['loss']:.4g}, rate {row['learning_rate']:.1e}, "
            f"{row['triplets_per_second']:.1f} triplets/s",
            refresh=False,
        )
        self.bar.update()

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
        self.bar.close()
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

    Raises:
        TrainingError: a file that is no such thing.
    """
    path = user_path(path)
    if path.exists() and not path.is_file():
        raise TrainingError(f"{path}: expected the log of a training, found no regular file")
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        whole = [line for line in file if line.endswith("\n")]
    try:
        return [row for row in csv.DictReader(whole) if all(row.get(column) for column in COLUMNS)]
    except csv.Error as error:
        raise TrainingError(
            f"{path}: expected the log of a training, found something else ({error})"
        ) from error


def open_board(folder: Path) -> Any:
    """Return a TensorBoard writer into ``folder/tensorboard``.

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
    return SummaryWriter(str(folder / "tensorboard"))


class LossWatch:
    """Stops a run that has gone wrong, and says how: NaN, an exploding loss, a network that died."""

    def __init__(self, history: Mapping[str, Any] | None = None) -> None:
        """Start, or go on with what an earlier `history` remembers."""
        history = history or {}
        self.start: list[float] = list(history.get("start", []))
        self.recent: deque[float] = deque(history.get("recent", []), WINDOW)
        self.still = int(history.get("still", 0))

    @property
    def history(self) -> dict[str, Any]:
        """What to put into a checkpoint."""
        return {"start": self.start, "recent": list(self.recent), "still": self.still}

    def check(self, step: int, loss: float, gradient: float, rate: float) -> None:
        """Take in a step's loss and the norm of its gradient, before the weights are changed.

        Raises:
            TrainingError: the run is not worth continuing; the message says why and what to try.
        """
        where = f"step {step}, learning rate {rate:.2g}"
        if not math.isfinite(loss) or not math.isfinite(gradient):
            raise TrainingError(
                f"{where}: loss {loss}, norm of the gradient {gradient}: not finite. The weights have "
                f"become too large or the data are damaged; losses before: {listed(self.recent)}. Try a "
                "lower first rate, a warm-up, or float32"
            )
        self.still = self.still + 1 if gradient == 0 else 0
        if self.still >= WINDOW:
            raise TrainingError(
                f"{where}: no gradient for {WINDOW} steps: all patches are of one colour, or the network "
                "has died (every ReLU at 0). Try other videos, a lower first rate or another seed"
            )
        if len(self.start) < WINDOW:
            self.start.append(loss)
        self.recent.append(loss)
        # not the mean: without A_drop one hopeless pair can cost a thousand times the others
        before, now = median(self.start), median(self.recent)
        if len(self.recent) == WINDOW and now > DIVERGED * before:
            raise TrainingError(
                f"{where}: diverged, median loss {now:.4g} over {WINDOW} steps, {before:.4g} over the "
                f"first; last losses: {listed(self.recent)}. Try a lower first rate or "
                "a warm-up, and keep A_drop on"
            )


def listed(values: Sequence[float]) -> str:
    """Return the last five numbers as text."""
    return ", ".join(f"{value:.4g}" for value in list(values)[-5:]) or "none"
