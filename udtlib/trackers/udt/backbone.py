"""Another network in the UDT tracker's place of its own: what it must do, measured before it is used.

What must hold, and is looked at when the tracker is made:

- From patches ``(N, 3, S, S)``, RGB in 0..255 minus `udtlib.network.MEAN_RGB`, it makes one tensor of finite
  features ``(N, C, s, s)``: any number of channels, a square of `FEWEST` cells a side or more.
- A picture's features do not depend on the others in its batch. It is used in evaluation mode, a copy of it.
- A patch moved by ``stride`` pixels gives features moved by one cell; the stride is a whole number. A
  correlation filter finds a target by that. The borders may differ, and `LIKENESS` of the rest is enough.

Book: chapter 06.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from udtlib.arguments import shown
from udtlib.devices import in_double
from udtlib.errors import OptionError
from udtlib.weights import Weights

FEWEST = 8
LIKENESS = 0.5
"""Least correlation between features and those of the patch moved by one stride: 1 for convolutions away from
the border, next to nothing for a network that mixes all places."""


@dataclass(frozen=True)
class Backbone:
    """A network with what the tracker has to know of it.

    Attributes:
        network: the copy in use, in evaluation mode and without gradients.
        cells: side of its feature maps.
        stride: pixels of the patch from one cell to the next.
    """

    network: nn.Module
    cells: int
    stride: int


def own_backbone(weights: Weights, patch_size: int, device: torch.device) -> Backbone:
    """Return the network of ``weights``: a cell a pixel."""
    return Backbone(weights.network().to(device).requires_grad_(False), patch_size, 1)


def check_beside(weights: object, dtype: str) -> None:
    """Refuse what does not go together with another network.

    Raises:
        OptionError: weights, or another dtype than float32.
    """
    if weights is not None or dtype != "float32":
        raise OptionError(
            "network: expected neither weights nor another dtype than float32 beside it, found "
            f"weights={shown(weights)}, dtype={dtype}"
        )


def measured(network: nn.Module, patch_size: int, device: torch.device) -> Backbone:
    """Return a copy of a network on ``device``, with cells and stride for patches of ``patch_size``.

    Raises:
        OptionError: it raises an exception, or what must hold (see above) does not.
    """
    used = _copied(network, device)
    noise = _noise(patch_size, device)
    features = _features(used, noise, patch_size, 0)
    _check_alone(used, noise, patch_size, features)
    cells = features.shape[-1]
    longest = min((patch_size - 1) // (cells - 1), patch_size // 2)
    if longest < 1:
        raise OptionError(
            f"network: expected at most a cell a pixel, found {cells} cells for {patch_size} pixels a side"
        )
    likenesses = {
        step: _likeness(features, _features(used, noise, patch_size, step)) for step in range(1, longest + 1)
    }
    stride, likeness = max(likenesses.items(), key=lambda item: item[1])
    if likeness < LIKENESS:
        raise OptionError(
            f"network: expected features that move by a cell when the patch moves by the stride; at best, "
            f"by {stride} pixels, their correlation is {likeness:.2f} (at least {LIKENESS}). Networks with "
            "pooling over the whole image, attention or few cells do not do that; take an earlier layer"
        )
    return Backbone(used, cells, stride)


def _copied(network: nn.Module, device: torch.device) -> nn.Module:
    """Return a copy on ``device``, in evaluation mode and without gradients.

    Raises:
        OptionError: it cannot be copied.
    """
    try:
        return deepcopy(network).to(device).eval().requires_grad_(False)
    except Exception as error:  # whatever somebody's attributes raise
        raise OptionError(
            f"network: raised {type(error).__name__} when it was copied to {device}: {_text(error)}"
        ) from error


def _text(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _answer(network: nn.Module, patches: Tensor) -> Any:
    """Return what the network makes of patches ``(N, 3, S, S)``.

    Raises:
        OptionError: it raises an exception.
    """
    try:
        with torch.inference_mode():
            return network(patches)
    except Exception as error:  # whatever a stranger's network raises
        raise OptionError(
            f"network: raised {type(error).__name__} on patches {tuple(patches.shape)}: {_text(error)}"
        ) from error


def _noise(patch_size: int, device: torch.device) -> Tensor:
    """Return smooth noise ``(1, 3, H, W)`` about 0, half a patch wider than one, as strong as a picture."""
    side = patch_size + patch_size // 2
    generator = torch.Generator().manual_seed(0)
    rough = torch.randn(1, 3, side, side, generator=generator, dtype=torch.float32)
    smooth = functional.avg_pool2d(rough, 3, stride=1, padding=1)
    return (50 / smooth.std() * smooth).to(device)


def _features(network: nn.Module, noise: Tensor, patch_size: int, step: int) -> Tensor:
    """Return the features of the patch ``step`` pixels right and down, if the tracker can use them.

    Raises:
        OptionError: it cannot.
    """
    patch = noise[..., step : step + patch_size, step : step + patch_size]
    features = _answer(network, patch)
    if not isinstance(features, Tensor):
        raise OptionError(f"network: expected a tensor of features, found {type(features).__name__}")
    shape = tuple(features.shape)
    if len(shape) != 4 or shape[0] != 1 or shape[2] != shape[3] or shape[3] < FEWEST:
        raise OptionError(
            f"network: expected features (1, C, s, s) with s at least {FEWEST} for patches "
            f"{tuple(patch.shape)}, found {shape}; an earlier layer, or a larger patch_size, has more cells"
        )
    if features.dtype != torch.float32 or not torch.isfinite(features).all():
        raise OptionError(f"network: expected finite float32 features, found others ({features.dtype})")
    return features


def _check_alone(network: nn.Module, noise: Tensor, patch_size: int, features: Tensor) -> None:
    """Refuse a network in which the pictures of a batch depend on each other.

    Raises:
        OptionError: they do.
    """
    patch = noise[..., :patch_size, :patch_size]
    together = _answer(network, torch.cat([patch.flip(-1), patch]))
    whole = isinstance(together, Tensor) and together.shape == (2, *features.shape[1:])
    near = 1e-2 * float(features.abs().max())
    if not whole or not torch.allclose(together[1:], features, rtol=1e-2, atol=near):
        raise OptionError("network: expected the same features of a patch whatever else is in its batch")


def _likeness(features: Tensor, moved: Tensor) -> float:
    """Return the correlation of features with those of a patch moved, one cell back, away from the border."""
    edge = features.shape[-1] // 4
    here, there = features[..., 1:, 1:], moved[..., :-1, :-1]
    inner = [in_double(one[0, :, edge:-edge, edge:-edge]) for one in (here, there)]
    one, other = (part - part.mean((-1, -2), keepdim=True) for part in inner)
    norms = one.norm() * other.norm()
    return float((one * other).sum() / norms) if norms > 0 else 0.0
