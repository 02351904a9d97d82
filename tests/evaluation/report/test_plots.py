"""The plots hold the curves they promise: asserted on their lines, not their pixels."""

import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from udtlib.data import Sequence
from udtlib.errors import DataError
from udtlib.evaluation import POLICIES, bootstrap_interval, score
from udtlib.evaluation.report.plots import COLORS, line_styles, precision_plot, short, success_plot, to_svg
from udtlib.evaluation.scoring.bands import bootstrap_band


def make_sequences(count=5):
    return [
        Sequence(name, (), np.tile([10.0, 20, 40, 30], (count, 1)) + i) for i, name in enumerate("abcdef")
    ]


def make_score(tracker, *shifts, policy=None):
    """A tracker that is wrong by a shift in x, another one a sequence."""
    sequences = make_sequences()[: len(shifts)]
    boxes = {
        one.name: one.boxes + np.array([shift, 0, 0, 0]) for one, shift in zip(sequences, shifts, strict=True)
    }
    return score(boxes, sequences, policy, dataset="synthetic", tracker=tracker)


WORSE, BETTER = make_score("worse", 30, 15, 0), make_score("better", 0, 10, 24)


def legend_of(figure):
    legend = figure.axes[0].get_legend() or figure.legends[0]
    return [text.get_text() for text in legend.get_texts()]


def test_lines_are_the_mean_curves_and_the_legend_is_sorted_by_score():
    figure = success_plot([WORSE, BETTER])
    first, second = figure.axes[0].lines
    np.testing.assert_allclose(first.get_xdata(), np.arange(21) / 20)
    np.testing.assert_allclose(first.get_ydata(), BETTER.success_curve)
    np.testing.assert_allclose(second.get_ydata(), WORSE.success_curve)
    assert legend_of(figure) == [f"[{BETTER.auc:.3f}] better", f"[{WORSE.auc:.3f}] worse"]
    assert first.get_ydata().mean() == pytest.approx(BETTER.auc)


def test_the_precision_plot_reads_off_the_legend_at_the_grey_line():
    figure = precision_plot([BETTER, WORSE])
    curves = {line.get_color(): line for line in figure.axes[0].lines if len(line.get_xdata()) == 51}
    assert len(curves) == 2
    marks = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert marks == [20]
    at_20 = sorted(line.get_ydata()[20] for line in curves.values())
    assert at_20 == pytest.approx(sorted([BETTER.precision, WORSE.precision]))
    assert legend_of(figure)[0] == f"[{max(at_20):.3f}] better"


def test_the_thresholds_are_the_policys():
    figure = success_plot([make_score("t", 0, 10, policy=POLICIES["pycftrackers"])])
    assert len(figure.axes[0].lines[0].get_xdata()) == 101


def test_a_tracker_keeps_its_line_in_both_plots():
    """Best by AUC and best by precision differ here: order changes, colours do not."""
    near, exact = make_score("near", 12, 12, 12), make_score("exact", 0, 0, 90)
    looks = []
    for figure in (success_plot([near, exact]), precision_plot([near, exact])):
        names = [label.split("] ")[1] for label in legend_of(figure)]
        lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
        looks.append(({n: line.get_color() for n, line in zip(names, lines, strict=True)}, names))
    assert looks[0][0] == looks[1][0]
    assert looks[0][1] == looks[1][1][::-1]


def test_bands_hold_the_line_and_are_the_interval_of_each_threshold():
    curves = np.array([one.success for one in BETTER.sequences])
    low, high = bootstrap_band(curves)
    assert ((low <= curves.mean(axis=0)) & (curves.mean(axis=0) <= high)).all()
    middle = bootstrap_interval(curves[:, 10])
    assert (low[10], high[10]) == pytest.approx((middle.low, middle.high), abs=0.05)
    axes = success_plot([BETTER], bands=True).axes[0]
    corners = axes.collections[0].get_paths()[0].vertices
    at_half = corners[np.isclose(corners[:, 0], 0.5), 1]
    assert (at_half.min(), at_half.max()) == pytest.approx((low[10], high[10]))
    assert not success_plot([BETTER]).axes[0].collections


def test_a_band_covers_the_true_mean_about_as_often_as_promised():
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(100):
        low, high = bootstrap_band(generator.uniform(size=(60, 1)), draws=400, seed=generator)
        hits += low[0] <= 0.5 <= high[0]
    assert 88 <= hits <= 99


@pytest.mark.parametrize("curves", [np.zeros((0, 3)), np.zeros(3), [[0.1, np.nan]]])
def test_bands_refuse_what_is_no_set_of_curves(curves):
    with pytest.raises(DataError, match="one curve of finite numbers a sequence"):
        bootstrap_band(curves)


def luminance(color):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def test_28_trackers_look_different_and_show_on_white():
    styles = line_styles(f"t{i}" for i in range(28))
    assert len({(style["color"], str(style["linestyle"])) for style in styles.values()}) == 28
    assert all(to_hex(color).upper() == color for color in COLORS)
    assert max(map(luminance, COLORS)) < 0.5
    listed = list(styles.values())
    assert all(a["linestyle"] != b["linestyle"] for a, b in pairwise(listed))


def test_many_trackers_have_their_legend_beside_the_plot():
    scores = [make_score(f"t{i}", i, i) for i in range(11)]
    figure = success_plot(scores)
    assert figure.axes[0].get_legend() is None
    assert len(legend_of(figure)) == 11
    assert success_plot(scores[:10]).axes[0].get_legend() is not None


@pytest.mark.parametrize(
    "name", ["_hidden", "a$b$c", "$\\bad{$", "<b>&", "two\nlines", "\x01", "\udc80", "字"]
)
@pytest.mark.filterwarnings("error")
def test_any_name_gives_a_picture_and_stands_in_the_legend(name):
    svg = to_svg(success_plot([make_score(name, 3, 4)]))
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    label = legend_of(success_plot([make_score(name, 3, 4)]))[0]
    assert label.endswith(short(name))
    assert label.isprintable()


def test_long_names_are_cut():
    assert short("x" * 100) == "x" * 31 + "…"
    assert short("x" * 32) == "x" * 32


def test_the_same_scores_give_the_same_bytes():
    assert to_svg(success_plot([BETTER, WORSE])) == to_svg(success_plot([BETTER, WORSE]))


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(DataError, match="found none"):
        success_plot([])
    with pytest.raises(DataError, match=r"\['worse', 'worse'\]"):
        precision_plot([WORSE, WORSE])
    with pytest.raises(DataError, match="expected the same sequences and policy"):
        success_plot([WORSE, make_score("fewer", 0, 0)])
    with pytest.raises(DataError, match="expected the same sequences and policy"):
        precision_plot([WORSE, make_score("other", 0, 0, 0, policy=POLICIES["got10k"])])


def test_importing_and_drawing_leave_pyplot_alone():
    code = (
        "import sys, udtlib.evaluation.report.plots as plots; print('matplotlib' in sys.modules); "
        "sys.path[:0] = ['tests', 'tests/evaluation/report']; import test_plots; "
        "plots.success_plot([test_plots.BETTER]); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    folder = __file__.rpartition("/tests/")[0]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stdout.split() == ["False", "False"]


def frames_alike(*lengths):
    """Two trackers under a policy that weighs sequences by frames: good in the long one, in the short."""
    sequences = [
        Sequence(name, (), np.tile([10.0, 20, 40, 30], (count, 1)))
        for name, count in zip("ab", lengths, strict=True)
    ]
    shifts = {"long": (2, 25), "short": (25, 2)}
    return [
        score(
            {one.name: one.boxes + np.array([by, 0, 0, 0]) for one, by in zip(sequences, moves, strict=True)},
            sequences,
            dataset="got10k",
            tracker=name,
        )
        for name, moves in shifts.items()
    ]


def test_a_policy_that_pools_frames_draws_the_curve_of_its_number():
    good, poor = frames_alike(91, 11)
    figure = success_plot([poor, good], bands=True)
    assert legend_of(figure) == [f"[{good.auc:.3f}] long", f"[{poor.auc:.3f}] short"]
    line = figure.axes[0].lines[0].get_ydata()
    a, b = (one.success for one in good.sequences)
    np.testing.assert_allclose(line, (90 * a + 10 * b) / 100)  # without the first frames
    assert line.mean() == pytest.approx(good.auc, abs=0.05) != pytest.approx((a + b).mean() / 2, abs=0.1)
    precise = precision_plot([poor, good]).axes[0].lines[0].get_ydata()
    assert precise[20] == pytest.approx(good.precision) == pytest.approx(0.9)
    corners = figure.axes[0].collections[0].get_paths()[0].vertices
    low, high = bootstrap_band([a, b], weights=[90, 10])
    at_half = corners[np.isclose(corners[:, 0], 0.5), 1]
    assert (at_half.min(), at_half.max()) == pytest.approx((low[10], high[10]))


def test_a_weighted_band_is_that_of_each_frame_drawn_with_its_sequence():
    generator = np.random.default_rng(2)
    curves, weights = generator.uniform(size=(5, 3)), np.array([3, 1, 2, 5, 4])
    drawn = np.random.default_rng(7).multinomial(5, np.full(5, 0.2), size=300)
    means = [
        np.concatenate([np.repeat(curves[i : i + 1], n * weights[i], 0) for i, n in enumerate(one)]).mean(0)
        for one in drawn
    ]
    low, high = bootstrap_band(curves, weights=weights, draws=300, seed=7)
    np.testing.assert_allclose([low, high], np.percentile(means, [2.5, 97.5], axis=0))
    for wrong in ([1, 2], [1, 1, 1, 1, 0], [1, 1, 1, 1, np.nan]):
        with pytest.raises(DataError, match="expected a weight above 0 for each of 5 sequences"):
            bootstrap_band(curves, weights=wrong)
