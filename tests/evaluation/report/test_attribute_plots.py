"""Plots per attribute hold the curves of the sequences that have the attribute, found here by plain loops."""

import numpy as np
import pytest
from matplotlib.text import Text

from udtlib.data import Sequence
from udtlib.errors import DataError
from udtlib.evaluation import score
from udtlib.evaluation.report.attribute_plots import ATTRIBUTES, attribute_chart, attribute_plots, long_name
from udtlib.evaluation.report.overlap_plot import overlap_plot
from udtlib.evaluation.report.plots import precision_plot, ranked_styles, success_plot, to_picture, to_svg
from udtlib.printing import printable

TAGS = {"a": ("OCC", "FM"), "b": ("FM",), "c": (), "d": ("FM", "LR")}
SEQUENCES = [Sequence(name, (), np.tile([10.0, 20, 40, 30], (6, 1)), tags) for name, tags in TAGS.items()]


def make_score(tracker, *shifts):
    boxes = {
        one.name: one.boxes + np.array([shift, 0, 0, 0]) for one, shift in zip(SEQUENCES, shifts, strict=True)
    }
    return score(boxes, SEQUENCES, dataset="synthetic", tracker=tracker)


BEST, OTHER = make_score("best", 0, 12, 3, 4), make_score("other", 1, 2, 30, 25)


def mean_by_loop(found, attribute, measure):
    values = []
    for name, one in zip(TAGS, found.sequences, strict=True):
        if attribute in TAGS[name]:
            values.append(getattr(one, measure))
    return sum(values) / len(values)


@pytest.mark.parametrize(("measure", "curve"), [("auc", "success"), ("precision", "precision_curve")])
def test_each_plot_holds_the_means_of_its_sequences(measure, curve):
    figure = attribute_plots([OTHER, BEST], measure=measure, columns=2)
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title() for axes in shown] == ["fast motion (3)", "low resolution (1)", "occlusion (1)"]
    for axes, attribute in zip(shown, ("FM", "LR", "OCC"), strict=True):
        pairs = sorted((-mean_by_loop(one, attribute, measure), one.tracker) for one in (BEST, OTHER))
        labels = [text.get_text() for text in axes.get_legend().get_texts()]
        assert labels == [f"[{-value:.3f}] {name}" for value, name in pairs]
        drawn = [line.get_ydata() for line in axes.lines if len(line.get_xdata()) > 2]
        for line, (_, name) in zip(drawn, pairs, strict=True):
            expected = mean_by_loop({"best": BEST, "other": OTHER}[name], attribute, curve)
            np.testing.assert_allclose(line, expected)


def test_a_tracker_looks_the_same_in_every_plot():
    styles = ranked_styles([OTHER, BEST])
    for axes in attribute_plots([OTHER, BEST]).axes:
        if axes.axison:
            names = [text.get_text().split("] ")[1] for text in axes.get_legend().get_texts()]
            colors = [line.get_color() for line in axes.lines if len(line.get_xdata()) > 2]
            assert colors == [styles[name]["color"] for name in names]


def test_bands_are_drawn_where_they_are_asked_for():
    with_bands, without = (attribute_plots([BEST], bands=bands).axes[0] for bands in (True, False))
    assert len(with_bands.collections) == 1
    assert not without.collections


def test_the_chart_has_the_hardest_attribute_on_top_and_the_interval_of_each_mean():
    axes = attribute_chart([OTHER, BEST]).axes[0]
    order = sorted(
        ("FM", "LR", "OCC"), key=lambda name: sum(mean_by_loop(one, name, "auc") for one in (BEST, OTHER))
    )
    assert [text.get_text().split(" (")[0] for text in axes.get_yticklabels()] == [
        ATTRIBUTES[name] for name in order
    ]
    assert axes.yaxis_inverted()
    for container, found in zip(axes.containers, (BEST, OTHER), strict=True):
        marks, _, (bars,) = container.lines
        groups = found.by_attribute()
        np.testing.assert_allclose(marks.get_xdata(), [groups[name].auc for name in order])
        for (start, end), name in zip(bars.get_segments(), order, strict=True):
            interval = groups[name].interval("auc")
            assert (start[0], end[0]) == pytest.approx((interval.low, interval.high))


def test_what_has_no_attributes_and_unknown_measures_are_refused():
    plain = [Sequence("x", (), np.tile([1.0, 2, 3, 4], (3, 1)))]
    found = score({"x": plain[0].boxes}, plain, dataset="synthetic", tracker="t")
    for draw in (attribute_plots, attribute_chart):
        with pytest.raises(DataError, match="no sequence has an attribute"):
            draw([found])
        with pytest.raises(DataError, match="auc, precision, found 'fps'"):
            draw([BEST], measure="fps")
        with pytest.raises(DataError, match="different names"):
            draw([BEST, BEST])


def test_names_in_words():
    assert len(ATTRIBUTES) == 11
    assert long_name("OV") == "out-of-view"
    assert long_name("MINE") == "MINE"


HOSTILE = ("$$", "$", "a$b$", "$\\bad{$", "\\", "_x^", "#{", "}%&~", "\x1b[31m\0")


@pytest.mark.filterwarnings("error")
def test_names_of_trackers_attributes_and_sequences_are_no_formulas():
    """Whoever writes the files chooses these names; each is drawn as it is written."""
    truth = [
        Sequence(f"{i}", (), np.tile([10.0, 20, 40, 30], (6, 1)), (name,)) for i, name in enumerate(HOSTILE)
    ]
    moved = {one.name: one.boxes + np.array([3.0, 0, 0, 0]) for one in truth}
    found = [score(moved, truth, dataset="synthetic", tracker=name) for name in HOSTILE]
    title = "".join(HOSTILE)
    figures = {
        "titles": attribute_plots(found[:1]),
        "chart": attribute_chart(found),
        "success": success_plot(found, title=title),
        "precision": precision_plot(found, title=title),
        "overlap": overlap_plot(dict.fromkeys(HOSTILE, moved["0"]), truth[0].boxes, title=title),
    }
    for name, figure in figures.items():
        assert to_svg(figure).endswith("</svg>\n")
        texts = [text for text in figure.findobj(Text) if text.get_visible()]
        shown = [text.get_text() for text in texts if not text.get_parse_math()]
        for word in map(printable, HOSTILE):
            assert [text for text in shown if word in text], f"{name}: {word} is a formula or is not there"
        assert not [t for t in texts if t.get_parse_math() and set(t.get_text()) & set("$\\{}")], name
    assert to_picture(figures["chart"]).std() > 0
