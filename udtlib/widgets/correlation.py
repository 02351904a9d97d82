"""The filter on the bench: move the target, add noise, turn the knobs, watch filter and response.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, sliders.
Book: chapter 02.
"""

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from udtlib import viz
from udtlib.errors import FrameError
from udtlib.frames import Frame
from udtlib.labels import gaussian_label, peak_displacement, peak_to_sidelobe
from udtlib.patches import hann_window
from udtlib.signed_maps import grey_map, map_and_grey_bar
from udtlib.widgets.base import Check, Control, Demo, Slider

Map = NDArray[np.float64]
SIDE, REACH, PANEL = 64, 24, 160  # patch, largest shift, and drawn width of a panel, in pixels


class Bench(NamedTuple):
    """Everything one setting makes; maps are ``(64, 64)`` float64, the response wraps around.

    Attributes:
        template: the prepared patch the filter is learned from.
        search: the prepared patch it is applied to.
        filter: Eq. 2.
        response: Eq. 3.
        found: ``(dy, dx)`` of the response's peak.
    """

    template: Map
    search: Map
    filter: Map
    response: Map
    found: tuple[float, float]


@cache
def scene() -> tuple[Map, Map]:
    """Return a texture ``(112, 112)`` of mean 0 and deviation 1, softer than 1/f, and noise ``(64, 64)``."""
    generator = np.random.default_rng(1)
    side = SIDE + 2 * REACH
    frequency = np.hypot(fft.fftfreq(2 * side)[:, None], fft.rfftfreq(2 * side))
    frequency[0, 0] = np.inf
    spectrum = fft.rfft2(generator.standard_normal((2 * side, 2 * side))) * frequency**-1.5
    texture = fft.irfft2(spectrum, s=(2 * side, 2 * side))[:side, :side]
    return (texture - texture.mean()) / texture.std(), generator.standard_normal((SIDE, SIDE))


def look(down: int, right: int) -> Map:
    """Return the scene ``(64, 64)`` after everything in it moved by ``(down, right)`` pixels.

    Raises:
        FrameError: a shift of more than 24 pixels.
    """
    if max(abs(down), abs(right)) > REACH:
        raise FrameError(f"the scene reaches {REACH} px around the patch, found a shift of {(down, right)}")
    return scene()[0][REACH - down :, REACH - right :][:SIDE, :SIDE]


def prepare(patch: Map, window: Map) -> Map:
    """Return the patch with mean 0 and norm 1, then windowed."""
    centred = patch - patch.mean()
    return window * centred / np.linalg.norm(centred)


def solve(log10_lambda: float, sigma: float, window: bool, noise: float, down: int, right: int) -> Bench:
    """Learn the filter from the still scene and apply it to the moved, noisy one (Eq. 2 and 3).

    Args:
        log10_lambda: logarithm of the regulariser; patches have norm 1 before the window.
        sigma: of the label, in pixels.
        window: whether Hann's fades the patches.
        noise: standard deviation of the noise, in those of the scene.
        down: how far the target moved, in pixels, at most 24.
        right: likewise.

    Raises:
        FrameError: a larger shift.
    """
    fade = hann_window(SIDE, SIDE).astype(np.float64) if window else np.ones((SIDE, SIDE))
    label = gaussian_label(SIDE, SIDE, sigma)
    template = prepare(look(0, 0), fade)
    search = prepare(look(down, right) + noise * scene()[1], fade)
    x, y, z = fft.fft2(template), fft.fft2(label), fft.fft2(search)
    w = x * y.conj() / (np.abs(x) ** 2 + 10.0**log10_lambda)
    response = fft.ifft2(w.conj() * z).real
    return Bench(template, search, fft.ifft2(w).real, response, peak_displacement(response))


def draw(
    log10_lambda: float = -2,
    sigma: float = 2,
    window: bool = True,
    noise: float = 0.5,
    down: int = 7,
    right: int = -9,
) -> Frame:
    """Return the picture of one setting, RGB ``uint8`` ``(196, 784, 3)``; arguments as `solve`.

    Panels: template, search patch, filter, and the response with "nothing moved" in the middle, the truth
    as a circle and the peak as a cross, white where they agree within 2 px, orange where not.
    """
    bench = solve(log10_lambda, sigma, window, noise, down, right)
    good = max(abs(bench.found[0] - down), abs(bench.found[1] - right)) <= 2
    response = viz.map_and_bar(bench.response, PANEL)
    mark(response, (down, right), bench.found, viz.WHITE if good else viz.PREDICTION)
    panels = {
        "template": grey(bench.template),
        "search patch": grey(bench.search),
        "filter": map_and_grey_bar(bench.filter, PANEL),
        f"response, PSR {peak_to_sidelobe(bench.response):.1f}": response,
    }
    row = viz.side_by_side(*(viz.caption(picture, title) for title, picture in panels.items()))
    setting = f"lambda {10.0**log10_lambda:.0e}, sigma {sigma:g}, window {window:d}, noise {noise:g}"
    dy, dx = (int(step) for step in bench.found)
    outcome = f"moved ({down}, {right}), found ({dy}, {dx}): {'yes' if good else 'lost'}"
    return viz.caption(row, f"{setting}: {outcome}")


def grey(values: Map) -> Frame:
    """Return a map as a grey picture ``(160, 160, 3)``: its largest absolute value is black or white."""
    return viz.resize_nearest(grey_map(values, max(float(np.abs(values).max()), 1e-12)), PANEL)


def mark(
    picture: Frame, truth: tuple[int, int], found: tuple[float, float], color: tuple[int, int, int]
) -> None:
    """Draw the truth (circle) and the peak (cross) **into** a response panel; ``(dy, dx)`` in pixels."""
    places = [tuple(int((SIDE // 2 + d + 0.5) * PANEL / SIDE) for d in (dx, dy)) for dy, dx in (truth, found)]
    cv2.circle(picture, places[0], 12, color, 2, cv2.LINE_AA)
    cv2.drawMarker(picture, places[1], color, cv2.MARKER_CROSS, 12, 2)


def demo() -> Demo:
    """Return the demo: six sliders, and as static twin four settings, one under the other."""
    sliders: dict[str, Control] = {
        "log10_lambda": Slider(-6, 2, -2, 0.5),
        "sigma": Slider(0.5, 8, 2, 0.5),
        "window": Check(True),
        "noise": Slider(0, 4, 0.5, 0.5),
        "down": Slider(-REACH, REACH, 7),
        "right": Slider(-REACH, REACH, -9),
    }
    settings: list[dict[str, Any]] = [
        {"noise": 3, "log10_lambda": -6},
        {"noise": 3, "log10_lambda": 0},
        {"noise": 1, "window": 0},
        {"down": 24, "right": -24},
    ]
    twin = [draw(**setting) for setting in settings]
    return Demo(
        draw,
        sliders,
        np.vstack(twin),
        title="A correlation filter",
        alt="Template, filter and response map of one search patch; a cross marks the response's peak.",
    )
