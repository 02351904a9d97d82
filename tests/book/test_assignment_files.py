"""What `make assignments` writes: nbgrader's cells, student versions, a public tree with nothing solved."""

import os
import re
import stat
import subprocess
import sys
from functools import cache

import assignments
import chapters
import jupytext
import nbformat
import pytest
import web_pages

from udtlib.check.grading.marking import points
from udtlib.check.grading.notebook import ASSIGNMENTS, problems

PROJECT = chapters.BOOK.parent


def solved_lines():
    """Return the telling lines of all solutions: of assignments, and of the chapters' exercises."""
    found = set()
    for source in assignments.sources().values():
        for cell in jupytext.read(source).cells:
            for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.S):
                found |= {line.strip() for line in region.splitlines()}
            if "explain" in cell.metadata.get("tags", []):
                found |= {line.strip() for line in cell.source.splitlines()}
    for path in (chapters.BOOK / "solutions").glob("*.py"):
        found |= {line.strip() for line in path.read_text("utf-8").splitlines()}
    return {line for line in found if len(line) > 40 and line not in shown()}


@cache
def shown():
    """Return what everybody reads: the chapters, the library, and what assignments show outside solutions."""
    paths = [*PROJECT.glob("*.md"), *PROJECT.glob("udtlib/**/*.py"), *chapters.BOOK.glob("[0-9]*.py")]
    texts = [path.read_text("utf-8") for path in paths]
    for source in assignments.sources().values():
        cells = (
            cell for cell in jupytext.read(source).cells if "explain" not in cell.metadata.get("tags", [])
        )
        texts += [assignments.SOLUTION.sub("", cell.source) for cell in cells]
    return "\n".join(texts)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    out = tmp_path_factory.mktemp("course")
    assert assignments.main([str(out), "--keep", "private"]) == 0
    return out


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_cells_are_nbgraders_and_every_function_is_tested(course, assignment):
    notebook = nbformat.read(course / "source" / assignment / f"{assignment}.ipynb", 4)
    about = {cell.metadata.nbgrader.grade_id: (cell.metadata.nbgrader, cell) for cell in notebook.cells}
    assert len(about) == len(notebook.cells)
    for name, parts in problems(assignment).items():
        metadata, cell = about[f"test-{name}"]
        assert (metadata.points, metadata.grade, metadata.locked, metadata.solution) == (
            points(parts),
            True,
            True,
            False,
        )
        assert "### BEGIN HIDDEN TESTS" in cell.source
        assert about[name][0].solution
        assert not about[name][0].locked
        assert about[f"check-{name}"][1].source == f"{assignment}.check({name})"
    (explained,) = (cell for metadata, cell in about.values() if metadata.grade and metadata.solution)
    assert explained.cell_type == "markdown"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_students_get_stubs_without_solutions_tests_or_the_secret(course, assignment):
    path = course / "student" / f"{assignment}.ipynb"
    notebook, text = nbformat.read(path, 4), path.read_text("utf-8")
    lines = solved_lines()
    assert len(lines) > 60
    sources = "\n".join(cell.source for cell in notebook.cells)
    assert [line for line in lines if line in sources] == []
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    assert (course / "secret").read_text().strip() not in text
    # A test cell that is deleted costs all points of its function.
    assert not any(cell.metadata.deletable for cell in notebook.cells)
    locked = [cell.metadata.nbgrader.locked for cell in notebook.cells]
    assert [cell.metadata.get("editable", True) for cell in notebook.cells] == [not one for one in locked]
    for name in problems(assignment):
        names = {}
        (stub,) = (cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == name)
        exec(stub.source, names)
        with pytest.raises(NotImplementedError):
            names[name](*[None] * names[name].__code__.co_argcount)


def test_the_secret_stays_and_only_its_owner_reads_it(course, tmp_path):
    before = (course / "secret").read_text()
    assignments.write_course(course)
    assert (course / "secret").read_text() == before
    assert stat.S_IMODE((course / "secret").stat().st_mode) == 0o600
    assignments.write_course(tmp_path)
    assert (tmp_path / "secret").read_text() != before


def test_no_notebook_holds_the_secret_for_feedback_shows_all_cells(course):
    secret = (course / "secret").read_text().strip()
    paths = [*course.rglob("*.ipynb")]
    assert len(paths) > 8
    assert [path for path in paths if secret in path.read_text("utf-8")] == []


def test_nothing_is_solved_in_the_public_tree(course):
    public = course / "public"
    texts = {
        str(path.relative_to(public)): path.read_text("utf-8")
        for path in public.rglob("*")
        if path.suffix in (".py", ".md", ".ipynb", ".csv", ".toml")
    }
    assert {"book/02_correlation_filters.py", "udtlib/check/a1.py", "book/assignments/a1.ipynb"} <= set(texts)
    assert not [name for name in texts if re.search(r"/solutions/|mutants|/a\d_", name)]
    lines = solved_lines()
    assert len(lines) > 300
    assert [(name, line) for name, text in texts.items() for line in lines if line in text] == []
    linked = [name for name, text in texts.items() if re.search(r"\]\((book/)?solutions/?", text)]
    assert linked in ([], ["book/tools/web_pages.py"])
    assert not (public / "secret").exists()
    assert not (public / "tests/check").exists()


def test_the_public_tree_speaks_of_no_solutions_that_it_lacks(course):
    public = course / "public"
    texts = [*public.glob("*.md"), *public.glob("book/*.md"), *public.glob("book/[0-9]*.py")]
    assert len(texts) > 18
    claims = (
        r"with their solutions|chapters and solutions|[Tt]he repository is public|holds `book/solutions` too"
    )
    command = (public / "udtlib/commands/book.py").read_text("utf-8")
    found = [
        text for text in [command, *(path.read_text("utf-8") for path in texts)] if re.search(claims, text)
    ]
    assert found == []


def test_programs_are_the_same_in_the_public_tree(course):
    programs = [*(course / "public").glob("book/tools/*.py"), *(course / "public").glob("udtlib/**/*.py")]
    assert len(programs) > 200
    for path in programs:
        assert path.read_bytes() == (PROJECT / path.relative_to(course / "public")).read_bytes(), path


def test_the_public_tree_passes_its_own_test_of_udt_book(course):
    public = course / "public"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "not slow",
            "-k",
            "copied",
            "tests/commands/test_book.py",
        ],
        cwd=public,
        env=os.environ | {"PYTHONPATH": str(public)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_points_in_a_rubric_add_up():
    for assignment, source in assignments.sources().items():
        explained = [
            cell for cell in jupytext.read(source).cells if "explain" in cell.metadata.get("tags", [])
        ]
        counted = sum(stated_points(cell.source) for cell in explained)
        by_hand = sum(int(cell.metadata["points"]) for cell in explained)
        by_program = sum(points(parts) for parts in problems(assignment).values())
        head = jupytext.read(source).cells[0].source
        assert counted == by_hand, assignment
        assert f"**Points:** {by_hand + by_program}, of which {by_program} are" in head, assignment
        assert re.search(rf"explain \({by_hand} points\)", source.read_text("utf-8")), assignment


def stated_points(rubric):
    """Return the sum of the points that stand behind a rubric's sentences."""
    return sum(map(int, re.findall(r"\((\d)(?: points?)?\)", rubric)))


def test_a_web_page_without_solutions_folds_none():
    new = nbformat.v4
    stub = new.new_code_cell("def twice(x):\n    raise NotImplementedError", metadata={"tags": ["exercise"]})
    check = new.new_code_cell("check.twice(twice)", metadata={"tags": ["check"]})
    for solutions, count in (("def twice(x):\n    return 2 * x\n", 1), ("", 0)):
        notebook = new.new_notebook(cells=[new.new_markdown_cell("# 02 Filters"), stub, check])
        page = web_pages.chapter_page(notebook, "02", solutions, set(), [])
        assert sum("<details" in cell.source for cell in page.cells) == count


def test_our_own_sources_must_be_there(tmp_path):
    with pytest.raises(SystemExit, match="a1, a2, a3, a4"):
        assignments.sources(tmp_path)
