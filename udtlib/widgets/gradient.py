"""What the loss asks of the two patches: move the search patch, wish for another peak, see both gradients.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, sliders.
Book: chapter 05.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from udtlib import viz
from udtlib.data.synthetic import render_clip
from udtlib.dcf import dcf_response, gaussian_label
from udtlib.frames import Frame
from udtlib.patches import crop, hann_window
from udtlib.widgets.base import Demo, Slider

Map = NDArray[np.float64]
SIDE, PANEL = 64, 160  # patch, and drawn width of a panel, in pixels


class Gradients(NamedTuple):
    """One step forward and back through the layer; maps are ``(64, 64)`` float64.

    Attributes:
        template: the prepared patch the filter is learned from.
        search: the prepared patch it is applied to.
        response: its response, wrap-around.
        error: the gradient that arrives at the response, response minus wanted response.
        d_template: the gradient of the loss with respect to the template (Eq. 7, two terms).
        d_search: and to the search patch (Eq. 7, one term).
        loss: half the sum of squares of ``error``.
    """

    template: Map
    search: Map
    response: Map
    error: Map
    d_template: Map
    d_search: Map
    loss: float


@cache
def scene() -> Frame:
    """Return the grey frame the patches are cut from, ``(240, 320)`` uint8."""
    return render_clip(frames=1, seed=5).frames[0].mean(axis=2).astype(np.uint8)


def look(down: int, right: int) -> Map:
    """Return the patch ``(64, 64)`` seen when its content moved by ``(down, right)``; mean 0, windowed."""
    patch = crop(scene(), (128 - right, 88 - down, SIDE, SIDE)).astype(np.float64)
    return (patch - patch.mean()) / patch.std() * hann_window(SIDE, SIDE)


def solve(down: int, right: int, asked_down: int, asked_right: int, log10_lambda: float) -> Gradients:
    """Learn on the still patch, respond to the moved one, and go back from the squared error.

    Args:
        down: how far the content of the search patch moved, in pixels.
        right: likewise.
        asked_down: where the loss wants the peak, in pixels.
        asked_right: likewise.
        log10_lambda: logarithm of the regulariser (relative to the number of pixels).
    """
    template, search = (
        torch.tensor(patch, requires_grad=True)[None, None] for patch in (look(0, 0), look(down, right))
    )
    template.retain_grad()
    search.retain_grad()
    label = gaussian_label(SIDE, SIDE, 3.0, dtype=torch.float64)
    response = dcf_response(template, search, label, 10.0**log10_lambda)[0]
    error = response - label.roll((asked_down, asked_right), (0, 1))
    loss = 0.5 * error.square().sum()
    loss.backward()
    assert template.grad is not None
    assert search.grad is not None
    maps = (template, search, response, error, template.grad, search.grad)
    x, z, r, e, d_x, d_z = (each.detach().numpy().reshape(SIDE, SIDE) for each in maps)
    return Gradients(x, z, r, e, d_x, d_z, float(loss.detach()))


def signed(values: Map, limit: float) -> Frame:
    """Return a signed map as a picture ``(H, W, 3)``: blue below 0, red above, full at ``limit``."""
    share = np.clip(values / max(limit, 1e-12), -1, 1)[:, :, None]
    low, high = np.array([33, 102, 172]), np.array([178, 24, 43])
    picture = 255 + np.where(share < 0, -share * (low - 255.0), share * (high - 255.0))
    return np.rint(picture).astype(np.uint8)


def signed_and_bar(values: Map, limit: float) -> Frame:
    """Return `signed`'s picture, `PANEL` high, with its colour bar."""
    bar = viz.color_bar((-limit, limit), PANEL, lambda column: signed(column, limit))
    return np.hstack([viz.resize_nearest(signed(values, limit), PANEL), bar])


def draw(
    down: int = 3, right: int = 5, asked_down: int = 0, asked_right: int = 0, log10_lambda: float = -2
) -> Frame:
    """Return the picture of one setting, RGB ``uint8``; arguments as `solve`.

    Panels: template, search patch, response, its gradient, and the gradients of template and search patch,
    these two on one scale.
    """
    step = solve(down, right, asked_down, asked_right, log10_lambda)
    limit = float(max(np.abs(step.d_template).max(), np.abs(step.d_search).max()))
    panels = {
        "template": viz.map_and_bar(step.template, PANEL, shift=False),
        "search patch": viz.map_and_bar(step.search, PANEL, shift=False),
        "response": viz.map_and_bar(step.response, PANEL),
        "arriving gradient": signed_and_bar(np.fft.fftshift(step.error), float(np.abs(step.error).max())),
        "d loss / d template": signed_and_bar(step.d_template, limit),
        "d loss / d search": signed_and_bar(step.d_search, limit),
    }
    text = f"moved ({down}, {right}), asked for ({asked_down}, {asked_right}): loss {step.loss:.2f}"
    return viz.caption(viz.contact_sheet(list(panels.values()), 3, list(panels)), text)


def demo() -> Demo:
    """Return the demo: five sliders, and as static twin three settings, one under the other."""
    sliders = {
        "down": Slider(-16, 16, 3),
        "right": Slider(-16, 16, 5),
        "asked_down": Slider(-16, 16, 0),
        "asked_right": Slider(-16, 16, 0),
        "log10_lambda": Slider(-5, 1, -2, 0.5),
    }
    twin = [draw(3, 5, 3, 5), draw(3, 5, 0, 0), draw(0, 0, 3, 5)]
    return Demo(
        draw,
        sliders,
        np.vstack(twin),
        title="Which way the gradient points",
        alt="Template, search patch, response map, and the gradient of the loss at both patches.",
    )
