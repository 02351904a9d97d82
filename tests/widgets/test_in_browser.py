"""The demos that compute in the browser: their numbers beside the library's, their controls in Chromium."""

import base64
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from chromium import Chromium
from displays import shown
from web_widgets import STATE, page_part

from udtlib.boxes import iou
from udtlib.export.graph import write_onnx
from udtlib.export.tracker import OnnxTracker
from udtlib.labels import peak_displacement, peak_to_sidelobe
from udtlib.trackers.udt import UdtTracker
from udtlib.weights import get_weights
from udtlib.widgets import base
from udtlib.widgets.in_browser import filter_bench, network_tracker, one_frequency, there_and_back
from udtlib.widgets.in_browser.demo import NOTE, asset, bundle, modules

BOOK = Path(__file__).resolve().parents[2] / "book"
DEMOS = {"one_frequency": one_frequency, "filter_bench": filter_bench, "network_tracker": network_tracker}
DEMOS |= {"there_and_back": there_and_back}


def live_page(folder, name):
    """Write the page that the web book would show for a demo; return its address."""
    demo = DEMOS[name].demo()
    state = {
        "_esm": bundle(f"{name}.js"),
        "_css": asset("demo.css") + asset(f"{name}.css"),
        "start": demo.start,
    }
    page = folder / f"{name}.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{page_part(name, json.loads(json.dumps(state)))}", "utf-8"
    )
    return page.as_uri()


def maths_page(folder, script, names):
    """Write a page that offers functions of a script as ``window.NAME``; return its address."""
    page = folder / f"{script}.html"
    offer = f"Object.assign(window, {{ {', '.join(names)} }});"
    page.write_text(
        f'<!doctype html><meta charset=utf-8><script type="module">{bundle(script)}\n{offer}</script>'
    )
    return page.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("chromium") / "profile") as chromium:
        yield chromium


def asked(browser, expression):
    """Return what an expression gives, through JSON as a browser writes it: every digit."""
    return json.loads(browser.value(f"JSON.stringify({expression})"))


@pytest.mark.browser
def test_one_frequency_gives_the_numbers_of_the_layer(browser, tmp_path):
    browser.open(maths_page(tmp_path, "frequency.js", ["solveFrequency"]))
    generator = np.random.default_rng(0)
    for ridge in (0.001, 0.1, 30.0):
        x, z, y = (complex(*pair) for pair in generator.uniform(-2, 2, (3, 2)))
        given = {"x": [x.real, x.imag], "z": [z.real, z.imag], "y": [y.real, y.imag], "ridge": ridge}
        found = asked(browser, f"solveFrequency({json.dumps(given)})")
        for name, expected in one_frequency.solve(x, z, y, ridge)._asdict().items():
            assert complex(*found[name]) == pytest.approx(expected, rel=1e-9, abs=1e-12), name


SETTINGS = (
    {"size": 32, "kind": "grey", "sigma": 1.5, "regularisation": 1e-4, "windowed": True},
    {"size": 64, "kind": "colour and edges", "sigma": 2.0, "regularisation": 1e-2, "windowed": False},
    {"size": 128, "kind": "colour and edges", "sigma": 4.0, "regularisation": 1.0, "windowed": True},
)


@pytest.mark.browser
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: str(setting["size"]))
def test_the_bench_gives_the_numbers_of_the_library(browser, tmp_path, setting):
    names = ["channelsOf", "spectraOfChannels", "labelOf", "solveBench", "peakOf", "peakToSidelobe"]
    browser.open(maths_page(tmp_path, "bench.js", names))
    picture = np.random.default_rng(1).integers(0, 256, (140, 150, 3), dtype=np.uint8)
    rgba = np.dstack([picture, np.full((140, 150), 255, np.uint8)])
    browser.value(f"window.picture = {{ pixels: {rgba.ravel().tolist()}, width: 150 }}, 0")
    size, kind, windowed = setting["size"], json.dumps(setting["kind"]), json.dumps(setting["windowed"])
    cut = f"spectraOfChannels(channelsOf(picture, [%d, %d], {size}, {kind}, {windowed}), {size})"
    knobs = f"labelOf({size}, {setting['sigma']}), {size}, {setting['regularisation']}"
    browser.value(f"window.found = solveBench({cut % (3, 5)}, {cut % (7, 2)}, {knobs}), 0")
    expected = filter_bench.solve(picture, (3, 5), (7, 2), **setting)
    for name in ("filter", "strength", "response"):
        values = np.reshape(asked(browser, f"[...found.{name}]"), (size, size))
        reference = getattr(expected, name)
        assert np.abs(values - reference).max() < 1e-6 * np.abs(reference).max(), name  # a float32 label
    peak = asked(browser, f"peakOf(found.response, {size})")
    assert (peak["dy"], peak["dx"]) == peak_displacement(expected.response) == (3, -4)
    ratio = asked(browser, f"peakToSidelobe(found.response, {size})")
    assert ratio == pytest.approx(peak_to_sidelobe(expected.response), rel=1e-5)


def state(browser):
    return json.loads(browser.value("document.querySelector('.one-frequency').dataset.state"))


@pytest.mark.browser
def test_arrows_are_dragged_and_moved_by_keys(browser, tmp_path):
    browser.open(live_page(tmp_path, "one_frequency"))
    browser.problems.clear()
    table = "[...document.querySelectorAll('.value')].map((cell) => cell.textContent)"
    before = browser.value(table)
    assert state(browser)["ridge"] == one_frequency.RIDGE
    left, top, width, height = browser.rectangle("svg")
    x = one_frequency.START["x"]
    at = [left + width * (110 + 50 * x.real) / 220, top + height * (110 - 50 * x.imag) / 220]
    goal = [left + width * (110 - 50) / 220, top + height * (110 + 50) / 220]  # -1 - 1i
    browser.drag(at, goal)
    assert state(browser)["x"] == pytest.approx([-1, -1], abs=0.02)
    assert browser.value(table) != before
    browser.press("ArrowRight")
    browser.press("ArrowUp", shift=True)
    assert state(browser)["x"] == pytest.approx([-0.95, -0.75], abs=0.02)
    label = browser.value("document.activeElement.getAttribute('aria-valuetext')")
    assert label.startswith("−0.9")
    browser.value("[...document.querySelectorAll('button')].at(2).click()")
    assert state(browser)["ridge"] == 0.04
    assert (
        float(browser.value(table)[5]) > 10
    )  # of the template's gradient, where the template is nearly empty
    assert browser.problems == []


@pytest.mark.browser
def test_squares_are_dragged_and_the_peak_follows(browser, tmp_path):
    browser.open(live_page(tmp_path, "filter_bench"))
    browser.problems.clear()
    peak = "document.querySelector('.filter-bench').dataset.peak"
    browser.wait(peak)
    (tx, ty), (sx, sy) = filter_bench.START["template"], filter_bench.START["search"]
    assert browser.value(peak) == f"{ty - sy},{tx - sx}"
    left, top, width, height = browser.rectangle(".square + .square")
    zoom = width / filter_bench.START["size"]
    browser.drag((left + 3, top + height - 3), (left + 3 + 5 * zoom, top + height - 3 - 9 * zoom))
    browser.wait(f"{peak} === '{ty - sy + 9},{tx - sx - 5}'")
    browser.press("ArrowDown", shift=True)
    browser.wait(f"{peak} === '{ty - sy - 1},{tx - sx - 5}'")
    browser.value("document.querySelector('select').value = 'colour and edges'")
    browser.value("document.querySelector('select').dispatchEvent(new Event('change')), 0")
    browser.wait(f"{peak} === '{ty - sy - 1},{tx - sx - 5}'")
    assert browser.problems == []


def dragged(browser, centre, seconds=1.0, reach=12.0) -> float:
    """Drag what lies at ``centre`` round a circle and back; return how often the demo drew, a second."""
    drawn = "Number(document.querySelector('.filter-bench').dataset.shown)"
    before, start, moves = browser.value(drawn), time.monotonic(), 0
    button = {"button": "left", "buttons": 1, "clickCount": 1}
    x, y = centre
    browser.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **button)
    while (spent := time.monotonic() - start) < seconds:
        angle, moves = moves / 5, moves + 1
        x, y = centre[0] + reach * math.sin(angle), centre[1] + reach * (1 - math.cos(angle))
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, **button)
    updates = (browser.value(drawn) - before) / spent
    for kind in ("mouseMoved", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=centre[0], y=centre[1], **button)
    return updates


@pytest.mark.browser
@pytest.mark.parametrize("side", [32, 64, 128])
@pytest.mark.parametrize("kind", ["grey", "colour and edges"])
def test_filter_and_response_are_drawn_again_while_a_square_is_dragged(kind, side, browser, tmp_path, capsys):
    """How often depends on the machine, so it is printed: 30 a second are smooth."""
    browser.open(live_page(tmp_path, "filter_bench"))
    peak = "document.querySelector('.filter-bench').dataset.peak"
    browser.wait(peak)
    for place, value in enumerate((kind, str(side))):
        menu = f"document.querySelectorAll('select')[{place}]"
        browser.value(f"{menu}.value = '{value}', {menu}.dispatchEvent(new Event('change')), 0")
    started = browser.value(
        f"new Promise((done) => requestAnimationFrame(() => setTimeout(() => done({peak}))))"
    )
    updates = {}
    for name, square in {"template": ".square", "search patch": ".square + .square"}.items():
        left, top, width, height = browser.rectangle(square)
        updates[name] = dragged(browser, (left + 0.2 * width, top + height - 0.1 * width))
        browser.wait(f"{peak} === '{started}'")
        assert updates[name] > 2
    with capsys.disabled():
        said = ", ".join(f"{name} {each:.0f}" for name, each in updates.items())
        print(f"\n{kind}, side {side}: updates a second while dragging: {said}")


# Eight rows of a, of two segments with seven numbers each; sixteen columns of b, in panels of eight.
SHAPE = {"rows": 8, "aRow": 80, "outRow": 96, "segments": 2, "inner": 14, "aSegment": 36}
SHAPE |= {"bRow": 32, "panels": 2, "bPanel": 14 * 32}
RUNS = {
    "fused": "firstThatRuns(place, [productModule(shape, true)], null)",
    "not fused": "firstThatRuns(place, [productModule(shape, false)], null)",
    "plain": "plainProduct(place.buffer, shape)",
    "chosen": "productIn(place, shape)",
}


@pytest.mark.browser
def test_the_matrix_product_is_one_with_vectors_and_without(browser, tmp_path):
    names = ["room", "firstThatRuns", "productModule", "plainProduct", "productIn"]
    browser.open(maths_page(tmp_path, "product.js", names))
    generator = np.random.default_rng(2)
    a, b = generator.standard_normal((8, 20)), generator.standard_normal((14, 16))
    start = generator.standard_normal(16)
    panels = b.reshape(14, 2, 8).transpose(1, 0, 2)
    browser.value(f"""window.run = (make, positive) => {{
        const place = room(1000), shape = {{...{json.dumps(SHAPE)}, positive}};
        const [a, b, start, out] = [160, 224, 16, 192].map((size) => place.take(size));
        a.set({a.ravel().tolist()});
        b.set({panels.ravel().tolist()});
        start.set({start.tolist()});
        make(place, shape)(...[a, b, out, start].map((each) => each.byteOffset));
        return [...out];
    }}, 0""")
    product = start + np.hstack([a[:, :7], a[:, 9:16]]) @ b
    for name, run in RUNS.items():
        for positive, expected in (("true", np.maximum(product, 0)), ("false", product)):
            found = np.reshape(asked(browser, f"run((place, shape) => {run}, {positive})"), (8, 24))
            assert np.abs(found[:, :16] - expected).max() < 1e-5, name
            assert (found[:, 16:] == 0).all(), name


# Three sums of two vectors, at three places of two lines; lines are 80 bytes long in both.
COMBINATION = {
    "matrix": [[1, -1], [0.5, 0], [-1, 4]],
    "from": 16,
    "to": 240,
    "axes": [[2, 80, 80], [3, 16, 16]],
}
COMBINATIONS = {
    "fused": "firstThatRuns(place, [combinationModule(shape, true)], null)",
    "not fused": "firstThatRuns(place, [combinationModule(shape, false)], null)",
    "plain": "plainCombination(place.buffer, shape)",
    "chosen": "combinationIn(place, shape)",
}


@pytest.mark.browser
def test_sums_with_fixed_factors_are_one_with_vectors_and_without(browser, tmp_path):
    names = ["room", "firstThatRuns", "combinationModule", "plainCombination", "combinationIn"]
    browser.open(maths_page(tmp_path, "combination.js", names))
    given = np.random.default_rng(5).standard_normal((2, 5, 4))  # lines, vectors, numbers
    browser.value(f"""window.run = (make) => {{
        const place = room(1000), shape = {json.dumps(COMBINATION)};
        const [given, out] = [40, 180].map((size) => place.take(size));
        given.set({given.ravel().tolist()});
        make(place, shape)(given.byteOffset, out.byteOffset);
        return [...out];
    }}, 0""")
    pairs = np.stack([given[:, :3], given[:, 1:4]])
    expected = np.einsum("rk,klvn->rlvn", np.array(COMBINATION["matrix"]), pairs)
    for name, run in COMBINATIONS.items():
        found = np.reshape(asked(browser, f"run((place, shape) => {run})"), (3, 60))[:, :40].reshape(
            3, 2, 5, 4
        )
        assert np.abs(found[:, :, :3] - expected).max() < 1e-5, name
        assert (found[:, :, 3:] == 0).all(), name


@pytest.mark.browser
@pytest.mark.parametrize(
    "place", ["room(2 ** 18)", "{...room(2 ** 18), memory: null}"], ids=["vectors", "plain"]
)
@pytest.mark.parametrize("side", [9, 12])
def test_a_layer_by_winograd_is_that_of_the_library(browser, tmp_path, side, place):
    browser.open(maths_page(tmp_path, "winograd.js", ["room", "winogradIn", "readFor"]))
    generator = np.random.default_rng(6)
    weight, bias = generator.standard_normal((32, 32, 3, 3)), generator.standard_normal(32)
    reach = browser.value(f"readFor({side})")
    given = generator.standard_normal((reach, reach, 32))
    browser.value(f"""(() => {{
        const place = {place}, wide = {reach};
        const [given, out] = [wide * wide * 32, (wide - 2) * wide * 32].map((size) => place.take(size));
        const layer = {{ weight: Float32Array.from({weight.ravel().tolist()}), bias: {bias.tolist()} }};
        given.set({given.ravel().round(6).tolist()});
        winogradIn(place, {side}, wide, layer)(given, out);
        window.found = [...out];
    }})()""")
    found = np.reshape(asked(browser, "found"), (reach - 2, reach, 32))[:side]
    as_tensors = [torch.from_numpy(each) for each in (given.transpose(2, 0, 1)[None], weight, bias)]
    expected = torch.conv2d(*as_tensors)[0].permute(1, 2, 0).numpy()[:side, :side]
    assert np.abs(found[:, :side] - expected).max() < 1e-5 * np.abs(expected).max()
    assert (found[:, side:] == 0).all()


@pytest.mark.browser
def test_the_normalisation_is_that_of_the_library(browser, tmp_path):
    browser.open(maths_page(tmp_path, "normalise.js", ["room", "normaliseIn", "plainNormalise"]))
    values = 100 * np.random.default_rng(4).standard_normal((6, 32))
    layer = torch.nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
    expected = layer(torch.from_numpy(values)[:, :, None, None])[:, :, 0, 0]
    browser.value(f"""window.run = (make) => {{
        const place = room(1000), values = place.take(192);
        values.set({values.ravel().tolist()});
        make(place)(values.byteOffset);
        return [...values];
    }}, 0""")
    for make in ("normaliseIn(place, 6)", "plainNormalise(place.buffer, 6)"):
        found = np.reshape(asked(browser, f"run((place) => {make})"), (6, 32))
        assert np.abs(found - expected.numpy()).max() < 1e-6 * np.abs(values).max(), make


TRACKER = ["networkOf", "UdtTracker"]


def as_pixels(frame):
    """Return a frame as the script takes it, as JavaScript."""
    rgba = np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])
    return f"{{ pixels: {rgba.ravel().tolist()}, width: {frame.shape[1]}, height: {frame.shape[0]} }}"


def spectrum_of_the_library(frame, centre, window, _folder):
    """Return the spectrum that the library's tracker learns, up to its cutoff."""
    tracker = UdtTracker(preset="released")
    tracker.place(frame, np.array([0.0, 0, 10, 10]))
    tracker.center = np.array(centre)
    return tracker.learn(frame, np.array(window))[1].numpy()


def spectrum_of_the_exported_network(frame, centre, window, folder):
    """Return the spectrum of the features that onnxruntime computes from the ONNX file, as far."""
    cutoff = UdtTracker(preset="released").transform.cutoff
    tracker = OnnxTracker(write_onnx(folder / "udt.onnx"))
    tracker.center = np.array(centre)
    whole = tracker.spectra(frame, np.array([window]))[0]
    lines = [*range(cutoff + 1), *range(-1, -cutoff - 1, -1)]
    return whole[:, lines, : cutoff + 1].transpose(1, 2, 0)


@pytest.mark.browser
@pytest.mark.parametrize("spectrum", [spectrum_of_the_library, spectrum_of_the_exported_network])
def test_the_network_gives_the_same_spectra(browser, tmp_path, spectrum):
    browser.open(maths_page(tmp_path, "network_tracker.js", TRACKER))
    frame = np.random.default_rng(3).integers(0, 256, (90, 110, 3), dtype=np.uint8)
    window, centre = [70.0, 95.0], [30.5, 60.25]  # it reaches over two borders
    template = spectrum(frame, centre, window, tmp_path)
    weights = json.dumps(network_tracker.packed(get_weights(None)))
    browser.value(f"window.found = networkOf({weights})({as_pixels(frame)}, {centre}, {window}), 0")
    for part, expected in (("real", template.real), ("imaginary", template.imag)):
        found = np.reshape(asked(browser, f"[...found.{part}]"), expected.shape)
        assert np.abs(found - expected).max() < 1e-5 * np.abs(template).max(), part


@pytest.mark.browser
def test_the_page_tracks_as_the_library_does(browser, tmp_path):
    browser.open(live_page(tmp_path, "network_tracker"))
    browser.problems.clear()
    root = "document.querySelector('.network-tracker').dataset"
    browser.wait(f"{root}.ready")
    browser.value("document.querySelector('button').click(), 0")
    found = np.array(json.loads(browser.wait(f"{root}.boxes")))
    start = network_tracker.demo().start
    stored = [base64.b64decode(address.partition(",")[2]) for address in start["frames"]]
    frames = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR_RGB) for one in stored]
    expected = np.array(network_tracker.track(frames, start["box"]))
    assert found.shape == expected.shape == (network_tracker.FRAMES - 1, 4)
    assert np.abs(found - expected).max() < 0.5
    assert iou(found, network_tracker.clip().boxes[1:]).mean() > 0.6
    assert browser.problems == []


FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


class Watched(Chromium):
    """A browser with a camera that shows a test picture; notes what it asks of the network."""

    def __init__(self, profile):
        self.asked = []
        super().__init__(profile, *FAKE_CAMERA)
        self.call("Network.enable")

    def note(self, message):
        super().note(message)
        if message["method"] == "Network.requestWillBeSent":
            self.asked.append(message["params"]["request"]["url"])


def choose_camera(browser, folder):
    browser.value("[...document.querySelectorAll('button')].at(2).click(), 0")
    return [320, 240]  # shrunk from 640 x 480


def choose_picture(browser, folder):
    path = folder / "mine.png"
    cv2.imwrite(str(path), np.random.default_rng(7).integers(0, 256, (200, 300, 3), dtype=np.uint8))
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    field = browser.call("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
    browser.call("DOM.setFileInputFiles", files=[str(path)], nodeId=field)
    return [300, 200]


@pytest.mark.browser
@pytest.mark.parametrize("choose", [choose_camera, choose_picture])
def test_a_camera_and_a_picture_are_tracked_and_nothing_is_uploaded(tmp_path, choose):
    with Watched(tmp_path / "profile") as browser:
        browser.open(live_page(tmp_path, "network_tracker"))
        root = "document.querySelector('.network-tracker').dataset"
        canvas = "document.querySelector('canvas')"
        browser.wait(f"{root}.ready")
        width, height = choose(browser, tmp_path)
        browser.wait(f"{canvas}.width === {width} && {canvas}.height === {height}")
        left, top, wide, high = browser.rectangle("canvas")
        browser.drag((left + wide / 4, top + high / 4), (left + wide / 2, top + high / 2))
        browser.value("document.querySelector('button').click(), 0")
        browser.wait("parseInt(document.querySelector('.numbers').textContent) > 2")
        browser.value("document.querySelector('button').click(), 0")
        boxes = np.array(json.loads(browser.wait(f"{root}.boxes")))
        assert len(boxes) > 2
        assert np.isfinite(boxes).all()
        expected = np.array([[width, height, width, height]]) / 4
        assert np.abs(boxes[:1, 2:] / expected[:, 2:] - 1).max() < 0.1
        if choose is choose_picture:  # a camera's picture moves on, the further the slower the machine is
            assert iou(boxes[:1], expected) > 0.9
        assert [url for url in browser.asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert browser.problems == []


@pytest.mark.browser
def test_the_way_there_and_back_is_played(browser, tmp_path):
    browser.open(live_page(tmp_path, "there_and_back"))
    browser.problems.clear()
    said = "document.querySelector('[role=status]').textContent"
    first, last = (there_and_back.journey("turning target", frames) for frames in (2, 12))
    assert browser.value(said) == f"Back at T, 0 cells from the start; loss {first.loss:.1f}."
    browser.value("document.querySelector('button').click(), 0")
    assert browser.value(said) == "At T."
    browser.wait(f"{said} === 'At S2.'")
    browser.value("document.querySelector('input').focus(), 0")
    for _ in there_and_back.LAST:
        browser.press("ArrowRight")
    assert browser.value(said).endswith(f"loss {last.loss:.1f}.")
    crosses = browser.value("[...document.querySelectorAll('.marked img')].map((one) => one.alt)")
    down, right = last.places[2]
    assert crosses[2] == f"S2; the peak is at {down:.0f} down, {right:.0f} right"
    assert browser.problems == []


def test_the_loss_grows_with_the_way_though_the_peak_comes_home():
    for clip in there_and_back.CLIPS:
        ways = [there_and_back.journey(clip, last) for last in there_and_back.LAST]
        losses = [way.loss for way in ways]
        assert losses == sorted(losses)
        assert all(np.hypot(*way.places[3]) < 2 for way in ways)
    far = there_and_back.journey("occluder", 12)
    assert np.hypot(*(far.targets[2] - far.places[2])) > 10  # and yet it did not follow the target


@pytest.mark.browser
@pytest.mark.parametrize("missing", ["WebAssembly.validate = () => false;", "delete window.WebAssembly;"])
def test_without_vectors_the_spectra_are_the_same(browser, tmp_path, missing):
    address = maths_page(tmp_path, "network_tracker.js", TRACKER)
    page = tmp_path / "network_tracker.js.html"
    found = []
    for before in ("", missing):
        text = page.read_text("utf-8").replace('type="module">', f'type="module">{before}', 1)
        page.write_text(text, "utf-8")
        browser.open(address)
        weights = json.dumps(network_tracker.packed(get_weights(None)))
        frame = as_pixels(np.random.default_rng(3).integers(0, 256, (90, 110, 3), dtype=np.uint8))
        browser.value(f"window.found = networkOf({weights})({frame}, [50, 40], [60, 80]), 0")
        found.append(np.array(asked(browser, "[...found.real, ...found.imaginary]")))
    assert np.abs(found[0]).max() > 1
    assert np.abs(found[1] - found[0]).max() < 1e-5 * np.abs(found[0]).max()
    assert browser.value("typeof WebAssembly === 'undefined' || !WebAssembly.validate(new Uint8Array())")


@pytest.mark.browser
def test_frames_that_show_nothing_leave_the_box(browser, tmp_path):
    browser.open(maths_page(tmp_path, "tracker.js", ["UdtTracker", "CUTOFF"]))
    tracker = UdtTracker(preset="released")
    assert browser.value("CUTOFF") == tracker.transform.cutoff
    grey = f"{{ pixels: new Uint8ClampedArray({4 * 60 * 80}).fill(90), width: 80, height: 60 }}"
    values = (2 * tracker.transform.cutoff + 1) * (tracker.transform.cutoff + 1) * 32
    spectrum = f"() => ({{ real: new Float32Array({values}), imaginary: new Float32Array({values}) }})"
    browser.value(f"window.tracker = new UdtTracker({spectrum}), tracker.start({grey}, [10, 20, 30, 20]), 0")
    assert asked(browser, f"tracker.update({grey})") == [10, 20, 30, 20]
    assert browser.value("tracker.score") == 0


@pytest.mark.parametrize("name", DEMOS)
def test_the_widget_has_all_it_needs(name):
    pytest.importorskip("anywidget")
    demo = DEMOS[name].demo()
    widget = demo.widget()
    assert widget.start == demo.start
    assert "start" in widget.get_state()
    assert widget._esm.count("export default") == 1
    assert "import " not in widget._esm
    assert demo.twin.dtype == np.uint8
    assert min(demo.twin.shape[:2]) > 100


def test_chapters_have_stored_the_scripts_of_the_library():
    notebooks = [json.loads(path.read_text("utf-8")) for path in sorted(BOOK.glob("[0-9]*.ipynb"))]
    stored = [notebook["metadata"].get("widgets", {}).get(STATE, {}) for notebook in notebooks]
    models = [each.get("state", {}) for each in stored]
    scripts = {one["state"]["_esm"] for each in models for one in each.values() if "_esm" in one["state"]}
    assert {bundle(f"{name}.js") for name in DEMOS} <= scripts
    assert len([script for script in scripts if "udt-demo" in script]) == len(DEMOS)


def test_a_bundle_has_every_module_once_and_after_what_it_needs():
    names = modules("filter_bench.js")
    assert len(names) == len(set(names)) > 4
    assert names.index("fourier.js") < names.index("bench.js") < names.index("filter_bench.js")


def test_without_a_kernel_the_twin_stands_alone(monkeypatch, capsys):
    demo = one_frequency.demo()
    assert [picture.data for picture in shown(monkeypatch, demo)] == [base.jpeg(demo.twin)]
    assert capsys.readouterr().out.strip() == NOTE


def test_channels_are_centred_and_a_flat_one_is_nothing():
    patch = np.zeros((8, 8, 3), np.uint8)
    patch[:, 4:, 0] = 90
    found = filter_bench.channels(patch, "colour and edges", windowed=False)
    assert found.shape == (5, 8, 8)
    assert np.allclose(found.mean(axis=(1, 2)), 0)
    assert found.std(axis=(1, 2)).tolist() == pytest.approx([1, 0, 0, 1, 0])
    assert torch.from_numpy(found).isfinite().all()
