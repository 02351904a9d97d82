"""nbgrader's whole way: given out, handed in by honest and other students, graded, and sent back."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import assignments
import nbformat
import pytest

from udtlib.check.grading.notebook import course_secret, grade, student_seed

pytestmark = [pytest.mark.slow, pytest.mark.grade]

WRONG = (
    "def ridge_over_shifts(x, y, lam):\n    X, Y = np.fft.fft(x), np.fft.fft(y)\n"
    "    return np.fft.ifft(X.conj() * Y / (np.abs(X) ** 2 + lam)).real"
)
# Replaces what the tests might call, and makes every later cell of the kernel an empty one.
CHEAT = """
import ast, sys, numpy as np
from udtlib.check import a1, hints
a1.PROBLEMS = {}
a1.check = hints.compare = hints.expect = lambda *_, **__: None
sys.modules["udtlib.check.grading"] = a1
np.allclose = np.isclose = np.array_equal = lambda *_, **__: True
def placed_label(*arguments):
    return np.zeros(arguments[:2])
"""
HOOK = """
get_ipython().ast_transformers.append(type("Nothing", (), {"visit": lambda self, tree: ast.parse("")})())
"""


def nbgrader(course, *arguments):
    import nbgrader

    places = [Path(sys.executable).parent, Path(nbgrader.__file__).parents[4] / "bin"]  # it calls alembic
    path = os.pathsep.join([*map(str, places), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "HOME": str(course.parent), "JUPYTER_PLATFORM_DIRS": "1"}
    command = [sys.executable, "-P", "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def hand_in(course, student, answers, everything=False, marks=False):
    """Write a submission: the student's version with some cells, or all, filled in."""
    release = nbformat.read(course / "release/a1/a1.ipynb", 4)
    source = nbformat.read(course / "source/a1/a1.ipynb", 4)
    for cell, solved in zip(release.cells, source.cells, strict=True):
        about = cell.metadata.nbgrader
        if about.solution and (everything or answers.get(about.grade_id) == "right"):
            cell.source = solved.source
        elif about.grade_id in answers:
            cell.source = answers[about.grade_id]
        if marks and about.grade:
            cell.source, about.points = "100.0", 100
    assignments.write_notebook(course / "submitted" / student / "a1/a1.ipynb", release)


def what_jupyter_shows(cell):
    return cell.source, cell.metadata.get("deletable"), cell.metadata.get("editable")


def grades(course):
    nbgrader(course, "autograde", "a1", "--create")
    nbgrader(course, "generate_feedback", "a1")
    nbgrader(course, "export")
    with (course / "grades.csv").open() as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


@pytest.fixture
def course(tmp_path):
    assert assignments.main([str(tmp_path / "course")]) == 0
    return tmp_path / "course"


def test_three_students_get_what_they_deserve(course):
    nbgrader(course, "generate_assignment", "a1", "--create")
    release, ours = (
        nbformat.read(path, 4) for path in (course / "release/a1/a1.ipynb", course / "student/a1.ipynb")
    )
    assert list(map(what_jupyter_shows, release.cells)) == list(map(what_jupyter_shows, ours.cells))
    hand_in(course, "perfect", {}, everything=True)
    hand_in(course, "half", {"placed_label": "right", "peak_shift": "right", "ridge_over_shifts": WRONG})
    hand_in(course, "cheat", {"placed_label": CHEAT + HOOK}, marks=True)
    assert grades(course) == {"perfect": 15.0, "half": 7.0, "cheat": 0.0}
    feedback = (course / "feedback/half/a1/a1.html").read_text("utf-8")
    assert "correlation, not a convolution" in feedback
    assert "(1 - rate) * A" not in re.sub(r"<[^>]*>", "", feedback)  # of the function that was not solved
    assert course_secret(course) not in feedback


def test_without_our_settings_the_kernel_runs_the_tests_and_the_judge_is_outside_all_the_same(course):
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
    nbgrader(course, "generate_assignment", "a1", "--create")
    right = {"placed_label": "right", "peak_shift": "right", "ridge_over_shifts": WRONG}
    hand_in(course, "half", right)
    hand_in(course, "cheat", {"placed_label": CHEAT})
    assert grades(course) == {"half": 7.0, "cheat": 0.0}
    seed = student_seed(course_secret(course), "cheat")
    (drawn, _) = grade("a1", ["import numpy as np", CHEAT], seed, ["placed_label"])["placed_label"].remarks
    feedback = (course / "feedback/cheat/a1/a1.html").read_text("utf-8")
    assert drawn.partition(" found")[0] in feedback
    assert course_secret(course) not in feedback
