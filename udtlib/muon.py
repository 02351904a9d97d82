"""Muon: an optimiser whose step has the same size in every direction of a layer. Book: chapter 11."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class Muon(Optimizer):
    """Nesterov momentum, then the nearest matrix whose singular values are equal.

    A layer's gradient is dominated by a few directions in which all filters change together; plain descent
    must be slow enough for those and hardly moves in the others. The layer seen as a matrix
    ``(outputs, inputs)``, its momentum is replaced by ``U V^T`` of its singular value decomposition
    (K. Jordan et al. 2024), scaled so that a step changes each tensor by the share ``lr`` of its own norm,
    but of a norm of at least 1, since biases begin at 0. `torch.optim.Muon` takes matrices only.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float, weight_decay: float) -> None:
        """Take the parameters; ``weight_decay`` times ``lr`` shrinks them before each step."""
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Change every parameter that has a gradient; no ``closure`` is called."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.change(parameter, group)

    def change(self, parameter: Tensor, group: dict[str, Any]) -> None:
        """Take one step of one parameter."""
        momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
        momentum.mul_(group["momentum"]).add_(parameter.grad)
        ahead = parameter.grad + group["momentum"] * momentum
        size = group["lr"] * parameter.norm().clamp(min=1.0)
        parameter.mul_(1 - group["lr"] * group["weight_decay"]).sub_(size * even_directions(ahead))


def even_directions(gradient: Tensor) -> Tensor:
    """Return ``U V^T`` of a gradient, a tensor of its shape and of norm 1; 0 for 0.

    Args:
        gradient: ``(outputs, ...)``; a vector counts as a matrix of one row.
    """
    matrix = gradient.flatten(1) if gradient.ndim > 1 else gradient[None]
    if not matrix.any():
        return torch.zeros_like(gradient)
    left, _, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    even = left @ right
    return (even / even.norm()).to(gradient.dtype).reshape(gradient.shape)
