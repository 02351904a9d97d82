"""Assignments: solutions earn all points, wrong answers lose theirs with a hint that gives nothing away."""

import re

import assignments
import jupytext
import numpy as np
import pytest
from assignment_mutants import MUTANTS

from udtlib.check import a1
from udtlib.check.grading.marking import generator, mark, points
from udtlib.check.grading.notebook import ASSIGNMENTS, problems
from udtlib.errors import OptionError
from udtlib.labels import peak_displacement

GRADED = [(assignment, name) for assignment in ASSIGNMENTS for name in problems(assignment)]
ALL = [(*where, *mutant) for where, mutants in MUTANTS.items() for mutant in mutants]
SEEDS = ("public", "one student", "another")


def solutions(assignment):
    """Return the functions of an assignment's source."""
    names = {"np": np}
    for cell in jupytext.read(assignments.sources()[assignment]).cells:
        if "answer" in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return names


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_what_is_to_be_repaired_earns_nothing_as_it_is(assignment):
    names = {"np": np}
    cells = [cell.source for cell in jupytext.read(assignments.sources()[assignment]).cells]
    (broken,) = (cell for cell in cells if cell.startswith("def broken_"))
    exec(broken, names)
    name = broken[len("def broken_") :].partition("(")[0]
    right = next(known for known in problems(assignment) if known in (name, f"repaired_{name}"))
    assert mark(right, problems(assignment)[right], names[f"broken_{name}"], "public").earned == 0


def test_every_graded_function_has_three_wrong_answers_at_least():
    assert len(GRADED) == 16
    assert set(MUTANTS) == set(GRADED)
    assert min(len(mutants) for mutants in MUTANTS.values()) >= 3


@pytest.mark.parametrize(("assignment", "name"), GRADED)
def test_solutions_earn_all_points(assignment, name):
    parts = problems(assignment)[name]
    for seed in SEEDS:
        assert mark(name, parts, solutions(assignment)[name], seed) == (points(parts), points(parts), ())


@pytest.mark.parametrize(
    ("assignment", "name", "wrong", "left", "words"), ALL, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_wrong_answer_loses_its_points_and_is_named(assignment, name, wrong, left, words):
    for seed in SEEDS:
        found = mark(name, problems(assignment)[name], wrong, seed)
        assert (found.earned, found.possible) == (left, points(problems(assignment)[name]))
        assert re.search(words, "\n".join(found.remarks))


@pytest.mark.parametrize(("assignment", "name"), GRADED)
@pytest.mark.parametrize(
    "nonsense", [None, "right", float("nan"), [1.0, [2.0]], np.zeros((3, 3, 3))], ids=repr
)
def test_nonsense_earns_nothing(assignment, name, nonsense):
    found = mark(name, problems(assignment)[name], lambda *_: nonsense, "public")
    assert found.earned == 0
    assert len(found.remarks) == len(problems(assignment)[name])


@pytest.mark.parametrize(("assignment", "name"), GRADED)
def test_random_answers_earn_nothing(assignment, name):
    rng = np.random.default_rng(0)
    right = solutions(assignment)[name]

    def random(*arguments):
        answer = right(*arguments)
        parts = [
            rng.standard_normal(np.shape(part))
            for part in (answer if isinstance(answer, tuple) else [answer])
        ]
        return tuple(parts) if isinstance(answer, tuple) else parts[0]

    assert mark(name, problems(assignment)[name], random, "public").earned == 0


@pytest.mark.parametrize(
    ("assignment", "name"),
    [("a3", "round_trip_loss"), ("a4", "precision"), ("a4", "repaired_score"), ("a4", "sign_test")],
)
def test_one_number_may_lie_in_an_array_without_axes_and_in_no_other(assignment, name):
    parts, right = problems(assignment)[name], solutions(assignment)[name]
    assert mark(name, parts, lambda *given: np.array(right(*given))).earned == points(parts)
    found = mark(name, parts, lambda *given: np.array([right(*given)]))
    assert found.earned == 0
    assert all(line.endswith("found an array of shape (1,): use .item()") for line in found.remarks)


@pytest.mark.parametrize("length", range(1, 13))
def test_a_peak_is_read_as_the_library_reads_it_also_at_half_the_length(length):
    for row in range(length):
        response = np.zeros((length, 2 * length))
        response[row, length] = 1
        assert solutions("a1")["peak_shift"](response) == peak_displacement(response)
        assert (a1._signed(row, length), a1._signed(length, 2 * length)) == peak_displacement(response)


def test_hints_show_no_line_of_a_solution():
    shown = []
    for (assignment, name), mutants in MUTANTS.items():
        for wrong, *_ in mutants:
            shown += mark(name, problems(assignment)[name], wrong, "public").remarks
    lines = {
        line.strip()
        for assignment in ASSIGNMENTS
        for cell in jupytext.read(assignments.sources()[assignment]).cells
        if "answer" in cell.metadata.get("tags", [])
        for line in re.findall(r"=\s*(.{12,})|return (.{12,})", cell.source)
        for line in line
        if line
    }
    assert len(lines) > 30
    assert len(shown) > 80
    assert [line for line in lines if any(line in text for text in shown)] == []


def test_numbers_differ_from_student_to_student_and_stay_for_each():
    draws = [generator(seed, "ridge_over_shifts", "a").random() for seed in ("x", "x", "y")]
    assert draws[0] == draws[1] != draws[2]


def test_check_works_without_nbgrader(capsys):
    def mine(x, y, lam):
        return solutions("a1")["ridge_over_shifts"](x, y, lam)

    assert a1.check(mine, "ridge_over_shifts") is None
    assert "5 of 5 points" in capsys.readouterr().out
    with pytest.raises(AssertionError, match=r"0 of 3 points\n  - whole cells: 7 x 12"):
        a1.check(lambda height, width, *_: np.zeros((height, width)), "placed_label")
    with pytest.raises(OptionError, match=r"placed_label.*found 'mine'"):
        a1.check(mine)
