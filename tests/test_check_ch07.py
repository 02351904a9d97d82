"""The checks of chapter 07 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch07

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "07.py"))
HINTS = {
    "_flattened": "flattened map",
    "_not_moved": "has not moved",
    "_other_way": "the other way",
    "_exchanged": "rows and columns",
    "_with_its_height": "height 1",
    "_in_place": "overwritten",
    "_mean": "not a mean",
    "_norm": "squared",
    "_one_way": "go back",
    "_from_the_centre": "started from Y_T",
    "_raw_response": "not the response itself",
    "_roles_kept": "roles are exchanged",
    "_too_narrow": "product of two Gaussians",
    "_one_energy": "half of it",
    "_squared_distance": "expected",
    "_from_home": "from start to there",
    "_backwards": "sign",
    "_all_points": "all points were used",
    "_worst_half": "worst",
    "_mean_of_half": "not their mean",
    "_strictly_below": "equal",
    "_one_hop": "there .and. back",
    "_no_conjugate": "conjugated",
    "_square_first": "then the square",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch07, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch07, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch07, name)(lambda *_: nonsense)
