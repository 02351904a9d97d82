"""The checks of chapter 09 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch09

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "09.py"))
HINTS = {
    "_forms_exchanged": "that is the form",
    "_mean_of_cells": "not a mean",
    "_first_term": "first term only",
    "_label_not_moved": "not compared with T's label",
    "_flat_roll": "rows by the row",
    "_moved_away": r"\*to\* the peak",
    "_not_squared": "norms are squared",
    "_highest_kept": "lowest",
    "_dropped_by_motion": "by their error",
    "_equal_shares": "equal shares",
    "_divided_by_all": r"\*products\*",
    "_sum_to_n": "not to n",
    "_divided_twice": "second 1/n",
    "_all_kept": "nothing was dropped",
    "_rounded_down": "29 of 32",
    "_other_way": "other way",
    "_decay_as_it_was": "must stay",
    "_decay_up": "must stay",
    "_both_down": "rate must grow",
    "_decay_only": "make up for it",
    "_as_many": r"\*more\*",
    "_exactly_one_more": "sum over all counts",
    "_enough": "A_drop is enough",
    "_no_choice": "how many ways",
    "_frozen_sum": "depends on m_i",
    "_sign_turned": "the sign",
    "_not_divided": "missing below",
    "_plain_mean": r"\*weighted\* mean",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch09, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch09, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch09, name)(lambda *_: nonsense)
