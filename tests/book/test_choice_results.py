"""The tool behind chapter 11's stored choice, on small stand-ins, and the stored table itself."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import choice_results
import numpy as np
import pytest

from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.evaluation.scoring.anchors import run_overlaps
from udtlib.weights import shipped

CLIPS = [render_clip(frames=7, seed=seed, name=f"clip{seed}") for seed in (1, 2)]


def test_runs_start_at_three_frames_and_go_to_the_farther_end():
    runs = choice_results.runs_of(CLIPS[0])
    assert [run.name for run in runs] == ["clip1-1", "clip1-2", "clip1-3"]
    for run, order in zip(runs, ([*range(7)], [3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0]), strict=True):
        np.testing.assert_array_equal(run.boxes, CLIPS[0].boxes[order])
        assert len(run.frames) == len(order)
        np.testing.assert_array_equal(run.frames[1], CLIPS[0].frames[order[1]])


def test_early_overlap_is_the_mean_of_the_first_frames_that_show_the_target():
    truth = np.tile([0.0, 0, 10, 10], (4, 1))
    found = truth + np.array([[0, 0, 0, 0], [5, 0, 0, 0], [0, 0, 0, 0], [20, 0, 0, 0]])
    gone = truth.copy()
    gone[1] = 0
    assert choice_results.early_overlap([(found, truth)], 1) == pytest.approx(1 / 3)
    assert choice_results.early_overlap([(found, truth)], 9) == pytest.approx((1 / 3 + 1 + 0) / 3)
    assert choice_results.early_overlap([(found, truth), (found, gone)], 1) == pytest.approx(1 / 3)
    assert choice_results.early_overlap([(found, truth), (found, gone)], 2) == pytest.approx((2 / 3 + 1) / 2)


def test_networks_are_added_to_the_table_and_others_stay(tmp_path, monkeypatch):
    few = {
        "random": {"weights": "random", "preset": "released"},
        "noise": {"weights": "udt-noise", "preset": "book"},
    }
    monkeypatch.setattr(choice_results, "contenders", lambda out, given: few)
    monkeypatch.setattr(choice_results, "load_dataset", lambda name, root: CLIPS)
    monkeypatch.setattr(choice_results, "prices", lambda measured: dict.fromkeys(measured, 1.5))
    table = tmp_path / "table.json"
    command = ["tool", "--real", "REAL", "--out", str(tmp_path / "run"), "--table", str(table), "--only"]
    documents = []
    for name in few:
        monkeypatch.setattr("sys.argv", [*command, name])
        choice_results.main()
        documents.append(json.loads(table.read_text()))
    first, second = documents
    assert list(second["networks"]) == ["random", "noise"]
    assert second["networks"]["random"] == first["networks"]["random"]
    assert second["networks"]["noise"]["weights"] == shipped("udt-noise").fingerprint
    assert (second["starts"], second["frames"]) == (6, 14)
    assert second["ms"] == {"udt-released": 1.5, "udt": 1.5}
    assert second["priced"] == first["priced"]
    for clip in CLIPS:
        runs = choice_results.runs_of(clip)
        rows = [np.loadtxt(tmp_path / "run/random" / f"{run.name}.txt", delimiter=",") for run in runs]
        overlaps = [run_overlaps(row - [1, 1, 0, 0], run.boxes) for row, run in zip(rows, runs, strict=True)]
        found = first["networks"]["random"]["sequences"][clip.name]
        assert found["overlap"] == pytest.approx(np.mean([each[1:].mean() for each in overlaps]), abs=1e-3)
        assert len(found["early"]) == len(choice_results.HORIZONS)
    others = [replace(clip, name=f"other-{clip.name}") for clip in CLIPS]
    monkeypatch.setattr(choice_results, "load_dataset", lambda name, root: others)
    choice_results.main()
    assert list(json.loads(table.read_text())["networks"]) == ["noise"], "of other sequences nothing stays"


def test_the_stored_choice_is_whole_and_of_the_weights_that_ship():
    document = json.loads(stored_result("ch11_choice.json").read_text("utf-8"))
    assert document["modified"] is False
    assert len(document["sequences"]) == 22
    networks = document["networks"]
    assert {"random", "udt", "points", "book", "udt-noise"} <= set(networks)
    for name in ("udt", "points", "book"):
        assert networks[name]["weights"] == shipped("udt").fingerprint
    assert networks["udt-noise"]["weights"] == shipped("udt-noise").fingerprint
    for name, network in networks.items():
        assert list(network["sequences"]) == document["sequences"], name
        assert network["preset"] == (name if name in ("points", "book") else "released")
        numbers = [
            [one["overlap"], one["robustness"], *one["early"]] for one in network["sequences"].values()
        ]
        assert np.shape(numbers) == (22, 2 + len(document["horizons"]))
        assert np.isfinite(numbers).all()
        assert 0 <= np.min(numbers) <= np.max(numbers) <= 1


def test_the_command_of_the_attributes_measures_the_networks_of_their_table():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text("utf-8")
    recipe = makefile.split("\nresults-attributes:")[1].split("\n\n")[0].replace("\\\n", " ")
    document = json.loads(stored_result("ch15_attributes.json").read_text("utf-8"))
    assert shlex.split(recipe.partition("--only ")[2]) == list(document["networks"])
