"""The gates can fail: each is shown a stand-in chapter that passes, then one with a planted fault."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import chapters
import exercises
import gates
import jupytext
import nbformat
import prose
import pytest
import standin
import symbols
from nbformat import NotebookNode


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in's source, synced and executed once."""
    path = standin.write_standin(tmp_path_factory.mktemp("book"))
    notebook = chapters.synced(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UDT_DATA", "restored afterwards")
        chapters.execute(path, notebook)
    chapters.write(path, notebook)
    return path


@pytest.fixture
def notebook(source: Path) -> NotebookNode:
    """A copy of the executed stand-in, to break."""
    return copy.deepcopy(nbformat.read(source.with_suffix(".ipynb"), as_version=4))


@pytest.fixture
def check_importable(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stand-in's `import check` find its check module here too."""
    monkeypatch.syspath_prepend(source.parent)
    monkeypatch.delitem(sys.modules, "check", raising=False)


def cell(notebook: NotebookNode, start: str) -> NotebookNode:
    """Return the only cell whose text begins with ``start``."""
    (found,) = (c for c in notebook.cells if c.source.startswith(start))
    return found


NOTEBOOK_GATES: list[Callable[[NotebookNode], list[str]]] = [
    gates.execution_problems,
    gates.output_problems,
    gates.picture_problems,
    gates.alt_problems,
    gates.guard_problems,
    gates.reading_problems,
    gates.tag_problems,
    gates.header_problems,
    prose.summary_problems,
    lambda notebook: prose.citation_problems(notebook, {"euler1748"}),
]


@pytest.mark.parametrize("gate", NOTEBOOK_GATES)
def test_standin_passes(gate: Callable[[NotebookNode], list[str]], notebook: NotebookNode) -> None:
    assert gate(notebook) == []


def test_pair_catches_an_edited_source(source: Path, notebook: NotebookNode) -> None:
    pair = jupytext.read(source)
    assert gates.pair_problems(pair, notebook) == []
    cell(notebook, "radius = 2.0").source += "\n"
    assert "cell 2" in gates.pair_problems(pair, notebook)[0]
    del notebook.cells[3]
    assert "cells" in gates.pair_problems(pair, notebook)[0]


def test_sync_drops_the_outputs_of_a_changed_cell_only(source: Path, tmp_path: Path) -> None:
    copied = tmp_path / source.name
    copied.write_text(standin.SOURCE.replace("radius = 2.0", "radius = 3.0"), "utf-8")
    copied.with_suffix(".ipynb").write_bytes(source.with_suffix(".ipynb").read_bytes())
    synced = chapters.synced(copied)
    assert cell(synced, "radius = 3.0").outputs == []
    assert cell(synced, "print(f").outputs[0].text.startswith("area = 12.566")
    assert "execution count None" in gates.execution_problems(synced)[0]


def test_execution_catches_unexecuted_and_out_of_order(source: Path, notebook: NotebookNode) -> None:
    assert len(gates.execution_problems(jupytext.read(source))) == 6
    cell(notebook, "radius").execution_count = 5
    assert gates.execution_problems(notebook) == ["cell 2: execution count 5, expected 2"]
    with pytest.raises(AssertionError, match="without code"):
        gates.execution_problems(nbformat.v4.new_notebook())


def test_outputs_catch_errors_and_warnings(notebook: NotebookNode) -> None:
    cell(notebook, "math.sqrt").metadata.tags = []
    stream = nbformat.v4.new_output("stream", name="stderr", text="UserWarning: beware")
    cell(notebook, "radius").outputs.append(stream)
    found = gates.output_problems(notebook)
    assert len(found) == 2
    assert "stderr" in found[0]
    assert "stored error" in found[1]


@pytest.mark.parametrize(
    ("text", "wide"), [("a" * 111, 1), ("a" * 110 + "\n" + "b" * 110 + "\n", 0), ("", 0)]
)
def test_outputs_catch_a_line_that_is_wider_than_a_cell(text: str, wide: int) -> None:
    printed = nbformat.v4.new_output("stream", name="stdout", text=text)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(a)", outputs=[printed])])
    assert len(gates.output_problems(notebook)) == wide


def test_pictures_need_an_assertion(notebook: NotebookNode) -> None:
    cell(notebook, "radius").outputs.append(nbformat.v4.new_output("display_data", {"image/png": "AAAA"}))
    assert gates.picture_problems(notebook) == [
        "cell 2: shows a picture, and nothing near asserts the numbers behind it"
    ]
    cell(
        notebook, "math.sqrt"
    ).source = "# assert nothing\nnp.testing.assert_allclose(area, 12.566, rtol=1e-4)"
    assert gates.picture_problems(notebook) == []
    cell(notebook, "# assert").source = "# assert nothing"
    assert len(gates.picture_problems(notebook)) == 1
    cell(notebook, "radius").metadata.tags = ["nbval-ignore-output"]
    assert gates.picture_problems(notebook) == []


GUARD = """
# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The circle is round.
for value in (radius, area):
    assert value > 0
"""
BEFORE = '\n# %% [markdown] tags=["summary"]'


@pytest.fixture
def guarded(source: Path, tmp_path: Path) -> NotebookNode:
    """The stand-in with a guard cell at the end of its first section, synced and not executed."""
    path = tmp_path / source.name
    path.write_text(standin.SOURCE.replace(BEFORE, GUARD + BEFORE), "utf-8")
    path.with_suffix(".ipynb").write_bytes(source.with_suffix(".ipynb").read_bytes())
    chapters.write(path, chapters.synced(path))
    stored = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert gates.pair_problems(jupytext.read(path), stored) == []
    return stored


def test_a_guard_keeps_its_marks_on_the_way_there_and_back(guarded: NotebookNode) -> None:
    guard = cell(guarded, "# The circle")
    assert guard.metadata == {"jupyter": {"source_hidden": True}, "tags": ["guard", "hide-input"]}
    assert GUARD in jupytext.writes(guarded, "py:percent")
    assert gates.guard_problems(guarded) + gates.reading_problems(guarded) + gates.tag_problems(guarded) == []


def test_a_guard_of_its_section_guards_a_picture(guarded: NotebookNode) -> None:
    picture = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    cell(guarded, "radius").outputs.append(picture)
    assert gates.picture_problems(guarded) == []
    guard = guarded.cells.index(cell(guarded, "# The circle"))
    guarded.cells.insert(guard, nbformat.v4.new_markdown_cell("It is.\n\n## Another section"))
    assert len(gates.picture_problems(guarded)) == 1
    guarded.cells[guard].source = "### Not another section"
    assert gates.picture_problems(guarded) == []
    cell(guarded, "# The circle").source = "# Nothing."
    assert len(gates.picture_problems(guarded)) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda guard: guard.metadata.tags.remove("guard"), "tagged guard and hide-input"),
        (lambda guard: guard.metadata.tags.remove("hide-input"), "tagged guard and hide-input"),
        (lambda guard: guard.metadata.pop("tags"), "tagged guard and hide-input"),
        (lambda guard: guard.metadata.pop("jupyter"), "source_hidden"),
        (lambda guard: guard.metadata.jupyter.update(source_hidden=False), "source_hidden"),
        (lambda guard: guard.update(cell_type="markdown"), "a code cell"),
        (lambda guard: guard.outputs.append(nbformat.v4.new_output("stream", text="2")), "prints nothing"),
        (lambda guard: guard.update(source="assert area > 0"), "starts with a comment"),
        (lambda guard: guard.update(source="# The circle.\nimport os\nassert area"), "imports nothing"),
        (lambda guard: guard.update(source="# The circle.\narea > 0"), "a guard asserts"),
    ],
)
def test_guards_catch(
    fault: Callable[[NotebookNode], object], message: str, guarded: NotebookNode, tmp_path: Path
) -> None:
    fault(cell(guarded, "# The circle"))
    (problem,) = gates.guard_problems(guarded)
    assert message in problem
    pair = gates.pair_problems(jupytext.read(tmp_path / "90_standin.py"), guarded)
    assert (pair == []) == (message == "prints nothing"), "the pair has the same marks"


def test_a_guard_ends_its_section(guarded: NotebookNode) -> None:
    guarded.cells.insert(-2, nbformat.v4.new_code_cell("1"))
    assert gates.guard_problems(guarded) == ["cell 8: a guard is the last code cell of its section"]


def test_reading_catches_assertions_and_booleans(guarded: NotebookNode) -> None:
    radius, stub = cell(guarded, "radius"), cell(guarded, "def circumference")
    radius.source += "\nassert area\nassert radius\nif area:\n    assert_allclose(area, 12.566)"
    stub.source += "\nassert area"
    assert gates.reading_problems(guarded) == []
    cell(guarded, "print").source += "\nassert area > 1"
    (problem,) = gates.reading_problems(guarded)
    assert "cells [2, 2, 2, 3]: 4 assertions outside guard cells, at most 3" in problem
    radius.source = "radius = 2.0"
    radius.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "True"})]
    stub.outputs = [nbformat.v4.new_output("stream", text="True")]
    assert gates.reading_problems(guarded) == []
    cell(guarded, "print").outputs = [nbformat.v4.new_output("stream", text="round: False, Trueish\n")]
    (problem,) = gates.reading_problems(guarded)
    assert "cells [2, 3]: 2 printed True or False, at most 1" in problem


@pytest.mark.parametrize(
    ("start", "tag", "message"),
    [
        ("radius", "nbval-skip", "unknown tag"),
        ("radius", "nbval-ignore-output", "at most 15 %"),
        ("radius", "nbval-ignore-output", "neither shows a widget"),
        ("radius", "outside-data", "depends on the machine"),
        ("print", "nbval-ignore-output", "at most 15 %"),
        ("print", "closed-loop", "no text says what differs on another processor"),
    ],
)
def test_tags_catch(start: str, tag: str, message: str, notebook: NotebookNode) -> None:
    cell(notebook, start).metadata.setdefault("tags", []).append(tag)
    assert any(message in problem for problem in gates.tag_problems(notebook))


def test_tags_allow_a_widget_and_a_clock_and_refuse_comments(notebook: NotebookNode) -> None:
    notebook.cells += [nbformat.v4.new_code_cell("1", execution_count=7 + k) for k in range(8)]
    cell(notebook, "radius").metadata.tags = ["nbval-ignore-output"]
    assert len(gates.tag_problems(notebook)) == 1
    cell(notebook, "radius").outputs.append(nbformat.v4.new_output("display_data", {"text/plain": gates.RUN}))
    assert gates.tag_problems(notebook) == []
    notebook.cells[-1].source = "start = perf_counter()"
    notebook.cells[-1].metadata.tags = ["nbval-ignore-output"]
    assert gates.tag_problems(notebook) == []
    notebook.cells[-1].source += "\n# NBVAL_SKIP"
    assert "comment" in gates.tag_problems(notebook)[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("12.566", "12.567", "quoted as 12.567, printed as 12.566"),
        ("12.566** <!-- area -->", "12.566**", "12.566 names no value"),
        ("<!-- area -->", "<!-- aera -->", "names aera, which no cell"),
        ("0 <!-- sides --> sides", "0 sides", "0 names no value"),
        ("0 <!-- sides -->", "no <!-- sides -->", "no figure stands before"),
        ("$r = 2$", "$r = 2.5$", "2.5 names no value"),
        ("$r = 2$", "radius 2", "2 names no value"),
        ("chapter 01, Eq. 3", "chapters 01 and 02.5", "02.5 names no value"),
        ("knew", "knew 95 % of it", "95 names no value"),
        ("knew", "knew 1e-3 of it", "1e-3 names no value"),
        ("OTB-2015", "2015", "2015 names no value"),
        ("<!-- sides --> sides", "<!-- sides -->.", "the space before a mark"),
    ],
)
def test_summary_catches(old: str, new: str, message: str, notebook: NotebookNode) -> None:
    summary = cell(notebook, "- A circle")
    assert old in summary.source
    summary.source = summary.source.replace(old, new)
    assert any(message in problem for problem in prose.summary_problems(notebook))


def test_summary_must_be_there_and_its_numbers_compared(notebook: NotebookNode) -> None:
    cell(notebook, "- A circle").metadata.tags = []
    cell(notebook, "print").metadata.tags.append("nbval-ignore-output")
    first, second = prose.summary_problems(notebook)
    assert "must compare" in first
    assert "no Markdown cell is tagged" in second


def test_header_catches_a_missing_title_and_a_wrong_time(notebook: NotebookNode) -> None:
    header = cell(notebook, "# 90.")
    good = header.source
    header.source = good.replace("about 0 s", "about 3000 s")  # on however slow a machine
    assert "the header says 3000 s" in gates.header_problems(notebook)[0]
    header.source = good.replace("Run time", "Time")
    assert "no line" in gates.header_problems(notebook)[0]
    header.source = good[1:]
    assert "not Markdown" in gates.header_problems(notebook)[0]
    header.source = good
    times = cell(notebook, "radius").metadata.execution
    times["iopub.status.idle"] = times["iopub.status.busy"].replace("20", "21", 1)
    assert any("at most 120" in problem for problem in gates.header_problems(notebook))
    del cell(notebook, "radius").metadata["execution"]
    assert "make book" in gates.header_problems(notebook)[0]


HEADER = """# 09 Pairs

Some words before.

**Goals.** After this chapter you can *sort* pairs.

**Prerequisites.** [Chapter 07](07.ipynb).

Run time: about 9 s on two cores. Downloads: none.
"""


@pytest.mark.parametrize(
    ("old", "new", "lacking"),
    [
        ("09 Pairs", "09. Pairs", "title"),
        ("**Goals.** After this chapter you can *sort*", "**You will** sort", "Goals"),
        ("**Prerequisites.**", "**You need**", "Prerequisites"),
        ("Downloads: none.", "", "Downloads"),
    ],
)
def test_another_form_of_a_header_is_caught(old: str, new: str, lacking: str) -> None:
    assert prose.header_form_problems(HEADER) == []
    (problem,) = prose.header_form_problems(HEADER.replace(old, new))
    assert lacking in problem


def test_run_time_is_written_into_both_files(
    tmp_path: Path, notebook: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapters, "measured_seconds", lambda notebook: 1.4)
    path = standin.write_standin(tmp_path / "book")
    notebook.cells[0].source = "# 90\n\nRun time: about 70 s on two cores."
    path.write_text("# # 90\n#\n# Run time: about 70 s on two cores.\n", "utf-8")
    chapters.state_run_time(path, notebook)
    assert "about 1 s on" in notebook.cells[0].source
    assert "about 1 s on" in path.read_text("utf-8")


def test_size_catches_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.ipynb"
    path.write_bytes(bytes(gates.MAX_BYTES))
    assert gates.size_problems(path) == []
    path.write_bytes(bytes(gates.MAX_BYTES + 1))
    assert len(gates.size_problems(path)) == 1


def test_citations_and_links_catch(source: Path, notebook: NotebookNode) -> None:
    assert prose.link_problems(notebook, source.parent) == []
    assert len(prose.link_problems(notebook, source.parent / "solutions")) == 1
    assert any("not in references.bib" in p for p in prose.citation_problems(notebook, set()))
    last = notebook.cells[-1]
    last.source = last.source.replace("euler1748", "gauss1801")
    found = prose.citation_problems(notebook, {"euler1748", "gauss1801"})
    assert len(found) == 2
    notebook.cells[0].source += "\n[@euler1748] and [Euler](#References)"
    assert len(prose.citation_problems(notebook, {"euler1748", "gauss1801"})) == 4


def test_letters_are_found_in_formulas_only() -> None:
    text = (
        "Price: `$q$`. $\\hat{\\mathbf X}_c\\cdot x'$, and $$\\mathrm i\\alpha_t + \\text{rate}\\tag{1.2}$$"
    )
    assert len(symbols.formulas(text)) == 2
    found = set().union(*map(symbols.letters, symbols.formulas(text)))
    assert found == {"\\mathbf X", "c", "x", "\\alpha", "t"}
    assert symbols.letters(r"\mathbf A_{drop}^i + b_\mathrm{gt}\max_u \mathcal L_{un}") == {
        *("\\mathbf A", "i", "b", "u", "\\mathcal L")
    }


def test_symbols_that_are_used_and_not_listed_are_caught(notebook: NotebookNode) -> None:
    text = symbols.chapter_text(notebook)
    assert symbols.idle_symbols(standin.SYMBOLS, [text]) == []
    assert symbols.missing_symbols(standin.SYMBOLS, {"90": text}) == []
    once = text + "\n\n## 90.1 More\n\n$r + q$\n"
    assert symbols.missing_symbols(standin.SYMBOLS, {"90": once}) == []
    (found,) = symbols.missing_symbols(standin.SYMBOLS, {"90": once + "\n## 90.2 More\n\n$q$\n"})
    assert found.startswith("90: q stands in 2 sections")


@pytest.mark.parametrize("row", ["$q$", "$r_k$", "$\\mathbf r$", '"$r$, $\\hat r$"', "EAO"])
def test_symbols_that_no_chapter_uses_are_caught(row: str, notebook: NotebookNode) -> None:
    table = f"symbol,meaning,code,unit\n{row},meaning,code,-\n"
    assert len(symbols.idle_symbols(table, [symbols.chapter_text(notebook)])) == 1


def test_symbols_and_references_catch() -> None:
    assert prose.symbol_problems(standin.SYMBOLS) == []
    assert "given twice" in prose.symbol_problems(standin.SYMBOLS + "$r$,rank,rank,-\n")[0]
    assert "given twice" in prose.symbol_problems(standin.SYMBOLS + '"$q$, $r$",rank,rank,-\n')[0]
    assert "four filled" in prose.symbol_problems(standin.SYMBOLS + "$q$,quality,q\n")[0]
    assert "first line" in prose.symbol_problems("name,meaning\n")[0]
    assert prose.reference_keys(standin.REFERENCES) == ["euler1748"]
    for broken in (standin.REFERENCES.replace("year", "date"), standin.REFERENCES.rstrip("}\n")):
        with pytest.raises(ValueError, match="euler1748"):
            prose.reference_keys(broken)


@pytest.mark.usefixtures("check_importable")
def test_exercises_pass(source: Path, notebook: NotebookNode) -> None:
    assert exercises.exercise_problems(notebook, source.parent / "solutions" / "90.py") == []


@pytest.mark.usefixtures("check_importable")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return 2 * math.pi * radius", "return 6 * radius", "the solution must pass"),
        ("return math.pi * radius**2", "return 2 * math.pi * radius", "_area must raise AssertionError"),
        (
            "return math.pi * radius**2",
            "return len(radius)",
            "must raise AssertionError with a hint, got Type",
        ),
        ("[_area]", "[]", "no planted wrong answer"),
        ("def circumference", "def perimeter", "perimeter: a solution for no exercise"),
        ('{"circumference"', '{"perimeter"', "an exercise without WRONG answers"),
    ],
)
def test_exercises_catch_bad_solutions(
    old: str, new: str, message: str, tmp_path: Path, notebook: NotebookNode
) -> None:
    path = tmp_path / "90.py"
    assert old in standin.SOLUTIONS
    path.write_text(standin.SOLUTIONS.replace(old, new), "utf-8")
    assert any(message in problem for problem in exercises.exercise_problems(notebook, path))


@pytest.mark.usefixtures("check_importable")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "raise NotImplementedError",
            "return 2 * math.pi * radius",
            "must raise NotImplementedError, got pass",
        ),
        ("raise NotImplementedError", "return 0.0", "must raise NotImplementedError, got Assertion"),
        ("def circumference", "def perimeter", "a stub defines one function"),
    ],
)
def test_exercises_catch_bad_stubs(
    old: str, new: str, message: str, source: Path, notebook: NotebookNode
) -> None:
    stub = cell(notebook, "def circumference")
    stub.source = stub.source.replace(old, new)
    found = exercises.exercise_problems(notebook, source.parent / "solutions" / "90.py")
    assert any(message in problem for problem in found)


def test_exercises_catch_bad_cells(notebook: NotebookNode) -> None:
    cell(notebook, "def circumference").metadata.tags = ["exercise"]
    cell(notebook, "check.").source = "check.circumference(perimeter)"
    found = exercises.exercises(notebook)[1]
    assert len(found) == 4
    assert "no exercise" in found


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        ("Roll it on a table.", None),
        ("Its side is `2*math.pi\n* radius` long.", "circumference: its hint says 2 * math.pi * radius"),
        ("", "ends in no folded hint"),
    ],
)
def test_hints_are_there_and_give_nothing_away(
    hint: str, message: str | None, source: Path, notebook: NotebookNode
) -> None:
    text = cell(notebook, "How long is a circle?")
    assert "Roll it on a table." in text.source
    text.source = text.source.replace("Roll it on a table.", hint)
    found = exercises.hint_problems(notebook, source.parent / "solutions" / "90.py")
    assert len(found) == bool(message)
    assert all(message in problem for problem in found if message)


def test_a_hint_may_name_what_the_exercise_gives(source: Path, notebook: NotebookNode) -> None:
    text = cell(notebook, "How long is a circle?")
    text.source = "Is it `2 * math.pi * radius`?\n\n" + text.source.replace("Roll", "2 * math.pi * radius")
    assert exercises.hint_problems(notebook, source.parent / "solutions" / "90.py") == []


ALT = "Two lines that cross near the left edge of the plot"


@pytest.mark.parametrize(
    ("alt", "message"),
    [
        (ALT, None),
        (None, "a picture without an alternative text"),
        ("A plot", "says too little"),
        (ALT + " " + "and so on " * 40, "says too much"),
        ("figure_12_of_chapter.png and its frame", "names a file"),
        (f'{ALT}: the "first" one', "a straight quotation mark"),
    ],
)
def test_pictures_say_what_is_seen(alt: str | None, message: str | None, notebook: NotebookNode) -> None:
    shown = next(one for one in notebook.cells if one.cell_type == "code")
    shown.outputs = [nbformat.v4.new_output("display_data", {"image/png": ""})]
    shown.metadata.pop("alt", None)
    if alt:
        shown.metadata.alt = alt
    found = gates.alt_problems(notebook)
    assert len(found) == bool(message)
    assert all(message in problem for problem in found if message)


def test_two_pictures_have_two_texts(notebook: NotebookNode) -> None:
    for shown in [one for one in notebook.cells if one.cell_type == "code"][:2]:
        shown.outputs = [nbformat.v4.new_output("display_data", {"image/png": ""})]
        shown.metadata.alt = ALT
    (problem,) = gates.alt_problems(notebook)
    assert "as another picture" in problem


def test_missing_chapters_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no chapter"):
        chapters.find_sources(tmp_path)
    path = standin.write_standin(tmp_path / "book")
    assert chapters.find_sources(tmp_path / "book", ["90"]) == [path]
    with pytest.raises(SystemExit, match="91"):
        chapters.find_sources(tmp_path / "book", ["91"])


def run_nbval(folder: Path, **environment: str) -> tuple[int, str]:
    """Run strict nbval on a folder with the project's options; return the status and what was printed."""
    project = chapters.BOOK.parent
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(project / "pyproject.toml"),
        "--rootdir",
        str(project),
    ]
    command += ["-p", "no:cacheprovider", "--nbval", str(folder)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nbval_passes_the_standin_and_catches_another_output(source: Path, tmp_path: Path) -> None:
    status, printed = run_nbval(source.parent)
    assert status == 0, printed
    assert "6 passed" in printed
    text = source.with_suffix(".ipynb").read_text("utf-8")
    (tmp_path / "check.py").write_text(standin.CHECK, "utf-8")
    (tmp_path / "90_standin.ipynb").write_text(text.replace("area = 12.566", "area = 12.567"), "utf-8")
    status, printed = run_nbval(tmp_path)
    assert status == 1
    assert "1 failed, 5 passed" in printed


def numbered(text: str) -> list[str]:
    """Return the problems of a chapter 4 of one Markdown cell, in a book with Eq. 1.2 and 4.1."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    return prose.numbering_problems(notebook, 4, {"1.2", "4.1"})


def test_numbered_sections_and_equations_are_no_problem() -> None:
    own, paper = "$$a=b\\tag{4.1}$$", "$$c=d\\tag{4}$$\n\n$$e=f\\tag{12}$$"
    text = f"# 04 Layer\n\n## 4.1 One\n\n### Below\n\n{own}\n\n{paper}\n\n## 4.2 Two\n\n"
    text += "By Eq. 4.1 and 7, Eq. 1.2, equation 12, Eq. 17 and 22 of Henriques, `Eq. 99`.\n\n## References"
    assert numbered(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("## One", "section 'One' is numbered not at all, not 4.1"),
        ("## Summary", "section 'Summary' is numbered not at all, not 4.1"),
        ("## 4.1 One\n\n## 4.3 Two", "section 'Two' is numbered 4.3, not 4.2"),
        ("## 5.1 One", "section 'One' is numbered 5.1, not 4.1"),
        ("$$a\\tag{4.2}$$", "equation 4.2 should be 4.1"),
        ("$$a\\tag{a}$$", "equation a is neither the paper's nor 4.k"),
        ("$$a\\tag{13}$$", "equation 13 is neither the paper's nor 4.k"),
        ("$$a\\tag{4, 5}$$", "equation 4, 5 is neither the paper's nor 4.k"),
        ("See Eq. 4.9.", "Eq. 4.9 is no equation of the book or the paper"),
        ("See Eq. 4.1 and 3.7.", "Eq. 3.7 is no equation of the book or the paper"),
        ("By equation 14.", "Eq. 14 is no equation of the book or the paper"),
    ],
)
def test_numbering_catches(text: str, problem: str) -> None:
    assert numbered(text) == [problem]


WHAT, FORMULA = "> **Paper, Eq. 4.** What it says.", "> $$a=b\\tag{4}$$"


def in_a_chapter(*lines: str) -> NotebookNode:
    """Return a chapter of one Markdown cell of these lines, with an equation of its own."""
    text = "\n".join(["$$c=d\\tag{4.1}$$", "", *lines, "", "By Eq. 4."])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def test_an_equation_of_the_paper_in_a_box_is_no_problem() -> None:
    chapter = in_a_chapter(WHAT, ">", FORMULA)
    assert prose.box_problems(chapter) == []
    assert prose.boxed_equations(chapter) == [4]


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (["$$a=b\\tag{4}$$"], ["equation 4"]),
        ([WHAT, "", "$$a=b\\tag{4}$$"], ["equation 4", "box"]),
        ([WHAT, ">", "> $$a", "> =b\\tag{4}$$"], ["equation 4", "box"]),
        ([WHAT, FORMULA], ["equation 4", "box"]),
        ([WHAT, ">", "> $$a=b\\tag{5}$$"], ["equation 5", "box"]),
        ([WHAT, ">", "> $$a=b$$"], ["box"]),
        (["> **Paper, Eq. 4**", ">", FORMULA], ["equation 4", "box"]),
    ],
)
def test_boxes_catch(lines: list[str], problems: list[str]) -> None:
    found = prose.box_problems(in_a_chapter(*lines))
    assert [one.split(" of the paper")[0].split(" '")[0] for one in found] == problems
    assert prose.boxed_equations(in_a_chapter(*lines)) == []
