"""Measured tables carry where they come from; the stored ones are complete and still true."""

import csv
import json
import os
import re
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from udtlib.cli import main
from udtlib.data import Sequence, find_data, load_dataset
from udtlib.data.benchmarks.otb import load_otb
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.running import measured
from udtlib.evaluation.running.measured import (
    COLUMNS,
    STARTS_COLUMNS,
    check_table_path,
    cpu_name,
    provenance,
    write_table,
)

PROJECT = Path(__file__).resolve().parents[3]
RESULTS = PROJECT / "data" / "results"
CLASSIC = ["mosse", "kcf", "dsst", "csrt", "kcf-opencv", "mosse-opencv"]
TABLES = {"classic_otb10": ("otb", 10), "classic_synthetic": ("synthetic", 22)}


def test_provenance_says_what_is_needed_to_repeat_a_measurement():
    found = provenance("udt evaluate --tracker mosse", jobs=2)
    assert found["command"] == "udt evaluate --tracker mosse"
    assert abs(date.fromisoformat(found["date"]) - date.today()).days <= 1
    assert found["hardware"]["cpu"] == cpu_name() != ""
    assert found["hardware"]["cores"] >= 1
    assert (found["jobs"], found["threads"]) == (2, 1)
    assert found["versions"]["numpy"] == np.__version__
    json.dumps(found, allow_nan=False)


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_commit_and_whether_the_code_differs_from_it(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "PROJECT", tmp_path)
    assert (measured.commit(), measured.is_modified()) == (None, None)
    code = tmp_path / "udtlib" / "code.py"
    code.parent.mkdir()
    code.write_text("1\n")
    git(tmp_path, "init", "-q")
    assert measured.commit() is None
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    assert re.fullmatch("[0-9a-f]{7,}", measured.commit())
    (tmp_path / "table.csv").write_text("a result is no code\n")
    assert measured.is_modified() is False
    code.write_text("2\n")
    assert measured.is_modified() is True
    git(tmp_path, "commit", "-qam", "second")
    (tmp_path / "udtlib" / "new.py").write_text("3\n")
    assert measured.is_modified() is True


def test_looking_at_the_checkout_writes_nothing_into_it(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "PROJECT", tmp_path)
    code = tmp_path / "udtlib" / "code.py"
    code.parent.mkdir()
    code.write_text("1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    os.utime(code, (1, 1))  # so that git would note the new time in its index, under a lock
    index = (tmp_path / ".git" / "index").read_bytes()
    assert measured.is_modified() is False
    assert (tmp_path / ".git" / "index").read_bytes() == index


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert (measured.commit(), measured.is_modified()) == (None, None)


def make_scores():
    boxes = np.tile([10.0, 20, 40, 30], (10, 1))
    sequences = [Sequence(name, (), boxes, ()) for name in "abc"]
    answers = ({one.name: boxes + shift for one in sequences} for shift in (0, 9))
    return [
        score(found, sequences, dataset="otb", tracker=name)
        for name, found in zip(("one", 'two, "2"'), answers, strict=True)
    ]


def test_a_table_and_what_stands_beside_it(tmp_path):
    scores = make_scores()
    write_table(tmp_path / "t.csv", scores, provenance("udt evaluate"))
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert tuple(rows[0]) == COLUMNS
    interval = scores[1].interval("auc")
    assert rows[1] == {
        "tracker": 'two, "2"',
        "auc": f"{interval.mean:.4f}",
        "auc_low": f"{interval.low:.4f}",
        "auc_high": f"{interval.high:.4f}",
        "precision": f"{scores[1].precision:.4f}",
        "fps": "",
    }
    beside = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert beside["command"] == "udt evaluate"
    assert beside["dataset"] == "otb"
    assert beside["trackers"]["one"]["sequences"] == scores[0].to_json()["sequences"]


def test_tables_that_cannot_be_written_are_refused_before_the_work(tmp_path, capsys):
    for name, problem, message in (
        ("no/t.csv", MissingDataError, "make it first"),
        ("t.json", DataError, r"expected the name of a table FILE\.csv"),
        ("", DataError, r"expected the name of a table FILE\.csv"),
    ):
        with pytest.raises(problem, match=message):
            check_table_path(tmp_path / name)
    check_table_path(None)
    command = ["evaluate", "--tracker", "mosse", "--out", str(tmp_path / "run"), "--table", str(tmp_path)]
    assert main(command) == 2
    assert "FILE.json goes beside it" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.fixture
def small_otb(tmp_path):
    """Two tiny sequences in the benchmark's own layout."""
    import cv2

    generator = np.random.default_rng(0)
    for name in ("Crossing", "Woman"):
        (tmp_path / "otb" / name / "img").mkdir(parents=True)
        for index in range(1, 4):
            image = generator.integers(0, 255, (60, 80, 3), np.uint8)
            cv2.imwrite(str(tmp_path / "otb" / name / f"img/{index:04}.jpg"), image)
        (tmp_path / "otb" / name / "groundtruth_rect.txt").write_text("31,21,20,16\n" * 3)
    return tmp_path / "otb"


def test_evaluate_takes_several_trackers_and_writes_where_their_numbers_are_from(tmp_path, small_otb, capsys):
    names = ["mosse", "kcf", "dsst"]
    command = ["evaluate", "--tracker", *names, "--dataset", "otb", "--root", str(small_otb), "--jobs", "1"]
    command += ["--out", str(tmp_path / "run"), "--json", str(tmp_path / "s.json")]
    command += ["--table", str(tmp_path / "t.csv")]
    for resumed in (False, True):
        assert main(command) == 0
        documents = json.loads((tmp_path / "s.json").read_text("utf-8"))
        assert [document["tracker"] for document in documents] == names
        for document in documents:
            assert document["measured"]["command"].startswith("udt evaluate --tracker mosse kcf dsst")
            assert document["measured"]["resumed"] is resumed
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert [float(row["auc"]) for row in rows] == [round(document["auc"], 4) for document in documents]
    assert "dsst - mosse: AUC" in capsys.readouterr().out


@pytest.mark.parametrize("name", TABLES)
def test_stored_tables_are_complete(name):
    dataset, count = TABLES[name]
    rows = {row["tracker"]: row for row in csv.DictReader((RESULTS / f"{name}.csv").open(encoding="utf-8"))}
    beside = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    assert list(rows) == CLASSIC == list(beside["trackers"])
    assert beside["dataset"] == dataset
    for tracker, row in rows.items():
        assert tuple(row) == COLUMNS
        auc, low, high, precision, fps = (float(row[column]) for column in COLUMNS[1:])
        assert 0 <= low <= auc <= high <= 1
        assert fps > 1
        sequences = beside["trackers"][tracker]["sequences"]
        assert len(sequences) == count
        assert auc == round(np.mean([one["auc"] for one in sequences.values()]), 4)
        assert precision == round(np.mean([one["precision"] for one in sequences.values()]), 4)


@pytest.mark.parametrize("name", TABLES)
def test_stored_tables_say_where_they_are_from(name):
    beside = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    assert re.fullmatch("[0-9a-f]{7,40}", beside["commit"])
    assert (beside["modified"], beside["resumed"], beside["jobs"]) == (False, False, 1)
    assert beside["hardware"]["cpu"]
    assert date.fromisoformat(beside["date"])
    words = beside["command"].split()
    assert words[:2] == ["udt", "evaluate"]
    assert not [word for word in words if word.startswith("/")]
    assert words[words.index("--table") + 1] == f"data/results/{name}.csv"


STARTS = {"starts_otb10": ("trackers_otb10", 10), "starts_synthetic": ("trackers_synthetic", 22)}


@pytest.mark.parametrize("name", STARTS)
def test_stored_tables_of_starts_hold_together(name):
    single, count = STARTS[name]
    rows = {row["tracker"]: row for row in csv.DictReader((RESULTS / f"{name}.csv").open(encoding="utf-8"))}
    beside = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    others = json.loads((RESULTS / f"{single}.json").read_text("utf-8"))
    assert list(rows) == list(beside["trackers"])
    assert set(rows) <= set(others["trackers"])
    assert set(others["trackers"]) - set(rows) <= {"udt", "udt+"}, "added later, with one start only"
    assert (beside["protocol"], beside["modified"], beside["command"]) == (
        "starts",
        False,
        "make results-starts",
    )
    assert re.fullmatch("[0-9a-f]{7,40}", beside["commit"])
    for tracker, row in rows.items():
        assert tuple(row) == COLUMNS + STARTS_COLUMNS
        found = beside["trackers"][tracker]
        each = np.array([one["auc_by_start"] for one in found["sequences"].values()])  # (sequence, start)
        assert each.shape == (count, int(row["starts"])) == (count, beside["starts"][tracker])
        assert each.shape[1] >= 3
        means = each.mean(axis=0)
        np.testing.assert_allclose(found["auc_by_start"], means)
        numbers = (means.mean(), means.std(ddof=1), means.min(), means.max())
        keys = ("auc", "auc_spread", "auc_least", "auc_most")
        np.testing.assert_allclose([float(row[key]) for key in keys], numbers, atol=6e-5)
        spreads = [one["auc_spread"] for one in found["sequences"].values()]
        np.testing.assert_allclose(spreads, each.std(axis=1, ddof=1), atol=1e-12)
        assert list(found["sequences"]) == list(others["trackers"][tracker]["sequences"])
        assert row["fps"] == ""


def test_the_stored_kernels_hold_together():
    beside = json.loads((RESULTS / "dsst_processors.json").read_text("utf-8"))
    rows = list(csv.DictReader((RESULTS / "dsst_processors.csv").open(encoding="utf-8")))
    assert [row["setting"] for row in rows] == list(beside["settings"])
    assert (beside["modified"], beside["command"]) == (False, "make results-processors")
    for row in rows:
        found = beside["settings"][row["setting"]]
        assert row["kernel"] == found["kernel"] != ""
        assert float(row["auc"]) == round(np.mean(list(found["sequences"].values())), 4)
        for video in ("Couple", "Jumping"):
            assert float(row[video]) == round(found["sequences"][video], 4)
            assert found["by_start"][video][0] == found["sequences"][video]
    named = {row["setting"]: row["kernel"] for row in rows}
    assert all(kernel == setting for setting, kernel in named.items() if setting != "unset")


def test_make_results_measures_these_tables():
    text = (PROJECT / "Makefile").read_text("utf-8")
    assert f"--tracker {' '.join(CLASSIC)} --jobs 1" in text
    for name in (*TABLES, *STARTS, "dsst_processors"):
        assert f"--table data/results/{name}.csv" in text


def recomputed(sequences):
    """The scores of MOSSE by sequence, as stored tables have them."""
    found = evaluate("mosse", sequences)
    return {one.name: (one.auc, one.precision) for one in found.sequences}


def stored(name, sequences):
    table = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))["trackers"]["mosse"]["sequences"]
    return {one.name: (table[one.name]["auc"], table[one.name]["precision"]) for one in sequences}


def assert_agree(found, expected):
    """Within what another build of numpy or scipy may change: a few frames at a threshold."""
    assert len(found) == 2
    for name, values in found.items():
        assert values == pytest.approx(expected[name], abs=0.01), name


def test_the_stored_synthetic_scores_come_out_again():
    sequences = [one for one in load_dataset("synthetic") if one.name in ("iv-1", "occ-1")]
    assert_agree(recomputed(sequences), stored("classic_synthetic", sequences))


@pytest.mark.shared
@pytest.mark.skipif(find_data("otb") is None, reason="the ten real sequences (otb) were not found")
def test_the_stored_otb_scores_come_out_again():
    sequences = load_otb(find_data("otb"), ["Crossing", "Couple"])
    assert_agree(recomputed(sequences), stored("classic_otb10", sequences))


def test_stored_tables_are_of_the_weights_that_come_with_the_library():
    from udtlib.weights import SHIPPED, shipped

    paths = sorted((PROJECT / "data/results").glob("*.json"))
    documents = {path.name: json.loads(path.read_text("utf-8")) for path in paths}
    with_ours = {name: one for name, one in documents.items() if set(SHIPPED) & set(one.get("trackers", ()))}
    assert len(with_ours) >= 2
    for name, document in with_ours.items():
        for tracker in set(SHIPPED) & set(document["trackers"]):
            found = document["weights"][tracker]
            assert found == shipped(tracker).fingerprint, f"{name} was measured with other weights: {tracker}"
    assert shipped("udt").fingerprint in documents["ch00_real.json"]["udt"]["weights"]


def test_a_table_names_the_weights_it_was_measured_with(tmp_path, small_otb):
    from udtlib.weights import random_weights

    command = [
        "evaluate",
        "--tracker",
        "udt",
        "--option",
        "weights=random",
        "--dataset",
        "otb",
        "--jobs",
        "1",
    ]
    command += ["--root", str(small_otb), "--out", str(tmp_path / "run"), "--table", str(tmp_path / "t.csv")]
    assert main(command) == 0
    document = json.loads((tmp_path / "t.json").read_text())
    assert document["weights"] == {"udt": random_weights().fingerprint}
