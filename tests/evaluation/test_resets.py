"""Runs with resets: failures and restarts by hand on a scripted tracker, the files, scores and commands."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shift_tracker import SHIFT, Shift, make_sequence

from udtlib.cli import main
from udtlib.data import Sequence
from udtlib.errors import DataError
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.report.page import html_report
from udtlib.evaluation.report.tables import difference_table, failure_table, score_table
from udtlib.evaluation.results.regions import State, read_regions, write_regions
from udtlib.evaluation.running.resets import track_with_resets

AWAY = [900.0, 900, 8, 6]


class Scripted(Shift):
    """Right on every sequence of `make_sequence`, but away in the frames `lost`, by the first pixel."""

    def __init__(self, lost=()):
        super().__init__()
        self.lost = lost

    def init(self, frame, box):
        self.first, self.box = int(frame[0, 0, 0]), np.array(box)

    def update(self, frame):
        number = int(frame[0, 0, 0])
        return AWAY if number in self.lost else self.box + (number - self.first) * SHIFT


class RaisesLater(Scripted):
    def update(self, frame):
        if frame[0, 0, 0] == 12:
            raise RuntimeError("no more")
        return super().update(frame)


def states(regions):
    return "".join("012."[state] for state in regions.states)


def track(lost=(), count=20, absent=(), skip=5):
    sequence = make_sequence(count=count)
    sequence.boxes[list(absent)] = np.nan
    regions, seconds = track_with_resets(Scripted(lost), sequence, skip)
    assert seconds > 0
    tracked = regions.states == State.TRACKED
    assert np.isnan(regions.boxes[~tracked]).all()
    return sequence, regions


@pytest.mark.parametrize(
    ("lost", "count", "absent", "expected"),
    [
        ((), 6, (), "1....."),
        ((3,), 12, (), "1..200001..."),  # fails in frame 3, is started again in frame 8
        ((3, 9), 16, (), "1..2000012000010"[:14] + "1."),
        ((3,), 8, (), "1..20000"),  # no frame is left to start on
        ((3,), 9, (), "1..200001"),
        ((1, 6), 8, (), "12000010"[:6] + "1."),  # frame 6 is a start: what it would say there is not asked
        ((3,), 12, (8, 9), "1..2000000" + "1."),  # no true box in frames 8 and 9
        ((3,), 12, (3,), "1..........."),  # where there is no target, it cannot be lost
        ((), 6, (0, 1), "001..."),
    ],
)
def test_runs_by_hand(lost, count, absent, expected):
    sequence, regions = track(lost, count, absent)
    assert states(regions) == expected
    asked = (regions.states == State.TRACKED) & ~np.isnan(sequence.boxes[:, 0])
    right = asked & ~np.isin(np.arange(count), lost)
    np.testing.assert_allclose(regions.boxes[right], sequence.boxes[right])


@given(st.sets(st.integers(0, 29)), st.integers(1, 6), st.sets(st.integers(0, 29), max_size=10))
def test_runs_by_a_plain_loop(lost, skip, absent):
    if len(absent) == 30 or set(range(30)) <= absent:
        return
    _, regions = track(tuple(lost), 30, absent, skip)
    expected, index = ["0"] * 30, 0
    while index < 30:
        if index in absent:
            index += 1
            continue
        expected[index] = "1"
        index += 1
        while index < 30:
            if index in lost and index not in absent:
                expected[index] = "2"
                index += skip
                break
            expected[index] = "."
            index += 1
    assert states(regions) == "".join(expected)


def test_a_touching_box_does_not_overlap_and_nan_is_a_failure():
    sequence = Sequence("touch", make_sequence(count=8).frames, np.tile([10.0, 20, 8, 6], (8, 1)))
    answers = iter([[17.99, 20, 8, 6], [18, 20, 8, 6], [np.nan, 1, 2, 3]])

    class Answers:
        def init(self, frame, box):
            pass

        def update(self, frame):
            return next(answers)

    regions, _ = track_with_resets(Answers(), sequence, 3)
    assert states(regions) == "1.200120"


def test_every_start_gets_the_true_box():
    class Noted(Scripted):
        def init(self, frame, box):
            super().init(frame, box)
            starts.append((self.first, box))

    starts, sequence = [], make_sequence(count=16)
    track_with_resets(Noted((3, 9)), sequence)
    assert [first for first, _ in starts] == [0, 8, 14]
    for first, box in starts:
        np.testing.assert_array_equal(box, sequence.boxes[first])


def test_what_cannot_be_run_is_an_error():
    sequence = make_sequence(count=6)
    sequence.boxes[:] = np.nan
    with pytest.raises(
        DataError, match="one: expected a true box from which the tracker can start, found none"
    ):
        track_with_resets(Scripted(), sequence)
    outside = Sequence("out", make_sequence(count=6).frames, np.tile([100.0, 20, 8, 6], (6, 1)))
    with pytest.raises(DataError, match="out: expected a true box from which"):
        track_with_resets(Scripted(), outside)
    with pytest.raises(DataError, match="found 6 boxes and 2 frames"):
        track_with_resets(Scripted(), Sequence("cut", sequence.frames[:2], sequence.boxes))


def test_a_run_with_one_true_box_is_one_region_long():
    whole = make_sequence(count=6)
    regions, _ = track_with_resets(Scripted(), Sequence("one", whole.frames, whole.boxes[:1]))
    assert regions.states.tolist() == [State.INITIALISED]


@pytest.mark.parametrize("base", [0, 1])
def test_files_are_those_of_vot(tmp_path, base):
    _, regions = track((3,), 12, (0,))
    write_regions(tmp_path / "a.txt", regions, base)
    lines = (tmp_path / "a.txt").read_text().splitlines()
    assert lines[:5] == ["0", "1", f"{12 + base}.0000,{21 + base}.0000,8.0000,6.0000", "2", "0"]
    again = read_regions(tmp_path / "a.txt", base)
    np.testing.assert_array_equal(again.states, regions.states)
    np.testing.assert_allclose(again.boxes, regions.boxes)
    assert len(again) == 12


def test_a_file_of_another_tool_and_broken_ones(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("# VOT\n1\n\n10.5,20,30,40\nnan,nan,nan,nan\n2\n0\n")
    found = read_regions(path, 0)
    assert found.states.tolist() == [
        State.INITIALISED,
        State.TRACKED,
        State.TRACKED,
        State.FAILED,
        State.SKIPPED,
    ]
    np.testing.assert_array_equal(found.boxes[1], [10.5, 20, 30, 40])
    for text, message in (
        ("", "found no line"),
        ("1\n3\n", "line 2: expected 4 numbers"),
        ("1,2,3", "line 1"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            read_regions(path, 0)


def two_sequences():
    return [make_sequence(name, count) for name, count in (("a", 20), ("b-1", 12))]


def test_failures_records_and_files_of_a_run(tmp_path):
    found = evaluate(
        Scripted, two_sequences(), tmp_path, name="t", protocol="resets", options={"lost": (3, 9)}
    )
    folder = tmp_path / "t/resets"
    assert sorted(path.name for path in folder.glob("*.txt")) == ["a-01.txt", "b-1-01.txt"]
    assert [line if len(line) == 1 else "." for line in (folder / "b-1-01.txt").read_text().split()] == list(
        "1..200001200"
    )
    assert [one.measures["failures"] for one in found.sequences] == [2, 2]
    assert found.mean("failures") == 2
    assert found.total("failures") == 4
    assert found.mean("overlap") == pytest.approx(1)
    assert [one.frames for one in found.sequences] == [12, 6]  # without the skipped ones
    # 12 frames are scored in a: 3 starts and 7 others right, 2 failures; 6 in b-1: 2, 2, 2
    assert [one.precision for one in found.sequences] == pytest.approx([10 / 12, 4 / 6])
    record = json.loads((folder / "a-01.json").read_text())
    assert (record["protocol"], record["start"], record["runs"]) == ("resets", "with resets", 1)
    document = found.to_json()
    assert (document["failures"], document["total_failures"]) == (2, 4)
    assert document["sequences"]["a"]["failures"] == 2
    again = score(tmp_path / "t", two_sequences(), dataset="custom", protocol="resets")
    assert again.to_json() == document


def test_a_tracker_that_never_follows_has_no_overlap_and_valid_json(tmp_path):
    sequences = two_sequences()
    never = evaluate(Scripted, sequences, protocol="resets", name="never", options={"lost": tuple(range(40))})
    assert [one.measures["failures"] for one in never.sequences] == [4, 2]  # frames 1, 7, 13, 19 and 1, 7
    assert json.loads(json.dumps(never.to_json(), allow_nan=False))["overlap"] is None
    always = evaluate(Scripted, sequences, protocol="resets", name="always")
    table = score_table([never, always]).splitlines()
    assert table[1].split() == ["tracker", "failures", "overlap", "fps"]
    assert table[2].split()[:5] == ["never", "3.0000", "[2.0000,", "4.0000]", "-"]
    assert "always - never: failures -3.0000 [-4.0000, -2.0000], overlap -" in difference_table(
        [never, always]
    )
    assert failure_table([never, always]).splitlines() == [
        "failures   never  always",
        "a              4       0",
        "b-1            2       0",
        "all            6       0",
    ]
    page = html_report([never, always])
    assert "Runs with resets" in page
    assert "Success plot" not in page
    assert page.index('<th scope="row">always') < page.index('<th scope="row">never')
    assert not {"nan<", "[nan"} & {page[place : place + 4] for place in range(len(page))}


def test_a_tracker_that_raises_on_the_way_loses_its_sequence_only(tmp_path):
    sequences = [*two_sequences(), make_sequence("absent", 9)]
    sequences[2].boxes[:] = 0
    found = evaluate(RaisesLater, sequences, tmp_path, name="t", protocol="resets")
    assert found.failed == {
        "a": "with resets: RuntimeError: no more",
        "absent": "with resets: DataError: absent-01: expected a true box from which the tracker can start, "
        "found none",
    }
    assert [path.name for path in (tmp_path / "t/resets").glob("*.txt")] == ["b-1-01.txt"]


def test_finished_runs_are_kept_and_broken_ones_run_again(tmp_path, caplog):
    run = lambda: evaluate(Scripted, two_sequences(), tmp_path, name="t", protocol="resets")  # noqa: E731
    first = run()
    path = tmp_path / "t/resets/a-01.txt"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    run()
    assert path.read_text() == whole
    assert "but not whole" in caplog.text
    assert "t: 1 of 2 kept" in caplog.text
    path.write_text(whole + "0\n")
    with pytest.raises(DataError, match=r"a-01\.txt: expected at most 20 rows, found 21"):
        score(tmp_path / "t", two_sequences(), protocol="resets")
    path.write_text("1\n")
    with pytest.raises(DataError, match=r"a-01\.txt: expected the 20 rows that its record names, found 1"):
        score(tmp_path / "t", two_sequences(), protocol="resets")
    assert first.total("failures") == 0


def test_the_commands_count_failures(tmp_path, capsys):
    import cv2

    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    (tmp_path / "otb/Woman/img").mkdir(parents=True)
    for index in range(1, 11):
        cv2.imwrite(str(tmp_path / f"otb/Woman/img/{index:04}.jpg"), image)
    rows = ["31,21,20,16"] * 4 + ["51,41,20,16"] * 6  # the true box jumps where nothing does
    (tmp_path / "otb/Woman/groundtruth_rect.txt").write_text("\n".join(rows))
    run = ["--tracker", "mosse", "kcf", "--dataset", "otb", "--root", str(tmp_path / "otb"), "--jobs", "1"]
    assert main(["evaluate", *run, "--protocol", "resets", "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert "all            1       1" in printed.replace("mosse", "     ")
    found = ["--annotations", str(tmp_path / "otb"), "--protocol", "resets"]
    assert main(["score", *found, "--results", str(tmp_path / "run/mosse")]) == 0
    assert "mosse    1.0000 [1.0000, 1.0000]" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "run"), *found, "--out", str(tmp_path / "report.html")]) == 0
    assert "started again from the true box" in (tmp_path / "report.html").read_text()


def test_a_script_builds_a_sequence_from_polygons():
    """As the docstring of `Sequence` shows: the rectangle around each, then a run with resets."""
    polygons = np.array([[12.0, 20, 18, 22, 16, 28, 10, 26]] * 4) + np.arange(4)[:, None] * np.array(
        [1, 0.5] * 4
    )
    corners = polygons.reshape(-1, 4, 2)
    low, high = corners.min(axis=1), corners.max(axis=1)
    sequence = Sequence("ball1", make_sequence(count=4).frames, np.hstack([low, high - low]))
    np.testing.assert_array_equal(sequence.boxes[0], [10, 20, 8, 8])
    found = evaluate(Scripted, [sequence], protocol="resets", options={"lost": (2,)})
    assert found.total("failures") == 1
