"""The checks of chapter 02 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import pytest

from udtlib.check import ch02

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "02.py"))
HINTS = {
    "_other_way": "other way",
    "_axes_swapped": "swapped",
    "_one_pixel_more": "one pixel too far",
    "_one_length_for_both": r"\*that\* axis",
    "_negative_index": "not negative",
    "_from_the_middle": "drawing only",
    "_sign_turned": "sign is turned",
    "_column_first": "row first",
    "_wraps_at_the_last_index": "wrap-around",
    "_of_one_pixel": "add their variances|sum over pixels",
    "_deviation": "square of a deviation",
    "_window_not_squared": "its square multiplies",
    "_mean_not_sum": "a sum over pixels, not a mean|sum over all",
    "_label_not_conjugated": "conjugate on the label",
    "_to_convolve_with": "mirrored",
    "_mean_of_filters": "sum, then divide",
    "_lambda_a_template": "lambda enters once",
    "_first_only": "only the first",
    "_not_real": "imaginary",
    "_convolved": "correlation or convolution",
    "_no_window": "borders of the patch",
    "_one_pixel_short": "one pixel off",
    "_no_regulariser": "weak waves",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=lambda value: getattr(value, "__name__", value))
def test_hint_names_the_mistake(name: str, answer: object) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch02, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, float("nan"), "seven", [1.0, 2.0, 3.0]])
def test_nonsense_gets_a_hint_too(name: str, nonsense: object) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch02, name)(lambda *arguments: nonsense)
