"""A few cells in a real browser: real videos in a menu, and a key pressed before all cells have run."""

import nbformat
import pytest
from chromium import Chromium
from lab import Lab, Page
from shown import Panel
from trees import write_otb

from udtlib.widgets.on_real.menu import NONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIVE = """
import numpy as np
from udtlib.trackers import load_tracker
from udtlib.widgets.on_real import on_real, side_by_side
trackers = {name: lambda name=name: load_tracker(name) for name in ("mosse", "kcf")}
on_real("drawn", np.full((90, 120, 3), 200, np.uint8), side_by_side(trackers))
"""
SLIDER = """
import time
import numpy as np
from udtlib.widgets.base import Demo, Slider
drawn = []
def draw(frame):
    drawn.append(frame)
    return np.full((60, 80, 3), 10 * frame, np.uint8)
Demo(draw, {"frame": Slider(0, 20, 5)}, draw(0))
"""
BUSY = """
end = time.monotonic() + 60
while 6 not in drawn and time.monotonic() < end:
    time.sleep(0.05)
print("heard", 6 in drawn)
"""


def opened(lab, browser, *cells) -> Page:
    """Return a notebook of these cells, opened."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, lab.book / "cells.ipynb")
    return Page(lab, browser, "cells")


def chosen(demo, menu, video) -> str:
    """Return the picture of a video that was just chosen, once it is the one that Python draws."""
    assert demo.now(menu).value == video
    assert demo.browser.until(demo.is_right)
    return demo.picture()


@pytest.fixture
def browser(tmp_path):
    with Chromium(tmp_path / "profile") as running:
        yield running


@pytest.mark.parametrize("found", [{"Boat": 9, "Kite": 12}, {}])
def test_videos_of_the_machine_are_chosen_by_keys_and_mouse(found, tmp_path, browser) -> None:
    for name, frames in found.items():
        write_otb(tmp_path / "data" / "otb", name, frames)
    videos = ["drawn", *(f"{name} (otb)" for name in found)] if found else ["drawn", NONE]
    with Lab(tmp_path / "lab", tmp_path / "data" if found else "none") as lab:
        page = opened(lab, browser, LIVE)
        page.run(seconds=300)
        (demo,) = Panel.all(page)
        (menu,) = demo.controls()
        assert demo.ask("[...root.querySelectorAll('option')].map((one) => one.value)") == videos
        pictures = [chosen(demo, menu, videos[0])]
        demo.press(menu, "ArrowDown")
        pictures.append(chosen(demo, menu, videos[1]))
        demo.click(menu)
        for key in ("ArrowDown" if found else "ArrowUp", "Enter"):
            browser.press(key)
        pictures.append(chosen(demo, menu, videos[2 if found else 0]))
    assert len(set(pictures)) == len(videos)


def test_a_key_pressed_while_cells_run_is_heard_before_their_end(tmp_path, browser) -> None:
    with Lab(tmp_path / "lab") as lab:
        page = opened(lab, browser, SLIDER, BUSY)
        browser.value("jupyterapp.commands.execute('notebook:run-all-cells'); null")
        browser.wait("document.querySelector('.udt-panel img') !== null")
        (demo,) = Panel.all(page)
        (slider,) = demo.controls()
        demo.press(slider, "ArrowRight")
        said = "[...document.querySelectorAll('.jp-OutputArea-output')].map((one) => one.textContent.trim())"
        heard = browser.wait(f"{said}.find((one) => one.startsWith('heard'))")
    assert heard == "heard True"
