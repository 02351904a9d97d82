"""The checks of every chapter's exercises name the mistake: each planted wrong answer gets its own hint."""

import ast
import importlib
import math
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from exercise_hints import HINTS

PROJECT = Path(__file__).parents[2]
SOLUTIONS = {
    path.stem: runpy.run_path(str(path)) for path in sorted((PROJECT / "book/solutions").glob("*.py"))
}
EXERCISES = [(chapter, name) for chapter, found in SOLUTIONS.items() for name in found["WRONG"]]
WRONG = [(chapter, name, wrong) for chapter, name in EXERCISES for wrong in SOLUTIONS[chapter]["WRONG"][name]]
# The checks of these chapters do not say "expected".
FREE_IN_WORDS = {"00", "01"}
OTHER_WORDS = {"follow": "without asking the kernel", "triplet_at": "expected|the template is frame 0"}


def check(chapter, name, answer):
    """Run the check of one exercise on an answer."""
    return getattr(importlib.import_module(f"udtlib.check.ch{chapter}"), name)(answer)


def test_every_chapter_is_here() -> None:
    checks = {path.stem[2:] for path in (PROJECT / "udtlib/check").glob("ch*.py")}
    assert set(HINTS) == set(SOLUTIONS) == checks
    assert {chapter for chapter, _ in EXERCISES} == {chapter for chapter, _, _ in WRONG} == checks


@pytest.mark.parametrize("chapter", HINTS)
def test_every_mistake_has_a_hint(chapter) -> None:
    planted = [wrong.__name__ for number, _, wrong in WRONG if number == chapter]
    assert sorted(planted) == sorted(HINTS[chapter])


@pytest.mark.parametrize(
    ("chapter", "name", "wrong"), WRONG, ids=lambda value: getattr(value, "__name__", value)
)
def test_wrong_answers_get_their_hint(chapter, name, wrong) -> None:
    with pytest.raises(AssertionError, match=HINTS[chapter][wrong.__name__]):
        check(chapter, name, wrong)


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_solutions_pass(chapter, name) -> None:
    assert check(chapter, name, SOLUTIONS[chapter][name]) is None


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
@pytest.mark.parametrize("nonsense", [None, "right", math.nan, [1.0, 2.0, 3.0], [[1.0], [2.0, 3.0]]], ids=str)
def test_nonsense_is_told_what_was_expected(chapter, name, nonsense) -> None:
    words = "." if chapter in FREE_IN_WORDS else OTHER_WORDS.get(name, "expected")
    with pytest.raises(AssertionError, match=words):
        check(chapter, name, lambda *_: nonsense)


def test_no_check_is_an_assert_statement_which_python_minus_o_leaves_out() -> None:
    for path in sorted((PROJECT / "udtlib/check").rglob("*.py")):
        found = [
            node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)
        ]
        assert not found, f"{path.name}: lines {found}"


@pytest.mark.parametrize(
    ("chapter", "name", "answer"),
    [
        ("02", "displacement_read", lambda *given: np.add(SOLUTIONS["02"]["displacement_read"](*given), 0.4)),
        ("03", "sizes_needed", lambda largest, off: np.log(largest) / np.log(off)),
        ("10", "triplet_at", lambda *given: np.add(SOLUTIONS["10"]["triplet_at"](*given), 0.5)),
    ],
)
def test_half_an_index_is_no_index(chapter, name, answer) -> None:
    with pytest.raises(AssertionError, match="whole numbers, found"):
        check(chapter, name, answer)


@pytest.mark.parametrize(
    ("chapter", "name"),
    [("02", "displacement_read"), ("03", "sizes_needed"), ("10", "triplet_at"), ("00", "frames_until_lost")],
)
def test_a_whole_number_may_be_a_float(chapter, name) -> None:
    check(chapter, name, lambda *given: np.asarray(SOLUTIONS[chapter][name](*given), dtype=np.float32))


def test_a_list_of_two_arrays_is_as_good_as_a_pair() -> None:
    check("12", "remember", lambda *given: list(SOLUTIONS["12"]["remember"](*given)))


def test_no_rounding_decides_from_how_many_machines_on_waiting_takes_longer() -> None:
    def counted(step: float, latency: float) -> int:
        machines = 1
        while 3 * (machines - 1) * latency <= step:
            machines += 1
        return machines

    check("17", "too_many_machines", counted)
    check("17", "too_many_machines", lambda step, latency: math.floor(step / 3 / latency) + 2)


def as_tensors(answer):
    if isinstance(answer, list | tuple):
        return type(answer)(map(as_tensors, answer))
    values = np.asarray(answer)
    if values.dtype.kind not in "fc":
        return answer
    return torch.tensor(values, requires_grad=True)


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
def test_right_tensors_are_right_also_with_a_gradient(chapter, name) -> None:
    check(chapter, name, lambda *given: as_tensors(SOLUTIONS[chapter][name](*given)))


def one_number(answer):
    return isinstance(answer, bool | int | float | np.generic) or (
        isinstance(answer, np.ndarray) and answer.ndim == 0
    )


@pytest.mark.parametrize(("chapter", "name"), EXERCISES)
@pytest.mark.parametrize("made", [np.array, torch.tensor])
def test_one_number_may_lie_in_an_array_without_axes_and_in_no_other(chapter, name, made) -> None:
    asked = []

    def within(axes):
        def answer(*given):
            right = SOLUTIONS[chapter][name](*given)
            if not one_number(right):
                return right
            asked.append(right)
            return made(np.asarray(right).reshape(axes))

        return answer

    check(chapter, name, within(()))
    if asked:
        with pytest.raises(AssertionError, match=r"found an array of shape \(1,\): use \.item\(\)$"):
            check(chapter, name, within((1,)))


def single(value):
    if isinstance(value, list | tuple):
        return type(value)(map(single, value))
    kinds = {"f": np.float32, "c": np.complex64}
    return (
        value.astype(kinds[value.dtype.kind])
        if isinstance(value, np.ndarray) and value.dtype.kind in kinds
        else value
    )


SMALL_STEPS = {"gradient_error"}  # central differences with small steps are noise in float32


@pytest.mark.parametrize(("chapter", "name"), [one for one in EXERCISES if one[1] not in SMALL_STEPS])
def test_a_right_answer_in_float32_is_right(chapter, name) -> None:
    check(chapter, name, lambda *given: single(SOLUTIONS[chapter][name](*map(single, given))))


@pytest.mark.parametrize(
    ("chapter", "name"),
    [("04", "corrected_filters"), ("08", "three_frame_loss"), ("10", "triplet_at"), ("10", "hold_out")],
)
def test_an_answer_may_use_up_what_it_was_given(chapter, name) -> None:
    def greedy(*given):
        result = SOLUTIONS[chapter][name](*given)
        for one in given:
            if isinstance(one, list):
                one.clear()
            elif isinstance(one, np.ndarray):
                one[...] = 0
        return result

    check(chapter, name, greedy)


def test_a_changed_image_is_named_as_such() -> None:
    def changes(image):
        right = SOLUTIONS["17"]["network_input"](image.copy())
        image[...] = 0
        return right

    with pytest.raises(AssertionError, match="the image that came in was changed"):
        check("17", "network_input", changes)
    with pytest.raises(AssertionError, match="the file takes float32, found list"):
        check("17", "network_input", lambda image: SOLUTIONS["17"]["network_input"](image).tolist())
