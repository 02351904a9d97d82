"""Fig. 3 staged: a target that hides, a lookalike, and what two and three frames say about it.

T shows the target in the middle. In S1 it is more or less hidden, and a lookalike stands to the right. In S2
the target is back, or not, and the lookalike has gone on a little. Nothing else can be followed: every frame
has a faint ground of its own. ``demo()`` as a cell's last line shows a static picture and, where a kernel is
live, sliders. Book: chapter 08.

Convention: places are ``(dy, dx)`` in cells of the features, which are pixels of the patch, from its middle.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from udtlib import viz, weights
from udtlib.data.synthetic.textures import texture
from udtlib.dcf import default_sigma, gaussian_label
from udtlib.dcf.spectra import HalfPlane, Transform, make_transform
from udtlib.frames import Frame
from udtlib.labels import peak_displacement
from udtlib.network import CHANNELS, MEAN_RGB
from udtlib.signed_maps import grey_bar, grey_map
from udtlib.unsupervised import RoundTrip, follow, round_trip_errors
from udtlib.widgets.base import Demo, Slider

PATCH, SIDE, PANEL = 125, 121, 150  # patch, features, drawn panel
SIGMA = default_sigma(PATCH, PATCH)
TARGET_RADIUS, LOOKALIKE_RADIUS, GROUND_CONTRAST, OBJECT_CONTRAST = 24, 20, 4.0, 48.0
RIDGE = 1e-4 * CHANNELS * SIDE**2  # lambda, relative to the features' energy
ROUTES = {"two": (0, 1, 0), "direct": (0, 1, 2, 0), "chained": (0, 1, 2, 1, 0)}  # over T, S1, S2
WAYS = {"two": "two frames", "direct": "three, direct", "chained": "three, chained"}

Floats = NDArray[np.float64]
Place = tuple[float, float]

IN_S1: Place = (8, -12)  # the target's place in S1
IN_S2: Place = (20, -14)  # in S2, unless a slider moves it
LOOKALIKE: tuple[Place, Place] = ((-8, 38), (-14, 33))  # the lookalike's places in S1 and S2


class Stage(NamedTuple):
    """Three staged patches and the truth.

    Attributes:
        patches: RGB ``(3, 125, 125, 3)`` uint8: T, S1, S2.
        target: where the target is in S1 and S2.
        lookalike: where the lookalike is in S1 and S2.
    """

    patches: NDArray[np.uint8]
    target: tuple[Place, Place]
    lookalike: tuple[Place, Place]


class Verdict(NamedTuple):
    """What the round trips over one stage found.

    Attributes:
        trips: ``"two"``: T to S1 and back (Eq. 6); ``"direct"``: T to S1 to S2 and straight back (Eq. 8, the
            authors' code); ``"chained"``: back the way it came.
        losses: their errors ``||R_T - Y_T||^2``.
        homes: where their last responses peak; ``(0, 0)`` is home.
        found: where the tracker believes to be in S1 and S2.
    """

    trips: dict[str, RoundTrip]
    losses: dict[str, float]
    homes: dict[str, Place]
    found: tuple[Place, Place]


@cache
def materials() -> tuple[Floats, Floats, Floats]:
    """Return two surfaces ``(49, 49, 3)`` of equal contrast, and a faint ground ``(3, 125, 125, 3)``."""
    rng = np.random.default_rng(5)
    side = 2 * TARGET_RADIUS + 1
    target, other = (contrasted(texture("leaves", side, side, rng), OBJECT_CONTRAST) for _ in range(2))
    grounds = [contrasted(texture("noise", PATCH, PATCH, rng), GROUND_CONTRAST) for _ in range(3)]
    return target, other, np.stack(grounds)


def contrasted(picture: NDArray, contrast: float) -> Floats:
    """Return ``picture`` ``(H, W, 3)`` with mean 0 and standard deviation ``contrast``, float64."""
    centred = picture.astype(np.float64) - picture.mean((0, 1))
    return centred * (contrast / centred.std())


def stand(picture: Floats, surface: Floats, place: Place, radius: int, cover: float) -> None:
    """Draw a disc cut from the middle of ``surface`` at ``place`` **into** ``picture``, ``cover`` opaque.

    Its ``radius`` is at most half of the surface's side.
    """
    y, x = (PATCH // 2 + round(step) for step in place)
    rows, columns = (np.arange(max(0, at - radius), min(PATCH, at + radius + 1)) - at for at in (y, x))
    disc = np.clip(radius + 0.5 - np.hypot(rows[:, None], columns), 0, 1)[..., None] * cover
    middle, there = len(surface) // 2, np.ix_(rows + y, columns + x)
    picture[there] += disc * (surface[np.ix_(rows + middle, columns + middle)] - picture[there])


def stage(hidden: tuple[float, float] = (1.0, 0.0), likeness: float = 0.8, in_s2: Place = IN_S2) -> Stage:
    """Return the three patches.

    Args:
        hidden: how far the target has faded into the ground in S1 and in S2: 0 not at all, 1 it is gone.
        likeness: correlation of the lookalike's surface with the target's, 0..1, at equal contrast.
        in_s2: where the target is in S2.
    """
    target, other, grounds = materials()
    lookalike = contrasted(likeness * target + (1 - likeness**2) ** 0.5 * other, OBJECT_CONTRAST)
    pictures = grounds.copy()
    for picture, place in zip(pictures[1:], LOOKALIKE, strict=True):
        stand(picture, lookalike, place, LOOKALIKE_RADIUS, 1)
    places: tuple[Place, ...] = ((0, 0), IN_S1, in_s2)
    covers = (1, 1 - hidden[0], 1 - hidden[1])
    for picture, place, cover in zip(pictures, places, covers, strict=True):
        stand(picture, target, place, TARGET_RADIUS, cover)
    return Stage(np.clip(np.rint(pictures + 118), 0, 255).astype(np.uint8), (IN_S1, in_s2), LOOKALIKE)


@cache
def network() -> nn.Module:
    """Return the shipped network, without padding as in training."""
    return weights.default().network(padded=False)


def features(patches: NDArray[np.uint8], phi: nn.Module | None = None) -> Tensor:
    """Return the features ``(N, 32, 121, 121)`` of RGB patches ``(N, 125, 125, 3)``, without gradient.

    ``phi`` is the shipped network unless another is given.
    """
    pixels = torch.from_numpy(patches.astype(np.float32) - np.array(MEAN_RGB, np.float32))
    with torch.no_grad():
        return (phi or network())(pixels.permute(0, 3, 1, 2))


@cache
def quick() -> Transform:
    """Return the transform that keeps the frequencies of the label only, for the live demo."""
    return make_transform(SIDE, SIDE, SIGMA)


@lru_cache(maxsize=64)
def spectrum_of(patch: bytes) -> Tensor:
    """Return `quick`'s spectrum of the shipped network's features of a patch: a slider changes one or two."""
    pixels = np.frombuffer(patch, np.uint8).reshape(1, PATCH, PATCH, 3)
    return quick().spectrum(features(pixels))


def validate(scene: Stage, phi: nn.Module | None = None) -> Verdict:
    """Track over a stage in three ways; ``phi`` is the shipped network unless another is given."""
    exact = HalfPlane(SIDE, SIDE)
    return judge([exact.spectrum(maps) for maps in features(scene.patches, phi).split(1)], exact)


def judge(spectra: Sequence[Tensor], transform: Transform) -> Verdict:
    """Track from T, S1, S2, each as the spectrum that ``transform`` makes of its features, in three ways."""
    label = gaussian_label(SIDE, SIDE, SIGMA)[None]
    trips = {
        way: go([spectra[patch] for patch in route], len(set(route)) - 1, label, transform)
        for way, route in ROUTES.items()
    }
    losses = {way: float(round_trip_errors(trip.back, trip.label, "paper")) for way, trip in trips.items()}
    homes = {way: peak_displacement(trip.back[0].numpy()) for way, trip in trips.items()}
    first, second = (peak_displacement(response[0].numpy()) for response in trips["direct"].responses)
    return Verdict(trips, losses, homes, (first, second))


def go(visited: Sequence[Tensor], out: int, label: Tensor, transform: Transform) -> RoundTrip:
    """Return the trip over patches, each given as its spectrum; ``out`` steps of it are the way out."""
    responses, labels = follow(visited, label, label, RIDGE, transform)
    return RoundTrip(label, tuple(responses[:out]), tuple(labels[:out]), responses[-1])


def draw(
    hidden_in_S1: float = 1.0, hidden_in_S2: float = 0.0, likeness: float = 0.8, S2_right: float = IN_S2[1]
) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `stage`, ``S2_right`` is dx in S2.

    Panels: T, S1, S2 (a circle on the target, a cross where the tracker believes to be), then the three
    responses at T, home in the middle; grey is 0, white high, black below 0.
    """
    scene = stage((hidden_in_S1, hidden_in_S2), likeness, (IN_S2[0], S2_right))
    verdict = judge([spectrum_of(patch.tobytes()) for patch in scene.patches], quick())
    panels = {"T": marked(scene.patches[0], (0, 0), (0, 0))}
    for name, patch, truth, found in zip(
        ("S1", "S2"), scene.patches[1:], scene.target, verdict.found, strict=True
    ):
        panels[name] = marked(patch, truth, found)
    reach = max(float(trip.back.abs().max()) for trip in verdict.trips.values())
    for way, trip in verdict.trips.items():
        picture = grey_map(np.fft.fftshift(trip.back[0].numpy()), reach)
        panels[f"{WAYS[way]}: {verdict.losses[way]:.0f}"] = marked(picture, (0, 0), verdict.homes[way])
    panels[""] = grey_bar(PANEL, reach)
    row = viz.side_by_side(*(viz.caption(picture, name) for name, picture in panels.items()))
    text = f"target hidden {hidden_in_S1:g} in S1, {hidden_in_S2:g} in S2; likeness {likeness:g}; "
    return viz.caption(row, f"{text}circle: the truth, cross: the tracker, numbers: the loss")


def marked(picture: Frame, truth: Place, found: Place) -> Frame:
    """Return a square picture enlarged, with a circle at ``truth`` and a cross at ``found``."""
    drawn, side = viz.resize_nearest(picture, PANEL), len(picture)
    for place, color, kind in ((truth, viz.TRUTH, "circle"), (found, viz.PREDICTION, "cross")):
        row, column = (int((side // 2 + step + 0.5) * PANEL / side) for step in place)
        viz.mark_point(drawn, (column, row), color, kind)
    return drawn


def demo() -> Demo:
    """Return the demo: four sliders; the twin shows a good trip, a deflected one, one that never recovers."""
    sliders = {
        "hidden_in_S1": Slider(0, 1, 1, 0.1),
        "hidden_in_S2": Slider(0, 1, 0, 0.1),
        "likeness": Slider(0, 1, 0.8, 0.1),
        "S2_right": Slider(-32, 8, IN_S2[1], 2),
    }
    twin = [draw(hidden_in_S1=0), draw(), draw(hidden_in_S2=1)]
    return Demo(
        draw,
        sliders,
        np.vstack(twin),
        title="Three frames, one of them hidden",
        alt="Three frames with a target and a lookalike, the responses along the trip, and where it ends.",
    )
