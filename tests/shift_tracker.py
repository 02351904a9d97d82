"""A tracker that is right on small made-up sequences, and some that fail; tests of evaluation share them."""

import hashlib
import os
import signal
import time

import numpy as np

from udtlib.data import Sequence

SHIFT = np.array([1.0, 0.5, 0, 0])


def make_sequence(name="one", count=6, start=(10.0, 20.0, 8.0, 6.0)):
    """Frames whose first pixel holds the frame's number; the target moves by SHIFT."""
    frames = [np.full((40, 60, 3), index, np.uint8) for index in range(count)]
    return Sequence(name, frames, np.array(start) + np.arange(count)[:, None] * SHIFT, ("FM",))


class Shift:
    """Moves by SHIFT: right on every sequence of this file. `slow` seconds an update."""

    def __init__(self, slow=0.0):
        self.slow = slow

    def init(self, frame, box):
        self.box = np.array(box)

    def update(self, frame):
        time.sleep(self.slow)
        self.box = self.box + SHIFT
        return self.box


class Raises(Shift):
    def init(self, frame, box):
        if box[0] == 11:
            raise RuntimeError("no model here")
        super().init(frame, box)


class Dies(Shift):
    def init(self, frame, box):
        if box[0] == 11:
            os.kill(os.getpid(), signal.SIGKILL)
        super().init(frame, box)


class GivesNaN(Shift):
    def update(self, frame):
        box = super().update(frame)
        return [np.nan, 0, np.inf, 1] if frame[0, 0, 0] == 3 else box


class GivesThree(Shift):
    def update(self, frame):
        return [1, 2, 3]


def three_sequences():
    return [make_sequence(name, start=(10.0 + i, 20, 8, 6)) for i, name in enumerate("abc")]


def becomes_true(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def finished(folder, before):
    """Finished files with what would change if one were written again; none may differ from `before`."""
    stats = {path.name: path.stat() for path in (folder / "run/Shift").glob("[!.]*.txt")}
    found = {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}
    assert before.items() <= found.items()
    return found


def digests(folder):
    paths = sorted(folder.rglob("[!.]*.txt"))
    assert paths
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
