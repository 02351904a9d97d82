"""What records say of results that should not be compared."""

import json
from dataclasses import replace

import numpy as np
import pytest
from locked import locked, open_folder
from shift_tracker import Shift, make_sequence, three_sequences

from udtlib.cli import main
from udtlib.data import load_dataset
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.results.files import result_files
from udtlib.evaluation.results.runs import (
    find_trackers,
    left_out,
    mismatches,
    recorded_dataset,
    recorded_origins,
)


class Other(Shift):
    pass


@pytest.fixture
def trackers(tmp_path):
    for tracker in (Shift, Other):
        evaluate(tracker, three_sequences(), tmp_path)
    return {name: tmp_path / name for name in ("Shift", "Other")}


def test_results_of_the_same_are_compared_without_a_word(trackers):
    assert mismatches(trackers, three_sequences()) == []


def test_other_images_are_named(trackers, tmp_path):
    sequences = three_sequences()
    sequences[1] = replace(sequences[1], frames=[np.zeros((40, 60, 3), np.uint8)] * 6)
    evaluate(Other, sequences, tmp_path)
    assert mismatches(trackers, sequences) == ["the trackers did not see the same images of b"]


def test_other_true_boxes_are_named(trackers):
    sequences = [replace(one, boxes=one.boxes + (one.name == "c")) for one in three_sequences()]
    lines = [f"{name}: ran on other true boxes than it is scored with: c" for name in trackers]
    assert mismatches(trackers, sequences) == lines


def test_results_of_several_versions_are_named(trackers, tmp_path):
    (tmp_path / "Shift/a.txt").unlink()
    evaluate(lambda: Shift(), three_sequences()[:1], tmp_path / "new", name="Shift")
    for suffix in ("txt", "json"):
        (tmp_path / f"new/Shift/a.{suffix}").replace(tmp_path / f"Shift/a.{suffix}")
    assert mismatches(trackers, three_sequences()) == [
        "Shift: results of 2 versions of its code or weights; run it again"
    ]


def test_runs_of_other_protocols_are_compared_too(tmp_path):
    for out, shade in (("one", 0), ("two", 9)):
        sequence = make_sequence()
        sequence.frames[3][0, 0] += shade
        evaluate(Shift, [sequence], tmp_path / out, protocol="sre")
    folders = {name: tmp_path / name / "Shift" for name in ("one", "two")}
    (line,) = mismatches(folders, [make_sequence()], "sre")
    assert line.startswith("the trackers did not see the same images of one-01, ")
    assert line.endswith(" and 7 more")


def leave_starts_of_other_code(tmp_path, kept=2):
    """Five starts of old code, of which a later evaluation ran the first ``kept`` again."""
    evaluate(lambda: Shift(), [make_sequence()], tmp_path, name="Shift", starts=5)
    evaluate(Shift, [make_sequence()], tmp_path, starts=kept, force=True)
    folder = tmp_path / "Shift" / "starts"
    for number in (4, 5):
        record = folder / f"one-0{number}.json"
        old = json.loads(record.read_text())
        record.write_text(
            json.dumps(old | {"images": "others", "made": {"commit": "old", "date": "2001-01-01"}})
        )
    return tmp_path / "Shift"


def test_starts_that_are_not_scored_are_not_compared(tmp_path):
    folder = leave_starts_of_other_code(tmp_path)
    assert len(list((folder / "starts").glob("*.txt"))) == 5
    evaluate(Other, [make_sequence()], tmp_path, starts=5)
    trackers = {"Shift": folder, "Other": tmp_path / "Other"}
    assert mismatches(trackers, [make_sequence()], "starts") == []


def test_only_what_is_scored_says_where_boxes_were_made(tmp_path):
    origins = recorded_origins(leave_starts_of_other_code(tmp_path), "starts")
    assert [origin["runs"] for origin in origins] == [2]
    assert "old" not in [origin["commit"] for origin in origins]


def test_repetitions_that_are_not_scored_are_not_compared(tmp_path):
    evaluate(Shift, [make_sequence()], tmp_path, protocol="vot")
    folder = tmp_path / "Shift" / "vot"
    assert len(list(folder.glob("*.txt"))) == 3
    for suffix in ("txt", "json"):
        text = (folder / f"one-01.{suffix}").read_text()
        (folder / f"one-04.{suffix}").write_text(text)
    old = json.loads((folder / "one-04.json").read_text())
    (folder / "one-04.json").write_text(json.dumps(old | {"code": "other"}))
    trackers = {"Shift": tmp_path / "Shift"}
    assert mismatches(trackers, [make_sequence()], "vot") == []
    (folder / "one-02.json").write_text(json.dumps(old | {"code": "other"}))
    assert len(mismatches(trackers, [make_sequence()], "vot")) == 1


def test_report_and_score_print_the_lines(tmp_path, capsys, monkeypatch):
    clips = [replace(one, boxes=one.boxes[:3]) for one in load_dataset("synthetic")[:2]]
    monkeypatch.setattr("udtlib.commands.report.load_truth", lambda *_: clips)
    monkeypatch.setattr("udtlib.commands.score.load_truth", lambda *_: clips)
    evaluate("mosse", clips, tmp_path / "run", dataset="synthetic")
    run = str(tmp_path / "run")
    clips[0] = replace(clips[0], boxes=clips[0].boxes + 1)
    line = f"mosse: ran on other true boxes than it is scored with: {clips[0].name}"
    page = tmp_path / "page.html"
    assert main(["report", run, "--out", str(page), "--strips", "0"]) == 0
    assert line in capsys.readouterr().out
    assert line in page.read_text()
    assert main(["score", "--dataset", "synthetic", "--results", f"{run}/mosse"]) == 0
    assert line in capsys.readouterr().out


def test_what_a_mac_leaves_is_no_result_and_no_tracker(trackers, tmp_path, caplog):
    """Copied over USB sticks and archives, every file has a hidden one beside it, of other content."""
    before = score(trackers["Shift"], three_sequences())
    for folder in trackers.values():
        for path in result_files(folder):
            path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
            path.with_name(f"._{path.stem}.json").write_bytes(b"\0\5\x16\7")
    (tmp_path / "Shift" / "folder.txt").mkdir()
    for name in (".ipynb_checkpoints", "__MACOSX", "._Shift"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("1,2,3,4\n")
    (tmp_path / ".idea").mkdir()
    assert find_trackers([tmp_path]) == {name: trackers[name] for name in sorted(trackers)}
    assert caplog.messages == [
        f"{tmp_path}: left out ._Shift, .ipynb_checkpoints, __MACOSX: hidden, or made by the system"
    ]
    caplog.clear()
    assert score(trackers["Shift"], three_sequences()).auc == before.auc
    assert caplog.messages == [
        f"{trackers['Shift']}: left out ._a.txt, ._b.txt, ._c.txt, folder.txt: hidden, or no file"
    ]
    assert left_out(trackers["Shift"], three_sequences()) == []
    assert mismatches(trackers, three_sequences()) == []
    assert recorded_dataset(trackers.values()) == recorded_dataset([trackers["Shift"]])
    with pytest.raises(Exception, match=r"expected result files TRACKER/SEQUENCE\.txt, found none"):
        find_trackers([tmp_path / "__MACOSX" / ".." / ".idea"])
    evaluate(Shift, three_sequences(), tmp_path)


def test_a_tracker_that_may_not_be_read_is_named_and_the_others_are_found(caplog):
    with open_folder() as run:
        for name in ("good", "locked"):
            (run / name).mkdir()
            (run / name / "a.txt").write_text("1,2,3,4\n")
        with locked(run / "locked"):
            assert list(find_trackers([run])) == ["good"]
        assert list(find_trackers([run])) == ["good", "locked"]
    (line,) = caplog.messages
    assert line == f"{run}: left out locked: no permission to read it"
