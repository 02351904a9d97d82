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
from udtlib.errors import FrameError, TrackerError
from udtlib.frames import Frame, check_frame

LONGEST_TARGET = 512
"""Pixels: a target with a longer side is followed in a smaller copy of each frame.

OpenCV's time and memory grow with the target's area. The longest side of any target of OTB is 396.
"""


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
    x, y, w, h = np.asarray(box, dtype=np.float64)
    left, top = min(max(0, round(x)), width - 2), min(max(0, round(y)), height - 2)
    right, bottom = min(width, max(left + 2, round(x + w))), min(height, max(top + 2, round(y + h)))
    return left, top, right - left, bottom - top


def reduced_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """Return the ``(width, height)`` of frames in which ``longest`` pixels are `LONGEST_TARGET` at most."""
    shrink = min(1.0, LONGEST_TARGET / longest)
    return max(2, round(width * shrink)), max(2, round(height * shrink))


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
        self.started = False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` (RGB) with the target in ``box``, which is rounded to whole pixels.

        Raises:
            BoxError: four finite numbers of positive size that touch the frame were expected.
            FrameError: see `udtlib.frames.check_frame`.
            TrackerError: OpenCV refuses the frame or the box.
        """
        self.started = False
        frame = check_frame(frame)
        height, width = self.frame_shape = frame.shape[:2]
        whole = whole_pixel_box(check_box_in_image(box, height, width), height, width)
        if min(height, width) < 2:
            raise FrameError(f"OpenCV's trackers need frames of 2x2 pixels or more, found {width}x{height}")
        self.reduced = reduced_size(height, width, max(whole[2:]))
        self.ratio = np.tile(np.array(self.reduced) / (width, height), 2)
        reduced = whole_pixel_box(whole * self.ratio, self.reduced[1], self.reduced[0])
        self.box, self.score = reduced / self.ratio, 1.0
        self.tracker = self.factory()
        try:
            started = self.tracker.init(self._to_bgr(frame), reduced)
        except cv2.error as error:
            raise TrackerError(f"OpenCV's {self.name} does not start on box {whole}: {error}") from error
        if started is False:
            raise TrackerError(f"OpenCV's {self.name} does not start on box {whole}")
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in ``frame``: the last one where OpenCV fails.

        Raises:
            FrameError: as `init`, or a frame of another size.
            TrackerError: `init` was not called.
        """
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, like=self.frame_shape)
        found, box = self._follow(self._to_bgr(frame))
        box = np.array(box, dtype=np.float64) / self.ratio
        if found and np.isfinite(box).all() and (box[2:] > 0).all():
            self.box = box
        self.score = float(found)
        return self.box.copy()

    def _to_bgr(self, frame: Frame) -> Frame:
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        if (self.ratio < 1).any():
            bgr = cv2.resize(bgr, self.reduced, interpolation=cv2.INTER_AREA)
        return np.asarray(bgr, dtype=np.uint8)

    def _follow(self, frame: Frame) -> tuple[bool, ArrayLike]:
        try:
            return self.tracker.update(frame)
        except cv2.error:
            return False, np.full(4, np.nan)


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
