"""What the pictures of runs with restarts show."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from udtlib.evaluation.report.restart_plots import expected_overlap_plot, segments_plot, starts_plot
from udtlib.evaluation.scoring.all_starts import run_from_starts
from udtlib.evaluation.scoring.expected_overlap import Segment, segments


@pytest.fixture
def axes():
    return Figure().subplots()


def table():
    """Every run loses the target in frame 3; one started later never does."""
    found = np.full((9, 9), 0.8)
    found[:3, 3:] = 0
    found[np.tril_indices(9, -1)] = np.nan
    return found


def test_the_path_goes_along_rows_and_has_a_cross_at_each_failure(axes):
    run = run_from_starts(table(), delay=2)
    image = starts_plot(axes, table(), run)
    np.testing.assert_array_equal(np.ma.filled(image.get_array(), np.nan), table())
    marks = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
    assert marks["failure"] == [[3, 0]]
    assert marks["start"] == [[0, 0], [5, 5]]
    along = [line.get_xydata().tolist() for line in axes.get_lines() if line.get_linewidth() == 2]
    assert [[0, 0], [3, 0]] in along
    assert [[5, 5], [8, 5]] in along


def test_only_segments_that_failed_go_on_as_zeros(axes):
    parts = segments(run_from_starts(table(), delay=2))
    segments_plot(axes, parts, 7)
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert bars == [(0, 2), (2, 5), (0, 3)]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["measured", "failed: zeros"]


def test_a_long_segment_is_cut_at_the_end_of_the_picture(axes):
    segments_plot(axes, [Segment(np.ones(50), False, 0)], 7)
    assert [bar.get_width() for bar in axes.patches] == [7]


def test_each_curve_has_its_mean_over_the_interval(axes):
    short, half = np.array([0, 0.5, 0.4]), np.array([0, 1, 1, 1, 0.5, np.nan])
    curves = {"one": np.linspace(1, 0, 11), "short": short, "half": half}
    expected_overlap_plot(axes, curves, (3, 5), {"one": "red"})
    lines = axes.get_lines()
    assert [line.get_label() for line in lines if not line.get_label().startswith("_")] == list(curves)
    assert lines[0].get_color() == lines[1].get_color() == "red"
    means = [line.get_ydata()[0] for line in lines if line.get_linestyle() == "--"]
    assert means == pytest.approx([curves["one"][3:6].mean(), 0.75])
