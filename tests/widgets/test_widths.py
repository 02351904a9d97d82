"""A demo fits into its cell, however wide that is: JupyterLab gives an output that is wider a scrollbar."""

import json

import numpy as np
import pytest
from chromium import Chromium
from web_widgets import page_part

from udtlib.widgets.base import Check, Choice, Demo, Slider
from udtlib.widgets.in_browser import filter_bench, network_tracker, one_frequency, there_and_back
from udtlib.widgets.in_browser.demo import scripts
from udtlib.widgets.panel.widget import HERE

PICTURE = np.zeros((60, 900, 3), np.uint8)
PAGE = "<!doctype html><meta charset=utf-8><style>body {margin: 0}</style>"
WIDER = """JSON.stringify([...Array(124).keys()].map((k) => 320 + 8 * k).filter((width) => {
    document.body.style = `width: ${width}px; overflow: auto`;
    return document.body.scrollWidth > document.body.clientWidth;
}))"""
IN_BROWSER = {demo.__name__.split(".")[-1]: demo for demo in (filter_bench, network_tracker, one_frequency)}
IN_BROWSER["there_and_back"] = there_and_back


def panel() -> dict:
    """Return the state of a panel with every kind of control, six of them sliders."""
    controls = {f"a_rather_long_name_{k}": Slider(0, 10, 3, play=50 if k < 2 else None) for k in range(6)}
    controls |= {"kind": Choice(("grey", "colour and edges, all of them"), "grey"), "window": Check(True)}
    widget = Demo(lambda **values: PICTURE, controls, PICTURE).widget()
    state = {name: getattr(widget, name) for name in ("controls", "grips", "values", "title", "alt")}
    assets = {"_esm": (HERE / "panel.js").read_text("utf-8"), "_css": (HERE / "panel.css").read_text("utf-8")}
    return state | assets | {"picture": ""}


def in_browser(name: str) -> dict:
    """Return the state of a demo that computes in the browser."""
    return scripts(name) | {"start": IN_BROWSER[name].demo().start}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One for all demos: it takes longer to start than they do."""
    with Chromium(tmp_path_factory.mktemp("browser") / "profile") as one:
        yield one


@pytest.mark.browser
@pytest.mark.parametrize("name", ["panel", *IN_BROWSER])
def test_no_demo_is_wider_than_its_cell(name, browser, tmp_path, monkeypatch) -> None:
    if name in IN_BROWSER:  # the static picture, for which a tracker runs, is not on the page
        monkeypatch.setattr(IN_BROWSER[name], "draw", lambda *_, **__: PICTURE)
    state = json.loads(json.dumps(panel() if name == "panel" else in_browser(name)))
    (tmp_path / "page.html").write_text(PAGE + page_part(name, state), "utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    browser.wait(f"location.href.endsWith('/{tmp_path.name}/page.html')")
    browser.wait("document.querySelectorAll('input').length")
    assert json.loads(browser.value(WIDER)) == []
