"""The tool behind chapter 11's table of long runs, on a small stand-in, and the stored table itself."""

import json
from dataclasses import replace

import long_results
import numpy as np
import pytest

from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.errors import MissingDataError
from udtlib.training.log import COLUMNS
from udtlib.weights import random_weights, save_weights, shipped

CLIP = render_clip(frames=7, seed=1, name="clip")


def write_log(path, losses, held_out):
    rows = [dict.fromkeys(COLUMNS, 1) | {"step": step, "loss": loss} for step, loss in enumerate(losses, 1)]
    for row, value in zip(rows, held_out, strict=True):
        row["held_out_loss"] = value
    path.write_text(
        "\n".join([",".join(COLUMNS), *(",".join(map(str, row.values())) for row in rows)]) + "\n"
    )


def test_losses_are_means_of_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(long_results, "BLOCK", 2)
    write_log(tmp_path / "log.csv", [8, 4, 5, 1, 3], ["", 7, "", "", 9])
    assert long_results.losses(tmp_path / "log.csv") == {"loss": [6, 3, 3], "held out": [7, None, 9]}


def measure(run, folder, monkeypatch):
    monkeypatch.setattr(long_results, "load_dataset", lambda name, root: [CLIP])
    places = ["--out", str(folder / "run"), "--table", str(folder / "table.json")]
    monkeypatch.setattr("sys.argv", ["tool", "--real", "REAL", *places, "--runs", str(run)])
    long_results.main()


def test_every_run_is_measured_after_both_numbers_of_steps(tmp_path, monkeypatch):
    run = tmp_path / "seed-3"
    run.mkdir()
    card = {"command": "udt train ...", "settings": "seed=3"}
    for name, weights in {"weights-500": random_weights(0), "weights-6000": shipped("udt")}.items():
        save_weights(run / f"{name}.safetensors", weights)
    save_weights(run / "weights.safetensors", replace(random_weights(0), card=card))
    write_log(run / "log.csv", [4, 2], ["", 3])
    measure(run, tmp_path, monkeypatch)
    found = json.loads((tmp_path / "table.json").read_text())["runs"]["seed-3"]
    assert found["command"] == card["command"]
    assert (found["loss"], found["held out"]) == ([3], [3])
    assert found["networks"]["6000"]["weights"] == shipped("udt").fingerprint
    assert found["networks"]["500"]["sequences"]["clip"]["robustness"] == 1


def test_the_stored_table_has_three_seeds_of_the_recipe_that_ships():
    table = json.loads(stored_result("ch11_long.json").read_text("utf-8"))
    assert sorted(table["runs"]) == ["seed-0", "seed-1", "seed-2"]
    recipe = shipped("udt").card["settings"].split(", data=")[0].split(", ")
    for name, run in table["runs"].items():
        settings = run["settings"].split(", data=")[0].split(", ")
        changed = {one.split("=")[0] for one in set(recipe) ^ set(settings)}
        assert changed <= {"steps", "steps_per_epoch", "batch", "weight_decay", "seed"}
        assert f"seed={name[-1]}" in settings
        assert len(run["loss"]) * table["block"] == 6000
        assert np.isfinite([one for one in run["held out"] if one is not None]).sum() >= 60
        assert set(run["networks"]) == {"500", "6000"}
        for network in run["networks"].values():
            assert len(network["sequences"]) == 22
            assert all(0 <= one["overlap"] <= 1 for one in network["sequences"].values())


def test_a_run_without_kept_weights_is_named(tmp_path, monkeypatch):
    weights = replace(random_weights(0), card={"command": "", "settings": ""})
    save_weights(tmp_path / "weights.safetensors", weights)
    with pytest.raises(MissingDataError, match=r"weights-500\.safetensors"):
        measure(tmp_path, tmp_path, monkeypatch)
