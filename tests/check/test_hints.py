"""What the checks of exercises share: answers become numbers, and mistakes are named."""

import math
import re

import numpy as np
import pytest
import torch

from udtlib.check.hints import close, compare, expect, number, numbers, shown, true_or_false, whole

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


@pytest.mark.parametrize("one", [2.0, 2, np.array(2.0), np.float32(2), torch.tensor(2.0)], ids=repr)
def test_a_number_in_an_array_without_axes_is_one_number(one) -> None:
    assert number(one, "a rate") == 2
    assert whole(one, (), "a count") == 2
    assert numbers([one, one], (2,), "a pair").tolist() == [2, 2]


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
@pytest.mark.parametrize("made", [np.ones, torch.ones])
def test_a_number_in_an_array_with_axes_is_told_how_to_take_it_out(shape, made) -> None:
    words = f"found an array of shape {shape}: use .item()"
    for read in (number, lambda found, what: whole(found, (), what)):
        with pytest.raises(AssertionError, match=f"^{re.escape(f'expected a rate, {words}')}$"):
            read(made(shape), "a rate")
    pair = re.escape("expected a pair, found among them " + words.removeprefix("found "))
    for found in ([made(shape), 2.0], (2.0, made(shape)), [made(shape), made(shape)]):
        with pytest.raises(AssertionError, match=f"^{pair}$"):
            numbers(found, (2,), "a pair")
    for found, kind in (([1.0], "list"), ((1.0,), "tuple")):
        with pytest.raises(
            AssertionError, match=f"^expected a rate, found a {kind} of one: return what is in it$"
        ):
            number(found, "a rate")


def test_true_or_false() -> None:
    for right in (True, np.True_, np.array(True), torch.tensor(True)):
        assert true_or_false(right if not isinstance(right, torch.Tensor) else right.numpy()) is True
    with pytest.raises(
        AssertionError, match=r"^expected True or False, found an array of shape \(1,\): use "
    ):
        true_or_false(np.array([True]))
    for wrong in (1, 1.0, None, "True", np.array(1.0), [1.0, [2.0]]):
        with pytest.raises(AssertionError, match=r"^expected True or False, found "):
            true_or_false(wrong)


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
