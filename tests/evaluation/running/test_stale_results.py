"""A result is kept only if it would come out again: edited code, other images, other boxes are noticed."""

import json
import logging
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from shift_tracker import SHIFT, Shift, digests, make_sequence, three_sequences

from udtlib.cli import main
from udtlib.data import Sequence, load_dataset
from udtlib.data.images import ImageFiles
from udtlib.data.synthetic import render_clip
from udtlib.errors import DataError, StorageError
from udtlib.evaluation import evaluate
from udtlib.patches import crop

TESTS = Path(__file__).parents[2]
TODAY = datetime.now(UTC).date().isoformat()
PERFECT = 20 / 21

HEAD = """
from functools import lru_cache, partial, wraps
import numpy as np
from shift_tracker import SHIFT, Shift

class Moves(Shift):
    def __init__(self, step):
        self.step = step
    def update(self, frame):
        self.box = self.box + SHIFT * self.step
        return self.box

class Steps(Shift):
    def update(self, frame):
        self.box = self.box + SHIFT * self.step_of(frame)
        return self.box
"""

KINDS = {
    "method": "class T(Steps):\n    def step_of(self, frame): return {step}",
    "constant": "STEP = {step}\nclass T(Steps):\n    def step_of(self, frame): return STEP",
    "dictionary": "STEPS = {{'x': [{step}]}}\nclass T(Steps):\n"
    "    def step_of(self, frame): return STEPS['x'][0]",
    "helper": "def help(): return {step}\nclass T(Steps):\n    def step_of(self, frame): return help()",
    "helper's helper": "def f(): return {step}\ndef help(): return f()\nclass T(Steps):\n"
    "    def step_of(self, frame): return help()",
    "base class": "class Base(Steps):\n    def step_of(self, frame): return {step}\nclass T(Base): pass",
    "default": "class T(Steps):\n    def step_of(self, frame, step={step}): return step",
    "keyword default": "class T(Steps):\n    def step_of(self, frame, *, step={step}): return step",
    "class attribute": "class T(Steps):\n    step = {step}\n    def step_of(self, frame): return self.step",
    "array": "class T(Steps):\n    steps = np.arange(900.) + {step}\n"
    "    def step_of(self, frame): return self.steps[0]",
    "property": "class T(Steps):\n    @property\n    def step(self): return {step}\n"
    "    def step_of(self, frame): return self.step",
    "static method": "class T(Steps):\n    @staticmethod\n    def step_of(frame): return {step}",
    "closure": "def build(step):\n    class T(Steps):\n        def step_of(self, frame): return step\n"
    "    return T\nT = build({step})",
    "inner function": "class T(Steps):\n    def step_of(self, frame):\n        def inner(): return {step}\n"
    "        return inner()",
    "cached helper": "@lru_cache\ndef help(): return {step}\nclass T(Steps):\n"
    "    def step_of(self, frame): return help()",
    "wrapped helper": "def double(f):\n    @wraps(f)\n    def g(): return f()\n    return g\n@double\n"
    "def help(): return {step}\nclass T(Steps):\n    def step_of(self, frame): return help()",
    "lambda": "T = lambda: Moves({step})",
    "partial": "T = partial(Moves, {step})",
    "partial keyword": "T = partial(Moves, step={step})",
    "object": "class Factory:\n    def __init__(self, step): self.step = step\n"
    "    def __call__(self): return Moves(self.step)\nT = Factory({step})",
    "bound method": "class Factory:\n    def __init__(self, step): self.step = step\n"
    "    def make(self): return Moves(self.step)\nT = Factory({step}).make",
    "object with slots": "class Box:\n    __slots__ = ('step',)\n"
    "    def __init__(self, step): self.step = step\n"
    "BOX = Box({step})\nT = lambda: Moves(BOX.step)",
    "small difference": "T = lambda: Moves({step} * (1 + 1e-16))",
}


def cell(kind, step):
    """What a notebook has after running a cell: the same names, made anew."""
    namespace = {"__name__": "__main__"}
    exec(compile(HEAD + KINDS[kind].format(step=step), "<cell>", "exec"), namespace)
    return namespace["T"]


@pytest.mark.parametrize("kind", KINDS)
def test_edited_code_is_noticed_whatever_was_edited(tmp_path, caplog, kind):
    def run(step):
        caplog.clear()
        found = evaluate(cell(kind, step), [make_sequence()], tmp_path, name="mine")
        return found.auc, [record.getMessage() for record in caplog.records]

    assert run("1.0") == (pytest.approx(PERFECT), [])
    assert run("1.0") == (pytest.approx(PERFECT), [f"mine: 1 of 1 kept from {TODAY}"])
    auc, lines = run("99.0")
    assert auc < 0.2
    assert lines == ["mine: 1 result made by other code, or with other weights, computed again"]
    assert run("99.0") == (auc, [f"mine: 1 of 1 kept from {TODAY}"])


def test_the_cell_that_is_edited_and_run_again(tmp_path, caplog):
    """The score is the edited tracker's, not the old one's: .000, not .952."""
    frame, count = np.zeros((40, 60, 3), np.uint8), 2500
    boxes = np.array([10.0, 20, 8, 6]) + np.arange(count)[:, None] * SHIFT
    long = Sequence("long", [frame] * count, boxes)

    class Mine(Shift):
        pass

    assert f"{evaluate(Mine, [long], tmp_path).auc:.3f}" == "0.952"

    class Mine(Shift):
        def update(self, frame):
            return [1e4, 1e4, 8, 6]

    assert f"{evaluate(Mine, [long], tmp_path).auc:.3f}" == "0.000"
    assert caplog.messages == ["Mine: 1 result made by other code, or with other weights, computed again"]


@pytest.mark.parametrize("how", ["read when made", "read at the start", "pathlib", "option"])
def test_other_weights_in_the_same_file_are_noticed(tmp_path, how):
    file = tmp_path / "step.npy"

    class Loads(Shift):
        def __init__(self, file=file if how == "pathlib" else str(file)):
            super().__init__()
            self.file = file
            if how == "read when made":
                self.file, self.step = "", float(np.load(file))

        def init(self, frame, box):
            super().init(frame, box)
            self.step = self.step if not self.file else float(np.load(self.file))

        def update(self, frame):
            return super().update(frame) * self.step

    options = {"file": str(file)} if how == "option" else {}
    scores = []
    for step in (1.0, 0.0):
        np.save(file, step)
        scores.append(evaluate(Loads, [make_sequence()], tmp_path / "run", options=options).auc)
    assert scores == [pytest.approx(PERFECT), pytest.approx(PERFECT / 6)]


def test_a_module_that_is_edited_between_two_runs_is_noticed(tmp_path):
    (tmp_path / "run.py").write_text(
        f"import sys\nsys.path.append({str(TESTS)!r})\nfrom shift_tracker import Shift, make_sequence\n"
        "from udtlib.evaluation import evaluate\n"
        "class Mine(Shift):\n    def update(self, frame):\n        from helping import step\n"
        "        return super().update(frame) * step()\n"
        "print(evaluate(Mine, [make_sequence()], sys.argv[1]).auc)\n"
    )

    def run(step):
        (tmp_path / "helping.py").write_text(f"STEP = {step}\ndef step():\n    return STEP\n")
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "out")]
        seeded = os.environ | {"PYTHONHASHSEED": str(step), "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=seeded)
        return float(done.stdout), done.stderr

    assert run(1) == (pytest.approx(PERFECT), "")
    assert run(1) == (pytest.approx(PERFECT), f"Mine: 1 of 1 kept from {TODAY}\n")
    assert run(0) == (
        pytest.approx(PERFECT / 6),
        "Mine: 1 result made by other code, or with other weights, computed again\n",
    )


def write_images(folder, shade, suffix=".bmp"):
    """Six images that differ from those of another shade in one pixel of the fourth; all as old as ever."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{index:04}{suffix}" for index in range(6)]
    for index, path in enumerate(paths):
        image = np.full((40, 60, 3), index, np.uint8)
        image[20, 30] = shade if index == 3 else 0
        cv2.imwrite(str(path), image)
        os.utime(path, (1e9, 1e9))
    return replace(make_sequence(), frames=ImageFiles(paths))


class Looks(Shift):
    def update(self, frame):
        return super().update(frame) * (frame[20, 30, 0] != 200)


@pytest.mark.parametrize("protocol", ["ope", "sre"])
def test_other_images_under_the_same_names_are_noticed(tmp_path, caplog, protocol):
    sequence = write_images(tmp_path / "images", 100)
    before = evaluate(Looks, [sequence], tmp_path / "run", protocol=protocol).auc
    sizes = [path.stat().st_size for path in sequence.frames.paths]
    write_images(tmp_path / "images", 200)
    assert sizes == [path.stat().st_size for path in sequence.frames.paths]
    assert evaluate(Looks, [sequence], tmp_path / "run", protocol=protocol).auc < before
    results = "1 result" if protocol == "ope" else "12 results"
    assert caplog.messages == [f"Looks: {results} made from other images, computed again"]


def test_other_images_in_memory_are_noticed(tmp_path, caplog):
    sequence = make_sequence()
    evaluate(Looks, [sequence], tmp_path)
    sequence.frames[2][20, 30] = 200
    assert evaluate(Looks, [sequence], tmp_path).auc < 0.9
    assert caplog.messages == ["Looks: 1 result made from other images, computed again"]


def test_other_clips_under_the_same_names_are_noticed(tmp_path, caplog):
    one, other = (
        render_clip(frames=3, seed=4, texture=texture, name="clip") for texture in ("leaves", "mixed")
    )
    assert np.array_equal(one.boxes, other.boxes)
    evaluate("mosse", [one], tmp_path)
    evaluate("mosse", [other], tmp_path)
    evaluate("mosse", [render_clip(frames=3, seed=4, texture="mixed", name="clip")], tmp_path)
    assert caplog.messages == [
        "mosse: 1 result made from other images, computed again",
        f"mosse: 1 of 1 kept from {TODAY}",
    ]


def test_images_that_are_copied_or_renamed_are_the_same(tmp_path, caplog):
    evaluate(Looks, [write_images(tmp_path / "images", 100)], tmp_path / "run")
    evaluate(Looks, [write_images(tmp_path / "copy", 100)], tmp_path / "run")
    shutil.rmtree(tmp_path / "copy")
    evaluate(Looks, [write_images(tmp_path / "images", 100)], tmp_path / "run")
    assert caplog.messages == [f"Looks: 1 of 1 kept from {TODAY}"] * 2


@pytest.mark.parametrize("place", [0, 4])
def test_other_true_boxes_are_noticed(tmp_path, caplog, place):
    sequence = make_sequence()
    boxes = sequence.boxes.copy()
    boxes[place] += 1
    for truth in (sequence.boxes, boxes, boxes + 1e-9):
        evaluate(Shift, [replace(sequence, boxes=truth)], tmp_path)
    assert caplog.messages == [
        "Shift: 1 result made from other true boxes, computed again",
        f"Shift: 1 of 1 kept from {TODAY}",
    ]


def test_a_registered_tracker_whose_code_changed_is_noticed(tmp_path, caplog, monkeypatch):
    clip = render_clip(frames=3)
    evaluate("mosse", [clip], tmp_path)
    evaluate("mosse", [clip], tmp_path)
    monkeypatch.setattr("udtlib.trackers.mosse.crop", lambda *rest, **more: crop(*rest, **more))
    evaluate("mosse", [clip], tmp_path)
    assert caplog.messages == [
        f"mosse: 1 of 1 kept from {TODAY}",
        "mosse: 1 result made by other code, or with other weights, computed again",
    ]


def test_other_versions_of_libraries_are_noticed(tmp_path, caplog):
    evaluate(Shift, [make_sequence()], tmp_path)
    path = tmp_path / "Shift/one.json"
    record = json.loads(path.read_text())
    assert set(record["libraries"]) == {"numpy", "python"}
    path.write_text(json.dumps(record | {"libraries": record["libraries"] | {"numpy": "0.1"}}))
    evaluate(Shift, [make_sequence()], tmp_path)
    assert caplog.messages == [
        f"Shift: 1 result made with other libraries (numpy 0.1 then, {np.__version__} now), computed again"
    ]


def test_what_cannot_be_compared_is_computed_again_and_named(tmp_path, caplog):
    with open(os.devnull) as stream:

        class Listens(Shift):
            source = stream

        evaluate(Listens, [make_sequence()], tmp_path)
        evaluate(Listens, [make_sequence()], tmp_path)
    (line,) = caplog.messages
    assert line.startswith("Listens: 1 result made with what cannot be compared (")
    assert "Listens.source: _io.TextIOWrapper" in line
    assert json.loads((tmp_path / "Listens/one.json").read_text())["unknown"]


def test_options_are_told_apart_by_more_than_they_print(tmp_path):
    class Takes(Shift):
        def __init__(self, weights):
            super().__init__()

    large = np.zeros(10_000)
    evaluate(Takes, [make_sequence()], tmp_path, options={"weights": large})
    other = large.copy()
    other[5000] = 1
    assert repr(large) == repr(other)
    with pytest.raises(DataError, match=r"ndarray .*asked for.*ndarray .*--force"):
        evaluate(Takes, [make_sequence()], tmp_path, options={"weights": other})


@pytest.mark.parametrize("jobs", [1, 2])
def test_force_computes_everything_again_whatever_is_there(tmp_path, caplog, jobs):
    evaluate(Shift, three_sequences(), tmp_path, jobs=jobs)
    before = digests(tmp_path)
    for path in tmp_path.rglob("*.txt"):
        path.write_text("1,2,3,4\n" * 6)
    with pytest.raises(DataError, match="--force"):
        evaluate(Shift, three_sequences(), tmp_path, options={"slow": 0.0})
    evaluate(Shift, three_sequences(), tmp_path, options={"slow": 0.0}, force=True, jobs=jobs)
    assert digests(tmp_path) == before
    assert caplog.messages == ["Shift: 3 results made before, and --force is given, computed again"]


def test_the_command_keeps_says_so_and_forces(tmp_path, capsys, caplog, monkeypatch):
    clips = load_dataset("synthetic")[:2]
    monkeypatch.setattr("udtlib.commands.evaluate.load_dataset", lambda *_, **__: clips)
    command = ["evaluate", "--tracker", "mosse", "--out", str(tmp_path), "--jobs", "1"]
    command += ["--json", str(tmp_path / "scores.json")]
    resumed = []
    for options in ([], [], ["--force"]):
        assert main([*command, *options]) == 0
        resumed.append(json.loads((tmp_path / "scores.json").read_text())["measured"]["resumed"])
    assert resumed == [False, True, False]
    assert caplog.messages == [
        f"mosse: 2 of 2 kept from {TODAY}",
        "mosse: 2 results made before, and --force is given, computed again",
    ]


def test_dates_of_kept_results_are_those_of_their_records(tmp_path, caplog):
    evaluate(Shift, three_sequences(), tmp_path)
    for name, date in (("a", "2025-01-02"), ("b", "2024-12-31")):
        path = tmp_path / f"Shift/{name}.json"
        record = json.loads(path.read_text())
        path.write_text(json.dumps(record | {"made": record["made"] | {"date": date}}))
    (tmp_path / "Shift/c.txt").unlink()
    evaluate(Shift, three_sequences(), tmp_path)
    assert caplog.messages == ["Shift: 2 of 3 kept from 2024-12-31 to 2025-01-02"]


def test_the_lines_go_to_stderr_where_nobody_set_logging_up(tmp_path, capsys, monkeypatch):
    evaluate(Shift, [make_sequence()], tmp_path)
    monkeypatch.setattr(logging.getLogger("udtlib.evaluation"), "propagate", False)
    evaluate(Shift, [make_sequence()], tmp_path)
    assert capsys.readouterr().err == f"Shift: 1 of 1 kept from {TODAY}\n"


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_that_is_removed_during_the_run_is_said_at_once(tmp_path, jobs):
    out = tmp_path / "run"

    class Removes(Shift):
        def init(self, frame, box):
            super().init(frame, box)
            (tmp_path / f"begun-{box[0]:g}").touch()
            shutil.rmtree(out, ignore_errors=True)

    many = [make_sequence(f"s{index:02}", start=(10.0 + index, 20, 8, 6)) for index in range(20)]
    with pytest.raises(StorageError, match=r"cannot be written \(the folder .*run/Removes does not exist\)"):
        evaluate(Removes, many, out, jobs=jobs)
    assert len(list(tmp_path.glob("begun-*"))) < 15
    assert not list(tmp_path.rglob("*.txt"))


NAMES = [
    "",
    ".",
    "..",
    "../../OUT",
    "/tmp/out",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    ".hidden",
    "x" * 300,
    "é" * 150,
]


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_inside_the_folder(tmp_path, name):
    out = tmp_path / "deep/down/run"
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match="expected as the name of a sequence a file name"):
        evaluate(Shift, [make_sequence(name)], out)
    if name:
        with pytest.raises(DataError, match="expected as the name of a tracker a file name"):
            evaluate(Shift, [make_sequence()], out, name=name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_tracker_is_not_called_like_a_protocol(tmp_path):
    with pytest.raises(DataError, match="than those of protocols, found 'tre'"):
        evaluate(Shift, [make_sequence()], tmp_path, name="tre")


@pytest.mark.parametrize("name", ["clip.1", "Ünïcode 名", "a b", "x" * 180])
def test_other_names_are_those_of_files(tmp_path, name):
    for _ in range(2):
        found = evaluate(Shift, [make_sequence(name)], tmp_path)
    assert found.auc == pytest.approx(PERFECT)
    assert {path.name for path in (tmp_path / "Shift").iterdir()} == {f"{name}.txt", f"{name}.json"}
