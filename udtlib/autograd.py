"""Hand-written backward passes: one derivative and no more, said clearly. Book: chapter 05."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from udtlib.errors import DifferentiationError

Gradients = tuple[Tensor | None, ...]


class FirstDerivative(torch.autograd.Function):
    """A function with a backward pass by hand, under `torch.func` (per-sample gradients) too.

    There, what the backward pass needs must be an input or an output of ``forward``, and ``setup_context``
    saves it. The first tensor saved must be one that the answer is differentiated through (an input, or the
    answer itself): a second derivative is noticed by it. There is no forward mode: PyTorch says so.
    """

    generate_vmap_rule = True


def first_derivative_only(backward: Callable[..., Gradients]) -> Callable[..., Gradients]:
    """Return a `FirstDerivative.backward` whose results cannot be differentiated again.

    PyTorch's ``once_differentiable`` notices a second derivative only if the arriving gradient requires
    one, and otherwise leaves its part out in silence. Here whoever asks for one gets `DifferentiationError`.
    """

    @wraps(backward)
    def wrapped(ctx: Any, *arriving: Tensor | None) -> Gradients:
        if arriving[0] is None:  # nothing came back to the answer
            return (None,) * len(ctx.needs_input_grad)
        with torch.no_grad():
            gradients = backward(ctx, *arriving)
        if not torch.is_grad_enabled():  # it is when backward was called with create_graph=True
            return gradients
        behind = [ctx.saved_tensors[0], *(one for one in arriving if one is not None)]
        return tuple(None if g is None else _Refusal.apply(g, *behind) for g in gradients)

    return wrapped


class _Refusal(torch.autograd.Function):
    """The identity, with a backward pass that raises; ``behind`` is what the gradient depends on."""

    generate_vmap_rule = True

    @staticmethod
    def forward(gradient: Tensor, *behind: Tensor) -> Tensor:
        return gradient.view_as(gradient)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> Any:
        raise DifferentiationError(
            "this closed-form gradient cannot be differentiated again; for second derivatives use "
            "backward='autograd' and torch.nn.LocalResponseNorm"
        )
