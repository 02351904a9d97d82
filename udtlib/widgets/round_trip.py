"""Forward and back on one pair of patches: choose both, the label for the way back, and watch the loss.

`solve` is one round trip of Eq. 4 to 6 without a network's gradient; ``demo()`` as a cell's last line shows
a static picture and, where a kernel is live, its controls. Book: chapter 07.
"""

from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from udtlib import viz
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.motion import ClipSettings, Motion
from udtlib.dcf import default_sigma, effective_regularisation, gaussian_label
from udtlib.dcf.spectra import HalfPlane, respond
from udtlib.errors import UnknownNameError
from udtlib.frames import Frame
from udtlib.labels import peak_displacement
from udtlib.network import FeatureNetwork
from udtlib.patches import crop, hann_window
from udtlib.unsupervised import pseudo_labels, round_trip_errors
from udtlib.widgets.base import Check, Choice, Control, Demo, Slider
from udtlib.widgets.layer import as_input

PATCH, SIDE, CONTEXT, PANEL = 125, 121, 3.0, 120  # patch, features, patch over target, drawn panel
CLIPS: dict[str, dict[str, Any]] = {  # which clip, and which of its frames is T
    "turning target": {"start": 0, "seed": 11, "in_plane_rotation": 0.3},
    "occluder": {"start": 20, "seed": 7, "occlusion": 0.6},
    "lookalikes": {"start": 0, "seed": 4, "background_clutter": 1.0},
}
SEARCHES = ("same clip", "another clip")
LABELS = ("clean Gaussian", "raw response")
LONGEST = 12  # frames between T and S, at most


class Trip(NamedTuple):
    """One way there and back.

    Attributes:
        template: T, RGB ``(125, 125, 3)`` uint8.
        search: S, likewise.
        there: the response at S, ``(121, 121)`` float32, wrap-around.
        label: what S was asked to answer as the template of the way back, likewise.
        back: the response at T, likewise.
        error: squared distance of ``back`` from the label T began with (Eq. 6).
        found: ``(dy, dx)`` of the peak at S, in cells.
        target: where the target went, likewise; None if S is of another clip.
        background: where the background went, likewise.
    """

    template: Frame
    search: Frame
    there: NDArray[np.float32]
    label: NDArray[np.float32]
    back: NDArray[np.float32]
    error: float
    found: tuple[float, float]
    target: NDArray[np.float64] | None
    background: NDArray[np.float64] | None


class Look(NamedTuple):
    """One patch of a clip, its features ``(1, 32, 121, 121)``, and what has moved so far, ``(dy, dx)``."""

    patch: Frame
    features: Tensor
    target: NDArray[np.float64]
    background: NDArray[np.float64]


@cache
def network() -> FeatureNetwork:
    """Return the paper's network with random weights (seed 0), not padded, as in training."""
    return FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0))


@cache
def look(clip: str, frame: int) -> Look:
    """Return the patch ``frame`` frames after T, cut where T's is: three times the target's first box.

    Raises:
        UnknownNameError: ``clip`` is not in `CLIPS`.
    """
    if clip not in CLIPS:
        raise UnknownNameError(f"no clip {clip!r}; known: {', '.join(CLIPS)}")
    knobs = dict(CLIPS[clip])
    first = knobs.pop("start")
    sequence = render_clip(frames=first + LONGEST + 1, **knobs)
    x, y, w, h = sequence.boxes[first]
    side = CONTEXT * float(np.sqrt(w * h))
    patch = crop(
        sequence.frames[first + frame],
        (x + w / 2 - side / 2, y + h / 2 - side / 2, side, side),
        (PATCH, PATCH),
    )
    centers = sequence.boxes[:, :2] + sequence.boxes[:, 2:] / 2
    motion = Motion(ClipSettings(first + LONGEST + 1, **knobs))
    ground = np.subtract(motion.background(first + frame), motion.background(first))
    cells = PATCH / side
    with torch.no_grad():
        features = network()(as_input(patch))
    return Look(
        patch, features, (centers[first + frame] - centers[first])[::-1] * cells, ground[::-1] * cells
    )


def solve(clip: str, frame: int, search: str, way_back: str, channels: int, window: bool) -> Trip:
    """Track from T to S and back to T (Eq. 4 to 6).

    Args:
        clip: a key of `CLIPS`, where T is from.
        frame: how many frames later S is, 0..12.
        search: ``"same clip"``, or ``"another clip"`` for an S that has nothing to do with T.
        way_back: S's label: ``"clean Gaussian"`` (the pseudo-label) or ``"raw response"``, as it is.
        channels: how many feature maps are used, 1..32.
        window: whether Hann's fades the features (in training it does not): it says that the middle is meant.

    Raises:
        UnknownNameError: an unknown clip, search or label.
    """
    if search not in SEARCHES or way_back not in LABELS:
        raise UnknownNameError(f"known: {', '.join((*SEARCHES, *LABELS))}; found {search!r}, {way_back!r}")
    same = search == "same clip"
    names = list(CLIPS)
    start = look(clip, 0)
    later = look(clip if same else names[names.index(clip) - 1], frame)
    fade = torch.from_numpy(hann_window(SIDE, SIDE)) if window else torch.ones(SIDE, SIDE)
    features = [fade * each.features[:, :channels] for each in (start, later)]
    transform, ridge = HalfPlane(SIDE, SIDE), effective_regularisation(features[0], 1e-4, normalise=True)
    x, z = map(transform.spectrum, features)  # each patch is template once and search patch once
    wanted = gaussian_label(SIDE, SIDE, default_sigma(PATCH, PATCH))
    there = respond(x, z, wanted[None], ridge, transform)
    label = pseudo_labels(there, wanted) if way_back == "clean Gaussian" else there
    back = respond(z, x, label, ridge, transform)
    error = float(round_trip_errors(back, wanted[None], "paper"))
    maps = [each[0].numpy() for each in (there, label, back)]
    found = peak_displacement(maps[0])
    target, background = (later.target, later.background) if same else (None, None)
    return Trip(start.patch, later.patch, maps[0], maps[1], maps[2], error, found, target, background)


def draw(
    clip: str = "turning target",
    frame: int = 6,
    search: str = "same clip",
    way_back: str = "clean Gaussian",
    channels: int = 32,
    window: bool = False,
) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `solve`.

    Panels: T, S, the response there, S's label, the response back at T, and its squared distance from home.
    In maps "nothing moved" is the middle. At S a circle is where the target (green) or the background (blue)
    went, a cross the peak.
    """
    trip = solve(clip, frame, search, way_back, channels, window)
    there = viz.map_and_bar(trip.there, PANEL)
    for truth, color in ((trip.target, viz.TRUTH), (trip.background, viz.SECOND)):
        if truth is not None:
            viz.mark_point(there, place(truth), color, "circle")
    viz.mark_point(there, place(np.array(trip.found)), viz.PREDICTION)
    home = np.asarray(gaussian_label(SIDE, SIDE, default_sigma(PATCH, PATCH)))
    panels = {
        "T": beside_no_bar(trip.template),
        f"S, {frame} frames on": beside_no_bar(trip.search),
        f"response at S: {trip.there.max():.2f}": there,
        "label of S": viz.map_and_bar(trip.label, PANEL),
        f"back at T: {trip.back.max():.2f}": viz.map_and_bar(trip.back, PANEL),
        "squared distance": viz.map_and_bar((trip.back - home) ** 2, PANEL, limits=(0, 0.2)),
    }
    sheet = viz.contact_sheet(list(panels.values()), 3, list(panels))
    setting = f"{clip}, {search}, {way_back}, {channels} channels, window {window:d}"
    peak = "peak at ({:+.0f}, {:+.0f})".format(*trip.found)
    return viz.caption(sheet, f"{setting}: {peak}, loss {trip.error:.1f}")


def beside_no_bar(patch: Frame) -> Frame:
    """Return a patch as large as a map with its colour bar, which is white here."""
    return np.pad(viz.resize_nearest(patch, PANEL), ((0, 0), (0, viz.BAR), (0, 0)), constant_values=255)


def place(displacement: NDArray[np.float64]) -> tuple[int, int]:
    """Return ``(x, y)`` in a drawn response for a displacement ``(dy, dx)`` in cells, inside the picture."""
    y, x = np.clip((SIDE // 2 + displacement + 0.5) * PANEL / SIDE, 0, PANEL - 1).astype(int)
    return int(x), int(y)


def demo() -> Demo:
    """Return the demo: six controls, and as static twin four settings, one under the other."""
    controls: dict[str, Control] = {
        "clip": Choice(tuple(CLIPS), "turning target"),
        "frame": Slider(0, LONGEST, 6),
        "search": Choice(SEARCHES, "same clip"),
        "way_back": Choice(LABELS, "clean Gaussian"),
        "channels": Slider(1, 32, 32),
        "window": Check(False),
    }
    for clip, frame in product(CLIPS, range(LONGEST + 1)):  # found here, so that no control waits for it
        look(clip, frame)
    twin = [
        draw(),
        draw(frame=10, window=True),
        draw(search="another clip"),
        draw(search="another clip", way_back="raw response", channels=1),
    ]
    return Demo(
        draw,
        controls,
        np.vstack(twin),
        title="Forward, and back",
        alt="Template and search patch, the responses forward and back, and the label they should equal.",
    )
