"""A JupyterLab server on a copy of the book, and a chapter of it in Chromium."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import matplotlib
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
# What code prints that is run in the chapter's kernel, beside its cells.
ASKED = """(async (code) => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({code, store_history: false});
    let said = "";
    future.onIOPub = ({content}) => { said += content.text ?? content.traceback?.join("\\n") ?? ""; };
    await future.done;
    return said;
})"""
SAVED = "jupyterapp.commands.execute('docmanager:save').then(() => true)"


class Lab:
    """The server; ``book`` is the copy it shows, so that running chapters changes nothing of ours."""

    def __init__(self, folder, data="none"):
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
            "MPLCONFIGDIR": matplotlib.get_cachedir(),  # a new one is filled first, and a chapter says so
            "UDT_DATA": data,
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
        try:
            found = Chromium.until(lambda: ADDRESS.search(self.log.read_text()))
        except TimeoutError:
            self.process.kill()
            raise
        self.root, self.token = found[0].split("/lab")[0].split("/?")[0], found[1]

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.end_kernels()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:  # seen on a busy machine: all closed, and a thread waits for ever
            self.process.kill()
            self.process.wait()

    def end_kernels(self):
        """End the chapters' kernels, each of which holds a copy of torch."""
        for kernel in json.loads(self.ask("GET", "api/kernels")):
            self.ask("DELETE", f"api/kernels/{kernel['id']}")

    def ask(self, method, path):
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.root}/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()


class Page:
    """One chapter, opened in a browser."""

    def __init__(self, lab, browser, name):
        self.browser = browser
        browser.open(f"{lab.root}/lab/tree/book/{name}.ipynb?reset&token={lab.token}")
        browser.call("Emulation.setFocusEmulationEnabled", enabled=True)  # else nothing is the current panel
        try:
            browser.wait(f"{READY}('book/{name}.ipynb')")
        except TimeoutError as error:
            raise TimeoutError(
                f"{name} was not opened; the server says: {lab.log.read_text()[-2000:]}"
            ) from error

    def save(self):
        """Save the chapter as Ctrl+S does."""
        assert self.browser.value(SAVED)

    def run(self, seconds):
        """Run all cells and wait for the last."""
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

    def kernel(self, code):
        """Return what code prints in the chapter's kernel."""
        return self.browser.value(f"{ASKED}({json.dumps(code)})").strip()
