"""The tool behind chapter 11's table of the preset's points, on a small stand-in."""

import json

import numpy as np
import preset_results
import pytest
from choice_results import runs_of

from udtlib.data.registry import load_dataset
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.evaluation import score_sequence
from udtlib.evaluation.results.regions import State
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.running.resets import track_with_resets
from udtlib.evaluation.scoring.anchors import run_overlaps
from udtlib.trackers import load_tracker
from udtlib.trackers.udt.settings import UdtSettings

CLIP = render_clip(frames=5, seed=3, fast_motion=0.5, name="clip")


def test_every_point_is_measured_with_every_network(tmp_path, monkeypatch):
    monkeypatch.setattr(preset_results, "load_dataset", lambda name, root=None: [CLIP])
    monkeypatch.setattr(preset_results, "POINTS", ({}, {"padding": 4.0}))
    places = ["--real", "DIR", "--out", str(tmp_path / "run"), "--table", str(tmp_path / "table.json")]
    monkeypatch.setattr("sys.argv", ["tool", *places, "--network", "ours=udt", "drawn=udt-noise"])
    preset_results.main()
    table = json.loads((tmp_path / "table.json").read_text("utf-8"))
    points = table["points"]
    assert {name: list(networks) for name, networks in points.items()} == {
        "points": ["ours", "drawn"],
        "padding=4.0": ["ours", "drawn"],
    }
    found = [points[name]["ours"]["sequences"]["clip"]["overlap"] for name in points]
    assert found[0] != found[1]
    tracker = load_tracker("udt", preset="points", dtype="bfloat16", padding=4.0)
    each = [run_overlaps(track_sequence(tracker, run)[0], run.boxes)[1:].mean() for run in runs_of(CLIP)]
    assert found[1] == pytest.approx(np.mean(each), abs=1e-4)
    lost = (track_with_resets(tracker, CLIP)[0].states == State.FAILED).sum()
    assert points["padding=4.0"]["ours"]["sequences"]["clip"]["failures"] == lost
    boxes, _ = track_sequence(load_tracker("udt", preset="points", dtype="bfloat16"), CLIP)
    auc = pytest.approx(score_sequence(boxes, CLIP.boxes).auc, abs=1e-3)  # files have rounded boxes
    assert table["drawn"]["points"]["ours"]["clip"] == auc
    assert list(table["drawn"]) == ["points"]


def test_points_are_settings_and_none_is_the_presets_own():
    default = load_tracker("udt", preset="points").settings
    for point in preset_results.POINTS[1:]:
        ((name, value),) = point.items()
        assert name in UdtSettings.__dataclass_fields__
        assert getattr(default, name) != value


def test_the_stored_table_has_every_point_with_the_three_seeds_of_the_recipe():
    table = json.loads(stored_result("ch11_preset.json").read_text("utf-8"))
    assert not table["modified"]
    benchmark = [sequence.name for sequence in load_dataset("synthetic")]
    assert list(table["drawn"]) == [preset_results.title(point) for point in preset_results.DRAWN]
    for networks in table["drawn"].values():
        assert [list(found) for found in networks.values()] == [benchmark] * 3
    assert list(table["points"]) == [preset_results.title(point) for point in preset_results.POINTS]
    choice = json.loads(stored_result("ch11_choice.json").read_text("utf-8"))
    for networks in table["points"].values():
        assert list(networks) == ["seed-0", "seed-1", "udt"]
        for name, network in networks.items():
            assert network["weights"] == choice["networks"][name]["weights"]
            assert list(network["sequences"]) == choice["sequences"]
            counts = [found["failures"] for found in network["sequences"].values()]
            assert 0 < sum(counts) < 30
            assert {type(count) for count in counts} == {int}
    ours = [table["points"]["points"]["udt"]["sequences"], choice["networks"]["points"]["sequences"]]
    both = [np.mean([one["overlap"] for one in each.values()]) for each in ours]
    assert both[0] == pytest.approx(both[1], abs=0.01), "the row of the preset in the other table"
