"""Temporal and spatial robustness: where runs start, what is written, how they pool, that kills cost nothing.

The oracles are loops that follow the benchmark's own description, counted from 1 as it counts.
"""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from shift_tracker import Raises, Shift, becomes_true, digests, make_sequence

from udtlib.cli import main
from udtlib.data import Sequence, find_data, load_dataset
from udtlib.errors import DataError, MissingDataError, UnknownNameError
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.protocols import inexact_boxes, protocol_runs, start_frames, starts
from udtlib.evaluation.scoring.ope import score_pooled
from udtlib.evaluation.scoring.policy import POLICIES


def truth_of(count, x=10.0):
    return np.tile([x, 20.0, 30, 16], (count, 1))


def start_frames_by_loop(truth, segments=20, least=20):
    """The benchmark's steps, in numbers from 1, for boxes that it reads from pixel 1."""
    possible = []
    for number, (x, y, w, h) in enumerate(truth.tolist(), start=1):
        numbers = (x + 1, y + 1, w, h)
        if all(math.isfinite(value) and value > 0 for value in numbers):
            possible.append(number)
    last = 0
    for place, number in enumerate(possible, start=1):
        if len(truth) - number + 1 >= least:
            last = place
    step, places, at = last / (segments - 1), [], 1.0
    while at <= last + 1e-9:
        places.append(math.floor(at + 1e-9))
        at = 1 + len(places) * step
    return [possible[place - 1] - 1 for place in [*places, last]]


@pytest.mark.parametrize("count", [40, 41, 71, 120, 399, 1000])
def test_tre_starts_where_the_benchmark_does(count):
    truth = truth_of(count)
    truth[5:9, 0] = -1  # at pixel 0 of a file that counts from 1: absent
    truth[20, 2] = 0
    truth[30:33] = np.nan
    found = start_frames(truth, 200, 300)
    expected = start_frames_by_loop(truth)
    assert found == list(dict.fromkeys(expected))
    assert found[0] == 0
    assert count - found[-1] >= 20
    if count > 60:
        assert len(found) == 20


def test_tre_in_a_sequence_without_gaps():
    found = start_frames(truth_of(400), 200, 300)
    assert found[:3] == [0, 20, 40]  # 381 possible starts: 1 + floor(381 k / 19) = 1, 21, 41, ...
    assert found[-1] == 380


def test_short_sequences_have_fewer_starts():
    assert start_frames(truth_of(24), 200, 300) == [0, 1, 2, 3, 4]
    assert start_frames(truth_of(7), 200, 300) == [0]
    assert start_frames(truth_of(7) * np.nan, 200, 300) == []


def test_tre_does_not_start_outside_the_image():
    truth = truth_of(80)
    truth[10:20, 0] = 290  # the centre is right of the image
    assert not set(start_frames(truth, 200, 300)) & set(range(10, 20))


@pytest.mark.shared
def test_asking_for_the_centre_changes_nothing_on_otb():
    if find_data("otb") is None:
        pytest.skip("the OTB sequences are not here")
    sequences = load_dataset("otb")
    assert len(sequences) >= 10
    for sequence in sequences:
        height, width = sequence.frames[0].shape[:2]
        assert start_frames(sequence.boxes, height, width) == start_frames_by_loop(sequence.boxes)


def matlab_round(number):
    return math.copysign(math.floor(abs(number) + 0.5), number)


def inexact_by_hand(box, height, width):
    """Each of the 12 in numbers from pixel 1, written out."""
    x, y, w, h = box[0] + 1, box[1] + 1, box[2], box[3]
    right, bottom = x + w - 1, y + h - 1
    made = [
        (x - math.ceil(0.1 * w), y, w, h),
        (x + math.ceil(0.1 * w), y, w, h),
        (x, y - math.ceil(0.1 * h), w, h),
        (x, y + math.ceil(0.1 * h), w, h),
    ]
    left1, top1 = matlab_round(x - 0.1 * w), matlab_round(y - 0.1 * h)
    right1, bottom1 = matlab_round(right + 0.1 * w), matlab_round(bottom + 0.1 * h)
    made += [
        (left1, top1, right - left1 + 1, bottom - top1 + 1),
        (x, top1, right1 - x + 1, bottom - top1 + 1),
        (left1, y, right - left1 + 1, bottom1 - y + 1),
        (x, y, right1 - x + 1, bottom1 - y + 1),
    ]
    for ratio in (0.8, 0.9, 1.1, 1.2):
        centre = (x + w / 2, y + h / 2)
        made.append(
            tuple(
                matlab_round(value)
                for value in (centre[0] - ratio * w / 2, centre[1] - ratio * h / 2, ratio * w, ratio * h)
            )
        )
    fitted = []
    for x1, y1, w1, h1 in made:
        x1, y1 = max(x1, 1), max(y1, 1)
        fitted.append((x1 - 1, y1 - 1, min(w1, width - x1 + 1), min(h1, height - y1 + 1)))
    return fitted


@pytest.mark.parametrize(
    "box", [(50, 60, 33, 47), (0, 0, 25, 25), (170, 130, 30, 20), (100, 3, 81, 12), (3, 100, 5, 45)]
)
def test_sre_boxes_are_the_benchmarks(box):
    found = inexact_boxes(np.array(box, float), height=150, width=200)
    assert list(found) == [
        *("left", "right", "up", "down", "top left", "top right", "bottom left", "bottom right"),
        *("scale 0.8", "scale 0.9", "scale 1.1", "scale 1.2"),
    ]
    np.testing.assert_allclose(list(found.values()), inexact_by_hand(box, 150, 200))
    for x, y, w, h in found.values():
        assert x >= 0
        assert y >= 0
        assert x + w <= 200
        assert y + h <= 150


def test_runs_are_later_parts_of_the_sequence_and_stay_lazy():
    class Counted(list):
        reads = 0

        def __getitem__(self, index):
            Counted.reads += 1
            return super().__getitem__(index)

    plain = make_sequence(count=60)
    sequence = Sequence("one", Counted(plain.frames), plain.boxes, plain.attributes)
    before = plain.boxes.copy()
    runs = protocol_runs(sequence, "tre")
    assert Counted.reads == 1  # for the size of the image
    assert [part.name for _, part in runs][:2] == ["one-01", "one-02"]
    for start, (label, part) in zip(starts(sequence, "tre"), runs, strict=True):
        assert label == f"frame {start.first + 1}"
        assert len(part.frames) == len(part.boxes) == 60 - start.first
        assert part.frames[0][0, 0, 0] == start.first
        np.testing.assert_array_equal(part.boxes, plain.boxes[start.first :])
    for _, part in protocol_runs(sequence, "sre"):
        part.boxes[1:] += 1
    np.testing.assert_array_equal(sequence.boxes, before)
    assert protocol_runs(sequence, "ope") == [("", sequence)]


@pytest.mark.parametrize("policy", ["otb-strict", "mean-overlap", "got10k"])
def test_runs_pool_their_frames(policy):
    generator = np.random.default_rng(1)
    truth = truth_of(30)
    runs = [truth[cut:] + generator.normal(0, 6, (30 - cut, 4)) * [1, 1, 0.1, 0.1] for cut in (0, 7, 22)]
    found = score_pooled([(run, truth[-len(run) :]) for run in runs], POLICIES[policy])
    one_by_one = [score_pooled([(run, truth[-len(run) :])], POLICIES[policy]) for run in runs]
    weights = np.array([len(run) for run in runs])
    assert found.frames == weights.sum() == 30 + 23 + 8
    for measure in ("auc", "precision"):
        assert getattr(found, measure) == pytest.approx(
            sum(w * getattr(one, measure) for w, one in zip(weights, one_by_one, strict=True)) / weights.sum()
        )
    np.testing.assert_allclose(
        found.success,
        sum(w * one.success for w, one in zip(weights, one_by_one, strict=True)) / weights.sum(),
    )


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """Hundreds of small files: let them be written without waiting for the disk."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


def two_sequences(count=45):
    return [make_sequence(name, count, start=(10.0 + i, 12, 12, 10)) for i, name in enumerate(("b-1", "c"))]


@pytest.mark.parametrize(("protocol", "runs"), [("tre", 20), ("sre", 12)])
def test_files_records_and_scores_of_a_run(tmp_path, protocol, runs):
    found = evaluate(Shift, two_sequences(), tmp_path, name="shift", protocol=protocol)
    folder = tmp_path / "shift" / protocol
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(
        f"{name}-{k:02}.{end}" for name in ("b-1", "c") for k in range(1, runs + 1) for end in ("json", "txt")
    )
    assert not list((tmp_path / "shift").glob("*.txt"))
    assert found.protocol == found.to_json()["protocol"] == protocol
    assert found.sequences[0].frames == sum(
        len((folder / f"b-1-{k:02}.txt").read_text().splitlines()) for k in range(1, runs + 1)
    )
    assert found.fps > 0
    record = json.loads((folder / "b-1-02.json").read_text())
    assert (record["protocol"], record["runs"]) == (protocol, runs)
    assert record["start"] == {"tre": "frame 2", "sre": "right"}[protocol]
    again = score(tmp_path / "shift", two_sequences(), protocol=protocol)
    assert again.to_json() == found.to_json()
    if protocol == "tre":
        assert found.auc == pytest.approx(20 / 21)  # each run starts from the truth
    else:
        shift = inexact_boxes(np.array([10.0, 12, 12, 10]), 40, 60)
        first = {
            label: (folder / f"b-1-{k:02}.txt").read_text().split()[0] for k, label in enumerate(shift, 1)
        }
        assert first == {label: "{:.4f},{:.4f},{:.4f},{:.4f}".format(*box) for label, box in shift.items()}
        assert 0.5 < found.auc < 20 / 21


def test_protocols_lie_side_by_side_and_do_not_mix(tmp_path, capsys):
    sequences = two_sequences()
    runs = {name: evaluate(Shift, sequences, tmp_path, name="t", protocol=name) for name in ("ope", "tre")}
    for name, found in runs.items():
        assert score(tmp_path / "t", sequences, protocol=name).to_json() == found.to_json()
    with pytest.raises(DataError, match="expected one protocol, found ope and tre"):
        runs["ope"].difference(runs["tre"])
    with pytest.raises(MissingDataError, match="sre: no such folder"):
        score(tmp_path / "t", sequences, protocol="sre")


def test_missing_and_wrong_runs_are_named(tmp_path):
    sequences = two_sequences()
    evaluate(Shift, sequences, tmp_path, name="t", protocol="sre")
    folder = tmp_path / "t" / "sre"
    path = folder / "c-12.txt"
    whole = path.read_text()
    path.write_text(whole + "1,2,3,4\n")
    with pytest.raises(DataError, match=r"c-12\.txt: expected at most 45 rows, found 46"):
        score(tmp_path / "t", sequences, protocol="sre")
    path.unlink()
    with pytest.raises(MissingDataError, match=r"1 of 12 runs are missing: c-12\.txt"):
        score(tmp_path / "t", sequences, protocol="sre")
    evaluate(Shift, sequences, tmp_path, name="t", protocol="sre")
    assert path.read_text() == whole
    (folder / "c-01.json").unlink()
    (folder / "c-01.txt").unlink()
    with pytest.raises(MissingDataError, match=r"c-01\.txt"):
        score(tmp_path / "t", sequences, protocol="sre")


@pytest.mark.parametrize("protocol", ["sre", "starts", "tre"])
def test_a_run_that_was_cut_off_does_not_pass_for_one_that_started_later(tmp_path, protocol):
    sequences, many = two_sequences(), 4 if protocol == "starts" else 1
    evaluate(Shift, sequences, tmp_path, name="t", protocol=protocol, starts=many)
    path = tmp_path / "t" / protocol / "c-03.txt"
    whole = path.read_text()
    path.write_text(whole[: whole.rindex("\n", 0, -1) + 1])
    rows = len(whole.splitlines())
    with pytest.raises(
        DataError, match=rf"c-03\.txt: expected the {rows} rows that its record names, found {rows - 1}"
    ):
        score(tmp_path / "t", sequences, protocol=protocol)
    path.with_suffix(".json").unlink()  # as of another tool
    if protocol != "tre":  # whose runs may start anywhere
        with pytest.raises(DataError, match=r"runs of one length|as many predicted as true boxes"):
            score(tmp_path / "t", sequences, protocol=protocol)
    path.unlink()
    evaluate(Shift, sequences, tmp_path, name="t", protocol=protocol, starts=many)
    assert path.read_text() == whole


def test_a_failing_run_leaves_its_sequence_out_and_is_named(tmp_path):
    """`Raises` cannot start where x = 11: on the second frame of b-1, the first of c, and nowhere in d."""
    sequences = [*two_sequences(24), make_sequence("d", 24, start=(12.0, 12, 12, 10))]
    found = evaluate(Raises, sequences, tmp_path, protocol="tre")
    assert found.failed == {
        "b-1": "frame 2: RuntimeError: no model here",
        "c": "frame 1: RuntimeError: no model here",
    }
    assert [one.name for one in found.sequences] == ["d"]


def test_misuse_is_refused():
    with pytest.raises(UnknownNameError, match="no protocol 'TRE'; known: ope, tre, sre, starts, anchors"):
        evaluate(Shift, two_sequences(), protocol="TRE")
    blind = Sequence("blind", (), truth_of(50))
    with pytest.raises(DataError, match="blind: no images at hand; TRE needs them"):
        evaluate(Shift, [blind], protocol="tre")
    nowhere = make_sequence(count=30)
    nowhere = Sequence("nowhere", nowhere.frames, nowhere.boxes * np.nan)
    with pytest.raises(DataError, match="nowhere: no true box from which SRE could start"):
        evaluate(Shift, [nowhere], protocol="sre")


def test_the_command_runs_scores_and_tabulates(tmp_path, capsys):
    import cv2

    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    (tmp_path / "otb/Woman/img").mkdir(parents=True)
    for index in range(1, 26):
        cv2.imwrite(str(tmp_path / f"otb/Woman/img/{index:04}.jpg"), image)
    (tmp_path / "otb/Woman/groundtruth_rect.txt").write_text("31,21,20,16\n" * 25)
    run = ["--tracker", "mosse", "--dataset", "otb", "--root", str(tmp_path / "otb"), "--jobs", "1"]
    command = ["evaluate", *run, "--out", str(tmp_path / "run"), "--protocol"]
    assert main([*command, "tre"]) == 0
    assert "otb, 1 sequences, TRE, policy otb-strict" in capsys.readouterr().out
    rows = (tmp_path / "run/mosse/tre/Woman-02.txt").read_text().splitlines()
    assert (len(rows), rows[0]) == (24, "31.0000,21.0000,20.0000,16.0000")
    assert main([*command, "sre", "--json", str(tmp_path / "sre.json")]) == 0
    table = capsys.readouterr().out.splitlines()
    assert json.loads((tmp_path / "sre.json").read_text())["protocol"] == "sre"
    found = ["--annotations", str(tmp_path / "otb"), "--protocol", "sre"]
    assert main(["score", *found, "--results", str(tmp_path / "run/mosse")]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == table
    out = ["--out", str(tmp_path / "report.html")]
    assert main(["report", str(tmp_path / "run"), *found, *out]) == 0
    assert "Success plot of SRE" in (tmp_path / "report.html").read_text()
    assert main(["report", str(tmp_path / "run"), *out]) == 2
    message = capsys.readouterr().err
    assert "expected result files TRACKER/SEQUENCE.txt, found those of --protocol tre" in message


KILLED = """
import sys
sys.path[:0] = {tests!r}
import test_protocols
test_protocols.run_slowly(sys.argv[1], sys.argv[2], int(sys.argv[3]))
"""


def run_slowly(out, protocol, jobs):
    os.fsync = lambda file: None  # a killed process loses nothing that it has written
    sequences = [make_sequence(name, 42, start=(10.0 + i, 12, 12, 10)) for i, name in enumerate("ab")]
    count = 6 if protocol == "starts" else 1
    evaluate(
        Shift, sequences, out, name="t", jobs=jobs, options={"slow": 0.0005}, protocol=protocol, starts=count
    )


def kill_and_resume(folder, protocol, kills, jobs, seed):
    """Kill a run that often at random moments, each time after something new was finished; finish it."""
    script = KILLED.format(tests=[str(Path(__file__).parent), str(Path(__file__).parents[1])])
    command = [sys.executable, "-c", script, str(folder / "run"), protocol, str(jobs)]
    moments, hits, before = np.random.default_rng(seed), 0, 0
    for _ in range(kills):
        process = subprocess.Popen(command, start_new_session=True)
        count = lambda: len(list((folder / "run").rglob("[!.]*.txt")))  # noqa: E731
        becomes_true(lambda: count() > before or process.poll() is not None, seconds=120)  # noqa: B023
        time.sleep(moments.uniform(0, 0.03))
        hits += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        before = count()
    subprocess.run(command, check=True, timeout=240)
    run_slowly(folder / "whole", protocol, 1)
    assert digests(folder / "run") == digests(folder / "whole")
    assert len(digests(folder / "run")) == 2 * {"tre": 20, "sre": 12, "starts": 6, "anchors": 7}[protocol]
    return hits


@pytest.mark.parametrize("protocol", ["tre", "starts", "anchors"])
def test_a_killed_protocol_resumes_to_the_same_bytes(tmp_path, protocol):
    assert kill_and_resume(tmp_path, protocol, kills=2, jobs=1, seed=0) >= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "jobs"), [("tre", 1), ("tre", 2), ("sre", 1), ("sre", 2), ("starts", 2)]
)
def test_twenty_kills_change_nothing(tmp_path, protocol, jobs):
    assert kill_and_resume(tmp_path, protocol, kills=20, jobs=jobs, seed=jobs) >= 10
