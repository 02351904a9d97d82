"""The clip studio of chapter 00: its clips have the knobs it names, its boxes are the trackers'."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from udtlib import viz
from udtlib.boxes import iou
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.motion import KNOBS, ClipSettings
from udtlib.trackers import load_tracker
from udtlib.widgets import studio


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(studio, "FRAMES", 5)
    monkeypatch.setattr(studio, "START", 4)
    studio.take.cache_clear()
    yield
    studio.take.cache_clear()


def test_a_take_is_the_clip_of_its_knobs_and_the_trackers_on_it():
    found = studio.chosen_take(3, "mixed", {"speed": 0.8, "occlusion": 0.5}).until(3)
    clip = render_clip(5, seed=3, texture="mixed", fast_motion=0.8, occlusion=0.5)
    assert len(found.frames) == 4
    for name in studio.TRACKERS:
        tracker = load_tracker(name)
        tracker.init(clip.frames[0], clip.boxes[0])
        boxes = [clip.boxes[0], *map(tracker.update, clip.frames[1:4])]
        np.testing.assert_array_equal(found.boxes[name], boxes)
        np.testing.assert_allclose(found.overlaps(name, 3), iou(boxes, clip.boxes[:4]))
    assert set(studio.KNOBS.values()) <= set(KNOBS.values())


def test_every_control_changes_the_clip_or_its_frame():
    controls = studio.demo().sliders
    assert set(controls) == {"frame", "seed", "texture", *studio.KNOBS}
    start = {name: control.start for name, control in controls.items()} | {"frame": 3}
    picture = studio.draw(**start)
    for name, value in {"frame": 2, "seed": 7, "texture": "noise", "light": 1.0}.items():
        changed = studio.draw(**{**start, name: value})
        assert changed.shape == picture.shape, name
        assert (changed != picture)[viz.TEXT_HEIGHT :].any(), f"{name}, not only what is written above"
    for name, setting in studio.KNOBS.items():
        assert controls[name].high == 1
        settings = studio.clip_of(3, "leaves", {name: 0.5}).frames.settings
        assert settings == replace(ClipSettings(5, seed=3), **{setting: 0.5})


def test_a_new_clip_is_seen_running_and_an_old_one_is_at_hand():
    knobs = {"scale": 0.4}
    pictures = list(studio.steps(4, 1, "leaves", **knobs))
    assert len(pictures) == 2  # frame 1, and 4, which is the one asked for
    np.testing.assert_array_equal(pictures[-1], studio.draw(4, 1, "leaves", **knobs))
    assert len(list(studio.steps(4, 1, "leaves", **knobs))) == 1
    assert len(list(studio.steps(2, 1, "leaves", **knobs))) == 1


def test_the_twin_shows_each_clip_it_names():
    demo = studio.demo()
    one = studio.draw(4, **dict.fromkeys(studio.KNOBS, 0.0))
    np.testing.assert_array_equal(demo.twin[: one.shape[0], : one.shape[1]], one)
    assert demo.twin.shape[1] == 3 * one.shape[1] + 20


def test_a_cell_may_ask_while_a_control_runs_the_same_clip():
    found = studio.chosen_take(3, "noise", {})
    begun, go_on, update = Event(), Event(), found.trackers["kcf"].update

    def slow(frame):
        begun.set()
        assert go_on.wait(20)
        return update(frame)

    found.trackers["kcf"].update = slow
    with ThreadPoolExecutor(2) as pool:
        control = pool.submit(studio.draw, 2, 3, "noise")
        assert begun.wait(20)
        cell = pool.submit(studio.draw, 1, 3, "noise")
        with pytest.raises(TimeoutError):  # it waits for the frame under way
            cell.result(0.3)
        go_on.set()
        assert cell.result(20).shape == control.result(20).shape
    assert [len(boxes) for boxes in found.boxes.values()] == [3, 3]
