"""The Siamese layer taken apart: choose channels, lambda, sigma and window, and watch the response.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, sliders.
Book: chapter 04.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from udtlib import viz
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.dcf import gaussian_label, learn_filter, response_map
from udtlib.frames import Frame
from udtlib.labels import peak_displacement, peak_to_sidelobe
from udtlib.network import MEAN_RGB, FeatureNetwork
from udtlib.patches import crop, hann_window
from udtlib.widgets.base import Check, Control, Demo, Slider

PATCH, SIDE, CONTEXT, PANEL = 125, 121, 3.0, 156  # patch, features, patch over target, drawn panel


class Pair(NamedTuple):
    """A template, a search patch cut at the same place of a later frame, and where the target went.

    Attributes:
        template: RGB patch ``(125, 125, 3)`` uint8.
        search: likewise.
        moved: ``(dy, dx)`` of the target, in cells of the feature maps.
    """

    template: Frame
    search: Frame
    moved: NDArray[np.float64]


def cut(clip: Sequence, index: int, context: float = CONTEXT) -> Pair:
    """Return frame 0 and frame ``index`` around the target's first box, ``context`` times as large."""
    x, y, w, h = clip.boxes[0]
    side = context * float(np.sqrt(w * h))
    box = (x + w / 2 - side / 2, y + h / 2 - side / 2, side, side)
    step = (clip.boxes[index] - clip.boxes[0])[:2] + (clip.boxes[index] - clip.boxes[0])[2:] / 2
    template, search = (crop(clip.frames[k], box, (PATCH, PATCH)) for k in (0, index))
    return Pair(template, search, step[::-1] * PATCH / side)


def as_input(patch: Frame) -> Tensor:
    """Return an RGB patch as network input ``(1, 3, H, W)`` float32, the mean subtracted."""
    return torch.from_numpy(patch.astype(np.float32) - np.array(MEAN_RGB, np.float32)).permute(2, 0, 1)[None]


@cache
def example() -> tuple[Pair, Tensor, Tensor]:
    """Return one pair and its features ``(1, 32, 121, 121)`` under random weights."""
    pair = cut(render_clip(frames=5, seed=11, in_plane_rotation=0.1), 4)
    network = FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return pair, network(as_input(pair.template)), network(as_input(pair.search))


def respond(channels: int, log10_lambda: float, sigma: float, window: bool) -> NDArray[np.float32]:
    """Return the response ``(121, 121)`` of the first ``channels`` feature maps (Eq. 4 and 5).

    Args:
        channels: 1 to 32.
        log10_lambda: logarithm of lambda, relative to ``C*H*W``.
        sigma: of the label, in cells.
        window: whether Hann's fades the features.
    """
    _, x, z = example()
    fade = torch.from_numpy(hann_window(SIDE, SIDE)) if window else torch.ones(SIDE, SIDE)
    label = gaussian_label(SIDE, SIDE, sigma)
    learned = learn_filter((x * fade)[:, :channels], label, 10.0**log10_lambda)
    return response_map(learned, (z * fade)[:, :channels])[0].numpy()


def draw(channels: int = 32, log10_lambda: float = -4, sigma: float = 4, window: bool = True) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `respond`.

    Panels: template, search patch, the first feature map of each, the response with "nothing moved" in the
    middle. A circle marks the truth, a cross the peak.
    """
    pair, x, z = example()
    response = respond(channels, log10_lambda, sigma, window)
    dy, dx = peak_displacement(response)
    found = "yes" if np.abs(pair.moved - (dy, dx)).max() <= 4 else "no"
    picture = viz.map_and_bar(response, PANEL)
    viz.mark_point(picture, _place(pair.moved), viz.WHITE, "circle")
    viz.mark_point(picture, _place(np.array([dy, dx])), viz.PREDICTION, "cross")
    panels = {
        "template": viz.resize_nearest(pair.template, PANEL),
        "search patch": viz.resize_nearest(pair.search, PANEL),
        "its channel 1": viz.map_and_bar(x[0, 0].numpy(), PANEL, shift=False),
        "and of the search": viz.map_and_bar(z[0, 0].numpy(), PANEL, shift=False),
        f"response, PSR {peak_to_sidelobe(response):.1f}": picture,
    }
    row = viz.side_by_side(*(viz.caption(picture, title) for title, picture in panels.items()))
    text = f"{channels} channels, lambda 1e{log10_lambda:g}, sigma {sigma:g}, window {window:d}: "
    return viz.caption(row, f"{text}target found: {found}")


def _place(displacement: NDArray) -> tuple[int, int]:
    """Return ``(x, y)`` in a drawn response panel for a displacement ``(dy, dx)`` in cells."""
    y, x = ((SIDE // 2 + displacement + 0.5) * PANEL / SIDE).astype(int)
    return int(x), int(y)


def demo() -> Demo:
    """Return the demo: four sliders, and as static twin three settings, one under the other."""
    sliders: dict[str, Control] = {
        "channels": Slider(1, 32, 32),
        "log10_lambda": Slider(-8, 4, -4, 1),
        "sigma": Slider(0.5, 16, 4, 0.5),
        "window": Check(True),
    }
    twin = [draw(), draw(sigma=12), draw(window=False)]
    return Demo(
        draw,
        sliders,
        np.vstack(twin),
        title="The filter layer",
        alt="Template, search patch, first feature map of each, and the response map with its peak.",
    )
