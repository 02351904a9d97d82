"""The checks of chapter 13 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch13

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "13.py"))
HINTS = {
    "_mean_of_rates": "mean of rates",
    "_harmonic_mean": "harmonic",
    "_seconds_a_frame": "seconds a frame",
    "_weighted_by_frames": "weight by time",
    "_without_power": "every other time",
    "_not_squared": "square root of n",
    "_unpaired": "no factor 2",
    "_rounded_down": "round up",
    "_front_kept": "at the front",
    "_never_refuses": "expected a ValueError",
    "_always_cuts": "stays as it is|expected \\(349, 4\\)",
    "_exchanged": "exchanged",
    "_mean_overlap": "mean overlap",
    "_twenty": "21 thresholds",
    "_nothing_for_lost": "earns one threshold",
    "_added": "averaged",
    "_first_run": "use all",
    "_starts": "is a start",
    "_skipped": "passed over",
    "_any_two": "whole line",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch13, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch13, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match=r"expected|annotated"):
        getattr(ch13, name)(lambda *_: nonsense)
