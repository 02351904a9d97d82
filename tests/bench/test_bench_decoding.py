"""The two ways to decode a video, side by side."""

import json
import time

import numpy as np
import pytest

from udtlib.bench import decoding
from udtlib.bench.decoding import Decoding, decoding_table, measure_decoding
from udtlib.cli import main
from udtlib.data.sequences import Frames
from udtlib.errors import OptionError


class Paced(Frames):
    """Each frame takes so many seconds; the first, and opening, ten times as long."""

    closed = 0

    def __init__(self, path, seconds):
        time.sleep(10 * seconds)
        self.seconds, self.seen = seconds, []

    def __len__(self):
        raise AssertionError("nobody asks")

    def read(self, index):
        time.sleep(10 * self.seconds if index == 0 else self.seconds)
        self.seen.append(index)
        return np.zeros((2, 2, 3), np.uint8)

    def close(self):
        Paced.closed += 1


def test_the_figures_are_those_of_the_readers(monkeypatch, tmp_path):
    monkeypatch.setattr(decoding, "_write_video", lambda path, frames: path)
    monkeypatch.setattr(decoding, "VideoReader", lambda path: Paced(path, 0.002))
    monkeypatch.setattr(decoding, "VideoFile", lambda path: Paced(path, 0.004))
    cost = measure_decoding(11, 3)
    assert cost.frames == 11
    assert len(cost.direct) == len(cost.child) == len(cost.start_ms) == Paced.closed == 3
    assert max(cost.direct) <= 500
    assert max(cost.child) <= 250
    assert min(cost.start_ms) >= 40
    with pytest.raises(OptionError, match="frames"):
        measure_decoding(1, 1)


def test_the_table():
    cost = Decoding(9, (100.0, 200.0, 400.0), (50.0, 50.0, 100.0), (80.0, 90.0, 99.0))
    assert cost.ratio == 0.25
    assert decoding_table(cost).splitlines()[1:] == [
        "in this process        200      100      400",
        "in a child              50       50      100",
        "9 frames of 640x480, VP9; ratio 0.25, start of a child 90 ms",
    ]


def test_the_command(tmp_path, capsys):
    path = tmp_path / "d.json"
    assert main(["bench", "--decoding", "--frames", "5", "--rounds", "1", "--json", str(path)]) == 0
    told = capsys.readouterr().out
    assert "threads: 1" in told
    assert "5 frames of 640x480, VP9; ratio " in told
    found = json.loads(path.read_text())
    assert found["machine"]["cpu"] in told
    assert found["decoding"]["ratio"] == pytest.approx(
        found["decoding"]["child"][0] / found["decoding"]["direct"][0]
    )
    with pytest.raises(SystemExit):
        main(["bench", "--decoding", "--layer"])
