"""A batch of pairs sorted by what the loss makes of them: weights of Eq. 10, and faults planted among them.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, controls.
The triplets are those of `udtlib.widgets.pairs_batch`. Book: chapter 09.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from udtlib import viz, weights
from udtlib.dcf import gaussian_label
from udtlib.dcf.spectra import make_transform
from udtlib.frames import Frame
from udtlib.network import MEAN_RGB
from udtlib.training.step import LABEL_SIGMA, PATCH
from udtlib.unsupervised import (
    RoundTrip,
    drop_weights,
    motion_weights,
    normalise_weights,
    round_trip_errors,
    track_forward_backward,
)
from udtlib.widgets.base import Choice, Demo, Slider
from udtlib.widgets.pairs_batch import FAULTS, example, plant

CELLS = PATCH - 4  # of a feature map
CHUNK = 8  # triplets looked at together
SORTED_BY = ("reference", "paper", "no motion")
TILE, COLUMNS = 72, 8
DROPPED_COLOUR = np.array([213, 94, 0], np.uint8)


def round_trip(network: nn.Module, patches: NDArray[np.uint8]) -> RoundTrip:
    """Return the round trips of uint8 triplets ``(n, 3, 125, 125, 3)``, without gradient.

    Args:
        network: without padding, ``(N, 3, 125, 125)`` to ``(N, 32, 121, 121)``.
        patches: T, S1, S2.
    """
    label = gaussian_label(CELLS, CELLS, LABEL_SIGMA)
    transform = make_transform(CELLS, CELLS, LABEL_SIGMA)
    trips = []
    for start in range(0, len(patches), CHUNK):
        pixels = torch.from_numpy(patches[start : start + CHUNK]).transpose(0, 1).float()
        roles = (pixels - torch.tensor(MEAN_RGB)).permute(0, 1, 4, 2, 3)
        with torch.no_grad():
            template, *searches = (network(role) for role in roles)
            trips.append(track_forward_backward(template, searches, label, transform=transform))
    return join_trips(trips)


def join_trips(trips: list[RoundTrip]) -> RoundTrip:
    """Return several round trips of one label as one."""
    responses, labels = (
        tuple(torch.cat(maps) for maps in zip(*(getattr(trip, name) for trip in trips), strict=True))
        for name in ("responses", "pseudo_labels")
    )
    return RoundTrip(trips[0].label, responses, labels, torch.cat([trip.back for trip in trips]))


class Judged(NamedTuple):
    """What the loss makes of some triplets: all ``(n,)``.

    Attributes:
        errors: unweighted, by which A_drop sorts.
        reference: A_motion by the reference.
        paper: A_motion by the paper.
    """

    errors: Tensor
    reference: Tensor
    paper: Tensor


def judge(network: nn.Module, patches: NDArray[np.uint8]) -> Judged:
    """Return errors and motion of uint8 triplets ``(n, 3, 125, 125, 3)``; network as in `round_trip`."""
    trip = round_trip(network, patches)
    errors = round_trip_errors(trip.back, trip.label, "paper")
    return Judged(errors, motion_weights(trip, "reference"), motion_weights(trip, "paper"))


def moving_places() -> list[int]:
    """Return the places of the example's moving triplets, those a fault may hit."""
    return [place for place, kind in enumerate(example().kinds) if kind == "moving"]


@cache
def planted(fault: str) -> NDArray[np.uint8]:
    """Return the example's moving triplets ``(24, 3, 125, 125, 3)``, each with the fault."""
    return np.stack([plant(example(), place, fault) for place in moving_places()])


@cache
def judged(fault: str) -> Judged:
    """Return how the default weights judge the batch (no fault), or each moving triplet with the fault."""
    network = weights.default().network(padded=False)
    return judge(network, example().patches if fault == "none" else planted(fault))


def weigh(fault: str, pair: int, motion: str, drop_percent: float) -> tuple[Tensor, Tensor]:
    """Return A_norm ``(32,)`` and the errors ``(32,)`` of the example with a fault in one triplet.

    Args:
        fault: one of `FAULTS`.
        pair: which of the moving triplets it hits, 0..23.
        motion: the form of A_motion, one of `SORTED_BY`.
        drop_percent: share of the highest errors that A_drop leaves out, 0..50.
    """
    numbers = [values.clone() for values in judged("none")]
    if fault != "none":
        for values, new in zip(numbers, judged(fault), strict=True):
            values[moving_places()[pair]] = new[pair]
    errors, reference, paper = numbers
    moved = {"reference": reference, "paper": paper, "no motion": torch.ones_like(errors)}[motion]
    return normalise_weights(drop_weights(errors, drop_percent / 100), moved), errors


def effective(weights_of_pairs: Tensor) -> float:
    """Return how many equal weights would spread as well, ``1 / sum A^2``, for weights that sum to 1."""
    return float(1 / weights_of_pairs.square().sum())


def tile(patch: Frame, dropped: bool) -> Frame:
    """Return a patch small, in a frame of red where its pair is dropped."""
    small = viz.resize_area(patch, TILE)
    if dropped:
        small[:4], small[-4:], small[:, :4], small[:, -4:] = (DROPPED_COLOUR,) * 4
    return small


def sorted_sheet(patches: NDArray[np.uint8], weights_of_pairs: Tensor) -> Frame:
    """Return patches ``(n, 125, 125, 3)``, largest weight first, eight in a row; Fig. 5 of the paper.

    The number is the weight, 1.0 being an equal share; red frames were dropped (weight 0).
    """
    shares = (weights_of_pairs * len(weights_of_pairs)).tolist()
    order = sorted(range(len(shares)), key=lambda k: -shares[k])
    tiles = [tile(patches[k], shares[k] == 0) for k in order]
    return viz.contact_sheet(tiles, COLUMNS, [f"{shares[k]:.2f}" for k in order], gap=2)


def draw(drop_percent: float = 10, motion: str = "reference", fault: str = "none", pair: int = 0) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `weigh`.

    The templates, sorted by weight; of the faulty triplet the patch that is at fault.
    """
    shares, errors = weigh(fault, pair, motion, drop_percent)
    place = moving_places()[pair]
    shown = example().patches[:, 0].copy()
    if fault != "none":
        shown[place] = planted(fault)[pair, 1 if fault.endswith("S1") else 2]
    lines = [
        f"A_motion: {motion}; dropped: {drop_percent:g} %; fault: {fault}",
        f"loss {float((shares * errors).sum()):,.1f}; the batch counts as {effective(shares):.1f} pairs",
    ]
    if fault != "none":
        lines += [
            f"the faulty pair: error {float(errors[place]):,.0f}, weight {32 * float(shares[place]):.2f}"
        ]
    sheet = sorted_sheet(shown, shares)
    return np.vstack([*(viz.text_strip(line, sheet.shape[1]) for line in lines), sheet])


def demo() -> Demo:
    """Return the demo: two sliders and two menus, and as static twin two settings, one under the other."""
    controls: dict[str, Slider | Choice] = {
        "drop_percent": Slider(0, 50, 10),
        "motion": Choice(SORTED_BY, "reference"),
        "fault": Choice(FAULTS, "none"),
        "pair": Slider(0, len(moving_places()) - 1, 0, off_when=("fault", "none")),
    }
    for fault in FAULTS:  # judged here, so that no control waits for it
        judged(fault)
    unseen = int(judged("fade in S1").errors.argmin())
    return Demo(
        draw,
        controls,
        np.vstack([draw(fault="fade in S2", pair=unseen), draw(fault="fade in S1", pair=unseen)]),
        title="A batch, sorted by weight",
        alt="The 32 templates of a batch, the largest weight first; dropped ones have a red frame.",
    )
