"""Pictures as arrays: RGB ``uint8`` ``(H, W, 3)`` in, a new one out; nothing here changes its input.

Everything is drawn with OpenCV, so a picture takes a millisecond and needs no display. Only `show` needs a
notebook. The colours come from the palette of Okabe and Ito, which stays legible with any colour vision.
"""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.errors import FrameError
from udtlib.frames import Frame, check_frame

Color = tuple[int, int, int]
TRUTH: Color = (0, 158, 115)  # bluish green
PREDICTION: Color = (230, 159, 0)  # orange
SECOND: Color = (86, 180, 233)  # sky blue
PALETTE = {"truth": TRUTH, "prediction": PREDICTION, "second": SECOND}
BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

FONT, FONT_SCALE, TEXT_HEIGHT = cv2.FONT_HERSHEY_SIMPLEX, 0.4, 18
BAR, BAR_COLOURS = 66, 14  # pixels: width of a colour bar with its numbers, and without them


def draw_box(
    frame: Frame, box: ArrayLike, color: Color = PREDICTION, label: str | None = None, thickness: int = 2
) -> Frame:
    """Return a copy of ``frame`` with one box drawn, rounded to whole pixels, its outline inside the box.

    Args:
        frame: RGB or grey ``uint8``, as `udtlib.frames.check_frame`.
        box: ``(x, y, w, h)``, 0-indexed pixels. NaN, infinite or empty (an absent target): nothing is drawn.
        color: RGB, 0..255.
        label: text above the box's top left corner, inside the picture.
        thickness: of the coloured line, in pixels; a dark line follows it, so that it shows on any ground.
    """
    picture = check_frame(frame).copy()
    box = np.asarray(box, np.float64)
    if not np.isfinite(box).all() or (box[2:] <= 0).any():
        return picture
    limit = 2 * max(picture.shape)
    left, top, right, bottom = np.rint(np.clip([*box[:2], *(box[:2] + box[2:])], -limit, limit)).astype(int)
    right, bottom = max(left, right - 1), max(top, bottom - 1)
    for inset in range(thickness + 1):
        corners = (int(left + inset), int(top + inset)), (int(right - inset), int(bottom - inset))
        if corners[1][0] >= corners[0][0] and corners[1][1] >= corners[0][1]:
            cv2.rectangle(picture, *corners, color if inset < thickness else BLACK, 1)
    if label:
        draw_text(picture, label, (int(left), int(top)), color)
    return picture


def draw_boxes(
    frame: Frame, boxes: Mapping[str, ArrayLike], colors: Mapping[str, Color] | None = None
) -> Frame:
    """Return a copy of ``frame`` with a labelled box for each name; names of `PALETTE` have their colour.

    Other names take the palette's colours in order, unless ``colors`` names one. See `draw_box`.
    """
    picture = check_frame(frame).copy()
    for name, color in named_colors(list(boxes), colors).items():
        picture = draw_box(picture, boxes[name], color, name)
    return picture


def named_colors(names: Sequence[str], colors: Mapping[str, Color] | None = None) -> dict[str, Color]:
    """Return a colour for each name: from ``colors``, else its own in `PALETTE`, else the next unused one."""
    chosen = {**PALETTE, **(colors or {})}
    spare = [color for name, color in PALETTE.items() if name not in names] or list(PALETTE.values())
    others = [name for name in names if name not in chosen]
    chosen.update({name: spare[index % len(spare)] for index, name in enumerate(others)})
    return {name: chosen[name] for name in names}


def draw_text(picture: Frame, text: str, corner: tuple[int, int], color: Color = WHITE) -> None:
    """Write ``text`` **into** ``picture`` on a dark ground, above ``corner`` ``(x, y)`` if there is room."""
    width = cv2.getTextSize(text, FONT, FONT_SCALE, 1)[0][0]
    x = int(np.clip(corner[0], 0, max(0, picture.shape[1] - width - 4)))
    bottom = int(np.clip(corner[1], 14, picture.shape[0]))
    cv2.rectangle(picture, (x, bottom - 14), (x + width + 3, bottom - 1), BLACK, cv2.FILLED)
    cv2.putText(picture, text, (x + 2, bottom - 4), FONT, FONT_SCALE, color, 1, cv2.LINE_AA)


def mark_point(picture: Frame, point: tuple[int, int], color: Color = WHITE, kind: str = "cross") -> None:
    """Draw a ``"cross"`` or ``"circle"`` at ``(x, y)`` **into** ``picture``; what is there stays visible."""
    x, y = point
    arms = [(right, down) for right in (-1, 1) for down in (-1, 1)]
    for line, thickness in ((BLACK, 4), (color, 2)):
        if kind == "circle":
            cv2.circle(picture, point, 13, line, thickness, cv2.LINE_AA)
            continue
        for right, down in arms:
            start, end = (x + 4 * right, y + 4 * down), (x + 9 * right, y + 9 * down)
            cv2.line(picture, start, end, line, thickness, cv2.LINE_AA)


def text_strip(text: str, width: int) -> Frame:
    """Return a white strip ``(18, width, 3)`` with one line of black ASCII text, cut off at its right end."""
    strip = np.full((TEXT_HEIGHT, max(1, width), 3), 255, np.uint8)
    cv2.putText(strip, text, (3, 13), FONT, FONT_SCALE, BLACK, 1, cv2.LINE_AA)
    return strip


def caption(picture: Frame, text: str) -> Frame:
    """Return the picture under a white strip with one line of text."""
    picture = check_frame(picture)
    return np.vstack([text_strip(text, picture.shape[1]), picture])


def legend(colors: Mapping[str, Color], width: int) -> Frame:
    """Return a white strip ``(18, width, 3)``: a coloured square and its name for each entry."""
    strip, x = text_strip("", width), 4
    for name, color in colors.items():
        cv2.rectangle(strip, (x, 4), (x + 10, 14), color, cv2.FILLED)
        cv2.putText(strip, name, (x + 15, 13), FONT, FONT_SCALE, BLACK, 1, cv2.LINE_AA)
        x += 15 + cv2.getTextSize(name, FONT, FONT_SCALE, 1)[0][0] + 14
    return strip


def heatmap(
    response: ArrayLike, shift: bool = True, limits: tuple[float, float] | None = None
) -> NDArray[np.uint8]:
    """Return a map ``(H, W)`` as a viridis picture ``(H, W, 3)``: dark is low, yellow is high.

    Args:
        response: any real numbers; NaN is drawn as the lowest.
        shift: move index ``(0, 0)``, "nothing moved", to the middle, ``(H//2, W//2)``. For drawing only.
        limits: values drawn darkest and brightest; None: the map's own smallest and largest.

    Raises:
        FrameError: the map is not two-dimensional, or empty.
    """
    values = np.asarray(response, np.float64)
    if values.ndim != 2 or values.size == 0:
        raise FrameError(f"a map to draw has shape (H, W), found {values.shape}")
    low, high = limits or limits_of(values)
    scaled = np.nan_to_num((values - low) / max(high - low, 1e-12), nan=0, posinf=1, neginf=0)
    grey = np.rint(255 * np.clip(scaled, 0, 1)).astype(np.uint8)
    grey = np.ascontiguousarray(np.fft.fftshift(grey) if shift else grey)
    return np.asarray(
        cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB), np.uint8
    )


def color_bar(
    limits: tuple[float, float], height: int, paint: Callable[[NDArray[np.float64]], Frame] | None = None
) -> Frame:
    """Return `heatmap`'s colours, or ``paint``'s, highest on top, with both limits: ``(H, BAR, 3)``."""
    column = np.linspace(limits[1], limits[0], height)[:, None].repeat(BAR_COLOURS, axis=1)
    bar = np.full((height, BAR, 3), 255, np.uint8)
    bar[:, :BAR_COLOURS] = paint(column) if paint else heatmap(column, shift=False, limits=limits)
    for number, row in ((limits[1], 11), (limits[0], height - 3)):
        text = f"{float(f'{number:.2g}'):g}".replace("e-0", "e-").replace("e+0", "e")
        cv2.putText(bar, text, (BAR_COLOURS + 4, row), FONT, FONT_SCALE, BLACK, 1, cv2.LINE_AA)
    return bar


def map_and_bar(
    response: ArrayLike,
    height: int,
    width: int | None = None,
    shift: bool = True,
    limits: tuple[float, float] | None = None,
) -> Frame:
    """Return `heatmap`'s picture at another size with its `color_bar`: ``(height, width + BAR, 3)``.

    Args:
        response: a map ``(H, W)``.
        height: of the picture, pixels.
        width: of the map in it; None keeps the map's proportions.
        shift: as in `heatmap`.
        limits: as in `heatmap`, which takes the map's own.

    Raises:
        FrameError: as `heatmap`.
    """
    limits = limits or limits_of(response)
    picture = resize_nearest(heatmap(response, shift, limits), height, width)
    return np.hstack([picture, color_bar(limits, height)])


def limits_of(*maps: ArrayLike) -> tuple[float, float]:
    """Return the smallest and the largest finite value of maps that share one colour bar; 0, 1 of none."""
    values = np.concatenate([np.asarray(each, np.float64).ravel() for each in maps])
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def curves(
    lines: Mapping[Color, ArrayLike],
    across: tuple[float, float],
    up: tuple[float, float],
    width: int,
    height: int = 60,
) -> Frame:
    """Return a plot ``(height, width, 3)`` of points joined by lines, with the numbers at its four ends.

    Args:
        lines: by colour, points ``(n, 2)``, x right and y up; one that is not finite is left out, those
            beyond ``up`` are drawn at its end.
        across: x at the left and at the right end.
        up: y below and above.
        width: of the picture, pixels.
        height: likewise.
    """
    plot = np.full((height, width, 3), 255, np.uint8)
    left, right, top, bottom = 42, width - 10, 5, height - 16
    cv2.rectangle(plot, (left, top), (right, bottom), (200, 200, 200), 1)
    texts = [f"{number:.3g}" for number in (*across, *up)]
    end = right - cv2.getTextSize(texts[1], FONT, FONT_SCALE, 1)[0][0]
    places = [(left, height - 3), (end, height - 3), (4, bottom), (4, top + 8)]
    for text, place in zip(texts, places, strict=True):
        cv2.putText(plot, text, place, FONT, FONT_SCALE, BLACK, 1, cv2.LINE_AA)
    low, high = np.array([across[0], up[0]]), np.array([across[1], up[1]])
    for color, points in lines.items():
        values = np.asarray(points, np.float64).reshape(-1, 2)
        share = np.clip((values[np.isfinite(values).all(axis=1)] - low) / np.maximum(high - low, 1e-12), 0, 1)
        pixels = np.rint([left, bottom] + share * [right - left, top - bottom]).astype(np.int32)
        cv2.polylines(plot, [pixels[:, None]], False, color, 2, cv2.LINE_AA)
        if len(pixels) == 1:
            cv2.circle(plot, tuple(map(int, pixels[0])), 2, color, cv2.FILLED, cv2.LINE_AA)
    return plot


def resize_nearest(picture: Frame, height: int, width: int | None = None) -> Frame:
    """Return the picture at another size by repeating or dropping pixels; None keeps its proportions."""
    width = width or max(1, round(picture.shape[1] * height / picture.shape[0]))
    rows = (np.arange(height) * picture.shape[0]) // height
    columns = (np.arange(width) * picture.shape[1]) // width
    return picture.take(rows, 0).take(columns, 1)  # four times as fast as both at once


def resize_area(picture: Frame, height: int) -> Frame:
    """Return the picture at another height, its proportions kept, each new pixel a mean of old ones."""
    size = max(1, round(picture.shape[1] * height / picture.shape[0])), height
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def side_by_side(*pictures: Frame, height: int | None = None, gap: int = 4) -> Frame:
    """Return pictures in one row on white, each resized (nearest) to ``height`` (None: the tallest)."""
    frames = [check_frame(picture) for picture in pictures]
    height = height or max(frame.shape[0] for frame in frames)
    space = np.full((height, gap, 3), 255, np.uint8)
    row = [part for frame in frames for part in (resize_nearest(frame, height), space)]
    return np.hstack(row[:-1])


def contact_sheet(
    frames: Sequence[Frame], columns: int = 4, labels: Sequence[str] | None = None, gap: int = 4
) -> Frame:
    """Return pictures of one size in a grid on white, row by row, each under its label.

    Raises:
        FrameError: no pictures, pictures of several sizes, or a label missing.
    """
    cells = [check_frame(frame) for frame in frames]
    if len({cell.shape for cell in cells}) != 1:
        raise FrameError(f"a contact sheet takes pictures of one size, found {len(cells)} of several or none")
    if labels is not None:
        if len(labels) != len(cells):
            raise FrameError(f"a contact sheet takes a label a picture: {len(cells)}, found {len(labels)}")
        cells = [caption(cell, label) for cell, label in zip(cells, labels, strict=True)]
    columns = min(columns, len(cells))
    height, width = cells[0].shape[0] + gap, cells[0].shape[1] + gap
    sheet = np.full((height * -(-len(cells) // columns), width * columns, 3), 255, np.uint8)
    for index, cell in enumerate(cells):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet[: sheet.shape[0] - gap, : sheet.shape[1] - gap]


def jpeg(picture: Frame) -> bytes:
    """Return an RGB picture as the bytes of a JPEG file: far fewer than a PNG's, for small notebooks."""
    quality = [
        cv2.IMWRITE_JPEG_QUALITY,
        85,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    encoded = cv2.imencode(".jpg", cv2.cvtColor(check_frame(picture), cv2.COLOR_RGB2BGR), quality)[1]
    return np.asarray(encoded, np.uint8).tobytes()


def show(picture: Frame, title: str | None = None, zoom: float = 1.0) -> None:
    """Show a picture in a notebook, one array pixel to ``zoom`` screen pixels.

    It is stored as a JPEG: a PNG of a frame is ten times as large, and a notebook holds many.
    """
    from IPython.display import Image, display

    picture = caption(picture, title) if title else picture
    display(Image(data=jpeg(picture), width=round(zoom * picture.shape[1])))
