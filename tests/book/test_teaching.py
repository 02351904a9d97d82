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


def minutes_of(cell):
    """Return the chapters that a cell of a plan names, and how long it takes to read them."""
    minutes = {row[0].strip(): int(row[5].split()[0]) for row in ROWS if len(row) == 7 and "min" in row[5]}
    named = re.findall(r"\b\d\d\b", cell)
    return named, sum(minutes[name] for name in named)


def test_meetings_that_are_too_short_for_their_chapters_are_named():
    four, ten = (TEXT.partition(f"## {weeks} weeks")[2].partition("\n## ")[0] for weeks in ("Four", "Ten"))
    meetings = [
        minutes_of(cell) for line in four.splitlines() if "**A" in line for cell in line.split("|")[2:4]
    ]
    long = ["|".join(named) for named, minutes in meetings if minutes > 90]
    said = re.search(r"90 minutes \((.*?)\)", four)[1]
    assert long == [part.replace(" and ", "|") for part in said.split(", ")]
    weeks = [minutes_of(line.split("|")[2])[1] for line in ten.splitlines() if re.match(r"\| \d+ \|", line)]
    first = int(re.search(r"From week (\d+) on", ten)[1])
    assert [minutes > 90 for minutes in weeks] == [week >= first for week in range(1, 11)]


def test_what_students_can_do_after_a_chapter_does_not_repeat_its_title():
    section = TEXT.partition("## What each chapter teaches")[2].partition("\n## ")[0]
    told = [line.split("|")[2].strip() for line in section.splitlines() if re.match(r"\| \d\d \|", line)]
    assert len(told) == 18
    assert [text for text in told if text[0].isupper()] == []


def test_the_commands_activate_the_environment_before_they_leave_its_folder():
    block = TEXT.partition("make assignments  ")[2].partition("```")[0]
    assert block.index("source .venv/bin/activate") < block.index("cd build/assignments")
