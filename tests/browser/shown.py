"""The demos of a page, operated as a reader does: trusted keys and clicks, and the picture that follows."""

import json
import time
from dataclasses import dataclass

from chromium import SECONDS

FOCUSABLE = "input, select, button, [tabindex='0']"
CONTROLS = f"""[...root.querySelectorAll({FOCUSABLE!r})].map((one, place) => ({{
    place,
    kind: one.type ?? "handle",
    name: one.getAttribute("aria-label") ?? one.closest("label")?.textContent ?? one.textContent,
    off: one.disabled ?? false,
    value: one.type === "checkbox" ? one.checked : one.value ?? null,
}}))"""
# A digest of what the demo shows: pictures by their bytes, drawings by what they are made of. A number that
# comes back to its old value may differ in its last digits.
SEEN = """(async () => {
    const rounded = (number) => String(Math.round(number * 1e3) / 1e3 + 0);
    const written = (text) => text.replace(/-?\\d+\\.\\d+/g, rounded);
    const hash = async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
        .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const parts = await Promise.all([...root.querySelectorAll(PARTS)].map(async (one) => {
        if (one.tagName === "IMG") return hash(await (await fetch(one.src)).arrayBuffer());
        return one.tagName === "CANVAS" ? one.toDataURL() : written(one.outerHTML);
    }));
    return parts.length === 1 ? parts[0] : hash(new TextEncoder().encode(parts.join()));
})()"""
# Milliseconds from an event to the picture, one entry an event.
LOADED = """(() => {
    let start = null;
    root.times = [];
    root.addEventListener("input", () => { start = performance.now(); }, true);
    root.querySelector("img").addEventListener("load", () => {
        if (start !== null) root.times.push(performance.now() - start);
        start = null;
    });
})()"""
# The scripts draw at once or in the next frame: what follows that frame is after the picture.
DRAWN = """(() => {
    root.times = [];
    const begin = () => {
        const start = performance.now();
        requestAnimationFrame(() => setTimeout(() => root.times.push(performance.now() - start)));
    };
    root.addEventListener("input", begin, true);
    root.addEventListener("keydown", ({target}) => target.matches("input, select, button") || begin(), true);
})()"""
KEYS = {"checkbox": ("Space", "Space"), "select-one": ("ArrowDown", "ArrowUp")}
PATIENCE = 3  # seconds for a picture, before the kernel is asked whether there is a new one


@dataclass(frozen=True)
class Control:
    """An element of a demo that takes the focus; ``value`` as a browser has it, None for a handle."""

    place: int
    kind: str
    name: str
    off: bool
    value: str | bool | None


class Shown:
    """A demo whose script does all of the work."""

    group, parts, timer = ".udt-demo", "img, canvas, svg, p, figcaption, td", DRAWN

    def __init__(self, page, place):
        self.page, self.place, self.browser = page, place, page.browser
        self.root = f"document.querySelectorAll({self.group!r})[{place}]"
        self.browser.wait(f"{self.root}.querySelector({FOCUSABLE!r}) !== null")
        self.ask(self.timer)

    @classmethod
    def all(cls, page):
        """Return the demos of this kind on a page, in order."""
        count = page.browser.value(f"document.querySelectorAll({cls.group!r}).length")
        return [cls(page, place) for place in range(count)]

    def ask(self, expression):
        """Return the value of an expression of the demo's element ``root``."""
        return self.browser.value(f"((root) => {expression})({self.root})")

    def controls(self):
        return [Control(**one) for one in self.ask(CONTROLS)]

    def now(self, control):
        """Return a control as it is now."""
        return self.controls()[control.place]

    def picture(self):
        return self.ask(SEEN.replace("PARTS", repr(self.parts)))

    def field(self, control):
        return f"root.querySelectorAll({FOCUSABLE!r})[{control.place}]"

    def press(self, control, key):
        """Give a control the focus and press a key."""
        self.ask(
            f"((one) => {{ one.scrollIntoView({{block: 'center'}}); one.focus(); }})({self.field(control)})"
        )
        self.browser.press(key)

    def area(self, control):
        """Return left, top, width and height of a control, which is scrolled to."""
        return self.ask(
            f"((one) => {{ one.scrollIntoView({{block: 'center'}}); const at = one.getBoundingClientRect();"
            f" return [at.x, at.y, at.width, at.height]; }})({self.field(control)})"
        )

    def click(self, control, share=0.5):
        """Click on a control, at a share of its width."""
        x, y, width, height = self.area(control)
        spot = (x + share * width, y + height / 2)
        self.browser.drag(spot, spot)

    def drag(self, control, way):
        """Drag a control by its middle."""
        x, y, width, height = self.area(control)
        start = (x + width / 2, y + height / 2)
        self.browser.drag(start, (start[0] + way[0], start[1] + way[1]))

    def put(self, control):
        """Set a control to the value that ``control`` has, without keys."""
        if self.now(control).value == control.value:
            return
        value = json.dumps(control.value)
        self.ask(
            f"((one) => {{ one[one.type === 'checkbox' ? 'checked' : 'value'] = {value};"
            " for (const name of ['input', 'change']) one.dispatchEvent(new Event(name, {bubbles: true})); })"
            f"({self.field(control)})"
        )

    def step(self, control, back=False):
        """Press the key that moves a control on (or back); return milliseconds to the picture, None: no move.

        A move whose picture is the one before returns NaN.
        """
        before = self.now(control).value
        seen = self.ask("root.times.length")
        self.press(control, KEYS.get(control.kind, ("ArrowRight", "ArrowLeft"))[back])
        if control.kind != "handle" and self.now(control).value == before:
            return None
        return self.wait(seen)

    def wait(self, seen):
        """Return the milliseconds of the event after ``seen`` others, NaN if the picture stays as it was."""
        start = time.monotonic()
        while self.ask("root.times.length") <= seen:
            spent = time.monotonic() - start
            if spent > PATIENCE and self.is_right():
                return float("nan")
            if spent > SECONDS:
                raise TimeoutError(f"no picture after {SECONDS} s")
            time.sleep(0.02)
        return self.ask("root.times.at(-1)")

    def rest(self):
        """Wait for the frame in which the script has drawn."""
        return self.browser.value(
            "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))"
        )

    def is_right(self):
        """Return whether the picture is what it should be, as far as somebody else can say."""
        return False


class Panel(Shown):
    """A demo that Python draws: its kernel says what belongs to the settings shown."""

    group, parts, timer = ".udt-panel", "img", LOADED

    def settings(self):
        """Return the controls' values by the names of Python's parameters."""
        values = "{checkbox: one.checked, range: Number(one.value)}[one.type] ?? one.value"
        pairs = f"[...root.querySelectorAll('input, select')].map((one) => [one.name, {values}])"
        return self.ask(f"Object.fromEntries({pairs})")

    def is_right(self):
        """Return whether the picture is what Python draws anew for these settings."""
        drawn = self.page.kernel(
            "import hashlib, ipywidgets.widgets.widget as _all\n"
            "from udtlib.widgets.panel.widget import Panel as _Panel\n"
            f"_panel = [one for one in _all._instances.values() if isinstance(one, _Panel)][{self.place}]\n"
            f"*_, _last = _panel.draw(**{self.settings()!r})\n"
            "print(hashlib.sha256(_last).hexdigest())"
        )
        assert len(drawn) == 64, drawn
        return drawn == self.picture()
