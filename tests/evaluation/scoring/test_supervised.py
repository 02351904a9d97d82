"""Accuracy, failures and expected average overlap: by hand, and against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udtlib.data import Sequence
from udtlib.errors import DataError, UnknownNameError
from udtlib.evaluation import (
    EAO_INTERVALS,
    SupervisedRun,
    accuracy,
    accuracy_robustness,
    expected_average_overlap,
    expected_overlap_curve,
    segments,
    supervised_run,
)
from udtlib.evaluation.results.regions import Regions, State

TRUE = [10.0, 20, 8, 6]


def run_of(text: str, overlaps: float = 0.5, **tags: list[int]) -> SupervisedRun:
    """Return a run: 1 a start, 2 a failure, 0 skipped, a point a followed frame of that overlap."""
    states = np.array(["012.".index(letter) for letter in text])
    masks = {name: np.isin(np.arange(len(text)), frames) for name, frames in tags.items()}
    return SupervisedRun(np.where(states == State.TRACKED, overlaps, 0.0), states, masks)


def regions_of(text: str, box: list[float] = TRUE) -> Regions:
    states = np.array(["012.".index(letter) for letter in text])
    boxes = np.full((len(text), 4), np.nan)
    boxes[states == State.TRACKED] = box
    return Regions(boxes, states)


def sequence_of(count: int, **others: object) -> Sequence:
    return Sequence("one", (), np.tile(TRUE, (count, 1)), size=(100, 80), **others)


def test_the_burn_in_does_not_count() -> None:
    run = run_of("1" + "." * 14 + "20000" + "1" + "." * 12)
    run.overlaps[10:15], run.overlaps[30:] = 0.25, 1.0
    assert np.flatnonzero(run.counted()).tolist() == [10, 11, 12, 13, 14, 30, 31, 32]
    assert accuracy(run) == pytest.approx((5 * 0.25 + 3) / 8)
    assert accuracy(run, burn_in=1) == pytest.approx((9 * 0.5 + 5 * 0.25 + 9 * 0.5 + 3) / 26)
    assert run.failures.tolist() == [15]
    assert accuracy(run_of("1....2")) == 0  # never long enough, as in the toolkit


def test_accuracy_and_failures_by_tag() -> None:
    run = run_of("1" + "." * 11 + "20000" + "1" + "." * 12, occlusion=[11, 12, 29], motion=[12, 28])
    run.overlaps[11] = 0.9
    found = accuracy_robustness([run], tag="occlusion")
    assert (found.accuracy, found.failures, found.frames) == (pytest.approx((0.9 + 0.5) / 2), 1, 3)
    assert accuracy_robustness([run], tag="empty").failures == 0
    assert accuracy_robustness([run], tag="empty").frames == 30 - 4
    assert np.isnan(accuracy_robustness([run], tag="unknown").accuracy)
    assert accuracy_robustness([run, run_of("1" + "." * 29)]).failures == 0.5
    with pytest.raises(DataError, match="expected a run"):
        accuracy_robustness([])


def test_segments_end_at_failures_and_at_the_end() -> None:
    parts = segments(run_of("001...20000" + "1..2" + "000001.."))
    assert [(part.first, len(part), part.failed) for part in parts] == [
        (2, 4, True),
        (11, 3, True),
        (20, 3, False),
    ]


def test_the_curve_by_hand() -> None:
    """One part of 3 frames that fails, one of 5 that the end cuts off."""
    runs = [run_of("1..2"), run_of("1....", 1.0)]
    np.testing.assert_allclose(expected_overlap_curve(runs), [0, 0.75, 0.75, (1 / 3 + 1) / 2, (0.25 + 1) / 2])
    assert expected_average_overlap(expected_overlap_curve(runs), (1, 2)) == 0.75
    assert np.isnan(expected_average_overlap(expected_overlap_curve(runs)))  # no part of 100 frames


@given(st.integers(0, 2**32 - 1))
def test_the_curve_is_that_of_plain_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    runs = []
    for _ in range(rng.integers(1, 5)):
        text = "1"
        while len(text) < 40:
            text += "." if rng.random() < 0.85 else "2" + "0" * 4 + "1"
        runs.append(run_of(text[: rng.integers(2, 41)]))
        runs[-1].overlaps[runs[-1].states == State.TRACKED] = rng.random((runs[-1].states == 3).sum())
    parts: list[tuple[list[float], bool]] = []
    for run in runs:
        for start in run.starts:
            part = [0.0]
            frame = start + 1
            while frame < len(run) and run.states[frame] == State.TRACKED:
                part.append(float(run.overlaps[frame]))
                frame += 1
            parts.append((part, frame < len(run)))
    expected = []
    for n in range(max(len(part) for part, _ in parts)):
        means = []
        for part, failed in parts:
            if n < len(part) or failed:
                means.append(sum((part + [0.0] * n)[1 : n + 1]) / n if n else 0.0)
        expected.append(sum(means) / len(means))
    np.testing.assert_allclose(expected_overlap_curve(runs), expected, atol=1e-12)


def test_the_years_have_their_intervals() -> None:
    curve = np.arange(400.0)
    assert expected_average_overlap(curve, 2016) == (108 + 371) / 2
    assert expected_average_overlap(curve, 2018) == expected_average_overlap(curve, 2017) == (100 + 356) / 2
    assert expected_average_overlap(curve, 2019) == (46 + 291) / 2
    assert expected_average_overlap(curve[:200], 2018) == (100 + 199) / 2  # the toolkit's, too
    assert set(EAO_INTERVALS) == {2015, 2016, 2017, 2018, 2019}
    with pytest.raises(UnknownNameError, match="no EAO interval of VOT2020; known: 2015"):
        expected_average_overlap(curve, 2020)
    assert expected_average_overlap(curve, np.int64(2018)) == expected_average_overlap(curve, 2018)
    with pytest.raises(UnknownNameError, match="no EAO interval of VOT2018; known: 2015"):
        expected_average_overlap(curve, "2018")


def test_overlaps_of_a_run_with_the_truth() -> None:
    text = "1..20000" + "01.."
    run = supervised_run(regions_of(text, [12.0, 20, 8, 6]), sequence_of(len(text)))
    expected = np.where(np.array(list(text)) == ".", 6 / 10, 0.0)
    np.testing.assert_allclose(run.overlaps, expected)
    assert run.has_truth
    unknown = supervised_run(regions_of(text), None)
    assert not unknown.has_truth
    assert np.isnan(accuracy(unknown))
    assert unknown.failures.tolist() == [3]


def test_polygons_are_compared_as_such_and_cut_to_the_image() -> None:
    polygon = np.array([10.0, 20, 17, 20, 17, 25, 10, 25])  # the pixels of TRUE
    sequence = sequence_of(3, regions=(polygon,) * 3)
    assert supervised_run(regions_of("1.."), sequence).overlaps[1] == 1
    assert supervised_run(regions_of("1.."), sequence, "area").overlaps[1] == pytest.approx(35 / 48)
    cut = Sequence("cut", (), np.tile([-4.0, 0, 8, 4], (3, 1)), size=(100, 80))
    assert supervised_run(regions_of("1..", [-20, 0, 24, 4]), cut, "area").overlaps[1] == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("overlap", ["pixels", "area"])
@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [0], [1], [2], [3]])
def test_frames_without_truth_or_numbers_do_not_count(columns: list[int], overlap: str) -> None:
    boxes = np.tile(TRUE, (16, 1))
    boxes[12, columns] = np.nan
    regions = regions_of("1" + "." * 15)
    regions.boxes[13, columns] = np.nan
    run = supervised_run(regions, Sequence("one", (), boxes, size=(100, 80)), overlap)
    assert np.flatnonzero(run.counted()).tolist() == [10, 11, 14, 15]
    assert accuracy(run) == 1
    assert expected_overlap_curve([run])[15] == pytest.approx(13 / 15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("....", "found in frame 1 a region"),
        ("2...", r"found in frame 1 a failure \(2\)"),
        ("1.2.", "found in frame 4 a region"),
        ("1.1.", r"found in frame 3 a start \(1\) without a failure before"),
        ("0000", r"expected a start \(1\), found none in 4 frames"),
        ("1..", "expected 4 frames as in one, found 3: truncated"),
        ("1....", "expected 4 frames as in one, found 5"),
    ],
)
def test_runs_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(DataError, match=f"file: .*{message}"):
        supervised_run(regions_of(text), sequence_of(4), where="file")


def test_a_result_of_another_sequence_is_noticed() -> None:
    with pytest.raises(DataError, match=r"in 12 of 12 frames the region .* of another sequence"):
        supervised_run(regions_of("1" + "." * 12, [60.0, 60, 5, 5]), sequence_of(13))
    with pytest.raises(UnknownNameError, match="overlap"):
        supervised_run(regions_of("1."), sequence_of(2), "volume")
