"""The tools that measure the stored tables of chapter 13, on small stand-ins."""

import csv
import json
import platform
from dataclasses import replace
from pathlib import Path

import cv2
import dsst_processors
import ingredient_results
import numpy as np
import published_results
import pytest
import tracker_results
import vot_results

from udtlib.arguments import preset_with
from udtlib.data import load_dataset
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.evaluation import score
from udtlib.evaluation.protocols import FOLDERS
from udtlib.evaluation.scoring.expected_overlap import expected_overlap_curve
from udtlib.evaluation.scoring.supervised import SupervisedRun
from udtlib.evaluation.scoring.vot import VotScore
from udtlib.trackers import load_tracker
from udtlib.trackers.eco.ingredients import INGREDIENTS
from udtlib.trackers.eco.settings import PRESETS
from udtlib.trackers.mosse import MosseTracker
from udtlib.weights import shipped

CLIPS = [render_clip(frames=5, seed=seed, scale_variation=0.3, name=f"clip{seed}") for seed in (1, 2)]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(tracker_results, "load_dataset", lambda name, root: CLIPS)
    found = {"mosse": ("mosse", {}), "kcf-linear": ("kcf", {"kernel": "linear"})}
    monkeypatch.setattr(tracker_results, "contenders", lambda: found)
    return found


def test_one_table_of_all_trackers(small, tmp_path, monkeypatch, capsys):
    table = tmp_path / "table.csv"
    command = ["tool", "synthetic", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    tracker_results.main()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["tracker"] for row in rows] == ["mosse", "kcf-linear"]
    document = json.loads(table.with_suffix(".json").read_text())
    assert document["command"] == "make results-trackers"
    assert list(document["trackers"]["mosse"]["sequences"]) == ["clip1", "clip2"]
    assert str(tmp_path) not in table.read_text() + table.with_suffix(".json").read_text()
    assert "kcf-linear" in capsys.readouterr().out


def test_starts_are_as_many_as_asked_and_fewer_for_the_slow(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tracker_results, "SLOW", ("kcf-linear", "not-among-them"))
    table = tmp_path / "table.csv"
    command = ["tool", "synthetic", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", [*command, "--starts", "3", "--slow-starts", "2"])
    tracker_results.main()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["starts"] for row in rows] == ["3", "2"]
    assert {row["fps"] for row in rows} == {""}
    document = json.loads(table.with_suffix(".json").read_text())
    assert (document["command"], document["protocol"]) == ("make results-starts", "starts")
    assert document["starts"] == {"mosse": 3, "kcf-linear": 2}
    for name, count in document["starts"].items():
        found = document["trackers"][name]
        assert len(found["auc_by_start"]) == count
        assert len(found["sequences"]["clip1"]["auc_by_start"]) == count
    assert "from, to" in capsys.readouterr().out


def test_a_row_can_be_measured_alone_and_the_others_stay(small, tmp_path, monkeypatch, capsys):
    table = tmp_path / "table.csv"
    command = ["tool", "synthetic", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    tracker_results.main()
    before = table.read_text().splitlines()
    old = json.loads(table.with_suffix(".json").read_text())
    small["mosse"], small["dsst"] = ("mosse", {"padding": 2.0}), ("dsst", {})
    command[3] = str(tmp_path / "again")
    monkeypatch.setattr("sys.argv", [*command, "--only", "dsst", "mosse"])
    tracker_results.main()
    after = table.read_text().splitlines()
    assert [row.split(",")[0] for row in after] == ["tracker", "mosse", "kcf-linear", "dsst"]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] != before[1]
    document = json.loads(table.with_suffix(".json").read_text())
    assert list(document["trackers"]) == ["mosse", "kcf-linear", "dsst"]
    assert document["trackers"]["kcf-linear"] == old["trackers"]["kcf-linear"]
    assert document["commit"] == old["commit"]
    assert {name: one["command"] for name, one in document["added"].items()} == dict.fromkeys(
        ("mosse", "dsst"), "make results-trackers"
    )
    monkeypatch.setattr("sys.argv", [*command, "--only", "no such"])
    with pytest.raises(SystemExit, match="expected some of mosse, kcf-linear, dsst, found no such"):
        tracker_results.main()


def write_otb(root, clips):
    """The clips in the benchmark's own layout."""
    for name, clip in clips.items():
        (root / name / "img").mkdir(parents=True)
        for index, frame in enumerate(clip.frames, start=1):
            cv2.imwrite(str(root / name / f"img/{index:04}.png"), frame[:, :, ::-1])
            (root / name / f"img/{index:04}.png").rename(root / name / f"img/{index:04}.jpg")
        rows = (clip.boxes + np.array([1, 1, 0, 0])).tolist()
        text = "".join(",".join(map(str, row)) + "\n" for row in rows)
        (root / name / "groundtruth_rect.txt").write_text(text)


def test_each_kernel_has_a_process_and_a_row(tmp_path, monkeypatch):
    write_otb(tmp_path / "otb", dict(zip(("Couple", "Jumping"), CLIPS, strict=True)))
    monkeypatch.setattr(dsst_processors, "SETTINGS", ("", "Haswell"))
    monkeypatch.setattr(dsst_processors, "PAIR", ("unset", "Haswell"))
    monkeypatch.setattr(dsst_processors, "DRAWN", ("Jumping",))
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Sandybridge")
    table = tmp_path / "table.csv"
    command = ["tool", "--root", str(tmp_path / "otb"), "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    dsst_processors.main()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["setting"] for row in rows] == ["unset", "Haswell"]
    document = json.loads(table.with_suffix(".json").read_text())
    assert document["command"] == "make results-processors"
    for row in rows:
        found = document["settings"][row["setting"]]
        assert found["auc"] == pytest.approx(np.mean(list(found["sequences"].values())))
        shown = [found["auc"], found["sequences"]["Couple"], found["sequences"]["Jumping"]]
        assert [row[key] for key in ("auc", "Couple", "Jumping")] == [f"{number:.4f}" for number in shown]
        assert [len(values) for values in found["by_start"].values()] == [dsst_processors.STARTS] * 2
        assert found["by_start"]["Couple"][0] == found["sequences"]["Couple"]
        folder = tmp_path / "run" / row["setting"]
        assert score(folder / "dsst", load_dataset("otb", tmp_path / "otb")).auc == found["auc"]
    first, second = (
        np.loadtxt(tmp_path / "run" / name / "dsst/Jumping.txt", delimiter=",")
        for name in ("unset", "Haswell")
    )
    offset = (first[:, :2] + first[:, 2:] / 2) - (second[:, :2] + second[:, 2:] / 2)
    assert list(document["pixels_apart"]) == ["Jumping"]
    np.testing.assert_allclose(document["pixels_apart"]["Jumping"], np.hypot(*offset.T), atol=1e-4)
    if platform.machine() in ("x86_64", "AMD64") and rows[0]["kernel"]:  # elsewhere there is no such kernel
        assert rows[1]["kernel"] == "Haswell"
        assert rows[0]["kernel"] != "Sandybridge" or "avx2" not in cpu_flags()


def cpu_flags():
    info = Path("/proc/cpuinfo")
    return info.read_text() if info.exists() else ""


def test_each_step_has_one_ingredient_more():
    chain = [one for name, one in ingredient_results.steps().items() if name not in ingredient_results.BEYOND]
    plain, *steps = [options for _, options in chain[1:]]
    for (name, (without, with_it)), before, after in zip(
        INGREDIENTS.items(), [plain, *steps], steps, strict=False
    ):
        changed = {key: (before[key], after[key]) for key in after if before[key] != after[key]}
        assert changed == {key: (without[key], with_it[key]) for key in with_it}, name


def test_what_is_measured_has_names_that_an_evaluation_takes():
    names = {name.replace(" ", "-") for name in ingredient_results.everything()}
    assert len(names) == len(ingredient_results.everything()) > 12
    assert not names & set(FOLDERS.values())


def test_the_steps_beyond_the_released_settings_end_at_the_default():
    steps, before = ingredient_results.steps(), ingredient_results.compared_with()
    assert list(before) == [*list(steps)[1:], *ingredient_results.ALONE]
    assert (before["plain"], before["trust"]) == ("chapter 06", "scale")
    flow, tuned = (
        preset_with(PRESETS, options["preset"], {key: options[key] for key in options if key != "preset"})
        for _, options in (steps["flow"], steps["second look"])
    )
    assert flow == replace(PRESETS["released-vot"], flow=True)
    assert tuned == replace(flow, second_look=0.25) == load_tracker("udt+", weights="random").settings


def test_ingredients_are_measured_on_every_second_real_sequence(tmp_path, monkeypatch):
    write_otb(tmp_path / "real", {"Couple": CLIPS[0], "Jumping": CLIPS[1], "Woman": CLIPS[0]})
    monkeypatch.setattr(ingredient_results, "FRAMES", 3)
    monkeypatch.setattr(ingredient_results, "SETTLED", 2)
    monkeypatch.setattr(ingredient_results, "TIMED_FRAMES", 4)
    monkeypatch.setattr(ingredient_results, "ROUNDS", 1)
    steps = {"chapter 06": ("mosse", {}), "plain": ("kcf", {"kernel": "linear"})}
    monkeypatch.setattr(ingredient_results, "steps", lambda: steps)
    table = tmp_path / "table.json"
    command = [
        "tool",
        "--real",
        str(tmp_path / "real"),
        "--out",
        str(tmp_path / "run"),
        "--table",
        str(table),
    ]
    monkeypatch.setattr("sys.argv", command)
    ingredient_results.main()
    document = json.loads(table.read_text())
    assert document["command"] == "make results-ingredients"
    assert document["settings"]["plain"] == {"kernel": "linear"}
    assert all(ms > 0 for ms in document["ms"].values())
    assert {kind: list(auc["plain"]) for kind, auc in document["auc"].items()} == {
        "real": ["Couple", "Woman"]
    }
    assert str(tmp_path) not in table.read_text()
    cut = [ingredient_results.beginning(one, 3) for one in load_dataset("otb", tmp_path / "real")]
    assert [len(one.frames) for one in cut] == [3, 3, 3]
    for found in score(tmp_path / "run/chapter-06", cut[::2]).sequences:
        assert document["auc"]["real"]["chapter 06"][found.name] == round(found.auc, 4)
    before = document["auc"]["real"]["chapter 06"]
    steps["plain"] = ("kcf", {"kernel": "gaussian"})
    steps["more"] = ("dsst", {})
    monkeypatch.setattr("sys.argv", [*command, "--only", "more"])
    with pytest.raises(SystemExit, match=r"differs in plain; measure these too"):
        ingredient_results.main()
    assert json.loads(table.read_text()) == document
    command[4] = str(tmp_path / "other")
    monkeypatch.setattr("sys.argv", [*command, "--only", "more", "plain"])
    ingredient_results.main()
    added = json.loads(table.read_text())
    assert list(added["auc"]["real"]) == list(added["ms"]) == ["chapter 06", "plain", "more"]
    assert added["auc"]["real"]["chapter 06"] == before
    assert list(added["added"]) == ["more", "plain"]
    assert not (tmp_path / "other/chapter-06").exists()


def test_single_options_are_measured_on_whole_sequences_without_the_steps(tmp_path, monkeypatch):
    write_otb(tmp_path / "real", {"Couple": CLIPS[0], "Jumping": CLIPS[1]})
    monkeypatch.setattr(ingredient_results, "SETTLED", 2)
    monkeypatch.setattr(ingredient_results, "TIMED_FRAMES", 4)
    alone = {"one": ("other", {"preset": "released"}), "other": ("plain", {"preset": "tuned"})}
    monkeypatch.setattr(ingredient_results, "ALONE", alone)
    options = {"weights": "random", "least_side": 64, "largest_side": 64, "first_steps": 1}
    everything = {name: ("udt+", one | options) for name, (_, one) in alone.items()}
    monkeypatch.setattr(ingredient_results, "everything", lambda: everything)
    run, table = tmp_path / "run", tmp_path / "table.json"
    command = ["tool", "--real", str(tmp_path / "real"), "--out", str(run), "--table", str(table)]

    def measured(*more):
        monkeypatch.setattr("sys.argv", [*command, *more])
        ingredient_results.main()
        return json.loads(table.read_text())

    whole = ("--frames", "all", "--every", "1")
    first = measured(*whole, "--only", "other")
    assert (first["frames"], list(first["auc"]["real"]), first["compared_with"]) == (
        "all",
        ["other"],
        {"other": "plain"},
    )
    assert list(first["auc"]["real"]["other"]) == ["Couple", "Jumping"]
    assert len((run / "other/Jumping.txt").read_text().splitlines()) == len(CLIPS[1].frames)
    second = measured(*whole, "--only", "one")
    assert list(second["auc"]["real"]) == list(second["ms"]) == list(second["settings"]) == ["one", "other"]
    assert second["auc"]["real"]["other"] == first["auc"]["real"]["other"]
    with pytest.raises(SystemExit, match="differs in frames, other; measure these too"):
        measured("--frames", "2", "--only", "one")
    for wrong in (("--frames", "1"), ("--frames", "some"), ("--only", "nothing")):
        with pytest.raises(SystemExit):
            measured(*wrong)
    assert json.loads(table.read_text()) == second


def test_the_stored_bill_is_of_the_weights_that_ship():
    document = json.loads(stored_result("ch12_ingredients.json").read_text("utf-8"))
    assert set(document["weights"].values()) == {shipped("udt").fingerprint}
    assert document["modified"] is False
    assert list(document["settings"]) == list(document["ms"]) == list(ingredient_results.steps())
    before = ingredient_results.compared_with()
    assert document["compared_with"] == {step: before[step] for step in list(document["ms"])[1:]}
    assert document["settings"] == {
        step: options for step, (_, options) in ingredient_results.steps().items()
    }
    for auc in document["auc"].values():
        assert list(auc) == list(document["ms"])
        assert all(len(step) >= 10 for step in auc.values())


def test_a_sequence_that_fails_leaves_no_table(small, tmp_path, monkeypatch):
    def fail(tracker, frame):
        if frame.mean() == CLIPS[1].frames[1].mean():
            raise RuntimeError("no model here")
        return np.array([1.0, 2, 3, 4])

    monkeypatch.setattr(MosseTracker, "update", fail)
    table = tmp_path / "table.csv"
    command = ["tool", "synthetic", "--out", str(tmp_path / "run"), "--table", str(table)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit, match="mosse, clip2: RuntimeError: no model here"):
        tracker_results.main()
    assert not table.exists()


def test_weights_of_others_are_used_where_they_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(tracker_results, "find_data", lambda name: None)
    assert list(tracker_results.contenders()) == [*tracker_results.PLAIN, "udt-random"]
    monkeypatch.setattr(tracker_results, "find_data", lambda name: tmp_path / name)
    assert tracker_results.contenders()["udt-authors"][1]["weights"].endswith("UDT_Unsupervised.mat")


def test_rows_of_curves_and_attributes():
    moved = {clip.name: clip.boxes + np.array([1, 1, 0, 0]) for clip in CLIPS}
    far = {clip.name: clip.boxes + np.array([9, 9, 0, 0]) for clip in CLIPS}
    scores = {"UDT": score(far, CLIPS, tracker="UDT"), "UDT+": score(moved, CLIPS, tracker="UDT+")}
    header, *rows = published_results.curve_rows(scores)
    assert len(header) == 3 + 21 + 51
    assert [row[:3] for row in rows] == [[t, f"clip{k}", 5] for t in ("UDT", "UDT+") for k in (1, 2)]
    for row, one in zip(rows, [*scores["UDT"].sequences, *scores["UDT+"].sequences], strict=True):
        counts = np.array(row[3:], dtype=float)
        assert counts[:21].sum() / 21 / 5 == pytest.approx(one.auc)
        assert counts[21 + 20] / 5 == pytest.approx(one.precision)
    header, *rows = published_results.attribute_rows(scores)
    assert [row[:3] for row in rows] == [["SV", t, 2] for t in ("UDT", "UDT+", "UDT+ less UDT")]
    assert float(rows[2][3]) == pytest.approx(scores["UDT+"].auc - scores["UDT"].auc, abs=1e-4)
    assert {len(row) for row in rows} == {len(header)}


def vot_run(*states, overlap=0.5):
    states = np.array(states)
    return SupervisedRun(np.where(states == 3, overlap, 0.0), states)


def test_rows_of_failures_and_of_a_curve():
    fails, holds = vot_run(1, 3, 2, 0, 0), vot_run(1, 3, 3, 3, 3)
    first = VotScore("UDT", {"one": [fails, holds], "two": [fails, fails]})
    second = VotScore("UDT+", {"two": [holds, fails], "one": [holds, holds]})
    rows, facts = vot_results.failure_table({"UDT": first, "UDT+": second})
    assert rows[0] == ["sequence", "frames", "UDT 1", "UDT 2", "UDT+ 1", "UDT+ 2"]
    assert rows[1:] == [["one", 5, 1, 0, 0, 0], ["two", 5, 1, 1, 0, 1]]
    assert facts["failures"] == {"UDT": 1.5, "UDT+": 0.5}
    third = VotScore("UDT+", {"one": [fails, holds], "short": [vot_run(1, 3, 3)]})
    rows, facts = vot_results.curve_table(third)
    curve = expected_overlap_curve(third.all_runs)
    assert [row[0] for row in rows[1:]] == [1, 2, 3, 4]
    assert [float(row[1]) for row in rows[1:]] == pytest.approx(curve[1:5].tolist(), abs=1e-5)
    assert [row[2] for row in rows[1:]] == [3, 3, 2, 2]
    assert (facts["segments"], facts["failed"]) == (3, 1)


def test_one_sequence_in_one_pass_and_with_restarts(small, tmp_path, monkeypatch):
    monkeypatch.setattr(vot_results, "contenders", lambda: small)
    monkeypatch.setattr(vot_results, "RESULTS", tmp_path)
    vot_results.write("table", vot_results.sequence_table(CLIPS[0]))
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    document = json.loads((tmp_path / "table.json").read_text())
    assert [row["tracker"] for row in rows] == ["mosse", "kcf-linear"]
    assert document["command"] == "make results-vot"
    assert document["frames"] == len(CLIPS[0].boxes)
    for row in rows:
        assert int(row["failures"]) == len(document["failed_in_frame"][row["tracker"]])
        assert 0 < float(row["auc"]) <= 1


def test_the_stored_failures_are_those_of_table_2():
    rows = list(csv.DictReader((vot_results.RESULTS / "published_vot2016.csv").read_text().splitlines()))
    assert len(rows) == 60
    for tracker, printed in (("UDT", 102), ("UDT+", 66)):
        assert [sum(int(row[f"{tracker} {k}"]) for row in rows) for k in (1, 2, 3)] == [printed] * 3
