"""Pictures are checked through their pixels."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from udtlib import viz
from udtlib.errors import FrameError

FRAME = np.full((60, 80, 3), 200, np.uint8)


def painted(picture, color):
    return (picture == np.array(color)).all(-1)


@pytest.mark.parametrize("box", [(10, 20, 30, 25), (10.4, 19.6, 30, 25)])
def test_draw_box_outlines_exactly_the_covered_pixels(box):
    picture = viz.draw_box(FRAME, box, viz.TRUTH)
    rows, columns = np.nonzero((picture != FRAME).any(-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 44, 10, 39)
    assert painted(picture, viz.TRUTH)[20, 10:40].all()
    assert (picture[30, 20] == 200).all()


def test_draw_box_copies():
    frame = FRAME.copy()
    picture = viz.draw_box(frame, (1, 1, 5, 5), label="a")
    assert (frame == FRAME).all()
    assert not np.shares_memory(picture, frame)
    assert not np.shares_memory(viz.draw_box(frame, (np.nan,) * 4), frame)
    assert not np.shares_memory(viz.draw_boxes(frame, {}), frame)


@pytest.mark.parametrize(
    "box", [(np.nan,) * 4, (0, 0, 0, 0), (5, 5, -2, 4), (np.inf, 0, 3, 3), (500, 500, 9, 9)]
)
def test_absent_and_far_boxes_draw_nothing(box):
    np.testing.assert_array_equal(viz.draw_box(FRAME, box), FRAME)


@pytest.mark.parametrize("box", [(-10, -10, 30, 30), (70, 50, 1e9, 1e9), (3, 3, 1, 1), (3, 3, 0.2, 0.2)])
def test_boxes_over_the_border_and_tiny_ones_are_drawn(box):
    assert painted(viz.draw_box(FRAME, box, viz.SECOND), viz.SECOND).any()


def test_grey_frames_become_colour_and_labels_stay_inside():
    picture = viz.draw_box(FRAME[..., 0], (70, 0, 9, 9), label="prediction")
    assert picture.shape == FRAME.shape
    assert painted(picture, viz.BLACK)[:14].any()


def test_draw_boxes_takes_colours_by_name_and_order():
    boxes = {"truth": (5, 5, 20, 20), "prediction": (30, 20, 20, 20), "mine": (55, 30, 20, 20)}
    picture = viz.draw_boxes(FRAME, boxes, {"mine": (1, 2, 3)})
    for color in (viz.TRUTH, viz.PREDICTION, (1, 2, 3)):
        assert painted(picture, color).any()
    assert viz.named_colors(["truth", "mosse", "kcf"]) == {
        "truth": viz.TRUTH,
        "mosse": viz.PREDICTION,
        "kcf": viz.SECOND,
    }


# Linear maps of how full protanopes and deuteranopes see RGB (Machado, Oliveira and Fernandes 2009).
PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]


@pytest.mark.parametrize("vision", [np.eye(3), PROTAN, DEUTAN], ids=["full", "protan", "deutan"])
def test_palette_stays_apart_for_any_colour_vision(vision):
    linear = (np.array(list(viz.PALETTE.values())) / 255) ** 2.2
    seen = 255 * np.clip(linear @ np.transpose(vision), 0, 1) ** (1 / 2.2)
    distances = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 60


def test_heatmap_puts_no_motion_in_the_middle_and_the_peak_is_yellow():
    response = np.zeros((8, 11))
    response[0, 0] = 1
    picture = viz.heatmap(response)
    assert picture.shape == (8, 11, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(np.argwhere(painted(picture, picture[4, 5])), [[4, 5]])
    np.testing.assert_allclose(picture[4, 5], (253, 231, 37), atol=4)  # viridis' last colour, RGB
    np.testing.assert_allclose(picture[0, 0], (68, 1, 84), atol=4)  # and its first
    np.testing.assert_array_equal(viz.heatmap(response, shift=False)[0, 0], picture[4, 5])
    assert response[0, 0] == 1


def test_heatmap_brightness_rises_with_the_value():
    picture = viz.heatmap(np.linspace(-3, 7, 256)[None], shift=False)
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(light) >= 0).all()
    assert light[-1] - light[0] > 150


def test_heatmap_limits_and_strange_values():
    ones = np.ones((3, 3))
    np.testing.assert_array_equal(viz.heatmap(ones), viz.heatmap(0 * ones))
    np.testing.assert_array_equal(viz.heatmap(ones, limits=(0, 2)), viz.heatmap(5 * ones, limits=(4, 6)))
    with np.errstate(all="raise"):
        values = np.array([[np.nan, 0, 1, np.inf, -np.inf]])
        picture = viz.heatmap(values, shift=False)[0]
    np.testing.assert_array_equal(picture[0], picture[1])
    np.testing.assert_array_equal(picture[2], picture[3])
    assert viz.heatmap(np.full((2, 2), np.nan)).shape == (2, 2, 3)
    for bad in (np.ones(3), np.ones((0, 2)), np.ones((1, 2, 2))):
        with pytest.raises(FrameError):
            viz.heatmap(bad)


def test_resize_nearest_repeats_and_drops_pixels():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(viz.resize_nearest(picture, 4), picture.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(viz.resize_nearest(picture, 2, 2), picture[:, ::2])
    np.testing.assert_array_equal(viz.resize_nearest(viz.resize_nearest(picture, 6), 2), picture)


def test_resize_area_averages():
    checks = np.indices((8, 12)).sum(0)[..., None].repeat(3, 2) % 2 * np.uint8(200)
    picture = viz.resize_area(checks.astype(np.uint8), 4)
    assert picture.shape == (4, 6, 3)
    assert (picture == 100).all()


def test_side_by_side_shares_one_height():
    left, right = FRAME, np.zeros((30, 20), np.uint8)
    row = viz.side_by_side(left, right, gap=5)
    assert row.shape == (60, 80 + 5 + 40, 3)
    assert (row[:, 85:] == 0).all()
    assert (row[:, 80:85] == 255).all()
    assert viz.side_by_side(left, right, height=30).shape == (30, 40 + 4 + 20, 3)


def test_contact_sheet_places_each_picture():
    frames = [np.full((10, 20, 3), value, np.uint8) for value in range(5)]
    sheet = viz.contact_sheet(frames, columns=2, gap=2)
    assert sheet.shape == (3 * 12 - 2, 2 * 22 - 2, 3)
    for index, frame in enumerate(frames):
        top, left = index // 2 * 12, index % 2 * 22
        np.testing.assert_array_equal(sheet[top : top + 10, left : left + 20], frame)
    assert viz.contact_sheet(frames, labels=list("abcde")).shape[0] == 2 * (10 + viz.TEXT_HEIGHT) + 4


@pytest.mark.parametrize(
    ("frames", "labels"),
    [([], None), ([FRAME, FRAME[1:]], None), ([FRAME], ["one", "two"])],
    ids=["none", "sizes", "labels"],
)
def test_contact_sheet_refuses(frames, labels):
    with pytest.raises(FrameError, match="contact sheet"):
        viz.contact_sheet(frames, labels=labels)


def test_caption_and_legend_add_text():
    picture = viz.caption(FRAME, "frame 3")
    assert picture.shape == (60 + viz.TEXT_HEIGHT, 80, 3)
    assert (picture[: viz.TEXT_HEIGHT] < 128).any()
    key = viz.legend(viz.PALETTE, 300)
    assert key.shape == (viz.TEXT_HEIGHT, 300, 3)
    assert all(painted(key, color).any() for color in viz.PALETTE.values())


def test_show_draws_the_array(monkeypatch):
    display = pytest.importorskip("IPython.display")
    shown = []
    monkeypatch.setattr(display, "display", shown.append)
    smooth = cv2.GaussianBlur(FRAME, (0, 0), 3)
    viz.show(smooth, zoom=2)
    viz.show(smooth, "a title")
    plain, titled = (
        cv2.cvtColor(cv2.imdecode(np.frombuffer(image.data, np.uint8), 1), cv2.COLOR_BGR2RGB)
        for image in shown
    )
    assert np.abs(plain.astype(int) - smooth).mean() < 3
    assert titled.shape[0] == plain.shape[0] + viz.TEXT_HEIGHT
    assert [image.width for image in shown] == [2 * FRAME.shape[1], FRAME.shape[1]]


def test_drawing_needs_no_matplotlib():
    unwanted = "{'matplotlib', 'ipywidgets', 'torch'} & set(sys.modules)"
    code = f"import sys, udtlib.viz, udtlib.widgets.scrubber; print({unwanted})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("kind", ["cross", "circle"])
def test_a_marker_leaves_the_marked_place_visible(kind):
    picture = FRAME.copy()
    viz.mark_point(picture, (40, 30), viz.TRUTH, kind)
    assert np.array_equal(picture[28:33, 38:43], FRAME[28:33, 38:43])
    changed = np.argwhere((picture != FRAME).any(-1)) - (30, 40)
    assert 5 < np.abs(changed).max() <= 16
    assert np.abs(changed.mean(axis=0)).max() < 0.5, "around the point"


def test_a_colour_bar_has_the_colours_of_the_map():
    bar = viz.color_bar((-1.0, 3.0), 101)
    values = np.linspace(3.0, -1.0, 101)[:, None]
    assert bar.shape == (101, viz.BAR, 3)
    assert np.array_equal(bar[:, :1], viz.heatmap(values, shift=False, limits=(-1.0, 3.0)))
    assert (
        painted(bar[:14, 18:], (255, 255, 255)).mean() < 1 > painted(bar[-14:, 18:], (255, 255, 255)).mean()
    )


def test_a_map_and_its_bar_have_the_scale_of_the_map():
    values = np.random.default_rng(0).normal(size=(20, 30))
    picture = viz.map_and_bar(values, 80)
    assert picture.shape == (80, 120 + viz.BAR, 3)
    np.testing.assert_array_equal(picture[:, :120], viz.resize_nearest(viz.heatmap(values), 80))
    limits = float(values.min()), float(values.max())
    np.testing.assert_array_equal(picture[:, 120:], viz.color_bar(limits, 80))
    wide = viz.map_and_bar(values, 80, 60, shift=False, limits=(-9, 9))
    np.testing.assert_array_equal(wide[:, 60:], viz.color_bar((-9, 9), 80))
    assert viz.limits_of([[np.nan, 2]], [[-1, np.inf]]) == (-1, 2)
    assert viz.limits_of([np.nan]) == (0, 1)
    assert viz.map_and_bar([[np.nan]], 20).shape == (20, 20 + viz.BAR, 3)


def test_a_bar_takes_other_colours():
    grey = viz.color_bar((0, 1), 40, lambda column: np.uint8(255 * column)[:, :, None].repeat(3, axis=2))
    assert grey[0, 0].tolist() == [255, 255, 255]
    assert grey[-1, 0].tolist() == [0, 0, 0]
    assert grey.shape == viz.color_bar((0, 1), 40).shape


def test_curves_go_through_their_points_and_stay_inside():
    line = np.array([[0, 0], [5, np.nan], [10, 4], [20, 99]])
    plot = viz.curves({viz.TRUTH: line}, (0, 20), (0, 4), 200, 60)
    assert plot.shape == (60, 200, 3)
    rows, columns = np.nonzero((plot == viz.TRUTH).all(-1))
    left, right, top, bottom = 42, 190, 5, 44
    assert abs(columns.min() - left) <= 1
    assert abs(columns.max() - right) <= 1
    assert abs(rows[columns == left][0] - bottom) <= 1, "the first point, at the lower left"
    middle = rows[columns == (left + right) // 2]
    assert abs(middle.min() - top) <= 1, "the second that is finite; the last is cut off there"
    assert (rows >= top - 1).all()
    (one,) = [viz.curves({viz.TRUTH: np.array([[3, 1.0]])}, (0, 20), (0, 4), 200)]
    assert (one == viz.TRUTH).all(-1).any(), "a single point is a dot"
    empty = viz.curves({viz.TRUTH: np.zeros((0, 2))}, (0, 1), (0, 1), 200)
    assert not (empty == viz.TRUTH).all(-1).any()
