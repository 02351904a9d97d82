"""The overlap demo: its bars are counted, its twin and its speed checked."""

import time

import numpy as np
import pytest

from udtlib import viz
from udtlib.boxes import center_error, iou
from udtlib.errors import BoxError
from udtlib.widgets.base import jpeg
from udtlib.widgets.overlap import LEFT, draw_overlap, landmark_boxes, overlap_demo

FRAME = np.random.default_rng(0).integers(40, 120, (240, 320, 3), dtype=np.uint8)
TRUTH = (120, 90, 60, 50)


def line(picture, bar):
    """Return the middle line of bar 0 (IoU), 1 (error) or 2 (success)."""
    return picture[240 + 20 * bar + 10, LEFT:315]


def share(row, *colors):
    return np.mean([any((pixel == color).all() for color in colors) for pixel in row])


@pytest.mark.parametrize("box", [*landmark_boxes(TRUTH).values(), (100, 80, 70, 90), (300, 200, 50, 60)])
def test_bars_show_the_numbers(box):
    picture = draw_overlap(FRAME, TRUTH, box)
    assert share(line(picture, 0), viz.PREDICTION) == pytest.approx(iou(TRUTH, box), abs=0.01)
    error = center_error(TRUTH, box)
    assert share(line(picture, 1), viz.TRUTH, viz.PREDICTION) == pytest.approx(min(error, 50) / 50, abs=0.01)
    assert (share(line(picture, 1), viz.PREDICTION) > 0) == (error > 20)
    fields = (np.diff((line(picture, 2) == viz.TRUTH).all(-1).astype(int), prepend=0) == 1).sum()
    assert fields == (iou(TRUTH, box) > np.arange(21) / 20).sum()


def test_the_shared_area_is_lit():
    picture = draw_overlap(FRAME, TRUTH, (150, 100, 60, 50))
    assert (picture[110:130, 160:170] >= 128).all()
    np.testing.assert_array_equal(picture[96, 130], FRAME[96, 130])


@pytest.mark.parametrize(
    "box", [(-40, -40, 60, 60), (300, 230, 60, 60), (-500, -500, 20, 20), (0, 0, 900, 900)]
)
def test_boxes_may_leave_the_frame(box):
    assert draw_overlap(FRAME, (-5, -5, 60, 60), box).shape == (300, 320, 3)


def test_no_box_is_refused_and_the_frame_kept():
    before = FRAME.copy()
    draw_overlap(FRAME, TRUTH, TRUTH)
    np.testing.assert_array_equal(FRAME, before)
    with pytest.raises(BoxError):
        draw_overlap(FRAME, TRUTH, (0, 0, 0, 5))


def test_the_twin_shows_the_landmarks_and_the_sliders_draw():
    demo = overlap_demo(FRAME, TRUTH)
    first = draw_overlap(FRAME, TRUTH, TRUTH)
    np.testing.assert_array_equal(demo.twin[viz.TEXT_HEIGHT : viz.TEXT_HEIGHT + 300, :320], first)
    overlaps = [iou(TRUTH, box) for box in landmark_boxes(TRUTH).values()]
    np.testing.assert_allclose(overlaps, [1, 49 * 59 / (6000 - 49 * 59), 1 / 3, 1 / 4, 1 / 4, 0])
    np.testing.assert_array_equal(demo.start(), draw_overlap(FRAME, TRUTH, (135, 102, 60, 50)))


def test_redraws_in_under_100_ms():
    demo, times = overlap_demo(FRAME, TRUTH), []
    for x in range(80, 92):
        start = time.process_time()
        jpeg(demo.draw(x=x, y=90, width=50, height=40))
        times.append(time.process_time() - start)
    assert np.median(times) < 0.1


def test_the_widget_redraws():
    pytest.importorskip("anywidget")
    demo = overlap_demo(FRAME, TRUTH)
    widget = demo.widget()
    widget.values = widget.values | {"x": 100}
    assert widget.picture == jpeg(demo.draw(**widget.values))
    assert widget.picture != jpeg(demo.start())
