"""VOT's measures of trackers: the paper's failures, and the toolkit's own numbers of a tracker on VOT2018.

The toolkit's are those of vot-toolkit 0.7.4, which `test_vot_toolkit.py` computes again. VOT2016's accuracy
and EAO cannot be computed here, for want of its true regions.
"""

import json
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from binary_results import binary_result

from udtlib.data.benchmarks.vot import load_vot_truth
from udtlib.data.locate import find_data
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, MissingDataError, UnknownNameError
from udtlib.evaluation import SupervisedRun, VotScore, failure_difference, score_vot
from udtlib.evaluation.results.trajectories import find_trajectories, read_trajectory

TOOLKIT = {"accuracy": 0.57264, "failures": 66, "robustness": 1.22200, "eao": 0.31617}


def published(name: str) -> Path:
    found = find_data(f"published/{name}")
    if found is None:
        pytest.skip(f"needs published/{name}")
    return found


@cache
def truth() -> list[Sequence]:
    return load_vot_truth(published("vot2018.json"))


@pytest.mark.shared
def test_the_papers_failures_and_their_paired_interval() -> None:
    udt, plus = (score_vot(published(name), None, year=2016) for name in ("udt_vot2016", "udtplus_vot2016"))
    assert (udt.failures, plus.failures) == (102, 66)
    assert {len(runs) for one in (udt, plus) for runs in one.runs.values()} == {3}
    assert len(udt.runs) == len(plus.runs) == 60
    found = failure_difference(udt, plus)
    assert found.total.mean == 36
    assert (round(found.total.low), round(found.total.high)) == (8, 70)
    assert found.largest == 13
    assert (udt.failures_each - plus.failures_each)[udt.names.index(found.sequence)] == 13
    assert np.isnan([udt.accuracy, udt.eao]).all()
    assert not udt.has_truth


@pytest.mark.shared
def test_the_toolkits_numbers_on_all_of_vot2018_within_5_seconds() -> None:
    sequences = truth()
    begun = time.process_time()
    found = score_vot(published("siamcar_vot2018"), sequences)
    numbers = {name: getattr(found, name) for name in TOOLKIT}
    seconds = time.process_time() - begun
    assert numbers == pytest.approx(TOOLKIT, abs=1e-4)
    assert len(found.runs) == 60
    assert seconds < 5  # some 1.5 s on a free core
    interval = found.eao_interval()
    assert interval.low < found.eao < interval.high
    assert interval == found.eao_interval()
    assert found.tags() == [
        "camera_motion",
        "illum_change",
        "motion_change",
        "occlusion",
        "size_change",
        "empty",
    ]
    assert found.by_tag("occlusion").accuracy < found.accuracy


@pytest.mark.shared
def test_exact_areas_give_another_accuracy() -> None:
    """Counting pixels makes true polygons larger, and this accuracy .0076 higher."""
    found = score_vot(published("siamcar_vot2018"), truth(), overlap="area")
    assert found.accuracy == pytest.approx(TOOLKIT["accuracy"] - 0.0076, abs=2e-4)
    assert found.failures == 66


@pytest.mark.shared
def test_binary_files_of_the_same_runs_score_the_same(tmp_path: Path) -> None:
    chosen = [one for one in truth() if one.name in ("bag", "fish1", "soccer2")]
    texts = find_trajectories(published("siamcar_vot2018"))
    for one in chosen:
        (path,) = texts[one.name]
        (tmp_path / "t" / one.name).mkdir(parents=True)
        again = tmp_path / "t" / one.name / f"{one.name}_001.bin"
        again.write_bytes(binary_result(read_trajectory(path)))
    found, before = score_vot(tmp_path / "t", chosen), score_vot(published("siamcar_vot2018"), chosen)
    np.testing.assert_allclose(found.accuracies, before.accuracies, atol=1e-6)
    assert found.failures == before.failures


def runs_of(failures: int, count: int = 120) -> SupervisedRun:
    """Return a run of so many failures, each 10 frames after its start."""
    states = np.full(count, 3)
    for number in range(failures):
        first = number * 15
        states[first], states[first + 10], states[first + 11 : first + 15] = 1, 2, 0
    states[failures * 15] = 1
    return SupervisedRun(np.where(states == 3, 0.5, 0.0), states)


def test_sequences_weigh_by_their_frames_and_repetitions_are_averaged() -> None:
    score = VotScore("t", {"a": [runs_of(1), runs_of(4)], "b": [runs_of(0, 240)]})
    assert score.failures_each.tolist() == [2.5, 0]
    assert score.failures == 2.5
    assert score.robustness == pytest.approx(2.5 * 120 / 360)
    assert score.accuracy == pytest.approx(0.5)
    assert score.reliability == pytest.approx(np.exp(-30 * score.robustness / 180))
    document = json.loads(json.dumps(score.to_json(), allow_nan=False))
    assert document["sequences"]["a"] == {"accuracy": 0.5, "failures": 2.5, "frames": 120, "repetitions": 2}
    assert "tags" not in document


def test_differences_need_the_same_sequences() -> None:
    first, second = VotScore("t", {"a": [runs_of(1)], "b": [runs_of(3)]}), VotScore("u", {"b": [runs_of(1)]})
    with pytest.raises(DataError, match="t, u: expected the same sequences, found a of one alone"):
        failure_difference(first, second)
    other = VotScore("u", {"b": [runs_of(1)], "a": [runs_of(2)]})
    found = failure_difference(first, other)
    assert (found.total.mean, found.sequence, found.largest) == (1, "b", 2)


def three_frames(name: str) -> Sequence:
    return Sequence(name, (), np.tile([10.0, 20, 8, 6], (3, 1)), size=(100, 80))


def test_one_broken_sequence_does_not_lose_the_others(tmp_path: Path) -> None:
    for name, text in (("a", "1\n10,20,8,6\n10,20,8,6\n"), ("b", "1\n10,20,8\n"), ("c", "1\n10,20,8,6\n")):
        (tmp_path / "t" / name).mkdir(parents=True)
        (tmp_path / "t" / name / f"{name}_001.txt").write_text(text)
    sequences = [three_frames(name) for name in "abcd"]
    failed: dict[str, str] = {}
    found = score_vot(tmp_path / "t", sequences, failed=failed)
    assert found.names == ["a"]
    assert failed == found.failed
    assert list(failed) == ["b", "c", "d"]
    assert "line 2: expected 4 numbers" in failed["b"]
    assert "found 2: truncated" in failed["c"]
    assert "no result of this sequence" in failed["d"]
    with pytest.raises(DataError, match="line 2: expected 4 numbers"):
        score_vot(tmp_path / "t", sequences)
    with pytest.raises(DataError, match="none of 1 sequences can be scored; b: "):
        score_vot(tmp_path / "t", [three_frames("b")], failed={})
    with pytest.raises(MissingDataError, match="no result of this sequence"):
        score_vot(tmp_path / "t", [three_frames("x")])
    with pytest.raises(UnknownNameError, match="VOT2012"):
        score_vot(tmp_path / "t", sequences, year=2012)


def test_repetitions_of_different_lengths_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t/a").mkdir(parents=True)
    (tmp_path / "t/a/a_001.txt").write_text("1\n10,20,8,6\n")
    (tmp_path / "t/a/a_002.txt").write_text("1\n10,20,8,6\n10,20,8,6\n")
    with pytest.raises(DataError, match=r"expected repetitions of one length, found \[2, 3\]"):
        score_vot(tmp_path / "t", None)
