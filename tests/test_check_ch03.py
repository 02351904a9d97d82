"""The checks of chapter 03 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch03

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "03.py"))
HINTS = {
    "_mirrored": "mirrored",
    "_channel_by_channel": "add the channels up",
    "_channels_not_counted": "channels included",
    "_offset_outside": "inside the power",
    "_not_divided": "divided by N",
    "_the_same": "what happens to the quotient",
    "_pixels_only": "counts the channels",
    "_divided": "multiply numerator",
    "_root": "another filter",
    "_negative": "not negative",
    "_shrinking": "larger sizes",
    "_from_the_middle": "index 0 is the size we had",
    "_added_steps": "multiply to the growth",
    "_of_the_whole": "share of what is left",
    "_one_over": "1/e",
    "_rounded_down": "a little more than half",
    "_one_more": "one fewer",
    "_kernel_omitted_at_first": "without asking the kernel",
    "_centre_floored": "a fraction of a pixel is lost",
    "_centre_rounded": "whole number",
    "_mean_kept_on_update": "keeps its mean",
    "_not_repaired": "without asking the kernel",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=lambda value: getattr(value, "__name__", value))
def test_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch03, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solution_passes_and_nonsense_is_named(name) -> None:
    getattr(ch03, name)(SOLUTIONS[name])
    with pytest.raises(AssertionError):
        getattr(ch03, name)(lambda *arguments: None)
