"""What is written about trained weights: settings, hardware, time. Book: chapter 11."""

import os
import platform
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

import udtlib
from udtlib.training.settings import RANDOM, TrainingSettings
from udtlib.weights import Weights


def trained_weights(state: Mapping[str, Tensor], card: Mapping[str, str]) -> Weights:
    """Return a copy of a network's state, on the processor, with ``card``."""
    return Weights({name: tensor.detach().cpu().float().contiguous() for name, tensor in state.items()}, card)


def card_lines(
    settings: TrainingSettings, loss: float, seconds: float, device: torch.device, processes: int
) -> dict[str, str]:
    """Return the card of a run: what it was asked to do, and what on."""
    first = settings.first_weights
    origin = "random weights" if first == RANDOM else f"the weights {first}"
    return {
        "name": f"{settings.variant}, {settings.steps} steps, seed {settings.seed}",
        "source": f"trained from {origin} by udtlib {udtlib.__version__}",
        "settings": ", ".join(f"{key}={value}" for key, value in vars(settings).items()),
        "final loss": f"{loss:.6g}",
        "wall time": f"{seconds:.0f} s",
        "hardware": hardware(device, processes),
    }


def first_losses(losses: Sequence[float]) -> str:
    """Return the losses of a run's first 20 steps.

    Whoever repeats its command on the same machine gets them again, to the bit; on another processor sums
    are rounded in another order, and the losses slowly drift apart.
    """
    return " ".join(f"{loss:.6g}" for loss in losses[:20])


def hardware(device: torch.device, processes: int) -> str:
    """Return what the run ran on, in words."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = f"{platform.machine()} CPU, {torch.get_num_threads()} of {os.cpu_count()} cores a process"
    return f"{processes} x {name}, torch {torch.__version__}"
