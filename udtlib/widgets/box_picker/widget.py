"""A box drawn in a notebook: ``picker = pick_box(frame)``, show it, then ``picker.box``. Book: chapter 00."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.boxes import Boxes, check_box_in_image
from udtlib.frames import Frame, check_frame
from udtlib.widgets import base
from udtlib.widgets.base import jpeg
from udtlib.widgets.box_picker.page import asset, data_url

NAMES = ("x", "y", "width", "height")


class BoxPicker:
    """A frame and the box chosen on it, shown below a static picture of both when a cell's last line.

    The box is drawn with the mouse, a finger or the keyboard where anywidget is installed (the extra
    ``widgets``), else with four sliders.

    Attributes:
        frame: RGB ``uint8`` ``(H, W, 3)``.
        box: ``(4,)`` float64, ``(x, y, w, h)`` in the frame's pixels, 0-indexed; follows what is drawn.
    """

    def __init__(self, frame: Frame, box: ArrayLike | None = None) -> None:
        """As `pick_box`."""
        self.frame = check_frame(frame)
        height, width = self.frame.shape[:2]
        middle = [width // 4, height // 4, max(1, width // 2), max(1, height // 2)]
        self.box: Boxes = check_box_in_image(middle if box is None else box, height, width)

    @property
    def twin(self) -> Frame:
        """The static picture: the frame with its box."""
        return viz.draw_box(self.frame, self.box)

    def widget(self) -> Any:
        """Return the live widget.

        Raises:
            ImportError: ipywidgets is not installed.
        """
        return self._drawn() if find_spec("anywidget") else self._sliders()

    def _drawn(self) -> Any:
        import anywidget
        import traitlets

        height, width = self.frame.shape[:2]
        synced: dict[str, Any] = {
            "picture": traitlets.Unicode(data_url(self.frame)),
            "width": traitlets.Int(width),
            "height": traitlets.Int(height),
            "value": traitlets.List(traitlets.Float(), self.box.tolist()),
        }
        parts = {name: trait.tag(sync=True) for name, trait in synced.items()}
        code = {"_esm": asset("picker.js"), "_css": asset("picker.css")}
        widget = type("DrawnBox", (anywidget.AnyWidget,), code | parts)()
        widget.observe(lambda change: self._take(change.new), names="value")
        return base.hear_beside_cells(widget)

    def _sliders(self) -> Any:
        import ipywidgets

        height, width = self.frame.shape[:2]
        limits = ((0, width - 1), (0, height - 1), (1, width), (1, height))
        sliders = [
            ipywidgets.IntSlider(value=round(value), min=low, max=high, description=name)
            for name, value, (low, high) in zip(NAMES, self.box, limits, strict=True)
        ]
        picture = ipywidgets.Image(value=jpeg(self.twin), format="jpeg")

        def follow(change: object) -> None:
            self._take([slider.value for slider in sliders])
            picture.value = jpeg(self.twin)

        for slider in sliders:
            base.hear_beside_cells(slider).observe(follow, names="value")
        return ipywidgets.VBox([picture, *sliders])

    def _take(self, box: ArrayLike) -> None:
        """Take a box from the browser; the part outside the frame is cut off."""
        height, width = self.frame.shape[:2]
        x, y, w, h = check_box_in_image(box, height, width)
        self.box = np.array([x, y, min(w, width - x), min(h, height - y)])

    def __repr__(self) -> str:
        """Return the box, as a plain prompt shows it."""
        return f"BoxPicker(box={self.box.tolist()})"

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        display(Image(data=jpeg(self.twin)))
        if base.is_live():
            display(self.widget())
        else:
            print(base.NOTE)


def pick_box(frame: Frame, box: ArrayLike | None = None) -> BoxPicker:
    """Return what lets a box be drawn on a frame in a notebook, and keeps it as ``.box``.

    Args:
        frame: RGB ``uint8`` ``(H, W, 3)``, as `udtlib.frames.check_frame`.
        box: the box to begin with, ``(x, y, w, h)``, 0-indexed pixels; None: the middle half of the frame.

    Raises:
        FrameError: not such a frame.
        BoxError: not four finite numbers of positive size, or a box outside the frame.
    """
    return BoxPicker(frame, box)
