"""The demo of chapter 16: its boxes are those of the networks it names."""

import numpy as np

from udtlib import viz
from udtlib.trackers import load_tracker
from udtlib.widgets import on_the_spot
from udtlib.widgets.base import Choice


def test_the_picture_is_of_the_networks_it_names(monkeypatch):
    monkeypatch.setattr(on_the_spot, "ITERATIONS", ("0", "2"))
    run, clip = on_the_spot.track(2), on_the_spot.scene()
    found = on_the_spot.learned(2)
    tracker = load_tracker("udt", weights=found.weights, preset="points")
    tracker.init(clip.frames[0], clip.boxes[0])
    for index in (1, 2):
        np.testing.assert_array_equal(tracker.update(clip.frames[index]), run.boxes[index])
    plain, mine = on_the_spot.draw(20, "0"), on_the_spot.draw(20, "2")
    assert plain.shape == mine.shape
    assert (plain != mine).any()
    assert (on_the_spot.draw(5, "2") != mine).any()
    assert "2 iterations" in on_the_spot.title(2)
    (again,) = on_the_spot.steps(20, "2")
    np.testing.assert_array_equal(again, mine)
    assert f"{found.after:.2f}" in on_the_spot.title(2)


def test_what_has_to_be_learned_first_says_so_at_once_and_how_far_it_is(monkeypatch):
    asked, plain = [], on_the_spot.draw(20, "0")
    monkeypatch.setattr(on_the_spot, "FOUND", {})
    monkeypatch.setattr(on_the_spot, "adapting", lambda *clips, rate: iter((1, 2, 3)))
    monkeypatch.setattr(on_the_spot, "draw", lambda *setting: asked.append(setting) or plain)
    steps = on_the_spot.steps(20, "7")
    notice = next(steps)
    assert asked == [(20, "0")]  # nothing is learned yet
    assert notice.shape == plain.shape
    assert (notice[: viz.TEXT_HEIGHT] != plain[: viz.TEXT_HEIGHT]).any()
    np.testing.assert_array_equal(notice[viz.TEXT_HEIGHT :], plain[viz.TEXT_HEIGHT :])
    *bars, last = steps
    filled = [(bar[: viz.TEXT_HEIGHT] == viz.PREDICTION).all(axis=2).sum() for bar in (notice, *bars)]
    assert len(filled) == 4
    assert filled == sorted(set(filled))
    np.testing.assert_array_equal(last, plain)
    assert asked[1:] == [(20, "7")]


def test_the_controls_are_those_of_draw():
    assert set(on_the_spot.TWIN) <= set(on_the_spot.ITERATIONS)
    assert isinstance(Choice(on_the_spot.ITERATIONS, on_the_spot.TWIN[-1]), Choice)
