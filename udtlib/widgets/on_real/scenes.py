"""Two experiments for any video: trackers side by side, and one there and back. Book: chapters 06, 07, 12."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib import strips, viz
from udtlib.boxes import Boxes, center, iou
from udtlib.data.sequences import Sequence
from udtlib.frames import Frame
from udtlib.trackers import Tracker
from udtlib.widgets.on_real.menu import Scene

Make = Callable[[], Tracker]
MOMENTS, HEIGHT, PLOT = 5, 120, 76  # frames in a picture, their height and that of the plot in pixels
EVERY = 4  # frames between two pictures on the way


def side_by_side(trackers: Mapping[str, Make]) -> Scene:
    """Return the experiment in which trackers, made anew by name, follow the target of one video."""

    def scene(video: Sequence) -> Iterator[Frame]:
        running = {name: make() for name, make in trackers.items()}
        tracks = {name: np.full((len(video), 4), np.nan) for name in running}
        for index, frame in enumerate(video.frames):
            for name, tracker in running.items():
                tracks[name][index] = _answer(tracker, frame, index, video.boxes[0])
            if index % EVERY == 0:
                yield tracks_picture(video, tracks, index)
        yield tracks_picture(video, tracks)

    return scene


def out_and_back(make: Make) -> Scene:
    """Return the experiment in which one tracker follows a target to the end of a video and, anew, back."""

    def scene(video: Sequence) -> Iterator[Frame]:
        ways = np.full((2, len(video), 4), np.nan)
        order = np.arange(len(video))
        for back, places in enumerate((order, order[::-1])):
            tracker, box = make(), ways[0, -1] if back else video.boxes[0]
            for count, index in enumerate(map(int, places)):
                ways[back, index] = _answer(tracker, video.frames[index], count, box)
                if count % EVERY == 0:
                    yield ways_picture(video, ways[0], ways[1], None if back else index)
        yield ways_picture(video, ways[0], ways[1])

    return scene


def _answer(tracker: Tracker, frame: Frame, index: int, box: ArrayLike) -> Boxes:
    """Return the tracker's box in its frame ``index``; it is started in the first."""
    if index:
        return np.asarray(tracker.update(frame), np.float64)
    tracker.init(frame, box)
    return np.asarray(box, np.float64)


def tracks_picture(video: Sequence, tracks: Mapping[str, ArrayLike], until: int | None = None) -> Frame:
    """Return moments of a video with the boxes of several trackers, above their overlaps with the truth.

    Args:
        video: frames and true boxes; the truth is drawn as a dashed white box.
        tracks: boxes ``(N, 4)`` by tracker.
        until: the last frame shown; None is the last there is.
    """
    overlaps = {name: iou(np.asarray(boxes, np.float64), video.boxes) for name, boxes in tracks.items()}
    return _picture(video, tracks, overlaps, "overlap with the truth, frame by frame", 1.0, until)


def ways_picture(video: Sequence, out: ArrayLike, back: ArrayLike, until: int | None = None) -> Frame:
    """Return moments of a video with the boxes of the way out and the way back, above how far they are apart.

    Args:
        video: frames and true boxes.
        out: boxes ``(N, 4)`` of the way out.
        back: of the way back, also in the order of the frames; NaN where it has not come yet.
        until: the last frame shown; None is the last there is.
    """
    there, home = np.asarray(out, np.float64), np.asarray(back, np.float64)
    apart = np.linalg.norm(center(there) - center(home), axis=1) / np.sqrt(video.boxes[0, 2:].prod())
    most = max(1.0, float(np.nanmax(apart, initial=0)))
    title = "distance between the two ways, in sides of the target, frame by frame"
    return _picture(video, {"way out": there, "way back": home}, {"way back": apart}, title, most, until)


def _picture(
    video: Sequence,
    tracks: Mapping[str, ArrayLike],
    lines: Mapping[str, NDArray[np.float64]],
    title: str,
    most: float,
    until: int | None,
) -> Frame:
    """Return moments with boxes above one plot: a line for each of ``lines``, from 0 to ``most``."""
    last = len(video.boxes) - 1
    until = last if until is None else until
    moments = [min(until, round(last * (place + 1) / MOMENTS)) for place in range(MOMENTS)]
    shown = strips.strip(video, tracks, frames=moments, height=HEIGHT)
    colors = strips.box_colors(tracks)
    numbers = video.start + np.arange(last + 1)
    known = {name: np.isfinite(tracks[name]).all(axis=1) for name in colors if name in lines}
    points = {colors[name]: np.stack([numbers, lines[name]], axis=1)[at] for name, at in known.items()}
    plot = viz.curves(points, (video.start, video.start + max(1, last)), (0, most), shown.shape[1], PLOT)
    return np.vstack([shown, viz.text_strip(title, shown.shape[1]), plot])
