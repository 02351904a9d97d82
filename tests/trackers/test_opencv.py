import cv2
import numpy as np
import pytest

from udtlib import load_tracker
from udtlib.boxes import center
from udtlib.errors import BoxError, FrameError, TrackerError
from udtlib.trackers import opencv
from udtlib.trackers.base import Tracker
from udtlib.trackers.opencv import whole_pixel_box

NAMES = ["csrt", "kcf-opencv", "mosse-opencv"]


def clip(steps):
    """RGB frames of blurred noise that moves as a whole by ``steps``, and the boxes of a part of it."""
    noise = np.random.default_rng(0).integers(0, 255, (140, 180, 3), dtype=np.uint8)
    image = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
    offsets = np.cumsum([(0, 0), *steps], axis=0)
    frames = [np.ascontiguousarray(image[10 - dy : 130 - dy, 10 - dx : 170 - dx]) for dx, dy in offsets]
    return frames, np.array([(60 + dx, 40 + dy, 32, 40) for dx, dy in offsets], dtype=float)


@pytest.mark.parametrize("name", NAMES)
def test_follows_a_target_with_fractional_box(name):
    frames, boxes = clip([(1, 1), (1, -1), (-1, 0)])
    tracker = load_tracker(name)
    assert isinstance(tracker, Tracker)
    tracker.init(frames[0], boxes[0] + 0.3)
    for frame, box in zip(frames[1:], boxes[1:], strict=True):
        found = tracker.update(frame)
        assert found.dtype == np.float64
        assert found.shape == (4,)
        np.testing.assert_allclose(center(found), center(box), atol=1.5)
        np.testing.assert_allclose(found[2:], box[2:], atol=6)
        assert tracker.score == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_target_repeats_the_last_box_with_score_0(name):
    frames, boxes = clip([(3, 2)])
    tracker = load_tracker(name)
    tracker.init(frames[0], boxes[0])
    last = tracker.update(frames[1])
    for _ in range(3):
        found = tracker.update(np.zeros_like(frames[0]))
        assert np.isfinite(found).all()
    if tracker.score == 0:
        np.testing.assert_array_equal(found, last)


def test_opencv_failure_flag_and_exceptions():
    frames, boxes = clip([])
    tracker = load_tracker("mosse-opencv")
    tracker.init(frames[0], boxes[0])

    class Failing:
        def update(self, frame):
            raise cv2.error("no")

    for broken in (Failing(), type("", (), {"update": lambda self, frame: (False, (1, 2, 3, 4))})()):
        tracker.tracker = broken
        np.testing.assert_array_equal(tracker.update(frames[0]), boxes[0])
        assert tracker.score == 0


def test_opencv_gets_bgr_frames(monkeypatch):
    seen = []

    class Recorder:
        def init(self, frame, box):
            seen.append((frame, box))

    monkeypatch.setattr(opencv, "opencv_factory", lambda name: Recorder)
    frames, _ = clip([])
    load_tracker("mosse-opencv").init(frames[0], (60.4, 39.6, 32, 40))
    np.testing.assert_array_equal(seen[0][0], frames[0][:, :, ::-1])
    assert seen[0][1] == (60, 40, 32, 40)
    assert all(isinstance(v, int) for v in seen[0][1])


@pytest.mark.parametrize("name", NAMES)
def test_another_build_of_opencv_gives_a_clear_message(name, monkeypatch):
    monkeypatch.delattr(cv2, "legacy", raising=False)
    kind = {"mosse-opencv": "MOSSE", "kcf-opencv": "KCF", "csrt": "CSRT"}[name]
    monkeypatch.delattr(cv2, f"Tracker{kind}_create", raising=False)
    with pytest.raises(TrackerError, match="opencv-contrib-python-headless"):
        load_tracker(name)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((10.4, 20.6, 5, 5), (10, 21, 5, 5)),
        ((-10, -10, 30, 30), (0, 0, 20, 20)),
        ((150, 110, 30, 30), (150, 110, 10, 10)),
        ((159.7, 119.8, 9, 9), (158, 118, 2, 2)),
        ((50, 50, 0.2, 0.2), (50, 50, 2, 2)),
    ],
)
def test_whole_pixel_box(box, expected):
    assert whole_pixel_box(box, 120, 160) == expected


@pytest.mark.parametrize("name", NAMES)
def test_bad_input(name):
    frames, boxes = clip([])
    tracker = load_tracker(name)
    with pytest.raises(TrackerError, match="init"):
        tracker.update(frames[0])
    for box in [(200, 0, 20, 20), (5, 5, 0, 9), (5, float("nan"), 9, 9)]:
        with pytest.raises(BoxError):
            tracker.init(frames[0], box)
    tracker.init(frames[0][:, :, 0], boxes[0])
    assert np.isfinite(tracker.update(np.dstack([frames[0], frames[0][:, :, :1]]))).all()
    with pytest.raises(FrameError, match="one size"):
        tracker.update(frames[0][:100])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("box", [(50, 40, 5, 5), (8, 6, 144, 108)])
def test_small_and_large_targets(name, box):
    frames, _ = clip([(3, 2)])
    tracker = load_tracker(name)
    tracker.init(frames[0], box)
    assert np.isfinite(tracker.update(frames[1])).all()
