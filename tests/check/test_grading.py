"""The process that runs a student's functions: honest ones are answered, tricks fail, nothing hangs."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import assignments
import numpy as np
import pytest

from udtlib.check.grading import student, wire
from udtlib.check.grading.marking import mark
from udtlib.check.grading.notebook import ASSIGNMENTS, course_secret, grade, problems, student_seed
from udtlib.check.grading.student import Student, UnansweredError, read_cells
from udtlib.check.grading.worker import kept
from udtlib.errors import DataError, OptionError

RIGHT = """
import numpy as np
def peak_shift(response):
    row, column = np.unravel_index(np.argmax(response), response.shape)
    return signed(row, response.shape[0]), signed(column, response.shape[1])
def signed(index, length):
    return index if index <= length / 2 else index - length
"""
WRONG = "def peak_shift(response):\n    return 0, 0\n"
HEAD = "import gc, os, sys, importlib, subprocess, ctypes, sqlite3, signal\nimport numpy as np\n"


def trick(body, before=""):
    """Return the cells of a notebook whose `peak_shift` is a trick."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return [HEAD + before, f"def peak_shift(response):\n{lines}\n    return 0, 0\n"]


TRICKS = {
    "other checks in udtlib": [
        "import udtlib.check.a1 as a1, udtlib.check.hints as hints",
        "a1.PROBLEMS = {}; a1.check = hints.compare = hints.expect = lambda *_, **__: None",
        WRONG,
    ],
    "other comparisons in numpy": trick(
        "np.allclose = np.isclose = np.array_equal = lambda *_, **__: True\nnp.ndarray.__eq__ = None"
    ),
    "everything is equal": trick(
        "return Equal()",
        "class Equal:\n    __eq__ = lambda *_: True\n    shape = (2,)\n    __len__ = lambda _: 2\n",
    ),
    "an array that is always equal": trick(
        "return np.zeros(2).view(Equal)",
        "class Equal(np.ndarray):\n    __eq__ = __le__ = __lt__ = lambda *_: np.array(True)\n",
    ),
    "the reference is imported": trick(
        "from udtlib.check import a1\nrow, column = np.unravel_index(response.argmax(), response.shape)\n"
        "return a1._signed(row, response.shape[0]), a1._signed(column, response.shape[1])"
    ),
    "the reference is imported past the finders": trick(
        "sys.meta_path[:] = sys.meta_path[-1:]\na1 = importlib.import_module('udtlib.check.a1')\n"
        "row, column = np.unravel_index(response.argmax(), response.shape)\n"
        "return a1._signed(row, response.shape[0]), a1._signed(column, response.shape[1])"
    ),
    "the reference is read from its file": trick(
        "import udtlib.check\nnames = {}\nexec(open(udtlib.check.__path__[0] + '/a1.py').read(), names)\n"
        "row, column = np.unravel_index(response.argmax(), response.shape)\n"
        "return names['_signed'](row, response.shape[0]), names['_signed'](column, response.shape[1])"
    ),
    "the reference is opened by way of its folder": trick(
        "import udtlib.check\nfolder = os.open(udtlib.check.__path__[0], os.O_RDONLY)\nnames = {}\n"
        "exec(open(os.open('a1.py', os.O_RDONLY, dir_fd=folder)).read(), names)\n"
        "row, column = np.unravel_index(response.argmax(), response.shape)\n"
        "return names['_signed'](row, response.shape[0]), names['_signed'](column, response.shape[1])"
    ),
    "the process that asks is changed in memory": trick(
        "main = sys.modules['__main__']\nmain.answer = lambda *_: main.pack({'answer': 4, 'earned': 4})"
    ),
    "the reference is looked for in frames": trick(
        "frame = sys._getframe()\nwhile frame:\n    for value in list(frame.f_locals.values()):\n"
        "        if isinstance(value, dict) and 'truth' in value:\n            return value['truth']\n"
        "    frame = frame.f_back"
    ),
    "the reference is looked for in memory": trick(
        "return next(o['truth'] for o in gc.get_objects() if isinstance(o, dict) and 'truth' in o)"
    ),
    "a mark is written to every pipe": trick(
        "import json, struct\ntext = json.dumps({'earned': 4, 'possible': 4, 'remarks': []}).encode()\n"
        "frame = struct.pack('>II', len(text), 0) + text\nfor number in range(3, 20):\n    try:\n"
        "        os.write(number, frame)\n"
        "    except OSError:\n        pass"
    ),
    "a mark is written to the gradebook": trick(
        "sqlite3.connect('gradebook.db').execute('update grade set manual_score = 99')"
    ),
    "the judge is ended": trick("os.kill(os.getppid(), 9)"),
    "another process does it": trick("return subprocess.check_output(['echo', '1'])"),
    "the audit hook is replaced": trick("sys.addaudithook(lambda *_: None)\nopen('marks', 'w').write('4')"),
    "an error that passes for a mark": trick("raise SystemExit(0)"),
    "the process ends as if all were well": trick("os._exit(0)"),
    "native code crashes": trick("ctypes.string_at(0)"),
    "an answer without end": trick("return np.zeros(10**8)"),
    "an answer in an answer": trick("x = []\nx.append(x)\nreturn x"),
}


@pytest.mark.parametrize("cells", TRICKS.values(), ids=TRICKS)
def test_tricks_earn_nothing(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = grade("a1", cells, "a seed", ["peak_shift"])["peak_shift"]
    assert (found.earned, found.possible) == (0, 4)
    assert len(found.remarks) == 3
    assert list(tmp_path.iterdir()) == []


def test_an_honest_answer_earns_its_points_with_whatever_stands_around_it():
    cells = [
        "%matplotlib inline\nimport no_such_module",
        "1 / 0",
        "def broken(:",
        RIGHT,
        "raise SystemExit",
        "while True: pass",
    ]
    found = grade("a1", cells, "a seed")
    assert found["peak_shift"] == (4, 4, ())
    assert found["placed_label"].earned == 0
    assert "no function placed_label" in found["placed_label"].remarks[0]


TRICKLE = """
import struct, time
data = struct.pack(">II", 1000, 0)
while True:
    for number in range(3, 30):
        try:
            os.write(number, data)
        except OSError:
            pass
    time.sleep(0.1)
    data = b" "
"""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("while True: pass", "gave no answer for 1.5 s"),
        (TRICKLE, "gave no answer"),
        ("x = []\nwhile True: x.append(bytearray(1 << 26))", "MemoryError|crashed|no answer"),
        ("return peak_shift(response)", "RecursionError"),
    ],
    ids=["endless", "a trickle", "memory", "recursion"],
)
def test_a_function_that_does_not_end_costs_its_points_and_some_seconds(body, words):
    start = time.monotonic()
    with Student(trick(body), seconds=1.5) as one:
        part = problems("a1")["peak_shift"][:1]
        found = mark("peak_shift", part, one.function("peak_shift"), "a seed")
    assert found.earned == 0
    assert time.monotonic() - start < 60
    assert re.search(words, found.remarks[0])


def test_a_cell_that_hangs_when_it_defines_costs_no_more(monkeypatch):
    monkeypatch.setattr(student, "STARTING", 1.0)
    cells = [
        "import time",
        "@time.sleep\ndef peak_shift(response):\n    pass",
        "class A:\n    while True: pass",
    ]
    with Student(cells, seconds=0.5) as one, pytest.raises(UnansweredError, match="no answer"):
        one.function("peak_shift")(np.zeros((3, 3)))


def test_a_new_process_takes_over_after_one_that_died():
    cells = [HEAD, "def f(x):\n    return x + 1 if x < 5 else os._exit(3)"]
    with Student(cells) as one:
        f = one.function("f")
        assert f(1.0) == 2
        with pytest.raises(UnansweredError, match="ended with status 3"):
            f(7.0)
        assert f(2.0) == 3


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_our_solutions_earn_all_points_in_their_own_process_too(assignment):
    notebook = assignments.instructor_version(assignment, assignments.sources()[assignment])
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    marks = grade(assignment, cells, "a seed")
    assert {name: mark.remarks for name, mark in marks.items()} == dict.fromkeys(problems(assignment), ())


def test_what_is_kept_of_a_notebook():
    source = """
import os, numpy as np
from math import pi
from numpy import *
N = 3
x = 1
EVIL = os.getcwd()
g = lambda x: x
def f():
    return np, N
"""
    names = [type(node).__name__ for node in kept([source]).body]
    assert names == ["Import", "ImportFrom", "Assign", "Assign", "FunctionDef"]


@pytest.mark.parametrize(
    "line",
    [
        "TURN = 2 * np.pi",
        "TURN: float = 6.283185307179586",
        "TURN, SIDE = math.tau, 125",
        "TURN = np.float64(2) * np.arccos(-1)",
        "HALF = -3.141592653589793\nTURN = -2 * HALF",
    ],
)
def test_a_constant_is_a_constant_however_it_is_written(line):
    cell = f"import math\nimport numpy as np\n{line}\ndef turn():\n    return TURN\n"
    with Student([cell]) as notebook:
        assert notebook.function("turn")() == pytest.approx(2 * np.pi)


@pytest.mark.parametrize(
    "line",
    [
        "A = [x for x in range(9)]",
        "A = os.getcwd()",
        "A = f()",
        "A, b = 1, 2",
        "A[0] = 1",
        "A: int",
        "A = (lambda: 1)()",
    ],
)
def test_what_is_computed_is_no_constant(line):
    assert kept([line]).body == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "text",
        1.5,
        [1.0, [2.0, "x"]],
        {"answer": [np.arange(6.0).reshape(2, 3), 2.0]},
        np.ones((2, 0)),
    ],
    ids=repr,
)
def test_values_come_out_of_a_frame_as_they_went_in(value):
    frame = wire.pack(value)
    text, payload = wire.lengths(frame[:8])
    found = wire.unpack(frame[8 : 8 + text], frame[8 + text : 8 + text + payload])
    assert str(found) == str(value)


def test_complex_numbers_stay_complex_and_integers_become_floats():
    for value, dtype in ((np.array([1j]), complex), (np.arange(3), float), (np.array([True]), float)):
        frame = wire.pack(value)
        text, _ = wire.lengths(frame[:8])
        assert wire.unpack(frame[8 : 8 + text], frame[8 + text :]).dtype == dtype


@pytest.mark.parametrize(
    "described",
    [
        {"kind": "f", "shape": [10**9, 10**9]},
        {"kind": "f", "shape": [-1]},
        {"kind": "O", "shape": [1]},
        {"kind": "f", "shape": "abc"},
        {"list": 5},
        {"dict": [[1]]},
        {},
        [],
        5,
    ],
    ids=repr,
)
def test_hostile_frames_are_refused(described):
    with pytest.raises(ValueError):
        wire.unpack(json.dumps(described).encode(), b"12345678")
    with pytest.raises(ValueError):
        wire.unpack(b"[" * 10**5, b"")


def test_hostile_lengths_are_refused():
    for head in (b"", b"1234567", b"\xff" * 8, (2**21).to_bytes(4, "big") + bytes(4)):
        with pytest.raises(ValueError):
            wire.lengths(head)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cells": 5}', '{"cells": [{"cell_type": "code"}]}', "[" * 10**5]
)
def test_what_is_no_notebook_is_refused(text, tmp_path):
    path = tmp_path / "a1.ipynb"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a1\.ipynb"):
        read_cells(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_cells(tmp_path / "none.ipynb")


def test_one_notebook_is_graded_in_a_terminal(tmp_path):
    cell = {"cell_type": "code", "source": RIGHT.splitlines(keepends=True)}
    (tmp_path / "a1.ipynb").write_text(json.dumps({"cells": [cell]}))
    (tmp_path / "json.py").write_text("raise SystemExit(5)")
    command = [sys.executable, "-P", "-m", "udtlib.check.grading", "a1", "a1.ipynb", "--only", "peak_shift"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "peak_shift: 4 of 4 points\n4 of 4 points\n", done.stderr


def test_secrets_and_unknown_names(tmp_path):
    with pytest.raises(OptionError, match="make assignments"):
        course_secret(tmp_path)
    (tmp_path / "secret").write_text("abc\n")
    assert student_seed(course_secret(tmp_path), "ada") != student_seed(course_secret(tmp_path), "bob")
    with pytest.raises(OptionError, match="a9"):
        grade("a9", [], "x")
    with pytest.raises(OptionError, match="nobody"):
        grade("a1", [], "x", ["nobody"])
