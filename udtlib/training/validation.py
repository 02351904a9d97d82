"""How well the network does on videos it is not trained on. Book: chapter 11."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor

from udtlib.training.run import Run, averaged
from udtlib.training.step import Batch


@dataclass(frozen=True)
class HeldOut:
    """What the network does on held-out triplets.

    Attributes:
        loss: mean over the batches of the loss that training minimises (Eq. 11, or the variant's).
        error: mean over the triplets of the round-trip error: cells between where the way back ends and where
            it started. The mean, for the median is 0: most triplets come home to the cell.
    """

    loss: float
    error: float


@torch.no_grad()
def validate(run: Run, batches: Sequence[Batch]) -> HeldOut:
    """Return how the weights that would be written now (`Run.weights`) do on ``batches``.

    Nothing random, nothing learned: equal weights and batches give equal numbers on one machine.
    """
    step, losses, errors = run.step, [], []
    with averaged(run):
        for batch in batches:
            numbers = []
            for first in range(0, len(batch.patches), step.chunk):
                answers = step.answers(batch.part(first, first + step.chunk))
                numbers.append(torch.cat([step.compare(*answer)[1] for answer in answers], 1))
                errors += distances(*answers[-1][:2]).tolist()
            losses.append(step.loss(torch.cat(numbers)))
    return HeldOut(fmean(losses), fmean(errors))


def distances(responses: Tensor, labels: Tensor) -> Tensor:
    """Return how many cells lie between the peaks of responses and of labels, wrap-around: ``(n,)``.

    Args:
        responses: ``(n, H, W)``.
        labels: ``(n, H, W)`` or ``(1, H, W)``.
    """
    size = torch.tensor(responses.shape[-2:], device=responses.device)
    away = (cells(responses) - cells(labels) + size // 2) % size - size // 2
    return away.cpu().double().square().sum(-1).sqrt()


def cells(maps: Tensor) -> Tensor:
    """Return row and column ``(n, 2)`` of the highest cell of each of ``(n, H, W)``."""
    peak = maps.flatten(1).argmax(1)
    return torch.stack([peak // maps.shape[-1], peak % maps.shape[-1]], 1)
