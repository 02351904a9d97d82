"""The demo of chapter 17: its bars and words are those of the cost model."""

import numpy as np

from udtlib.bench.scaling import Plan, bill
from udtlib.viz import PREDICTION
from udtlib.widgets import scaling


def bars(picture, color):
    """Return the lengths of the bars of this colour, in pixels, stage by stage."""
    rows = [picture[18 + scaling.ROW * k + scaling.ROW // 2, scaling.LEFT :] for k in range(4)]
    return [int((row == color).all(1).sum()) for row in rows]


def test_the_longest_bar_is_the_bottleneck():
    picture = scaling.draw(5.0, 0.0)
    found = bill(Plan(videos=10**5), scaling.STORED)
    marked = bars(picture, PREDICTION)
    stages = list(found.seconds)
    assert [stage for stage, length in zip(stages, marked, strict=True) if length] == [found.bottleneck]
    others = bars(picture, scaling.viz.SECOND)
    assert max(marked) >= max(others)
    hours = found.seconds[found.bottleneck] / 3600
    share = np.log10(hours) / scaling.MOST
    assert abs(max(marked) - share * (scaling.WIDTH - scaling.LEFT)) <= 1


def test_every_control_changes_the_picture_and_the_twin_starts_as_it_says():
    demo = scaling.demo()
    start = demo.start()
    assert (demo.draw(6.0, 0.0) != start).any()
    assert (demo.draw(7.0, 2.0) != start).any()
    first = scaling.draw(*scaling.TWIN[0])
    np.testing.assert_array_equal(demo.twin[: len(first)], first)


def test_times_are_told_in_the_largest_unit():
    assert scaling.duration(0.5) == "0.5 hours"
    assert scaling.duration(48) == "2.0 days"
    assert scaling.duration(24 * 365.25 * 3) == "3.0 years"
