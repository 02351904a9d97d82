"""Trackers of other toolkits evaluated here, and ours wrapped for them: one line each way.

=========== ============= ============================ ===================================================
toolkit     images        box                          how it is called
=========== ============= ============================ ===================================================
here        RGB array     0-indexed                    ``init(frame, box)``, ``update(frame) -> box``
got10k      RGB PIL image the annotation's: 1-indexed  ``init(image, box)``, ``update(image) -> box``
pysot       BGR array     0-indexed                    ``init(img, bbox)``,
                                                       ``track(img) -> {"bbox": ..., "best_score": ...}``
pytracking  RGB array     as given                     ``initialize(image, info)``,
                                                       ``track(image) -> {"target_bbox": ...}``
=========== ============= ============================ ===================================================

The got10k toolkit hands over the numbers of the annotation files, which count pixels from 1, and its
author's trackers take one off. A tracker that does not is told so with ``index_base=0``. Example::

    evaluate(lambda: FromGot10k(TheirTracker("net.pth")), "otb", name="theirs")
    evaluate(lambda: FromPytracking(TheirTracker(parameters)), "otb", name="theirs")
    experiment.run(AsGot10k(load_tracker("udt"), "UDT"))

Book: chapter 13.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib.arguments import shown
from udtlib.boxes import Boxes, as_numbers, check_box, check_box_in_image
from udtlib.data.images import read_image
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.trackers.base import Tracker


def _shift(box: ArrayLike, by: int) -> Boxes:
    """Return a new box ``(4,)`` with ``by`` added to x and y.

    Raises:
        TrackerError: not four numbers: a polygon, boxes of several targets.
    """
    try:
        numbers = as_numbers(box)
        if numbers.shape != (4,):
            raise ValueError("of another shape")
    except (TypeError, ValueError, RuntimeError) as error:  # the last from a list of tensors with a gradient
        raise TrackerError(f"expected a box of four numbers x, y, w, h, found {shown(box)}") from error
    numbers[:2] += by
    return numbers


class FromGot10k:
    """A got10k-style tracker with our interface.

    Convention: frames RGB ``uint8`` ``(H, W, 3)``, boxes ``(x, y, w, h)`` float64, 0-indexed; the wrapped
    tracker gets PIL images in RGB and boxes of its own ``index_base``.
    """

    def __init__(self, tracker: Any, index_base: int = 1) -> None:
        """Wrap a tracker with ``init(image, box)`` and ``update(image) -> box``.

        Args:
            tracker: an object, new for each sequence.
            index_base: number of the first pixel in the boxes it takes and gives.

        Raises:
            TrackerError: it has another interface.
        """
        _check_methods(tracker, "init", "update")
        self.tracker, self.index_base, self.started = tracker, index_base, False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` with the target in ``box``; errors as `udtlib.boxes.check_box_in_image`."""
        self.started = False
        frame = check_frame(frame)
        start = check_box_in_image(box, *frame.shape[:2])
        self.tracker.init(_to_pil(frame), _shift(start, self.index_base))
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` in the next ``frame``."""
        _check_started(self)
        return _shift(self.tracker.update(_to_pil(frame)), -self.index_base)


class FromPysot:
    """A pysot-style tracker with our interface.

    Convention: as `FromGot10k`; the wrapped tracker gets BGR ``uint8`` arrays and lists of four numbers.

    Attributes:
        score: its ``"best_score"`` in the last frame, None where it gives none.
    """

    def __init__(self, tracker: Any, index_base: int = 0) -> None:
        """Wrap a tracker with ``init(img, bbox)`` and ``track(img) -> {"bbox": ...}``.

        Args:
            tracker: an object, new for each sequence.
            index_base: number of the first pixel in its boxes. pysot's own script hands over the numbers of
                its JSON files as they are, 1-indexed for OTB: ``index_base=1`` does the same.

        Raises:
            TrackerError: it has another interface.
        """
        _check_methods(tracker, "init", "track")
        self.tracker, self.index_base, self.score, self.started = tracker, index_base, None, False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` with the target in ``box``; errors as `udtlib.boxes.check_box_in_image`."""
        self.started = False
        frame = check_frame(frame)
        start = check_box_in_image(box, *frame.shape[:2])
        self.tracker.init(_swap_colours(frame), _shift(start, self.index_base).tolist())
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` in the next ``frame``.

        Raises:
            TrackerError: the tracker's answer has no ``"bbox"``, or `init` was not called.
        """
        _check_started(self)
        answer = _answer(self.tracker.track(_swap_colours(frame)), "bbox", "pysot")
        self.score = answer.get("best_score")
        return _shift(answer["bbox"], -self.index_base)


class FromPytracking:
    """A pytracking-style tracker with our interface.

    Convention: as `FromGot10k`; the wrapped tracker gets RGB ``uint8`` arrays and lists of four numbers.
    """

    def __init__(self, tracker: Any, index_base: int = 0) -> None:
        """Wrap a tracker with ``initialize(image, info)`` and ``track(image) -> {"target_bbox": ...}``.

        Args:
            tracker: an object, new for each sequence; of pytracking's own, what ``create_tracker`` makes.
            index_base: number of the first pixel in its boxes. pytracking hands over the numbers of the
                annotation files as they are, 1-indexed for OTB: ``index_base=1`` does the same.

        Raises:
            TrackerError: it has another interface.
        """
        _check_methods(tracker, "initialize", "track")
        self.tracker, self.index_base, self.started = tracker, index_base, False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` with the target in ``box``; errors as `udtlib.boxes.check_box_in_image`."""
        self.started = False
        frame = check_frame(frame)
        start = check_box_in_image(box, *frame.shape[:2])
        info = {"init_bbox": _shift(start, self.index_base).tolist()}
        self.tracker.initialize(frame.copy(), info)
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` in the next ``frame``.

        Raises:
            TrackerError: the tracker's answer has no ``"target_bbox"``, or one of several targets, or `init`
                was not called.
        """
        _check_started(self)
        answer = _answer(self.tracker.track(check_frame(frame).copy()), "target_bbox", "pytracking")
        return _shift(answer["target_bbox"], -self.index_base)


class AsGot10k:
    """One of our trackers with the interface of got10k's ``Tracker``, which asks for no base class.

    Convention: images are PIL images (or RGB arrays), boxes ``(x, y, w, h)`` of ``index_base``.

    Attributes:
        name: the toolkit's folder of results.
        is_deterministic: whether one run is enough.
    """

    is_deterministic = True

    def __init__(self, tracker: Tracker, name: str = "udtlib", index_base: int = 1) -> None:
        """Wrap ``tracker``; ``index_base`` 1 is what the toolkit's annotations have."""
        self.tracker, self.name, self.index_base, self.started = tracker, name, index_base, False

    def init(self, image: Any, box: ArrayLike) -> None:
        """Start on ``image`` with the target in ``box``."""
        self.started = False
        self.tracker.init(_from_pil(image), _shift(check_box(box), -self.index_base))
        self.started = True

    def update(self, image: Any) -> Boxes:
        """Return the target's box ``(4,)`` in the next ``image``."""
        _check_started(self)
        return _shift(self.tracker.update(_from_pil(image)), self.index_base)

    def track(
        self, img_files: Sequence[str | Path], box: ArrayLike, visualize: bool = False
    ) -> tuple[Boxes, Boxes]:
        """Return boxes ``(N, 4)`` in image files, the first as given, and seconds ``(N,)`` without reading.

        ``visualize`` is there because the toolkit passes it; nothing is shown. Errors of files are those of
        `udtlib.data.images.read_image`.
        """
        boxes, times = np.zeros((len(img_files), 4)), np.zeros(len(img_files))
        for index, path in enumerate(img_files):
            image = read_image(path)
            begun = time.perf_counter()
            if index:
                boxes[index] = self.update(image)
            else:
                self.init(image, box)
                boxes[0] = box
            times[index] = time.perf_counter() - begun
        return boxes, times


class AsPysot:
    """One of our trackers with the interface of pysot's: ``init(img, bbox)``, ``track(img) -> dict``.

    Convention: images are BGR ``uint8`` arrays, boxes ``(x, y, w, h)`` of ``index_base``.
    """

    def __init__(self, tracker: Tracker, index_base: int = 0) -> None:
        """Wrap ``tracker``."""
        self.tracker, self.index_base, self.started = tracker, index_base, False

    def init(self, img: Frame, bbox: ArrayLike) -> None:
        """Start on ``img`` with the target in ``bbox``."""
        self.started = False
        self.tracker.init(_swap_colours(img), _shift(check_box(bbox), -self.index_base))
        self.started = True

    def track(self, img: Frame) -> dict[str, Any]:
        """Return ``{"bbox": [x, y, w, h], "best_score": float or None}`` for the next ``img``."""
        _check_started(self)
        box = _shift(self.tracker.update(_swap_colours(img)), self.index_base)
        score = getattr(self.tracker, "score", None)
        return {"bbox": box.tolist(), "best_score": None if score is None else float(score)}


class AsPytracking:
    """One of our trackers with pytracking's interface: ``initialize(image, info)``, ``track(image) -> dict``.

    Convention: images are RGB ``uint8`` arrays, boxes ``(x, y, w, h)`` of ``index_base``.
    """

    def __init__(self, tracker: Tracker, index_base: int = 0) -> None:
        """Wrap ``tracker``."""
        self.tracker, self.index_base, self.started = tracker, index_base, False

    def initialize(self, image: Frame, info: dict[str, Any]) -> dict[str, Any]:
        """Start on ``image`` with the target in ``info["init_bbox"]``; there is nothing to add: ``{}``."""
        self.started = False
        self.tracker.init(image, _shift(check_box(info["init_bbox"]), -self.index_base))
        self.started = True
        return {}

    def track(self, image: Frame, info: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``{"target_bbox": [x, y, w, h]}`` for the next ``image``; ``info`` is not needed."""
        _check_started(self)
        return {"target_bbox": _shift(self.tracker.update(image), self.index_base).tolist()}


def _answer(answer: Any, key: str, toolkit: str) -> dict[str, Any]:
    if not isinstance(answer, dict) or key not in answer:
        raise TrackerError(f"expected {{{key!r}: ...}} from a {toolkit}-style tracker, found {answer!r:.60}")
    return answer


def _check_methods(tracker: Any, *names: str) -> None:
    lacking = [name for name in names if not callable(getattr(tracker, name, None))]
    if lacking or isinstance(tracker, type):
        found = f"the class {tracker.__name__}" if isinstance(tracker, type) else type(tracker).__name__
        raise TrackerError(f"expected an object with {' and '.join(names)}, found {found}")


def _check_started(adapter: Any) -> None:
    if not adapter.started:
        raise TrackerError("update needs a target: call init first")


def _swap_colours(image: Frame) -> Frame:
    """Return RGB as BGR and BGR as RGB, contiguous in memory as OpenCV wants it."""
    return np.ascontiguousarray(check_frame(image)[:, :, ::-1])


def _to_pil(frame: Frame) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(check_frame(frame)))


def _from_pil(image: Any) -> Frame:
    """Return a PIL image of any mode, or an array, as RGB ``uint8``."""
    return check_frame(np.asarray(image.convert("RGB")) if hasattr(image, "convert") else image)
