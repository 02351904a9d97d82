"""Your own video: the demo, and its static twin, made of the clip it begins with. Book: chapter 00."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.frames import Frame
from udtlib.widgets import base
from udtlib.widgets.own_video.race import TRACKERS, Race

SHOWN = (0.6, 1.0)  # of the clip, in the static picture
ALT = (
    "One frame with the boxes of a learned tracker and of MOSSE, the response map of each beside it, and the "
    "height of both peaks over the frames."
)


class OwnVideo:
    """Two trackers on a clip, shown as a picture, and below it what lets a reader put a video in its place.

    Attributes:
        race: the trackers on the clip, tracked to its end.
        twin: the static picture: some of its frames.
    """

    def __init__(self, frames: Sequence[Frame], box: ArrayLike, names: Sequence[str] = TRACKERS) -> None:
        """Track ``box`` ``(x, y, w, h)`` of the first of ``frames`` through all of them."""
        self.race = Race(frames, box, names)
        pictures = list(self.race.run())
        self.twin = np.vstack([pictures[round(share * (len(pictures) - 1))] for share in SHOWN])

    def widget(self) -> Any:
        """Return the live widget: upload, box, trackers.

        Raises:
            ImportError: anywidget is not installed.
        """
        from udtlib.widgets.own_video.live import Live

        return Live(self.race).widget

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        display(Image(data=viz.jpeg(self.twin), alt=ALT))
        if base.is_live("anywidget"):
            display(self.widget())
        else:
            print(base.NOTE)


def own_video(frames: Sequence[Frame], box: ArrayLike, names: Sequence[str] = TRACKERS) -> OwnVideo:
    """Return the demo; it begins with a clip that is at hand.

    Args:
        frames: the clip, RGB ``uint8`` ``(H, W, 3)`` each.
        box: the target in the first of them, ``(x, y, w, h)``, 0-indexed pixels.
        names: two trackers, as `udtlib.trackers.load_tracker` takes them.

    Raises:
        DataError: no frames.
        BoxError: the box is none, or does not lie on the first frame.
        UnknownNameError: no such tracker.
    """
    return OwnVideo(frames, box, names)
