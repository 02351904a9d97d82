"""Four networks are asked where a picture went: one is trained, one untrained, two follow nothing.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, the controls.
Book: chapter 11.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from udtlib import viz, weights
from udtlib.data.synthetic import render_clip
from udtlib.frames import Frame
from udtlib.labels import peak_to_sidelobe
from udtlib.shortcuts import CELLS, PATCH, PositionCode, answers, collapsed_network
from udtlib.widgets.base import Choice, Demo, Slider

NETWORKS = ("trained", "random", "collapsed", "position code")
PANEL = 160  # drawn width of a panel, pixels
CORNER = (58, 98)  # of the template in the scene, (y, x)


class Answer(NamedTuple):
    """What one network answers to a picture that moved.

    Attributes:
        template: ``(125, 125, 3)`` uint8.
        search: the same place after the move.
        response: ``(121, 121)``, wrap-around.
        found: (dy, dx) of its peak.
        sidelobe: its peak-to-sidelobe ratio.
    """

    template: Frame
    search: Frame
    response: NDArray[np.float32]
    found: NDArray[np.float64]
    sidelobe: float


@cache
def scene() -> Frame:
    """Return the frame the patches are cut from, ``(240, 320, 3)``."""
    return render_clip(frames=1, seed=5).frames[0]


@cache
def network(name: str) -> nn.Module:
    """Return one of `NETWORKS`, unpadded; the trained one is `udtlib.weights.default`."""
    if name == "collapsed":
        return collapsed_network()
    if name == "position code":
        return PositionCode()
    found = weights.default() if name == "trained" else weights.random_weights()
    return found.network(padded=False)


def solve(name: str, down: int, right: int) -> Answer:
    """Return what the network called ``name`` answers when the picture moved by ``(down, right)`` pixels."""
    y, x = CORNER
    template = scene()[y : y + PATCH, x : x + PATCH]
    search = scene()[y - down : y - down + PATCH, x - right : x - right + PATCH]
    responses, found = answers(network(name), template[None], search[None])
    response = responses[0].numpy()
    return Answer(template, search, response, found[0], float(peak_to_sidelobe(response)))


def draw(network: str = "trained", down: int = 8, right: int = -12) -> Frame:
    """Return the picture of one setting, RGB ``uint8``: template, search patch, response.

    Arguments as `solve`. The circle is the truth, the cross the peak of the response.
    """
    answer = solve(network, down, right)
    scale = PANEL / CELLS
    heat = viz.map_and_bar(answer.response, PANEL)
    for (dy, dx), color, kind in (
        ((down, right), viz.TRUTH, "circle"),
        (answer.found, viz.WHITE, "cross"),
    ):
        place = int(scale * (CELLS // 2 + dx + 0.5)), int(scale * (CELLS // 2 + dy + 0.5))
        viz.mark_point(heat, place, color, kind)
    panels = {"template": answer.template, "search patch": answer.search}
    pictures = [viz.caption(viz.resize_area(p, PANEL), title) for title, p in panels.items()]
    row = viz.side_by_side(*pictures, viz.caption(heat, f"peak {answer.response.max():.2f}"))
    dy, dx = answer.found
    text = f"{network}: moved ({down}, {right}), found ({dy:.0f}, {dx:.0f}), PSR {answer.sidelobe:.0f}"
    return viz.caption(row, text)


def demo() -> Demo:
    """Return the demo: a menu and two sliders; as static twin all four networks, one move."""
    controls: dict[str, Slider | Choice] = {
        "network": Choice(NETWORKS, NETWORKS[0]),
        "down": Slider(-30, 30, 8),
        "right": Slider(-30, 30, -12),
    }
    return Demo(
        draw,
        controls,
        np.vstack([draw(name) for name in NETWORKS]),
        title="A network that follows, and networks that cannot",
        alt="Template, search patch and response map of one network, with the true place marked.",
    )
