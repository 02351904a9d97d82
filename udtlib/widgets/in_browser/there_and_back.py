"""From T through S1 and S2 and back to T, played: the peak in each patch, and the loss as S2 moves away.

``demo()`` as a cell's last line shows a static picture, and the player where a browser shows it. All trips
are computed beforehand by the library; the page only shows them. Book: chapter 07.
"""

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib import viz
from udtlib.dcf import default_sigma, gaussian_label
from udtlib.frames import Frame
from udtlib.labels import peak_displacement
from udtlib.unsupervised import round_trip_errors, track_forward_backward
from udtlib.widgets import round_trip
from udtlib.widgets.box_picker.page import data_url
from udtlib.widgets.in_browser.demo import BrowserDemo

CLIPS = ("turning target", "occluder")
LAST = tuple(range(2, round_trip.LONGEST + 1, 2))  # frames from T to S2; S1 is half way
SIDE, PATCH, PANEL = round_trip.SIDE, round_trip.PATCH, 150


class Journey(NamedTuple):
    """One way from T through S1 and S2 back to T.

    Attributes:
        patches: T, S1, S2, T, RGB ``(125, 125, 3)`` uint8.
        responses: T's label, then the responses at S1, S2 and T, ``(121, 121)`` float32 each, wrap-around.
        places: ``(4, 2)`` float64, their peaks' ``(dy, dx)`` in cells.
        targets: ``(4, 2)`` float64, where the target is, likewise.
        loss: Eq. 8's squared distance of the last response from T's label.
    """

    patches: list[Frame]
    responses: list[NDArray[np.float32]]
    places: NDArray[np.float64]
    targets: NDArray[np.float64]
    loss: float


@cache
def journey(clip: str, last: int) -> Journey:
    """Return the way when S2 is ``last`` frames (2 to 12, even) after T in a clip of `CLIPS`."""
    looks = [round_trip.look(clip, frame) for frame in (0, last // 2, last, 0)]
    features = [look.features for look in looks[:3]]
    label = gaussian_label(SIDE, SIDE, default_sigma(PATCH, PATCH))
    trip = track_forward_backward(features[0], features[1:], label)
    responses = [response[0].numpy() for response in (trip.label, *trip.responses, trip.back)]
    places = np.array([peak_displacement(response) for response in responses])
    targets = np.array([look.target for look in looks])
    loss = float(round_trip_errors(trip.back, trip.label, "paper")[0])
    return Journey([look.patch for look in looks], responses, places, targets, loss)


def as_state(clip: str, last: int) -> dict[str, Any]:
    """Return a journey as the script takes it; its patches are numbers of frames."""
    there = journey(clip, last)
    limits = viz.limits_of(*there.responses)
    maps = [data_url(viz.heatmap(response, limits=limits)) for response in there.responses]
    frames = [0, last // 2, last, 0]
    places = {"places": there.places.tolist(), "targets": there.targets.round(1).tolist()}
    return {"frames": frames, "responses": maps, "limits": list(limits), "loss": there.loss} | places


def draw(clip: str, last: int) -> Frame:
    """Return the four patches of a journey with the path so far and the target, and the responses below."""
    there = journey(clip, last)
    points, targets = (
        np.rint((each[:, ::-1] + PATCH / 2) * PANEL / PATCH).astype(np.int32)
        for each in (there.places, there.targets)
    )
    panels, limits = [], viz.limits_of(*there.responses)
    for k, (name, patch) in enumerate(zip(("T", "S1", "S2", "T again"), there.patches, strict=True)):
        picture = viz.resize_nearest(patch, PANEL)
        cv2.polylines(picture, [points[: k + 1]], False, viz.PREDICTION, 2, cv2.LINE_AA)
        cv2.circle(picture, targets[k].tolist(), 12, viz.TRUTH, 2, cv2.LINE_AA)
        viz.mark_point(picture, (int(points[k][0]), int(points[k][1])))
        below = viz.resize_nearest(viz.heatmap(there.responses[k], limits=limits), PANEL)
        panels.append(np.vstack([viz.caption(picture, name), below]))
    bar = np.full((panels[0].shape[0], viz.BAR, 3), 255, np.uint8)
    bar[-PANEL:] = viz.color_bar(limits, PANEL)
    return viz.caption(
        viz.side_by_side(*panels, bar), f"{clip}, S2 after {last} frames: loss {there.loss:.1f}"
    )


def demo() -> BrowserDemo:
    """Return the demo: a player of twelve journeys, and as static picture the longest on each clip."""
    clips = {
        clip: {
            "patches": [data_url(round_trip.look(clip, k).patch) for k in range(LAST[-1] + 1)],
            "journeys": [as_state(clip, last) for last in LAST],
        }
        for clip in CLIPS
    }
    twin = np.vstack([draw(clip, LAST[-1]) for clip in CLIPS])
    return BrowserDemo("there_and_back", {"clips": clips, "side": PATCH}, twin)
