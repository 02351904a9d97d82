"""Sequences with one true box: it is given to the tracker, so they are tracked and never scored."""

import json

import numpy as np
import pytest
from shift_tracker import Shift, make_sequence, three_sequences
from trees import write_got10k, write_images, write_trackingnet

from udtlib import load_dataset
from udtlib.cli import main
from udtlib.data import Sequence
from udtlib.data.box_files import read_boxes
from udtlib.errors import DataError
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.protocols import PROTOCOLS


def first_box_only(name="one", count=6):
    whole = make_sequence(name, count)
    return Sequence(name, whole.frames, whole.boxes[:1]), whole


def test_which_sequences_are_scored():
    boxes = np.tile([5.0, 5, 4, 4], (3, 1))
    assert Sequence("a", (), boxes).is_scored
    for later in (0.0, np.nan, np.inf, [5, 5, 0, 4], [5, 5, 4, -1]):
        alone = boxes.copy()
        alone[1:] = later
        assert not Sequence("a", (), alone).is_scored, later
    for few in (boxes[:1], boxes[:0]):
        assert not Sequence("a", (), few).is_scored


def test_all_frames_are_tracked_and_nothing_is_scored(tmp_path):
    alone, whole = first_box_only()
    found = evaluate(Shift, [alone], tmp_path)
    assert found.unscored == ("one",)
    assert found.sequences == ()
    assert np.isnan([found.auc, found.precision, found.mean("auc")]).all()
    assert found.fps is None
    np.testing.assert_allclose(read_boxes(tmp_path / "Shift" / "one.txt", 0), whole.boxes)
    assert json.loads((tmp_path / "Shift" / "one.json").read_text())["frames"] == 6
    before = (tmp_path / "Shift" / "one.txt").stat().st_mtime_ns
    evaluate(Shift, [alone], tmp_path)
    assert (tmp_path / "Shift" / "one.txt").stat().st_mtime_ns == before, "finished, and computed again"
    document = found.to_json()
    assert (document["auc"], document["unscored"]) == (None, ["one"])
    json.dumps(document, allow_nan=False)


def test_beside_others_it_changes_no_score(tmp_path):
    alone, _ = first_box_only("z")
    found = evaluate(Shift, [*three_sequences(), alone])
    assert found.unscored == ("z",)
    assert [one.name for one in found.sequences] == ["a", "b", "c"]
    assert found.auc == evaluate(Shift, three_sequences()).auc
    assert found.fps


def test_truth_that_is_absent_after_the_first_frame_is_no_truth():
    whole = make_sequence()
    boxes = whole.boxes.copy()
    boxes[1:] = np.nan
    assert evaluate(Shift, [Sequence("one", whole.frames, boxes)]).unscored == ("one",)


def test_raw_results_of_it_are_refused(tmp_path):
    alone, whole = first_box_only()
    with pytest.raises(DataError, match="one: expected true boxes after the first frame, found none"):
        score({"one": whole.boxes}, [alone])
    with pytest.raises(DataError, match="expected true boxes after the first frame"):
        score({"one": whole.boxes[:1]}, [Sequence("one", (), whole.boxes[:1])])
    mixed = score({"one": whole.boxes, "two": whole.boxes}, [alone, Sequence("two", (), whole.boxes)])
    assert (mixed.unscored, len(mixed.sequences)) == (("one",), 1)


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name != "ope"])
def test_protocols_that_need_truth_refuse_it(protocol):
    alone, _ = first_box_only()
    reason = "one true box, which the tracker is given|expected a true box to start from and one to follow"
    with pytest.raises(DataError, match=reason):
        evaluate(Shift, [alone], protocol=protocol, starts=2 if protocol == "starts" else 1)


@pytest.fixture
def server_parts(tmp_path):
    """The test parts of GOT-10k and TrackingNet, of larger images than these trees have elsewhere."""
    write_got10k(tmp_path / "got10k", "test", "GOT-10k_Test_000001", count=3, truth="3,3,6,5\n")
    write_trackingnet(tmp_path / "trackingnet", "TEST", "a_1", count=3, truth="3,3,6,5\n")
    return tmp_path


@pytest.mark.parametrize("dataset", ["got10k", "trackingnet"])
def test_on_the_command_line(server_parts, capsys, dataset):
    root, run = server_parts / dataset, server_parts / "run"
    words = [
        "--tracker",
        "mosse",
        "kcf",
        "--dataset",
        dataset,
        "--root",
        str(root),
        "--out",
        str(run),
        "--jobs",
        "1",
    ]
    files = ["--json", str(server_parts / "s.json"), "--table", str(server_parts / "t.csv")]
    assert main(["evaluate", *words, *files]) == 0
    printed = capsys.readouterr().out
    assert "not scored, for their one true box is given to the tracker: 1 sequences" in printed
    assert "0.95" not in printed
    assert json.loads((server_parts / "s.json").read_text())[0]["auc"] is None
    assert (server_parts / "t.csv").read_text().splitlines()[1].startswith("mosse,,,,,,")
    (name,) = [one.name for one in load_dataset(dataset, root)]
    assert len(read_boxes(run / "mosse" / f"{name}.txt", 0)) == 3
    assert (
        main(["score", "--dataset", dataset, "--annotations", str(root), "--results", str(run / "mosse")])
        == 2
    )
    assert "there is nothing to score by" in capsys.readouterr().err
    report = ["report", str(run), "--annotations", str(root), "--out", str(server_parts / "r.html")]
    assert main(report) == 2
    assert "there is nothing to score by" in capsys.readouterr().err
    assert main(["results", "export", str(run), "--as", "got10k", "--out", str(server_parts / "out")]) == 0
    sent = server_parts / "out" / "GOT-10k" / "mosse" / name / f"{name}_001.txt"
    assert sent.read_text() == (run / "mosse" / f"{name}.txt").read_text()


def test_a_folder_with_the_first_box_alone(tmp_path, capsys):
    write_images(tmp_path / "clip", range(1, 5))
    (tmp_path / "clip" / "groundtruth.txt").write_text("3,3,6,5\n")
    words = ["--tracker", "mosse", "--dataset", "folder", "--root", str(tmp_path / "clip"), "--jobs", "1"]
    assert main(["evaluate", *words, "--out", str(tmp_path / "run")]) == 0
    assert "not scored" in capsys.readouterr().out
    assert len(read_boxes(tmp_path / "run" / "mosse" / "clip.txt", 0)) == 4


def test_a_report_leaves_it_out(tmp_path, monkeypatch):
    """Its result has a row a frame and its truth one: nothing to draw, and the others are drawn."""
    monkeypatch.setenv("UDT_DATA", "none")
    root, run = tmp_path / "own", tmp_path / "run"
    sequences = []
    for name, count in (("all", 5), ("first", 1)):
        write_images(root / name, range(1, 6))
        (root / name / "groundtruth.txt").write_text("".join(f"{x + 2},3,5,4\n" for x in range(count)))
        sequences += load_dataset("folder", root / name)
    evaluate(Shift, sequences, run, dataset="mine")
    out = tmp_path / "r.html"
    assert main(["report", str(run), "--annotations", str(root), "--out", str(out)]) == 0
    text = out.read_text("utf-8")
    assert text.count("data:image/jpeg") == 1
    assert "Overlap over the frames of all" in text
    assert "frames of first" not in text
