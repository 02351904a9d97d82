"""Scores of whole datasets: intervals, attributes, JSON, the command, and the published figures."""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np
import pytest

from udtlib.cli import main
from udtlib.data import Sequence, find_data, load_dataset
from udtlib.data.benchmarks.otb import load_annotations
from udtlib.errors import DataError, OptionError, UnknownNameError
from udtlib.evaluation import POLICIES, Policy, bootstrap_interval, paired_difference, score
from udtlib.evaluation.report.tables import attribute_table, difference_table, score_table
from udtlib.evaluation.results.files import Result
from udtlib.evaluation.running import runner
from udtlib.evaluation.scoring import statistics
from udtlib.evaluation.scoring.bands import bootstrap_band
from udtlib.evaluation.scoring.crossed import crossed_difference
from udtlib.evaluation.scoring.lists import OTB2013, choose_subset
from udtlib.evaluation.scoring.scores import score_runs
from udtlib.evaluation.scoring.statistics import difference_over_starts
from udtlib.evaluation.scoring.supervised import SupervisedRun
from udtlib.evaluation.scoring.vot import VotScore

PUBLISHED = find_data("published")
ONE_INDEXED = np.array([1, 1, 0, 0])
ATTRIBUTES = {"a": ("OCC", "SV"), "b": ("SV",), "c": ()}


def make_sequences(count=10):
    boxes = np.tile([10.0, 20, 40, 30], (count, 1))
    return [Sequence(name, (), boxes, attributes) for name, attributes in ATTRIBUTES.items()]


def make_boxes(*shifts):
    """One answer a sequence, right but for a shift in x."""
    return {
        sequence.name: sequence.boxes + np.array([shift, 0, 0, 0])
        for sequence, shift in zip(make_sequences(), shifts, strict=True)
    }


def test_means_are_over_sequences_not_frames():
    short, long = make_sequences(2)[0], make_sequences(200)[1]
    found = score({"a": short.boxes, "b": long.boxes + 100}, [short, long], dataset="synthetic")
    assert found.auc == pytest.approx(20 / 21 / 2)
    assert found.precision == 0.5
    assert [one.frames for one in found.sequences] == [2, 200]
    assert found.fps is None
    assert found.success_curve.shape == (21,)
    assert found.precision_curve.shape == (51,)
    assert found.success_curve.mean() == pytest.approx(found.auc)
    assert found.precision_curve[20] == found.precision


def test_frames_per_second_are_total_frames_over_total_time():
    sequences = make_sequences()[:2]
    results = {
        one.name: [Result(one.boxes, seconds)] for one, seconds in zip(sequences, (1.0, 4.0), strict=True)
    }
    found = score_runs(results, sequences, dataset="otb", tracker="t")
    assert [one.fps for one in found.sequences] == [10, 2.5]
    assert found.fps == 4
    results["b"] = [Result(sequences[1].boxes, None)]
    assert score_runs(results, sequences, dataset="otb", tracker="t").fps is None


def test_a_dataset_may_be_named():
    truth = {sequence.name: sequence.boxes for sequence in load_dataset("synthetic")}
    found = score(truth, "synthetic")
    assert (found.dataset, found.policy.index_base, found.precision) == ("synthetic", 0, 1.0)
    assert score(truth, load_dataset("synthetic")).policy.index_base == 1


@pytest.mark.parametrize("boxes", [[[1, 2, 3], [1]], "none", [1, 2, 3]])
def test_what_is_no_array_of_boxes_is_refused(boxes):
    with pytest.raises(DataError, match=r"^a: expected .*\(N, 4\)"):
        score({"a": boxes}, make_sequences()[:1])


def test_attributes_average_their_own_sequences():
    found = score(make_boxes(0, 30, 50), make_sequences(), tracker="t")
    groups = found.by_attribute()
    assert {name: [one.name for one in group.sequences] for name, group in groups.items()} == {
        "OCC": ["a"],
        "SV": ["a", "b"],
    }
    assert groups["SV"].precision == 0.5
    assert attribute_table([found], "precision").splitlines()[1:] == [
        "OCC                1  1.0000",
        "SV                 2  0.5000",
    ]


def test_json_has_the_documented_fields():
    document = score(make_boxes(0, 1, 2), make_sequences(), POLICIES["got10k"], tracker="t").to_json()
    assert list(document) == ["tracker", "dataset", "policy", "auc", "precision", "fps", "sequences"]
    assert document["policy"] == asdict(POLICIES["got10k"]) | {"index_base": 1}
    assert document["sequences"]["a"] == {
        "auc": pytest.approx(20 / 21),
        "precision": 1,
        "fps": None,
        "frames": 10,
    }
    assert document["auc"] == np.mean([one["auc"] for one in document["sequences"].values()])
    json.dumps(document, allow_nan=False)


def test_bootstrap_interval_is_the_normal_one_for_many_values():
    values = np.random.default_rng(3).normal(0.6, 0.2, 400)
    found = bootstrap_interval(values)
    half = 1.96 * values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.1 * half)
    assert found == bootstrap_interval(values, seed=np.random.default_rng(0))
    assert found != bootstrap_interval(values, seed=1)
    narrow = bootstrap_interval(values, level=0.5)
    assert found.low < narrow.low < narrow.high < found.high


def test_small_bootstrap_equals_all_redraws():
    """Three values have 27 redrawn sets: the tail of the exact distribution of their means."""
    values = np.array([0.0, 0.3, 0.9])
    means = [(a + b + c) / 3 for a in values for b in values for c in values]
    found = bootstrap_interval(values, level=0.8)
    assert (found.low, found.high) == pytest.approx(np.percentile(means, [10, 90], method="inverted_cdf"))


def test_pairing_tells_apart_what_two_intervals_do_not():
    generator = np.random.default_rng(5)
    hard = generator.uniform(0, 1, 50)
    first, second = hard + generator.normal(0.03, 0.02, 50), hard
    apart = paired_difference(first, second)
    assert apart.mean == pytest.approx((first - second).mean())
    assert apart.low > 0
    assert bootstrap_interval(second).high > bootstrap_interval(first).low
    assert paired_difference(first, first) == paired_difference(second, second)


@pytest.mark.parametrize("values", [[], [0.1, np.nan], [[0.1]]])
def test_statistics_refuse_what_is_no_list_of_scores(values):
    with pytest.raises(DataError, match="one finite value a sequence"):
        bootstrap_interval(values)
    with pytest.raises(DataError, match="same sequences"):
        paired_difference([0.1], [0.1, 0.2])


def test_a_bootstrap_in_portions_is_the_same_one(monkeypatch):
    values, weights = np.random.default_rng(1).uniform(size=(2, 40))
    whole = [bootstrap_interval(values, weights=one, seed=3) for one in (None, weights)]
    monkeypatch.setattr(statistics, "AT_ONCE", 1000)
    assert [bootstrap_interval(values, weights=one, seed=3) for one in (None, weights)] == whole
    assert whole[1].mean == pytest.approx(np.average(values, weights=weights))


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, np.nan]])
def test_weights_are_numbers_above_0_one_a_sequence(weights):
    with pytest.raises(DataError, match="expected a weight above 0 for each of 2 sequences"):
        bootstrap_interval([0.1, 0.2], weights=weights)


@pytest.mark.parametrize("options", [{"level": 1.5}, {"level": np.nan}, {"draws": 0}])
def test_whatever_redraws_refuses_a_level_or_a_number_of_draws_that_cannot_be(options):
    table = np.random.default_rng(0).uniform(size=(2, 3))
    runs = {"a": [SupervisedRun(np.full(200, 0.5), np.array([1] + [3] * 199))]}
    for redraw in (
        lambda **known: bootstrap_interval([0.1, 0.2], **known),
        lambda **known: bootstrap_band(table, **known),
        lambda **known: crossed_difference(table, table + 1, **known),
        lambda **known: VotScore("t", runs).eao_interval(**known),
    ):
        with pytest.raises(OptionError, match=f"{next(iter(options))}: expected"):
            redraw(**options)
    if "level" in options:
        with pytest.raises(OptionError, match="level: expected"):
            difference_over_starts([0.1, 0.2], [0.1, 0.3], **options)


def test_names_of_many_sequences_are_compared_in_an_instant():
    """TrackingNet has 30,643; comparing each with each took a quarter of a minute."""
    boxes = np.ones((2, 4))
    sequences = [Sequence(f"s{number}", (), boxes) for number in range(30_000)]
    begun = time.perf_counter()
    runner._check_names(sequences)
    assert time.perf_counter() - begun < 5
    with pytest.raises(DataError, match=r"each of its own name, found \['s7'\]"):
        runner._check_names([*sequences, Sequence("S7", (), boxes)])


def test_differences_need_the_same_sequences():
    one, other = (score(make_boxes(0, shift, 0), make_sequences(), tracker=str(shift)) for shift in (0, 30))
    assert one.difference(other, "precision").mean == pytest.approx(1 / 3)
    assert difference_table([other, one]).startswith("0 - 30: AUC +0.2")
    fewer = score(make_boxes(0, 0, 0), make_sequences()[:2])
    with pytest.raises(DataError, match="expected the same sequences and policy"):
        one.difference(fewer)


def test_missing_boxes_are_named():
    with pytest.raises(DataError, match="no boxes for c"):
        score({"a": np.ones((10, 4)), "b": np.ones((10, 4))}, make_sequences())
    with pytest.raises(DataError, match="no boxes for any sequence"):
        score({}, [])


def write_results(folder, **answers):
    folder.mkdir()
    for name, boxes in answers.items():
        np.savetxt(folder / f"{name}.txt", boxes + ONE_INDEXED, delimiter=",")


@pytest.fixture
def annotations(tmp_path):
    path = tmp_path / "annotations.json"
    rows = (make_sequences()[0].boxes + ONE_INDEXED).tolist()
    entry = {"image_files": [f"{i:04}.jpg" for i in range(1, 11)], "gt_rect": rows}
    path.write_text(json.dumps({name: entry | {"name": name} for name in ATTRIBUTES}))
    return path


def test_the_command_prints_a_table_and_writes_json(tmp_path, annotations, capsys):
    write_results(tmp_path / "right", **make_boxes(0, 0, 0))
    write_results(tmp_path / "wrong", **make_boxes(0, 0, 50))
    folders = [str(tmp_path / name) for name in ("wrong", "right")]
    arguments = [
        "score",
        "--annotations",
        str(annotations),
        "--json",
        str(tmp_path / "out.json"),
        "--results",
    ]
    assert main([*arguments, *folders]) == 0
    printed = capsys.readouterr().out
    assert "right    0.9524 [0.9524, 0.9524]  1.0000 [1.0000, 1.0000]         -" in printed
    assert "right - wrong: AUC +0.3175" in printed
    assert [one["tracker"] for one in json.loads((tmp_path / "out.json").read_text())] == ["wrong", "right"]
    assert main([*arguments, folders[1]]) == 0
    assert json.loads((tmp_path / "out.json").read_text())["precision"] == 1


def test_the_command_tells_what_is_wrong(tmp_path, annotations, capsys):
    write_results(tmp_path / "short", **make_boxes(0, 0, 0) | {"c": np.ones((9, 4))})
    base = ["score", "--annotations", str(annotations), "--results"]
    assert main([*base, str(tmp_path / "short")]) == 2
    assert "c.txt: expected 10 rows, found 9" in capsys.readouterr().err
    assert main([*base, str(tmp_path / "nowhere")]) == 2
    assert "nowhere: no such folder" in capsys.readouterr().err
    assert main([*base, str(tmp_path / "short"), "--subset", "otb2013"]) == 2
    assert "no sequence belongs to otb2013" in capsys.readouterr().err
    assert main([*base, str(tmp_path / "short"), "--json", str(tmp_path / "no/out.json")]) == 2
    assert "make it first" in capsys.readouterr().err
    assert main([*base, str(tmp_path / "short"), "--json", str(tmp_path)]) == 2
    assert "found a folder" in capsys.readouterr().err


def test_one_folder_name_twice_is_told_apart(tmp_path, annotations, capsys):
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        write_results(tmp_path / run / "mosse", **make_boxes(0, 0, 0))
    folders = [str(tmp_path / run / "mosse") for run in ("first", "second")]
    assert main(["score", "--annotations", str(annotations), "--results", *folders]) == 0
    assert all(folder in capsys.readouterr().out for folder in folders[:1])


def test_scoring_imports_neither_torch_nor_matplotlib():
    code = (
        "import sys, udtlib.commands.score, udtlib.evaluation; "
        "print([name for name in ('torch', 'matplotlib', 'joblib', 'scipy') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"


def test_otb2013_has_51_targets():
    assert len(set(OTB2013)) == len(OTB2013) == 51
    with pytest.raises(UnknownNameError, match="known: otb2013, otb2015, otb50"):
        choose_subset(make_sequences(), "otb51")


@pytest.fixture(scope="module")
def otb2015():
    if PUBLISHED is None:
        pytest.skip("no published result boxes beside the checkout (UDT_DATA or ../shared)")
    return load_annotations(PUBLISHED / "otb2015.json")


PERCENT = {
    "otb-strict": ((58.71, 75.99), (62.31, 83.08)),
    "otb-loose": ((59.44, 75.99), (62.83, 83.08)),
    "mean-overlap": ((59.52, 75.99), (63.20, 83.08)),
    "otb-trapezoid": ((59.52, 75.99), (63.17, 83.08)),
}


@pytest.mark.shared
@pytest.mark.parametrize("policy", PERCENT)
def test_released_boxes_score_as_recorded_under_every_policy(otb2015, policy):
    for folder, expected in zip(("udt_otb100", "udtplus_otb100"), PERCENT[policy], strict=True):
        found = score(PUBLISHED / folder, otb2015, POLICIES[policy])
        assert len(found.sequences) == 100
        assert (round(100 * found.auc, 2), round(100 * found.precision, 2)) == expected
        assert found.notes == ("Tiger1.txt: 354 rows from image 1, cut to 349 from image 6",)


@pytest.mark.shared
def test_released_boxes_on_otb2013_and_by_sequence(otb2015):
    subset = choose_subset(otb2015, "otb2013")
    udt, plus = (score(PUBLISHED / folder, subset) for folder in ("udt_otb100", "udtplus_otb100"))
    assert [len(found.sequences) for found in (udt, plus)] == [51, 51]
    assert (round(udt.auc, 4), round(udt.precision, 4)) == (0.6194, 0.8151)
    assert (round(plus.auc, 4), round(plus.precision, 4)) == (0.6203, 0.8304)
    by_name = {one.name: (round(one.auc, 3), round(one.precision, 3)) for one in plus.sequences}
    assert by_name["Jogging_1"] == (0.792, 0.984)
    assert by_name["Basketball"] == (0.709, 0.982)
    assert by_name["Woman"] == (0.608, 0.997)


@pytest.mark.shared
def test_the_attributes_of_the_benchmark(otb2015):
    groups = score(PUBLISHED / "udt_otb100", otb2015).by_attribute()
    counts = {name: len(group.sequences) for name, group in groups.items()}
    assert list(counts) == ["BC", "DEF", "FM", "IPR", "IV", "LR", "MB", "OCC", "OPR", "OV", "SV"]
    assert counts["OV"] == 14
    assert groups["LR"].auc == pytest.approx(np.mean([one.auc for one in groups["LR"].sequences]))


@pytest.mark.shared
def test_the_command_scores_two_trackers_in_three_seconds(otb2015):
    folders = [str(PUBLISHED / name) for name in ("udt_otb100", "udtplus_otb100")]
    command = [sys.executable, "-m", "udtlib", "score", "--dataset", "otb", "--results", *folders]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
    assert "udt_otb100      0.5871" in printed
    assert "udtplus_otb100  0.6231" in printed
    assert "0.7599" in printed
    assert "0.8308" in printed
    assert "udt_otb100: Tiger1.txt: 354 rows from image 1, cut to 349 from image 6" in printed


def test_many_trackers_are_scored_in_seconds(tmp_path):
    """A fiftieth of 100 trackers x OTB-2015; all of it took 11 s of processor time and 91 MB."""
    truth, noise = np.tile([50.0, 60, 40, 30], (590, 1)), np.random.default_rng(0)
    sequences = {f"s{number:02d}": truth + noise.normal(size=4) for number in range(20)}
    entries = {
        name: {"name": name, "image_files": ["0001.jpg"], "gt_rect": boxes.tolist()}
        for name, boxes in sequences.items()
    }
    (tmp_path / "truth.json").write_text(json.dumps(entries))
    lines = {
        name: "".join("{:.4f},{:.4f},{:.4f},{:.4f}\n".format(*row) for row in boxes)
        for name, boxes in sequences.items()
    }
    folders = [tmp_path / f"t{number}" for number in range(10)]
    for folder in folders:
        folder.mkdir()
        for name, text in lines.items():
            (folder / f"{name}.txt").write_text(text)
    code = (
        "import re, sys, time; from udtlib.cli import main; begun = time.process_time();"
        "assert main(sys.argv[1:]) == 0; print('seconds', time.process_time() - begun);"
        "status = open('/proc/self/status').read();"  # getrusage counts the parent's memory before exec, too
        "print('megabytes', int(re.search('VmHWM: *\\t* *(\\d+)', status)[1]) / 1024)"
    )
    arguments = ["score", "--annotations", tmp_path / "truth.json", "--results", *folders]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    found = dict(line.split() for line in done.stdout.splitlines() if line[:7] in ("seconds", "megabyt"))
    assert done.stdout.count("0.9524 [0.9524, 0.9524]") == 10
    assert float(found["seconds"]) < 3
    assert float(found["megabytes"]) < 500


def test_the_score_table_names_failures():
    found = score(make_boxes(0, 0, 0), make_sequences(), Policy(), tracker="t")
    table = score_table([found])
    assert table.splitlines()[0].startswith("otb, 3 sequences, policy otb-strict")
    assert "failed" not in table


@pytest.mark.parametrize("key", ["policy", "dataset", "tracker", "protocol"])
@pytest.mark.parametrize("value", [float("nan"), 1, b"x", [], {}])
def test_arguments_of_the_wrong_type(key, value):
    with pytest.raises(OptionError, match=f"{key}: expected .*, found "):
        score({}, [], **{key: value})
