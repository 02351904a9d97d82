"""All functions of a notebook, graded. Book: chapters 02 to 14."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from udtlib.check.grading.marking import Mark, Part, mark
from udtlib.check.grading.student import Student
from udtlib.errors import OptionError

ASSIGNMENTS = ("a1", "a2", "a3", "a4")


def problems(assignment: str) -> Mapping[str, Sequence[Part]]:
    """Return the graded functions of an assignment, by name.

    Raises:
        OptionError: there is no such assignment.
    """
    if assignment not in ASSIGNMENTS:
        raise OptionError(f"an assignment is one of {', '.join(ASSIGNMENTS)}, found {assignment!r}")
    found: Mapping[str, Sequence[Part]] = import_module(f"udtlib.check.{assignment}").PROBLEMS
    return found


def grade(assignment: str, cells: Sequence[str], seed: str, only: Sequence[str] = ()) -> dict[str, Mark]:
    """Return the marks of a notebook's functions.

    Args:
        assignment: one of `ASSIGNMENTS`.
        cells: sources of its code cells, as `udtlib.check.grading.student.read_cells` gives them.
        seed: decides the numbers; see `student_seed`.
        only: names of functions to grade; none means all.

    Raises:
        OptionError: there is no such assignment or function.
    """
    known = problems(assignment)
    unknown = set(only) - set(known)
    if unknown:
        raise OptionError(f"{assignment} grades {', '.join(known)}; found {', '.join(sorted(unknown))}")
    marks = {}
    for name in only or known:
        with Student(cells) as student:
            marks[name] = mark(name, known[name], student.function(name), seed)
    return marks


def student_seed(secret: str, student: str) -> str:
    """Return the seed of a student: nobody without the course's secret can work it out."""
    return f"{secret} {student}"


def course_secret(folder: Path) -> str:
    """Return the text of a course's file ``secret``.

    Raises:
        OptionError: there is none; `make assignments` writes one.
    """
    try:
        return (folder / "secret").read_text("utf-8").strip()
    except OSError:
        raise OptionError(
            f"{folder / 'secret'}: expected the course's secret; make assignments writes it"
        ) from None
