"""Chapters and their demos in a real browser: opened, run, operated with keys and mouse, timed.

`make test-browser` runs all chapters, `CHAPTERS="02 05" make test-browser` those.
"""

import math
import statistics
import time

import pytest
from chapters import RUN, find_sources
from chromium import Chromium
from lab import PROJECT, Lab, Page
from shown import Panel, Shown

SOURCES = {source.stem[:2]: source for source in find_sources(PROJECT / "book")}
QUICK = ("01", "05")  # the part of `make test`: both kinds of demos, in the chapters that run fastest
EVENTS = 20  # for a median
SLOWEST = 100  # milliseconds from an event to the changed picture: the median on a quiet machine
HINT = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"
LEFT_OUT = ("file", "camera")  # no camera here; a file is chosen in a dialog of the system

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def page(lab, tmp_path, number):
    with Chromium(tmp_path / "profile") as browser:
        yield Page(lab, browser, SOURCES[number].stem)
        lab.end_kernels()


def slow_unless_quick(number):
    return pytest.param(number, marks=() if number in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("number", [slow_unless_quick(number) for number in SOURCES])
def test_a_chapter_is_read_run_and_operated(number, lab, page, request, capsys) -> None:
    page.save()
    for path in (SOURCES[number], SOURCES[number].with_suffix(".ipynb")):
        assert (lab.book / path.name).read_bytes() == path.read_bytes(), f"reading changed {path.name}"
    assert RUN in page.texts(".jp-OutputArea-output")

    page.run(seconds=900)
    assert page.texts(HINT) == []
    texts = page.texts(".jp-OutputArea-output")
    assert RUN not in texts
    assert "not filled in yet" in texts
    assert not [text for text in texts if "Error displaying widget" in text]
    panels = Panel.all(page)
    assert panels
    events = 3 if "not slow" in request.config.getoption("markexpr") else EVENTS
    for demo in (*panels, *Shown.all(page)):
        looks(demo)
        times = trains(demo) if demo.controls()[0].name == "train" else operate(demo, events)
        title = f"{number} {type(demo).__name__} {demo.place + 1}, ms, median of {events} (fastest, first)"
        with capsys.disabled():
            print(f"\n{title}: {said(times)}")
    assert [one for one in page.browser.problems if "Failed to load resource" not in str(one)] == []


def said(times) -> str:
    """Return each control's median, fastest and first in words."""
    return ", ".join(
        f"{name} {statistics.median(values):.0f} ({min(values):.0f}, {values[0]:.0f})"
        + (" OVER 100" if statistics.median(values) > SLOWEST else "")
        for name, values in times.items()
        if values
    )


def looks(demo) -> None:
    """Pictures of natural width at most, nothing clipped, everything named."""
    texts = "[...root.querySelectorAll('label span, output, button, p, figcaption, td')]"
    clipped = f"{texts}.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)"
    assert demo.ask(f"{clipped}.map((one) => one.textContent)") == []
    assert demo.ask("root.scrollWidth - root.clientWidth") == 0, "it is wider than its cell"
    names = [control.name for control in demo.controls()]
    assert all(names)
    assert len(names) == len(set(names))
    if isinstance(demo, Panel):
        assert demo.ask("root.getAttribute('aria-label')")
        sizes = "[image.clientWidth, image.naturalWidth, root.clientWidth]"
        shown, natural, room = demo.ask(f"((image) => {sizes})(root.querySelector('img'))")
        assert 0 < shown <= min(natural, room)
        assert len(demo.ask("root.querySelector('img').alt")) > 20


def operate(demo, events) -> dict[str, list[float]]:
    """Move each control by keys and mouse, check what is shown; return each one's milliseconds."""
    times = {}
    assert settled(demo)
    for control in demo.controls():
        if control.off or control.kind in LEFT_OUT or control.name in LEFT_OUT:
            continue
        if control.kind == "button":
            push(demo, control)
        else:
            there_and_back(demo, control)
            times[control.name] = walk(demo, control, events)
            point(demo, control)
    return times


def trains(demo) -> dict[str, list[float]]:
    """The training monitor, whose picture has a history: ticked it goes on by itself, else it rests.

    Another seed begins anew. Python cannot draw its picture again without training on, so none is compared.
    """
    train, _, seed = demo.controls()
    seen = {demo.picture()}
    demo.press(train, "Space")
    assert demo.browser.until(lambda: seen.add(demo.picture()) or len(seen) > 3)
    demo.click(train)
    assert demo.browser.until(lambda: demo.picture() == (time.sleep(3) or demo.picture()))
    rested, count = demo.picture(), demo.ask("root.times.length")
    demo.press(seed, "ArrowDown")
    assert demo.browser.until(lambda: demo.ask("root.times.length") > count and demo.picture() != rested)
    return {}


def settled(demo) -> bool:
    """Wait until the picture is the one that Python draws for the settings shown, where Python draws."""
    return demo.browser.until(demo.is_right) if isinstance(demo, Panel) else demo.rest()


def there_and_back(demo, control) -> None:
    """A key changes the picture, the key back brings back the one before; so again."""
    for back in (False, True):
        if demo.step(control, back) is None:
            continue
        pictures = []
        for turn in (not back, back, not back):  # the first move may have pushed what was at an edge
            assert settled(demo)
            pictures.append(demo.picture())
            demo.step(control, turn)
        assert settled(demo)
        assert pictures[2] == pictures[0], f"{control.name} came back to another picture"
        assert pictures[1] == demo.picture(), f"{control.name} came back to another picture"
        return
    raise AssertionError(f"no key moves {control.name}")


def walk(demo, control, events) -> list[float]:
    """Press keys, turning round at the ends, and put the control back; return the milliseconds."""
    back, times, pictures = False, [], {demo.picture()}
    while len(times) < events:
        spent = demo.step(control, back)
        if spent is None:
            back = not back
            continue
        times.append(spent)
        assert settled(demo)
        pictures.add(demo.picture())
    assert len(pictures) > 1, f"{control.name} changes nothing"
    put_back(demo, control)
    return [spent for spent in times if not math.isnan(spent)]


def point(demo, control) -> None:
    """The mouse changes a control and its picture."""
    before = demo.picture()
    if control.kind == "handle":
        demo.drag(control, (24, 16))
        assert demo.browser.until(lambda: demo.picture() != before)
        return
    for share in (0.2, 0.8):
        demo.click(control, share if control.kind == "range" else 0.5)
        if control.kind == "select-one":  # the click has opened it
            demo.browser.press("ArrowDown" if share < 0.5 else "ArrowUp")
            demo.browser.press("Enter")
        if demo.now(control).value != control.value:
            break
    else:
        raise AssertionError(f"the mouse does not change {control.name}")
    assert settled(demo)
    assert demo.picture() != before or isinstance(demo, Panel)  # a panel's may be the same, and is right
    put_back(demo, control)


def put_back(demo, control) -> None:
    """Set a control to what it was, so that each one is moved from the demo's start."""
    if control.kind != "handle":
        demo.put(control)
    assert settled(demo)


def push(demo, control) -> None:
    """Space pushes a button, which changes the picture; a click stops what plays."""
    before = demo.picture()
    demo.press(control, "Space")
    demo.browser.until(lambda: demo.picture() != before or demo.now(control).name != control.name)
    if demo.now(control).name != control.name:
        demo.browser.until(lambda: demo.picture() != before)
        demo.click(control)
        demo.browser.until(lambda: demo.now(control).name == control.name)
    assert settled(demo)
