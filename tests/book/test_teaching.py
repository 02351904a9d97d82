"""TEACHING.md: its table of chapters and its points are those of the book."""

import re

import assignments
import chapters
import jupytext
import nbformat
import pytest
import teaching

from udtlib.check.grading.marking import points
from udtlib.check.grading.notebook import ASSIGNMENTS, problems

TEXT = (chapters.BOOK / "TEACHING.md").read_text("utf-8")
ROWS = [line.split("|")[1:-1] for line in TEXT.splitlines() if line.startswith("|")]


def test_minutes_come_from_words_and_lines_of_code():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [markdown("Four words, $x^2 + y$ here. [link](a/b.md)"), code("a = 1\n\nb = 2"), code("assert a")]
    cells[2].metadata["tags"] = ["guard", "hide-input"]
    assert teaching.counted(nbformat.v4.new_notebook(cells=cells)) == (5, 2)
    assert teaching.reading_minutes(0, 0) == 5
    assert teaching.reading_minutes(1500, 120) == 20


def test_the_table_is_written_between_its_marks(tmp_path):
    path = tmp_path / "TEACHING.md"
    path.write_text(f"before\n{teaching.START}\nold\n{teaching.END}\nafter\n")
    teaching.update(path)
    assert path.read_text() == f"before\n{teaching.START}\n{teaching.table()}\n{teaching.END}\nafter\n"
    path.write_text("nothing")
    with pytest.raises(SystemExit, match="expected <!-- minutes -->"):
        teaching.update(path)


def test_every_chapter_is_in_the_table_with_its_minutes():
    stated = teaching.table(chapters.BOOK).splitlines()[2:]
    lines = TEXT.partition(teaching.START)[2].partition(teaching.END)[0].splitlines()
    assert len(stated) > 10
    assert [line for line in stated if line not in lines] == [], "run: python book/tools/teaching.py"


def test_points_are_those_of_the_problem_sets():
    stated = {
        re.sub(r"[ `]|\(repair\)", "", row[1]): int(row[2])
        for row in ROWS
        if len(row) == 4 and row[2].strip().isdigit()
    }
    graded = {
        name: points(parts) for assignment in ASSIGNMENTS for name, parts in problems(assignment).items()
    }
    assert len(graded) == 16
    assert {name: stated[name] for name in graded} == graded
    explained = [int(row[2]) for row in ROWS if row[1].strip() == "explain"]
    for assignment, worth in zip(ASSIGNMENTS, explained, strict=True):
        cells = jupytext.read(assignments.sources()[assignment]).cells
        counted = sum(map(points, problems(assignment).values()))
        assert [int(cell.metadata["points"]) for cell in cells if "points" in cell.metadata] == [worth]
        assert f"**Points:** {counted + worth}, of which {counted} are counted" in cells[0].source
        for name, parts in problems(assignment).items():
            sections = assignments.sources()[assignment].read_text("utf-8").split("# ## ")
            (heading,) = (part.splitlines()[0] for part in sections if f"def {name}(" in part)
            assert f"({points(parts)} points)" in heading
