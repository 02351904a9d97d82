"""The response-map explorer: place a template, slide the search patch, change everything, see the peak move.

`solve` is one step of a tracker without scales; ``demo()`` as a cell's last line shows a static picture
and, where a kernel is live, its controls. Features are kept, so that only what changed is computed
again. Book: chapter 06.
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from udtlib import viz
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.dcf import gaussian_label, learn_filter, response_map
from udtlib.errors import UnknownNameError
from udtlib.features import colour, fhog, grey
from udtlib.frames import Frame
from udtlib.labels import peak_displacement, peak_to_sidelobe
from udtlib.network import FeatureNetwork
from udtlib.patches import crop, hann_window
from udtlib.signed_maps import map_and_grey_bar
from udtlib.weights import get_weights
from udtlib.widgets.base import Check, Choice, Control, Demo, Grip, Slider
from udtlib.widgets.layer import as_input

PATCH, CONTEXT, PANEL = 125, 2.8, 160  # side of a patch, patch over template, drawn side of a panel
GAP = 4  # white between panels
WIDE = (4 * PANEL + 2 * GAP + 2 * viz.BAR) // 2  # a frame, half as wide as `row`
SETTINGS: list[dict[str, Any]] = [  # of the static twin, beside the start
    {"right": 30, "down": -20},
    {"features": "grey"},
    {"x": 170, "y": 110},
]
# Side of a feature cell in patch pixels.
CELLS = {"grey": 1, "colour": 1, "fhog": 4, "random network": 1, "learned network": 1}
WEIGHTS = {"random network": "random", "learned network": None}  # None: `udtlib.weights.default`


class Step(NamedTuple):
    """One template, one search patch, and what the filter makes of them.

    Attributes:
        template: RGB patch ``(125, 125, 3)`` uint8 of frame 0.
        search: likewise, of the chosen frame.
        filter: the strongest channel of W (Eq. 4), ``(H, W)`` float32, in the template's coordinates.
        response: Eq. 5, ``(H, W)`` float32, in cells of the features, wrap-around.
        found: ``(dx, dy)`` of the peak, in pixels of the frame.
        truth: where it would be if the template is on the clip's target, likewise; else None.
    """

    template: Frame
    search: Frame
    filter: NDArray[np.float32]
    response: NDArray[np.float32]
    found: NDArray[np.float64]
    truth: NDArray[np.float64] | None


@cache
def scene() -> Sequence:
    """Return the clip: 13 frames of 320x240, rendered once. Its target turns and grows a little."""
    clip = render_clip(frames=13, seed=7, in_plane_rotation=0.3, scale_variation=0.2)
    return Sequence(clip.name, list(clip.frames), clip.boxes)


@cache
def network(features: str) -> FeatureNetwork:
    """Return the paper's network: with random weights (seed 0), or those that come with the book."""
    return get_weights(WEIGHTS[features]).network()


@lru_cache(maxsize=64)
def look(frame: int, x: float, y: float, size: float, features: str) -> tuple[Frame, Tensor]:
    """Return the patch ``(125, 125, 3)`` around ``(x, y)`` and its features ``(1, C, H, W)``, not windowed.

    Args:
        frame: index into `scene`.
        x: centre of the template, pixels of the frame.
        y: likewise, down.
        size: side of the template; the patch is 2.8 times as wide and high. Outside the image it is black.
        features: a key of `CELLS`.

    Raises:
        UnknownNameError: other features.
    """
    side = CONTEXT * size
    box = (x - side / 2, y - side / 2, side, side)
    patch = crop(scene().frames[frame], box, (PATCH, PATCH), border="zero")
    if features in WEIGHTS:
        with torch.no_grad():
            return patch, network(features)(as_input(patch))
    if features not in CELLS:
        raise UnknownNameError(f"no features {features!r}; known: {', '.join(CELLS)}")
    extract = {"grey": grey, "colour": colour, "fhog": fhog}[features]
    return patch, torch.from_numpy(extract(patch))[None]


def solve(
    x: float,
    y: float,
    size: float,
    frame: int,
    right: float,
    down: float,
    log10_lambda: float,
    sigma: float,
    window: bool,
    features: str,
) -> Step:
    """Learn a filter on frame 0 and apply it to the search patch (Eq. 4 and 5).

    Args:
        x: centre of the template in frame 0, in pixels.
        y: likewise, down.
        size: side of the template in pixels.
        frame: index of the searched frame, 0..12.
        right: how far the search patch is moved from the template's place, in pixels.
        down: likewise.
        log10_lambda: logarithm of lambda, relative to ``C*H*W``.
        sigma: of the label, in pixels of the patch.
        window: whether Hann's fades the features.
        features: a key of `CELLS`.

    Raises:
        UnknownNameError: other features.
    """
    template, template_features = look(0, x, y, size, features)
    search, search_features = look(frame, x + right, y + down, size, features)
    height, width = template_features.shape[-2:]
    fade = torch.from_numpy(hann_window(height, width)) if window else torch.ones(height, width)
    label = gaussian_label(height, width, sigma / CELLS[features])
    learned = learn_filter(template_features * fade, label, 10.0**log10_lambda)
    response = response_map(learned, search_features * fade)[0].numpy()
    spatial = torch.fft.irfft2(learned, s=(height, width))[0]
    strongest = spatial[int(spatial.square().sum((1, 2)).argmax())].numpy()
    dy, dx = peak_displacement(response)
    found = np.array([dx, dy]) * CONTEXT * size / (width, height)
    return Step(template, search, strongest, response, found, truth(x, y, frame, right, down))


def truth(x: float, y: float, frame: int, right: float, down: float) -> NDArray[np.float64] | None:
    """Return where the target is relative to the search patch's middle, ``(dx, dy)`` in pixels.

    It is taken to move as a whole; None when ``(x, y)`` is not on it in frame 0.
    """
    boxes = scene().boxes
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    on_target = (np.abs(centers[0] - (x, y)) <= boxes[0, 2:] / 2).all()
    return centers[frame] - centers[0] - (right, down) if on_target else None


def draw(
    x: float = 77,
    y: float = 83,
    size: float = 56,
    frame: int = 6,
    right: float = 0,
    down: float = 0,
    log10_lambda: float = -4,
    sigma: float = 4.5,
    window: bool = True,
    features: str = "random network",
) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `solve`.

    Above: frame 0 with the template (blue) and its patch; the searched frame with the search patch, the true
    box (green) and the one the filter finds (orange). Below: `row`.
    """
    step = solve(x, y, size, frame, right, down, log10_lambda, sigma, window, features)
    place, middle = np.array([x, y]), np.array([x + right, y + down])
    first = square(square(scene().frames[0], place, size, 2), place, CONTEXT * size, 1)
    later = viz.draw_box(scene().frames[frame], scene().boxes[frame], viz.TRUTH)
    later = square(later, middle, CONTEXT * size, 1)
    later = square(later, middle + step.found, size, 2, viz.PREDICTION)
    captions = {"frame 0: template and its patch": first, f"frame {frame}: search patch": later}
    above = viz.side_by_side(
        *(viz.caption(enlarged(picture), text) for text, picture in captions.items()), gap=GAP
    )
    below = row(step, CONTEXT * size, f"{features}, lambda 1e{log10_lambda:g}, sigma {sigma:g}")
    return np.vstack([above, below])


def row(step: Step, side: float, text: str) -> Frame:
    """Return template, search patch, filter and response side by side under a line of ``text``.

    In the response "nothing moved" is the middle; a circle is the truth, a cross the peak. ``side`` is the
    patch's in pixels of the frame.
    """
    response = viz.map_and_bar(step.response, PANEL)
    if step.truth is not None:
        viz.mark_point(response, place_of(step.truth, side), viz.WHITE, "circle")
    viz.mark_point(response, place_of(step.found, side), viz.PREDICTION)
    panels = {
        "template patch": viz.resize_nearest(step.template, PANEL),
        "search patch": viz.resize_nearest(step.search, PANEL),
        "filter, strongest channel": map_and_grey_bar(step.filter, PANEL),
        f"response: peak {step.response.max():.2f}, PSR {peak_to_sidelobe(step.response):.1f}": response,
    }
    pictures = (viz.caption(picture, title) for title, picture in panels.items())
    return viz.caption(viz.side_by_side(*pictures, gap=GAP), f"{text}: {verdict(step)}")


def verdict(step: Step) -> str:
    """Return in words how far the peak is from the truth."""
    found = "found ({:+.1f}, {:+.1f}) px".format(*step.found)
    if step.truth is None:
        return found
    return found + ", truth ({:+.1f}, {:+.1f})".format(*step.truth)


def place_of(displacement: NDArray[np.float64], side: float) -> tuple[int, int]:
    """Return ``(x, y)`` in a drawn response for a displacement ``(dx, dy)`` in pixels of the frame."""
    x, y = np.clip((displacement / side + 0.5) * PANEL, 0, PANEL - 1).astype(int)
    return int(x), int(y)


def square(
    picture: Frame,
    middle: NDArray[np.float64],
    side: float,
    thickness: int,
    color: viz.Color = viz.SECOND,
) -> Frame:
    """Return a copy of ``picture`` with a square drawn around ``middle`` ``(x, y)``."""
    return viz.draw_box(picture, [*(middle - side / 2), side, side], color, thickness=thickness)


def enlarged(picture: Frame) -> Frame:
    """Return a frame half as wide as `row`'s panels and their two colour bars."""
    height = round(picture.shape[0] * WIDE / picture.shape[1])
    return np.asarray(cv2.resize(picture, (WIDE, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def grips() -> tuple[Grip, Grip]:
    """Return what can be dragged in the picture: the template at the left, the search patch at the right."""
    height, width = scene().frames[0].shape[:2]
    top, scale = viz.TEXT_HEIGHT, WIDE / width
    bottom, second = top + round(height * scale), WIDE + GAP
    left = Grip("x", "y", (0, top, WIDE, bottom), scale)
    return left, Grip("right", "down", (second, top, second + WIDE, bottom), scale)


def demo() -> Demo:
    """Return the demo: ten controls, two frames to drag on, and a twin of the start and three settings."""
    controls: dict[str, Control] = {
        "x": Slider(20, 300, 77),
        "y": Slider(20, 220, 83),
        "size": Slider(16, 96, 56, 2),
        "frame": Slider(0, 12, 6),
        "right": Slider(-40, 40, 0),
        "down": Slider(-40, 40, 0),
        "log10_lambda": Slider(-8, 2, -4, 1),
        "sigma": Slider(0.5, 16, 4.5, 0.5),
        "window": Check(True),
        "features": Choice(tuple(CELLS), "random network"),
    }
    twin = [draw()]
    for changes in SETTINGS:
        setting: dict[str, Any] = {name: control.start for name, control in controls.items()} | changes
        text = ", ".join(f"{name} {value}" for name, value in changes.items())
        twin.append(row(solve(**setting), CONTEXT * setting["size"], text))
    return Demo(
        draw,
        controls,
        np.vstack(twin),
        title="Template, search patch, response",
        alt="Two frames with the chosen boxes, the patches cut there, and the response map between them.",
        grips=grips(),
    )
