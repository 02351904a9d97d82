import json
import multiprocessing
import os
import time
from contextlib import nullcontext

import cv2
import numpy as np
import pytest
import torch
from clips import moving_clip

from udtlib.bench import trackers as benchmark
from udtlib.bench.processes import own_processes
from udtlib.bench.trackers import (
    StageClock,
    Timing,
    floor_table,
    follow,
    measure,
    pinned,
    ratio,
    speed_table,
    stage_table,
    to_dict,
)
from udtlib.cli import main
from udtlib.commands import bench, common
from udtlib.data import Sequence
from udtlib.errors import DataError, TrackerError, UnknownNameError


class Slow:
    """A tracker of known pace: `crop` sleeps 4 ms, `locate` 2 ms and a crop, `update` 1 ms of its own."""

    stages = ("_crop", "part.locate")

    def __init__(self):
        self.part, self.calls = self, []

    def init(self, frame, box):
        self.calls.append(("init", int(frame[0, 0, 0])))
        time.sleep(0.005)

    def _crop(self):
        time.sleep(0.004)

    def locate(self):
        time.sleep(0.002)
        self._crop()

    def update(self, frame):
        self.calls.append(("update", int(frame[0, 0, 0])))
        time.sleep(0.001)
        self.part.locate()


def clip(count=4):
    frames, boxes = moving_clip([(1, 1)] * (count - 1))
    return Sequence("clip", frames, boxes)


def test_time_belongs_to_the_innermost_stage():
    tracker, clock = Slow(), StageClock()
    clock.watch(tracker)
    for _ in range(5):
        tracker.update(np.zeros((2, 2, 3), np.uint8))
    milliseconds = {name: 1e3 * seconds / 5 for name, seconds in clock.seconds.items()}
    assert milliseconds.keys() == {"crop", "part.locate", "other"}
    assert 4 <= milliseconds["crop"] < 40
    assert milliseconds["part.locate"] >= 2
    assert milliseconds["other"] >= 1
    assert milliseconds["part.locate"] < milliseconds["crop"], "the crop inside is not counted twice"


def test_a_stage_that_raises_is_still_counted():
    clock = StageClock()

    def fail():
        raise ValueError("no")

    wrapped = clock.wrap(fail, "fail")
    outer = clock.wrap(lambda: time.sleep(0.002), "outer")
    with pytest.raises(ValueError, match="no"):
        wrapped()
    outer()
    assert clock.seconds["fail"] > 0
    assert clock.seconds["outer"] >= 0.002


def test_follow_takes_init_and_updates_apart(monkeypatch):
    now, calls = [0.0], []

    class Counted:
        def init(self, frame, box):
            calls.append(("init", int(frame[0, 0, 0])))
            now[0] += 100

        def update(self, frame):
            calls.append(("update", int(frame[0, 0, 0])))
            now[0] += 7

    monkeypatch.setattr(benchmark, "perf_counter", lambda: now[0])
    frames = [np.full((2, 2, 3), i, np.uint8) for i in range(4)]
    assert follow(Counted(), frames, np.array([0.0, 0, 2, 2])) == (100, 21)
    assert calls == [("init", 0), ("update", 1), ("update", 2), ("update", 3)]


def test_trackers_take_turns_in_reversed_order(monkeypatch):
    order = []

    class Named(Slow):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def init(self, frame, box):
            order.append(self.name)

    monkeypatch.setattr(benchmark, "load_tracker", Named)
    timings = measure(["a", "b"], [clip(), clip(2)], frames=3, rounds=2)
    a_clip = ["a", "b", "b", "a", "a", "b"]
    assert order == a_clip * 2, "two rounds, then one that is watched"
    for timing in timings:
        assert len(timing.fps) == 2
        assert max(timing.fps) < 1 / 0.007
        assert timing.stages["crop"] >= 4, "milliseconds a frame: 3 updates in all"
        assert timing.stages["crop"] < 12


@pytest.mark.parametrize(
    "name",
    [
        *("mosse", "kcf", "dsst", "mosse-opencv", "kcf-opencv", "csrt"),
        *("udt", "udt+", "udt+-bf16", "udt-bf16", "udt-plain", "udt-released"),
    ],
)
def test_the_stages_of_every_tracker_exist(name, monkeypatch):
    monkeypatch.setenv("UDT_WEIGHTS", "random")
    (timing,) = measure([name], [clip(3)], frames=3, rounds=1)
    tracker = benchmark.load_tracker(name)
    assert set(timing.stages) == {"other", *(stage.strip("_") for stage in tracker.stages)}
    assert all(ms > 0 for ms in timing.stages.values())
    assert timing.median_fps > 0
    assert timing.init_ms > 0
    # four padded patches of 125 x 125 a frame, or one of 200 x 200: 27 and 288 multiplications a channel
    pixels = 4 * 125**2 if name.startswith("udt") and "+" not in name else 200**2
    expected = 2 * pixels * 32 * (27 + 288) / 1e9 if name.startswith("udt") else 0
    assert timing.operations == pytest.approx(expected)
    assert (timing.floor_ms > 0) == (expected > 0)


TIMINGS = [
    Timing("csrt", (50.0, 40.0, 60.0), 9.0, {"other": 20.0}),
    Timing("dsst", (100.0, 20.0, 300.0), 3.0, {"crop": 1.0, "features": 7.0, "other": 2.0}),
]


def test_ratio_is_the_median_over_rounds():
    assert ratio(TIMINGS[1], TIMINGS[0]) == 2.0, "2.0, 0.5 and 5.0"
    lines = speed_table(TIMINGS).splitlines()
    assert lines[1].split() == ["csrt", "50", "40", "60", "9.00"]
    assert lines[2].split() == ["dsst", "100", "20", "300", "3.00", "2.00", "x", "csrt"]
    assert (
        stage_table(TIMINGS).splitlines()[1].split(maxsplit=1)[1] == "features 7.000, other 2.000, crop 1.000"
    )
    rows = to_dict(TIMINGS)
    assert rows[1]["rival"] == "csrt"
    assert rows[1]["ratio"] == 2.0
    assert rows[1]["median_fps"] == 100
    assert "rival" not in rows[0]
    assert json.loads(json.dumps(rows)) == json.loads(json.dumps(rows))


def test_the_floor_is_a_share_of_the_frame_and_of_the_features():
    timing = Timing("udt", (100.0,), 9.0, {"features": 8.0, "other": 2.0}, 1.26, 4.0)
    assert floor_table([*TIMINGS, timing]).split(maxsplit=1) == [
        "udt",
        "1.26 GFLOP a frame, floor 4.00 ms, reached 40 % of a frame, 50 % of its features",
    ]
    assert floor_table(TIMINGS) == ""


def test_pinning_ends_where_it_began():
    before, before_torch = cv2.getNumThreads(), torch.get_num_threads()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with pinned(1) as used:
        assert cv2.getNumThreads() == torch.get_num_threads() == 1
        assert used == cores[:1]
        assert not cores or os.sched_getaffinity(0) == set(used)
    assert cv2.getNumThreads() == before
    assert not cores or sorted(os.sched_getaffinity(0)) == cores
    with pytest.raises(ZeroDivisionError), pinned(1):
        1 / 0  # noqa: B018
    assert (cv2.getNumThreads(), torch.get_num_threads()) == (before, before_torch)
    assert not cores or sorted(os.sched_getaffinity(0)) == cores


def write_folder(path, count, with_box=True):
    frames, boxes = moving_clip([(1, 1)] * (count - 1))
    for index, frame in enumerate(frames):
        assert cv2.imwrite(str(path / f"{index + 1:04d}.png"), frame)
    if with_box:
        (path / "groundtruth.txt").write_text("\n".join(",".join(map(str, box)) for box in boxes))


def test_the_command_prints_and_writes_its_figures(tmp_path, capsys):
    write_folder(tmp_path, 4)
    out = tmp_path / "speed.json"
    command = ["bench", "--dataset", "folder", "--root", str(tmp_path), "--tracker", "mosse", "mosse-opencv"]
    assert main([*command, "--rounds", "2", "--frames", "3", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "threads: 1" in printed
    assert f"opencv {cv2.__version__}" in printed
    assert "x mosse-opencv" in printed
    content = json.loads(out.read_text())
    assert content["machine"]["threads"] == 1
    assert content["machine"]["versions"]["numpy"] == np.__version__
    assert [row["tracker"] for row in content["trackers"]] == ["mosse", "mosse-opencv"]
    assert [len(row["fps"]) for row in content["trackers"]] == [2, 2]
    assert content["trackers"][0]["ratio"] > 0


def test_the_command_refuses_what_it_cannot_measure(tmp_path, capsys):
    write_folder(tmp_path, 3, with_box=False)
    command = ["bench", "--dataset", "folder", "--root", str(tmp_path), "--tracker", "mosse"]
    assert main(command) == 2
    assert "first box" in capsys.readouterr().err
    assert main([*command, "--json", str(tmp_path / "absent" / "x.json")]) == 2
    assert "absent does not exist" in capsys.readouterr().err
    for option in (["--frames", "1"], ["--rounds", "0"], ["--threads", "two"]):
        with pytest.raises(SystemExit):
            main([*command, *option])
        assert "expected a whole number" in capsys.readouterr().err


def test_trackers_that_cannot_start_are_left_out_unless_named(tmp_path, capsys, monkeypatch):
    def load(name):
        if name == "b":
            raise TrackerError("no weights")
        return Slow()

    write_folder(tmp_path, 3)
    for module in (bench, common):
        monkeypatch.setattr(module, "TRACKERS", {"a": "", "b": ""})
    monkeypatch.setattr(bench, "load_tracker", load)
    monkeypatch.setattr(benchmark, "load_tracker", load)
    monkeypatch.setattr(
        "udtlib.bench.processes.own_processes",
        lambda names, threads, options: nullcontext(benchmark.run_once),
    )
    assert main(["bench", "--dataset", "folder", "--root", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "left out b: no weights" in printed
    assert "\na  " in printed
    assert "\nb  " not in printed
    assert main(["bench", "--dataset", "folder", "--root", str(tmp_path), "--tracker", "b"]) == 2
    assert "no weights" in capsys.readouterr().err


def test_each_tracker_has_a_process_of_its_own_on_the_cores_asked_for():
    frames, boxes = moving_clip([(1, 1)] * 2)
    with own_processes(["mosse", "kcf"], 1) as run_one:
        times = [run_one(name, frames, boxes[0]) for name in ("mosse", "kcf", "mosse")]
        assert len(multiprocessing.active_children()) == 2
    assert np.shape(times) == (3, 2)
    assert np.min(times) > 0
    assert multiprocessing.active_children() == []
    with pytest.raises(UnknownNameError), own_processes(["none"], 1) as run_one:
        run_one("none", frames, boxes[0])


def test_a_clip_without_a_second_frame_is_named():
    with pytest.raises(DataError, match="clip: expected 2 frames or more to time, found 1"):
        measure(["mosse"], [clip(4), clip(1)], frames=5, rounds=1)
    with pytest.raises(DataError, match="at least one clip"):
        measure(["mosse"], [], frames=5, rounds=1)
