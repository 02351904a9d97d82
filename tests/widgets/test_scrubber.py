"""The scrubber's pure picture, its static twin, its widget, its speed."""

import importlib.util
import time

import cv2
import numpy as np
import pytest
from displays import shown

from udtlib import viz
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.widgets import base
from udtlib.widgets.base import Check, Choice, Demo, Slider, is_live, jpeg
from udtlib.widgets.scrubber import frame_drawer, scrubber

LENGTH = 12
RNG = np.random.default_rng(0)
FRAMES = [RNG.integers(60, 200, (240, 320, 3), dtype=np.uint8) for _ in range(LENGTH)]
BOXES = np.array([[40 + 8 * t, 60 + 4 * t, 50, 40] for t in range(LENGTH)], float)
CLIP = Sequence("moving", FRAMES, BOXES)
SLOW = BOXES - np.arange(LENGTH)[:, None] * [3, 0, 0, 0]
RESPONSES = [None, *(RNG.random((48, 64)) * t for t in range(1, LENGTH))]


def test_draw_shows_both_boxes_the_map_and_is_pure():
    draw = frame_drawer(CLIP, SLOW, RESPONSES)
    picture = draw(5)
    assert picture.dtype == np.uint8
    assert picture.shape == (240 + 2 * viz.TEXT_HEIGHT, 320 + 4 + 320 + viz.BAR, 3)
    for color, (x, y, w, _h) in ((viz.TRUTH, BOXES[5]), (viz.PREDICTION, SLOW[5])):
        row = picture[int(y) + viz.TEXT_HEIGHT, int(x) : int(x + w)]
        assert (row == color).all(-1).mean() >= 0.3  # the boxes cover each other's edges in part
    np.testing.assert_array_equal(draw(5), picture)
    assert all(draw(t).shape == picture.shape for t in (0, LENGTH - 1))


def test_maps_share_one_scale_so_that_a_lost_target_looks_dim():
    draw = frame_drawer(CLIP, SLOW, RESPONSES)
    light = [draw(t)[viz.TEXT_HEIGHT : -viz.TEXT_HEIGHT, 324:644].mean() for t in range(1, LENGTH)]
    assert (np.diff(light) > 0).all()


def test_several_trackers_by_name_and_absent_boxes():
    lost = SLOW.copy()
    lost[3:] = np.nan
    picture = frame_drawer(CLIP, {"mosse": SLOW, "kcf": lost})(6)
    assert (picture == viz.PREDICTION).all(-1).any()
    assert not (picture[viz.TEXT_HEIGHT : -viz.TEXT_HEIGHT] == viz.SECOND).all(-1).any()
    assert frame_drawer(CLIP)(0).shape == (240 + 2 * viz.TEXT_HEIGHT, 320, 3)


def test_truth_may_end_before_the_frames():
    clip = Sequence("short", FRAMES, BOXES[:3])
    assert not (frame_drawer(clip, SLOW)(8)[: -viz.TEXT_HEIGHT] == viz.TRUTH).all(-1).any()


@pytest.mark.parametrize(
    ("predictions", "responses", "message"),
    [
        (SLOW[:5], None, "12 boxes"),
        (SLOW[:, :3], None, "12 boxes"),
        (SLOW, RESPONSES[1:], "12 response maps"),
    ],
)
def test_wrong_counts_are_refused(predictions, responses, message):
    with pytest.raises(DataError, match=message):
        scrubber(CLIP, predictions, responses)


def test_an_empty_clip_is_refused():
    with pytest.raises(DataError, match="no frames"):
        scrubber(Sequence("empty", [], np.zeros((0, 4))))


@pytest.mark.parametrize("sheet", [4, 6, 8, 50])
def test_the_static_twin_holds_first_and_last_frame(sheet):
    demo = scrubber(CLIP, SLOW, RESPONSES, sheet=sheet)
    small = frame_drawer(CLIP, SLOW, RESPONSES, height=120)
    height, width = small(0).shape[:2]
    assert (height, width) == (120 + 2 * viz.TEXT_HEIGHT, 160 + 4 + 160 + viz.BAR)
    np.testing.assert_array_equal(demo.twin[:height, :width], small(0))
    row, column = divmod(min(sheet, LENGTH) - 1, 3)
    top, left = row * (height + 4), column * (width + 4)
    np.testing.assert_array_equal(demo.twin[top:, left : left + width], small(LENGTH - 1))


def test_boxes_shrink_with_the_frame():
    clip = Sequence("still", [np.zeros((100, 100, 3), np.uint8)], np.array([[20.0, 40, 40, 20]]))
    for predictions, color in ((None, viz.TRUTH), (clip.boxes, viz.PREDICTION)):
        frame = frame_drawer(clip, predictions, height=50)(0)[viz.TEXT_HEIGHT : -viz.TEXT_HEIGHT]
        rows, columns = np.nonzero((frame == color).all(-1))
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 29, 10, 29)


def test_redraws_in_under_100_ms():
    demo = scrubber(CLIP, {"one": SLOW, "two": BOXES}, RESPONSES)
    times = []
    for t in [0, *range(LENGTH)]:  # the first is a warm-up
        start = time.process_time()
        jpeg(demo.draw(frame=t))
        times.append(time.process_time() - start)
    assert np.median(times[1:]) < 0.1


def test_jpeg_is_close():
    smooth = cv2.GaussianBlur(FRAMES[0], (0, 0), 3)
    decoded = cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg(smooth), np.uint8), 1), cv2.COLOR_BGR2RGB)
    assert np.abs(decoded.astype(int) - smooth).mean() < 3
    assert len(jpeg(smooth)) < smooth.size / 10


def test_the_widget_follows_its_slider():
    pytest.importorskip("anywidget")
    demo = scrubber(CLIP, SLOW, RESPONSES)
    widget = demo.widget()
    (control,) = widget.controls
    assert (control["low"], control["high"], control["play"]) == (0, LENGTH - 1, demo.sliders["frame"].play)
    assert widget.picture == jpeg(demo.draw(frame=0))
    widget.values = {"frame": 7}
    assert widget.picture == jpeg(demo.draw(frame=7))


def test_what_a_browser_sends_is_held_to_the_controls():
    draw = lambda shade, level, name, on: np.full((4, 4, 3), int(shade * 100) + level, np.uint8)  # noqa: E731
    controls = {
        "shade": Slider(0, 1, 0.5, 0.1),
        "level": Slider(0, 9, 3),
        "name": Choice(("a", "b"), "a"),
        "on": Check(True),
    }
    demo = Demo(draw, controls, draw(0, 0, "a", True))
    assert (demo.start() == 53).all()
    found = {"shade": 0.25, "level": 99.2, "name": "<b>", "on": 1}
    held = {name: control.value(found[name]) for name, control in controls.items()}
    assert held == {"shade": 0.25, "level": 9, "name": "a", "on": True}
    assert isinstance(held["level"], int)
    assert list(demo.encoded(**found)) == [jpeg(draw(**held))]


def test_without_a_kernel_the_twin_and_one_line(monkeypatch, capsys):
    demo = scrubber(CLIP, SLOW)
    (picture,) = shown(monkeypatch, demo)
    assert picture.data == jpeg(demo.twin)
    assert capsys.readouterr().out.strip() == base.NOTE


def test_with_a_kernel_the_twin_and_the_widget(monkeypatch, capsys):
    panel = pytest.importorskip("udtlib.widgets.panel.widget")
    monkeypatch.setattr(base, "is_live", lambda needed: needed == "anywidget")
    picture, widget = shown(monkeypatch, demo := scrubber(CLIP, SLOW))
    assert picture.data == jpeg(demo.twin)
    assert isinstance(widget, panel.Panel)
    assert repr(widget) == "Run this cell for the controls."
    assert capsys.readouterr().out == ""


def test_is_live_needs_ipywidgets_and_a_kernel(monkeypatch):
    IPython = pytest.importorskip("IPython")
    assert not is_live()
    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": object()})())
    monkeypatch.setattr(base, "find_spec", lambda name: object())
    assert is_live()
    monkeypatch.setattr(
        base, "find_spec", lambda name: None if name == "ipywidgets" else importlib.util.find_spec(name)
    )
    assert not is_live()
