"""The filter at one frequency: template, search patch and label as arrows, and all that follows from them.

``demo()`` as a cell's last line shows a static picture, and arrows to drag where a browser shows them.
Book: chapter 05.
"""

from cmath import rect
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from udtlib.dcf import dcf_response, learn_filter
from udtlib.frames import Frame
from udtlib.widgets.in_browser.demo import BrowserDemo

START = {"x": rect(1, 0.6), "z": rect(1, 1.6), "y": rect(1.2, 0)}
RIDGE = 0.1
SIZE = 8  # samples of the waves whose spectrum has one frequency
COLOURS = {"x": "#0072b2", "z": "#d55e00", "y": "#009e73", "w": "#cc79a7", "r": "#e69f00"}


class Frequency(NamedTuple):
    """Complex numbers of one frequency.

    Attributes:
        filter: w of Eq. 2.
        response: r of Eq. 3.
        search: the gradient to the search patch (Eq. 7, one term).
        template: and to the template (Eq. 7, two terms).
    """

    filter: complex
    response: complex
    search: complex
    template: complex


def wave(number: complex) -> Tensor:
    """Return the real map ``(1, 1, 1, 8)`` float64 whose spectrum is ``number`` at the first frequency."""
    spectrum = torch.tensor([0, number, 0, 0, 0], dtype=torch.complex128)
    return torch.fft.irfft(spectrum, SIZE).reshape(1, 1, 1, SIZE)


def number(maps: Tensor) -> complex:
    """Return the first frequency of a map ``(..., 8)``."""
    return complex(torch.fft.rfft(maps.detach().reshape(SIZE))[1])


def solve(x: complex, z: complex, y: complex, ridge: float) -> Frequency:
    """Learn on a wave, respond to another, and go back from half the squared distance to the label.

    Args:
        x: spectrum of the template at this frequency.
        z: of the search patch.
        y: of the label, which is also what the loss asks for.
        ridge: lambda, above 0.
    """
    template, search, label = wave(x).requires_grad_(), wave(z).requires_grad_(), wave(y)[0, 0]
    response = dcf_response(template, search, label, ridge, normalise=False)
    (0.5 * (response - label).square().sum()).backward()
    assert template.grad is not None
    assert search.grad is not None
    w = complex(learn_filter(template, label, ridge, normalise=False).detach().reshape(-1)[1])
    return Frequency(w, number(response), number(search.grad), number(template.grad))


def draw(x: complex, z: complex, y: complex, ridge: float) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `solve`."""
    found = solve(x, z, y, ridge)
    planes = {
        "Given": {"x": (x, "x"), "z": (z, "z"), "y": (y, "y")},
        "What follows": {"w": (found.filter, "w"), "y": (y, "y"), "r": (found.response, "r")},
        "How training would change x and z": {
            "Δx": (-found.template, "x"),
            "Δz": (-found.search, "z"),
        },
    }
    figure = Figure(figsize=(10, 3.8), dpi=80, layout="constrained")
    for axis, (title, arrows) in zip(figure.subplots(1, 3), planes.items(), strict=True):
        draw_plane(axis, arrows)
        axis.set_title(title)
    figure.suptitle(f"one frequency, lambda {ridge:g}")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def draw_plane(axis: Axes, arrows: dict[str, tuple[complex, str]]) -> None:
    """Draw arrows from 0 in the complex plane: by name the number and a key of `COLOURS`."""
    limit = 1.25 * max(abs(arrow) for arrow, _ in arrows.values())
    for name, (arrow, colour) in arrows.items():
        vector, style = (arrow.real, arrow.imag), {"color": COLOURS[colour], "width": 2, "headwidth": 8}
        axis.annotate("", vector, (0, 0), arrowprops=style)
        axis.annotate(name, vector, (4, 4), textcoords="offset points")
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    axis.axhline(0, color="0.8", zorder=0)
    axis.axvline(0, color="0.8", zorder=0)


def demo() -> BrowserDemo:
    """Return the demo: three arrows to drag and lambda as a slider, and the static picture of the start."""
    parts = {name: [value.real, value.imag] for name, value in START.items()}
    return BrowserDemo("one_frequency", {**parts, "ridge": RIDGE}, draw(**START, ridge=RIDGE))
