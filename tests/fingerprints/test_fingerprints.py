"""Fingerprints: equal where nothing that matters changed, other where something did; the kinds of code are in
`evaluation/running/test_stale_results.py`."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
import torch
from shift_tracker import Shift, make_sequence

from udtlib.data.images import ImageFiles
from udtlib.data.sequences import Sequence
from udtlib.evaluation.results.fingerprints import boxes_fingerprint, frames_fingerprint
from udtlib.fingerprints import file_fingerprint, files, files_fingerprint, fingerprint
from udtlib.fingerprints.walk import LIMIT
from udtlib.trackers import load_tracker
from udtlib.trackers.udt import UdtTracker
from udtlib.weights import random_weights

TESTS = Path(__file__).parents[1]


class Colour(Enum):
    RED = 1
    BLUE = 2


class Named:
    """A user's object that has a name of its own for something else."""

    fingerprint = "of a finger"

    def __init__(self, size):
        self.size = size


PAIRS = [
    (Named(1), Named(2)),
    (1, 2),
    (1, True),
    (1, 1.0),
    (0.0, -0.0),
    ("1", 1),
    (b"a", "a"),
    ([1, 2], (1, 2)),
    ([1, 2], [2, 1]),
    ([[1], 2], [1, [2]]),
    ({"a": 1}, {"a": 2}),
    ({1, 2}, {1, 3}),
    ({1}, frozenset({1})),
    (deque([1]), deque([2])),
    (OrderedDict(a=1), OrderedDict(a=2)),
    (Colour.RED, Colour.BLUE),
    (range(3), range(4)),
    (Path("a"), Path("b")),
    (np.float32(1), np.float64(1)),
    (np.zeros(3), np.zeros(4)),
    (np.zeros(4), np.zeros((2, 2))),
    (np.zeros(2, "f4"), np.zeros(2, "i4")),
    (np.array([None, 1]), np.array([None, 2])),
    (torch.zeros(3), torch.ones(3)),
    (torch.zeros(2, dtype=torch.bfloat16), torch.zeros(2, dtype=torch.float16)),
    (random_weights(1), random_weights(2)),
    (torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)),
    (random.Random(1), random.Random(2)),
    (np.random.default_rng(1), np.random.default_rng(2)),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_different_values_have_different_fingerprints(one, other):
    assert fingerprint(one) == fingerprint(one)
    assert fingerprint(one).digest != fingerprint(other).digest
    assert not fingerprint(one).unknown
    assert fingerprint([one]).digest != fingerprint([other]).digest


def test_one_number_among_millions_counts():
    weights = np.zeros(4_000_000, np.float32)
    before = fingerprint(weights)
    weights[3_141_592] = 1
    assert fingerprint(weights) != before


def test_the_order_of_keys_and_members_does_not_count():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    names = [f"name {index}" for index in range(50)]
    assert fingerprint(set(names)) == fingerprint(set(reversed(names)))


def test_comments_names_and_places_do_not_count():
    first, second = {"__name__": "cell"}, {"__name__": "other"}
    exec("def f(x):\n    return x + 1", first)
    exec("# a comment\n\n\ndef f(x):  # another\n\n    return x + 1", second)
    assert fingerprint(first["f"]) == fingerprint(second["f"])


def test_a_circle_comes_to_an_end():
    circle: list[object] = []
    circle.append(circle)
    assert fingerprint(circle) == fingerprint(circle)

    def one():
        return other()

    def other():
        return one()

    assert not fingerprint(one).unknown


def test_deep_and_large_objects_are_bounded():
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert not fingerprint(deep).unknown
    tuples: tuple[object, ...] = ()
    for _ in range(5000):
        tuples = (tuples,)
    assert fingerprint([tuples]).unknown == (": nested too deeply",)
    many = [[index] for index in range(LIMIT + 5)]
    (line,) = fingerprint(many).unknown
    assert line.endswith(f"more than {LIMIT} objects")


def test_locks_hold_nothing_and_open_files_are_unknown():
    class Locked(Shift):
        lock = threading.Lock()
        event = threading.Event()

    assert not fingerprint(Locked).unknown
    with open(os.devnull) as stream:
        assert fingerprint({"log": stream}).unknown == (".log: _io.TextIOWrapper",)
        assert fingerprint(one for one in [1]).unknown == ("object: builtins.generator",)


def test_generators_of_a_new_tracker_count_by_their_kind():
    class Drawn(Shift):
        def __init__(self):
            super().__init__()
            self.random = np.random.default_rng()

    assert fingerprint(Drawn, made=[Drawn()]) == fingerprint(Drawn, made=[Drawn()])
    assert fingerprint(Drawn()) != fingerprint(Drawn())


def test_files_that_are_named_count_with_their_content(tmp_path):
    file = tmp_path / "net.bin"
    file.write_bytes(b"one")
    for name in (file, str(file)):
        before = fingerprint([name])
        assert list(before.files) == [str(file)]
        file.write_bytes(b"two")
        after = fingerprint([name])
        assert (after.digest, after.files != before.files) == (before.digest, True)
        file.write_bytes(b"one")
    assert fingerprint(["a.b", "no/file", "x\0.y", "." * 5000]).files == {}


STABLE = """
import sys
sys.path.append(sys.argv[1])
from test_fingerprints import everything
print(everything())
"""


def everything():
    """Fingerprints of much, for one line."""
    clip = make_sequence()
    names = {f"name {index}" for index in range(9)}
    found = [
        fingerprint(Shift, names, dict.fromkeys(names), made=[Shift()]),
        fingerprint(UdtTracker, made=[load_tracker("udt")]),
        fingerprint(made=[load_tracker("kcf")]),
        fingerprint(made=[load_tracker("csrt")]),
    ]
    assert not any(one.unknown for one in found)
    digests = [one.digest for one in found]
    return digests, frames_fingerprint(clip.frames, 6), boxes_fingerprint(clip.boxes)


def test_equal_in_fresh_interpreters_whatever_their_hash_seed():
    printed = []
    for seed in ("1", "2"):
        seeded = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
        command = [sys.executable, "-c", STABLE, str(Path(__file__).parent)]
        printed.append(subprocess.run(command, capture_output=True, text=True, check=True, env=seeded).stdout)
    assert printed[0] == printed[1]
    assert printed[0].count(", ") >= 5


def test_a_fingerprint_takes_milliseconds():
    """About 1 ms for a small class, 50 ms for UDT with all its code: bounds that a busy machine keeps."""
    for tracker, limit in ((Shift(), 0.1), (load_tracker("udt"), 2.0)):
        fingerprint(made=[tracker])
        begun = time.perf_counter()
        fingerprint(made=[tracker])
        assert time.perf_counter() - begun < limit


def test_files_beyond_the_budget_are_sampled_and_their_time_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BUDGET", 2 * files.LEAST)
    path = tmp_path / "large"
    path.write_bytes(bytes(100_000))
    small = tmp_path / "small"
    small.write_bytes(b"1")
    before = files_fingerprint([path, small])
    os.utime(path, ns=(0, 0))
    assert files_fingerprint([path, small]) != before
    os.utime(small, ns=(0, 0))
    before = files_fingerprint([path, small])
    for place in (0, 99_999):
        data = bytearray(100_000)
        data[place] = 1
        path.write_bytes(data)
        os.utime(path, ns=(0, 0))
        assert files_fingerprint([path, small]) != before
    assert file_fingerprint(small) != file_fingerprint(path)


def test_frames_count_by_content_up_to_the_last_annotated(tmp_path):
    arrays = [np.full((4, 5, 3), index, np.uint8) for index in range(6)]
    changed = [array + (index == 5) for index, array in enumerate(arrays)]
    assert frames_fingerprint(arrays, 5) == frames_fingerprint(changed, 5)
    assert frames_fingerprint(arrays, 6) != frames_fingerprint(changed, 6)
    assert frames_fingerprint(np.stack(arrays), 6) == frames_fingerprint(arrays, 6)
    assert frames_fingerprint((), 0) == frames_fingerprint([], 3)
    assert frames_fingerprint(ImageFiles([tmp_path / "none.jpg"]), 1) == ""


def test_parts_of_frames_are_told_apart(tmp_path):
    paths = [tmp_path / f"{index}.bmp" for index in range(6)]
    for index, path in enumerate(paths):
        path.write_bytes(bytes([index]))
    whole = ImageFiles(paths)
    assert frames_fingerprint(whole[1:4], 3) == frames_fingerprint(whole[1:4], 3)
    assert frames_fingerprint(whole[1:4], 3) != frames_fingerprint(whole[2:5], 3)


def test_frames_that_cannot_be_looked_into_are_sampled():
    class Streamed(list):
        def __init__(self, shade):
            super().__init__()
            self.lines, self.shade = (one for one in ""), shade

        def __len__(self):
            return 100

        def __getitem__(self, index):
            return np.full((4, 5, 3), self.shade, np.uint8)

    sequences = [Sequence("one", Streamed(shade), np.ones((100, 4))) for shade in (1, 1, 2)]
    first, second, other = (frames_fingerprint(one.frames, 100) for one in sequences)
    assert first == second != other


def test_every_file_that_a_long_list_names_counts(tmp_path):
    paths = [tmp_path / f"{number}.txt" for number in range(12)]
    for path in paths:
        path.write_text("before")
    first = fingerprint(list(map(str, paths)))
    paths[7].write_text("after")
    second = fingerprint(list(map(str, paths)))
    assert len(first.files) == 12
    assert [path for path in first.files if first.files[path] != second.files[path]] == [str(paths[7])]
