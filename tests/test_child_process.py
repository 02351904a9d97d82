"""Children: what they import, what they may use, and how they end."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from video_files import frames_of, write_folder, write_video

from udtlib import child_process
from udtlib.child_process import Child, import_path, safe_path

PLANTED = (
    "json",
    "udtlib",
    "numpy",
    "cv2",
    "pickle",
    "multiprocessing",
    "joblib",
    "sitecustomize",
    "logging",
)


@pytest.fixture
def planted(tmp_path):
    """A folder full of modules that write their name into a file when they are run."""
    for name in PLANTED:
        code = f"open({str(tmp_path / 'RUN')!r}, 'a').write({name!r})\nraise SystemExit('planted {name}')\n"
        (tmp_path / f"{name}.py").write_text(code)
    return tmp_path


def command_in(folder, *words):
    """Run a command as the installed ``udt`` is: the script's folder is on the path, not the current one."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(import_path()), "UDT_DATA": "none"}
    environment.pop("PYTHONSAFEPATH", None)
    script = "import sys; del sys.path[0]; from udtlib.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("work", ["track", "pack", "evaluate", "bench"])
def test_code_in_the_current_folder_is_not_run(planted, work):
    write_video(planted / "clip.avi", frames_of(1, 5))
    otb = planted / "otb" / "Crossing"
    write_folder(otb / "img", frames_of(1, 4), "{:04d}.jpg")
    (otb / "img" / "0000.jpg").rename(otb / "img" / "0004.jpg")
    (otb / "groundtruth_rect.txt").write_text("10,10,20,20\n" * 4)
    options = {
        "track": ("track", "clip.avi", "--box", "10,10,20,20"),
        "pack": ("data", "pack", "clip.avi", "--out", "patches.raw"),
        "evaluate": ("evaluate", "--tracker", "mosse", "--root", "otb", "--out", "run", "--jobs", "2"),
        "bench": ("bench", "--tracker", "mosse", "--frames", "3", "--rounds", "1", "--root", "otb"),
    }[work]
    if work in ("evaluate", "bench"):
        options += ("--dataset", "otb")
    done = command_in(planted, *options)
    assert not (planted / "RUN").exists(), (planted / "RUN").read_text()
    assert done.returncode == 0, done.stderr


def test_the_planted_modules_do_run_where_python_looks_for_them(planted):
    subprocess.run([sys.executable, "-m", "json.tool"], cwd=planted, check=False, capture_output=True)
    assert (planted / "RUN").read_text() == "json"


def test_import_path_leaves_the_current_folder_out_but_not_the_library(monkeypatch, tmp_path):
    library = str(Path(child_process.__file__).parents[1])
    monkeypatch.setattr(sys, "path", ["", "relative", str(tmp_path), "/usr/lib/x"])
    monkeypatch.chdir(tmp_path)
    assert import_path() == ["/usr/lib/x", library]
    monkeypatch.chdir(library)
    monkeypatch.setattr(sys, "path", [library, "/usr/lib/x"])
    assert import_path() == ["/usr/lib/x", library]


def test_safe_path_is_put_back(monkeypatch):
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    with safe_path():
        assert os.environ["PYTHONSAFEPATH"] == "1"
    assert "PYTHONSAFEPATH" not in os.environ
    monkeypatch.setenv("PYTHONSAFEPATH", "yes")
    with safe_path():
        pass
    assert os.environ["PYTHONSAFEPATH"] == "yes"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that a child can run."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(code):
        (tmp_path / "child_of_a_test.py").write_text(code)
        return "child_of_a_test"

    return write


def test_memory_is_limited(module):
    name = module("try:\n    bytearray(3 << 30)\nexcept MemoryError:\n    print('refused', flush=True)\n")
    child = Child(name, memory=2 << 30)
    assert child.output.readline() == b"refused\n"
    child = Child(name)
    assert child.output.readline() == b""
    assert child.cause_of_death(EOFError()) == "ended with status 0"


def test_arguments_and_silence(module):
    name = module("import sys, time\nprint(sys.argv[1:], flush=True)\ntime.sleep(60)\n")
    child = Child(name, ["a b", "é"])
    assert child.output.readline().decode() == "['a b', 'é']\n"
    child.output.raw.patience = 0.1
    begin = time.monotonic()
    with pytest.raises(TimeoutError) as caught:
        child.output.readline()
    assert "gave no answer for" in child.cause_of_death(caught.value)
    assert time.monotonic() - begin < 10
    child.close()


def test_a_child_that_cannot_start_says_so():
    child = Child("no_such_module_at_all")
    assert child.output.readline() == b""
    assert child.cause_of_death(EOFError()) == "ended with status 1"


def test_an_exit_status_of_a_crash_on_windows_is_said_as_windows_writes_it(module):
    child = Child(module("print('here', flush=True)\n"))
    assert child.output.read() == b"here\n"
    child._process.wait()
    child._process.returncode = 0xC0000005
    assert child.cause_of_death(EOFError()) == "crashed (0xC0000005)"


def test_files_come_by_their_numbers_before_the_other_arguments(module, tmp_path):
    name = module("import os, sys\nprint(os.pread(int(sys.argv[1]), 9, 0), sys.argv[2:], flush=True)\n")
    (tmp_path / "file").write_bytes(b"content")
    with (tmp_path / "file").open("rb") as file:
        child = Child(name, ["a", "b"], [file.fileno()])
    assert child.output.readline() == b"b'content' ['a', 'b']\n"


class PipeOfWindows:
    """What Windows says of a pipe whose reader has ended."""

    def write(self, data):
        raise OSError(errno.EINVAL, "Invalid argument")


def test_what_is_sent_to_a_child_that_has_ended_is_missed_when_its_answer_is_read(module, monkeypatch):
    child = Child(module("print('here', flush=True)\n"))
    assert child.output.read() == b"here\n"
    child._process.wait()
    child.send(b"request")
    monkeypatch.setattr(child, "input", PipeOfWindows())
    child.send(b"request")
    assert child.output.read() == b""
