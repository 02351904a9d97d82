"""Figures are checked through what stands in their axes, sheets through their pixels."""

import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from udtlib import figures, viz
from udtlib.errors import FrameError
from udtlib.frames import Frame
from udtlib.signed_maps import greys


@pytest.fixture(autouse=True)
def _closed():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def test_answers_have_both_boxes_and_their_overlap(monkeypatch):
    said = []
    plain = viz.contact_sheet
    monkeypatch.setattr(viz, "contact_sheet", lambda p, c, labels: said.extend(labels) or plain(p, c, labels))
    frames = [np.full((60, 90, 3), 200, np.uint8)] * 4
    truth = np.array([[10, 10, 20, 20.0]] * 4)
    sheet = figures.answers(frames, truth, truth[:3] + np.array([10, 0, 0, 0]), (0, 2), columns=2)
    assert sheet.shape == (60 + viz.TEXT_HEIGHT, 2 * 90 + 4, 3)
    assert said == ["frame 0: overlap 0.33", "frame 2: overlap 0.33"]
    for color in (viz.TRUTH, viz.PREDICTION):
        assert (sheet == color).all(-1).any()
    with pytest.raises(FrameError, match="contact sheet"):
        figures.answers(frames, truth, truth, ())


def test_pictures_have_titles_and_maps_have_bars():
    maps = {"a": np.eye(3), "b": np.zeros((2, 2, 3)), "c": None}
    axes = figures.pictures(maps, columns=2)
    assert [axis.get_title() for axis in axes] == ["a", "b", "c", ""]
    assert [len(axis.images) for axis in axes] == [1, 1, 0, 0]
    assert [axis.axison for axis in axes] == [True, True, True, False]
    assert axes[0].images[0].colorbar is not None
    assert axes[1].images[0].colorbar is None, "a picture in colour has no scale"
    assert len(figures.pictures(maps)) == 3, "one row unless columns are given"
    assert len(figures.pictures({})) == 1


def test_a_ring_is_around_the_displacement():
    _, axes = plt.subplots(1, 2)
    figures.ring(axes, (-3, 5), middle=10)
    for axis in axes:
        np.testing.assert_array_equal(axis.lines[0].get_xydata(), [[15, 7]])


def test_strokes_run_along_the_edge_and_are_as_bright_as_the_channel():
    channels = np.zeros((31, 2, 3))
    channels[18, 1, 2] = 0.2  # a gradient to the right: the edge is upright
    channels[18 + 3, 0, 0] = 0.9  # brighter than the scale
    _, axis = plt.subplots()
    figures.strokes(axis, channels)
    (drawn,) = axis.collections
    light = drawn.get_colors()[:, 3]
    np.testing.assert_allclose(np.sort(light)[-3:], [0, 0.25, 1])
    (first,) = [line for line, each in zip(drawn.get_segments(), light, strict=True) if 0 < each < 1]
    np.testing.assert_allclose(first, [[2, 1 - 0.45], [2, 1 + 0.45]], atol=1e-12)
    assert axis.get_ylim() == (1.5, -0.5), "rows go down"


def test_a_sheet_has_one_scale_for_all_maps():
    maps = np.stack([np.zeros((4, 5)), np.ones((4, 5)), np.full((4, 5), 2.0)])
    sheet = figures.map_sheet(maps, columns=2)
    assert sheet.shape == (4 + 2 + 4, 5 + 2 + 5, 3)
    colours = viz.heatmap([[0, 1, 2]], shift=False)[0]
    assert [sheet[0, 0].tolist(), sheet[0, 7].tolist(), sheet[6, 0].tolist()] == colours.tolist()
    assert (figures.map_sheet(maps, 2, (5, 9)) == figures.map_sheet(0 * maps, 2)).all()
    moved = np.zeros((1, 4, 5))
    moved[0, 0, 0] = 1
    assert (figures.map_sheet(moved)[0, 0] == colours[-1]).all(), "unshifted"
    wide = figures.map_sheet_and_bar(maps, 40, columns=2)
    assert wide.shape == (40, 48 + viz.BAR, 3)
    np.testing.assert_array_equal(wide[:, 48:], viz.color_bar((0, 2), 40))
    with pytest.raises(FrameError):
        figures.map_sheet(np.zeros((0, 2, 2)))


def test_filters_are_grey_at_zero_and_each_has_its_own_scale():
    weight = np.zeros((3, 3, 3, 3), np.float32)
    weight[0, 0, 0, 0], weight[1, 0, 0, 0] = 0.1, -5  # the red of their upper left corners
    sheet = figures.filter_sheet(weight, columns=3)
    assert sheet.shape == (36, 3 * 36 + 2 * 3, 3)
    zero = int(greys(0.0))
    assert [sheet[0, 39 * k].tolist() for k in range(3)] == [[255, zero, zero], [0, zero, zero], [zero] * 3]
    assert (sheet[20:, :36] == zero).all()


def test_an_arrow_goes_from_axis_to_axis():
    figure, axes = plt.subplots(1, 2)
    figures.arrow(figure, ((1, 0.5), axes[0]), ((0, 0.5), axes[1]), "black", bend=0.3)
    figures.arrow(figure, ((1, 0), axes[0]), ((0, 0), axes[1]), "red", route="arc3,rad=0")
    bent, straight = figure.artists
    assert (bent.axesA, bent.axesB, bent.xy1, bent.xy2) == (*axes, (1, 0.5), (0, 0.5))
    assert [each.get_connectionstyle().rad for each in (bent, straight)] == [0.3, 0]
    assert to_hex(straight.get_edgecolor()) == "#ff0000"


def test_a_shown_figure_is_its_pixels_and_is_closed(monkeypatch):
    shown: list[tuple[Frame, float]] = []
    monkeypatch.setattr(viz, "show", lambda picture, zoom: shown.append((picture, zoom)))
    figure = plt.figure(figsize=(2, 1), dpi=50, facecolor="#ff0000")
    figures.show_figure(figure, zoom=0.5)
    ((picture, zoom),) = shown
    assert picture.shape == (50, 100, 3)
    assert (picture == (255, 0, 0)).all()
    assert zoom == 0.5
    assert not plt.get_fignums()


def test_names_of_points_do_not_lie_on_each_other():
    _, axis = plt.subplots()
    points = {"low": (10, 1.0), "above": (11, 1.2), "far": (90, 1.1), "aside": (10, 1.1)}
    figures.name_points(axis, points, 0.5, dict.fromkeys(points, "black"), 2, left=("aside",))
    places = {text.get_text(): text.get_position() for text in axis.texts}
    assert places == {"low": (20, 1.0), "above": (22, 1.5), "far": (180, 1.1), "aside": (5, 1.1)}
    sides = {text.get_text(): text.get_horizontalalignment() for text in axis.texts}
    assert sides == {"low": "left", "above": "left", "far": "left", "aside": "right"}


def test_differences_have_their_intervals_and_what_could_be_detected():
    interval = SimpleNamespace(mean=0.1, low=0.05, high=0.2)
    found = {name: SimpleNamespace(interval=interval, detectable=0.03) for name in ("a", "b")}
    axis = figures.differences(found, "AUC")
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]
    assert axis.get_xlabel() == "AUC"
    bars = [np.array(each.get_segments()) for each in axis.collections]
    np.testing.assert_allclose(bars[0], [[[0.05, 0], [0.2, 0]]])
    np.testing.assert_allclose(bars[3][:, :, 0], [[-0.03, -0.03], [0.03, 0.03]])
    np.testing.assert_allclose(bars[3][:, :, 1].mean(axis=1), -1)


def test_every_figure_is_drawn_by_a_chapter():
    from pathlib import Path

    text = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].glob("book/[0-9]*.py"))
    named = re.findall(r"^def (\w+)", Path(figures.__file__).read_text("utf-8"), re.M)
    assert {name for name in named if f"{name}(" not in text} == {"free_height"}
