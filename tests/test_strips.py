"""Strips show the right frames with the right boxes in the plots' colours: asserted on pixels."""

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from udtlib import viz
from udtlib.data import Sequence
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.report.plots import COLORS, line_styles
from udtlib.strips import MOST_TRACKERS, box_colors, dashed_box, strip, strip_jpeg

LENGTH, HEIGHT, WIDTH = 9, 80, 120
FRAMES = [np.full((HEIGHT, WIDTH, 3), 20 * t, np.uint8) for t in range(LENGTH)]
TRUTH = np.tile([20.0, 30, 30, 24], (LENGTH, 1))
CLIP = Sequence("clip", FRAMES, TRUTH, (), 300)
AWAY = TRUTH + np.array([50, 10, 0, 0])
BLUE, RED = ([round(255 * part) for part in to_rgb(color)] for color in COLORS[:2])


def cells(picture, count):
    return [picture[:HEIGHT, i * (WIDTH + 4) : i * (WIDTH + 4) + WIDTH] for i in range(count)]


def border(picture, box):
    x, y, w, h = (int(number) for number in box)
    return picture[y + h - 1, x : x + w]


def test_frames_stand_side_by_side_with_boxes_in_the_colours_of_the_plots():
    picture = strip(CLIP, {"good": TRUTH, "bad": AWAY}, frames=[0, 4, 8], height=HEIGHT)
    assert picture.dtype == np.uint8
    assert picture.shape == (HEIGHT + viz.TEXT_HEIGHT, 3 * WIDTH + 2 * 4, 3)
    for cell, index in zip(cells(picture, 3), (0, 4, 8), strict=True):
        assert (cell[70, 5] == 20 * index).all()
        assert (border(cell, TRUTH[0]) == BLUE).all()
        assert (border(cell, AWAY[0]) == RED).all()
        assert (cell[:16, :40] == (255, 221, 0)).all(axis=2).any()  # its number


def test_the_best_tracker_is_drawn_last():
    picture = strip(CLIP, {"best": TRUTH, "worse": TRUTH}, frames=[0], height=HEIGHT)
    assert (border(picture, TRUTH[0]) == BLUE).all()


def test_boxes_and_picture_shrink_together():
    picture = strip(CLIP, {"t": TRUTH}, frames=[3], height=HEIGHT // 2, legend=False)
    assert picture.shape == (HEIGHT // 2, WIDTH // 2, 3)
    rows, columns = np.nonzero((picture == BLUE).all(axis=2))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (10, 24, 15, 26)


def test_the_truth_is_dashed_and_what_is_absent_is_not_drawn():
    lost = TRUTH.copy()
    lost[:] = np.nan
    picture = strip(CLIP, {"lost": lost}, frames=[4], height=HEIGHT, legend=False)
    line = border(picture, TRUTH[0])
    assert set(map(tuple, line.tolist())) == {(255, 255, 255), (0, 0, 0)}
    absent = dashed_box(FRAMES[2], [0, 0, 0, 0])
    np.testing.assert_array_equal(absent, FRAMES[2])
    assert absent is not FRAMES[2]


def test_the_legend_names_the_dashed_truth_before_the_trackers():
    picture = strip(CLIP, {"t": TRUTH}, frames=range(4), height=HEIGHT)
    line = picture[-18:]
    swatch = line[4:15, 4:15]
    edge = np.concatenate([swatch[0], swatch[-1], swatch[1:-1, 0], swatch[1:-1, -1]])
    assert (edge == 0).all(axis=1).sum() == pytest.approx(len(edge) / 2, abs=4)
    assert ((edge == 0) | (edge == 255)).all()
    assert (swatch[1:-1, 1:-1] == 255).all()
    named = viz.legend({"truth": viz.WHITE, **box_colors(["t"])}, line.shape[1])
    np.testing.assert_array_equal(line[:, 15:], named[:, 15:])


def test_frames_are_chosen_where_trackers_differ():
    far = TRUTH.copy()
    far[[2, 7], 0] += 60
    picture = strip(CLIP, {"a": TRUTH, "b": far}, count=2, height=HEIGHT)
    assert [int(cell[70, 5, 0]) for cell in cells(picture, 2)] == [40, 140]


def test_rows_and_styles_can_be_chosen():
    styles = line_styles(["x", "y", "t"])
    picture = strip(CLIP, {"t": TRUTH}, frames=range(4), columns=2, height=HEIGHT, styles=styles)
    assert picture.shape[1] == 2 * WIDTH + 4
    assert box_colors(["t"], styles) == {"t": (0, 158, 115)}
    assert (border(picture, TRUTH[0]) == (0, 158, 115)).all()


def test_of_too_many_trackers_the_first_are_shown():
    many = {f"t{i}": TRUTH + np.array([i, 0, 0, 0]) for i in range(MOST_TRACKERS + 2)}
    both = [strip(CLIP, boxes, frames=[0]) for boxes in (many, dict(list(many.items())[:MOST_TRACKERS]))]
    np.testing.assert_array_equal(*both)


def test_bad_input_is_refused():
    with pytest.raises(MissingDataError, match="clip: no images at hand"):
        strip(Sequence("clip", (), TRUTH), {"t": TRUTH})
    for frames in ([], [9], [-1]):
        with pytest.raises(DataError, match="expected frames 0 to 8"):
            strip(CLIP, {"t": TRUTH}, frames=frames)
    with pytest.raises(DataError, match="one a true box"):
        strip(CLIP, {"t": TRUTH[:4]})


def test_the_jpeg_is_small_and_close():
    noise = np.random.default_rng(0).integers(60, 200, (60, 200, 3), dtype=np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 4)
    data = strip_jpeg(picture)
    decoded = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)
    assert np.abs(decoded.astype(int) - picture).mean() < 3
    assert len(data) < picture.size / 8
