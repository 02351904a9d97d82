"""Muon: an optimiser whose step has the same size in every direction of a layer. Book: chapter 11."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from udtlib.devices import in_double


class Muon(Optimizer):
    """Nesterov momentum, then the nearest matrix whose singular values are equal.

    A layer's gradient is dominated by a few directions in which all filters change together; plain descent
    must be slow enough for those and hardly moves in the others. The layer seen as a matrix
    ``(outputs, inputs)``, its momentum is replaced by ``U V^T`` of its singular value decomposition
    (K. Jordan et al. 2024), scaled to the share ``lr`` of the norm the layer began with. The layer may grow:
    features of the starting scale follow fast targets badly (chapter 11). But the step does not grow with
    it, or the growth would feed itself. In long runs ``weight_decay`` bounds it: before each step a layer
    shrinks by the share ``lr * weight_decay``, apart from its gradient, as in AdamW. Biases take the plain
    step of SGD with Nesterov momentum. `torch.optim.Muon` takes matrices only.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float, weight_decay: float = 0.0
    ) -> None:
        """Take the parameters as they are at the start."""
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Change every parameter that has a gradient; no ``closure`` is called."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.change(parameter, group["lr"], group["momentum"], group["weight_decay"])

    def change(self, parameter: Tensor, rate: float, momentum: float, decay: float) -> None:
        """Take one step of one parameter."""
        state = self.state[parameter]
        if not state:
            state["size"] = parameter.norm()
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].mul_(momentum).add_(parameter.grad)
        ahead = parameter.grad + momentum * state["momentum"]
        if parameter.ndim == 1:
            parameter.sub_(rate * ahead)
        else:
            parameter.mul_(1 - rate * decay).sub_(rate * state["size"] * even_directions(ahead))


def even_directions(gradient: Tensor) -> Tensor:
    """Return ``U V^T`` of a gradient, a tensor of its shape and of norm 1; directions it lacks stay out.

    Args:
        gradient: ``(outputs, ...)``; a vector counts as a matrix of one row.
    """
    matrix = gradient.flatten(1) if gradient.ndim > 1 else gradient[None]
    left, sizes, right = torch.linalg.svd(in_double(matrix), full_matrices=False)
    present = (sizes > 1e-6 * sizes[0]).to(sizes)
    even = left * present @ right
    return (even / even.norm().clamp(min=1.0)).to(gradient).reshape(gradient.shape)
