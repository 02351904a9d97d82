"""What goes wrong in training, and how it shows: in the losses, in the features, in the answers.

`LossWatch` ends a run that has failed. `FeatureWatch` looks at a few patches now and then and says once what
makes a run pointless: pictures without content, features that are constant, answers that never move.
Book: chapter 11.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import torch
from torch import Tensor

from udtlib.errors import TrainingError
from udtlib.training.step import Batch, TrainingStep

WINDOW = 50  # steps remembered
JUDGED = 20  # steps whose median loss is compared with that of the first as many
DIVERGED = 20.0  # times the loss at the start

LOOKED_AT = 8  # triplets at a time: a look takes a third of a step of 16
FIRST_LOOKS = (5, 20, 50)  # steps; then every LOOK_EVERY
LOOK_EVERY = 100
ENOUGH = 24  # triplets seen before "nothing moves" is said; at the end of a run LEAST
LEAST = 8
FLAT = 3.0  # grey levels: a picture of a smaller standard deviation shows nothing
CONSTANT = 1e-3  # features that vary less than this share of their size say nothing
ROLLED = (9, -14)  # pixels (dy, dx) that a picture is rolled by, to see whether the answer follows
NEAR = 2  # cells: what is at the edge is rolled to elsewhere, and pulls the peak aside a little


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
        before, now = median(self.start[:JUDGED]), median(list(self.recent)[-JUDGED:])
        if len(self.recent) >= JUDGED and now > DIVERGED * before:
            raise TrainingError(
                f"{where}: diverged, median loss {now:.4g} over {JUDGED} steps, {before:.4g} over the "
                f"first; last losses: {listed(self.recent)}. Try a lower first rate or "
                "a warm-up, and keep A_drop on"
            )


def listed(values: Sequence[float]) -> str:
    """Return the last five numbers as text."""
    return ", ".join(f"{value:.4g}" for value in list(values)[-5:]) or "none"


class FeatureWatch:
    """Looks at pictures, features and answers of some steps; each kind of fault is named once.

    Attributes:
        seen: triplets whose answers were looked at so far.
        moved: those in which the target was found elsewhere than it started.
    """

    def __init__(self) -> None:
        self.seen = self.moved = 0
        self.told: set[str] = set()

    def faults(self, done: int, last: bool, step: TrainingStep, batch: Batch) -> list[str]:
        """Return what is new after ``done`` steps, one line a fault; mostly nothing is looked at.

        Args:
            done: steps done.
            last: whether that was the run's last one.
            step: has the network, whose gradients are left alone.
            batch: of the step just done.
        """
        if done not in FIRST_LOOKS and done % LOOK_EVERY and not last:
            return []
        found = self.look(step, Batch(batch.patches[:LOOKED_AT]), last)
        new = {kind: text for kind, text in found.items() if kind not in self.told}
        self.told |= new.keys()
        return [f"step {done}: {text}" for text in new.values()]

    @torch.no_grad()
    def look(self, step: TrainingStep, batch: Batch, last: bool) -> dict[str, str]:
        """Return the faults that show in a batch, by kind."""
        patches = step.prepare(batch.patches)
        shows = patches[0].std((2, 3)).amax(1) >= FLAT
        if not shows.any():
            return {
                "flat": "the patches show nothing: each is dark or of one colour. Nothing can be learned "
                "from them; train on videos that show something in the middle of the frame"
            }
        template, rolled = step.features(patches[0], patches[0].roll(ROLLED, (2, 3)))
        if is_constant(template[shows]):
            return {
                "constant": "the features are the same everywhere, whatever the picture: the network has "
                "died and will not recover. Start again with a lower --first-rate, a --warm-up or another "
                "--seed"
            }
        if not follows(step, template[shows], rolled[shows]):
            return {
                "blind": "the answers never move: pictures were moved on purpose, and the network did not "
                "follow one of them. Start again with a lower --first-rate or another --seed"
            }
        if not step.variant.truth:
            responses = torch.stack(step.round_trip(patches).responses)
            self.seen += len(patches[0])
            self.moved += int((peaks(responses) != 0).any(0).sum())
        if not self.moved and self.seen >= (LEAST if last else ENOUGH):
            return {
                "still": f"nothing moves: in all of {self.seen} triplets the target was found where it "
                "started. The videos are still, or nearly; use videos with motion, or --augment 1"
            }
        return {}


def is_constant(features: Tensor) -> bool:
    """Say whether no channel of ``(N, C, H, W)`` varies, from place to place or picture to picture."""
    values = features.float()
    return float(values.std((0, 2, 3)).max()) <= CONSTANT * float(values.abs().mean())


def follows(step: TrainingStep, template: Tensor, rolled: Tensor) -> bool:
    """Say whether any of the pictures ``(N, C, H, W)`` is found near where it was rolled to, by `ROLLED`."""
    response = step.respond(template, rolled)
    size, peak = response.shape[-1], peaks(response)
    found = torch.stack([peak // size, peak % size], 1)
    away = (found - torch.tensor(ROLLED, device=peak.device) + size // 2) % size - size // 2
    return bool((away.abs().amax(1) <= NEAR).any())


def peaks(responses: Tensor) -> Tensor:
    """Return the flat index ``(...)`` of the highest cell of ``(..., H, W)``; 0 is where a target started."""
    return responses.flatten(-2).argmax(-1)
