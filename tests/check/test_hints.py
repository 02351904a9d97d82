"""What the checks of exercises share: answers become numbers, and mistakes are named."""

import math

import numpy as np
import pytest

from udtlib.check.hints import close, compare, expect, number, numbers, shown, whole

MISTAKES = [(2.0, "twice"), (4.0, "squared"), ([1.0, 1.0], "one each")]


def test_expect() -> None:
    assert expect(np.True_, "quiet") is None
    with pytest.raises(AssertionError, match=r"^loud$"):
        expect([], "loud")


def test_close_is_same_shape_and_same_values_up_to_rounding() -> None:
    assert close(1 + 1e-7, 1)
    assert close([1e-10, 2 + 1e-16j], (0, 2))
    assert not close(1 + 1e-5, 1)
    assert not close(1e-8, 0)
    assert not close([1.0, 1.0], 1.0)
    assert not close(1 + 1e-3j, 1)
    assert close(1.01, 1, rtol=0.02)
    assert close(0.01, 0, atol=0.02)


@pytest.mark.parametrize("found", [None, "right", math.nan, math.inf, [1, [2]], object()])
def test_what_is_no_number_is_close_to_nothing_and_told_what_was_expected(found) -> None:
    assert not close(found, 1.0)
    with pytest.raises(AssertionError, match=r"^expected a box, found "):
        numbers(found, (4,), "a box")
    with pytest.raises(AssertionError, match=r"^expected a rate, found "):
        number(found, "a rate")


def test_numbers_keep_their_kind_and_tell_their_shape() -> None:
    assert numbers([1, True], (2,), "a pair").dtype == np.float64
    assert numbers([1, 2j], (2,), "a pair").tolist() == [1, 2j]
    with pytest.raises(AssertionError, match=r"^expected a pair, found \[1, 2, 3\] of shape \(3,\)$"):
        numbers([1, 2, 3], (2,), "a pair")
    with pytest.raises(AssertionError, match=r"^expected a pair, found 7$"):
        numbers(7, (2,), "a pair")
    with pytest.raises(AssertionError, match=r"found \[0, 1, .{1,60} of shape \(99,\)$"):
        numbers(list(range(99)), (2,), "a pair")


def test_one_number_is_real() -> None:
    found = number(np.array(2 + 1e-15j), "a rate")
    assert isinstance(found, float)
    assert found == 2
    with pytest.raises(AssertionError, match=r"^expected a rate without imaginary part, found \(2\+1j\)$"):
        number(2 + 1j, "a rate")


def test_compare_names_the_first_mistake_that_fits() -> None:
    assert compare(1.0, 1, MISTAKES, "case") is None
    for found, hint in MISTAKES:
        with pytest.raises(AssertionError, match=f"^case: {hint}$"):
            compare(np.array(found), 1, MISTAKES, "case")
    with pytest.raises(AssertionError, match=r"^case: expected 1, found 0\.333333$"):
        compare(1 / 3, 1, MISTAKES, "case")


def test_tolerances_are_for_mistakes_too() -> None:
    assert compare(1.01, 1, MISTAKES, "case", rtol=0.02) is None
    assert compare(1.01, 1, [(1.01, "never named")], "case", atol=0.02) is None
    with pytest.raises(AssertionError, match="twice"):
        compare(2.01, 1, MISTAKES, "case", rtol=0.02)
    with pytest.raises(AssertionError, match=r"expected 1, found 2\.01"):
        compare(2.01, 1, MISTAKES, "case")


@pytest.mark.parametrize("text", ["1", ["1", "2"], b"3", np.array(["1", "2"])])
def test_a_text_is_no_number_whatever_stands_in_it(text) -> None:
    assert not close(text, np.ones(np.shape(text)))
    with pytest.raises(AssertionError, match=r"^expected a rate, found "):
        number(text, "a rate")


def test_whole_numbers() -> None:
    assert whole([1.0, np.float32(-3)], (2,), "a pair").tolist() == [1, -3]
    assert whole(7 + 1e-12, (), "an index").dtype == np.int64
    for found in (1.5, [1.0, 2.25], 0.999):
        with pytest.raises(AssertionError, match=r"^expected a place, whole numbers, found "):
            whole(found, np.shape(found), "a place")


def test_rounding_as_of_float32_is_no_mistake() -> None:
    expected = np.array([1000.0, 0.25])
    assert compare([1000.009, 0.241], expected, [], "case") is None
    with pytest.raises(AssertionError, match=r"^case: expected \[1\.0e\+03 2\.5e-01\], found "):
        compare([1000.0, 0.27], expected, [], "case")
    with pytest.raises(AssertionError, match=r"^case: near$"):
        compare(1.000002, 1, [(1.0000021, "near")], "case")


def test_numbers_that_differ_are_told_apart() -> None:
    with pytest.raises(AssertionError, match=r"^case: expected 0\.0, found 1e-08$"):
        compare(1e-8, 0.0, [], "case")
    with pytest.raises(AssertionError, match=r"^case: expected 0\.25, found 0\.5$"):
        compare(0.5, 0.25, [], "case")


class Wordless:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


def test_anything_can_stand_in_a_hint() -> None:
    assert shown(Wordless()) == "a value of type Wordless"
    assert shown(10**5000) == "a value of type int"
    assert shown("two\nlines " * 20).startswith("two lines two lines")
    assert len(shown("two\nlines " * 20)) == 60
    with pytest.raises(AssertionError, match=r"^expected a rate, found a value of type Wordless$"):
        number(Wordless(), "a rate")
