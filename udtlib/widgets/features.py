"""What a feature sees: change light, size and time, choose channels and kernel, watch the response.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, sliders.
Book: chapter 03.
"""

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from udtlib import viz
from udtlib.boxes import center, from_center
from udtlib.data.synthetic import render_clip
from udtlib.errors import OptionError
from udtlib.features import Features
from udtlib.frames import Frame
from udtlib.labels import gaussian_label, peak_displacement, peak_to_sidelobe
from udtlib.patches import crop, hann_window
from udtlib.trackers import kcf
from udtlib.widgets.base import Choice, Control, Demo, Slider

FEATURES, KERNELS = ("grey", "colour", "fhog"), ("linear", "gaussian")
SIDE, PADDING, LAST, PANEL = 120, 1.5, 12, 128  # patch, context, last frame, drawn width of a panel
OFFSET = (8.0, 5.0)  # the search patch is cut this far (x, y) from the target, in pixels


class Look(NamedTuple):
    """Everything one setting makes.

    Attributes:
        template: the patch learned from, RGB ``uint8`` ``(120, 120, 3)``.
        search: the patch searched, likewise, light and size changed.
        response: ``(H, W)`` float32 in feature cells, wrap-around.
        wanted: ``(dy, dx)`` in cells, where the peak should be.
        error: distance of the peak from there, in pixels of the frame.
    """

    template: Frame
    search: Frame
    response: Features
    wanted: tuple[float, float]
    error: float


@cache
def scene() -> tuple[list[Frame], NDArray[np.float64]]:
    """Return 13 frames of a clip in which the target turns a little, and the true boxes ``(13, 4)``."""
    clip = render_clip(frames=LAST + 1, seed=7, in_plane_rotation=0.15)
    return list(clip.frames), clip.boxes


def solve(
    feature: str = "fhog",
    kernel: str = "gaussian",
    sigma: float = 0.1,
    frames: int = 3,
    light: float = 1.0,
    growth: float = 1.0,
) -> Look:
    """Learn KCF's filter from frame 0 and search a later frame, changed as asked.

    Args:
        feature: one of `FEATURES`.
        kernel: one of `KERNELS`.
        sigma: of the label, in units of the target's size.
        frames: the frame to search, 0..12.
        light: what is left of the light in a shadow that covers half the search patch; 1 changes nothing.
        growth: how much larger everything is shown in the search patch.

    Raises:
        OptionError: no such feature, kernel or frame, or a value that is not positive.
    """
    if feature not in FEATURES or kernel not in KERNELS or frames not in range(LAST + 1):
        raise OptionError(
            f"feature is one of {', '.join(FEATURES)}, kernel of {', '.join(KERNELS)}, frames 0..{LAST}; "
            f"found {feature}, {kernel}, {frames}"
        )
    if min(sigma, light, growth) <= 0:
        raise OptionError(f"sigma, light and growth are positive, found {sigma}, {light}, {growth}")
    clip, boxes = scene()
    size = boxes[0, 2:]
    template = cut(clip[0], center(boxes[0]), size)
    search = darken(cut(clip[frames], center(boxes[frames]) + np.array(OFFSET), size / growth), light)
    response = respond(template, search, kcf.RECIPES[feature], kernel, sigma)
    to_cells = growth * np.array(response.shape) / (size[::-1] * (1 + PADDING))
    wanted = -np.array(OFFSET[::-1]) * to_cells
    found = np.array(peak_displacement(response, subpixel=True))
    error = float(np.linalg.norm((found - wanted) / to_cells))
    return Look(template, search, response, (float(wanted[0]), float(wanted[1])), error)


def cut(frame: Frame, middle: NDArray, size: NDArray) -> Frame:
    """Return the patch ``(120, 120, 3)`` around ``middle`` ``(x, y)``, 2.5 times ``size`` ``(w, h)``."""
    return crop(frame, from_center(middle, (1 + PADDING) * size), (SIDE, SIDE))


def darken(patch: Frame, light: float) -> Frame:
    """Return the patch with a shadow: ``light`` is left of the light to the right of an oblique edge."""
    down, right = np.indices(patch.shape[:2])
    shade = np.where(right + 0.4 * down > 0.6 * patch.shape[1], light, 1.0)[:, :, None]
    return np.clip(patch * shade, 0, 255).astype(np.uint8)


def respond(template: Frame, search: Frame, recipe: kcf.Recipe, kernel: str, sigma: float) -> Features:
    """Return KCF's response map of one patch to a filter learned from another (Eq. 17 and 22)."""
    shape = (SIDE // recipe.cell, SIDE // recipe.cell)
    window = hann_window(*shape)
    x_hat, z_hat = (fft.rfft2(recipe.extract(patch) * window) for patch in (template, search))
    label = gaussian_label(*shape, sigma * shape[0] / (1 + PADDING))
    if kernel == "linear":
        kernels = [kcf.linear_correlation(x_hat, other, shape) for other in (x_hat, z_hat)]
    else:
        kernels = [
            kcf.gaussian_correlation(x_hat, other, shape, recipe.bandwidth) for other in (x_hat, z_hat)
        ]
    return kcf.respond(kcf.train(kernels[0], label, 1e-4), kernels[1])


def draw(
    feature: str = "fhog",
    kernel: str = "gaussian",
    sigma: float = 0.1,
    frames: int = 3,
    light: float = 1.0,
    growth: float = 1.0,
) -> Frame:
    """Return the picture of one setting, RGB ``uint8`` ``(164, 590, 3)``; arguments as `solve`.

    Panels: template, search patch, its channels (of the middle), and the response with "nothing moved" in
    the middle, the truth as a circle and the peak as a cross: white where they agree within 6 px, orange
    where not.
    """
    look = solve(feature, kernel, sigma, frames, light, growth)
    recipe, good = kcf.RECIPES[feature], look.error < 6
    response = viz.map_and_bar(look.response, PANEL, PANEL)
    mark(response, look, viz.WHITE if good else viz.PREDICTION)
    panels = {
        "template": viz.resize_nearest(look.template, PANEL),
        "search patch": viz.resize_nearest(look.search, PANEL),
        "its middle, as seen": channels_picture(recipe.extract(look.search)),
        f"response, PSR {peak_to_sidelobe(look.response):.1f}": response,
    }
    row = viz.side_by_side(*(viz.caption(picture, title) for title, picture in panels.items()))
    setting = f"{feature}, {kernel}, sigma {sigma:g}, {frames} frames later"
    outcome = "found" if good else f"lost, {look.error:.0f} px off"
    return viz.caption(row, f"{setting}, light {light:g}, grown by {growth:g}: {outcome}")


def channels_picture(channels: Features) -> Frame:
    """Return what the channels say of the middle of the patch, ``(128, 128, 3)``.

    fHOG: a stroke along the edge for each unsigned direction, in each of 15 x 15 cells, as bright as the
    channel is high. Pixels: the channel, or the three as colours, around the mean.
    """
    _, height, width = channels.shape
    middle = channels[:, height // 4 : height - height // 4, width // 4 : width - width // 4]
    if len(middle) < 31:
        shown = np.repeat(middle, 3 // len(middle), axis=0).transpose(1, 2, 0)
        return viz.resize_nearest(np.clip(127.5 + 255 * shown, 0, 255).astype(np.uint8), PANEL, PANEL)
    canvas, side = np.zeros((PANEL, PANEL), np.uint8), PANEL / middle.shape[2]
    brightness = (255 * np.clip(middle[18:27] / 0.4, 0, 1) ** 2).astype(int)
    direction, row, column = np.nonzero(brightness > 8)
    order = np.argsort(brightness[direction, row, column])  # the brightest last, on top
    direction, row, column = direction[order], row[order], column[order]
    angle = np.radians(20 * direction + 90)
    step = 0.45 * side * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    at = side * np.stack([column + 0.5, row + 0.5], axis=1)
    starts, ends = (np.rint(at + sign * step).astype(int).tolist() for sign in (-1, 1))
    shades = brightness[direction, row, column].tolist()
    for start, end, shade in zip(starts, ends, shades, strict=True):
        cv2.line(canvas, start, end, shade, 1, cv2.LINE_AA)
    return np.repeat(canvas[:, :, None], 3, axis=2)


def mark(picture: Frame, look: Look, color: tuple[int, int, int]) -> None:
    """Draw the truth (circle) and the peak (cross) **into** a response panel."""
    height, width = look.response.shape
    places = []
    for dy, dx in (look.wanted, peak_displacement(look.response, subpixel=True)):
        x, y = (width // 2 + dx + 0.5) * PANEL / width, (height // 2 + dy + 0.5) * PANEL / height
        places.append((int(x), int(y)))
    cv2.circle(picture, places[0], 12, color, 2, cv2.LINE_AA)
    cv2.drawMarker(picture, places[1], color, cv2.MARKER_CROSS, 12, 2)


def demo() -> Demo:
    """Return the demo: two menus and four sliders, and as static twin three settings, one under the other."""
    sliders: dict[str, Control] = {
        "feature": Choice(FEATURES, "fhog"),
        "kernel": Choice(KERNELS, "gaussian"),
        "sigma": Slider(0.02, 0.3, 0.1, 0.02),
        "frames": Slider(0, LAST, 3),
        "light": Slider(0.1, 2, 1, 0.1),
        "growth": Slider(0.6, 1.6, 1, 0.05),
    }
    settings: list[dict[str, Any]] = [
        {"feature": "grey", "light": 0.3},
        {"light": 0.3},
        {"growth": 1.4},
    ]
    return Demo(
        draw,
        sliders,
        np.vstack([draw(**setting) for setting in settings]),
        title="What a feature sees",
        alt="Template, search patch, its channels and the response map, with the true place and the peak.",
    )
