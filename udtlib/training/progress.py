"""How far a run is: a bar on a terminal, elsewhere a plain line every few seconds. Book: chapter 11."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from udtlib.printing import log_of, say

LOG = log_of("udtlib.training")
LINE_EVERY = 5.0  # seconds


class Progress:
    """Shows steps, losses, speed and the time left on stderr."""

    def __init__(self, steps: int, done: int, show: bool) -> None:
        """Start at ``done`` of ``steps``; nothing is shown unless ``show``, but warnings are."""
        terminal = sys.stderr.isatty()
        self.steps, self.first = steps, done
        self.lines = show and not terminal
        self.bar = tqdm(
            total=steps, initial=done, unit="step", disable=not (show and terminal), smoothing=0.1
        )
        self.begun = self.told = time.monotonic()
        self.losses: list[float] = []
        self.held_out = ""

    def update(self, row: Mapping[str, Any]) -> None:
        """Take one step's row of the log."""
        if row.get("held_out_loss") not in (None, ""):
            self.held_out = f", held-out loss {row['held_out_loss']:.4g}"
        rate = f", {row['triplets_per_second']:.1f} triplets/s"
        self.bar.set_postfix_str(
            f"loss {row['loss']:.4g}{self.held_out}, rate {row['learning_rate']:.1e}{rate}", refresh=False
        )
        self.bar.update()
        self.losses.append(row["loss"])
        now = time.monotonic()
        if now < self.told + LINE_EVERY:
            return
        if self.lines:
            loss = sum(self.losses) / len(self.losses)
            left = time_left(now - self.begun, row["step"] - self.first, self.steps - row["step"])
            line = f"step {row['step']} of {self.steps}, loss {loss:.4g}{self.held_out}{rate}, {left} left"
            say(line, file=sys.stderr)
        self.losses.clear()
        self.told = now

    def warn(self, text: str) -> None:
        """Say what the user should know, above the bar."""
        self.bar.clear()
        LOG.warning(text)
        self.bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        self.bar.close()


def time_left(seconds: float, done: int, left: int) -> str:
    """Return in words how long ``left`` steps take if ``done`` took ``seconds``: ``3 h 05 min``, ``40 s``."""
    rest = round(seconds / max(done, 1) * left)
    if rest < 90:
        return f"{rest} s"
    minutes = round(rest / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
