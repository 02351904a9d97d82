"""Chapters and their demos in a real browser: opened, run, operated with keys and mouse, timed.

`make test-browser` runs all chapters, `CHAPTERS="02 05" make test-browser` those.
"""

import importlib
import statistics

import numpy as np
import pytest
from chapters import RUN, find_sources
from chromium import Chromium
from lab import PROJECT, Lab, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SOURCES = {source.stem[:2]: source for source in find_sources(PROJECT / "book")}
EVENTS = 20
SLOWEST = 100  # milliseconds from an event to the changed picture: the median on a quiet machine
# Chapters whose demo needs nothing but its module: there the pictures are compared with what Python draws.
MODULES = {
    "02": "correlation",
    "03": "features",
    "04": "layer",
    "05": "gradient",
    "06": "response",
    "07": "round_trip",
    "08": "deflection",
    "09": "pairs",
    "10": "triplet",
    "11": "impostors",
    "12": "ingredients",
}
HINT = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


@pytest.mark.parametrize("number", SOURCES)
def test_a_chapter_is_read_run_and_operated(number, lab, browser, record_property, capsys) -> None:
    source = SOURCES[number]
    page = Page(lab, browser, source.stem)
    page.save()
    for path in (source, source.with_suffix(".ipynb")):
        assert (lab.book / path.name).read_bytes() == path.read_bytes(), f"reading changed {path.name}"
    assert RUN in page.texts(".jp-OutputArea-output")

    page.run(seconds=400)
    assert page.texts(HINT) == []
    texts = page.texts(".jp-OutputArea-output")
    assert RUN not in texts
    assert "not filled in yet" in texts
    assert not [text for text in texts if "Error displaying widget" in text]
    demos = page.demos()
    assert demos
    drawn = importlib.import_module(f"udtlib.widgets.{MODULES[number]}").demo() if number in MODULES else None
    for place, demo in enumerate(demos):
        looks(demo)
        keys(demo, drawn)
        mouse(demo, drawn)
        times = latencies(demo)
        with capsys.disabled():
            said = ", ".join(f"{name} {median:.0f} ({first:.0f})" for name, (median, first) in times.items())
            print(f"\n{number} demo {place + 1}, ms, median of {EVENTS} (first use): {said}")
        for name, (median, _) in times.items():
            record_property(f"{number} {place} {name}", round(median))
    assert [one for one in browser.problems if "Failed to load resource" not in str(one)] == []


def looks(demo) -> None:
    """Natural width at most, nothing clipped, everything named."""
    shown, natural, room = demo.ask(
        "((image) => [image.clientWidth, image.naturalWidth, root.clientWidth])(root.querySelector('img'))"
    )
    assert 0 < shown <= min(natural, room)
    texts = "[...root.querySelectorAll('label span, output')]"
    clipped = f"{texts}.filter((one) => one.scrollWidth > one.clientWidth + 1)"
    assert demo.ask(f"{clipped}.map((one) => one.textContent)") == []
    assert len(demo.ask("root.querySelector('img').alt")) > 20
    assert demo.ask("root.getAttribute('aria-label')")
    labels = [control["label"] for control in demo.controls()]
    assert all(labels)
    assert len(labels) == len(set(labels))


def agrees(demo, drawn) -> None:
    """Hold what is shown against what Python draws at the same settings."""
    if drawn is not None:
        values = {name: control.value(demo.settings()[name]) for name, control in drawn.sliders.items()}
        expected, found = drawn.draw(**values), demo.picture()
        assert found.shape == expected.shape
        assert np.abs(found.astype(int) - expected).mean() < 4, values


def step(control):
    """A key that moves a control, and the one back."""
    return {"range": ("ArrowRight", "ArrowLeft"), "checkbox": ("Space", "Space")}.get(
        control["kind"], ("ArrowDown", "ArrowUp")
    )


def move(demo, control) -> float:
    """Press a key that changes a control, the other way round at its end; return milliseconds."""
    before = demo.settings()[control["name"]]
    for key in step(control):
        demo.press(control["name"], key)
        if demo.settings()[control["name"]] != before:
            return wait(demo)
    raise AssertionError(f"no key moves {control['name']}")


def wait(demo) -> float:
    """Return the milliseconds of the event that has just been sent."""
    demo.browser.until(lambda: demo.ask("root.times.length > (root.seen ?? 0)"))
    return demo.ask("(root.seen = root.times.length, root.times.at(-1))")


def keys(demo, drawn) -> None:
    """A key on each control changes the picture, or the control is off."""
    agrees(demo, drawn)
    start = demo.picture()
    changed = 0
    for control in demo.controls():
        if not control["off"]:
            move(demo, control)
            changed += not np.array_equal(demo.picture(), start)
    assert changed
    agrees(demo, drawn)


def mouse(demo, drawn) -> None:
    """A click on each slider and box changes its value."""
    for control in demo.controls():
        if control["off"] or control["kind"] == "select-one":
            continue
        before = demo.settings()[control["name"]]
        for share in (0.2, 0.8):
            demo.click(control["name"], share if control["kind"] == "range" else 0.5)
            if demo.settings()[control["name"]] != before:
                wait(demo)
                break
        assert demo.settings()[control["name"]] != before, control
    agrees(demo, drawn)


def latencies(demo) -> dict[str, tuple[float, float]]:
    """Return median and first of the milliseconds of each control's events."""
    found = {}
    for control in demo.controls():
        if not control["off"]:
            times = [move(demo, control) for _ in range(EVENTS)]
            found[control["name"]] = (statistics.median(times), times[0])
    return found
