"""The tool behind chapter 15's second outcome: AUC from several starts of an experiment's networks."""

import csv
import json
from dataclasses import replace

import pytest
import second_results

from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.evaluation import evaluate
from udtlib.experiments.catalogue import ABLATION, SCALES
from udtlib.experiments.declared import Arm
from udtlib.experiments.runs import Place, run_arms

RECIPE = dict(SCALES["small"].recipe) | {"batch": 2, "steps": 1, "precision": "float32", "warm_up": 0}
TINY = replace(SCALES["small"], clips=2, frames=4, judged=1, recipe=RECIPE)
CLIP = render_clip(frames=7, seed=3, fast_motion=0.5, name="clip")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    arms = [Arm("udt", ""), Arm("random", "", trained=False), Arm("chained", "", trained=False)]
    run_arms(arms, [4], Place(folder, TINY))
    return folder


def measure(runs, folder, monkeypatch):
    monkeypatch.setattr(second_results, "FRAMES", 5)
    monkeypatch.setattr(second_results, "load_dataset", lambda name, root: [CLIP])
    places = ["--runs", str(runs), "--out", str(folder / "kept"), "--table", str(folder / "table.csv")]
    monkeypatch.setattr("sys.argv", ["tool", "--sets", "real=DIR", "--experiment", "ablation", *places])
    second_results.main()
    with (folder / "table.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rows_are_the_means_that_an_evaluation_from_starts_gives(runs, tmp_path, monkeypatch):
    rows = measure(runs, tmp_path, monkeypatch)
    assert [(row["set"], row["arm"], row["seed"], row["sequence"]) for row in rows] == [
        ("real", "random", "4", "clip"),
        ("real", "udt", "4", "clip"),
    ]
    about = json.loads((tmp_path / "table.json").read_text("utf-8"))
    assert set(about["weights of the runs"]) == {"random-s4", "udt-s4"}
    options = {
        "weights": str(runs / "udt-s4" / "weights.safetensors"),
        "preset": "released",
        "dtype": "bfloat16",
        "patch_size": 63,
    }
    five = replace(CLIP, frames=CLIP.frames[:5], boxes=CLIP.boxes[:5])
    found = evaluate("udt", [five], options=options, starts=3)
    assert float(rows[1]["auc"]) == pytest.approx(found.auc, abs=1e-4)


def test_nothing_is_measured_twice(runs, tmp_path, monkeypatch):
    before = measure(runs, tmp_path, monkeypatch)
    monkeypatch.setattr(second_results, "scores", lambda *_: pytest.fail("it is kept"))
    assert measure(runs, tmp_path, monkeypatch) == before
    monkeypatch.setattr(second_results, "scores", lambda *_: {"auc": [0.25, 0.5]})
    monkeypatch.setattr(second_results, "STARTS", 2)
    assert {row["auc"] for row in measure(runs, tmp_path, monkeypatch)} == {"0.3750"}, "of other starts"


def test_weights_that_the_result_was_not_made_with_are_refused(runs):
    result = json.loads((runs / "random-s4" / "result.json").read_text("utf-8"))
    with pytest.raises(SystemExit, match=r"random-s4: expected weights 0000, found"):
        second_results.network(result | {"weights": "0000"}, runs)


def test_the_stored_table_has_every_network_on_every_sequence():
    with stored_result("experiments_starts.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    runs = {(arm.name, str(seed)) for arm in ABLATION.arms for seed in range(5)}
    sequences = {
        name: {row["sequence"] for row in rows if row["set"] == name} for name in ("synthetic", "val", "otb")
    }
    assert {name: len(found) for name, found in sequences.items()} == {"synthetic": 22, "val": 22, "otb": 10}
    found = [(row["set"], row["arm"], row["seed"], row["sequence"]) for row in rows]
    expected = {(name, *run, sequence) for name in sequences for run in runs for sequence in sequences[name]}
    assert set(found) == expected
    assert len(found) == len(expected)
    assert all(0 <= float(row["auc"]) <= 1 for row in rows)
    about = json.loads(stored_result("experiments_starts.json").read_text("utf-8"))
    assert not about["modified"]
    assert about["scale"]["recipe"] == SCALES["small"].recipe
