"""One's own tracker in evaluation: kept while its code is the same, in workers, and by the commands."""

import json
import logging

import numpy as np
import pytest
from PIL import Image
from shift_tracker import three_sequences

from udtlib.cli import main
from udtlib.data import load_dataset
from udtlib.errors import TrackerError
from udtlib.evaluation import evaluate

SOURCE = """
# {comment}
STEP = {step}
class Mine:
    def __init__(self, factor=1):
        self.factor = factor
    def init(self, frame, box):
        self.box = box
    def update(self, frame):
        self.box = self.box + [STEP * self.factor, STEP / 2, 0, 0]
        return self.box
"""
PERFECT = 20 / 21


def write(path, step=1.0, comment=""):
    path.write_text(SOURCE.format(step=step, comment=comment))
    return f"{path}:Mine"


def lines(caplog):
    found = [record.getMessage() for record in caplog.records if record.name == "udtlib.evaluation"]
    caplog.clear()
    return found


def test_results_are_kept_until_the_code_changes(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    sequences, out = three_sequences(), tmp_path / "run"
    name = write(tmp_path / "mine.py")
    score = evaluate(name, sequences, out)
    assert (score.tracker, score.auc) == ("mine.Mine", pytest.approx(PERFECT))
    assert lines(caplog) == []
    write(tmp_path / "mine.py", comment="a comment is no other code")
    (tmp_path / "mine.py").rename(tmp_path / "moved.py")
    evaluate(f"{tmp_path}/moved.py:Mine", sequences, out, name="mine.Mine")
    assert "3 of 3 kept" in lines(caplog)[0]
    score = evaluate(write(tmp_path / "moved.py", step=5.0), sequences, out, name="mine.Mine")
    assert score.auc < PERFECT
    assert lines(caplog) == ["mine.Mine: 3 results made by other code, or with other weights, computed again"]
    record = json.loads(next((out / "mine.Mine").glob("*.json")).read_text())
    assert record["tracker"] == "Mine"
    assert record["files"] == {}


def test_in_worker_processes(tmp_path):
    sequences = three_sequences()
    score = evaluate(write(tmp_path / "mine.py"), sequences, jobs=2, options={"factor": 1})
    assert (score.failed, score.auc) == ({}, pytest.approx(PERFECT))


def test_a_constructor_that_raises_is_said_once(tmp_path):
    (tmp_path / "t.py").write_text("class T:\n    def __init__(self):\n        raise OSError('no net')\n")
    with pytest.raises(TrackerError, match=r"t\.py, line 3: T\(\.\.\.\) raised OSError: no net"):
        evaluate(f"{tmp_path}/t.py:T", three_sequences(), tmp_path / "run")


def frames_folder(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir(parents=True)
    for index in range(4):
        Image.fromarray(np.full((40, 60, 3), index, np.uint8)).save(folder / f"{index + 1:04d}.png")
    boxes = np.array([10, 20, 8, 6]) + np.arange(4)[:, None] * [1, 0.5, 0, 0]
    np.savetxt(folder / "groundtruth.txt", boxes, fmt="%.4f", delimiter=",")
    return folder


def test_by_the_commands(tmp_path, capsys):
    """Evaluated with an option, reported, tracked and timed, beside a registered one."""
    folder, name, out = frames_folder(tmp_path), write(tmp_path / "mine.py"), tmp_path / "run"
    data = ["--dataset", "folder", "--root", str(folder)]
    command = ["evaluate", "--tracker", name, *data, "--out", str(out), "--jobs", "1"]
    assert main([*command, "--option", "factor=1"]) == 0
    assert "mine.Mine  0.95" in capsys.readouterr().out
    report = ["report", str(out), "--annotations", str(folder), "--out", str(tmp_path / "report.html")]
    assert main(report) == 0
    assert "mine.Mine" in (tmp_path / "report.html").read_text()
    boxes = tmp_path / "boxes.txt"
    track = ["track", str(folder), "--box", "10,20,8,6", "--tracker", name, "--boxes", str(boxes)]
    assert main(track) == 0
    np.testing.assert_allclose(np.loadtxt(boxes, delimiter=",")[-1], [13, 21.5, 8, 6])
    capsys.readouterr()
    timed = ["bench", "--tracker", name, *data, "--frames", "3", "--rounds", "1"]
    assert main([*timed, "--json", str(tmp_path / "bench.json")]) == 0
    assert "\nmine.Mine " in capsys.readouterr().out
    measured = json.loads((tmp_path / "bench.json").read_text())["trackers"]
    assert [one["tracker"] for one in measured] == ["mine.Mine"]


def test_what_the_commands_refuse(tmp_path, capsys):
    folder = frames_folder(tmp_path)
    write(tmp_path / "mine.py")
    (tmp_path / "other").mkdir()
    both = [write(tmp_path / "mine.py"), write(tmp_path / "other/mine.py", step=2.0)]
    data = ["--dataset", "folder", "--root", str(folder), "--out", str(tmp_path / "run")]
    assert main(["evaluate", "--tracker", *both, *data]) == 2
    assert "would both be called mine.Mine in results; rename one" in capsys.readouterr().err
    assert main(["evaluate", "--tracker", f"{tmp_path}/none.py:T", "kcf", *data]) == 2
    assert "none.py: no such file" in capsys.readouterr().err
    for wrong in ("mine.py", "nix"):
        with pytest.raises(SystemExit):
            main(["evaluate", "--tracker", wrong, *data])
        assert "file.py:Class or package.module:Class" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_report_of_ones_own_dataset(tmp_path, capsys):
    """Evaluated in Python under a name of one's own; the command is told where the true boxes are."""
    folder, out = frames_folder(tmp_path / "lab"), tmp_path / "run"
    name = write(tmp_path / "mine.py")
    evaluate(name, load_dataset("folder", folder), out, dataset="lab")
    report = ["report", str(out), "--out", str(tmp_path / "report.html")]
    assert main(report) == 2
    assert "--annotations ROOT (ROOT/SEQUENCE/groundtruth.txt)" in capsys.readouterr().err
    assert main([*report, "--annotations", str(out)]) == 2
    assert "expected folders SEQUENCE/groundtruth.txt" in capsys.readouterr().err
    assert main([*report, "--annotations", str(tmp_path / "lab")]) == 0
    assert "mine.Mine  0.95" in capsys.readouterr().out
    assert "mine.Mine" in (tmp_path / "report.html").read_text()


WANDERS = """
import os
class Wanders:
    def init(self, frame, box):
        self.box = box
        os.chdir({elsewhere!r})
    def update(self, frame):
        return self.box
class Second(Wanders):
    pass
"""


def test_a_tracker_that_changes_the_folder_changes_no_place_of_results(tmp_path, monkeypatch):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir(), elsewhere.mkdir()
    (here / "own.py").write_text(WANDERS.format(elsewhere=str(elsewhere)))
    monkeypatch.chdir(here)
    score = evaluate("own.py:Wanders", three_sequences(), "run")
    assert score.failed == {}
    assert len(list((here / "run/own.Wanders").glob("*.txt"))) == 3
    monkeypatch.chdir(here)
    monkeypatch.setattr("udtlib.commands.evaluate.load_dataset", lambda *_, **__: three_sequences())
    words = ["--jobs", "1", "--out", "runs", "--json", "scores.json", "--table", "table.csv"]
    assert main(["evaluate", "--tracker", "own.py:Wanders", "own.py:Second", *words]) == 0
    assert sorted(path.name for path in here.iterdir() if path.suffix != ".py") == [
        *("__pycache__",) * (here / "__pycache__").exists(),
        *("run", "runs", "scores.json", "table.csv", "table.json"),
    ]
    assert len(list((here / "runs/own.Second").glob("*.txt"))) == 3
    assert list(elsewhere.iterdir()) == []
