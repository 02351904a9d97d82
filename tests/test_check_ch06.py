"""The checks of chapter 06 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch06

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "06.py"))
HINTS = {
    "_in_cells": "still in cells",
    "_not_wrapped": "beyond the half",
    "_rows_as_x": "row is y",
    "_the_other_way": "the sign",
    "_window_turned": r"\(width, height\)",
    "_last_of_equals": "the first one wins",
    "_divided": "multiplied",
    "_no_factor": "multiplied",
    "_lowest": "lowest peak",
    "_as_found": "at least 4 px",
    "_axes_mixed": r"a shape is \(H, W\)",
    "_no_four_pixels": "at least 4 px",
    "_larger_than_the_frame": "longer than the frame",
    "_smaller_limit": "the larger",
    "_filter_interpolated": "interpolates the filter",
    "_two_sums": "two sums",
    "_rate_inverted": r"\*new\* frame",
    "_last_only": "only the last",
    "_first_only": "only the first",
    "_lambda_a_channel": "lambda enters once",
    "_in_place": "overwritten",
    "_score_of_filters": "filter is interpolated",
    "_score_of_sums": "two sums",
    "_score_rate_inverted": r"\*new\* frame",
    "_equal_weights": "equal weights",
    "_not_squared": "square of the contrast",
    "_always_one": "found 1",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch06, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch06, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch06, name)(lambda *_: nonsense)
