"""The training monitor: a small training run, live, with a learning rate that can be changed under way.

``demo(batches, held_out, losses, learned)`` as a cell's last line shows a run that is over, before its first
step and after its last; where a kernel is live, another one learns below it as long as "train" is ticked.
Book: chapter 11.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray

from udtlib import viz
from udtlib.errors import TrainingError
from udtlib.frames import Frame
from udtlib.training.run import Run, start
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch
from udtlib.training.validation import validate
from udtlib.weights import Weights, random_weights
from udtlib.widgets.base import Check, Choice, Control, Demo, Slider

MOST_STEPS, HELD_EVERY = 400, 5
SEEDS = ("0", "1", "2")
RATE = -2.4  # logarithm of the learning rate at the start: section 11.5's
PANEL, GAP = 160, 4  # pixels
LOSS, HELD_OUT = viz.SECOND, viz.PREDICTION
Batches = Callable[[int], NDArray[np.uint8]]


@dataclass
class Watched:
    """A training run, and what has been seen of it so far.

    Attributes:
        run: network, optimiser, step.
        held_out: what it is never trained on; its first triplet is the one whose responses are shown.
        losses: of each step.
        held: ``(step, loss)`` of the held-out triplets.
        ended: why it does not go on; empty while it does.
    """

    run: Run
    held_out: Batch
    losses: list[float] = field(default_factory=list)
    held: list[tuple[int, float]] = field(default_factory=list)
    ended: str = ""

    def look(self) -> None:
        """Measure the loss of the held-out triplets."""
        self.held.append((len(self.losses), validate(self.run, [self.held_out]).loss))

    def learn(self, patches: NDArray[np.uint8], rate: float) -> None:
        """Take one step of a learning rate on triplets ``(n, 3, 125, 125, 3)``."""
        found = self.run.step(Batch(patches))
        gradients = [weight.grad.norm() for weight in self.run.step.parameters if weight.grad is not None]
        try:
            self.run.watch.check(len(self.losses), found.loss, float(torch.stack(gradients).norm()), rate)
        except TrainingError as error:
            self.ended = str(error).split(":", 1)[1].split(";")[0].strip()
            return
        for group in self.run.optimiser.param_groups:
            group["lr"] = rate
        self.run.optimiser.step()
        self.losses.append(found.loss)
        if len(self.losses) % HELD_EVERY == 0:
            self.look()
        if len(self.losses) == MOST_STEPS:
            self.ended = f"{MOST_STEPS} steps are enough; choose another seed to begin anew"

    @torch.no_grad()
    def maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return two responses ``(121, 121)`` of the fixed triplet: S1's on the way out, T's at the end."""
        step = self.run.step
        trip = step.round_trip(step.prepare(self.held_out.patches[:1]))
        return trip.responses[0][0].cpu().numpy(), trip.back[0].cpu().numpy()


def begin(held_out: Batch, seed: int = 0, first: Weights | None = None) -> Watched:
    """Return a run that has not learned anything, from random weights of a seed or from ``first``."""
    settings = TrainingSettings(batch=2, optimiser="adam", schedule="step", weight_decay=0, seed=seed)
    watched = Watched(start(settings, torch.device("cpu"), first), held_out)
    watched.look()
    return watched


def picture(watched: Watched, text: str) -> Frame:
    """Return what is to be seen of a run, RGB ``uint8``: losses, and the responses of the fixed triplet.

    Left: the loss of each step (blue) and that of the held-out triplets (orange), from 0 on. Right: the
    response of S1 on the way out, and that of T at the end, which should have its peak at the circle.
    """
    there, back = watched.maps()
    steps = max(1, len(watched.losses), *(step for step, _ in watched.held))
    top = 1.1 * max([value for _, value in watched.held[:1]] + watched.losses[:10])
    lines = {
        LOSS: np.column_stack([np.arange(len(watched.losses)), watched.losses]),
        HELD_OUT: np.array(watched.held),
    }
    width = 420
    plot = viz.curves(lines, (0, steps), (0, top), width, PANEL - viz.TEXT_HEIGHT)
    key = viz.legend({"loss of a step": LOSS, "held-out loss": HELD_OUT}, width)
    home = viz.map_and_bar(back, PANEL)
    viz.mark_point(home, (PANEL // 2, PANEL // 2), viz.TRUTH, "circle")
    panels = [
        viz.caption(np.vstack([plot, key]), f"after {len(watched.losses)} steps"),
        viz.caption(viz.map_and_bar(there, PANEL), "fixed triplet, S1"),
        viz.caption(home, f"back at T: peak {back.max():.2f}"),
    ]
    return viz.caption(viz.side_by_side(*panels, gap=GAP), text)


class Monitor:
    """The run that the controls drive, and the batches it learns from.

    Attributes:
        watched: the run as it is now.
        seed: of its first weights.
    """

    def __init__(self, batches: Batches, held_out: Batch) -> None:
        """Begin with seed 0; ``batches(step)`` returns uint8 ``(n, 3, 125, 125, 3)``."""
        self.batches, self.held_out = batches, held_out
        self.seed, self.watched = SEEDS[0], begin(held_out)
        self.lock = Lock()  # controls and cells ask in threads of their own

    def steps(self, train: bool, log10_rate: float, seed: str) -> Iterator[Frame]:
        """Yield the picture as it is, then, while ``train`` holds, after each further step.

        Args:
            train: whether to learn.
            log10_rate: logarithm of the learning rate.
            seed: of the first weights; another one than before begins a new run.
        """
        with self.lock:
            if seed != self.seed:
                self.seed, self.watched = seed, begin(self.held_out, int(seed))
            shown, ended = self.draw(train, log10_rate, seed), self.watched.ended
        yield shown
        while train and not ended:
            with self.lock:
                if not self.watched.ended:
                    self.watched.learn(self.batches(len(self.watched.losses)), 10.0**log10_rate)
                shown, ended = self.draw(train, log10_rate, seed), self.watched.ended
            yield shown

    def draw(self, train: bool, log10_rate: float, seed: str) -> Frame:
        """Return the picture as it is now; arguments as `steps`."""
        state = self.watched.ended or ("learning" if train else "paused")
        return picture(self.watched, f"seed {seed}, learning rate {10.0**log10_rate:.1e}: {state}")


@torch.no_grad()
def hardest_first(held_out: Batch) -> Batch:
    """Return the triplets by their error before anything is learned, the largest first."""
    errors = begin(held_out).run.step.errors(held_out)[1][:, 0]
    return Batch(held_out.patches[errors.argsort(descending=True).cpu().numpy()])


def over(losses: Sequence[float], learned: Weights, held_out: Batch) -> list[Frame]:
    """Return the pictures of a run that is over: before its first step and after its last.

    Args:
        losses: of its steps.
        learned: its weights at the end; it began with random ones of seed 0.
        held_out: triplets it was not trained on.
    """
    before, after = begin(held_out, first=random_weights()), begin(held_out, first=learned)
    after.losses, after.held = list(losses), [*before.held, (len(losses), after.held[0][1])]
    rate = "the run above"
    return [picture(before, f"{rate}, before its first step"), picture(after, f"{rate}, after its last step")]


def demo(batches: Batches, held_out: Batch, losses: Sequence[float], learned: Weights) -> Demo:
    """Return the demo; its static twin is a run that is over.

    Args:
        batches: the triplets of a step, uint8 ``(n, 3, 125, 125, 3)``; two of them are a few steps a second.
        held_out: triplets for the held-out loss, and for the responses, of the hardest; four are quick.
        losses: of the run that is over, as `over`.
        learned: likewise.
    """
    held_out = hardest_first(held_out)
    monitor = Monitor(batches, held_out)
    controls: dict[str, Control] = {
        "train": Check(False),
        "log10_rate": Slider(-5, -1, RATE, 0.1),
        "seed": Choice(SEEDS, SEEDS[0]),
    }
    return Demo(
        monitor.draw,
        controls,
        np.vstack(over(losses, learned, held_out)),
        title="Training, live",
        alt="Losses of a training run over its steps, and the responses of one triplet that never changes.",
        steps=monitor.steps,
    )
