"""A training run under way: its parts, how they start, one step of it. Book: chapter 11."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from udtlib.devices import keep_freed_memory
from udtlib.network import FeatureNetwork
from udtlib.training.card import trained_weights
from udtlib.training.checkpoint import Checkpoint, restore, snapshot
from udtlib.training.health import LossWatch
from udtlib.training.muon import Muon
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep
from udtlib.training.workers import Workers
from udtlib.weights import Weights


@dataclass
class Run:
    """A run under way: the parts that change.

    Attributes:
        best: the lowest held-out loss whose weights were kept; None if none were.
    """

    settings: TrainingSettings
    network: nn.Module
    optimiser: Optimizer
    step: TrainingStep
    watch: LossWatch = field(default_factory=LossWatch)
    done: int = 0
    seconds: float = 0.0
    made_of: dict[str, str] = field(default_factory=dict)
    best: float | None = None

    def checkpoint(self) -> Checkpoint:
        """Return the state as it is now."""
        return snapshot(
            self.done,
            self.settings,
            self.network,
            self.optimiser,
            self.watch.history | ({} if self.best is None else {"best": self.best}),
            self.seconds,
            self.made_of,
        )

    def weights(self, lines: Mapping[str, str]) -> Weights:
        """Return what the run has learned so far, with ``lines`` as the card: the average, if one is kept."""
        kept = average_of(self.optimiser, self.network) if self.settings.average else {}
        return trained_weights(self.network.state_dict() | kept, lines)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckpointError: its tensors are not those of this network and optimiser.
        """
        restore(checkpoint, self.network, self.optimiser, self.settings)
        self.watch, self.done = LossWatch(checkpoint.history), checkpoint.step
        self.best = checkpoint.history.get("best")
        self.seconds = checkpoint.seconds


def start(settings: TrainingSettings, device: torch.device, first: Weights | None = None) -> Run:
    """Return a new run: weights that are random, or ``first``; an optimiser, nothing done."""
    keep_freed_memory()
    generator = torch.Generator().manual_seed(settings.seed)
    network = FeatureNetwork(padded=False, generator=generator).to(device)
    if first is not None:
        network.load_state_dict(dict(first.tensors))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(settings.gain)
    return Run(settings, network, make_optimiser(network, settings), TrainingStep(network, settings, device))


def make_optimiser(network: nn.Module, settings: TrainingSettings) -> Optimizer:
    """Return the optimiser of the network's parameters that the settings name."""
    parameters, rate, decay = network.parameters(), settings.first_rate, settings.weight_decay
    if settings.optimiser == "adam":
        return AdamW(parameters, rate, weight_decay=decay)
    if settings.optimiser == "muon":
        return Muon(parameters, rate, settings.momentum, decay)
    return SGD(parameters, rate, settings.momentum, weight_decay=decay)


def take_step(run: Run, batch: Batch, workers: Workers, first: int) -> float:
    """Do one step of the optimiser and return the loss of the whole batch before it."""
    rate = run.settings.learning_rate(run.done)
    outcome = run.step(batch, workers.gather, first)
    parameters = run.step.parameters
    workers.sum_gradients(parameters)
    gradients = [p.grad.norm() for p in parameters if p.grad is not None]
    norm = float(torch.stack(gradients).norm()) if gradients else 0.0
    run.watch.check(run.done, outcome.loss, norm, rate)
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.optimiser.step()
    if run.settings.average:
        update_average(run.optimiser, run.settings.average, run.done)
    return outcome.loss


@torch.no_grad()
def update_average(optimiser: Optimizer, decay: float, step: int) -> None:
    """Move the running average of every parameter towards its value after ``step`` (0-indexed).

    The average forgets by ``decay`` a step, faster in the first steps, when there is little worth keeping.
    It is part of the optimiser's state, so checkpoints have it.
    """
    share = min(decay, (1 + step) / (10 + step))
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            kept = optimiser.state[parameter].setdefault("average", parameter.detach().clone())
            kept.mul_(share).add_(parameter, alpha=1 - share)


def average_of(optimiser: Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """Return the running averages by the names of the network's parameters."""
    named = network.named_parameters()
    return {name: optimiser.state[parameter]["average"] for name, parameter in named}


@contextmanager
def averaged(run: Run) -> Iterator[None]:
    """Let the network have the weights that would be written (`Run.weights`), then its own again."""
    kept = average_of(run.optimiser, run.network) if run.settings.average and run.done else {}
    named = dict(run.network.named_parameters())
    own = {name: named[name].detach().clone() for name in kept}
    with torch.no_grad():
        try:
            for name, tensor in kept.items():
                named[name].copy_(tensor)
            yield
        finally:
            for name, tensor in own.items():
                named[name].copy_(tensor)


def row_of(run: Run, loss: float, took: float) -> dict[str, int | float]:
    """Return a step's line of the log; steps and epochs are counted from 1 there."""
    return {
        "step": run.done + 1,
        "epoch": run.done // run.settings.steps_per_epoch + 1,
        "loss": loss,
        "learning_rate": run.settings.learning_rate(run.done),
        "triplets_per_second": round(run.settings.batch / took, 2),
        "seconds": round(run.seconds, 2),
    }
