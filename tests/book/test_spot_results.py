"""The tools that measure the stored tables of chapters 16 and 17, on small stand-ins."""

import json
from dataclasses import replace

import cost_results
import numpy as np
import pytest
import spot_results
import torch

from udtlib.adaptation import adapt_to
from udtlib.bench.decoding import Decoding
from udtlib.data.stored import stored_names, stored_result
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.cache import pack_clips
from udtlib.weights import default, load_weights, random_weights, shipped

CLIPS = [render_clip(6, seed=seed, scale_variation=0.5, name=f"clip{seed}") for seed in (1, 2)]


@pytest.fixture
def small(monkeypatch):
    """Two sequences in two datasets, and as little work as there can be."""
    monkeypatch.setattr(spot_results, "datasets", lambda real: {"synthetic": CLIPS[:1], "real": CLIPS[1:]})
    for name, value in {"ITERATIONS": 1, "OWN": 4, "POOLED": 4, "STEPS": 2, "BATCH": 2}.items():
        monkeypatch.setattr(spot_results, name, value)


def run(monkeypatch, tool, *words):
    monkeypatch.setattr("sys.argv", ["tool", *map(str, words)])
    tool.main()


def test_adaptation_is_measured_once_and_goes_on_where_it_stopped(small, tmp_path, monkeypatch, capsys):
    table, out = tmp_path / "table.json", tmp_path / "run"
    words = ("adaptation", "--out", out, "--table", table)
    run(monkeypatch, spot_results, *words, "--so-far")
    assert json.loads(table.read_text())["auc"] == {"synthetic": {}, "real": {}}
    run(monkeypatch, spot_results, *words)
    document = json.loads(table.read_text())
    assert document["command"] == "make results-adaptation"
    assert document["network"] == default().fingerprint
    row = document["auc"]["real"]["clip2"]
    assert set(row) == {"as it ships", "pooled", "own", "careful", "shaken"}
    assert row["as it ships"] == spot_results.success(default(), CLIPS[1])
    own = document["own"]["real"]["clip2"]
    found = adapt_to(default(), [(list(CLIPS[1].frames)[:4], CLIPS[1].boxes[0])], 1, rate=1e-4)
    assert own["before"] == pytest.approx(found.before, rel=1e-3)
    assert row["own"] == pytest.approx(spot_results.success(found.weights, CLIPS[1]), abs=0.02)
    assert set(document["pooled"]) == {"synthetic", "real"}
    capsys.readouterr()
    monkeypatch.setattr(spot_results, "compare", lambda *_: pytest.fail("measured again"))
    (out / "synthetic" / "_pooled.json").write_text('{"made_of": "something else"}')
    assert load_weights(out / "real" / "_pooled.safetensors").tensors.keys() == default().tensors.keys()
    run(monkeypatch, spot_results, *words)
    assert json.loads(table.read_text())["auc"] == document["auc"]
    assert capsys.readouterr().out.startswith("_pooled")


def other_pixels(sequence):
    """Return a sequence of the same name, length and true boxes, which shows something else."""
    return replace(sequence, frames=[255 - frame for frame in sequence.frames])


def test_sequences_of_the_same_names_with_other_images_are_measured_again(small, tmp_path, monkeypatch):
    table = tmp_path / "table.json"
    words = ("adaptation", "--out", tmp_path / "run", "--table", table)
    for value in (0.25, 0.5):
        monkeypatch.setattr(spot_results, "success", lambda *_, value=value: value)
        run(monkeypatch, spot_results, *words)
        groups = {"synthetic": CLIPS[:1], "real": [other_pixels(CLIPS[1])]}
        monkeypatch.setattr(spot_results, "datasets", lambda real, groups=groups: groups)
    auc = json.loads(table.read_text())["auc"]
    assert auc["synthetic"]["clip1"]["own"] == 0.25
    assert auc["real"]["clip2"]["own"] == 0.5


@pytest.mark.parametrize("other", ["patches", "sequences"])
def test_more_data_is_measured_again_on_other_content_under_the_same_names(
    small, tmp_path, monkeypatch, other
):
    monkeypatch.setattr(spot_results, "SHARES", (1.0,))
    monkeypatch.setattr(spot_results, "MIXED", 1.0)
    caches = [pack_clips(tmp_path / f"{seed}.raw", clips=6, frames=4, seed=seed).path for seed in (1, 2)]
    used, measured_on = tmp_path / "patches.raw", []
    monkeypatch.setattr(
        spot_results, "train_and_judge", lambda *_: measured_on.append(1) or {"videos": 1, "auc": {}}
    )
    used.write_bytes(caches[0].read_bytes())
    words = ("more-data", "--out", tmp_path / "run", "--table", tmp_path / "table.json", "--patches", used)
    run(monkeypatch, spot_results, *words, "--seeds", 1)
    run(monkeypatch, spot_results, *words, "--seeds", 1)
    assert len(measured_on) == 1
    if other == "patches":
        used.write_bytes(caches[1].read_bytes())
    else:
        monkeypatch.setattr(spot_results, "datasets", lambda real: {"real": [other_pixels(CLIPS[1])]})
    run(monkeypatch, spot_results, *words, "--seeds", 1)
    assert len(measured_on) == 2


def test_the_control_moves_every_tensor_as_far():
    first, second = random_weights(0), random_weights(1)
    moved = spot_results.shaken(first, second, seed=3)
    for name, tensor in first.tensors.items():
        distance = (moved.tensors[name] - tensor).norm()
        torch.testing.assert_close(distance, (second.tensors[name] - tensor).norm())
        if tensor.norm() > 0:
            assert not torch.equal(moved.tensors[name], second.tensors[name])


def test_more_data_trains_on_parts_of_the_videos(small, tmp_path, monkeypatch):
    cache = pack_clips(tmp_path / "patches.raw", clips=6, frames=4, seed=1)
    monkeypatch.setattr(spot_results, "SHARES", (1.0, 1 / 4))
    monkeypatch.setattr(spot_results, "CLIPS", 2)
    monkeypatch.setattr(spot_results, "CLIP_FRAMES", 4)
    table = tmp_path / "table.json"
    words = ("more-data", "--out", tmp_path / "run", "--table", table, "--patches", cache.path, "--seeds", 1)
    run(monkeypatch, spot_results, *words)
    document = json.loads(table.read_text())
    assert document["command"] == "make results-more-data"
    videos = document["videos"]
    assert set(videos) == {"1/1", "1/4", "raw + procedural"}
    assert videos["1/4"] == round(videos["1/1"] / 4) < videos["1/1"] == videos["raw + procedural"] < 6
    auc = document["auc"]["real"]
    assert {name: len(runs) for name, runs in auc.items()} == dict.fromkeys(videos, 1)
    assert set(auc["1/1"][0]) == {"clip2"}


def test_more_data_needs_patches(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, spot_results, "more-data", "--out", tmp_path, "--table", tmp_path / "t.json")
    assert "udt data pack" in capsys.readouterr().err


def test_costs_are_of_one_process_and_of_two(tmp_path, monkeypatch):
    monkeypatch.setattr(
        cost_results, "measure_decoding", lambda *_: Decoding(4, (9.0,), (5.0, 7.0, 6.0), (1.0,))
    )
    monkeypatch.setattr(cost_results, "learned", lambda count: [10.0 * count, 12.0 * count, 11.0 * count])
    monkeypatch.setattr(cost_results, "cutting", lambda: 100.0)
    table = tmp_path / "table.json"
    run(monkeypatch, cost_results, "--table", table)
    document = json.loads(table.read_text())
    assert (document["decoded"], document["cut"]) == (6.0, 100.0)
    assert document["triplets"] == {"1": 11.0, "2": 22.0}
    assert document["patch_bytes"]["raw"] == 125 * 125 * 3 > 5 * document["patch_bytes"]["webp 80"] > 0


def test_the_stored_tables_are_of_this_network():
    names = [name for name in stored_names() if name in ("ch16_adaptation.json", "ch16_more_data.json")]
    assert "ch16_adaptation.json" in names
    assert "network" in json.loads(stored_result("ch16_adaptation.json").read_text("utf-8"))
    for name in names:
        document = json.loads(stored_result(name).read_text("utf-8"))
        assert document.get("network", shipped("udt").fingerprint) == shipped("udt").fingerprint
        assert document["modified"] is False
        assert all(len(rows) >= 1 for rows in document["auc"].values())
    costs = json.loads(stored_result("ch17_costs.json").read_text("utf-8"))
    assert costs["hardware"]["cpu"]
    assert np.all([float(pace) > 0 for pace in costs["triplets"].values()])
