"""The shift test: what is drawn, where the target goes, and what trackers score that find it or do not."""

import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shift_tracker import Shift

from udtlib.cli import main
from udtlib.data import Sequence
from udtlib.errors import DataError
from udtlib.evaluation import Policy, SequenceScore, TrackerScore, evaluate, score
from udtlib.evaluation.protocols import protocol_runs
from udtlib.evaluation.report.page import html_report
from udtlib.evaluation.report.tables import attribute_table, difference_table, score_table
from udtlib.evaluation.running.measured import write_table
from udtlib.evaluation.scoring.measures import FOUND
from udtlib.evaluation.shift import MovedTarget, inside, moved_boxes, paste_target, stills, without_target

BOX = np.array([40.0, 30, 20, 10])
MARK = (250, 10, 10)


def frame_with(box=BOX, height=90, width=120):
    """A grey ramp with the target in one colour that the ramp does not have."""
    frame = np.repeat(np.linspace(60, 160, width).astype(np.uint8)[None, :, None], height, 0).repeat(3, 2)
    x, y, w, h = (round(float(one)) for one in box)
    frame[y : y + h, x : x + w] = MARK
    return frame


def sequence_of(name="one", count=9, box=BOX):
    return Sequence(name, [frame_with(box)] * count, np.tile(box, (count, 1)), ("SV",))


class Sees(Shift):
    """Finds the coloured target wherever it is, up to `reach` target sizes from where it was."""

    def __init__(self, reach=9.0):
        super().__init__()
        self.reach = reach

    def update(self, frame):
        rows, columns = np.nonzero((frame == MARK).all(axis=2))
        found = np.array([columns.min(), rows.min(), self.box[2], self.box[3]])
        moved = (found[:2] - self.box[:2]) / self.box[2:]
        return found if np.linalg.norm(moved) <= self.reach else self.box


class Stays(Shift):
    def update(self, frame):
        return self.box


class RaisesFar(Sees):
    def update(self, frame):
        found = super().update(frame)
        if found[0] > 55:
            raise RuntimeError("too far")
        return found


def test_moves_by_hand():
    boxes = moved_boxes(BOX)
    assert boxes.shape == (33, 4)
    np.testing.assert_array_equal(boxes[0], BOX)
    np.testing.assert_array_equal(boxes[:, 2:], np.tile(BOX[2:], (33, 1)))
    moves = (boxes[1:, :2] - BOX[:2]).reshape(4, 8, 2)
    # a quarter: 5 across, 2.5 down; on the diagonal 3.54 and 1.77; away from zero
    quarter = [[5, 0], [4, 2], [0, 3], [-4, 2], [-5, 0], [-4, -2], [0, -3], [4, -2]]
    np.testing.assert_array_equal(moves[0], quarter)
    whole = [[20, 0], [15, 8], [0, 10], [-15, 8], [-20, 0], [-15, -8], [0, -10], [15, -8]]
    np.testing.assert_array_equal(moves[3], whole)


@given(st.floats(0, 200), st.floats(0, 200), st.floats(1, 90), st.floats(1, 90))
def test_moves_are_whole_pixels_and_no_shorter_than_they_are_called(x, y, w, h):
    boxes = moved_boxes(np.array([x, y, w, h]))
    moves = np.round(boxes[1:, :2] - [x, y], 6)
    np.testing.assert_array_equal(moves, np.round(moves))
    lengths = np.hypot(moves[:, 0] / w, moves[:, 1] / h)
    for place, distance in enumerate((0.25, 0.5, 0.75, 1.0)):
        of_this = lengths[8 * place : 8 * place + 8]
        assert (of_this >= distance - 1e-6).all()
        assert (np.abs(moves[8 * place : 8 * place + 8]) <= np.array([w, h]) * distance + 1 + 1e-6).all()


def test_the_target_is_moved_alone_and_the_hole_filled_from_around_it():
    still = frame_with()
    background = without_target(still, BOX)
    assert not (background == MARK).all(axis=2).any()
    outside = np.ones(still.shape[:2], bool)
    outside[30:40, 40:60] = False
    np.testing.assert_array_equal(background[outside], still[outside])
    hole = background[30:40, 40:60].astype(int)
    assert np.abs(hole - frame_with(np.zeros(4))[30:40, 40:60]).max() <= 12  # the ramp goes on
    moved = paste_target(still, background, BOX, np.array([15.0, -8]))
    rows, columns = np.nonzero((moved == MARK).all(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (22, 31, 55, 74)
    elsewhere = np.ones(still.shape[:2], bool)
    elsewhere[22:32, 55:75] = False
    np.testing.assert_array_equal(moved[elsewhere], background[elsewhere])
    np.testing.assert_array_equal(still, frame_with())


def test_frames_are_drawn_when_asked_for_and_travel_without_them():
    boxes = moved_boxes(BOX)
    boxes[5] = np.nan
    frames = MovedTarget([None, frame_with()], 1, boxes)
    assert len(frames) == 33
    np.testing.assert_array_equal(frames[0], frame_with())
    np.testing.assert_array_equal(frames[5], frame_with())
    for index in (1, 8, 20, 32):
        rows, columns = np.nonzero((frames[index] == MARK).all(axis=2))
        assert (columns.min(), rows.min()) == tuple(boxes[index, :2])
        assert len(rows) == 200
    copy = pickle.loads(pickle.dumps(frames))
    assert copy.drawn is None
    np.testing.assert_array_equal(copy[32], frames[32])


def test_a_box_of_broken_pixels_is_cut_with_every_pixel_it_touches():
    still = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    box = np.array([20.6, 10.2, 9.5, 7.9])  # columns 20 to 30, rows 10 to 18
    moved = paste_target(still, np.zeros_like(still), box, np.array([-20.0, 41]))
    np.testing.assert_array_equal(moved[51:60, 0:11], still[10:19, 20:31])
    assert not moved[:51].any()
    assert not moved[:, 11:].any()


def test_stills_show_the_whole_target_and_room_for_a_move():
    truth = np.tile(BOX, (61, 1))
    assert [first for first, _ in stills(truth, 90, 120)] == [0, 10, 20, 30, 40, 50, 60]
    truth[:5] = [-1, 30, 20, 10]  # sticks out
    truth[60] = np.nan
    truth[30] = [40, 30, 0, 10]
    assert [first for first, _ in stills(truth, 90, 120)] == [5, 10, 20, 29, 40, 50, 59]
    assert stills(np.tile([0.0, 0, 120, 90], (9, 1)), 90, 120) == []  # nowhere to go
    ((first, boxes),) = stills(np.array([[0.0, 0, 20, 10]]), 90, 120)
    assert first == 0
    there = np.isfinite(boxes).all(axis=1)
    np.testing.assert_array_equal(there, inside(moved_boxes(np.array([0.0, 0, 20, 10])), 90, 120))
    assert there.reshape(-1)[1:].reshape(4, 8).tolist() == [[True] * 3 + [False] * 5] * 4


def test_who_always_finds_it_and_who_never(tmp_path):
    sequences = [sequence_of("a"), sequence_of("b", box=np.array([0.0, 0, 16, 12]))]
    for tracker, share in ((Sees, 1), (Stays, 0)):
        found = evaluate(tracker, sequences, tmp_path, name=tracker.__name__, protocol="shift")
        for one in found.sequences:
            assert one.measures == dict.fromkeys(("found_25", "found_50", "found_75", "found_100"), share)
        assert found.fps is None
        again = score(tmp_path / tracker.__name__, sequences, dataset="custom", protocol="shift")
        assert again.to_json() == found.to_json()
    lines = (tmp_path / "Sees/shift-test/b-01.txt").read_text().splitlines()
    assert lines[0] == "1"
    assert lines[1:9] == [
        "4.0000,0.0000,16.0000,12.0000",
        "3.0000,3.0000,16.0000,12.0000",
        "0.0000,3.0000,16.0000,12.0000",
        *["0"] * 5,  # left and up there is no image
    ]
    record = json.loads((tmp_path / "Sees/shift-test/a-03.json").read_text())
    assert (record["start"], record["protocol"], record["frames"]) == ("frame 4", "shift", 33)


def test_a_short_reach_finds_short_moves_only():
    found = evaluate(Sees, [sequence_of()], protocol="shift", options={"reach": 0.6})
    assert found.sequences[0].measures == {"found_25": 1, "found_50": 1, "found_75": 0, "found_100": 0}
    assert found.measures == ("found_100", "found_75", "found_50", "found_25")


def test_shares_are_those_of_the_files_counted_one_by_one(tmp_path):
    class Guesses(Sees):
        def update(self, frame):
            noise = np.random.default_rng(int(super().update(frame)[:2].sum())).normal(0, 0.3, 2)
            return super().update(frame) + np.append(noise * self.box[2:], [0, 0])

    sequences = [sequence_of("a", 4), sequence_of("b", 2, np.array([90.0, 70, 16, 12]))]
    result = evaluate(Guesses, sequences, tmp_path, name="t", protocol="shift")
    for scored, sequence in zip(result.sequences, sequences, strict=True):
        hits = {25: [], 50: [], 75: [], 100: []}
        x, y, w, h = sequence.boxes[0].tolist()
        files = sorted((tmp_path / "t/shift-test").glob(f"{sequence.name}-??.txt"))
        assert len(files) == len(sequence.boxes)
        for path in files:
            for row, line in enumerate(path.read_text().splitlines()[1:]):
                if line == "0":
                    continue
                distance, angle = (25, 50, 75, 100)[row // 8], row % 8 * math.pi / 4
                wanted = (distance / 100 * w * math.cos(angle), distance / 100 * h * math.sin(angle))
                across, down = (math.copysign(math.ceil(abs(round(one, 6))), one) for one in wanted)
                a, b, c, d = map(float, line.split(","))
                error = math.hypot((a + c / 2 - x - across - w / 2) / w, (b + d / 2 - y - down - h / 2) / h)
                hits[distance].append(round(error, 3) < 0.25)
        for distance, found in hits.items():
            assert scored.measures[f"found_{distance}"] == pytest.approx(sum(found) / len(found))
    assert len(set(result.sequences[0].measures.values())) > 1


def test_moves_that_nobody_can_make_are_no_moves():
    narrow = sequence_of("narrow", box=np.array([50.0, 30, 20, 30]))
    tall = Sequence("tall", [frame_with(np.array([2.0, 3, 100, 80]))] * 3, np.tile([2.0, 3, 100, 80], (3, 1)))
    with pytest.raises(
        DataError, match="tall: expected a frame in which the whole target can be moved, found none"
    ):
        evaluate(Sees, [tall], protocol="shift")
    wide = sequence_of("wide", box=np.array([30.0, 30, 60, 20]))  # a whole width fits on no side
    scores = [
        evaluate(one, [narrow, wide, tall], protocol="shift", name=one.__name__) for one in (Sees, Stays)
    ]
    assert list(scores[0].failed) == ["tall"]
    assert scores[0].sequences[1].measures["found_100"] == 1  # up and down
    assert json.loads(json.dumps(scores[0].to_json(), allow_nan=False))["found_100"] == 1


def test_distances_without_a_move_have_no_share(tmp_path):
    box = np.array([20.0, 10, 80, 70])  # of 120x90: a quarter fits, more does not
    scores = [
        evaluate(one, [sequence_of("big", box=box)], protocol="shift", name=one.__name__)
        for one in (Sees, Stays)
    ]
    assert scores[0].sequences[0].measures["found_25"] == 1
    assert np.isnan(scores[0].mean("found_100"))
    assert scores[0].to_json()["found_100"] is None
    assert score_table(scores).splitlines()[2].split()[:2] == ["Sees", "-"]
    assert "found at 1 -, found at 0.75 -, found at 0.5 -, found at 0.25 -1.0000" in difference_table(scores)
    assert "[nan" not in html_report(scores)
    write_table(tmp_path / "t.csv", scores, {})
    assert "nan" not in (tmp_path / "t.csv").read_text()


def test_a_tracker_that_raises_loses_its_sequence_only(tmp_path):
    sequences = [sequence_of("far"), sequence_of("near", box=np.array([10.0, 30, 20, 10]))]
    found = evaluate(RaisesFar, sequences, tmp_path, name="t", protocol="shift")
    assert found.failed == {"far": "frame 1: RuntimeError: too far"}
    assert found.sequences[0].measures["found_100"] == 1
    path = tmp_path / "t/shift-test/near-04.txt"
    whole = path.read_text()
    path.unlink()
    evaluate(RaisesFar, sequences, tmp_path, name="t", protocol="shift")
    assert path.read_text() == whole


def test_a_run_is_a_still_and_its_moves():
    runs = protocol_runs(sequence_of(count=3), "shift")
    assert [label for label, _ in runs] == ["frame 1", "frame 2", "frame 3"]
    for _, part in runs:
        assert len(part.frames) == len(part.boxes) == 33


def test_real_trackers_find_short_moves_and_the_command_prints_them(tmp_path, capsys):
    import cv2

    generator = np.random.default_rng(0)
    image = cv2.GaussianBlur(generator.integers(0, 255, (120, 160, 3), np.uint8), (0, 0), 3)
    image[40:64, 60:90] = cv2.GaussianBlur(generator.integers(0, 255, (24, 30, 3), np.uint8), (0, 0), 1)
    (tmp_path / "otb/Woman/img").mkdir(parents=True)
    for index in (1, 2):
        cv2.imwrite(str(tmp_path / f"otb/Woman/img/{index:04}.png"), image)
    (tmp_path / "otb/Woman/groundtruth_rect.txt").write_text("61,41,30,24\n" * 2)
    run = ["--tracker", "mosse", "kcf", "--dataset", "otb", "--root", str(tmp_path / "otb"), "--jobs", "1"]
    assert main(["evaluate", *run, "--protocol", "shift", "--out", str(tmp_path / "run")]) == 0
    table = capsys.readouterr().out
    assert "found at 1 " in table.splitlines()[1]
    found = ["--annotations", str(tmp_path / "otb"), "--protocol", "shift"]
    folders = [str(tmp_path / "run/mosse"), str(tmp_path / "run/kcf")]
    assert main(["score", *found, "--json", str(tmp_path / "s.json"), "--results", *folders]) == 0
    for one in json.loads((tmp_path / "s.json").read_text()):
        assert one["found_25"] >= 0.9
    assert main(["report", str(tmp_path / "run"), *found, "--out", str(tmp_path / "report.html")]) == 0
    assert "nearer than 0.25 of the target" in (tmp_path / "report.html").read_text().replace("&#x27;", "'")


def test_a_sequence_without_a_measure_comes_last_and_is_no_number():
    """In a wide target's still no move of a whole size stays in the image: that measure is not known."""
    names = ("wide", "good", "poor")
    values = (np.nan, 0.9, 0.2)
    curve = np.zeros(21), np.zeros(51)
    scores = tuple(
        SequenceScore(name, *curve, 0.5, 0.5, 9, None, ("SV",), dict.fromkeys(FOUND, value), counted=9)
        for name, value in zip(names, values, strict=True)
    )
    found = TrackerScore("t", "custom", Policy(), scores, protocol="shift")
    text = html_report([found])
    assert "t: worst on poor (0.200)" in text
    assert ">nan<" not in text
    assert "(nan)" not in text
    assert attribute_table([replace(found, sequences=scores[:1])], found.measures[0]).split()[-1] == "-"
