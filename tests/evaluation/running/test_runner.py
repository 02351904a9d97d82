import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from shift_tracker import (
    SHIFT,
    Dies,
    GivesNaN,
    GivesThree,
    Raises,
    Shift,
    becomes_true,
    digests,
    finished,
    make_sequence,
    three_sequences,
)
from threadpoolctl import threadpool_info, threadpool_limits

from udtlib.cli import main
from udtlib.data import Sequence
from udtlib.errors import DataError, UdtError, UnknownNameError
from udtlib.evaluation import evaluate, score, track_sequence

TESTS = Path(__file__).parents[2]


class Takes(Shift):
    """Takes any option."""

    def __init__(self, value):
        super().__init__()
        self.value = value


def test_a_perfect_tracker_scores_as_ground_truth_does(tmp_path):
    found = evaluate(Shift, three_sequences(), tmp_path, name="shift")
    assert found.auc == pytest.approx(20 / 21)
    assert found.precision == 1
    assert found.fps > 0
    assert [one.frames for one in found.sequences] == [6, 6, 6]
    assert found.by_attribute()["FM"].auc == found.auc
    again = score(tmp_path / "shift", three_sequences())
    assert again.dataset == "custom"  # as recorded: the files count pixels from 0
    assert again.to_json() == found.to_json()


def test_files_have_the_index_base_of_the_benchmark_and_four_decimals(tmp_path):
    evaluate(Shift, [make_sequence()], tmp_path, name="zero")
    evaluate(Shift, [make_sequence()], tmp_path, name="one", dataset="otb")
    assert (tmp_path / "zero/one.txt").read_bytes().splitlines()[1] == b"11.0000,20.5000,8.0000,6.0000"
    assert (tmp_path / "one/one.txt").read_bytes().splitlines()[1] == b"12.0000,21.5000,8.0000,6.0000"
    names = {path.name for path in (tmp_path / "one").iterdir()}
    assert names == {"one.txt", "one.json"}


def test_frames_per_second_are_all_frames_over_all_time(tmp_path):
    found = evaluate(Shift, three_sequences(), tmp_path, options={"slow": 0.004})
    total = sum(json.loads(path.read_text())["seconds"] for path in (tmp_path / "Shift").glob("*.json"))
    assert found.fps == pytest.approx(18 / total)
    assert total >= 15 * 0.004


def test_decoding_is_not_timed():
    class SlowFrames(list):
        def __iter__(self):
            for frame in list.__iter__(self):
                time.sleep(0.05)
                yield frame

    sequence = make_sequence()
    slow = Sequence("slow", SlowFrames(sequence.frames), sequence.boxes)
    assert track_sequence(Shift(), slow)[1] < 0.1


def test_one_pass_gives_the_first_box_and_changes_nothing():
    sequence = make_sequence()
    before = sequence.boxes.copy()
    boxes, _ = track_sequence(Shift(), sequence)
    np.testing.assert_array_equal(boxes[0], before[0])
    boxes += 1
    np.testing.assert_array_equal(sequence.boxes, before)


def test_a_tracker_that_changes_its_box_in_place_does_not_change_the_result():
    class InPlace:
        def init(self, frame, box):
            self.box = box

        def update(self, frame):
            self.box += SHIFT
            return self.box

    sequence = make_sequence()
    np.testing.assert_allclose(track_sequence(InPlace(), sequence)[0], sequence.boxes)


def test_frames_that_end_early_are_no_answer():
    class Short(list):
        def __iter__(self):
            return iter(self[:4])

    sequence = make_sequence()
    with pytest.raises(DataError, match="one: expected 6 frames, the frames end after 4"):
        track_sequence(Shift(), Sequence("one", Short(sequence.frames), sequence.boxes))


def test_answers_that_are_not_finite_become_rows_of_nan_and_fail(tmp_path):
    found = evaluate(GivesNaN, [make_sequence()], tmp_path)
    assert (tmp_path / "GivesNaN/one.txt").read_text().splitlines()[3] == "nan,nan,nan,nan"
    assert found.precision == pytest.approx(5 / 6)
    assert found.auc == pytest.approx(20 / 21 * 5 / 6)


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_failing_sequence_is_reported_and_the_others_scored(tmp_path, jobs):
    found = evaluate(Raises, three_sequences(), tmp_path, jobs=jobs)
    assert found.failed == {"b": "RuntimeError: no model here"}
    assert [one.name for one in found.sequences] == ["a", "c"]
    assert found.auc == pytest.approx(20 / 21)


def test_a_worker_that_dies_costs_its_own_sequence_only(tmp_path):
    found = evaluate(Dies, three_sequences(), tmp_path, jobs=2)
    assert list(found.failed) == ["b"]
    assert "worker process died" in found.failed["b"]
    assert [one.name for one in found.sequences] == ["a", "c"]


def test_when_every_sequence_fails_the_first_reason_is_told():
    with pytest.raises(DataError, match=r"GivesThree: no sequence .* one: .*frame 2: .*shape \(3,\)"):
        evaluate(GivesThree, [make_sequence()])


def test_parallel_and_serial_runs_give_the_same_bytes(tmp_path):
    for jobs in (1, 2):
        evaluate(Shift, three_sequences(), tmp_path / str(jobs), jobs=jobs)
    assert digests(tmp_path / "1") == digests(tmp_path / "2")


def test_workers_use_one_thread(tmp_path):
    class Threads(Shift):
        def update(self, frame):
            import cv2

            return [cv2.getNumThreads(), int(os.environ["OMP_NUM_THREADS"]), 5, 5]

    evaluate(Threads, three_sequences(), tmp_path, jobs=2)
    assert (tmp_path / "Threads/a.txt").read_text().splitlines()[1].startswith("1.0000,1.0000")


def test_one_job_uses_one_thread_of_blas_too(tmp_path):
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    class Threads(Shift):
        def update(self, frame):
            during.append(threads())
            return super().update(frame)

    during = []
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        evaluate(Threads, [make_sequence()], tmp_path)
        assert threads() == before
    assert during
    assert all(found == {1} for found in during)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"options": {"slow": 0.001}}, "slow"),
        ({"dataset": "otb"}, "'dataset': 'custom'.*'dataset': 'otb'"),
    ],
)
def test_results_made_otherwise_are_refused(tmp_path, options, message):
    evaluate(Shift, [make_sequence()], tmp_path)
    with pytest.raises(
        DataError, match=rf"(?s)one\.txt: this result was made with.*{message}.*choose another"
    ):
        evaluate(Shift, [make_sequence()], tmp_path, **options)


@pytest.mark.parametrize("kind", [np.float64, np.float32, lambda value: [np.float64(value)]])
def test_options_of_numpy_are_those_of_python(tmp_path, kind):
    """A sweep over `np.linspace` is resumed with numbers that were typed."""
    plain = kind(0.0).tolist() if isinstance(kind(0.0), np.generic) else [0.0]
    evaluate(Takes, three_sequences(), tmp_path, options={"value": kind(0.0)})
    evaluate(Takes, three_sequences(), tmp_path, options={"value": plain})
    records = [json.loads(path.read_text()) for path in (tmp_path / "Takes").glob("*.json")]
    assert [record["options"] for record in records] == [{"value": repr(plain)}] * 3


def test_one_name_for_two_trackers_is_refused(tmp_path):
    evaluate(Shift, [make_sequence()], tmp_path, name="mine")
    with pytest.raises(DataError, match=r"'tracker': 'Shift'.*'tracker': 'GivesNaN'"):
        evaluate(GivesNaN, [make_sequence()], tmp_path, name="mine")


def test_results_of_unknown_origin_are_refused(tmp_path):
    (tmp_path / "Shift").mkdir()
    (tmp_path / "Shift/one.txt").write_text("1,2,3,4\n" * 6)
    with pytest.raises(DataError, match="unknown settings"):
        evaluate(Shift, [make_sequence()], tmp_path)


def test_a_shortened_result_is_run_again(tmp_path):
    evaluate(Shift, [make_sequence()], tmp_path)
    path = tmp_path / "Shift/one.txt"
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    evaluate(Shift, [make_sequence()], tmp_path)
    assert path.read_bytes() == whole


@pytest.fixture
def otb_root(tmp_path):
    """Two sequences in the benchmark's own layout; the second has an unreadable third image."""
    import cv2

    generator = np.random.default_rng(0)
    for name in ("Crossing", "Woman"):
        (tmp_path / "otb" / name / "img").mkdir(parents=True)
        for index in range(1, 6):
            image = generator.integers(0, 255, (60, 80, 3), np.uint8)
            cv2.imwrite(str(tmp_path / "otb" / name / f"img/{index:04}.jpg"), image)
        (tmp_path / "otb" / name / "groundtruth_rect.txt").write_text("31,21,20,16\n" * 5)
    (tmp_path / "otb/Woman/img/0003.jpg").write_bytes(b"no image")
    return tmp_path / "otb"


def test_the_command_reports_failures_and_scores_the_rest(tmp_path, otb_root, capsys):
    command = ["evaluate", "--tracker", "mosse", "--dataset", "otb", "--root", str(otb_root), "--jobs", "1"]
    command += ["--out", str(tmp_path / "run"), "--json", str(tmp_path / "out.json")]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "otb, 2 sequences, policy otb-strict" in printed.out
    assert "(1 failed)" in printed.out
    assert "mosse, Woman: FAILED" in printed.err
    assert "0003.jpg" in printed.err
    document = json.loads((tmp_path / "out.json").read_text())
    assert list(document["sequences"]) == ["Crossing"]
    assert list(document["failed"]) == ["Woman"]
    assert document["sequences"]["Crossing"]["frames"] == 5
    assert document["fps"] > 0
    rows = (tmp_path / "run/mosse/Crossing.txt").read_text().splitlines()
    assert (len(rows), rows[0]) == (5, "31.0000,21.0000,20.0000,16.0000")
    (otb_root / "Woman/img/0003.jpg").write_bytes((otb_root / "Woman/img/0002.jpg").read_bytes())
    assert main(command) == 0
    assert "FAILED" not in capsys.readouterr().err


def test_the_command_refuses_what_it_cannot_do(tmp_path, capsys):
    command = ["evaluate", "--tracker", "mosse", "--dataset", "otb", "--out", str(tmp_path)]
    assert main([*command, "--root", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    for wrong in (["--jobs", "0"], ["--tracker", "nonsuch"], ["--policy", "mine"]):
        with pytest.raises(SystemExit):
            main([*command, *wrong])
    assert "--jobs: expected a whole number from 1 to 1,000,000,000, found '0'" in capsys.readouterr().err
    synthetic = ["evaluate", "--tracker", "mosse", "kcf", "--out", str(tmp_path / "run")]
    assert main([*synthetic, "--option", "kernel=linear"]) == 2
    assert "tracker 'mosse', options {'kernel': 'linear'}" in capsys.readouterr().err
    assert main([*synthetic, "--option", "warps=0"]) == 2
    assert "tracker 'kcf', options {'warps': 0}" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_misuse_is_refused_clearly():
    with pytest.raises(UnknownNameError, match="no tracker 'nonsuch'"):
        evaluate("nonsuch", [make_sequence()])
    with pytest.raises(DataError, match="each of its own name"):
        evaluate(Shift, [make_sequence("One"), make_sequence("one")])
    with pytest.raises(DataError, match="each of its own name"):
        evaluate(Shift, [])
    with pytest.raises(ValueError, match="jobs: expected a whole number from 1 to"):
        evaluate(Shift, [make_sequence()], jobs=0)
    with pytest.raises(TypeError, match=r"a tracker's name or a callable .*found <shift_tracker.Shift"):
        evaluate(Shift(), [make_sequence()])
    with pytest.raises(DataError, match="found 6 boxes and 0 frames"):
        evaluate(Shift, [Sequence("one", (), make_sequence().boxes)])


def test_what_cannot_be_sent_to_workers_is_refused():
    class Unsendable(Shift):
        lock = threading.Lock()

    with pytest.raises(DataError, match="use one job"):
        evaluate(Unsendable, three_sequences(), jobs=2)


KILLED_RUN = """
import sys
sys.path[:0] = {tests!r}
import test_runner
test_runner.run_twelve(sys.argv[1], int(sys.argv[2]))
"""


def run_twelve(out, jobs):
    sequences = [make_sequence(f"s{i:02}", count=4 + i, start=(10.0 + i, 20, 8, 6)) for i in range(12)]
    evaluate(Shift, sequences, out, jobs=jobs, options={"slow": 0.003})


@pytest.mark.parametrize(("jobs", "rounds"), [(1, 3), (2, 2)])
def test_killed_runs_resume_without_redoing_or_losing_anything(tmp_path, jobs, rounds):
    script = KILLED_RUN.format(tests=[str(Path(__file__).parent), str(TESTS)])
    command = [sys.executable, "-c", script, str(tmp_path / "run"), str(jobs)]
    moments = np.random.default_rng(jobs)
    kept, kills = {}, 0
    for wanted in sorted(moments.choice(np.arange(1, 10), size=rounds, replace=False)):
        process = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + 60
        while len(kept := finished(tmp_path, kept)) < wanted and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.004)
        time.sleep(moments.uniform(0, 0.02))
        kills += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kept = finished(tmp_path, kept)
    assert kills >= 1
    subprocess.run(command, check=True, timeout=60)
    assert len(finished(tmp_path, kept)) == 12
    run_twelve(tmp_path / "whole", 1)
    assert digests(tmp_path / "run") == digests(tmp_path / "whole")


class Beats(Shift):
    def update(self, frame):
        with open(os.environ["BEATS"], "ab") as file:
            file.write(b".")
        return super().update(frame)


def run_beating(out):
    evaluate(Beats, [make_sequence(name, count=250) for name in "ab"], out, jobs=2, options={"slow": 0.05})


def test_a_killed_run_leaves_no_worker_running(tmp_path):
    beats = tmp_path / "beats"
    script = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), str(TESTS)]!r}; import test_runner as t; "
    )
    command = [sys.executable, "-c", script + f"t.run_beating({str(tmp_path / 'run')!r})"]
    process = subprocess.Popen(command, start_new_session=True, env=os.environ | {"BEATS": str(beats)})
    assert becomes_true(beats.exists, seconds=30)
    process.kill()
    process.wait()

    def is_still():
        size = beats.stat().st_size
        time.sleep(0.3)
        return beats.stat().st_size == size

    assert becomes_true(is_still, seconds=10)
    assert not list((tmp_path / "run").rglob("*.txt"))


@pytest.mark.parametrize(
    ("key", "values"),
    {
        "policy": (1.5, "otb-strict", [], b"x"),
        "name": (float("nan"), 3, b"x", ["a"]),
        "dataset": (1, b"otb", ["otb"]),
        "root": (1, 2.5, ["x"]),
        "options": (1, "x", b"x", ["ab"]),
        "jobs": (float("nan"), float("inf"), 0, "2", None, 10**400),
        "starts": (float("nan"), 0, "2", None, 10**400),
        "protocol": (float("nan"), "", None, "OPE", ["ope"]),
    }.items(),
)
def test_arguments_of_the_wrong_type(tmp_path, key, values):
    for value in values:
        with pytest.raises(UdtError, match=f"{key}|protocol|starts"):
            evaluate(Shift, three_sequences(), tmp_path / "run", **{key: value})
    assert not (tmp_path / "run").exists()
