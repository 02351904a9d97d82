"""The filter on a bench: template and search patch on one picture, the filter, its spectrum, the response.

``demo()`` as a cell's last line shows a static picture, and squares to drag where a browser shows them.
Book: chapter 02.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from udtlib import viz
from udtlib.data.synthetic import render_clip
from udtlib.dcf import gaussian_label, learn_filter, response_map
from udtlib.frames import Frame
from udtlib.labels import peak_displacement
from udtlib.widgets.box_picker.page import data_url
from udtlib.widgets.in_browser.demo import BrowserDemo

Map = NDArray[np.float64]
PANEL = 150  # drawn width of a panel, in pixels
KINDS = ("grey", "colour and edges")
START: dict[str, Any] = {
    "template": [198, 78],
    "search": [186, 86],
    "size": 64,
    "kind": "grey",
    "sigma": 2.0,
    "regularisation": 0.01,
    "windowed": True,
}
ALT = (
    "A frame of a clip that this project draws, with two squares to drag: the template and the search patch."
)


class Bench(NamedTuple):
    """What one setting makes; maps are ``(size, size)`` float64.

    Attributes:
        template: first channel of the prepared template.
        search: and of the search patch.
        filter: its first channel (Eq. 4).
        strength: root of the sum over channels of its squared spectrum.
        response: Eq. 5, wrap-around.
    """

    template: Map
    search: Map
    filter: Map
    strength: Map
    response: Map


@cache
def scene() -> Frame:
    """Return the picture ``(240, 320, 3)``."""
    return render_clip(frames=1, seed=5).frames[0]


def channels(patch: Frame, kind: str, windowed: bool) -> Map:
    """Return the channels ``(C, size, size)`` of a patch, each of mean 0 and deviation 1, then windowed.

    Args:
        patch: RGB ``(size, size, 3)``.
        kind: ``"grey"``: one channel; ``"colour and edges"``: red, green, blue, and grey's differences along
            x and y.
        windowed: multiply with Hann's window.
    """
    colours = patch.astype(np.float64).transpose(2, 0, 1)
    grey = colours.mean(axis=0)
    wide = np.pad(grey, 1, mode="edge")
    edges = [wide[1:-1, 2:] - wide[1:-1, :-2], wide[2:, 1:-1] - wide[:-2, 1:-1]]
    raw = grey[None] if kind == "grey" else np.stack([*colours, *(edge / 2 for edge in edges)])
    centred = raw - raw.mean(axis=(1, 2), keepdims=True)
    deviation = centred.std(axis=(1, 2), keepdims=True)
    scaled = centred / np.where(deviation > 0, deviation, 1)
    side = len(patch)
    return scaled * (np.hanning(side)[:, None] * np.hanning(side) if windowed else 1)


def solve(
    picture: Frame,
    template: tuple[int, int],
    search: tuple[int, int],
    size: int,
    kind: str,
    sigma: float,
    regularisation: float,
    windowed: bool,
) -> Bench:
    """Learn the filter on one square of a picture and apply it to another.

    Args:
        picture: RGB ``uint8`` ``(H, W, 3)``.
        template: first pixel ``(x, y)`` of the template, inside the picture.
        search: and of the search patch.
        size: side of both, in pixels.
        kind: as `channels`.
        sigma: of the label, in pixels.
        regularisation: lambda, relative to the number of channels times pixels.
        windowed: as `channels`.
    """
    cuts = [picture[y : y + size, x : x + size] for x, y in (template, search)]
    first, second = (torch.from_numpy(channels(cut, kind, windowed))[None] for cut in cuts)
    label = gaussian_label(size, size, sigma, dtype=torch.float64)
    spectrum = learn_filter(first, label, regularisation)
    w = torch.fft.irfft2(spectrum, s=(size, size))
    strength = torch.fft.fft2(w).abs().square().sum(1).sqrt()
    maps = (first[:, 0], second[:, 0], w[:, 0], strength, response_map(spectrum, second))
    return Bench(*(each[0].numpy() for each in maps))


def draw(picture: Frame, **settings: Any) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `solve`."""
    bench, size = solve(picture, **settings), settings["size"]
    shown = picture
    for place, colour in ((settings["template"], viz.SECOND), (settings["search"], viz.PREDICTION)):
        shown = viz.draw_box(shown, [*place, size, size], colour)
    dy, dx = peak_displacement(bench.response)
    shown = viz.resize_area(shown, PANEL)[:, : PANEL + viz.BAR]
    room = PANEL + viz.BAR - shown.shape[1]
    shown = np.pad(shown, ((0, 0), (0, room), (0, 0)), constant_values=255)
    panels = {
        "the two squares": shown,
        "template": viz.map_and_bar(bench.template, PANEL, shift=False),
        "search patch": viz.map_and_bar(bench.search, PANEL, shift=False),
        "filter": viz.map_and_bar(bench.filter, PANEL, shift=False),
        "its spectrum (log)": viz.map_and_bar(np.log(bench.strength + 1e-9), PANEL),
        f"response, peak ({dy:.0f}, {dx:.0f})": viz.map_and_bar(bench.response, PANEL),
    }
    return viz.contact_sheet(list(panels.values()), 3, list(panels))


def demo() -> BrowserDemo:
    """Return the demo: two squares to drag, five controls, and the static picture of the start."""
    start = {"picture": data_url(scene()), "alt": ALT, "settings": START}
    return BrowserDemo("filter_bench", start, draw(scene(), **START))
