"""Make assignments from their sources: nbgrader's course folder, student versions, and a tree without solutions.

    python book/tools/assignments.py OUT [--keep private]

OUT gets `source/aN/aN.ipynb` (the instructor's, with solutions and hidden tests), `student/aN.ipynb` (what students
get), `nbgrader_config.py` and `secret`, which the numbers of the tests are drawn from; a secret that is there stays.
`--keep private` writes `public/` too: the whole project as far as git knows it, with nothing in it that solves an
exercise or an assignment.
"""

import argparse
import json
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
from chapters import BOOK, cell_ids
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from udtlib.check.grading.marking import points
from udtlib.check.grading.notebook import ASSIGNMENTS, problems
from udtlib.files import write_whole

ANSWER = "# YOUR CODE HERE\nraise NotImplementedError()"
WORDS = "YOUR ANSWER HERE"
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$", re.M | re.S)
HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS\n?", re.M | re.S)
NAME = re.compile(r"^def (\w+)\(", re.M)
# Without our nbgrader_config.py: the tests are run by the notebook's kernel, and judged outside it all the same.
# Feedback shows students this cell, so the secret is read from the course's folder and does not stand here.
TEST = """\
# {points} points: {name}. Leave this cell as it is: it is filled in when the notebook is graded.
### BEGIN HIDDEN TESTS
import json, pathlib, subprocess, sys
here_ = pathlib.Path.cwd()
secret_ = next(one / "secret" for one in here_.parents if (one / "secret").is_file()).read_text("utf-8")
mark_ = [sys.executable, "-I", "-m", "udtlib.check.grading", "{assignment}", "{assignment}.ipynb", "--json"]
mark_ += ["--only", "{name}", "--seed", f"{{secret_.strip()}} {{here_.parent.name}}"]
mark_ = json.loads(subprocess.run(mark_, capture_output=True, check=True).stdout)["{name}"]
print(*mark_["remarks"], sep="\\n")
assert mark_["earned"] > 0, "no points"
float(mark_["earned"])
### END HIDDEN TESTS
"""


def sources(folder: Path = BOOK / "assignments") -> dict[str, Path]:
    """Return the source of each assignment."""
    found = {name: sorted(folder.glob(f"{name}_*.py")) for name in ASSIGNMENTS}
    wrong = [name for name, paths in found.items() if len(paths) != 1]
    if wrong:
        raise SystemExit(f"{folder}: expected one file NAME_slug.py for {', '.join(wrong)}")
    return {name: paths[0] for name, paths in found.items()}


def marked(cell: NotebookNode, name: str, **settings: object) -> NotebookNode:
    """Return a cell with nbgrader's metadata."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.metadata = nbformat.from_dict({"nbgrader": {**plain, "grade_id": name, **settings}})
    return cell


def instructor_version(assignment: str, source: Path) -> NotebookNode:
    """Return the notebook with solutions and hidden tests, in nbgrader's cell format."""
    graded, cells = problems(assignment), []
    for number, cell in enumerate(jupytext.read(source).cells):
        tags = cell.metadata.get("tags", [])
        if "answer" in tags:
            name = NAME.findall(cell.source)[0]
            worth = points(graded[name])
            text = TEST.format(assignment=assignment, name=name, points=worth)
            cells += [
                marked(cell, name, solution=True),
                marked(new_code_cell(f"{assignment}.check({name})"), f"check-{name}", locked=True),
                marked(new_code_cell(text.rstrip()), f"test-{name}", grade=True, locked=True, points=worth),
            ]
        elif "work" in tags:
            cells.append(marked(cell, f"work-{number}", solution=True))
        elif "explain" in tags:
            worth = int(cell.metadata["points"])
            heading = new_markdown_cell("**Your answer:**")
            cells += [marked(heading, f"about-{number}", locked=True)]
            cells.append(marked(cell, f"explain-{number}", solution=True, grade=True, points=worth))
        else:
            cells.append(marked(cell, f"text-{number}", locked=True))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    for cell, identity in zip(notebook.cells, cell_ids(notebook), strict=True):
        cell.id = identity
    return notebook


def student_version(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook that students get: what nbgrader's `generate_assignment` makes of the instructor's."""
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in notebook.cells:
        cell.metadata.deletable = False
        if cell.metadata.nbgrader.locked:
            cell.metadata.editable = False
        if not cell.metadata.nbgrader.solution:
            cell.source = HIDDEN.sub("", cell.source + "\n").rstrip("\n")
        elif cell.cell_type == "markdown":
            cell.source = WORDS
        else:
            cell.source = SOLUTION.sub(lambda found: indented(ANSWER, found[1]), cell.source)
    return notebook


def indented(text: str, by: str) -> str:
    """Return text with ``by`` before each line."""
    return "\n".join(by + line for line in text.splitlines())


def write_notebook(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook, with the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def write_secret(path: Path) -> None:
    """Write the course's secret, unless there is one."""
    if not path.exists():
        write_whole(path, secrets.token_hex(16) + "\n")
        path.chmod(0o600)


def write_course(out: Path) -> None:
    """Write the course folder, the student versions beside it."""
    out.mkdir(parents=True, exist_ok=True)
    write_secret(out / "secret")
    for assignment, source in sources().items():
        notebook = instructor_version(assignment, source)
        write_notebook(out / "source" / assignment / f"{assignment}.ipynb", notebook)
        write_notebook(out / "student" / f"{assignment}.ipynb", student_version(notebook))
    shutil.copyfile(BOOK / "assignments/nbgrader_config.py", out / "nbgrader_config.py")


PRIVATE = re.compile(
    r"book/(assignments/a\d_|solutions/)|tests/(check|book)/|tests/(exercise_hints|test_shortcuts)\.py$"
)
"""Files that solve exercises or assignments, or know the solutions: they stay out of the public tree."""

READ = re.compile(r"book/\d\d_\w+\.(py|ipynb)|[\w/]+\.md")
"""Files whose words on solutions are replaced; programs stay as they are."""

LINK = re.compile(
    r"\[`?(?:book/)?solutions(?:/\d\d\.py)?`?\]\((?:book/)?solutions(?:/\d\d\.py)?\)|`book/solutions/`"
)


def write_public(project: Path, out: Path) -> None:
    """Write the project without what is `PRIVATE`, with links to solutions replaced, and the student versions."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=project, capture_output=True, check=True, text=True
    )
    shutil.rmtree(out / "public", ignore_errors=True)
    for name in filter(None, listed.stdout.split("\0")):
        if PRIVATE.match(name) or not (project / name).is_file():
            continue
        target = out / "public" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / name, target)
        if READ.fullmatch(name):
            text = target.read_text("utf-8")
            target.write_text(LINK.sub("the teacher's copy", text), "utf-8")
    for path in sorted((out / "student").glob("*.ipynb")):
        target = out / "public/book/assignments" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def main(argv: list[str] | None = None) -> int:
    """Write everything; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--keep", choices=["private"], help="write a public tree without solutions")
    arguments = parser.parse_args(argv)
    write_course(arguments.out)
    print(f"{arguments.out}: source/, student/, nbgrader_config.py, secret")
    if arguments.keep:
        write_public(BOOK.parent, arguments.out)
        print(f"{arguments.out}/public: everything but the solutions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
