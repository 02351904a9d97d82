"""A headless Chromium driven over its debugging protocol: real mouse, touch and key events."""

import json
import os
import subprocess
import time
import urllib.request

KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "Space": 32, "KeyD": 68, "KeyS": 83}
KEYS |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
WRITTEN = {"Enter": "\r", "Space": " ", "KeyD": "d", "KeyS": "s"}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--window-size=1000,900"]
SECONDS = 180  # long, for a busy machine: only a failure waits for them


class Chromium:
    """One page; ``problems`` has what it logged as errors, violations of its policy included."""

    def __init__(self, profile, *flags):
        import websocket

        command = ["chromium", *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        environment = os.environ | {"HOME": str(profile.parent)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=environment, **quiet)
        self.problems, self.number = [], 0
        port = self.until(lambda: (profile / "DevToolsActivePort").read_text().split()[0])
        pages = self.until(lambda: self.pages(port))
        self.socket = websocket.create_connection(pages[0], timeout=SECONDS, suppress_origin=True)
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.socket.close()
        self.process.terminate()
        self.process.wait(SECONDS)

    @staticmethod
    def pages(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=SECONDS) as answer:
            return [one["webSocketDebuggerUrl"] for one in json.load(answer) if one["type"] == "page"]

    @staticmethod
    def until(look, seconds=SECONDS):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := look():
                    return found
            except (OSError, IndexError):
                pass
            time.sleep(0.05)
        raise TimeoutError(f"nothing after {seconds} s")

    def call(self, method, **parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.note(message)

    def note(self, message):
        if message["method"] == "Runtime.exceptionThrown":
            self.problems.append(message["params"]["exceptionDetails"])
        if message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.problems.append(message["params"]["entry"]["text"])

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression, seconds=SECONDS):
        return self.until(lambda: self.value(expression), seconds)

    def open(self, address):
        self.call("Page.navigate", url=address)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def rectangle(self, selector):
        area = f"document.querySelector({selector!r}).getBoundingClientRect()"
        return self.value(f"(({{x, y, width, height}}) => [x, y, width, height])({area})")

    def press(self, key, shift=False, control=False):
        about = {
            "key": WRITTEN.get(key, key) if key != "Enter" else key,
            "code": key,
            "windowsVirtualKeyCode": KEYS[key],
            "modifiers": 8 * shift + 2 * control,
        }
        text = {"text": WRITTEN[key]} if key in WRITTEN and not control else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def drag(self, start, end):
        middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
        steps = (("mousePressed", start), ("mouseMoved", middle), ("mouseMoved", end), ("mouseReleased", end))
        for kind, (x, y) in steps:
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def swipe(self, start, end):
        middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
        for kind, point in (
            ("touchStart", start),
            ("touchMove", middle),
            ("touchMove", end),
            ("touchEnd", None),
        ):
            points = [{"x": point[0], "y": point[1]}] if point else []
            self.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
