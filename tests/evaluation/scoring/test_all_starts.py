"""A run with restarts read off a table of all starts is the one that a tracker makes."""

from dataclasses import replace

import numpy as np
import pytest

from udtlib.boxes import iou
from udtlib.data.synthetic import render_clip
from udtlib.errors import DataError, OptionError
from udtlib.evaluation.results.regions import State
from udtlib.evaluation.running.resets import track_with_resets
from udtlib.evaluation.scoring.all_starts import run_from_starts
from udtlib.trackers import load_tracker


@pytest.fixture(scope="module")
def clip():
    rendered = render_clip(36, (120, 160), seed=112, fast_motion=1.0, texture="mixed")
    return replace(rendered, frames=list(rendered.frames))


@pytest.fixture(scope="module")
def table(clip):
    """The overlap of MOSSE in every frame, started in every frame."""
    count = len(clip.boxes)
    found = np.full((count, count), np.nan)
    for start in range(count):
        tracker = load_tracker("mosse")
        tracker.init(clip.frames[start], clip.boxes[start])
        for frame in range(start + 1, count):
            found[start, frame] = iou(tracker.update(clip.frames[frame]), clip.boxes[frame])
    return found


@pytest.mark.parametrize("delay", [1, 3, 5, 9])
def test_it_is_the_run_of_a_tracker_that_is_restarted(clip, table, delay):
    regions, _ = track_with_resets(load_tracker("mosse"), clip, skip=delay)
    run = run_from_starts(table, delay=delay)
    assert len(run.failures) >= 2
    np.testing.assert_array_equal(run.states, regions.states)
    tracked = run.states == State.TRACKED
    np.testing.assert_array_equal(run.overlaps[tracked], iou(regions.boxes, clip.boxes)[tracked])
    assert not run.overlaps[~tracked].any()


@pytest.mark.parametrize("threshold", [0.3, 0.6])
def test_a_stricter_judge_is_the_judge_who_restarts_earlier(clip, table, threshold):
    def overlap(box, frame, size):
        return float(iou(box, clip.boxes[frame])) - threshold

    strict, _ = track_with_resets(load_tracker("mosse"), clip, overlap=overlap)
    np.testing.assert_array_equal(run_from_starts(table, threshold).states, strict.states)


def test_an_overlap_at_the_threshold_is_a_failure():
    table = np.triu(np.full((4, 4), 0.5), 1)
    assert run_from_starts(table, 0.49).failures.tolist() == []
    assert run_from_starts(table, 0.5).failures.tolist() == [1]
    assert run_from_starts(table, 0.5, 1).states.tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize(
    "table",
    [np.zeros(3), np.zeros((0, 0)), np.zeros((2, 3)), np.full((2, 2), np.nan), np.full((2, 2), 1.5)],
    ids=["flat", "empty", "oblong", "nan", "large"],
)
def test_what_is_no_table_is_refused(table):
    with pytest.raises(DataError, match="expected"):
        run_from_starts(table)


@pytest.mark.parametrize("options", [{"threshold": -0.1}, {"threshold": 1.1}, {"delay": 0}, {"delay": 2.5}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(OptionError, match=r"threshold|delay"):
        run_from_starts(np.zeros((2, 2)), **options)
