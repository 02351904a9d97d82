"""The server, against a client of plain lines, in this process and as the command that the toolkit starts."""

import io
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from clips import moving_clip
from PIL import Image

from udtlib import load_tracker
from udtlib.errors import BoxError, DataError, MissingDataError, TrackerError, UdtError
from udtlib.vot.messages import format_message, parse_message
from udtlib.vot.server import serve


@pytest.fixture
def clip(tmp_path):
    frames, boxes = moving_clip([(3, 2), (4, -3), (-5, 6)])
    paths = [tmp_path / f"a b {index}.png" for index in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path)
    return frames, boxes, [f"file://{path}" for path in paths]


def region(box):
    return ",".join(map(str, box))


def talk(tracker, *lines):
    """What the server answers to these lines."""
    replies = io.BytesIO()
    try:
        serve(tracker, "ours", io.BytesIO("".join(lines).encode()), replies)
    finally:
        answers = [parse_message(line) for line in replies.getvalue().decode().splitlines()]
    return [answer for answer in answers if answer]


def test_a_session(clip):
    """Started twice, as after a failure; the boxes are those without the protocol."""
    frames, boxes, images = clip
    start = format_message("initialize", images[0], region(boxes[0]), "key=value")
    lines = [start, *(format_message("frame", image) for image in images[1:])]
    answers = talk(load_tracker("mosse"), *lines, *lines[:2], "@@TRAX:quit\n", "@@TRAX:frame never read\n")
    assert answers[0].kind == "hello"
    assert {"trax.version=3", "trax.name=ours", "trax.image=path;", "trax.region=rectangle;"} < set(
        answers[0].arguments
    )
    tracker = load_tracker("mosse")
    tracker.init(frames[0], boxes[0])
    expected = [boxes[0], *(tracker.update(frame) for frame in frames[1:])]
    found = [[float(word) for word in answer.arguments[0].split(",")] for answer in answers[1:]]
    np.testing.assert_allclose(found, [*expected, *expected[:2]], atol=5.1e-5)


def test_a_polygon_starts_from_the_box_around_it(clip):
    seen = []

    class Sees:
        def init(self, frame, box):
            seen.append((frame.shape, box.tolist()))

    talk(Sees(), format_message("initialize", clip[2][0], "10,20,40,25,35,60,5,55"))
    assert seen == [((*clip[0][0].shape,), [5, 20, 35, 40])]


def test_a_client_that_goes_away_ends_the_session(clip):
    assert [answer.kind for answer in talk(load_tracker("mosse"))] == ["hello"]


class Raises:
    def init(self, frame, box):
        raise TrackerError('no "model"\nhere')


@pytest.mark.parametrize(
    ("lines", "error", "reason"),
    [
        ([("frame", "IMAGE")], DataError, "expected initialize first, found the message 'frame'"),
        ([("dance",)], DataError, "expected initialize first"),
        ([("initialize", "IMAGE")], DataError, "an image and a region with the message initialize, found 1"),
        ([("initialize", "IMAGE", "1,2,3")], DataError, "expected a region"),
        ([("initialize", "IMAGE", "9000,2,30,40")], BoxError, "lies outside the"),
        ([("initialize", "file:///none.png", "1,2,30,40")], MissingDataError, "/none.png: no such image"),
        ([("initialize", "http://host/1.png", "1,2,30,40")], DataError, "expected an image as file://"),
        ([("initialize", "IMAGE", "9,9,30,40"), ("frame",)], DataError, "an image with the message frame"),
        ([("initialize", "IMAGE", "9,9,30,40"), ("x",)], DataError, "expected initialize, frame or quit"),
    ],
)
def test_the_client_is_told_what_went_wrong(clip, lines, error, reason):
    sent = [format_message(*(clip[2][0] if word == "IMAGE" else word for word in line)) for line in lines]
    replies = io.BytesIO()
    with pytest.raises(error, match=reason):
        serve(load_tracker("mosse"), "ours", io.BytesIO("".join(sent).encode()), replies)
    last = parse_message(replies.getvalue().decode().splitlines()[-1])
    assert last.kind == "quit"
    assert last.arguments[0].startswith("trax.reason=")


def test_a_reason_stays_on_its_line(clip):
    replies = io.BytesIO()
    with pytest.raises(UdtError):
        serve(
            Raises(), "x", io.BytesIO(format_message("initialize", clip[2][0], "9,9,30,40").encode()), replies
        )
    last = parse_message(replies.getvalue().decode().splitlines()[-1])
    assert last.arguments == ('trax.reason=no "model"\nhere',)


NOISY = """
import sys, os
class Noisy:
    def init(self, frame, box):
        print("starting", end="")
        os.write(1, b"native noise")
        self.box = box
    def update(self, frame):
        os.write(1, b"more of it")
        return [1, 2, 3, 4.5]
"""


def test_the_command_as_the_toolkit_starts_it(clip, tmp_path):
    """From another folder, all output in one pipe; what the tracker prints is not part of a message."""
    (tmp_path / "noisy.py").write_text(NOISY)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/json.py").write_text("raise SystemExit('the current folder was imported from')")
    command = [
        sys.executable,
        "-P",
        "-m",
        "udtlib",
        "vot",
        "serve",
        "--tracker",
        f"{tmp_path}/noisy.py:Noisy",
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path / "elsewhere",
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
    ) as served:
        watch = threading.Timer(60, served.kill)
        watch.start()
        out, _ = served.communicate(
            format_message("initialize", clip[2][0], "9,9,30,40")
            + format_message("frame", clip[2][1])
            + "@@TRAX:quit\n"
        )
        watch.cancel()
    assert served.returncode == 0, out
    answers = [answer for line in out.splitlines() if (answer := parse_message(line))]
    assert [answer.kind for answer in answers] == ["hello", "state", "state"]
    assert "trax.name=noisy.Noisy" in answers[0].arguments
    assert [answer.arguments[0] for answer in answers[1:]] == [
        "9.0000,9.0000,30.0000,40.0000",
        "1.0000,2.0000,3.0000,4.5000",
    ]
    assert "native noise\n" in out
