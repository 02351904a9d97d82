"""The checks of chapter 10 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch10

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "10.py"))
HINTS = {
    "_pixel_middle": "half a pixel to the left",
    "_whole_frame": "span all of it",
    "_cells": "middles of cells",
    "_far_from_the_end": "only far from the end",
    "_equally_likely": "not equally likely",
    "_last_forgotten": "expected 0",
    "_into_the_next_video": "goes beyond it",
    "_one_too_far": "first of the next video",
    "_sorted": "keep their order",
    "_copies_apart": "show the same picture",
    "_always_the_first": "expected another choice",
    "_share_turned": "2 of the 8 groups",
    "_counted_twice": "counted twice",
    "_not_clipped": "clip each factor",
    "_signs_kept": "expected 0",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch10, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch10, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch10, name)(lambda *_: nonsense)
