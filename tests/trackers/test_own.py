"""A user's own tracker by file or module: what it is called, how it is found, and what goes wrong."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from clips import moving_clip

from udtlib import load_tracker
from udtlib.errors import (
    BoxError,
    MissingDataError,
    TrackerError,
    UdtError,
    UnknownNameError,
    UnknownOptionError,
)
from udtlib.trackers import Tracker
from udtlib.trackers.group import load_group
from udtlib.trackers.own import LARGEST_SOURCE, OwnTracker, absolute, own_tracker, tracker_name

MINE = """
from dataclasses import dataclass

@dataclass
class Mine:
    step: float = 1.0
    def init(self, frame, box):
        self.box = box
    def update(self, frame):
        self.box = self.box + [self.step, 0, 0, 0]
        return list(self.box)

class Fails(Mine):
    def __init__(self):
        super().__init__()
        raise ValueError("no such
 model")

class Other:
    def initialize(self, image, info): pass
    def track(self, image): pass

class Bare: pass
number = 3
def make(step=2.0): return Mine(step)
def forgets(): Mine()
def gives_class(): return Mine
def make_ours():
    from udtlib import load_tracker
    return load_tracker("mosse")
""".replace("\n model", "\\n model")


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "my tracker.v2.py"
    path.write_text(MINE)
    return path


def clip():
    return moving_clip([(1, 1)] * 2)


def run(tracker):
    frames, boxes = clip()
    tracker.init(frames[0], boxes[0])
    return [tracker.update(frame) for frame in frames[1:]], boxes[0]


@pytest.mark.parametrize(
    ("name", "options", "step"), [("Mine", {}, 1), ("Mine", {"step": 3}, 3), ("make", {}, 2)]
)
def test_a_class_or_a_function_of_a_file(mine, name, options, step):
    tracker = load_tracker(f"{mine}:{name}", **options)
    assert isinstance(tracker, Tracker)
    boxes, start = run(tracker)
    np.testing.assert_allclose(boxes, start + np.array([[step], [2 * step]]) * [1, 0, 0, 0])
    assert boxes[0].dtype == np.float64
    assert getattr(tracker, "score", None) is None


def test_ours_from_a_file_keeps_what_it_shows(mine):
    tracker, plain = load_tracker(f"{mine}:make_ours"), load_tracker("mosse")
    np.testing.assert_array_equal(run(tracker)[0], run(plain)[0])
    np.testing.assert_array_equal(tracker.response, plain.response)
    assert tracker.score == plain.score
    with pytest.raises(BoxError, match="outside"):  # our own errors go through as they are
        tracker.init(clip()[0][0], (1000, 0, 20, 20))


def test_several_targets(mine):
    group = load_group(f"{mine}:Mine", 2)
    frames, boxes = clip()
    group.init(frames[0], np.stack([boxes[0], boxes[0] + [5, 0, 0, 0]]))
    np.testing.assert_allclose(group.update(frames[1])[:, 0], [boxes[0][0] + 1, boxes[0][0] + 6])


def test_a_module_is_imported_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package/__init__.py").write_text("")
    (tmp_path / "own_package/trackers.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    assert len(run(load_tracker("own_package.trackers:Mine"))[0]) == 2
    with pytest.raises(
        UnknownNameError, match=r"own_package\.trackers: expected a class .* Nix.*there: Fails, Mine"
    ):
        load_tracker("own_package.trackers:Nix")
    with pytest.raises(TrackerError, match=r"/trackers\.py, line 16: Fails\(\.\.\.\) raised ValueError"):
        load_tracker("own_package.trackers:Fails")


def test_names_in_results():
    assert tracker_name("udt+") == "udt+"
    assert tracker_name("/a/my tracker.v2.py:Mine") == "my_tracker_v2.Mine"
    assert tracker_name("../../x.py:Mine") == "x.Mine"
    assert tracker_name("package.module:Mine") == "module.Mine"
    assert tracker_name("a/\x1b[2J.py:T") == "__2J.T"
    assert len(tracker_name(f"{'a' * 300}.py:{'B' * 300}")) == 121


def test_a_name_for_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute("x.py:T") == f"{tmp_path}/x.py:T"
    assert absolute("package.module:T") == "package.module:T"
    assert absolute("udt") == "udt"


@pytest.mark.parametrize(
    "name", ["x.py", "x.py:", "x.py:A.b", "x.py:1", ":T", "a b:T", "a/b:T", "mod.:T", "x.py:T:", "x.py:T()"]
)
def test_names_of_another_form(name):
    with pytest.raises(
        UnknownNameError, match=r"expected your own tracker as file\.py:Class or package\.module:Class"
    ):
        load_tracker(name)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        (
            "Nix",
            {},
            UnknownNameError,
            r"expected a class or function Nix.*with init and update there: Fails, Mine$",
        ),
        ("number", {}, TrackerError, r"expected number to be a class, or a function .*found 3"),
        (
            "Bare",
            {},
            TrackerError,
            r"init\(frame, box\) and update\(frame\), found Bare without init and update",
        ),
        (
            "Other",
            {},
            TrackerError,
            r"as pytracking's have them.*adapters\.FromPytracking\(Other\(\.\.\.\)\)",
        ),
        ("forgets", {}, TrackerError, r"forgets: expected .*found None: a function must return the tracker"),
        ("gives_class", {}, TrackerError, r"found the class Mine itself"),
        ("Fails", {}, TrackerError, r"\.py, line 16: Fails\(\.\.\.\) raised ValueError: no such model$"),
        ("Mine", {"stride": 1}, UnknownOptionError, r"'stride'.*it takes: step"),
        ("Mine", {"step": 1, "x": 2}, UnknownOptionError, r"with the options \{'step': 1, 'x': 2\}"),
    ],
)
def test_what_cannot_be_made(mine, name, options, error, message):
    with pytest.raises(error, match=message) as caught:
        load_tracker(f"{mine}:{name}", **options)
    assert str(mine) in str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class T\n", r"x\.py, line 1: expected a file of Python, found expected ':'"),
        ("\n1 / 0\n", r"x\.py, line 2: running the file raised ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit('bye')\n", r"x\.py, line 2: running the file raised SystemExit: bye"),
        ("import not_there\n", r"line 1: .*No module named 'not_there'; install not_there into this Python"),
        ("import beside\n", r"it lies beside the file: set the environment variable PYTHONPATH="),
        ("from .beside import a\n", r"a file of a package is named as package\.module:Class"),
        ("x = '\0'\n", r"x\.py.*null bytes"),
        ("\xff = 1\n", r"x\.py.*raised SyntaxError|expected a file of Python"),
        ("(" * 5000, r"x\.py"),
    ],
    ids=range(9),
)
def test_files_that_cannot_be_run(tmp_path, source, message):
    (tmp_path / "beside.py").write_text("raise SystemExit('ran')")
    (tmp_path / "x.py").write_text(source, encoding="latin-1")
    before = set(sys.modules)
    with pytest.raises(TrackerError, match=message):
        load_tracker(f"{tmp_path}/x.py:T")
    assert not {name for name in set(sys.modules) - before if name.startswith("udt_tracker")}


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(
        MissingDataError, match=r"none\.py: no such file; a tracker of your own is named as file"
    ):
        load_tracker(f"{tmp_path}/none.py:T")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(MissingDataError, match=r"folder\.py: no such file"):
        load_tracker(f"{tmp_path}/folder.py:T")
    with (tmp_path / "large.py").open("wb") as file:
        file.truncate(LARGEST_SOURCE + 1)
    with pytest.raises(TrackerError, match="of at most 10,485,760 bytes, found 10,485,761"):
        load_tracker(f"{tmp_path}/large.py:T")


def test_modules_that_are_not_there(tmp_path, monkeypatch):
    """The current folder is no place to import from, but the message knows of the file there."""
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", ".")])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lies_here.py").write_text(MINE)
    with pytest.raises(TrackerError, match=r"found none; the file here is named lies_here\.py:Class"):
        load_tracker("lies_here:Mine")
    with pytest.raises(TrackerError, match=r"no\.where: expected a module that is installed, .*found none$"):
        load_tracker("no.where:Mine")


def test_neither_the_files_folder_nor_the_current_one_is_imported_from(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", ".")])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chunk.py").write_text("raise SystemExit('ran')")
    (tmp_path / "x.py").write_text(MINE + "\ntry:\n    import chunk_beside\nexcept ImportError:\n    pass\n")
    (tmp_path / "chunk_beside.py").write_text("raise SystemExit('ran')")
    before = list(sys.path)
    assert len(run(load_tracker("x.py:Mine"))[0]) == 2
    assert sys.path == before
    assert not (tmp_path / "__pycache__").exists()


BAD_ANSWERS = {
    "nothing": (
        "pass",
        r"update must return a box of four numbers x, y, w, h, found None: does it end without",
    ),
    "three": ("return [1, 2, 3]", r"found \[1, 2, 3\]"),
    "rows": ("return [[1, 2, 3, 4]]", r"found \[\[1, 2, 3, 4\]\]"),
    "text": ("return 'box'", r"found 'box'"),
    "dictionary": ("return {'bbox': [1, 2, 3, 4]}", r"found \{'bbox'"),
    "number": ("return 5", r"found 5"),
    "ragged": ("return [1, 2, [3], 4]", r"found \[1, 2, \[3\], 4\]"),
    "raises": (
        "return self.nix",
        r"\.py, line 5: update of T raised AttributeError: 'T' object has no attribute",
    ),
    "exit": ("raise SystemExit", r"line 5: update of T raised SystemExit$"),
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_answers_that_are_no_boxes(tmp_path, kind):
    body, message = BAD_ANSWERS[kind]
    head = "class T:\n    def init(self, frame, box):\n        pass\n    def update(self, f):\n"
    (tmp_path / "t.py").write_text(f"{head}        {body}\n")
    with pytest.raises(TrackerError, match=message) as caught:
        run(load_tracker(f"{tmp_path}/t.py:T"))
    assert f"{tmp_path}/t.py" in str(caught.value)


def test_numbers_that_are_not_finite_are_the_protocols_matter(tmp_path):
    body = "    def init(self, frame, box): pass\n    def update(self, f): return [1, float('nan'), 3, 4]\n"
    (tmp_path / "t.py").write_text(f"class T:\n{body}")
    np.testing.assert_array_equal(run(load_tracker(f"{tmp_path}/t.py:T"))[0][0], [1, np.nan, 3, 4])


def test_an_edited_file_is_run_again_and_a_stale_maker_refuses(mine):
    maker = own_tracker(f"{mine}:Mine")
    assert pickle.loads(pickle.dumps(maker)) == maker
    assert isinstance(maker, OwnTracker)
    assert maker.name == "my_tracker_v2.Mine"
    mine.write_text(
        MINE.replace("step: float = 1.0", "step: float = 9.0")
    )  # of the same size, in the same second
    boxes, start = run(load_tracker(f"{mine}:Mine"))
    assert boxes[0][0] == start[0] + 9
    with pytest.raises(TrackerError, match="was edited while the run went on"):
        maker()


def test_all_errors_are_ours(mine):
    assert all(issubclass(one, UdtError) for one in (UnknownNameError, TrackerError, MissingDataError))


def test_two_threads_that_load_one_file_both_get_its_class(tmp_path):
    """The second waits until the first has run all of the file."""
    path = tmp_path / "slow.py"
    path.write_text(
        "import time\ntime.sleep(0.2)\n"
        "class Still:\n"
        "    def init(self, frame, box): self.box = box\n"
        "    def update(self, frame): return self.box\n"
    )
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(load_tracker, [f"{path}:Still"] * 2))
    assert [type(one.tracker).__name__ for one in made] == ["Still", "Still"]
