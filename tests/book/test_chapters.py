"""Every gate on every committed chapter."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import chapters
import exercises
import gates
import jupytext
import nbformat
import prose
import pytest
import symbols
from nbclient import NotebookClient
from nbformat import NotebookNode

BOOK = chapters.BOOK
PROJECT = BOOK.parent
SOURCES = sorted(BOOK.glob("[0-9][0-9]_*.py"))
each_chapter = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def stored(source: Path) -> NotebookNode:
    """Return the committed notebook of a source."""
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def bibliography() -> set[str]:
    """Return the keys of the book's references."""
    return set(prose.reference_keys((BOOK / "references.bib").read_text("utf-8")))


def test_chapters_are_there_in_pairs() -> None:
    numbers = [source.name[:2] for source in SOURCES]
    assert numbers, f"no chapter in {BOOK}"
    assert numbers == sorted(set(numbers)), "two chapters share a number"
    assert [s.with_suffix(".ipynb") for s in SOURCES] == sorted(BOOK.glob("*.ipynb"))
    assert {path.stem for path in (BOOK / "solutions").glob("*.py")} == set(numbers)


@each_chapter
def test_pair_in_sync(source: Path) -> None:
    assert gates.pair_problems(jupytext.read(source), stored(source)) == []


@each_chapter
@pytest.mark.parametrize(
    "gate",
    [
        gates.execution_problems,
        gates.output_problems,
        gates.picture_problems,
        gates.alt_problems,
        gates.guard_problems,
        gates.reading_problems,
        gates.tag_problems,
        gates.header_problems,
        prose.summary_problems,
    ],
)
def test_notebook(gate: Callable[[NotebookNode], list[str]], source: Path) -> None:
    assert gate(stored(source)) == []


@each_chapter
def test_headers_have_one_form(source: Path) -> None:
    assert prose.header_form_problems(stored(source).cells[0].source) == []


@each_chapter
def test_size_links_and_citations(source: Path) -> None:
    assert gates.size_problems(source.with_suffix(".ipynb")) == []
    assert prose.link_problems(stored(source), BOOK) == []
    assert prose.citation_problems(stored(source), bibliography()) == []


@pytest.fixture(scope="module")
def equations() -> set[str]:
    """Return the numbers of the chapters' own equations."""
    found = [number for source in SOURCES for number in prose.own_equations(jupytext.read(source))]
    assert found
    assert len(found) == len(set(found)), "two equations have one number"
    return set(found)


@each_chapter
def test_sections_and_equations_are_numbered(source: Path, equations: set[str]) -> None:
    assert prose.numbering_problems(jupytext.read(source), int(source.name[:2]), equations) == []


@each_chapter
def test_the_papers_equations_stand_in_boxes(source: Path) -> None:
    assert prose.box_problems(jupytext.read(source)) == []


def test_every_equation_of_the_paper_is_shown() -> None:
    shown = {number for source in SOURCES for number in prose.boxed_equations(jupytext.read(source))}
    assert shown == set(prose.OF_THE_PAPER)


@each_chapter
def test_exercises(source: Path) -> None:
    solutions = BOOK / "solutions" / f"{source.name[:2]}.py"
    assert exercises.exercise_problems(stored(source), solutions) == []
    assert exercises.hint_problems(stored(source), solutions) == []


@pytest.mark.slow
@each_chapter
def test_exercises_in_a_kernel(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither stubs nor their solutions stop Run All, without the tag too."""
    monkeypatch.setenv("UDT_DATA", "none")
    solutions = BOOK / "solutions" / f"{source.name[:2]}.py"
    filled, empty = jupytext.read(source), jupytext.read(source)
    checks = gates.tagged(empty, "check")
    for notebook in (filled, empty):
        for _, cell in gates.tagged(notebook, "exercise") + gates.tagged(notebook, "check"):
            cell.metadata.tags = []
    for name in exercises.exercises(stored(source))[0]:
        for cell in filled.cells:
            if cell.cell_type == "code" and f"def {name}(" in cell.source:
                cell.source = f"import runpy\n{name} = runpy.run_path({str(solutions)!r})[{name!r}]"
    NotebookClient(
        filled, timeout=120, kernel_name="python3", resources={"metadata": {"path": BOOK}}
    ).execute()
    NotebookClient(
        empty, timeout=120, kernel_name="python3", resources={"metadata": {"path": BOOK}}
    ).execute()
    assert {cell.outputs[0].data["text/plain"] for _, cell in checks} == {"not filled in yet"}


def test_whole_book_runs_in_time() -> None:
    total = sum(chapters.measured_seconds(stored(source)) for source in SOURCES)
    assert 0 < total <= gates.MAX_TOTAL_SECONDS


def test_the_better_sentences_of_the_style_table_stand_in_their_chapters() -> None:
    guide = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| .+? \((\d\d)\) \| (.+?) \|", guide, re.M)
    assert len(rows) >= 10
    pages = {source.name[:2]: re.sub(r"\s*\n# ?", " ", source.read_text("utf-8")) for source in SOURCES}
    assert [sentence for number, sentence in rows if sentence not in pages[number]] == []


def test_symbols() -> None:
    table = (BOOK / "symbols.csv").read_text("utf-8")
    texts = {source.stem: symbols.chapter_text(jupytext.read(source)) for source in SOURCES}
    assert prose.symbol_problems(table) == []
    assert symbols.missing_symbols(table, texts) == []
    assert symbols.idle_symbols(table, texts.values()) == []


def test_references() -> None:
    keys = prose.reference_keys((BOOK / "references.bib").read_text("utf-8"))
    assert keys
    assert len(keys) == len(set(keys))


def docstrings() -> dict[str, str]:
    """Return every docstring of the package by file and name."""
    found = {}
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    for path in sorted((PROJECT / "udtlib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, kinds):
                name = f"{path.relative_to(PROJECT)}:{getattr(node, 'name', 'module')}"
                found[name] = ast.get_docstring(node) or ""
    return found


PLANNED = range(18)


def test_docstrings_point_at_chapters() -> None:
    """`Book: chapter NN` is written so, and names a chapter that is there or planned."""
    written = {int(source.name[:2]) for source in SOURCES}
    pointed = set()
    for name, text in docstrings().items():
        for line in re.findall(r"\bBook: .*$", text, re.M):
            match = re.search(r"Book: chapters? (\d\d(?:(?:, | and | to )\d\d)*)\b", line)
            assert match, f"{name}: write 'Book: chapter NN', found {line.strip()!r}"
            numbers = {int(number) for number in re.findall(r"\d\d", match[1])}
            assert numbers <= written | set(PLANNED), f"{name}: {line.strip()!r} is no chapter"
            pointed |= numbers
    assert pointed & written
