"""Runs from anchors: where they start, which way they go, what they score, what is stored and shown.

The oracles are numbers worked out by hand and slow loops that share no code with the library.
"""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shift_tracker import SHIFT, Shift, make_sequence

from udtlib.cli import main
from udtlib.data import Sequence, find_data, load_dataset
from udtlib.errors import DataError
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.anchors import Anchor, anchors, read_label
from udtlib.evaluation.protocols import protocol_runs, starts
from udtlib.evaluation.report.page import html_report
from udtlib.evaluation.report.tables import difference_table, score_table
from udtlib.evaluation.running.measured import write_table
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.statistics import paired_difference


class Reads(Shift):
    """Right on every sequence of `make_sequence`, either way: the first pixel is the number of the frame."""

    def init(self, frame, box):
        self.first, self.box = int(frame[0, 0, 0]), np.array(box)

    def update(self, frame):
        return self.box + (int(frame[0, 0, 0]) - self.first) * SHIFT


class Loses(Reads):
    """`Reads` until `until` frames after its start; far away from then on."""

    def __init__(self, until=4):
        self.until = until

    def update(self, frame):
        lost = abs(int(frame[0, 0, 0]) - self.first) >= self.until
        return [900, 900, 8, 6] if lost else super().update(frame)


class FailsLater(Reads):
    def update(self, frame):
        if frame[0, 0, 0] == 7:
            raise RuntimeError("no more")
        return super().update(frame)


def truth_of(count):
    return np.tile([10.0, 20, 30, 16], (count, 1))


def found(truth, height=200, width=300):
    return [(one.first, one.backwards) for one in anchors(truth, height, width)]


def test_seven_anchors_spread_over_the_sequence_by_hand():
    expected = [(0, False), (10, False), (20, False), (30, False), (40, True), (50, True), (60, True)]
    assert found(truth_of(61)) == expected
    firsts = [0, 16, 33, 50, 66, 82, 99]  # 16.5, 33, 49.5, ... 50 has 49 frames after it and 50 before
    assert found(truth_of(100)) == [(first, first > 49) for first in firsts]


def test_short_sequences_have_fewer_anchors():
    assert found(truth_of(4)) == [(0, False), (1, False), (2, True), (3, True)]
    assert found(truth_of(2)) == [(0, False), (1, True)]
    assert found(truth_of(1)) == [(0, False)]


@pytest.mark.parametrize(
    "broken",
    [[0, 0, 0, 0], [np.nan] * 4, [10, 20, np.inf, 5], [10, 20, 5, 0], [280, 20, 41, 16], [10, -17, 5, 16]],
)
def test_an_anchor_without_a_valid_box_moves_to_the_nearest(broken):
    truth = truth_of(61)
    truth[:2] = broken  # to 2
    truth[19:24] = broken  # 20 to 18, nearer than 24
    truth[29:32] = broken  # 30: 28 and 32 are equally near, the earlier counts
    truth[[50, 60]] = broken  # 50 to 49, earlier; 60 to 59
    expected = [(2, False), (10, False), (18, False), (28, False), (40, True), (49, True), (59, True)]
    assert found(truth) == expected
    truth[11:] = broken
    assert found(truth) == [(2, False), (10, False)]
    truth[:] = broken
    assert found(truth) == []


@given(st.integers(2, 300), st.sets(st.integers(0, 299), max_size=60))
def test_anchors_are_valid_frames_and_run_to_the_farther_end(count, absent):
    truth = truth_of(count)
    truth[[index for index in absent if index < count]] = 0
    places = found(truth)
    assert len(places) <= 7
    assert len(dict(places)) == len(places)
    for first, backwards in places:
        assert truth[first, 2] > 0
        assert (first if backwards else count - 1 - first) >= (count - 1 - first if backwards else first)
    if not any(index < count for index in absent):
        assert len(places) == min(7, count)
        assert {0, count - 1} <= set(dict(places))


@given(st.integers(0, 999_999_998), st.booleans())
def test_a_label_is_read_as_it_was_written(first, backwards):
    assert read_label(Anchor(first, backwards).label) == Anchor(first, backwards)


@pytest.mark.parametrize("label", ["", "frame 0", "frame -1", "frame 3 ", "frame ٣", "start 3"])
def test_other_labels_are_none(label):
    assert read_label(label) is None


def test_late_runs_see_frames_and_truth_backwards_and_stay_lazy():
    sequence = make_sequence(count=13)
    before = sequence.boxes.copy()
    runs = protocol_runs(sequence, "anchors")
    assert [label for label, _ in runs] == [
        *("frame 1", "frame 3", "frame 5", "frame 7"),
        *("frame 9 backwards", "frame 11 backwards", "frame 13 backwards"),
    ]
    for start, (_, part) in zip(starts(sequence, "anchors"), runs, strict=True):
        seen = list(range(start.first, -1, -1)) if start.backwards else list(range(start.first, 13))
        assert [int(frame[0, 0, 0]) for frame in part.frames] == seen
        np.testing.assert_array_equal(part.boxes, before[seen])
        part.boxes[:] = 0
    np.testing.assert_array_equal(sequence.boxes, before)


def test_more_frames_than_boxes_are_no_hindrance():
    sequence = make_sequence(count=20)
    sequence = Sequence("cut", sequence.frames, sequence.boxes[:13])
    for label, part in protocol_runs(sequence, "anchors"):
        numbers = [int(frame[0, 0, 0]) for frame in part.frames][: len(part.boxes)]
        np.testing.assert_array_equal(part.boxes, sequence.boxes[numbers])
        assert numbers[-1] == (0 if "backwards" in label else 12)


def two_sequences():
    return [make_sequence(name, count) for name, count in (("a", 13), ("b-1", 9))]


def overlap(box, true):
    (x, y, w, h), (a, b, c, d) = box, true
    across = max(0.0, min(x + w, a + c) - max(x, a))
    down = max(0.0, min(y + h, b + d) - max(y, b))
    return across * down / (w * h + c * d - across * down)


def scores_by_loop(folder, sequence, leave_out):
    """Mean overlap and robustness of a sequence from its result files, frame by frame."""
    count, means, shares, by_time = len(sequence.boxes), [], [], {}
    for path in sorted(folder.glob(f"{sequence.name}-??.txt")):
        rows = [[float(number) for number in line.split(",")] for line in path.read_text().splitlines()]
        words = json.loads(path.with_suffix(".json").read_text())["start"].split()
        index, step = int(words[1]) - 1, -1 if words[2:] else 1
        overlaps = []
        for time, row in enumerate(rows):
            true = sequence.boxes[index].tolist()
            index += step
            absent = not all(map(math.isfinite, true)) or min(true[2:]) <= 0
            if absent and leave_out:
                continue
            found = 0 if absent else overlap(row, true)
            by_time.setdefault(time, []).append(found)
            overlaps += [found] if time else []
        assert index == (count if step > 0 else -1)
        if overlaps:
            low = "".join("x" if value < 0.1 else "." for value in overlaps)
            lost = low.find("xxxxx")
            means.append(sum(overlaps) / len(overlaps))
            shares.append(1 if lost < 0 else lost / len(low))
    assert means
    curve = {time: sum(values) / len(values) for time, values in by_time.items()}
    return sum(means) / len(means), sum(shares) / len(shares), curve


@pytest.mark.parametrize("absent", ["fail", "exclude"])
@pytest.mark.parametrize("tracker", [Reads, Shift, Loses])
def test_scores_are_those_of_the_files_taken_one_by_one(tmp_path, tracker, absent):
    policy = Policy(name="own", absent=absent)
    sequences = two_sequences()
    sequences[0].boxes[[0, 5, 6]] = [[0, 0, 0, 0], [np.nan] * 4, [20, 20, 0, 3]]
    result = evaluate(tracker, sequences, tmp_path, name="t", protocol="anchors", policy=policy)
    for scored, sequence in zip(result.sequences, sequences, strict=True):
        mean, robust, curve = scores_by_loop(tmp_path / "t/anchors", sequence, absent == "exclude")
        assert scored.measures == pytest.approx({"overlap": mean, "robustness": robust}, abs=1e-4)
        assert [time for time, value in enumerate(scored.by_time) if not np.isnan(value)] == sorted(curve)
        assert [scored.by_time[time] for time in sorted(curve)] == pytest.approx(
            [curve[time] for time in sorted(curve)], abs=1e-4
        )
    assert result.mean("overlap") == pytest.approx(
        np.mean([one.measures["overlap"] for one in result.sequences])
    )
    if tracker is Reads and absent == "exclude":
        assert result.mean("overlap") == pytest.approx(1)
        assert result.mean("robustness") == 1
    again = score(tmp_path / "t", sequences, policy, dataset="custom", protocol="anchors")
    assert again.to_json() == result.to_json()
    assert result.to_json()["overlap"] == result.mean("overlap")
    assert result.to_json()["sequences"]["a"]["robustness"] == result.sequences[0].measures["robustness"]


def test_a_tracker_that_is_lost_after_four_frames_by_hand(tmp_path):
    """13 frames: 12, 10, 8, 6, 8, 10, 12 frames after the starts, three of each right and then nothing."""
    (sequence,) = two_sequences()[:1]
    found = evaluate(Loses, [sequence], protocol="anchors")
    share = (2 * 3 / 12 + 2 * 3 / 10 + 2 * 3 / 8) / 7
    assert found.mean("overlap") == pytest.approx(share + 3 / 6 / 7)
    assert found.mean("robustness") == pytest.approx(share + 1 / 7)  # three lost frames in a row are too few


def test_what_cannot_be_run_is_named_and_the_rest_is_scored(tmp_path):
    good, short = make_sequence("good", 12), make_sequence("short", 1)
    absent, blind = make_sequence("absent", 12), Sequence("blind", (), truth_of(12))
    absent.boxes[:] = np.nan
    alone = make_sequence("alone", 12)
    alone.boxes[np.arange(12) != 5] = 0
    result = evaluate(Reads, [good, short, absent, alone, blind], tmp_path, name="t", protocol="anchors")
    assert [one.name for one in result.sequences] == ["good"]
    assert result.failed == {
        "short": "short: expected a true box to start from and one to follow after it, found none",
        "absent": "absent: expected a true box to start from and one to follow after it, found none",
        "alone": "alone: expected a true box to start from and one to follow after it, found none",
        "blind": "blind: no images at hand; evaluation from anchors needs them to start from",
    }
    with pytest.raises(DataError, match="no sequence could be tracked; absent: absent: expected a true box"):
        evaluate(Reads, [absent], protocol="anchors")


def test_a_tracker_that_raises_on_the_way_loses_its_sequence_only(tmp_path):
    sequences = [make_sequence("late", 12), make_sequence("early", 6)]
    result = evaluate(FailsLater, sequences, tmp_path, name="t", protocol="anchors")
    assert [one.name for one in result.sequences] == ["early"]
    assert result.failed == {"late": "frame 1: RuntimeError: no more"}
    left = [path.stem for path in (tmp_path / "t/anchors").glob("late-*.txt")]
    assert sorted(left) == ["late-04", "late-05"]  # from frames 6 and 7 (from 0) back; others come by 7


def test_finished_runs_are_kept_and_new_truth_is_run_again(tmp_path, caplog):
    evaluate(Reads, two_sequences(), tmp_path, name="t", protocol="anchors")
    path = tmp_path / "t/anchors/a-03.txt"
    before, kept = path.read_text(), (tmp_path / "t/anchors/b-1-02.txt").stat().st_mtime_ns
    path.unlink()
    evaluate(Reads, two_sequences(), tmp_path, name="t", protocol="anchors")
    assert path.read_text() == before
    assert "t: 13 of 14 kept" in caplog.text
    changed = two_sequences()
    changed[0].boxes[4] = np.nan  # anchor 3, frame 5, moves to frame 4
    result = evaluate(Reads, changed, tmp_path, name="t", protocol="anchors")
    assert json.loads((tmp_path / "t/anchors/a-03.json").read_text())["start"] == "frame 4"
    assert "from other true boxes" in caplog.text
    assert (tmp_path / "t/anchors/b-1-02.txt").stat().st_mtime_ns == kept
    assert result.to_json() == evaluate(Reads, changed, name="t", protocol="anchors").to_json() | {
        key: result.to_json()[key] for key in ("fps", "sequences")
    }


def test_a_run_without_its_record_is_refused_when_scored(tmp_path):
    sequences = two_sequences()
    evaluate(Reads, sequences, tmp_path, name="t", protocol="anchors")
    record = tmp_path / "t/anchors/a-02.json"
    text = record.read_text()
    record.write_text(text.replace("frame 3", "frame 4"))
    with pytest.raises(DataError, match=r"a: expected as many predicted as true boxes"):
        score(tmp_path / "t", sequences, protocol="anchors")
    record.unlink()
    with pytest.raises(DataError, match="a: expected a record beside each result that says where"):
        score(tmp_path / "t", sequences, protocol="anchors")
    record.write_text(text.replace("frame 3", "frame 400"))
    with pytest.raises(DataError, match="a: expected a record beside each result"):
        score(tmp_path / "t", sequences, protocol="anchors")


def test_trackers_are_compared_by_overlap_and_robustness(tmp_path):
    sequences = [make_sequence(name, 9 + 3 * k) for k, name in enumerate("abcde")]
    scores = [
        evaluate(tracker, sequences, protocol="anchors", name=tracker.__name__) for tracker in (Loses, Reads)
    ]
    table = score_table(scores).splitlines()
    assert "5 sequences, evaluation from anchors" in table[0]
    assert table[1].split() == ["tracker", "overlap", "robustness", "fps"]
    found = scores[0].interval("overlap")
    assert f"Loses    {found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]" in table[2]
    line = difference_table(scores)
    gap = paired_difference(scores[1].values("overlap"), scores[0].values("overlap"))
    assert f"Reads - Loses: overlap {gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}], robustness +" in line
    assert "an overlap difference of 0.01 takes " in line
    page = html_report(scores)
    for text in (
        "Runs from anchors",
        "Overlap since the start",
        "before 5 frames in a row overlap less than 0.1",
    ):
        assert text in page
    assert page.index('<th scope="row">Reads') < page.index('<th scope="row">Loses')
    write_table(tmp_path / "t.csv", scores, {})
    header, first, _ = (tmp_path / "t.csv").read_text().splitlines()
    assert header.endswith(",fps,overlap,overlap_low,overlap_high,robustness,robustness_low,robustness_high")
    assert len(first.split(",")) == len(header.split(","))
    assert json.loads((tmp_path / "t.json").read_text())["trackers"]["Reads"]["overlap"] == pytest.approx(1)


def test_the_commands_run_score_and_report(tmp_path, capsys):
    import cv2

    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    (tmp_path / "otb/Woman/img").mkdir(parents=True)
    for index in range(1, 9):
        cv2.imwrite(str(tmp_path / f"otb/Woman/img/{index:04}.jpg"), image)
    (tmp_path / "otb/Woman/groundtruth_rect.txt").write_text("31,21,20,16\n" * 8)
    run = ["--tracker", "mosse", "kcf", "--dataset", "otb", "--root", str(tmp_path / "otb"), "--jobs", "1"]
    command = ["evaluate", *run, "--protocol", "anchors", "--out", str(tmp_path / "run")]
    assert main([*command, "--json", str(tmp_path / "a.json")]) == 0
    table = capsys.readouterr().out.splitlines()
    assert json.loads((tmp_path / "a.json").read_text())[0]["overlap"] > 0.9
    found = ["--annotations", str(tmp_path / "otb"), "--protocol", "anchors"]
    assert main(["score", *found, "--results", str(tmp_path / "run/mosse"), str(tmp_path / "run/kcf")]) == 0
    assert capsys.readouterr().out.splitlines()[:4] == table[:4]
    assert main(["report", str(tmp_path / "run"), *found, "--out", str(tmp_path / "report.html")]) == 0
    assert "Overlap since the start" in (tmp_path / "report.html").read_text()


@pytest.mark.shared
def test_every_anchor_of_the_benchmark_can_be_started_from():
    if find_data("otb") is None:
        pytest.skip("the OTB sequences are not here")
    sequences = load_dataset("otb")
    assert len(sequences) >= 10
    for sequence in sequences:
        assert len(starts(sequence, "anchors")) == 7
