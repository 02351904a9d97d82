"""``udt select``: who is let in, what is taken as a box, what the terminal prints, what a browser draws."""

import base64
import http.client
import json
import re
import shlex
import socket
import subprocess
import sys

import cv2
import numpy as np
import pytest
from chromium import Chromium

from udtlib.cli import build_parser, main
from udtlib.commands.select import box_text, track_command

WIDTH, HEIGHT = 160, 120


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "a <b> clip"
    path.mkdir()
    for index in range(5):
        cv2.imwrite(str(path / f"{index}.png"), np.full((HEIGHT, WIDTH, 3), 40 * index + 20, np.uint8))
    return path


class Select:
    """The command in a process of its own, and requests to it."""

    def __init__(self, *arguments):
        command = [sys.executable, "-m", "udtlib", "select", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes)
        line = self.process.stderr.readline()
        self.address = re.search(r"http://\S+", line)[0]
        self.host, self.token = re.fullmatch(r"http://(127\.0\.0\.1:\d+)/([\w-]{32})/", self.address).groups()

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.process.kill()
        self.process.communicate()

    def ask(self, method="GET", path=None, body=None, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, f"/{self.token}/" if path is None else path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.headers

    def send(self, body, **headers):
        headers = {"Content-Type": "application/json"} | headers
        return self.ask("POST", f"/{self.token}/box", body, **headers)


@pytest.fixture(scope="module")
def select(tmp_path_factory):
    path = tmp_path_factory.mktemp("select") / "clip"
    path.mkdir()
    cv2.imwrite(str(path / "0.png"), np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    with Select(str(path)) as running:
        yield running
        assert running.process.poll() is None  # nothing that was refused ended it


def test_a_box_is_printed_and_the_server_ends(folder):
    with Select(str(folder), "--frame", "3") as running:
        status, page, headers = running.ask()
        assert status == 200
        assert "<h1>a &lt;b&gt; clip, frame 3</h1>" in page
        assert re.findall(r"(?:src|href|url)[=(]\W*(\w+)", page.partition("<script")[0]) == ["data"]
        assert re.search("default-src 'none'.*script-src 'nonce-", headers["Content-Security-Policy"])
        start = json.loads(re.search(r'id="start"[^>]*>(.*?)</script>', page)[1])
        assert (start["width"], start["height"]) == (WIDTH, HEIGHT)
        picture = np.frombuffer(base64.b64decode(start["picture"].partition(",")[2]), np.uint8)
        assert abs(int(cv2.imdecode(picture, 1)[5, 5, 0]) - 140) <= 2
        status, text, _ = running.send('{"box": [12, 30, 40.5, 50]}')
        assert status == 200
        out, error = running.process.communicate(timeout=20)
    assert running.process.returncode == 0
    assert error == ""
    first, second = out.splitlines()
    assert first == "--box 12,30,40.5,50"
    assert second == text
    assert shlex.split(second) == ["udt", "track", str(folder), "--box=12,30,40.5,50", "--start", "3"]
    found = build_parser("track").parse_args(shlex.split(second)[1:])
    assert (found.box, found.start, found.source) == (["12,30,40.5,50"], 3, str(folder))


def test_numbers_are_whole_where_they_can_be():
    assert box_text(np.array([1.0, 0.25, 1234567.0, 3])) == "1,0.25,1234567,3"
    assert track_command("a.mp4", 0, np.array([1.0, 2, 3, 4])) == "udt track a.mp4 --box=1,2,3,4"


def test_it_listens_on_this_machine_alone(select):
    port = int(select.host.partition(":")[2])
    with socket.socket() as here, socket.socket() as elsewhere:
        assert here.connect_ex(("127.0.0.1", port)) == 0
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0  # it would, if it listened on every address


@pytest.mark.parametrize("path", ["/", "/box", "/wrong/", "/wrong/box", "//", "/../", "/%C3%A9/", "*"])
def test_without_the_word_nobody_gets_in(select, path):
    for method, body in (("GET", None), ("POST", '{"box": [1, 2, 3, 4]}')):
        status, text, _ = select.ask(method, path, body, Content_Type="application/json")
        assert status == 403
        assert select.token not in text


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "evil.example:PORT", ""])
def test_another_host_is_refused(select, host):
    host = host.replace("PORT", select.host.partition(":")[2])
    assert select.ask(Host=host)[0] == 403
    assert select.send('{"box": [1, 2, 3, 4]}', Host=host)[0] == 403


def test_a_page_of_somebody_else_is_refused(select):
    assert select.send('{"box": [1, 2, 3, 4]}', Origin="http://evil.example")[0] == 403
    assert select.send('{"box": [1, 2, 3, 4]}', Origin="null")[0] == 403
    assert select.send('{"box": [1, 2, 3, 4]}', **{"Content-Type": "text/plain"})[0] == 415


def test_other_paths_and_methods(select):
    assert select.ask(path=f"/{select.token}/box")[0] == 404
    assert select.ask(path=f"/{select.token}/other")[0] == 404
    assert select.ask("POST", f"/{select.token}/other", "{}", Content_Type="application/json")[0] == 404
    assert select.ask("PUT", body="{}")[0] == 501
    assert select.ask("OPTIONS")[0] == 501
    assert select.ask()[0] == 200


@pytest.mark.parametrize(
    ("length", "status"), [("1001", 413), ("9" * 30, 413), ("-1", 411), ("x", 411), ("", 411), ("1_0", 411)]
)
def test_a_body_is_bounded_before_it_is_read(select, length, status):
    assert select.send(b"", **{"Content-Length": length})[0] == status


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "[1, 2, 3, 4]",
        "{}",
        '{"box": 3}',
        '{"box": null}',
        '{"box": [1, 2, 3]}',
        '{"box": [1, 2, 3, true]}',
        '{"box": [1, 2, 3, "4"]}',
        '{"box": [1, 2, NaN, 4]}',
        '{"box": [1, 2, 1e999, 4]}',
        '{"box": [1, 2, 0, 4]}',
        '{"box": [500, 2, 3, 4]}',
        '{"box": [' + "9" * 900 + ", 2, 3, 4]}",
        "[" * 1000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_box_is_refused(select, body):
    status, text, _ = select.send(body)
    assert status == 400
    assert "box" in text


def test_bad_arguments_are_one_line(folder, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        cases = {
            ("--frame", "5"): "--frame 5: .* has 5 frames; the first is frame 0",
            ("--port", str(taken.getsockname()[1])): "--port .*in use; without --port",
        }
        for options, message in cases.items():
            assert main(["select", str(folder), *options]) == 2
            error = capsys.readouterr().err
            assert error.startswith("udt select: ")
            assert error.count("\n") == 1
            assert re.search(message, error)
    with pytest.raises(SystemExit):
        main(["select", str(folder), "--port", "65536"])
    assert "--port: expected a whole number from 0 to 65,535, found '65536'" in capsys.readouterr().err
    assert main(["select", str(folder / "no.mp4")]) == 2
    assert "no such video file" in capsys.readouterr().err


@pytest.mark.browser
@pytest.mark.parametrize("how", ["mouse", "keys", "touch"])
def test_a_browser_draws_a_box(folder, tmp_path, how):
    with Select(str(folder)) as running, Chromium(tmp_path / "profile") as browser:
        browser.open(running.address)
        assert browser.value("document.getElementById('use').disabled") is True
        left, top, width, _ = browser.rectangle(".stage")
        scale = width / WIDTH

        def at(x, y):
            return left + scale * x, top + scale * y

        if how == "keys":
            browser.value("document.querySelector('.stage').focus()")
            browser.press("Enter")  # [60, 45, 40, 30], the box has the focus
            browser.press("ArrowRight")
            browser.press("ArrowUp", shift=True)
            for _ in range(4):
                browser.press("Tab")  # to the bottom right corner
            browser.press("ArrowLeft")
            browser.press("ArrowDown", shift=True)
            expected = [61, 35, 39, 40]
        else:
            drag = browser.drag if how == "mouse" else browser.swipe
            drag(at(100, 90), at(20, 30))  # from the bottom right to the top left
            drag(at(60, 60), at(70, 55))  # moves it by 10, -5
            drag(at(30, 25), at(40, 35))  # its top left corner
            drag(at(110, 85), at(300, 300))  # its bottom right corner, out of the frame
            expected = [40, 35, 120, 85]
        fields = "[...document.querySelectorAll('.numbers input')].map((field) => Number(field.value))"
        assert browser.value(fields) == expected
        loaded = (
            "performance.getEntriesByType('resource').filter((one) => !one.name.startsWith('data:')).length"
        )
        assert browser.value(loaded) == 0
        browser.value("document.getElementById('use').focus()")
        browser.press("Enter")
        out, error = running.process.communicate(timeout=20)
        assert out.splitlines()[0] == "--box " + ",".join(map(str, expected))
        assert error == ""
        assert browser.wait("document.getElementById('said').textContent") == out.splitlines()[1]
        assert browser.problems == []
