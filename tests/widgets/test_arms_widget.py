"""The demo of chapter 15: every control changes the picture, and its marks are where they should be."""

import numpy as np
import pytest

from udtlib.errors import DataError
from udtlib.evaluation.scoring.crossed import crossed_difference
from udtlib.widgets.arms import DETECTABLE, LIMIT, WIDTH, arms_demo, draw_difference


def tables():
    random = np.random.default_rng(0)
    hard = random.uniform(0.3, 0.7, 12)
    good, bad = (
        hard + lift + 0.1 * random.normal(size=(4, 1)) + 0.1 * random.normal(size=(4, 12))
        for lift in (0.2, 0)
    )
    return {"good - bad": (good, bad), "bad - good": (bad, good)}


def test_every_control_changes_the_picture():
    demo = arms_demo(tables())
    start = {name: control.start for name, control in demo.sliders.items()}
    assert start == {"comparison": "good - bad", "seeds": 4, "sequences": 12}
    picture = demo.draw(**start)
    for name, value in {"comparison": "bad - good", "seeds": 2, "sequences": 5}.items():
        changed = demo.draw(**{**start, name: value})
        assert changed.shape == picture.shape, name
        assert (changed != picture).any(), name


def test_the_orange_marks_are_where_the_detectable_difference_is():
    good, bad = tables()["good - bad"]
    picture = draw_difference("x", good, bad)
    columns = np.flatnonzero((picture == DETECTABLE).all(2).any(0))
    reach = crossed_difference(good, bad, draws=2000).detectable / LIMIT * (WIDTH - 1) / 2
    assert columns.min() == pytest.approx((WIDTH - 1) / 2 - reach, abs=2)
    assert columns.max() == pytest.approx((WIDTH - 1) / 2 + reach, abs=2)


def test_one_seed_is_refused():
    good, bad = tables()["good - bad"]
    with pytest.raises(DataError, match="two of each"):
        draw_difference("x", good[:1], bad[:1])
