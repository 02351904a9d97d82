"""Evaluation on a Dask cluster: two worker processes on this machine, reached over the loopback."""

import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator

import dask
import numpy as np
import pytest
from distributed import LocalCluster
from shift_tracker import Shift, becomes_true, digests, make_sequence, three_sequences

from udtlib.cli import main
from udtlib.data.benchmarks.otb import load_otb
from udtlib.data.synthetic import render_clip
from udtlib.errors import ClusterError, DataError, MissingDataError, OptionError
from udtlib.evaluation import evaluate
from udtlib.evaluation.running import cluster as module
from udtlib.evaluation.running.cluster import NamedFrames, sequence_to_send


def start_cluster(workers=2, **environment):
    # where a restart takes longer than this, on a busy machine, LocalCluster closes the worker for good
    dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"})
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        env={"UDT_DATA": "none"} | environment,
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with start_cluster() as running:
        yield running.scheduler_address


class DiesOnce(Shift):
    """Kills its process on the second frame of sequence b, unless it has done so before."""

    def __init__(self, mark):
        super().__init__()
        self.mark = mark

    def update(self, frame):
        if self.box[0] == 11 and not os.path.exists(self.mark):
            with open(self.mark, "w"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        return super().update(frame)


class DiesAlways(Shift):
    def init(self, frame, box):
        super().init(frame, box)
        if box[0] == 11:
            os.kill(os.getpid(), signal.SIGKILL)


class Raises(Shift):
    def __init__(self, caller):
        super().__init__()
        self.place = "in the caller" if os.getpid() == caller else "on a worker"

    def init(self, frame, box):
        super().init(frame, box)
        if box[0] == 11:
            raise RuntimeError(f"no model {self.place}")


def both_ways(tmp_path, address, tracker, **options):
    """Evaluate on three short clips, here and there; return the digests of both."""
    clips = [render_clip(frames=4, seed=seed) for seed in (1, 2, 3)]
    for where, how in (("here", {}), ("there", {"dask": address})):
        evaluate(tracker, clips, tmp_path / where, options=options, **how)
    return digests(tmp_path / "here"), digests(tmp_path / "there")


def test_a_cluster_gives_the_files_of_one_process_byte_for_byte(tmp_path, address):
    here, there = both_ways(tmp_path, address, "kcf")
    assert len(here) == 3
    assert here == there


@pytest.mark.slow  # both workers import torch
def test_a_cluster_gives_the_network_s_boxes_byte_for_byte(tmp_path, address):
    here, there = both_ways(tmp_path, address, "udt", weights="random")
    assert here == there


def test_a_protocol_of_many_starts_runs_there_too(tmp_path, address):
    sequences = [make_sequence("long", count=24)]
    found = evaluate(Shift, sequences, tmp_path / "there", protocol="tre", dask=address)
    evaluate(Shift, sequences, tmp_path / "here", protocol="tre")
    assert found.precision == 1
    assert digests(tmp_path / "here") == digests(tmp_path / "there")
    assert len(digests(tmp_path / "there")) > 2


def test_tasks_leave_this_process_and_what_is_finished_is_not_run_again(tmp_path, address):
    options = {"caller": os.getpid()}
    found = evaluate(Raises, three_sequences(), tmp_path, options=options, dask=address)
    assert found.failed == {"b": "RuntimeError: no model on a worker"}
    assert [one.name for one in found.sequences] == ["a", "c"]
    assert found.fps > 0
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "Raises").glob("*.txt")}
    evaluate(Raises, three_sequences(), tmp_path, options=options, dask=address)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "Raises").glob("*.txt")} == before


def test_a_killed_worker_loses_nothing(tmp_path, address):
    options = {"mark": str(tmp_path / "mark")}
    found = evaluate(DiesOnce, three_sequences(), tmp_path / "there", options=options, dask=address)
    assert (tmp_path / "mark").exists()
    assert not found.failed
    evaluate(Shift, three_sequences(), tmp_path / "here")
    assert digests(tmp_path / "there") == digests(tmp_path / "here")


def test_a_sequence_that_kills_every_worker_is_named_and_the_others_scored(tmp_path, address):
    found = evaluate(DiesAlways, three_sequences(), tmp_path, dask=address)
    assert list(found.failed) == ["b"]
    assert "worker process died" in found.failed["b"]
    assert [one.name for one in found.sequences] == ["a", "c"]


def run_until_lost(tmp_path, running, lose):
    """Run slowly, lose the cluster after the first result; return the error and what was kept."""
    sequences = [make_sequence(f"s{i}", count=4 + i) for i in range(6)]
    options, out = {"slow": 0.1}, tmp_path / "run"

    def wait_and_lose():
        becomes_true(lambda: any(out.rglob("*.txt")), seconds=30)
        lose(running)

    losing = threading.Thread(target=wait_and_lose)
    losing.start()
    with pytest.raises(ClusterError, match="finished results are kept: run it again") as caught:
        evaluate(Shift, sequences, out, options=options, dask=running.scheduler_address)
    losing.join()
    kept = digests(out)
    assert 0 < len(kept) < 6
    evaluate(Shift, sequences, out, options=options)
    evaluate(Shift, sequences, tmp_path / "whole", options=options)
    assert kept.items() <= digests(out).items()
    assert digests(out) == digests(tmp_path / "whole")
    return str(caught.value)


def test_a_cluster_that_goes_away_keeps_what_is_finished(tmp_path):
    with start_cluster() as running:
        message = run_until_lost(tmp_path, running, lambda cluster: cluster.close())
    assert "the cluster is gone" in message


def test_a_cluster_without_workers_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 2.0)
    with start_cluster() as running:
        message = run_until_lost(tmp_path, running, lambda cluster: cluster.scale(0))
    assert "has had no worker for 2 s" in message


def test_where_nobody_answers_the_message_says_how_to_start_a_cluster(monkeypatch):
    monkeypatch.setattr(module, "CONNECT", 0.5)
    with pytest.raises(ClusterError, match=r"none answered .*`dask scheduler`, and `dask worker"):
        evaluate(Shift, three_sequences(), dask="tcp://127.0.0.1:1")
    with pytest.raises(ClusterError, match="none answered"):
        evaluate(Shift, three_sequences(), dask="no address")


def test_without_dask_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'udtlib\[dask\]'"):
        evaluate(Shift, three_sequences(), dask="tcp://127.0.0.1:1")


def write_otb(root, names, shift=0):
    import cv2

    generator = np.random.default_rng(0)
    for name in names:
        (root / name / "img").mkdir(parents=True)
        for index in range(1, 6):
            image = cv2.resize(generator.integers(0, 255, (15, 20, 3), np.uint8), (80, 60))
            cv2.imwrite(str(root / name / f"img/{index:04}.jpg"), image)
        (root / name / "groundtruth_rect.txt").write_text(f"{31 + shift},21,20,16\n" * 5)
    return root


def test_workers_find_a_dataset_in_their_own_place(tmp_path, capsys):
    """The caller's images are gone when the run starts: boxes come from the workers' copy, by its name."""
    write_otb(tmp_path / "worker/otb", ["Crossing", "Woman"])
    caller = write_otb(tmp_path / "caller", ["Crossing", "Woman"])
    evaluate("mosse", "otb", tmp_path / "here", root=caller)
    sequences = load_otb(caller)
    with start_cluster(UDT_DATA=str(tmp_path / "worker")) as running:
        command = ["evaluate", "--tracker", "mosse", "--dataset", "otb", "--root", str(caller), "--out"]
        command += [str(tmp_path / "command"), "--dask", running.scheduler_address]
        assert main(command) == 0
        assert "otb, 2 sequences" in capsys.readouterr().out
        caller.rename(tmp_path / "elsewhere")
        found = evaluate(
            "mosse", sequences, tmp_path / "there", dataset="otb", root=caller, dask=running.scheduler_address
        )
    assert not found.failed
    assert digests(tmp_path / "there") == digests(tmp_path / "here") == digests(tmp_path / "command")


def test_a_dataset_that_no_worker_has_is_said_for_each_sequence(tmp_path, address):
    sequences = load_otb(write_otb(tmp_path / "caller", ["Crossing", "Woman"]))
    with pytest.raises(DataError, match=r"Crossing: MissingDataError: .*UDT_DATA=none hides"):
        evaluate("mosse", sequences, dataset="otb", dask=address)


def test_frames_by_name_are_the_frames(tmp_path):
    root = write_otb(tmp_path / "one", ["Crossing"])
    (sequence,) = load_otb(root)
    frames = sequence_to_send(sequence, "otb", root).frames
    assert isinstance(frames, NamedFrames)
    assert len(frames) == 5
    np.testing.assert_array_equal(np.stack(list(frames)), np.stack(list(sequence.frames)))
    assert frames.found is not None
    assert pickle.loads(pickle.dumps(frames)).found is None
    custom = make_sequence()
    assert sequence_to_send(custom, "custom", None) is custom


def test_a_dataset_named_from_the_current_folder_is_found_from_another(tmp_path, monkeypatch):
    (sequence,) = load_otb(write_otb(tmp_path / "one", ["Crossing"]))
    monkeypatch.chdir(tmp_path)
    frames = NamedFrames(sequence, "otb", "one")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("UDT_DATA", "none")
    assert np.array_equal(pickle.loads(pickle.dumps(frames))[2], sequence.frames[2])


def test_another_dataset_of_the_same_name_is_refused(tmp_path, monkeypatch):
    (sequence,) = load_otb(write_otb(tmp_path / "one", ["Crossing"]))
    other = write_otb(tmp_path / "other", ["Crossing"], shift=1)
    with pytest.raises(DataError, match="other true boxes of Crossing"):
        NamedFrames(sequence, "otb", str(other))[0]
    with pytest.raises(DataError, match="no sequence Crossing; found Woman"):
        NamedFrames(sequence, "otb", str(write_otb(tmp_path / "third", ["Woman"])))[0]
    broken = write_otb(tmp_path / "broken", ["Crossing", "Woman"])
    (broken / "Crossing/img/0003.jpg").unlink()
    with pytest.raises(DataError, match=r"no sequence Crossing; .*0003\.jpg"):
        NamedFrames(sequence, "otb", str(broken))[0]
    monkeypatch.setenv("UDT_DATA", "none")
    with pytest.raises(MissingDataError):
        NamedFrames(sequence, "otb", str(tmp_path / "nowhere"))[0]


def test_jobs_and_a_cluster_exclude_each_other(tmp_path):
    with pytest.raises(OptionError, match="jobs=2 and dask="):
        evaluate(Shift, three_sequences(), jobs=2, dask="tcp://127.0.0.1:1")
    with pytest.raises(SystemExit):
        main(["evaluate", "--tracker", "mosse", "--out", str(tmp_path), "--jobs", "2", "--dask", "tcp://x:1"])
