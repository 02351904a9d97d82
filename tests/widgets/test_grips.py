"""The picture of a demo is dragged where it says so, and the sliders follow, in range and on their steps."""

import json

import numpy as np
import pytest
from chromium import Chromium
from web_widgets import page_part

from udtlib import viz
from udtlib.boxes import center
from udtlib.widgets import response
from udtlib.widgets.base import Check, Demo, Grip, Slider
from udtlib.widgets.box_picker.page import data_url
from udtlib.widgets.overlap import overlap_demo
from udtlib.widgets.panel.widget import HERE

FRAME = np.random.default_rng(0).integers(40, 120, (100, 200, 3), dtype=np.uint8)
CONTROLS = {"x": Slider(0, 60, 10), "y": Slider(-50, 50, 0, 5), "right": Slider(0, 40, 20), "on": Check(True)}
GRIPS = (Grip("x", "y", (0, 0, 100, 80)), Grip("right", "y", (100, 0, 200, 80), scale=2))


def test_a_panel_knows_what_can_be_dragged():
    widget = Demo(lambda **values: FRAME, CONTROLS, FRAME, grips=GRIPS).widget()
    assert widget.grips[1] == {"x": "right", "y": "y", "area": (100, 0, 200, 80), "scale": 2}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The panel of `CONTROLS` in a page, with its picture half as wide as it is."""
    folder = tmp_path_factory.mktemp("page")
    widget = Demo(lambda **values: FRAME, CONTROLS, FRAME, grips=GRIPS).widget()
    state = {name: getattr(widget, name) for name in ("controls", "grips", "values", "title", "alt")}
    state |= {"_esm": (HERE / "panel.js").read_text("utf-8"), "picture": ""}
    page = page_part("panel", json.loads(json.dumps(state)))
    (folder / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{page}", "utf-8")
    with Chromium(folder / "profile") as browser:
        browser.open((folder / "page.html").as_uri())
        browser.wait("document.querySelector('img') !== null")
        browser.value(
            f"Object.assign(document.querySelector('img'), {{src: '{data_url(FRAME)}', width: 100}}), 0"
        )
        browser.wait("document.querySelector('img').naturalWidth === 200")
        yield browser


@pytest.mark.browser
@pytest.mark.parametrize(
    ("start", "way", "expected"),
    [
        ((20, 20), (10, 13), ["30", "25", "20"]),  # one pixel of the page is two of the picture; y in fives
        ((20, 20), (70, -60), ["60", "-50", "20"]),  # past the ends, and past the picture
        ((70, 20), (-6, 0), ["10", "0", "14"]),  # the right part, at two pixels a step
        ((20, 45), (10, 0), ["10", "0", "20"]),  # below both parts
    ],
)
def test_sliders_follow_the_pointer(shown, start, way, expected):
    for name, control in list(CONTROLS.items())[:3]:
        shown.value(
            f"((one) => {{ one.value = {control.start}; one.dispatchEvent(new Event('input')); return 0; }})"
            f"(document.querySelector('input[name={name}]'))"
        )
    left, top = shown.value("((r) => [r.left, r.top])(document.querySelector('img').getBoundingClientRect())")
    shown.drag((left + start[0], top + start[1]), (left + start[0] + way[0], top + start[1] + way[1]))
    values = "[...document.querySelectorAll('input[type=range]')].map((one) => one.value)"
    assert shown.value(values) == expected


def test_the_box_of_the_overlap_demo_is_dragged_at_its_own_size():
    frame = np.random.default_rng(0).integers(40, 120, (240, 320, 3), dtype=np.uint8)
    (grip,) = overlap_demo(frame, (120, 90, 60, 50)).grips
    assert (grip.x, grip.y, grip.area, grip.scale) == ("x", "y", (0, 0, 320, 240), 1)


def test_template_and_search_patch_are_dragged_where_they_are_drawn():
    demo = response.demo()
    start = {name: control.start for name, control in demo.sliders.items()}
    template, search = demo.grips
    assert (template.x, template.y, search.x, search.y) == ("x", "y", "right", "down")
    for grip, middle in ((template, (start["x"], start["y"])), (search, (start["x"], start["y"]))):
        left, top, right, bottom = grip.area
        frame = demo.start()[top:bottom, left:right]
        assert frame.shape[1] / frame.shape[0] == pytest.approx(4 / 3, abs=0.02)
        blue = np.argwhere(np.abs(frame.astype(int) - viz.SECOND).sum(axis=2) < 30)
        drawn = center((*blue.min(0)[::-1], *np.ptp(blue, axis=0)[::-1])) / grip.scale
        assert np.abs(drawn - middle).max() < 3
