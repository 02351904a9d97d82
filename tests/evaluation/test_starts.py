"""Several starts: where they lie, what they score, their spread; one start is one-pass evaluation."""

import csv
import json
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from shift_tracker import Raises, Shift, digests, make_sequence

from udtlib.cli import main
from udtlib.data import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.errors import DataError, MissingDataError, OptionError
from udtlib.evaluation import difference_over_starts, evaluate, score
from udtlib.evaluation.protocols import nearby_boxes
from udtlib.evaluation.report.page import html_report
from udtlib.evaluation.report.tables import difference_table, score_table, spread_table
from udtlib.evaluation.running.measured import COLUMNS, STARTS_COLUMNS, provenance, write_table
from udtlib.evaluation.scoring.policy import POLICIES
from udtlib.evaluation.scoring.statistics import spread


class LosesLeft(Shift):
    """Right on every sequence of `make_sequence` if started at or right of `true`; else it never moves."""

    def __init__(self, true=10.0, slow=0.0):
        super().__init__(slow)
        self.true = true

    def init(self, frame, box):
        super().init(frame, box)
        self.lost = box[0] + box[2] / 2 < self.true + 4 - 1e-9

    def update(self, frame):
        return self.box if self.lost else super().update(frame)


def given_to(boxes, count, frames=12):
    """The first boxes that a tracker is given in several starts on a sequence of these true boxes."""
    given = []

    class Notes(Shift):
        def init(self, frame, box):
            super().init(frame, box)
            given.append(np.array(box))

    whole = make_sequence("a", frames)
    evaluate(Notes, [replace(whole, boxes=boxes(whole.boxes))], starts=count)
    return np.array(given)


def test_starts_beside_true_boxes_of_whole_numbers_are_the_same_fractions():
    as_floats, as_ints = (given_to(kind, 5) for kind in (np.rint, lambda b: np.rint(b).astype(int)))
    assert (as_floats % 1 != 0).any()
    assert np.array_equal(as_floats, as_ints)


@pytest.mark.parametrize("count", [np.int64(3), np.uint8(3)])
def test_the_number_of_starts_may_be_numpys(count):
    assert len(evaluate(LosesLeft, two_sequences(), starts=count).by_start) == 3


@pytest.mark.parametrize("count", [True, 2.0, "2", None, 0, 100])
def test_what_is_no_number_of_starts_is_refused(count):
    with pytest.raises(OptionError, match="expected 1 to 99 starts"):
        evaluate(LosesLeft, two_sequences(), starts=count)


def two_sequences(count=12):
    return [make_sequence(name, count) for name in ("a", "b-1")]


def scores_by_hand(folder, name, sequence, thresholds=21):
    """AUC of every start, frame by frame, for boxes (x, y, w, h) as the result files have them."""
    found = []
    for path in sorted(folder.glob(f"{name}-??.txt")):
        total = 0.0
        rows = [[float(number) for number in line.split(",")] for line in path.read_text().splitlines()]
        for (x, y, w, h), (tx, ty, tw, th) in zip(rows, sequence.boxes.tolist(), strict=True):
            across = max(0.0, min(x + w, tx + tw) - max(x, tx))
            down = max(0.0, min(y + h, ty + th) - max(y, ty))
            overlap = across * down / (w * h + tw * th - across * down)
            total += sum(overlap > k / (thresholds - 1) for k in range(thresholds)) / thresholds
        found.append(total / len(rows))
    return found


def test_mean_and_spread_are_those_of_the_starts(tmp_path):
    sequences = two_sequences()
    found = evaluate(LosesLeft, sequences, tmp_path, name="t", starts=6)
    folder = tmp_path / "t" / "starts"
    table = np.array([scores_by_hand(folder, one.name, one) for one in sequences])  # (sequence, start)
    assert table.shape == (2, 6)
    assert len(set(table[0])) > 2
    assert table.min() < 0.6 < 0.9 < table.max()  # some starts are lost, some are not
    for one, row in zip(found.sequences, table, strict=True):
        assert one.auc == pytest.approx(row.mean())
        each = found.spreads()[one.name]
        assert (each.mean, each.deviation) == pytest.approx((row.mean(), statistics.stdev(row)))
    means = table.mean(axis=0)
    whole = found.spread()
    assert [one.auc for one in found.by_start] == pytest.approx(means)
    assert (whole.mean, whole.deviation) == pytest.approx((means.mean(), statistics.stdev(means)))
    assert (whole.least, whole.most, whole.starts) == pytest.approx((means.min(), means.max(), 6))
    assert found.auc == pytest.approx(whole.mean)
    document = found.to_json()
    assert document["protocol"] == "starts"
    assert document["auc_by_start"] == pytest.approx(means)
    assert document["auc_spread"] == pytest.approx(statistics.stdev(means))
    assert document["sequences"]["a"]["auc_by_start"] == pytest.approx(table[0])
    assert document["sequences"]["a"]["precision_spread"] == found.spreads("precision")["a"].deviation
    again = score(tmp_path / "t", sequences, dataset="custom", protocol="starts")
    assert again.to_json() == document


def test_the_true_boxes_are_what_counts_on_every_frame_also_the_first(tmp_path):
    """A tracker that never loses anything keeps the offset it was given, and is scored with it."""
    (sequence,) = [make_sequence(count=9)]
    found = evaluate(Shift, [sequence], starts=4, policy=POLICIES["mean-overlap"])
    boxes = nearby_boxes(sequence.boxes[0], 4, 40, 60, sequence.name)
    for one, (x, y, w, h) in zip(found.by_start, boxes, strict=True):
        across = min(x + w, 18) - max(x, 10)
        down = min(y + h, 26) - max(y, 20)
        assert one.auc == pytest.approx(across * down / (w * h + 48 - across * down), abs=1e-4)
    assert found.by_start[0].auc == 1
    assert found.spread().least < 0.95


IMAGE = (120, 160)  # height, width


@given(
    st.floats(0, 155),
    st.floats(0, 115),
    st.floats(2, 160),
    st.floats(2, 120),
    st.text(max_size=4),
)
def test_starts_stay_near_the_true_box_and_inside_the_image(x, y, w, h, name):
    w, h = min(w, 160 - x), min(h, 120 - y)
    box = np.array([x, y, w, h])
    boxes = nearby_boxes(box, 8, *IMAGE, name)
    np.testing.assert_array_equal(boxes[0], box)
    for left, top, width, height in boxes[1:]:
        assert abs(left + width / 2 - (x + w / 2)) <= 1 + 1e-9
        assert abs(top + height / 2 - (y + h / 2)) <= 1 + 1e-9
        assert 0.99 - 1e-9 <= width / w <= 1.01 + 1e-9
        assert width / w == pytest.approx(height / h)
        assert min(left, top) >= 0
        assert left + width <= 160 + 1e-9
        assert top + height <= 120 + 1e-9


def test_starts_use_the_room_they_have():
    boxes = np.array(nearby_boxes(np.array([60.0, 50, 30, 20]), 99, *IMAGE, "room"))
    for low, high, values in (
        (-1, 1, boxes[:, 0] + boxes[:, 2] / 2 - 75),
        (-1, 1, boxes[:, 1] + boxes[:, 3] / 2 - 60),
        (-0.01, 0.01, boxes[:, 2] / 30 - 1),
    ):
        span = high - low
        assert low <= values.min() < low + 0.1 * span
        assert high - 0.1 * span < values.max() <= high


def test_a_true_box_that_reaches_out_of_the_image_is_left_no_further_out():
    for box in ([-5.0, 10, 30, 20], [140.0, 110, 30, 20]):
        x, y, w, h = box
        for left, top, width, height in nearby_boxes(np.array(box), 30, *IMAGE, "out"):
            assert left >= min(0, x)
            assert left + width <= max(160, x + w) + 1e-9
            assert top + height <= max(120, y + h) + 1e-9
            assert abs(left + width / 2 - x - w / 2) <= 1 + 1e-9


def test_the_boxes_are_the_same_on_every_machine():
    """Stored results name no boxes: a change here would make them another experiment."""
    box = np.array([60.0, 50, 30, 20])
    found = nearby_boxes(box, 3, *IMAGE, "Couple")
    expected = [
        [60, 50, 30, 20],
        [60.0628757841, 50.4189660200, 29.8677611963, 19.9118407976],
        [59.8852851369, 50.8511857686, 29.7748123262, 19.8498748841],
    ]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_array_equal(nearby_boxes(box, 9, *IMAGE, "Couple")[:3], found)
    assert not np.allclose(nearby_boxes(box, 3, *IMAGE, "Jumping")[1:], found[1:])


def test_one_start_is_one_pass_evaluation(tmp_path):
    clips = [render_clip(frames=6, seed=seed, name=f"clip{seed}") for seed in (1, 2)]
    plain = evaluate("mosse", clips, tmp_path / "plain")
    one = evaluate("mosse", clips, tmp_path / "one", starts=1)
    assert digests(tmp_path / "one") == digests(tmp_path / "plain")
    assert [path.name for path in (tmp_path / "one" / "mosse").glob("*") if path.is_dir()] == []
    measured = ("fps", "sequences")
    assert {key: value for key, value in one.to_json().items() if key not in measured} == {
        key: value for key, value in plain.to_json().items() if key not in measured
    }
    assert (one.by_start, one.protocol) == ((), "ope")
    with pytest.raises(DataError, match="two starts or more"):
        one.spread()
    several = evaluate("mosse", clips, tmp_path / "several", starts=3)
    folder = tmp_path / "several" / "mosse" / "starts"
    assert len(list(folder.glob("*.txt"))) == 6
    for clip in clips:
        first = (folder / f"{clip.name}-01.txt").read_bytes()
        assert first == (tmp_path / "plain" / "mosse" / f"{clip.name}.txt").read_bytes()
    assert several.by_start[0].auc == plain.auc
    np.testing.assert_array_equal(several.by_start[0].success_curve, plain.success_curve)


def test_every_tracker_gets_the_same_boxes(tmp_path):
    sequences = two_sequences()
    evaluate(Shift, sequences, tmp_path, name="one", starts=3)
    evaluate(LosesLeft, sequences, tmp_path, name="other", starts=3)
    files = sorted((tmp_path / "one" / "starts").glob("*.txt"))
    assert len(files) == 6
    for path in files:
        other = tmp_path / "other" / "starts" / path.name
        assert path.read_text().split()[0] == other.read_text().split()[0]


def written(folder):
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.glob("*.txt"))}


def test_what_is_finished_is_kept_and_more_starts_are_added(tmp_path):
    sequences = two_sequences()
    folder = tmp_path / "t" / "starts"
    evaluate(LosesLeft, sequences, tmp_path, name="t", starts=3)
    before = written(folder)
    whole = digests(folder)
    (folder / "a-02.txt").unlink()
    evaluate(LosesLeft, sequences, tmp_path, name="t", starts=3)
    after = written(folder)
    assert digests(folder) == whole
    assert {name for name in after if after[name] != before[name]} == {"a-02.txt"}
    more = evaluate(LosesLeft, sequences, tmp_path, name="t", starts=5)
    assert len(more.by_start) == 5
    assert after.items() <= written(folder).items()
    assert len(written(folder)) == 10
    fewer = evaluate(LosesLeft, sequences, tmp_path, name="t", starts=3)
    assert [one.auc for one in fewer.by_start] == [one.auc for one in more.by_start[:3]]


def test_unfinished_runs_are_not_scored(tmp_path):
    sequences = two_sequences()
    folder = tmp_path / "t" / "starts"
    evaluate(Shift, sequences, tmp_path, name="t", starts=4)
    (folder / "b-1-04.txt").unlink()
    with pytest.raises(DataError, match="as many in each sequence, found 3 of b-1 and 4 of a"):
        score(tmp_path / "t", sequences, protocol="starts")
    (folder / "b-1-02.txt").unlink()
    with pytest.raises(MissingDataError, match=r"1 of 2 runs are missing: b-1-02\.txt"):
        score(tmp_path / "t", sequences, protocol="starts")
    for path in folder.glob("*-0[234].txt"):
        path.unlink()
    with pytest.raises(DataError, match=r"expected two starts or more, .* found 1 of a"):
        score(tmp_path / "t", sequences, protocol="starts")


class Again(LosesLeft):
    """Other code than `LosesLeft`, and the same boxes."""


def test_starts_that_other_code_left_are_not_scored(tmp_path, caplog):
    sequences = two_sequences()
    folder = tmp_path / "t" / "starts"
    evaluate(LosesLeft, sequences, tmp_path, name="t", options={"true": 99.0}, starts=5)
    renamed = [(path, path.read_text().replace('"LosesLeft"', '"Again"')) for path in folder.glob("*.json")]
    for path, text in renamed:  # the class was renamed by the edit that changed it
        path.write_text(text)
    fewer = evaluate(Again, sequences, tmp_path, name="t", options={"true": 99.0}, starts=3)
    assert len(written(folder)) == 10
    caplog.clear()
    again = score(tmp_path / "t", sequences, dataset="custom", protocol="starts")
    assert again.to_json() == fewer.to_json()
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder}: left out {name}-04.txt to {name}-05.txt, made otherwise than {name}-01.txt; "
        "run all 5 starts again, or remove them"
        for name in ("a", "b-1")
    ]
    evaluate(Again, sequences, tmp_path, name="t", options={"true": 99.0}, starts=5)
    assert len(score(tmp_path / "t", sequences, dataset="custom", protocol="starts").by_start) == 5
    evaluate(LosesLeft, sequences, tmp_path, name="t", force=True, starts=2)
    assert len(score(tmp_path / "t", sequences, dataset="custom", protocol="starts").by_start) == 2
    (folder / "a-02.json").write_text("{")  # of which run, nothing says
    assert len(score(tmp_path / "t", sequences, dataset="custom", protocol="starts").by_start) == 2


def test_a_start_that_fails_leaves_its_sequence_out_and_is_named():
    sequences = [make_sequence("a"), make_sequence("b", start=(11.0, 20, 8, 6))]
    found = evaluate(Raises, sequences, starts=3)
    assert found.failed == {"b": "start 1: RuntimeError: no model here"}
    assert [one.name for one in found.sequences] == ["a"]
    assert [len(one.sequences) for one in found.by_start] == [1, 1, 1]


@pytest.mark.parametrize("count", [0, -1, 100, 2.5, "3", None])
def test_numbers_that_are_none_are_refused(count):
    with pytest.raises(OptionError, match="expected 1 to 99 starts, found"):
        evaluate(Shift, two_sequences(), starts=count)


def test_starts_do_not_go_with_other_protocols():
    with pytest.raises(OptionError, match="TRE has starts of its own, 3 starts are for OPE"):
        evaluate(Shift, two_sequences(), protocol="tre", starts=3)
    with pytest.raises(OptionError, match="expected two starts or more, found 1: say how many"):
        evaluate(Shift, two_sequences(), protocol="starts")
    blind = Sequence("blind", (), two_sequences()[0].boxes)
    with pytest.raises(DataError, match="blind: no images at hand; OPE from several starts needs them"):
        evaluate(Shift, [blind], starts=2)
    nowhere = Sequence("nowhere", two_sequences()[0].frames, np.empty((0, 4)))
    with pytest.raises(DataError, match="nowhere: no true box"):
        evaluate(Shift, [nowhere], starts=2)


def test_a_spread_and_a_difference_against_scipy():
    first, second = np.random.default_rng(0).random((2, 5))
    found = difference_over_starts(first, second)
    low, high = ttest_rel(first, second).confidence_interval()
    assert (found.mean, found.low, found.high) == pytest.approx(((first - second).mean(), low, high))
    for values in ([0.3], [0.3, np.nan], [[0.1, 0.2]]):
        with pytest.raises(DataError, match="from each of two starts or more"):
            spread(values)
    with pytest.raises(DataError, match="the same starts"):
        difference_over_starts(first, second[:4])


def test_trackers_are_told_apart_only_beyond_what_starts_do():
    """`LosesLeft` at x = 10 is a lottery; always right and always lost are not alike."""
    sequences = [make_sequence(name, 30) for name in ("a", "b", "c")]
    run = {
        "right": evaluate(Shift, sequences, name="right", starts=6),
        "lottery": evaluate(LosesLeft, sequences, name="lottery", starts=6),
        "other lottery": evaluate(
            LosesLeft, sequences, name="other lottery", options={"true": 10.2}, starts=6
        ),
        "lost": evaluate(LosesLeft, sequences, name="lost", options={"true": 99}, starts=4),
    }
    clear = run["right"].difference_over_starts(run["lost"])
    assert clear.low > 0.3
    pairs = zip(run["right"].by_start[:4], run["lost"].by_start, strict=True)
    assert clear.mean == pytest.approx(np.mean([one.auc - other.auc for one, other in pairs]))
    unclear = run["other lottery"].difference_over_starts(run["lottery"])
    assert unclear.low < 0 < unclear.high
    line = difference_table([run["lottery"], run["other lottery"]])
    assert line.endswith(f"over starts AUC [{unclear.low:+.4f}, {unclear.high:+.4f}], not told apart by them")
    assert "told apart" not in difference_table([run["right"], run["lost"]])
    with pytest.raises(DataError, match="expected one protocol"):
        run["right"].difference_over_starts(evaluate(Shift, sequences))


def test_attributes_keep_their_spread():
    fast, slow = two_sequences()
    found = evaluate(LosesLeft, [fast, replace(slow, attributes=("OCC",))], starts=3)
    groups = found.by_attribute()
    assert groups["FM"].spread() == found.spreads()[fast.name]
    assert groups["OCC"].spread() == found.spreads()[slow.name] != groups["FM"].spread()


def test_the_tables_and_the_report_show_it(tmp_path):
    sequences = two_sequences()
    scores = [evaluate(kind, sequences, starts=4) for kind in (LosesLeft, Shift)]
    whole, each = scores[0].spread(), scores[0].spreads()["a"]
    lines = score_table(scores).splitlines()
    assert "custom, 2 sequences, OPE from several starts, policy otb-strict" in lines[0]
    assert f"{whole.mean:.4f} [" in lines[2]
    assert f"] ±{whole.deviation:.4f}" in lines[2]
    assert lines[2].split()[-1] == "4"
    rows = {line.split("  ")[0].strip(): line for line in spread_table(scores).splitlines()}
    assert f"{each.mean:.4f} ±{each.deviation:.4f}" in rows["a"]
    assert f"{whole.mean:.4f} ±{whole.deviation:.4f}" in rows["all"]
    assert f"{whole.least:.4f}, {whole.most:.4f}" in rows["from, to"]
    write_table(tmp_path / "t.csv", scores, provenance("udt evaluate --starts 4"))
    row = next(csv.DictReader((tmp_path / "t.csv").open()))
    assert tuple(row) == COLUMNS + STARTS_COLUMNS
    numbers = (whole.deviation, whole.least, whole.most, scores[0].spread("precision").deviation)
    assert [row[name] for name in STARTS_COLUMNS] == ["4", *(f"{number:.4f}" for number in numbers)]
    beside = json.loads((tmp_path / "t.json").read_text())["trackers"]["LosesLeft"]
    assert beside["sequences"]["a"]["auc_spread"] == each.deviation
    text = html_report(scores)
    for shown in (
        f"±{whole.deviation:.4f}",
        f"{whole.least:.4f}, {whole.most:.4f}",
        f"±{each.deviation:.3f}",
    ):
        assert shown in text
    assert "Success plot of OPE from several starts" in text
    assert spread_table([evaluate(Shift, sequences)]) == ""


def test_the_command_and_those_that_read_its_folder(tmp_path, capsys):
    import cv2

    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    (tmp_path / "otb/Woman/img").mkdir(parents=True)
    for index in range(1, 6):
        shifted = np.roll(image, index, axis=1)
        cv2.imwrite(str(tmp_path / f"otb/Woman/img/{index:04}.jpg"), shifted)
    rows = "".join(f"{30 + index},21,20,16\n" for index in range(1, 6))
    (tmp_path / "otb/Woman/groundtruth_rect.txt").write_text(rows)
    command = ["evaluate", "--tracker", "mosse", "kcf", "--dataset", "otb", "--root", str(tmp_path / "otb")]
    command += ["--jobs", "1", "--out", str(tmp_path / "run"), "--starts"]
    files = ["--json", str(tmp_path / "s.json"), "--table", str(tmp_path / "t.csv")]
    assert main([*command, "3", *files]) == 0
    printed = capsys.readouterr().out
    assert "± standard deviation over starts" in printed
    assert "kcf - mosse: AUC" in printed
    documents = json.loads((tmp_path / "s.json").read_text())
    assert [len(document["auc_by_start"]) for document in documents] == [3, 3]
    assert (tmp_path / "t.csv").read_text().splitlines()[1].split(",")[6] == "3"
    assert documents[0]["measured"]["resumed"] is False
    rows = (tmp_path / "run/mosse/starts/Woman-01.txt").read_text().splitlines()
    assert (len(rows), rows[0]) == (5, "31.0000,21.0000,20.0000,16.0000")
    found = ["--annotations", str(tmp_path / "otb"), "--protocol", "starts"]
    folders = [str(tmp_path / "run" / name) for name in ("mosse", "kcf")]
    assert main(["score", *found, "--results", *folders]) == 0
    assert capsys.readouterr().out.rstrip("\n").splitlines() == printed.rstrip("\n").splitlines()
    assert main(["report", str(tmp_path / "run"), *found, "--out", str(tmp_path / "r.html")]) == 0
    assert "± over starts" in (tmp_path / "r.html").read_text()
    capsys.readouterr()
    for words, message in (
        ((["3", "--protocol", "sre"]), "SRE has starts of its own"),
        ((["1", "--protocol", "starts"]), "--starts 5"),
    ):
        assert main([*command, *words]) == 2
        assert message in capsys.readouterr().err
    for bad in ("0", "-2", "1.5", "many", "100"):
        with pytest.raises(SystemExit):
            main([*command, bad])
        assert "expected a whole number from 1 to 99" in capsys.readouterr().err
