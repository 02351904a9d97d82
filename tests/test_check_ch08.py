"""The checks of chapter 08 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch08

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "08.py"))
HINTS = {
    "_not_mirrored": "not mirrored",
    "_mirrored_at_zero": "where does d come in",
    "_one_cell_off": "one cell off",
    "_in_place": "overwritten",
    "_sign": "the sign",
    "_not_wrapped": "wrap around",
    "_as_index": "beyond the half",
    "_always_home": "only if both ways",
    "_flat_roll": "flattened",
    "_raw_response": "no pseudo-label",
    "_centred_label": "where the chain ended",
    "_chained": "straight from S2",
    "_two_frames": "straight from S2",
    "_mean": "not a mean",
    "_ties_nothing": "not nothing",
    "_ties_whole": "not whole",
    "_reversed": "the other way round",
    "_one_threshold": "compare all pairs",
    "_dropped_jointly": "its own worst",
    "_nothing_dropped": "nothing was dropped",
    "_over_kept": "divides by N",
    "_lowest_dropped": r"\*highest\*",
    "_averaged": "weight 1",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch08, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch08, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch08, name)(lambda *_: nonsense)
