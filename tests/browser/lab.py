"""A JupyterLab server on a copy of the book, and a page of it in Chromium."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from chromium import Chromium

PROJECT = Path(__file__).parents[2]
# Without windowing every cell is in the page, also those a reader would have to scroll to.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*?token=(\w+)")
# Whether the panel of a chapter is ready and the current one. JupyterLab loads itself twice:
# nothing is kept in the page.
READY = """((path) => {
    const open = [...(window.jupyterapp?.shell.widgets("main") ?? [])];
    const panel = open.find((one) => one.context?.path === path);
    if (!panel?.context.isReady || panel.sessionContext.session?.kernel?.status !== "idle") return false;
    jupyterapp.shell.activateById(panel.id);
    return jupyterapp.shell.currentWidget === panel;
})"""
SAVED = "jupyterapp.commands.execute('docmanager:save').then(() => true)"


class Lab:
    """The server; ``book`` is the copy it shows, so that running chapters changes nothing of ours."""

    def __init__(self, folder):
        self.folder, self.book = folder, folder / "book"
        shutil.copytree(PROJECT / "book", self.book, ignore=shutil.ignore_patterns("site", "__pycache__"))
        for name, values in SETTINGS.items():
            path = folder / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        places = {
            "HOME": folder,
            "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
            "JUPYTER_CONFIG_DIR": folder / "config",
            "JUPYTER_RUNTIME_DIR": folder / "runtime",
            "UDT_DATA": "none",
        }
        environment = os.environ | {name: str(place) for name, place in places.items()}
        options = [
            "--ip=127.0.0.1",
            "--port=0",
            "--no-browser",
            "--allow-root",
            "--LabApp.expose_app_in_browser=True",
            f"--config={self.book / 'jupyter_server_config.py'}",
            f"--ServerApp.root_dir={folder}",
        ]
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "jupyterlab", *options]
            self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        found = Chromium.until(lambda: ADDRESS.search(self.log.read_text()))
        self.root, self.token = found[0].split("/lab")[0].split("/?")[0], found[1]

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.process.terminate()
        self.process.wait(60)


class Page:
    """One chapter, opened in a browser."""

    def __init__(self, lab, browser, name):
        self.browser = browser
        browser.open(f"{lab.root}/lab/tree/book/{name}.ipynb?reset&token={lab.token}")
        browser.call("Emulation.setFocusEmulationEnabled", enabled=True)  # else nothing is the current panel
        browser.wait(f"{READY}('book/{name}.ipynb')")

    def save(self):
        """Save the chapter as Ctrl+S does."""
        assert self.browser.value(SAVED)

    def run(self, seconds):
        """Run all cells and wait for the last; return whether none stopped it."""
        self.browser.value(
            "window.ended = null; jupyterapp.commands.execute('notebook:run-all-cells')"
            ".then(() => { window.ended = true; }, () => { window.ended = true; }); null"
        )
        self.browser.wait("window.ended", seconds)
        prompts = "[...document.querySelectorAll('.jp-InputPrompt')]"
        self.browser.wait(f"{prompts}.every((one) => !one.textContent.includes('*'))")

    def texts(self, selector):
        return self.browser.value(
            f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent.trim())"
        )

    def demos(self):
        """Return the demos of the page, in order."""
        count = self.browser.value("document.querySelectorAll('.udt-demo').length")
        return [Live(self.browser, place) for place in range(count)]


class Live:
    """One demo of a page, operated as a reader does."""

    def __init__(self, browser, place):
        self.browser, self.root = browser, f"document.querySelectorAll('.udt-demo')[{place}]"
        self.wait_for_picture()
        browser.value(f"""(() => {{
            const root = {self.root}, image = root.querySelector("img");
            let start = null;
            root.times = [];
            for (const event of ["input", "change"])
                root.addEventListener(event, () => {{ start ??= performance.now(); }}, true);
            image.addEventListener("load", () => {{
                if (start !== null) root.times.push(performance.now() - start);
                start = null;
            }});
        }})()""")

    def wait_for_picture(self):
        self.browser.wait(f"{self.root}.querySelector('img').naturalWidth > 0")

    def ask(self, expression):
        """Return the value of an expression of the demo's element ``root``."""
        return self.browser.value(f"((root) => {expression})({self.root})")

    def controls(self):
        """Return name, kind, whether it is off, and value of each control."""
        return self.ask(
            "[...root.querySelectorAll('input, select')].map((one) => ({name: one.name, kind: one.type, "
            "off: one.disabled, label: one.getAttribute('aria-label'), "
            "value: {checkbox: one.checked, range: Number(one.value)}[one.type] ?? one.value}))"
        )

    def settings(self):
        return {control["name"]: control["value"] for control in self.controls()}

    def picture(self):
        """Return what is shown, decoded: RGB uint8."""
        code = self.browser.value(
            f"""fetch({self.root}.querySelector('img').src).then((r) => r.blob()).then((blob) =>
                new Promise((done) => {{ const reader = new FileReader();
                reader.onload = () => done(reader.result.split(",")[1]); reader.readAsDataURL(blob); }}))"""
        )
        pixels = np.frombuffer(base64.b64decode(code), np.uint8)
        return cv2.cvtColor(cv2.imdecode(pixels, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)

    def field(self, name):
        return f"root.querySelector('[name={name}]')"

    def press(self, name, key):
        """Press a key on a control."""
        self.ask(f"({self.field(name)}.scrollIntoView({{block: 'center'}}), {self.field(name)}.focus())")
        self.browser.press(key)

    def click(self, name, share=0.5):
        """Click on a control, at a share of its width."""
        self.ask(f"{self.field(name)}.scrollIntoView({{block: 'center'}})")
        x, y, width, height = self.ask(
            f"((at) => [at.x, at.y, at.width, at.height])({self.field(name)}.getBoundingClientRect())"
        )
        spot = (x + share * width, y + height / 2)
        self.browser.drag(spot, spot)
