"""``udt check`` and the banner of a chapter."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import pytest

from udtlib import __version__, environment
from udtlib.cli import main
from udtlib.data import locate

PROJECT = Path(__file__).resolve().parents[1]


def test_all_is_well_here(capsys):
    assert main(["check"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "ready"
    names = [line[5:17].strip() for line in printed[:-1]]
    for name in ("python", "numpy", "torch", "opencv", "threads", "device", "weights", "otb", "ipywidgets"):
        assert name in names
    assert all(re.match(r"(OK |-  )  \S", line) for line in printed[:-1])
    assert cv2.__version__ in printed[names.index("opencv")]


def test_the_banner_is_the_same_on_every_machine(capsys):
    environment.banner()
    assert capsys.readouterr().out == f"udtlib {__version__}, ready\n"


def test_the_banner_does_not_import_torch():
    code = "import sys; from udtlib.environment import banner; banner(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_bounds_are_those_of_the_package():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    bounds = dict(dependency.split(">=") for dependency in project["dependencies"])
    assert bounds.pop(environment.OPENCV)
    assert bounds == environment.PACKAGES
    assert project["requires-python"] == ">={}.{}".format(*environment.PYTHON)
    assert set(environment.BOOK) <= {name.split(">=")[0] for name in project["optional-dependencies"]["book"]}


def test_missing_and_old_packages_say_what_to_run(monkeypatch, capsys):
    versions = {name: oldest for name, oldest in environment.PACKAGES.items() if name != "torch"}
    monkeypatch.setattr(environment, "installed", {**versions, "numpy": "1.9.3"}.get)
    assert main(["check"]) == 1
    printed = capsys.readouterr().out
    assert "FIX  torch        not installed: run `pip install 'torch>=2.2'`" in printed
    assert "FIX  numpy        1.9.3: run `pip install 'numpy>=1.26'`" in printed
    assert "OK   scipy        1.11" in printed
    assert "-    jupyterlab   not installed: the notebooks need it" in printed
    assert printed.endswith("2 to fix, see the lines marked FIX\n")
    environment.banner()
    banner = capsys.readouterr().out
    assert banner.startswith(f"udtlib {__version__}, but this machine is not ready:\n")
    assert banner.count("FIX") == 2


def test_a_missing_torch_leaves_the_device_unknown(monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    line = environment.device()
    assert line.found == "cpu"
    assert line.is_ok
    assert line.advice


@pytest.mark.parametrize(
    ("cuda", "hip", "words"),
    [(None, None, "CPU build"), ("12.4", None, "CUDA 12.4 build"), (None, "6.0", "ROCm 6.0")],
)
def test_the_build_of_torch_is_said(monkeypatch, cuda, hip, words):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", hip, raising=False)
    assert f"{words}" in environment.device().found
    assert "of torch" in environment.device().found


@pytest.fixture
def wheel(monkeypatch, tmp_path):
    """The library as pip installs it, the working directory elsewhere."""
    (tmp_path / "site-packages/udtlib/shipped/weights").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("UDT_DATA", raising=False)
    monkeypatch.setattr(locate, "PROJECT", tmp_path / "site-packages")
    monkeypatch.setattr(locate, "INSTALLED", tmp_path / "site-packages/udtlib/shipped")
    return tmp_path


def test_weights_of_an_installed_library(wheel):
    line = environment.weights()
    folder = wheel / "site-packages/udtlib/shipped/weights"
    assert (line.found, line.is_ok) == ("none", True)
    assert line.advice.startswith(f"expected in {folder}; install udtlib again")
    (folder / "udt.safetensors").touch()
    assert environment.weights() == environment.Line("weights", "udt.safetensors", "", needed=False)


def test_weights_of_a_checkout():
    assert environment.weights().found == "udt-noise.safetensors, udt.safetensors"


def test_advice_for_an_installed_library_names_nothing_of_a_checkout(wheel, monkeypatch):
    monkeypatch.setattr(environment, "installed", lambda name: None)
    lines = [*environment.packages(), *environment.book_packages(), environment.weights()]
    lines += environment.outside_data()
    assert len(lines) == len(environment.PACKAGES) + len(environment.BOOK) + 1 + len(environment.OUTSIDE)
    for line in lines:
        assert line.advice, line
        assert not re.search(r"constraints|-e |\bdata/weights|pyproject|the project", line.advice), line


@pytest.mark.parametrize("is_wheel", [True, False])
def test_the_place_for_outside_data_is_where_it_is_looked_for(is_wheel, request, monkeypatch, tmp_path):
    """Do as the line says, and the next check finds it; in any working directory."""
    if is_wheel:
        request.getfixturevalue("wheel")
    else:
        (tmp_path / "project").mkdir()
        (tmp_path / "project/pyproject.toml").touch()
        monkeypatch.setattr(locate, "PROJECT", tmp_path / "project")
        monkeypatch.setattr(locate, "INSTALLED", tmp_path / "nowhere")
        monkeypatch.chdir(tmp_path)
    for chosen in (None, str(tmp_path / "chosen")):
        monkeypatch.delenv("UDT_DATA", raising=False)
        if chosen:
            (tmp_path / "chosen").mkdir()
            monkeypatch.setenv("UDT_DATA", chosen)
        line = next(line for line in environment.outside_data() if line.name == "otb")
        place = Path(re.search(r"put it at (.+?),", line.advice)[1])
        assert line.found == "not found"
        place.mkdir(parents=True)
        line = next(line for line in environment.outside_data() if line.name == "otb")
        assert (line.found, line.advice) == (str(place), "")
    monkeypatch.setenv("UDT_DATA", "none")
    advice = {line.advice for line in environment.outside_data()}
    assert advice == {"optional; UDT_DATA=none hides it: set UDT_DATA to the folder it is in"}


def test_advice_in_a_checkout_says_where_to_run_it(monkeypatch):
    monkeypatch.setattr(environment, "installed", lambda name: None)
    advice = next(environment.book_packages()).advice
    assert advice.endswith(f"run `pip install -c constraints.txt -e '.[book]'` in {PROJECT}")
    assert (PROJECT / "constraints.txt").is_file()


def test_an_opencv_that_pip_does_not_know_is_not_uninstalled(monkeypatch):
    monkeypatch.setattr(environment, "distributions", lambda: [])
    monkeypatch.delattr(cv2, "TrackerKCF_create")
    advice = list(environment.opencv())[1].advice
    assert advice == "KCF absent; run `pip install opencv-contrib-python-headless`"


def test_an_opencv_without_the_tracking_module(monkeypatch):
    for name in ("TrackerKCF_create", "TrackerCSRT_create", "legacy"):
        monkeypatch.delattr(cv2, name, raising=False)
    line = list(environment.opencv())[1]
    assert not line.is_ok
    assert "pip install opencv-contrib-python-headless" in line.advice


def test_two_opencv_builds_are_one_too_many(monkeypatch):
    class Build:
        def __init__(self, name):
            self.name = name

    monkeypatch.setattr(
        environment,
        "distributions",
        lambda: [Build("numpy"), Build("opencv-python"), Build("opencv-contrib-python-headless")],
    )
    line = next(environment.opencv())
    assert not line.is_ok
    assert "pip uninstall -y opencv-python opencv-contrib-python-headless" in line.advice


def test_data_that_is_there_absent_or_hidden(monkeypatch, tmp_path):
    (tmp_path / "otb").mkdir()
    monkeypatch.setenv("UDT_DATA", str(tmp_path))
    lines = {line.name: line for line in environment.outside_data()}
    assert lines["otb"].found == str(tmp_path / "otb")
    assert lines["vot"].found == "not found"
    monkeypatch.setenv("UDT_DATA", "none")
    assert {line.found for line in environment.outside_data()} == {"not found"}
    assert all(line.is_ok for line in environment.outside_data())
    monkeypatch.setenv("UDT_DATA", str(tmp_path / "typo"))
    first = next(environment.outside_data())
    assert not first.is_ok
    assert "no such folder" in first.advice


@pytest.mark.parametrize(
    ("text", "expected"), [("2.13.0+cpu", (2, 13, 0)), ("5.0.0.93", (5, 0, 0)), ("2.0rc1", (2, 0, 1))]
)
def test_numbers_of_a_version(text, expected):
    assert environment.numbers(text) == expected


BROKEN = {
    "missing": "raise ImportError('No module named cv2')",
    "without its libraries": "raise ImportError('libGL.so.1: cannot open shared object file')",
    "half removed": "",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_opencv_that_does_not_load_is_said_and_not_raised(tmp_path, kind):
    """Which is what two builds in one place leave behind when one is uninstalled."""
    (tmp_path / "cv2.py").write_text(BROKEN[kind])
    done = subprocess.run(
        [sys.executable, "-m", "udtlib", "check"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(PROJECT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FIX")]
    assert line.startswith("FIX  opencv ")
    assert "then `pip install opencv-contrib-python-headless`" in line
    assert "OpenCV is not there" in done.stdout
