"""Two trackers side by side on one clip: their boxes, their response maps, and how high each peak is.

Nobody knows the true boxes of a reader's video. What can be watched is the peak of the response: as long as
the target looks as it did, it stays as high as in the first frames. Book: chapter 00.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib import viz
from udtlib.boxes import Boxes, check_box_in_image
from udtlib.errors import DataError
from udtlib.frames import Frame
from udtlib.trackers import load_tracker

TRACKERS = ("udt", "mosse")
PANEL, PLOT, GAP = 180, 70, 4  # pixels: height of a panel and of the plot, white between panels
HIGHEST = 2.0  # of the plot, in peaks of the first tracked frame


class Race:
    """Two trackers on their way through a clip.

    Attributes:
        frames: the clip, RGB ``uint8`` ``(H, W, 3)`` each.
        boxes: one ``(4,)`` for each frame so far, by tracker.
        peaks: of the responses, likewise; NaN in the first frame, which is not searched.
        pictures: of each frame so far, JPEG.
    """

    def __init__(self, frames: Sequence[Frame], box: ArrayLike, names: Sequence[str] = TRACKERS) -> None:
        """Start the trackers ``names`` on the first frame.

        Raises:
            DataError: no frames.
            BoxError: the box is none, or does not lie on the first frame.
        """
        if not len(frames):
            raise DataError("expected a clip to track, found no frame")
        box = check_box_in_image(box, *frames[0].shape[:2])
        self.frames = frames
        self.trackers = {name: load_tracker(name) for name in names}
        for tracker in self.trackers.values():
            tracker.init(frames[0], box)
        self.boxes: dict[str, list[Boxes]] = {name: [box] for name in names}
        self.peaks: dict[str, list[float]] = {name: [np.nan] for name in names}
        self.limits: dict[str, tuple[float, float]] = {}  # of each map's colours
        self.pictures: list[bytes] = []

    def run(self) -> Iterator[Frame]:
        """Yield the picture of the first frame, then track and yield that of each next one."""
        for index, frame in enumerate(self.frames):
            maps = {name: self._step(name, frame) for name in self.trackers if index}
            picture = self._draw(index, maps)
            self.pictures.append(viz.jpeg(picture))
            yield picture

    def _step(self, name: str, frame: Frame) -> NDArray[np.float32]:
        """Let a tracker find its target in the next frame; return its response ``(H, W)``."""
        tracker = self.trackers[name]
        self.boxes[name].append(tracker.update(frame))
        response = np.asarray(tracker.response, np.float32)  # type: ignore[attr-defined]
        self.peaks[name].append(float(response.max()))
        self.limits.setdefault(name, (float(response.min()), float(response.max())))
        return response

    def _draw(self, index: int, maps: dict[str, NDArray[np.float32]]) -> Frame:
        """Return the picture of the newest frame: it and the boxes, the maps, and the peaks so far."""
        colors = dict(zip(self.trackers, (viz.PREDICTION, viz.SECOND), strict=False))
        frame = self.frames[index]
        scale = PANEL / frame.shape[0]
        picture = viz.resize_area(frame, PANEL)
        for name, color in colors.items():
            picture = viz.draw_box(picture, scale * self.boxes[name][index], color)
        panels = [viz.caption(picture, f"frame {index}")]
        for name in colors:
            peak = f"peak {self.peaks[name][-1]:.2f}" if name in maps else "not searched"
            panels.append(viz.caption(self._map(name, maps.get(name)), f"{name}: {peak}"))
        above = viz.side_by_side(*panels, gap=GAP)
        below = self._plot(colors, above.shape[1])
        title = "height of the peak, in peaks of the first tracked frame"
        key = viz.legend(colors, above.shape[1])
        return np.vstack([above, viz.text_strip(title, above.shape[1]), below, key])

    def _map(self, name: str, response: NDArray[np.float32] | None) -> Frame:
        """Return a response as a square with its colour bar; grey where there is none.

        A tracker's maps have one scale, that of its first response, so that a weak one is dark.
        """
        if response is None:
            return np.full((PANEL, PANEL + viz.BAR, 3), 128, np.uint8)
        picture = viz.map_and_bar(response, PANEL, PANEL, limits=self.limits[name])
        rows, columns = response.shape
        row, column = np.unravel_index(np.fft.fftshift(response).argmax(), response.shape)
        place = int((column + 0.5) * PANEL / columns), int((row + 0.5) * PANEL / rows)
        viz.mark_point(picture, place, viz.WHITE, "circle")
        return picture

    def _plot(self, colors: dict[str, viz.Color], width: int) -> Frame:
        """Return each tracker's peaks so far, in units of its first."""
        lines = {}
        for name, color in colors.items():
            peaks = np.array(self.peaks[name])
            first = abs(peaks[1]) if len(peaks) > 1 else 1.0
            lines[color] = np.column_stack([np.arange(len(peaks)), peaks / max(first, 1e-6)])
        return viz.curves(lines, (0, max(1, len(self.frames) - 1)), (0, HIGHEST), width, PLOT)
