"""The tables of training runs: found, matched with their evaluations, written; and the chapter's own step."""

import ast
import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import plain_training
import pytest
import torch
import training_results
from torch import nn
from training_job import moving_patches

from udtlib.data.box_files import write_boxes
from udtlib.data.synthetic import load_synthetic
from udtlib.dcf import gaussian_label
from udtlib.network import MEAN_RGB
from udtlib.training.log import COLUMNS
from udtlib.weights import Weights, load_weights, random_weights, save_weights

PROJECT = Path(__file__).parents[2]
PATHS = {"PYTHONPATH": str(PROJECT)}
COMMAND = "udt train /far/away/patches.raw --steps 40 --first-rate 1e-2 --out ../../runs/udt --measured"


def save_run(folder, name="weights.safetensors", **card):
    """Write random weights with a card, and a log of 40 steps."""
    folder.mkdir(parents=True, exist_ok=True)
    card = {"command": COMMAND, "wall time": "7 s", "steps": "40"} | card
    save_weights(folder / name, Weights(random_weights().tensors, card))
    with (folder / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([step, 1, 40 - step, 0.01, 50 + step, step / 10] for step in range(1, 41))


def save_evaluation(folder, right=True):
    """Write results of all synthetic sequences: the truth, or the first box for ever."""
    (folder / "udt").mkdir(parents=True)
    for sequence in load_synthetic():
        boxes = sequence.boxes if right else np.tile(sequence.boxes[0], (len(sequence.boxes), 1))
        write_boxes(folder / "udt" / f"{sequence.name}.txt", boxes, 0)
        record = {"dataset": "synthetic", "options": {}, "seconds": 1.0, "tracker": "udt"}
        (folder / "udt" / f"{sequence.name}.json").write_text(json.dumps(record))


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def collect(root):
    words = ["collect", str(root), "--out", str(root), "--commit", "abc1234"]
    assert training_results.main(words) == 0


def test_table_and_curves(tmp_path):
    for seed, right in ((0, True), (1, False)):
        save_run(tmp_path / "runs" / "table" / f"standard-loss-s{seed}")
        save_evaluation(tmp_path / "ev" / f"standard-loss-s{seed}-synthetic", right)
    save_run(tmp_path / "runs" / "udt")
    collect(tmp_path)
    rows = read(tmp_path / "training_runs.csv")
    assert len(rows) == 2 * 22
    assert {(row["variant"], row["dataset"]) for row in rows} == {("standard-loss", "synthetic")}
    best = [float(row["auc"]) for row in rows if row["seed"] == "0"]
    assert min(best) > 0.9 > np.mean([float(row["auc"]) for row in rows if row["seed"] == "1"])
    about = json.loads((tmp_path / "training_runs.json").read_text())
    assert about["commit"] == "abc1234"
    assert about["runs"]["standard-loss-s1"]["command"] == (
        "udt train patches.raw --steps 40 --first-rate 1e-2 --out udt --measured"
    )
    assert "/far/away" not in json.dumps(about)
    curve = read(tmp_path / "training_curves.csv")
    assert {row["run"] for row in curve} == {"udt"}
    assert float(curve[0]["loss"]) > float(curve[-1]["loss"])


def test_curves_are_thinned_to_means(tmp_path):
    save_run(tmp_path)
    rows = training_results.curve_rows("udt", tmp_path / "log.csv", points=4)
    assert [row["step"] for row in rows] == ["10", "20", "30", "40"]
    assert [float(row["loss"]) for row in rows] == [34.5, 24.5, 14.5, 4.5]


def test_weights_kept_on_the_way(tmp_path):
    for steps in (20, 5):
        save_run(tmp_path / "runs" / "udt", f"weights-{steps}.safetensors", steps=str(steps))
        save_evaluation(tmp_path / "ev" / f"udt-{steps}-synthetic")
    save_run(tmp_path / "runs" / "udt")
    save_evaluation(tmp_path / "ev" / "udt-synthetic")
    save_run(tmp_path / "runs" / "udt-long", "weights-7.safetensors", steps="7")
    save_evaluation(tmp_path / "ev" / "udt-long-7-synthetic")
    collect(tmp_path)
    found = [(row["run"], row["steps"]) for row in read(tmp_path / "training_steps.csv")]
    assert found == [("udt", "5"), ("udt", "20"), ("udt", "40"), ("udt-long", "7")]


def test_evaluations_that_cannot_be_used(tmp_path, capsys):
    save_evaluation(tmp_path / "ev" / "udt-s0-synthetic")
    save_run(tmp_path / "runs" / "table" / "udt-s0")
    later = (tmp_path / "ev" / "udt-s0-synthetic" / "udt" / "fm-1.txt").stat().st_mtime + 60
    os.utime(tmp_path / "runs" / "table" / "udt-s0" / "weights.safetensors", (later, later))
    save_evaluation(tmp_path / "ev" / "udt-s1-synthetic")
    (tmp_path / "ev" / "udt-s1-synthetic" / "udt" / "sv-1.txt").unlink()
    collect(tmp_path)
    message = capsys.readouterr().err
    assert "udt-s0-synthetic/udt: older than its weights" in message
    assert "udt-s1-synthetic/udt: 1 sequences are missing" in message
    assert not (tmp_path / "training_runs.csv").exists()


def test_commands_repeat_what_is_stored(tmp_path):
    about = {"runs": {"udt-s0": {"command": "udt train X --out runs/table/udt-s0"}, "random-s2": {}}}
    (tmp_path / "training_runs.json").write_text(json.dumps(about))
    (tmp_path / "training_steps.json").write_text(json.dumps({"runs": {"udt-5": {"command": "udt train"}}}))
    lines = training_results.command_lines(tmp_path)
    assert lines[0] == ("[ -e runs/table/udt-s0/weights.safetensors ] || udt train X --out runs/table/udt-s0")
    assert "random_weights(2)" in lines[1]
    assert len(lines) == 2 + 3 * 2
    assert "weights=runs/udt/weights-5.safetensors" in lines[-1]
    done = subprocess.run(["sh", "-e", "-c", lines[1]], cwd=tmp_path, check=False, env=os.environ | PATHS)
    assert done.returncode == 0
    found = load_weights(tmp_path / "runs" / "table" / "random-s2" / "weights.safetensors")
    assert found.fingerprint == random_weights(2).fingerprint


@pytest.mark.parametrize("name", ["runs", "steps", "curves", "devices"])
def test_stored_tables_say_where_they_are_from(name):
    path = PROJECT / "data" / "results" / f"training_{name}.csv"
    assert read(path)
    about = json.loads(path.with_suffix(".json").read_text())
    assert {"commit", "date", "command", "hardware"} <= about.keys()


# --- the plain step of chapter 11 is the one that the tests measure with ---

NAMES = ("PlainNetwork", "dcf", "shift_to_peak", "plain_loss", "plain_step")


def chapter_functions():
    """Return the functions of chapter 11's plain step, from its source."""
    tree = ast.parse((PROJECT / "book" / "11_training.py").read_text("utf-8"))
    tree.body = [node for node in tree.body if getattr(node, "name", None) in NAMES]
    space = {"torch": torch, "nn": nn, "MEAN_RGB": MEAN_RGB}
    exec(compile(tree, "chapter 11", "exec"), space)
    return [space[name] for name in NAMES]


def test_chapters_plain_step_is_that_of_the_tests():
    network_class, _, _, loss, step = chapter_functions()
    label = gaussian_label(121, 121, 125 / 3 / 10)
    batch = moving_patches(0, 4).patches
    networks = [network_class(), plain_training.PlainNetwork()]
    networks[0].load_state_dict(networks[1].state_dict())
    losses = [loss(networks[0], batch, label), plain_training.plain_loss(networks[1], batch, label)]
    assert float(losses[0].detach()) == pytest.approx(float(losses[1].detach()), rel=1e-5)
    optimisers = [torch.optim.SGD(network.parameters(), 1e-4) for network in networks]
    step(networks[0], optimisers[0], batch, label)
    plain_training.plain_step(networks[1], optimisers[1], batch, label)
    for ours, theirs in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)
