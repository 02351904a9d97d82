"""The library where Python has no more than on Windows, as `as_on_windows` plays it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from foreign_files import write_matconvnet
from video_files import frames_of, write_folder, write_video

from udtlib.weights import default, load_weights

TESTS = Path(__file__).resolve().parent
PROJECT = TESTS.parent
CHAPTERS = sorted(path.name for path in (PROJECT / "book").glob("[0-9][0-9]_*.ipynb"))


def environment():
    path = os.pathsep.join(map(str, [TESTS / "as_on_windows", PROJECT, TESTS]))
    strict = {"PYTHONWARNDEFAULTENCODING": "1", "PYTHONIOENCODING": "cp1252", "UDT_DATA": "none"}
    return os.environ | strict | {"PYTHONPATH": path}


def python(folder, *words):
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=False)
    return done.returncode, done.stdout.decode("cp1252"), done.stderr.decode("cp1252")


PLAYED = """
import msvcrt, os, select, subprocess, sys
from pathlib import Path

def refused(do):
    try:
        do()
    except (OSError, ImportError, AttributeError, ValueError) as error:
        return type(error).__name__

Path("text").write_text("é\\n")
held = open("text", "rb")
assert sys.platform == "win32" and os.environ["PATH"]
assert held.read() == b"\\xe9\\r\\n"
command = [sys.executable, "-c", ""]
print(
    refused(lambda: __import__("fcntl", globals())), refused(lambda: os.pread), refused(lambda: select.poll),
    refused(lambda: os.open(".", os.O_RDONLY)), refused(lambda: Path("text").unlink()),
    refused(lambda: os.replace("text", "other")), refused(lambda: os.symlink("text", "link")),
    refused(lambda: subprocess.Popen(command, pass_fds=[held.fileno()])), Path("/proc/self").exists(),
    refused(lambda: select.select([held], [], [], 0)),
)
held.close()
Path("text").unlink()
"""


def test_what_windows_lacks_is_missing_and_what_it_refuses_is_refused(tmp_path):
    status, out, error = python(tmp_path, "-c", PLAYED)
    assert (status, error) == (0, "")
    expected = "ModuleNotFoundError AttributeError AttributeError PermissionError PermissionError "
    assert out == expected + "PermissionError OSError ValueError False OSError\n"


IMPORTS_AND_COMMANDS = """
import importlib, json, pkgutil, sys
import udtlib
from udtlib.cli import main

names = [found.name for found in pkgutil.walk_packages(udtlib.__path__, "udtlib.")]
for name in names:
    if not name.endswith("__main__") and ".shipped" not in name:
        importlib.import_module(name)
print(len(names), "modules", flush=True)
for words in json.loads(sys.argv[1]):
    print("status", main(words), *words[:2], flush=True)
"""


@pytest.fixture
def place(tmp_path):
    """A folder with the frames of a clip, two videos, and a foreign network."""
    frames = frames_of(1, 8, (120, 160))
    write_folder(tmp_path / "frames", frames, "{:04d}.jpg")
    (tmp_path / "frames" / "groundtruth.txt").write_text("40,30,40,40\n" * 8, "utf-8")
    write_video(tmp_path / "clip.mp4", frames)
    write_video(tmp_path / "videos" / "plain.avi", frames)
    (tmp_path / "videos" / "plain.avi").rename(tmp_path / "videos" / "Ж.avi")
    write_matconvnet(tmp_path / "foreign.mat", default())
    return tmp_path


def test_modules_are_imported_and_commands_run(place):
    box = ["--box", "40,30,40,40", "--tracker", "mosse"]
    folder = ["--dataset", "folder", "--root", "frames"]
    train = ["train", "clips.raw", "--out", "run", "--seed", "1", "--batch", "2", "--no-compare"]
    train += ["--checkpoint-every", "1", "--steps"]
    commands = [
        ["track", "frames", *box, "--out", "tracked.mp4"],
        ["track", "tracked.mp4", *box, "--boxes", "from-video.txt"],
        ["track", "clip.mp4", *box, "--boxes", "from-clip.txt"],
        ["data", "pack", "videos", "--out", "packed.raw"],
        ["data", "render", "--out", "clips.raw", "--clips", "2", "--frames", "4", "--seed", "1"],
        [*train, "2"],
        [*train, "4", "--resume"],
        ["weights", "convert", "foreign.mat", "converted.safetensors"],
        ["weights", "convert", "converted.safetensors", "again.safetensors"],
        ["evaluate", "--tracker", "mosse", *folder, "--out", "evaluated", "--jobs", "2"],
        ["experiment", "list"],
        ["book", "my-book"],
    ]
    status, out, error = python(place, "-c", IMPORTS_AND_COMMANDS, json.dumps(commands))
    ended = [line for line in out.splitlines() if line.startswith("status ")]
    assert ended == [f"status 0 {words[0]} {words[1]}" for words in commands], error
    assert status == 0
    assert "Traceback" not in error
    assert int(out.split(" modules")[0]) > 300
    left = [path.name for path in place.rglob(".*") if path.name.endswith((".lock", ".unfinished"))]
    assert left == []
    boxes = np.loadtxt(place / "from-clip.txt", delimiter=",")
    assert boxes.shape == (8, 4)
    assert abs(boxes[-1, 0] - (40 - 2 * 7)) < 2, "the texture slides two pixels a frame"
    assert load_weights(place / "converted.safetensors") == default()


ELSEWHERE = """
import os, sys
from udtlib.data.video.file import VideoFile

frames = VideoFile("clip.mp4")
before = frames[3]
os.chdir(sys.argv[1])
frames.close()
print((frames[3] == before).all(), flush=True)
"""


def test_a_video_is_read_on_in_another_current_folder(place):
    status, out, error = python(place, "-c", ELSEWHERE, "videos")
    assert (status, out) == (0, "True\n"), error


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_prints_what_is_stored(chapter, tmp_path):
    options = ["-p", "no_skips", "-p", "no:cacheprovider", "--nbval", "--nbval-cell-timeout=600"]
    status, out, _ = python(PROJECT, "-m", "pytest", "-q", *options, f"book/{chapter}")
    assert status == 0, out[-4000:]
