"""Hand-written backward passes: one derivative and no more, said clearly. Book: chapter 05."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from udtlib.errors import DifferentiationError

Gradients = tuple[Tensor | None, ...]


def first_derivative_only(backward: Callable[..., Gradients]) -> Callable[..., Gradients]:
    """Return a `torch.autograd.Function.backward` whose results cannot be differentiated again.

    PyTorch's ``once_differentiable`` notices a second derivative only if the arriving gradient requires
    one, and otherwise leaves its part out in silence. Here it raises `DifferentiationError` always.
    """

    @wraps(backward)
    def wrapped(ctx: Any, *arriving: Tensor) -> Gradients:
        with torch.no_grad():
            gradients = backward(ctx, *arriving)
        if not torch.is_grad_enabled():  # it is when backward was called with create_graph=True
            return gradients
        anchor = torch.zeros((), requires_grad=True)
        return tuple(None if g is None else _Refusal.apply(anchor, g) for g in gradients)

    return wrapped


class _Refusal(torch.autograd.Function):
    """The identity, with a backward pass that raises."""

    @staticmethod
    def forward(ctx: Any, anchor: Tensor, gradient: Tensor) -> Tensor:
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> Any:
        raise DifferentiationError(
            "this closed-form gradient cannot be differentiated again; for second derivatives use "
            "backward='autograd' and torch.nn.LocalResponseNorm"
        )
