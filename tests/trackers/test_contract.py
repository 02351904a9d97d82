"""What every classic tracker of ours promises, whatever its insides; and what all trackers refuse."""

import pickle
import subprocess
import sys
import time
from copy import deepcopy
from functools import partial

import cv2
import numpy as np
import pytest
import torch
from clips import moving_clip, texture

from udtlib import load_tracker
from udtlib.errors import BoxError, FrameError, TrackerError
from udtlib.frames import LONGEST_SIDE
from udtlib.labels import peak_displacement
from udtlib.trackers import TRACKERS
from udtlib.trackers.adapters import AsGot10k, AsPysot, AsPytracking, FromGot10k, FromPysot, FromPytracking
from udtlib.trackers.base import Tracker
from udtlib.trackers.group import load_group
from udtlib.trackers.udt.batch import MultiTracker
from udtlib.trackers.watched import Watched
from udtlib.weights import random_weights

KINDS = {
    "mosse": ("mosse", {}),
    "kcf": ("kcf", {}),
    "dcf": ("kcf", {"kernel": "linear"}),
    "kcf-grey": ("kcf", {"feature": "grey"}),
    "kcf-colour": ("kcf", {"feature": "colour"}),
    "dsst": ("dsst", {}),
    "dsst-2014": ("dsst", {"cell": 1, "padding": 1.0}),
}


@pytest.fixture(params=KINDS)
def tracker(request):
    name, options = KINDS[request.param]
    return load_tracker(name, **options)


def test_follows_a_textured_target_and_does_not_touch_its_input(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3), (-5, 6), (2, 2)])
    copies = [frame.copy() for frame in frames]
    assert isinstance(tracker, Tracker)
    tracker.init(frames[0], boxes[0])
    assert tracker.response.dtype == np.float32
    np.testing.assert_allclose(peak_displacement(tracker.response, subpixel=True), (0, 0), atol=0.05)
    for frame, box in zip(frames[1:], boxes[1:], strict=True):
        found = tracker.update(frame)
        assert found.dtype == np.float64
        assert found.shape == (4,)
        np.testing.assert_allclose(found[:2] + found[2:] / 2, box[:2] + box[2:] / 2, atol=2.5)
        np.testing.assert_allclose(found[2:], box[2:], rtol=0.1)
        assert tracker.score == pytest.approx(tracker.response.max())
    assert all((frame == copy).all() for frame, copy in zip(frames, copies, strict=True))


def test_the_model_learns_from_the_new_frame_where_the_target_was_found(tracker):
    """With a learning rate of 1 nothing else is left in it."""
    frames, boxes = moving_clip([(3, 2)])
    tracker.learning_rate, tracker.warps = 1.0, 0
    tracker.init(frames[0], boxes[0])
    x, y, w, h = tracker.update(frames[1])
    tracker._locate(tracker._features(tracker._crop(frames[1])))
    assert tracker.center.tolist() == pytest.approx([x + w / 2, y + h / 2])
    assert tracker.score > 0.8
    np.testing.assert_allclose(peak_displacement(tracker.response, subpixel=True), (0, 0), atol=0.02)
    model = tracker.__dict__.copy()
    tracker.init(frames[1], (x, y, w, h))
    for name in ("numerator", "x_hat"):
        if name in model:
            np.testing.assert_allclose(model[name], tracker.__dict__[name], rtol=1e-3, atol=1e-3)


def test_a_second_init_starts_anew(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    runs = []
    for _ in range(2):
        tracker.init(frames[0], boxes[0])
        runs.append([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_array_equal(runs[0], runs[1])


def test_boxes_given_out_are_not_changed_later(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    tracker.init(frames[0], boxes[0])
    first = tracker.update(frames[1])
    before = first.copy()
    tracker.update(frames[2])
    np.testing.assert_array_equal(first, before)
    np.testing.assert_array_equal(boxes[0], moving_clip([])[1][0])


@pytest.mark.parametrize("box", [(200, 0, 20, 20), (-30, 5, 20, 20), (5, 5, 0, 9), (5, 5, 9, -1)])
def test_refuses_bad_boxes(tracker, box):
    with pytest.raises(BoxError):
        tracker.init(texture(120, 160), box)


def test_refuses_nan_boxes_and_wrong_frames(tracker):
    with pytest.raises(BoxError, match="finite"):
        tracker.init(texture(120, 160), (5, float("nan"), 20, 20))
    with pytest.raises(FrameError, match="uint8"):
        tracker.init(texture(120, 160).astype(float), (5, 5, 20, 20))
    with pytest.raises(TrackerError, match="init"):
        tracker.update(texture(120, 160))


def test_refuses_a_size_change_in_mid_sequence_and_goes_on(tracker):
    frame = texture(120, 160)
    tracker.init(frame, (50, 50, 20, 20))
    with pytest.raises(FrameError, match="expected 160x120, found 150x120"):
        tracker.update(texture(120, 150))
    np.testing.assert_allclose(tracker.update(frame), (50, 50, 20, 20), atol=0.5)


def test_grey_and_rgba_frames_track_like_rgb(tracker):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    grey = [np.repeat(frame[:, :, :1], 3, axis=2) for frame in frames]
    alpha = [np.dstack([frame, np.full(frame.shape[:2], 9, np.uint8)]) for frame in grey]
    found = []
    for clip in (grey, alpha, [frame[:, :, 0] for frame in grey]):
        tracker.init(clip[0], boxes[0])
        found.append([tracker.update(frame) for frame in clip[1:]])
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize(
    "box",
    [
        (50, 40, 5, 5),
        (50.5, 40.2, 1, 1),
        (8, 6, 144, 108),
        (-10, -10, 30, 30),
        (0, 0, 160, 2),
        (-80, -80, 320, 280),
    ],
    ids=["5px", "1px", "80%", "corner", "sliver", "beyond"],
)
def test_odd_sizes_give_finite_boxes(tracker, box):
    frames = [texture(120, 160, seed) for seed in (0, 0, 1)]
    tracker.init(frames[0], box)
    same = tracker.update(frames[1])
    np.testing.assert_allclose(same[:2] + same[2:] / 2, np.array(box[:2]) + np.array(box[2:]) / 2, atol=2)
    found = tracker.update(frames[2])
    assert np.isfinite(found).all()
    assert (found[2:] > 0).all()
    assert np.isfinite(tracker.response).all()
    assert tracker.response.size <= 1.5 * tracker.max_area


@pytest.mark.parametrize(("step", "start"), [((-8, 0), (60, 40)), ((8, 0), (72, 40)), ((0, 8), (60, 24))])
def test_a_target_that_leaves_the_image_keeps_its_centre_on_it(tracker, step, start):
    frames, boxes = moving_clip([step] * 7, start=start)
    noise = [np.roll(texture(120, 160, seed=1), 6 * i, axis=1) for i in range(10)]
    tracker.init(frames[0], boxes[0])
    for frame in [*frames[1:], *noise, np.zeros_like(frames[0])]:
        x, y, w, h = tracker.update(frame)
        assert 0 <= x + w / 2 <= 160
        assert 0 <= y + h / 2 <= 120
        assert 0 < w <= 160 or w == boxes[0, 2]


def test_a_flat_target_gives_finite_boxes(tracker):
    frame = np.full((120, 160, 3), 70, np.uint8)
    tracker.init(frame, (50, 40, 30, 20))
    for _ in range(3):
        found = tracker.update(frame)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found[2:], (30, 20), rtol=0.01)


@pytest.mark.parametrize("module", ["mosse", "kcf", "dsst", "opencv"])
def test_does_not_import_torch(module):
    code = f"import sys, udtlib.trackers.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


BAD_BOXES = {
    "three numbers": (5, 5, 20),
    "five numbers": (5, 5, 20, 20, 1),
    "nothing": (),
    "none": None,
    "a text": "5,5,20,20",
    "texts": ("5", "5", "20", "20"),
    "ragged": [[5, 5], [20]],
    "two boxes": [[5, 5, 20, 20], [9, 9, 20, 20]],
    "true": (5, 5, True, 20),
    "complex": (5, 5, 20 + 0j, 20),
    "complex array": np.array([5, 5, 20, 20], np.complex128),
    "none in it": (5, 5, None, 20),
    "nan": (5, 5, np.nan, 20),
    "infinite": (5, -np.inf, 20, 20),
    "beyond floats": (5, 5, 10**400, 20),
    "too long to print": (5, 5, 10**5000, 20),
    "huge": (5, 5, 1e308, 1e308),
    "no width": (5, 5, 0, 20),
    "negative height": (5, 5, 20, -20),
    "below a pixel": (0.2, 0.3, 0.1, 0.2),
    "huge and thin": (5, 5, 1e7, 1e-3),
    "large": (5, 5, 20_000, 15_000),
    "wide": (5, 5, 1e5, 20),
    "outside": (161, 5, 20, 20),
    "far outside": (-1e300, 5, 20, 20),
}

WEIGHTS = {"dcfnet": {"weights": "random"}}  # its own are not part of the project

MADE = {
    **{name: partial(load_tracker, name, **WEIGHTS.get(name, {})) for name in TRACKERS},
    "from got10k": lambda: FromGot10k(AsGot10k(load_tracker("mosse"))),
    "from pysot": lambda: FromPysot(WithTrack(load_tracker("mosse"))),
    "both ways pytracking": lambda: FromPytracking(AsPytracking(load_tracker("mosse"))),
    "own": lambda: Watched(load_tracker("mosse"), type),
    "as got10k": lambda: AsGot10k(load_tracker("mosse"), index_base=0),
    "as pysot": lambda: WithUpdate(AsPysot(load_tracker("mosse"))),
    "batch": lambda: OneOf(MultiTracker(random_weights(0))),
    "group": lambda: OneOf(load_group("mosse", 1)),
}


class WithTrack:
    """Ours with pysot's names."""

    def __init__(self, tracker):
        self.init, self.tracker = tracker.init, tracker

    def track(self, frame):
        return {"bbox": self.tracker.update(frame).tolist()}


class WithUpdate:
    """pysot's names as ours."""

    def __init__(self, tracker):
        self.init, self.tracker = tracker.init, tracker

    def update(self, frame):
        return np.array(self.tracker.track(frame)["bbox"])


class OneOf:
    """A tracker of several targets, with one."""

    def __init__(self, group):
        self.group = group

    def init(self, frame, box):
        self.group.init(frame, [box])

    def update(self, frame):
        return self.group.update(frame)[0]


@pytest.mark.parametrize("name", MADE)
def test_a_refused_start_leaves_no_target_and_the_next_one_works(name):
    """A box or a frame: our error, at once, whatever was tracked before."""
    tracker, frame = MADE[name](), texture(120, 160)
    tracker.init(frame, (50, 40, 30, 20))
    tracker.update(frame)
    begun = time.perf_counter()
    for what, box in BAD_BOXES.items():
        with pytest.raises(BoxError):
            pytest.fail(f"{name} starts on {what}: {tracker.init(frame, box)}")
        with pytest.raises(TrackerError, match="call init"):
            tracker.update(frame)
    assert time.perf_counter() - begun < 10
    tracker.init(frame, (50, 40, 30, 20))
    with pytest.raises(FrameError):
        tracker.init(frame.astype(float), (50, 40, 30, 20))
    with pytest.raises(TrackerError, match="call init"):
        tracker.update(frame)
    tracker.init(frame, np.array([50, 40, 30, 20], np.int32))
    assert tracker.update(frame).shape == (4,)


ODD_FRAMES = {
    "one pixel": (np.zeros((1, 1, 3), np.uint8), (0, 0, 1, 1)),
    "two pixels": (texture(2, 2), (0, 0, 2, 2)),
    "one row": (np.full((1, 300, 3), 9, np.uint8), (100, 0, 20, 1)),
    "not contiguous": (texture(240, 320)[::-2, ::-2], (50, 40, 30, 20)),
    "other order": (np.asfortranarray(texture(120, 160)), (50, 40, 30, 20)),
    "thin and wide": (np.full((2, LONGEST_SIDE, 3), 9, np.uint8), (5, 0, 3 * LONGEST_SIDE, 1)),
    "larger than any": (np.zeros((2, LONGEST_SIDE + 1, 3), np.uint8), (5, 0, 20, 2)),
    "empty": (np.zeros((0, 160, 3), np.uint8), (5, 5, 20, 20)),
    "two channels": (np.zeros((120, 160, 2), np.uint8), (5, 5, 20, 20)),
    "a list": ([[1, 2], [3, 4]], (0, 0, 1, 1)),
}


@pytest.mark.filterwarnings("error::RuntimeWarning")  # numpy's, of numbers that are none
@pytest.mark.parametrize("name", MADE)
def test_odd_frames_give_finite_boxes_or_our_errors(name):
    for what, (frame, box) in ODD_FRAMES.items():
        tracker = MADE[name]()
        if isinstance(frame, np.ndarray):
            frame.flags.writeable = False
        try:
            tracker.init(frame, box)
        except (FrameError, TrackerError):
            assert what not in ("not contiguous", "other order")
            continue
        assert what not in ("larger than any", "empty", "two channels", "a list"), name
        assert np.isfinite(tracker.update(frame)).all(), (name, what)


@pytest.mark.parametrize("name", TRACKERS)
def test_a_target_that_fills_a_large_frame_is_quick(name):
    """The work is bounded: without a bound CSRT takes the better part of a minute and 6 GB for it."""
    tracker, frame = MADE[name](), np.tile(texture(135, 120), (16, 32, 1))
    begun = time.process_time()
    tracker.init(frame, (0, 0, 3840, 2160))
    assert np.isfinite(tracker.update(frame)).all()
    assert time.process_time() - begun < 10
    assert (tracker.update(frame)[2:] > (1500, 900)).all()


def test_opencv_follows_a_large_target_in_a_smaller_copy_of_the_frame():
    frames, boxes = moving_clip([(24, 16)], size=(640, 600), frame=(1200, 1600), start=(400, 300))
    tracker = load_tracker("csrt")
    tracker.init(frames[0], boxes[0])
    small = [
        cv2.resize(frame[:, :, ::-1].copy(), (1280, 960), interpolation=cv2.INTER_AREA) for frame in frames
    ]
    theirs = cv2.TrackerCSRT_create()
    theirs.init(small[0], (320, 240, 480, 512))
    np.testing.assert_allclose(tracker.update(frames[1]), np.array(theirs.update(small[1])[1]) / 0.8)


OURS = ("mosse", "kcf", "dsst", "udt", "udt+", "udt-plain")


@pytest.mark.parametrize("name", OURS)
def test_a_copy_of_a_tracker_goes_on_as_the_tracker_does(name):
    """Copied, or sent to another process, in mid-sequence; and neither disturbs the other."""
    frames, boxes = moving_clip([(3, 2), (4, -3), (-5, 6)])
    tracker = MADE[name]()
    tracker.init(frames[0], boxes[0])
    tracker.update(frames[1])
    others = deepcopy(tracker), pickle.loads(pickle.dumps(tracker))
    found = [[one.update(frame) for frame in frames[2:]] for one in (tracker, *others)]
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


NETWORKS = ("udt", "udt+", "udt-plain")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_default_of_float64_changes_nothing(name):
    """As `torch.set_default_dtype` makes it for somebody's whole notebook."""
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    found = []
    for dtype in (torch.float32, torch.float64):
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            tracker = load_tracker(name, weights="random")
            tracker.init(frames[0], boxes[0])
            found.append([tracker.update(frame) for frame in frames[1:]])
        finally:
            torch.set_default_dtype(before)
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", ["udt", "udt+"])
def test_somebodys_autocast_changes_nothing(name):
    frames, boxes = moving_clip([(3, 2), (4, -3)])
    found = []
    for enabled in (False, True):
        tracker = load_tracker(name)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            tracker.init(frames[0], boxes[0])
            found.append([tracker.update(frame) for frame in frames[1:]])
    np.testing.assert_array_equal(*found)


def test_every_tracker_of_ours_has_response_and_score_from_the_first_frame_on():
    """The label is what was asked of the first frame: its peak is where the target is."""
    frames, boxes = moving_clip([(3, 2)])
    for name in OURS:
        tracker = MADE[name]()
        tracker.init(frames[0], boxes[0])
        assert tracker.score == pytest.approx(float(tracker.response.max()), abs=0.05), name
        assert tracker.score > 0.5
        np.testing.assert_allclose(peak_displacement(tracker.response, subpixel=True), (0, 0), atol=0.1)
