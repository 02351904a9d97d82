"""Ways to a low loss, or to none, that follow nothing; and what gives each of them away. Book: chapter 11.

T, S1 and S2 are cut at one place, so a network whose features depend on the place and not on the picture
comes home perfectly: it answers "the centre" to everything. Features that say nothing at all collapse.
`blind_share` finds the first, `effective_channels` the second, and `followed_share` both, by their deeds.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from udtlib.dcf import default_sigma, gaussian_label, learn_filter, response_map
from udtlib.errors import OptionError, ShapeError
from udtlib.labels import peak_displacement
from udtlib.network import CHANNELS, MEAN_RGB, FeatureNetwork

PATCH = 125  # pixels
CELLS = 121

Network = Callable[[Tensor], Tensor]


class PositionCode(nn.Module):
    """Features ``(N, 32, 121, 121)`` that are the same for every picture: a random map a channel."""

    code: Tensor

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("code", 40 * torch.randn(1, CHANNELS, CELLS, CELLS, generator=generator))

    def forward(self, patches: Tensor) -> Tensor:
        """Return the code, once for each of ``patches``, which are not looked at."""
        return self.code.expand(len(patches), -1, -1, -1)


def collapsed_network() -> FeatureNetwork:
    """Return a network whose features are 1 everywhere, whatever it sees."""
    network = FeatureNetwork(padded=False)
    with torch.no_grad():
        network.conv2.weight.zero_()
        assert network.conv2.bias is not None
        network.conv2.bias.fill_(1.0)
    return network


def as_input(patches: NDArray[np.uint8]) -> Tensor:
    """Return patches ``(N, H, W, 3)`` uint8 as the network takes them, ``(N, 3, H, W)`` float32."""
    mean = torch.tensor(MEAN_RGB, dtype=torch.float32).view(3, 1, 1)
    return torch.from_numpy(np.ascontiguousarray(patches)).permute(0, 3, 1, 2).float() - mean


def blind_share(features: Tensor) -> float:
    """Return which share of the features' variance does not depend on the picture, 0..1.

    About ``1 / P`` for P pictures where features know nothing of the place, 1 for a position code; NaN where
    nothing varies at all. A channel's constant level counts neither way.

    Args:
        features: of P different pictures, ``(P, C, H, W)``, at least 2.

    Raises:
        ShapeError: another shape, or one picture.
    """
    if features.ndim != 4 or len(features) < 2:
        raise ShapeError(
            f"expected features (P, C, H, W) of 2 pictures or more, found {tuple(features.shape)}"
        )
    features = features.cpu().double()  # Apple's GPUs have no float64
    centred = features - features.mean((0, 2, 3), keepdim=True)
    total = float(centred.square().mean())
    return float(centred.mean(0).square().mean()) / total if total > 1e-12 else float("nan")


def effective_channels(features: Tensor) -> float:
    """Return how many channels' worth of variance there is: 1 if all say the same, 0 if they say nothing.

    The participation ratio of the covariance's eigenvalues, ``(sum l)^2 / sum l^2``.

    Args:
        features: ``(P, C, H, W)``.
    """
    samples = features.cpu().double().transpose(0, 1).flatten(1)
    covariance = torch.atleast_2d(torch.cov(samples))  # of one channel it is a number
    values = torch.linalg.eigvalsh(covariance).clamp(min=0)
    total = float(values.sum())
    return total**2 / float(values.square().sum()) if total > 1e-9 else 0.0


def moved_pairs(
    frames: Sequence[NDArray[np.uint8]], count: int = 16, reach: int = 20, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
    """Return patches of frames, and the same places seen after the picture has moved.

    Args:
        frames: RGB uint8 ``(H, W, 3)``, at least ``125 + 2 * reach`` pixels each way.
        count: how many pairs; frames are taken in turn.
        reach: the longest move along each axis, in pixels, at least 1.
        seed: of places and moves.

    Returns:
        Templates and search patches ``(count, 125, 125, 3)`` and the true moves ``(count, 2)``, (dy, dx).

    Raises:
        OptionError: no frames, no room in one of them, or numbers out of range.
    """
    room = min((min(frame.shape[:2]) for frame in frames), default=0) - PATCH - 2 * reach
    if room < 0 or reach < 1 or count < 1:
        raise OptionError(
            f"expected a reach and a count of at least 1 and frames of {PATCH + 2 * reach} pixels or more, "
            f"found reach {reach}, count {count}, {len(frames)} frames"
        )
    random = np.random.default_rng(seed)
    moves = random.integers(-reach, reach + 1, (count, 2))
    templates: list[NDArray[np.uint8]] = []
    searches: list[NDArray[np.uint8]] = []
    for index, move in enumerate(moves):
        frame = frames[index % len(frames)]
        corner = random.integers(reach, np.array(frame.shape[:2]) - PATCH - reach + 1)
        for patches, (y, x) in ((templates, corner), (searches, corner - move)):
            patches.append(frame[y : y + PATCH, x : x + PATCH])
    return np.stack(templates), np.stack(searches), moves


@torch.no_grad()
def answers(
    network: Network, templates: NDArray[np.uint8], searches: NDArray[np.uint8]
) -> tuple[Tensor, NDArray[np.float64]]:
    """Return the responses ``(N, 121, 121)`` to pairs of patches, and their peaks ``(N, 2)``, (dy, dx)."""
    label = gaussian_label(CELLS, CELLS, default_sigma(PATCH, PATCH))
    features = network(as_input(np.concatenate([templates, searches])))
    template, search = features.chunk(2)
    responses = response_map(learn_filter(template, label), search)
    found = np.array([peak_displacement(each.numpy()) for each in responses], np.float64)
    return responses, found


def followed_share(found: NDArray[np.float64], moves: NDArray[np.int64]) -> float:
    """Return how much of the true moves the answers follow: 1 all of it, 0 for "always the centre".

    The slope of the regression of ``found`` on ``moves``, both ``(N, 2)``, through the origin.
    """
    return float((found * moves).sum() / np.square(moves).sum())
