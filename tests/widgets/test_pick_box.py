"""`pick_box`: its box, its static twin, its sliders, its drawing widget, and that one in a browser."""

import sys
import types

import numpy as np
import pytest
from chromium import Chromium
from displays import shown

from udtlib import viz
from udtlib.errors import BoxError, FrameError
from udtlib.widgets import base, pick_box
from udtlib.widgets.base import jpeg
from udtlib.widgets.box_picker import widget
from udtlib.widgets.box_picker.page import asset, data_url

FRAME = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def test_it_starts_with_the_middle_half_or_with_the_box_given():
    picker = pick_box(FRAME)
    assert picker.box.dtype == np.float64
    assert picker.box.tolist() == [20, 15, 40, 30]
    picker = pick_box(FRAME, (1, 2.5, 30, 40))
    assert picker.box.tolist() == [1, 2.5, 30, 40]
    assert repr(picker) == "BoxPicker(box=[1.0, 2.5, 30.0, 40.0])"
    np.testing.assert_array_equal(picker.twin, viz.draw_box(FRAME, [1, 2.5, 30, 40]))
    assert pick_box(FRAME[:1, :1]).box.tolist() == [0, 0, 1, 1]


def test_bad_frames_and_boxes_are_refused():
    with pytest.raises(FrameError):
        pick_box(FRAME.astype(float))
    for box in ([1, 2, 3], [1, 2, 0, 4], [100, 2, 3, 4], [np.nan, 2, 3, 4]):
        with pytest.raises(BoxError):
            pick_box(FRAME, box)


@pytest.fixture
def without_anywidget(monkeypatch):
    pytest.importorskip("ipywidgets")
    monkeypatch.setattr(widget, "find_spec", lambda name: None)


@pytest.mark.usefixtures("without_anywidget")
def test_sliders_move_the_box_and_the_picture():
    picker = pick_box(FRAME, (1, 2, 30, 40))
    picture, *sliders = picker.widget().children
    assert [slider.value for slider in sliders] == [1, 2, 30, 40]
    assert [(slider.min, slider.max) for slider in sliders] == [(0, 79), (0, 59), (1, 80), (1, 60)]
    for slider, value in zip(sliders, (60, 10, 15, 60), strict=True):
        slider.value = value
    assert picker.box.tolist() == [60, 10, 15, 50]  # of the height, what is inside the frame
    assert picture.value == jpeg(viz.draw_box(FRAME, picker.box))


def test_what_is_drawn_becomes_the_box(monkeypatch):
    ipywidgets = pytest.importorskip("ipywidgets")
    module = types.ModuleType("anywidget")
    module.AnyWidget = ipywidgets.DOMWidget
    monkeypatch.setitem(sys.modules, "anywidget", module)
    monkeypatch.setattr(widget, "find_spec", lambda name: object())
    picker = pick_box(FRAME)
    drawn = picker.widget()
    assert {"picture", "width", "height", "value"} <= set(drawn.keys)  # the browser gets them
    assert (drawn.picture, drawn.width, drawn.height) == (data_url(FRAME), 80, 60)
    assert drawn.value == [20, 15, 40, 30]
    assert "export default" in drawn._esm
    drawn.set_state({"value": [3, 4, 5, 6]})  # as a message from the browser does
    assert picker.box.tolist() == [3, 4, 5, 6]
    assert picker.box.dtype == np.float64


def test_the_twin_stands_alone_without_a_kernel(monkeypatch, capsys):
    picker = pick_box(FRAME)
    (picture,) = shown(monkeypatch, picker)
    assert picture.data == jpeg(picker.twin)
    assert capsys.readouterr().out.strip() == base.NOTE


@pytest.mark.usefixtures("without_anywidget")
def test_the_widget_follows_the_twin_where_a_kernel_is(monkeypatch, capsys):
    monkeypatch.setattr(base, "is_live", lambda: True)
    picture, live = shown(monkeypatch, pick_box(FRAME))
    assert picture.data == jpeg(pick_box(FRAME).twin)
    assert len(live.children) == 5
    assert capsys.readouterr().out == ""


MODEL = """
const values = { picture: %r, width: 80, height: 60, value: [20, 15, 40, 30] }, heard = [];
const model = {
  get: (name) => values[name], set: (name, value) => { values[name] = value; },
  save_changes: () => { window.saved = values.value; }, on: (event, call) => heard.push([event, call]),
};
picker.render({ model, el: document.getElementById("here") });
window.python = (box) => { values.value = box; heard.forEach(([event, call]) => call()); };
"""


@pytest.mark.browser
def test_a_browser_draws_the_widgets_box(tmp_path):
    code = asset("picker.js").replace("export default", "const picker =") + MODEL % data_url(FRAME)
    style, body = f"<style>{asset('picker.css')}</style>", '<div id="here" style="width: 400px"></div>'
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html>{style}{body}<script type="module">{code}</script>')
    field = "[...document.querySelectorAll('input')].map((one) => Number(one.value))"
    with Chromium(tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        assert browser.value(field) == [20, 15, 40, 30]
        left, top, width, _ = browser.rectangle(".stage")
        assert width == 400
        browser.drag((left + 5, top + 10), (left + 105, top + 85))
        assert browser.value("window.saved") == [1, 2, 20, 15] == browser.value(field)
        browser.value("python([9, 8, 7, 6])")
        assert browser.value(field) == [9, 8, 7, 6]
        box = browser.rectangle(".box")
        assert [round(number) for number in box] == [left + 45, top + 40, 35, 30]
        assert browser.problems == []
