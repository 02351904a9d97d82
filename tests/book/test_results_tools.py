"""The tools that measure the stored tables of chapter 13, on small stand-ins."""

import csv
import json

import numpy as np
import published_results
import pytest
import tracker_results

from udtlib.data.synthetic import render_clip
from udtlib.evaluation import score
from udtlib.trackers.mosse import MosseTracker

CLIPS = [render_clip(frames=5, seed=seed, scale_variation=0.3, name=f"clip{seed}") for seed in (1, 2)]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(tracker_results, "load_dataset", lambda name, root: CLIPS)
    found = {"mosse": ("mosse", {}), "kcf-linear": ("kcf", {"kernel": "linear"})}
    monkeypatch.setattr(tracker_results, "contenders", lambda: found)
    return found


def test_one_table_of_all_trackers(small, tmp_path, monkeypatch, capsys):
    table = tmp_path / "table.csv"
    command = ["tool", "synthetic", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    tracker_results.main()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["tracker"] for row in rows] == ["mosse", "kcf-linear"]
    document = json.loads(table.with_suffix(".json").read_text())
    assert document["command"] == "make results-trackers"
    assert list(document["trackers"]["mosse"]["sequences"]) == ["clip1", "clip2"]
    assert str(tmp_path) not in table.read_text() + table.with_suffix(".json").read_text()
    assert "kcf-linear" in capsys.readouterr().out


def test_a_sequence_that_fails_leaves_no_table(small, tmp_path, monkeypatch):
    def fail(tracker, frame):
        if frame.mean() == CLIPS[1].frames[1].mean():
            raise RuntimeError("no model here")
        return np.array([1.0, 2, 3, 4])

    monkeypatch.setattr(MosseTracker, "update", fail)
    table = tmp_path / "table.csv"
    command = ["tool", "synthetic", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit, match="mosse, clip2: RuntimeError: no model here"):
        tracker_results.main()
    assert not table.exists()


def test_weights_of_others_are_used_where_they_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(tracker_results, "find_data", lambda name: None)
    assert list(tracker_results.contenders()) == [*tracker_results.PLAIN, "udt-random"]
    monkeypatch.setattr(tracker_results, "find_data", lambda name: tmp_path / name)
    assert tracker_results.contenders()["udt-authors"][1]["weights"].endswith("UDT_Unsupervised.mat")


def test_rows_of_curves_and_attributes():
    moved = {clip.name: clip.boxes + np.array([1, 1, 0, 0]) for clip in CLIPS}
    far = {clip.name: clip.boxes + np.array([9, 9, 0, 0]) for clip in CLIPS}
    scores = {"UDT": score(far, CLIPS, tracker="UDT"), "UDT+": score(moved, CLIPS, tracker="UDT+")}
    header, *rows = published_results.curve_rows(scores)
    assert len(header) == 3 + 21 + 51
    assert [row[:3] for row in rows] == [[t, f"clip{k}", 5] for t in ("UDT", "UDT+") for k in (1, 2)]
    for row, one in zip(rows, [*scores["UDT"].sequences, *scores["UDT+"].sequences], strict=True):
        counts = np.array(row[3:], dtype=float)
        assert counts[:21].sum() / 21 / 5 == pytest.approx(one.auc)
        assert counts[21 + 20] / 5 == pytest.approx(one.precision)
    header, *rows = published_results.attribute_rows(scores)
    assert [row[:3] for row in rows] == [["SV", t, 2] for t in ("UDT", "UDT+", "UDT+ less UDT")]
    assert float(rows[2][3]) == pytest.approx(scores["UDT+"].auc - scores["UDT"].auc, abs=1e-4)
    assert {len(row) for row in rows} == {len(header)}
