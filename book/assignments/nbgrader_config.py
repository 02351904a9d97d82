"""nbgrader's settings of the course; `make assignments` writes this file beside `source/`.

The marks of code cells come from `Judge`, in nbgrader's own process: it reads the functions of a submission,
has them run in a child process and judges the answers. No cell of these submissions is run by a kernel, so
nothing that a notebook replaces, hooks or writes reaches a mark.
"""

from pathlib import Path

from nbformat.v4 import new_output
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    DeduplicateIds,
    Execute,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade

from udtlib.check.grading.notebook import ASSIGNMENTS, course_secret, grade, student_seed
from udtlib.check.grading.student import bounded

COURSE = Path(__file__).resolve().parent


class Judge(NbGraderPreprocessor):
    """Fill in the test cells of a submission with the marks of its functions."""

    def preprocess(self, nb, resources):
        """Return the notebook with the marks as outputs of its test cells.

        Assignments that are not of this book are executed as nbgrader does it.
        """
        about = resources["nbgrader"]
        if about["assignment"] not in ASSIGNMENTS:
            return Execute(parent=self).preprocess(nb, resources)
        sources = [cell.source for cell in nb.cells if cell.cell_type == "code"]
        seed = student_seed(course_secret(COURSE), about["student"])
        marks = grade(about["assignment"], bounded(sources), seed)
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell):
                cell.outputs = outputs(marks.get(cell.metadata.nbgrader.grade_id.removeprefix("test-")))
        return nb, resources


def outputs(mark):
    """Return what nbgrader takes for a mark: an error earns nothing, a number earns so many points."""
    if mark is None:
        return [new_output("error", ename="NoProblem", evalue="no test of this assignment", traceback=[])]
    lines = [f"{mark.earned} of {mark.possible} points", *mark.remarks]
    if not mark.earned:
        return [new_output("error", ename="Points", evalue=lines[0], traceback=lines)]
    text = new_output("stream", name="stdout", text="\n".join(lines) + "\n")
    return [
        text,
        new_output("execute_result", data={"text/plain": str(float(mark.earned))}, execution_count=1),
    ]


c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "unsupervised-deep-tracking"
# The submitted outputs, such as figures, stay for the person who grades the explanations.
c.Autograde.sanitize_preprocessors = [DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    Judge,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
