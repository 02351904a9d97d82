"""A demo's controls keep their keys where the page around them takes keys, as JupyterLab does."""

import json

import numpy as np
import pytest
from chromium import Chromium
from web_widgets import page_part

from udtlib.widgets.base import Check, Choice, Demo, Slider
from udtlib.widgets.box_picker.page import asset as picker_asset
from udtlib.widgets.box_picker.page import data_url
from udtlib.widgets.in_browser import filter_bench, network_tracker, one_frequency, there_and_back
from udtlib.widgets.in_browser.demo import scripts
from udtlib.widgets.panel.widget import HERE

FRAME = np.zeros((60, 80, 3), np.uint8)
IN_BROWSER = {demo.__name__.split(".")[-1]: demo for demo in (filter_bench, network_tracker, one_frequency)}
IN_BROWSER["there_and_back"] = there_and_back
# As JupyterLab does with its shortcuts, those of one letter included.
AROUND = """<!doctype html><meta charset=utf-8><script>
const taken = [];
document.addEventListener("keydown", (event) => {
    taken.push(event.key);
    if (event.key !== "Tab") event.preventDefault();
});
</script>"""
FIELDS = (
    "document.querySelectorAll('input[type=range], input[type=checkbox], select, button, [tabindex=\"0\"]')"
)


def panel_state():
    controls = {
        "size": Slider(0, 10, 3, play=50),
        "kind": Choice(("grey", "colour"), "grey"),
        "window": Check(True),
    }
    widget = Demo(lambda **values: FRAME, controls, FRAME).widget()
    state = {name: getattr(widget, name) for name in ("controls", "grips", "values", "title", "alt")}
    return state | {"_esm": (HERE / "panel.js").read_text("utf-8"), "picture": ""}


def picker_state():
    state = {"picture": data_url(FRAME), "width": 80, "height": 60, "value": [10, 10, 20, 20]}
    return state | {"_esm": picker_asset("picker.js"), "_css": picker_asset("picker.css")}


STATES = {"panel": panel_state, "picker": picker_state}
STATES |= {
    name: lambda name=name: scripts(name) | {"start": IN_BROWSER[name].demo().start} for name in IN_BROWSER
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("chromium") / "profile") as chromium:
        yield chromium


@pytest.fixture
def shown(browser, tmp_path, name):
    state = json.loads(json.dumps(STATES[name]()))
    (tmp_path / "page.html").write_text(AROUND + page_part(name, state), "utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    browser.wait(f"{FIELDS}.length")
    return browser


@pytest.mark.browser
@pytest.mark.parametrize("name", STATES)
def test_a_control_keeps_its_keys_and_leaves_the_others(shown, name):
    for place in range(shown.value(f"{FIELDS}.length")):
        shown.value(f"{FIELDS}[{place}].focus(), 0")
        for key in ("ArrowRight", "ArrowDown", "KeyD"):
            shown.press(key)
        assert shown.value("taken") == [], shown.value("document.activeElement.outerHTML")
    shown.press("KeyS", control=True)
    assert shown.value("taken") == ["s"]


@pytest.mark.browser
@pytest.mark.parametrize("name", ["panel"])
def test_each_kind_of_control_follows_its_keys(shown, name):
    value = "one.type === 'checkbox' ? one.checked : one.value"
    values = f"[...document.querySelectorAll('input, select')].map((one) => {value})"
    assert shown.value(values) == ["3", "grey", True]
    for place, key in enumerate(["ArrowRight", "ArrowDown", "Space"]):
        shown.value(f"document.querySelectorAll('input, select')[{place}].focus(), 0")
        shown.press(key)
    assert shown.value(values) == ["4", "colour", False]
    shown.value("document.querySelector('button').focus(), 0")
    shown.press("Enter")
    shown.wait(f"{values}[0] === '10'")
    shown.press("Escape")
    assert shown.value("taken") == ["Escape"]
