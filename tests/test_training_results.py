"""The tables of training runs: found, matched with their evaluations, written; and the chapter's own step."""

import ast
import csv
import json
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
from udtlib.training_log import COLUMNS
from udtlib.weights import Weights, random_weights, save_weights

PROJECT = Path(__file__).parents[1]
SETTINGS = "variant=udt, steps=40, optimiser=sgd, first_rate=0.01, precision=bfloat16, data=2 videos, ordered"
COMMAND = "udt train /far/away/all.raw --steps 40 --first-rate 1e-2 --out ../somewhere/udt-s0 --measured"


def save_run(folder, name="weights.safetensors", **card):
    """Write random weights with a card, and a log of 40 steps."""
    folder.mkdir(parents=True, exist_ok=True)
    card = {"settings": SETTINGS, "data": "2 videos, ordered", "command": COMMAND, "wall time": "7 s"} | card
    save_weights(folder / name, Weights(random_weights().tensors, card))
    with (folder / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([step, 1, 40 - step, 0.01, 50 + step, step / 10] for step in range(1, 41))
    return folder / name


def save_evaluation(folder, weights=None, right=True):
    """Write results of all synthetic sequences: the truth, or the first box for ever."""
    folder.mkdir(parents=True)
    options = {} if weights is None else {"weights": repr(str(weights))}
    for sequence in load_synthetic():
        boxes = sequence.boxes if right else np.tile(sequence.boxes[0], (len(sequence.boxes), 1))
        write_boxes(folder / f"{sequence.name}.txt", boxes, 0)
        record = {"dataset": "synthetic", "options": options, "seconds": 1.0, "tracker": "udt-bf16"}
        (folder / f"{sequence.name}.json").write_text(json.dumps(record))


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def collect(out, *words):
    assert training_results.main(["collect", *map(str, words), "--out", str(out), "--commit", "abc1234"]) == 0


def test_table_and_curves(tmp_path):
    for seed, right in ((0, True), (1, False)):
        path = save_run(tmp_path / "table" / f"standard-loss-s{seed}")
        save_evaluation(tmp_path / "somewhere" / str(seed) / "udt-bf16", path, right)
    collect(
        tmp_path,
        *("--table", tmp_path / "table", "--evaluations", tmp_path / "somewhere"),
        *("--shipped", f"udt={tmp_path / 'table' / 'standard-loss-s0'}"),
    )
    rows = read(tmp_path / "training_runs.csv")
    assert len(rows) == 2 * 22
    assert {(row["variant"], row["dataset"], row["steps"]) for row in rows} == {
        ("standard-loss", "synthetic", "40")
    }
    best = [float(row["auc"]) for row in rows if row["seed"] == "0"]
    assert min(best) > 0.9 > np.mean([float(row["auc"]) for row in rows if row["seed"] == "1"])
    about = json.loads((tmp_path / "training_runs.json").read_text())
    assert about["commit"] == "abc1234"
    stored = about["runs"]["standard-loss-s0"]
    assert stored["command"] == (
        "udt train runs/training/patches.raw --steps 40 --first-rate 1e-2 "
        "--out runs/training/table/standard-loss-s0 --measured"
    )
    assert "/far/away" not in json.dumps(about)
    curve = read(tmp_path / "training_curves.csv")
    assert [row["step"] for row in curve][-1] == "40"
    assert float(curve[0]["loss"]) > float(curve[-1]["loss"])


def test_curves_are_thinned_to_means(tmp_path):
    log = save_run(tmp_path).parent / "log.csv"
    rows = training_results.curve_rows("udt", log, points=4)
    assert [row["step"] for row in rows] == ["10", "20", "30", "40"]
    assert [float(row["loss"]) for row in rows] == [34.5, 24.5, 14.5, 4.5]


def test_recipes_and_notes(tmp_path):
    save_run(tmp_path / "sgd")
    save_evaluation(tmp_path / "ev-sgd" / "udt-bf16")
    save_run(tmp_path / "strange", settings="", data="")
    save_evaluation(tmp_path / "strange" / "ev" / "udt-bf16", right=False)
    (tmp_path / "notes.tsv").write_text("strange\ta script of mine\n")
    collect(tmp_path, "--recipes", tmp_path / "sgd", tmp_path / "strange", "--notes", tmp_path / "notes.tsv")
    one, other = read(tmp_path / "training_recipes.csv")
    assert (one["recipe"], one["optimiser"], one["triplets"], one["convolutions"]) == (
        *("sgd", "sgd", "ordered", "bfloat16"),
    )
    assert (other["what"], other["optimiser"]) == ("a script of mine", "")
    assert float(one["auc"]) > float(other["auc"])
    about = json.loads((tmp_path / "training_recipes.json").read_text())["runs"]
    assert len(about["strange"]["auc"]["synthetic"]) == 22


def test_weights_kept_on_the_way(tmp_path):
    run = tmp_path / "udt"
    for steps in (20, 5):
        path = save_run(run, f"weights-{steps}.safetensors", steps=str(steps))
        save_evaluation(tmp_path / f"ev{steps}" / "udt-bf16", path)
    last = save_run(run)
    save_evaluation(tmp_path / "ev40" / "udt-bf16", last)
    collect(tmp_path, "--steps", run)
    assert [row["steps"] for row in read(tmp_path / "training_steps.csv")] == ["5", "20", "40"]


def test_runs_that_cannot_be_used(tmp_path, capsys):
    save_run(tmp_path / "table" / "udt-s0")
    with pytest.raises(SystemExit, match="evaluations of them, found none"):
        collect(tmp_path, "--table", tmp_path / "table")
    assert "no evaluation found, left out" in capsys.readouterr().err
    for name in ("one", "two"):
        save_evaluation(tmp_path / name / "udt-bf16", "x/udt-s0/weights.safetensors")
    with pytest.raises(SystemExit, match="evaluated twice on synthetic"):
        collect(tmp_path, "--table", tmp_path / "table")


def test_random_networks_are_where_training_starts(tmp_path):
    assert training_results.main(["random", str(tmp_path), "--seeds", "0", "2"]) == 0
    found = {path.parent.name for path in tmp_path.glob("*/weights.safetensors")}
    assert found == {"random-s0", "random-s2"}


def test_commands_repeat_what_is_stored(tmp_path):
    about = {"runs": {"udt-s0": {"command": "udt train X --out runs/training/table/udt-s0"}, "random-s0": {}}}
    (tmp_path / "training_runs.json").write_text(json.dumps(about))
    (tmp_path / "training_steps.json").write_text(json.dumps({"runs": {"weights-5": {}, "weights": {}}}))
    lines = training_results.command_lines(tmp_path)
    folder = "runs/training/table/udt-s0"
    assert lines[0] == f"[ -e {folder}/weights.safetensors ] || udt train X --out {folder}"
    assert len(lines) == 1 + 2 + 2 + 2
    assert "runs/training/shipped/udt/weights-5.safetensors" in lines[-1]


@pytest.mark.parametrize("name", ["runs", "recipes", "steps", "curves", "devices"])
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
