"""The tool behind chapter 11's table of feature scales, on a small stand-in, and the stored table itself."""

import json

import numpy as np
import pytest
import scale_results
import torch

from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.network import FeatureNetwork
from udtlib.weights import shipped

CLIP = render_clip(frames=7, seed=1, name="clip")


def test_scaled_networks_have_scaled_features():
    picture = torch.from_numpy(np.random.default_rng(0).normal(0, 30, (1, 3, 20, 20)).astype(np.float32))
    features = []
    for scale in (1.0, 0.25):
        weights = scale_results.scaled(shipped("udt"), scale)
        net = FeatureNetwork()
        net.load_state_dict(weights.tensors)
        features.append(net.conv2(torch.relu(net.conv1(picture))))
    torch.testing.assert_close(features[1], features[0] / 4)


def test_the_table_is_measured_once_for_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(scale_results, "load_dataset", lambda name, root: [CLIP])
    monkeypatch.setattr(scale_results, "find_ball", lambda: CLIP)
    monkeypatch.setattr(scale_results, "SCALES", (0.5,))
    table = tmp_path / "table.json"
    command = ["tool", "--real", "REAL", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    scale_results.main()
    (row,) = json.loads(table.read_text())["networks"]["udt"].values()
    assert row["weights"] == scale_results.scaled(shipped("udt"), 0.5).fingerprint
    assert row["failures"] == 0
    assert row["sequences"]["clip"][1] == 1
    assert 0.5 < row["sequences"]["clip"][0] < 1
    monkeypatch.setattr(scale_results, "measure", None)
    scale_results.main()
    path = tmp_path / "run/udt-x0.5.json"
    path.write_text(path.read_text().replace(row["weights"], "another"))
    with pytest.raises(TypeError):  # results of other weights are measured again
        scale_results.main()


@pytest.mark.parametrize("changed", ["STARTS", "sequence", "ball"])
def test_what_was_measured_otherwise_is_measured_again(tmp_path, monkeypatch, changed):
    given = {"weights": shipped("udt"), "sequences": [CLIP], "ball": None}
    monkeypatch.setattr(scale_results, "measure", lambda *_: {"failures": 0, "sequences": {}})
    first = scale_results.stored_or_measured(tmp_path / "a.json", **given)
    assert first["weights"] == shipped("udt").fingerprint
    monkeypatch.setattr(scale_results, "measure", lambda *_: {"failures": 1, "sequences": {}})
    assert scale_results.stored_or_measured(tmp_path / "a.json", **given) == first
    if changed == "STARTS":
        monkeypatch.setattr(scale_results, "STARTS", 5)
    other = render_clip(frames=7, seed=2, name="clip")
    given |= {"sequence": {"sequences": [other]}, "ball": {"ball": CLIP}}.get(changed, {})
    assert scale_results.stored_or_measured(tmp_path / "a.json", **given)["failures"] == 1


def test_networks_are_named(monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["tool", "--real", "x", "--out", "y", "--table", "z.json", "--network", "seed-1"]
    )
    with pytest.raises(SystemExit):
        scale_results.main()
    assert "expected NAME=FILE, found 'seed-1'" in capsys.readouterr().err


def test_the_stored_scales_are_whole_and_of_the_weights_that_ship():
    document = json.loads(stored_result("ch11_scale.json").read_text("utf-8"))
    networks = document["networks"]
    doubled = ["gain-2", "gain-2-seed-1", "gain-2-seed-2"]  # the recipe with doubled first weights
    assert list(networks) == [*doubled, "udt", "seed-0", "seed-1"]
    for scale in scale_results.SCALES:
        assert (
            networks["udt"][f"{scale:g}"]["weights"]
            == scale_results.scaled(shipped("udt"), scale).fingerprint
        )
    for rows in networks.values():
        assert list(rows) == ["1", "0.25"]
        for row in rows.values():
            assert len(row["sequences"]) == 22
            assert row["failures"] >= 0
            assert all(0 <= number <= 1 for pair in row["sequences"].values() for number in pair)
