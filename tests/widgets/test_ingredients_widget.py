"""The demo of chapter 12: its pictures are of the runs it names, every box changes something."""

import asyncio
import statistics
import threading
import time

import numpy as np
import pytest

from udtlib.boxes import iou
from udtlib.errors import UnknownNameError
from udtlib.trackers.eco.ingredients import INGREDIENTS, with_ingredients
from udtlib.trackers.udt_plus import UdtPlusTracker
from udtlib.viz import jpeg
from udtlib.widgets import ingredients
from udtlib.widgets.base import Check


def test_a_run_is_the_tracker_with_these_ingredients():
    names = frozenset({"context", "penalty"})
    run, clip = ingredients.track(names), ingredients.scene()
    tracker = UdtPlusTracker(preset="released", **with_ingredients(names), **ingredients.SMALL)
    tracker.init(clip.frames[0], clip.boxes[0])
    for index in (1, 2, 3):
        np.testing.assert_array_equal(tracker.update(clip.frames[index]), run.boxes[index])
        np.testing.assert_array_equal(tracker.response, run.responses[index])
        assert run.scores[index] == tracker.score
    np.testing.assert_allclose(run.overlaps, iou(run.boxes, clip.boxes))
    assert len(run.boxes) == len(run.responses) == len(run.scores) == ingredients.FRAMES


def test_the_clip_tells_the_combinations_apart():
    ends = [ingredients.track(frozenset(names)).overlaps[ingredients.START] for names in ingredients.TWIN]
    assert max(ends[:2]) < 0.1 < 0.3 < min(ends[2:])


def test_every_control_changes_the_picture():
    start = {name: control.start for name, control in ingredients.demo().sliders.items()}
    assert set(start) == {"frame", *INGREDIENTS}
    picture = ingredients.draw(**start)
    for name, value in start.items():
        changed = ingredients.draw(**{**start, name: value - 3 if name == "frame" else not value})
        assert changed.shape == picture.shape, name
        assert (changed != picture).any(), name


def test_a_pixel_of_a_narrow_window_is_as_large_as_one_of_a_wide_one():
    response = np.zeros((20, 20), np.float32)
    response[0, 5] = 1  # a quarter of the window to the right: 0.7 or 1 times the target's side
    places = []
    for wide in (False, True):
        panel = ingredients.response_panel(response, wide)
        assert panel.shape == (ingredients.PANEL, ingredients.PANEL, 3)
        bright = (panel == panel.reshape(-1, 3)[panel.sum(2).argmax()]).all(axis=2)
        places.append(np.argwhere(bright).mean(axis=0)[::-1] - ingredients.PANEL / 2)
    assert places[0][0] / places[1][0] == pytest.approx(2.8 / 4, abs=0.03)


def test_an_unknown_ingredient_is_refused():
    with pytest.raises(UnknownNameError, match="salt"):
        ingredients.draw(0, salt=True)


def test_demo_starts_as_drawn_and_has_a_twin():
    demo = ingredients.demo()
    every = ingredients.draw(**dict.fromkeys(ingredients.TWIN[-1], True))
    np.testing.assert_array_equal(demo.start(), every)
    np.testing.assert_array_equal(demo.twin[-len(every) :], every)
    assert len(demo.twin) == len(ingredients.TWIN) * len(every)


def test_widget_has_boxes_to_tick_that_redraw():
    pytest.importorskip("anywidget")
    demo = ingredients.demo()
    assert all(isinstance(demo.sliders[name], Check) for name in INGREDIENTS)
    widget = demo.widget()
    widget.values = widget.values | {"penalty": False}
    ticked = dict.fromkeys(ingredients.TWIN[-1], True) | {"penalty": False}
    assert widget.picture == jpeg(ingredients.draw(**ticked))
    widget.values = widget.values | {"frame": 3}
    assert widget.picture == jpeg(ingredients.draw(3, **ticked))


def test_a_new_combination_is_seen_running_through_the_clip():
    new = {"context": True, "newton": True}
    pictures = list(ingredients.steps(6, **new))
    assert len(pictures) == 7
    for frame, picture in enumerate(pictures):
        np.testing.assert_array_equal(picture, ingredients.draw(frame, **new))
    assert len(list(ingredients.steps(6, **new))) == 1  # it is at hand now
    assert len(list(ingredients.steps(8, **new))) == 3


def test_a_setting_chosen_meanwhile_ends_the_run_before_it():
    """As in a kernel: the pictures on the way come while other events are heard."""
    panel = pytest.importorskip("udtlib.widgets.panel.widget")

    def pictures(number):
        yield from (f"{number}.{step}".encode() for step in range(5))

    async def events():
        widget = panel.Panel(pictures, {"number": 0})
        seen = [widget.picture]
        widget.observe(lambda change: seen.append(change.new), names="picture")
        widget.values = {"number": 1}
        await asyncio.sleep(0)
        widget.values = {"number": 2}
        await widget.turns.task
        return seen

    seen = asyncio.run(events())
    assert seen[:2] == [b"0.4", b"1.0"]
    assert seen[-5:] == [f"2.{step}".encode() for step in range(5)]
    assert b"1.4" not in seen


def test_event_to_picture_takes_under_100_ms():
    """Of a combination seen before; a new one is tracked first, which takes about half a second."""
    ingredients.demo()
    times = []
    for frame in range(10, 30):
        start = time.process_time()
        jpeg(ingredients.draw(frame, context=True, penalty=frame % 2 == 0))
        times.append(time.process_time() - start)
    assert statistics.median(times) < 0.1


def test_two_threads_drive_one_run_as_one_does():
    """JupyterLab lets the controls' messages and the cells run in threads of their own."""
    names, last = frozenset({"context"}), 6
    alone, shared = ingredients.Running(names).until(last), ingredients.Running(names)
    threads = [threading.Thread(target=shared.until, args=(last,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(shared.boxes, alone.boxes)
