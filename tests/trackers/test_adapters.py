"""Adapters, against small stand-ins with the interfaces of got10k and pysot."""

import cv2
import numpy as np
import pytest
import torch
from clips import moving_clip
from PIL import Image

from udtlib import load_tracker
from udtlib.data import Sequence
from udtlib.errors import DataError, TrackerError
from udtlib.evaluation import evaluate, track_sequence
from udtlib.trackers import Tracker
from udtlib.trackers.adapters import AsGot10k, AsPysot, AsPytracking, FromGot10k, FromPysot, FromPytracking
from udtlib.trackers.watched import Watched

RED = (200, 30, 40)
ONE = np.array([1, 1, 0, 0])
STEPS = [(2, 1), (3, -1), (-2, 2), (1, 1)]


def red_clip():
    """A red rectangle 12 x 8 on grey; its true 0-indexed boxes."""
    frames, boxes, (x, y) = [], [], (20, 15)
    for dx, dy in [(0, 0), *STEPS]:
        x, y = x + dx, y + dy
        frame = np.full((60, 80, 3), 90, np.uint8)
        frame[y : y + 8, x : x + 12] = RED
        frames.append(frame)
        boxes.append((x, y, 12, 8))
    return Sequence("red", frames, np.array(boxes, dtype=float))


def find_red(rgb):
    """The red rectangle, 0-indexed; what stand-ins answer, so that colour order matters."""
    rows, columns = np.nonzero((rgb == RED).all(axis=2))
    return np.array([columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1], dtype=float)


class Got10kTracker:
    """got10k's base class in form, and the arithmetic of its author's trackers: 1-indexed boxes."""

    def __init__(self, name, is_deterministic=False):
        self.name, self.is_deterministic = name, is_deterministic

    def init(self, image, box):
        assert isinstance(image, Image.Image)
        assert image.mode == "RGB"
        assert box.dtype == np.float64
        np.testing.assert_array_equal(np.array(box), find_red(np.array(image)) + ONE)

    def update(self, image):
        return find_red(np.array(image)) + ONE


class PysotTracker:
    """pysot's ``SiameseTracker`` in form: BGR, the centre at ``x + (w - 1) / 2``, 0-indexed."""

    def init(self, img, bbox):
        assert img.flags.c_contiguous
        cv2.rectangle(img, (0, 0), (1, 1), (0, 0, 0))  # writable, as images read by OpenCV are
        self.size = bbox[2:]
        self.center = [bbox[0] + (bbox[2] - 1) / 2, bbox[1] + (bbox[3] - 1) / 2]
        np.testing.assert_array_equal(bbox, find_red(img[:, :, ::-1]))

    def track(self, img):
        return {"bbox": find_red(img[:, :, ::-1]).tolist(), "best_score": np.float32(0.75)}


class PytrackingTracker:
    """pytracking's ``BaseTracker`` in form: RGB, what the start says in a dictionary, lists of numbers."""

    def initialize(self, image, info):
        assert type(info["init_bbox"]) is list
        image[:2, :2] = 0  # writable, as images read by OpenCV are
        np.testing.assert_array_equal(info["init_bbox"], find_red(image))
        return {"time": 0.1}

    def track(self, image, info=None):
        return {"target_bbox": find_red(image).tolist(), "object_presence_score": 0.5}


@pytest.mark.parametrize(
    "make",
    [
        lambda: FromGot10k(Got10kTracker("theirs")),
        lambda: FromPysot(PysotTracker()),
        lambda: FromPytracking(PytrackingTracker()),
    ],
    ids=["got10k", "pysot", "pytracking"],
)
def test_their_trackers_evaluated_here(make):
    sequence = red_clip()
    found = evaluate(make, [sequence], name="theirs")
    assert (found.failed, found.tracker) == ({}, "theirs")
    assert found.auc == pytest.approx(20 / 21)  # every box right to the pixel
    tracker = make()
    assert isinstance(tracker, Tracker)
    before = [frame.copy() for frame in sequence.frames]
    tracker.init(sequence.frames[0], sequence.boxes[0])
    answers = [tracker.update(frame) for frame in sequence.frames[1:]]
    np.testing.assert_array_equal(answers, sequence.boxes[1:])
    np.testing.assert_array_equal(before, sequence.frames)
    assert answers[0].dtype == np.float64


def test_the_score_of_a_pysot_tracker():
    sequence, tracker = red_clip(), FromPysot(PysotTracker())
    tracker.init(sequence.frames[0], sequence.boxes[0])
    assert tracker.score is None
    tracker.update(sequence.frames[1])
    assert tracker.score == 0.75


@pytest.mark.parametrize("adapter", [FromGot10k, FromPysot, FromPytracking])
@pytest.mark.parametrize("base", [0, 1])
def test_index_bases(adapter, base):
    class Recorder:
        def init(self, image, box):
            self.box = list(box)

        def update(self, image):
            return self.box

        def initialize(self, image, info):
            self.box = info["init_bbox"]

        def track(self, image):
            return {"bbox": self.box, "target_bbox": self.box}

    theirs = Recorder()
    tracker = adapter(theirs, index_base=base)
    frame, box = np.zeros((30, 40, 3), np.uint8), np.array([5.0, 6, 7, 8])
    tracker.init(frame, box)
    assert theirs.box == [5 + base, 6 + base, 7, 8]
    np.testing.assert_array_equal(tracker.update(frame), box)
    np.testing.assert_array_equal(box, [5, 6, 7, 8])


class Answers:
    """Answers the same, whatever it sees."""

    def __init__(self, answer):
        self.answer = answer

    def init(self, image, box):
        pass

    def initialize(self, image, info):
        pass

    def update(self, image):
        return self.answer

    def track(self, image):
        return {"bbox": self.answer, "target_bbox": self.answer}


@pytest.mark.parametrize("adapter", [FromGot10k, FromPysot, FromPytracking])
@pytest.mark.parametrize(
    "answer",
    [np.ones((4, 4)), np.ones((4, 1)), np.ones((1, 4)), np.ones(8), torch.ones(8, requires_grad=True), None],
)
def test_answers_that_are_not_four_numbers_are_refused(adapter, answer):
    tracker = begun(adapter(Answers(answer)))
    with pytest.raises(TrackerError, match="expected a box of four numbers x, y, w, h, found "):
        tracker.update(red_clip().frames[1])


@pytest.mark.filterwarnings("error")  # numpy's: "__array__ implementation doesn't accept a copy keyword"
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("with_gradient", [False, True])
def test_a_tensor_is_a_box(dtype, with_gradient):
    tensor = torch.tensor([3, 4, 8, 6], dtype=dtype, requires_grad=with_gradient)
    boxes, _ = track_sequence(Answers(tensor), red_clip())
    np.testing.assert_array_equal(boxes[1:], [[3, 4, 8, 6]] * (len(boxes) - 1))
    assert Watched(Answers(tensor), Answers).update(red_clip().frames[1]).tolist() == [3, 4, 8, 6]
    for adapter in (FromPysot, FromPytracking):
        assert begun(adapter(Answers(tensor))).update(red_clip().frames[1]).tolist() == [3, 4, 8, 6]


@pytest.mark.filterwarnings("error")
def test_a_tensor_without_numbers_is_no_box():
    """On the device ``meta`` there is nothing to read, as where a GPU has failed."""
    answer = torch.ones(4, device="meta")
    with pytest.raises(DataError, match="red, frame 2: expected a box of four numbers"):
        track_sequence(Answers(answer), red_clip())
    with pytest.raises(TrackerError, match="update must return a box of four numbers"):
        Watched(Answers(answer), Answers).update(red_clip().frames[1])


def begun(adapter):
    clip = red_clip()
    adapter.init(clip.frames[0], clip.boxes[0])
    return adapter


def test_what_is_no_tracker_is_refused_at_once():
    with pytest.raises(TrackerError, match="expected an object with init and track, found Got10kTracker"):
        FromPysot(Got10kTracker("theirs"))
    with pytest.raises(TrackerError, match="found the class Got10kTracker"):
        FromGot10k(Got10kTracker)
    with pytest.raises(
        TrackerError, match="expected an object with initialize and track, found PysotTracker"
    ):
        FromPytracking(PysotTracker())
    several = PytrackingTracker()
    several.track = lambda image: {"target_bbox": {1: [1, 2, 3, 4], 2: [5, 6, 7, 8]}}
    with pytest.raises(TrackerError, match=r"expected a box of four numbers x, y, w, h, found \{1: \[1"):
        begun(FromPytracking(several)).update(red_clip().frames[1])
    several.track = lambda image: {"bbox": [1, 2, 3, 4]}
    with pytest.raises(TrackerError, match=r"expected \{'target_bbox': \.\.\.\} from a pytracking-style"):
        begun(FromPytracking(several)).update(red_clip().frames[1])
    silent = PysotTracker()
    silent.track = lambda img: None
    with pytest.raises(
        TrackerError, match=r"expected \{'bbox': \.\.\.\} from a pysot-style tracker, found None"
    ):
        begun(FromPysot(silent)).update(red_clip().frames[1])
    silent.track = lambda img: {"bbox": [1, 2, 3, 4, 5, 6, 7, 8]}
    with pytest.raises(TrackerError, match=r"expected a box of four numbers x, y, w, h, found \[1, 2"):
        begun(FromPysot(silent)).update(red_clip().frames[1])


class Experiment:
    """What got10k's experiments do with a tracker, and pysot's test script."""

    def run_got10k(self, tracker, img_files, anno):
        boxes, times = tracker.track(img_files, anno[0, :], visualize=False)
        assert len(boxes) == len(anno)
        return boxes, times, (tracker.name, tracker.is_deterministic)

    def run_pysot(self, tracker, video):
        boxes = []
        for index, (img, bbox) in enumerate(video):
            if index == 0:
                tracker.init(img, bbox)
                boxes.append(bbox)
            else:
                boxes.append(tracker.track(img)["bbox"])
        return np.array(boxes)


@pytest.fixture
def ours():
    """The boxes that our tracker gives without an adapter, and the clip it followed."""
    frames, truth = moving_clip(STEPS)
    tracker = load_tracker("mosse")
    tracker.init(frames[0], truth[0])
    return frames, truth, np.array([truth[0], *(tracker.update(frame) for frame in frames[1:])])


def test_ours_in_got10k(ours, tmp_path):
    frames, truth, expected = ours
    files = [tmp_path / f"{index:04d}.png" for index in range(len(frames))]
    for file, frame in zip(files, frames, strict=True):
        Image.fromarray(frame).save(file)
    wrapped = AsGot10k(load_tracker("mosse"), "Ours")
    boxes, times, about = Experiment().run_got10k(wrapped, list(map(str, files)), truth + ONE)
    np.testing.assert_array_equal(boxes - ONE, expected)
    assert (times > 0).all()
    assert about == ("Ours", True)


def test_ours_in_pysot(ours):
    frames, truth, expected = ours
    video = [(frame[:, :, ::-1].copy(), box.tolist()) for frame, box in zip(frames, truth, strict=True)]
    tracker = AsPysot(load_tracker("mosse"))
    np.testing.assert_array_equal(Experiment().run_pysot(tracker, video), expected)
    answer = tracker.track(video[0][0])
    assert [type(number) for number in answer["bbox"]] == [float] * 4
    assert answer["best_score"] == tracker.tracker.score


def test_ours_in_pytracking(ours):
    frames, truth, expected = ours
    tracker = AsPytracking(load_tracker("mosse"), index_base=1)
    assert tracker.initialize(frames[0], {"init_bbox": (truth[0] + ONE).tolist()}) == {}
    answers = [tracker.track(frame, {"previous_output": {}}) for frame in frames[1:]]
    np.testing.assert_array_equal(np.array([answer["target_bbox"] for answer in answers]) - ONE, expected[1:])
    assert [type(number) for number in answers[0]["target_bbox"]] == [float] * 4


class SeesRed:
    """One of ours, by interface; right only if it is given RGB."""

    def init(self, frame, box):
        np.testing.assert_array_equal(box, find_red(frame))

    def update(self, frame):
        return find_red(frame)


def test_ours_are_given_rgb_and_0_indexed_boxes():
    sequence = red_clip()
    got10k, pysot = AsGot10k(SeesRed()), AsPysot(SeesRed())
    got10k.init(Image.fromarray(sequence.frames[0]), sequence.boxes[0] + ONE)
    pysot.init(sequence.frames[0][:, :, ::-1], sequence.boxes[0])
    for frame, box in zip(sequence.frames[1:], sequence.boxes[1:], strict=True):
        np.testing.assert_array_equal(got10k.update(Image.fromarray(frame)), box + ONE)
        np.testing.assert_array_equal(got10k.update(frame), box + ONE)  # as siamfc-pytorch passes it
        np.testing.assert_array_equal(pysot.track(frame[:, :, ::-1])["bbox"], box)
    assert pysot.track(sequence.frames[0][:, :, ::-1])["best_score"] is None


def test_grey_images_from_got10k():
    """The toolkit opens grey sequences as mode L."""
    seen = []

    class Shape(SeesRed):
        def init(self, frame, box):
            seen.append((frame.shape, frame.dtype))

    AsGot10k(Shape()).init(Image.fromarray(np.full((30, 40), 7, np.uint8)), [1, 1, 5, 5])
    assert seen == [((30, 40, 3), np.uint8)]


def test_there_and_back():
    sequence = red_clip()
    both_ways = (
        FromGot10k(AsGot10k(SeesRed())),
        FromPysot(AsPysot(SeesRed())),
        FromPytracking(AsPytracking(SeesRed())),
    )
    for tracker in both_ways:
        tracker.init(sequence.frames[0], sequence.boxes[0])
        np.testing.assert_array_equal(tracker.update(sequence.frames[1]), sequence.boxes[1])


def test_got10k_image_files_are_read_as_all_others(tmp_path, monkeypatch):
    """The limit on an image's size is ours, checked before decoding; a damaged file is named."""
    picture = np.full((30, 40, 3), (200, 30, 60), np.uint8)
    Image.fromarray(picture).save(tmp_path / "1.png")
    seen = []

    class Sees:
        def init(self, frame, box):
            seen.append(frame)

        def update(self, frame):
            seen.append(frame)
            return np.array([1.0, 1, 5, 5])

    AsGot10k(Sees()).track([tmp_path / "1.png", str(tmp_path / "1.png")], [1, 1, 5, 5])
    assert [(one == picture).all() for one in seen] == [True, True]
    content = bytearray((tmp_path / "1.png").read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    (tmp_path / "2.png").write_bytes(content)
    with pytest.raises(DataError, match=r"2\.png: 60000x60000 pixels, more than the limit of 134,217,728"):
        AsGot10k(Sees()).track([tmp_path / "1.png", tmp_path / "2.png"], [1, 1, 5, 5])
    monkeypatch.setenv("UDT_LARGEST_IMAGE", "1199")
    with pytest.raises(DataError, match="40x30 pixels, more than the limit of 1,199"):
        AsGot10k(Sees()).track([tmp_path / "1.png"], [1, 1, 5, 5])


@pytest.mark.parametrize(
    "made",
    [
        lambda: FromGot10k(Got10kTracker("theirs")),
        lambda: FromPysot(PysotTracker()),
        lambda: FromPytracking(PytrackingTracker()),
    ],
)
def test_theirs_are_not_asked_before_they_are_started(made):
    with pytest.raises(TrackerError, match="update needs a target: call init first"):
        made().update(np.zeros((30, 40, 3), np.uint8))
