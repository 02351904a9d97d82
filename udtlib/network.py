"""The two-layer network phi of the paper (section 4.1) and its local response normalisation.

Conv 3x3x3x32, ReLU, conv 3x3x32x32, LRN: stride 1, 10,144 parameters, nothing after the LRN.
Trained without padding (125 x 125 -> 121 x 121), used padded (125 x 125 -> 125 x 125).
Input: RGB patches in 0..255 minus `MEAN_RGB`. Book: chapters 04 and 06.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from udtlib.autograd import FirstDerivative, first_derivative_only

MEAN_RGB = (123.0, 117.0, 104.0)
CHANNELS = 32
LRN_REACH = 2  # neighbours on each side: 5 channels in all
LRN_SCALE = 1e-4 / 5  # the reference's alpha; PyTorch's argument is 5 times this
LRN_POWER = 0.75


class FeatureNetwork(nn.Module):
    """The paper's network from patches ``(N, 3, H, W)`` to features ``(N, 32, H', W')``.

    ``padded=True`` keeps the size (tracking), ``False`` loses two cells on each side (training). The
    weights are the same for both. Convolutions may run in half precision (autocast); the features
    that come out are float32 then.
    """

    def __init__(self, padded: bool = True, generator: torch.Generator | None = None) -> None:
        """Draw He-normal weights, as the reference does, from ``generator``; biases are 0."""
        super().__init__()
        padding = 1 if padded else 0
        self.conv1 = nn.Conv2d(3, CHANNELS, 3, padding=padding, dtype=torch.float32)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=padding, dtype=torch.float32)
        for layer in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, patches: Tensor) -> Tensor:
        """Return the features; memory runs channel by channel last (fastest for both convolutions)."""
        # by permuting, for `torch.func.vmap` knows no memory formats
        patches = patches.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
        features = self.conv2(functional.relu(self.conv1(patches), inplace=True))
        return local_response_norm(features) if torch.is_grad_enabled() else normalise_in_place(features)


def local_response_norm(features: Tensor) -> Tensor:
    """Return ``x / (1 + 2e-5 * s) ** 0.75``, s the sum of ``x**2`` over 5 neighbouring channels.

    Equal to ``torch.nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)``, forward and backward, in a
    fifth of its time: the sum over channels is a 1x1 convolution with a band of ones, and
    ``d**-0.75`` two square roots. Half precision is computed, and returned, in float32.

    Args:
        features: ``(N, C, H, W)``, any C; fastest in channels-last memory.
    """
    return _FastLrn.apply(features)[0]


PIXELS_AT_ONCE = 4096
"""Of 32 channels half a megabyte: what is computed stays in the processor's cache until it is used."""


def normalise_in_place(features: Tensor) -> Tensor:
    """Return `local_response_norm` of ``features`` without gradient; they may be overwritten.

    On a CPU `PIXELS_AT_ONCE`, in memory that runs channel by channel.
    """
    last = features.permute(0, 2, 3, 1).contiguous()
    half = last.dtype in (torch.float16, torch.bfloat16)
    normalised = torch.empty_like(last, dtype=torch.float32) if half else last
    pixels, results = last.flatten(0, 2), normalised.flatten(0, 2)
    kernel, bias = _kernel_for(normalised.permute(0, 3, 1, 2))
    together = PIXELS_AT_ONCE if last.device.type == "cpu" else max(len(pixels), 1)
    with torch.autocast(last.device.type, enabled=False):
        for part, result in zip(pixels.split(together), results.split(together), strict=True):
            exact = part.to(result.dtype)
            squares = exact.square()
            base = torch.addmm(bias, squares, kernel[:, :, 0, 0]).rsqrt_()
            torch.mul(exact, base, out=result).mul_(torch.sqrt(base, out=squares))
    return normalised.permute(0, 3, 1, 2)


class _FastLrn(FirstDerivative):
    """`local_response_norm` and its gradient; keeps its input and the denominator, no more."""

    @staticmethod
    def forward(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = features.float() if features.dtype in (torch.float16, torch.bfloat16) else features
        kernel, bias = _kernel_for(x)
        base = _across_channels(x.square(), kernel, bias)
        return inverse_three_quarters(base.clone()).mul_(x), base, kernel

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        """Save input, denominator and kernel; one that is made on the way back belongs to a transform."""
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(inputs[0], *output[1:])

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, gradient: Tensor, *_: None) -> tuple[Tensor]:
        features, base, kernel = ctx.saved_tensors
        x = features.to(base.dtype)
        scale = inverse_three_quarters(base.clone())
        scaled = gradient * scale
        spread = _across_channels((scaled * x).div_(base), kernel)
        return (scaled.sub_(spread.mul_(x).mul_(2 * LRN_POWER)).to(features.dtype),)


def _across_channels(values: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return the 1x1 convolution of ``values``, both ``(N, C, H, W)``.

    Image rows stand in as the batch, for on one thread PyTorch hands only large batches of such
    convolutions to its fast library.
    """
    count, channels, height, width = values.shape
    rows = values.permute(0, 2, 3, 1).reshape(count * height, 1, width, channels).permute(0, 3, 1, 2)
    with torch.autocast(values.device.type, enabled=False):
        summed = functional.conv2d(rows, kernel, bias)
    return summed.permute(0, 2, 3, 1).reshape(count, height, width, channels).permute(0, 3, 1, 2)


def _kernel_for(values: Tensor) -> tuple[Tensor, Tensor]:
    make = neighbour_kernel if torch.compiler.is_compiling() else _kept_kernel
    return make(values.shape[1], values.dtype, values.device)


@lru_cache(maxsize=16)
def _kept_kernel(*arguments: Any) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):  # a tracker may be first, and training uses it too
        return neighbour_kernel(*arguments)


def neighbour_kernel(channels: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the 1x1 kernel ``(C, C, 1, 1)`` and bias ``(C,)`` that make the norm's denominator of squares.

    That is 1 plus `LRN_SCALE` times the sum over channels c-2..c+2.
    """
    index = torch.arange(channels, device=device)
    band = (index[:, None] - index[None, :]).abs() <= LRN_REACH
    kernel = (LRN_SCALE * band.to(dtype))[:, :, None, None]
    return kernel, torch.ones(channels, dtype=dtype, device=device)


def inverse_three_quarters(base: Tensor) -> Tensor:
    """Return ``base ** -0.75`` in place of ``base``, as ``r * sqrt(r)`` with ``r = base ** -0.5``."""
    root = base.rsqrt_()
    return root.mul_(root.sqrt())
