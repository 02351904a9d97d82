"""What the first process does beside the steps: measures, warns, keeps weights, draws the curve.

Book: chapter 11.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from udtlib.errors import UdtError
from udtlib.training.card import first_losses
from udtlib.training.curve import CURVE, draw_curve
from udtlib.training.health import FeatureWatch
from udtlib.training.log import LOG, TrainingLog
from udtlib.training.run import Run
from udtlib.training.step import Batch
from udtlib.training.validation import HeldOut, validate
from udtlib.weights import save_weights

BEST = "weights-best.safetensors"
DRAWING = 0.02
"""The share of a run's time that drawing its curve may take."""

Lines = Callable[[float], Mapping[str, str]]


@dataclass(frozen=True)
class Looks:
    """What is looked at, and what is kept.

    Attributes:
        held_out: batches that are not trained on; empty measures nothing.
        every: steps between two measurements; the last step is always measured.
        keep: steps after which the weights are kept.
        best: keep the weights of the lowest held-out loss.
    """

    held_out: Sequence[Batch] = ()
    every: int = 100
    keep: Sequence[int] = ()
    best: bool = False


class Observer:
    """Watches a run; it never changes what is learned."""

    def __init__(self, run: Run, log: TrainingLog, looks: Looks, lines: Lines) -> None:
        """Take the run, its log, what to look at, and what makes a card's lines of a loss."""
        self.run, self.log, self.looks, self.lines = run, log, looks, lines
        self.features, self.folder = FeatureWatch(), log.path.parent
        self.drawn, self.took = time.monotonic(), 0.0

    def measure(self, batch: Batch) -> dict[str, float]:
        """Warn of what is wrong after a step on ``batch``; return the log's held-out columns if due."""
        run, looks = self.run, self.looks
        last = run.done == run.settings.steps
        for fault in self.features.faults(run.done, last, run.step, batch):
            self.log.progress.warn(f"{self.folder}: {fault}")
        ends = (run.settings.steps, run.settings.scheduled)
        if not looks.held_out or (run.done % looks.every and run.done not in ends):
            return {}
        found = validate(run, looks.held_out)
        return {"held_out_loss": found.loss, "held_out_error": found.error}

    def keep(self, loss: float, found: Mapping[str, float]) -> None:
        """Write the weights of this step if they are asked for, or the best so far."""
        if self.run.done in self.looks.keep:
            self.write(self.folder / f"weights-{self.run.done}.safetensors", loss)
        if not self.looks.best or not found:
            return
        path, held_out = self.folder / BEST, HeldOut(found["held_out_loss"], found["held_out_error"])
        if not isfinite(held_out.loss):  # of weights that the next step will find too large
            return
        if self.run.best is None or held_out.loss < self.run.best or not path.exists():
            about = {"held-out loss": f"{held_out.loss:.6g}", "held-out error": f"{held_out.error:.4g} cells"}
            self.write(path, loss, about)
            self.run.best = held_out.loss

    def write(self, path: Path, loss: float, more: Mapping[str, str] | None = None) -> Path:
        """Write the weights as they are now; the card has the run's lines, its steps and first losses."""
        self.log.flush()
        about = {"steps": str(self.run.done), "first losses": first_losses(self.run.watch.start)}
        save_weights(path, self.run.weights({**self.lines(loss), **about, **(more or {})}))
        return path

    def draw(self, at_once: bool = False) -> None:
        """Draw the learning curve beside the log, unless that was done a short time ago.

        No picture is worth a run: what keeps it from being drawn is said, and nothing else happens.
        """
        begun = time.monotonic()
        if not at_once and (begun - self.drawn) * DRAWING < self.took:
            return
        try:
            self.log.flush()
            draw_curve(self.folder / LOG, self.folder / CURVE)
        except (UdtError, OSError, ImportError, RuntimeError, ValueError) as error:
            self.log.progress.warn(f"{self.folder}: no learning curve drawn ({error})")
        self.drawn = time.monotonic()
        self.took = self.drawn - begun
