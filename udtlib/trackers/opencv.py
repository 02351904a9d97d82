"""OpenCV's own correlation-filter trackers behind our interface: the other side of every comparison.

They need the tracking module of `opencv-contrib-python-headless`; the plain build lacks it. OpenCV
takes BGR frames and boxes of whole pixels, and says with a flag that it lost the target.

Book: chapters 02 and 03.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib.boxes import Boxes, check_box_in_image
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame


def opencv_factory(name: str) -> Callable[[], Any]:
    """Return the constructor of ``cv2.legacy.TrackerNAME``, or of ``cv2.TrackerNAME``.

    Raises:
        TrackerError: this build of OpenCV has neither.
    """
    for module in (getattr(cv2, "legacy", None), cv2):
        factory = getattr(module, f"Tracker{name}_create", None)
        if factory is not None:
            return factory
    raise TrackerError(
        f"this OpenCV ({cv2.__version__}) has no Tracker{name}: it is part of the contrib build. Do "
        "`pip uninstall opencv-python opencv-python-headless`, then "
        "`pip install --force-reinstall opencv-contrib-python-headless`"
    )


def whole_pixel_box(box: ArrayLike, height: int, width: int) -> tuple[int, int, int, int]:
    """Return ``box`` rounded to whole pixels, at least 2 x 2, cut to the ``height`` x ``width`` image.

    OpenCV's trackers crash or fail silently on boxes that are fractional, empty or partly outside.
    """
    x, y, w, h = check_box_in_image(box, height, width)
    left, top = min(max(0, round(x)), width - 2), min(max(0, round(y)), height - 2)
    right, bottom = min(width, max(left + 2, round(x + w))), min(height, max(top + 2, round(y + h)))
    return left, top, right - left, bottom - top


class OpenCVTracker:
    """One of OpenCV's trackers; a subclass names it.

    Attributes:
        score: 1 while OpenCV says it follows the target, 0 while it says it lost it (the box of the
            last frame is then repeated). OpenCV shows no response map: ``response`` is None.
    """

    name = ""
    response = None
    stages = ("_to_bgr", "_follow")

    def __init__(self) -> None:
        """Find the tracker in this build of OpenCV.

        Raises:
            TrackerError: it is not there.
        """
        self.factory = opencv_factory(self.name)
        self.tracker: Any = None

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` (RGB) with the target in ``box``, which is rounded to whole pixels.

        Raises:
            BoxError: four finite numbers of positive size that touch the frame were expected.
            FrameError: see `udtlib.frames.check_frame`.
            TrackerError: OpenCV refuses the frame or the box.
        """
        frame = check_frame(frame)
        box = whole_pixel_box(box, *frame.shape[:2])
        self.frame_shape, self.box, self.score = frame.shape[:2], np.array(box, dtype=np.float64), 1.0
        tracker = self.factory()
        try:
            started = tracker.init(self._to_bgr(frame), box)
        except cv2.error as error:
            raise TrackerError(f"OpenCV's {self.name} does not start on box {box}: {error}") from error
        if started is False:
            raise TrackerError(f"OpenCV's {self.name} does not start on box {box}")
        self.tracker = tracker

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in ``frame``: the last one where OpenCV fails.

        Raises:
            FrameError: as `init`, or a frame of another size.
            TrackerError: `init` was not called.
        """
        if self.tracker is None:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, like=self.frame_shape)
        found, box = self._follow(self._to_bgr(frame))
        box = np.array(box, dtype=np.float64)
        if found and np.isfinite(box).all() and (box[2:] > 0).all():
            self.box = box
        self.score = float(found)
        return self.box.copy()

    def _to_bgr(self, frame: Frame) -> Frame:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), dtype=np.uint8)

    def _follow(self, frame: Frame) -> tuple[bool, ArrayLike]:
        try:
            return self.tracker.update(frame)
        except cv2.error:
            return False, self.box


class OpenCVMosse(OpenCVTracker):
    """OpenCV's MOSSE (Bolme et al. 2010), with OpenCV's constants.

    It enlarges the box, about its centre, to a size whose Fourier transform is fast.
    """

    name = "MOSSE"


class OpenCVKCF(OpenCVTracker):
    """OpenCV's KCF (Henriques et al. 2015) on grey pixels and colour names, with OpenCV's constants."""

    name = "KCF"


class OpenCVCSRT(OpenCVTracker):
    """OpenCV's CSRT (Lukežič et al. 2017): channel and spatial reliability, HOG, colour and scale."""

    name = "CSRT"
