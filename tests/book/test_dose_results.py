"""Dose-response curves of chapter 15: one knob at a time, resumed, overlaps of what is tracked."""

import dose_results
import numpy as np
import pytest

from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.scoring.anchors import run_overlaps
from udtlib.trackers import load_tracker
from udtlib.weights import random_weights


@pytest.fixture
def tiny(monkeypatch):
    for name, value in {"CLIPS": 1, "FRAMES": 3, "ATTRIBUTES": ("IV", "FM"), "DOSES": (0.0, 1.0)}.items():
        monkeypatch.setattr(dose_results, name, value)


def test_a_dose_of_nothing_is_the_same_clip_for_every_knob_and_a_full_one_is_not(tiny):
    light, speed = (dose_results.clip(attribute, 0.0, 0) for attribute in ("IV", "FM"))
    np.testing.assert_array_equal(light.frames[2], speed.frames[2])
    np.testing.assert_array_equal(light.boxes, dose_results.clip("IV", 1.0, 0).boxes)  # light moves nothing
    assert (light.frames[2] != dose_results.clip("IV", 1.0, 0).frames[2]).any()
    assert (speed.boxes != dose_results.clip("FM", 1.0, 0).boxes).any()


def test_rows_are_measured_once_and_are_the_trackers_overlaps(tiny, tmp_path, monkeypatch, capsys):
    weights = random_weights(0)
    found = dose_results.rows(tmp_path, {"x": weights})
    assert capsys.readouterr().out.splitlines() == ["x, IV 0", "x, IV 1", "x, FM 1"]
    assert [(row["attribute"], row["dose"]) for row in found] == [
        ("IV", "0"),
        ("IV", "1"),
        ("FM", "0"),
        ("FM", "1"),
    ]
    clip = dose_results.clip("FM", 1.0, 0)
    tracker = load_tracker("udt", weights=weights, preset="points", dtype="bfloat16")
    overlaps = run_overlaps(track_sequence(tracker, clip)[0], clip.boxes)[1:]
    assert float(found[-1]["overlap"]) == pytest.approx(overlaps.mean(), abs=1e-4)
    monkeypatch.setattr(dose_results, "measure", None)
    assert dose_results.rows(tmp_path, {"x": weights}) == found
    monkeypatch.setattr(dose_results, "measure", lambda *_: [(0, 0.5, 1.0)])
    monkeypatch.setattr(dose_results, "FRAMES", 4)
    again = dose_results.rows(tmp_path, {"x": weights})
    assert [row["overlap"] for row in again] == ["0.5000"] * 4, "of other clips nothing counts"


def test_a_network_that_is_not_there_is_named(tmp_path, capsys):
    assert set(dose_results.networks(tmp_path)) == {"ours, unsupervised", "random"}
    assert "UDT_Supervised.mat: not there" in capsys.readouterr().err
