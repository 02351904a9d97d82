"""The overlap over time, and which frames of a sequence are worth looking at."""

import numpy as np
import pytest

from udtlib.boxes import iou
from udtlib.errors import DataError
from udtlib.evaluation.report.overlap_plot import MOST_POINTS, frame_overlaps, key_frames, overlap_plot

TRUTH = np.column_stack([np.arange(12.0), np.full(12, 5.0), np.full(12, 20.0), np.full(12, 10.0)])


def shifted(amounts):
    return TRUTH + np.column_stack([amounts, np.zeros((len(TRUTH), 3))])


def test_overlaps_are_those_of_single_boxes_and_absent_targets_have_none():
    truth, boxes = TRUTH.copy(), shifted(np.arange(12) / 2)
    truth[3], truth[4], boxes[6] = 0, np.nan, np.nan
    found = frame_overlaps({"one": boxes}, truth)["one"]
    for index in range(12):
        if index in (3, 4):
            assert np.isnan(found[index])
        else:
            assert found[index] == iou(boxes[index], truth[index])
    assert found[6] == 0


@pytest.mark.parametrize("boxes", [{}, {"short": TRUTH[:5]}, {"wide": np.zeros((12, 5))}])
def test_boxes_that_do_not_belong_to_the_truth_are_refused(boxes):
    with pytest.raises(DataError, match=r"one a true box \(12, 4\)"):
        frame_overlaps(boxes, TRUTH)


def test_lines_are_the_overlaps_and_frames_are_counted_as_in_the_benchmark():
    boxes = {"near": shifted(np.full(12, 1.0)), "$far$": shifted(np.full(12, 30.0))}
    figure = overlap_plot(boxes, TRUTH, marks=[2, 7], first=300, title="a$b$")
    axes = figure.axes[0]
    assert [line.get_xdata()[0] for line in axes.lines[:2]] == [302, 307]
    near, far = axes.lines[2:]
    np.testing.assert_allclose(near.get_xdata(), np.arange(300, 312))
    np.testing.assert_allclose(near.get_ydata(), 19 / 21)
    np.testing.assert_allclose(far.get_ydata(), 0)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["near", "$far$"]


def test_long_lines_are_drawn_through_means_of_runs():
    length = 2 * MOST_POINTS
    truth = np.tile([0.0, 0, 10, 10], (length, 1))
    boxes = truth.copy()
    boxes[::2, 0] = 100  # every second frame is lost
    line = overlap_plot({"t": boxes}, truth).axes[0].lines[0]
    assert len(line.get_xdata()) == MOST_POINTS
    np.testing.assert_allclose(line.get_ydata(), 0.5)
    assert (line.get_xdata()[0], line.get_xdata()[-1]) == (1.5, length - 0.5)


def key_frames_by_loop(table, count):
    frames, length = [], len(table[0])
    sizes = [length // count + (part < length % count) for part in range(count)]
    begin = 0
    for size in sizes:
        best, found = -1.0, begin
        for index in range(begin, begin + size):
            column = [row[index] for row in table]
            if any(np.isnan(value) for value in column):
                continue
            interest = max(column) - min(column) if len(table) > 1 else 1 - column[0]
            if interest > best:
                best, found = interest, index
        frames.append(found)
        begin += size
    return frames


@pytest.mark.parametrize("trackers", [1, 3])
@pytest.mark.parametrize(("length", "count"), [(40, 6), (7, 3), (5, 5)])
def test_key_frames_are_where_trackers_differ_most(trackers, length, count):
    generator = np.random.default_rng(length)
    table = generator.random((trackers, length))
    table[:, generator.integers(length)] = np.nan
    found = key_frames({str(i): row for i, row in enumerate(table)}, count)
    assert found.tolist() == key_frames_by_loop(table.tolist(), count)


def test_a_short_or_absent_sequence_still_has_key_frames():
    assert key_frames({"t": np.full(3, np.nan)}, 6).tolist() == [0, 1, 2]
    assert key_frames({"a": [1, 1, 1, 1], "b": [1, 1, 1, 1]}, 2).tolist() == [0, 2]
