"""What a reader sees of a check: never a line of its source, whatever the answer is."""

import importlib
import inspect
from pathlib import Path

import exercises
import nbformat
import numpy as np
import pytest
from chapters import find_sources, synced
from nbclient import NotebookClient

from udtlib.check import verdict

BOOK = Path(__file__).parents[2] / "book"
NUMBERS = [source.name[:2] for source in find_sources(BOOK)]
MODULES = {number: importlib.import_module(f"udtlib.check.ch{number}") for number in NUMBERS}
# The first is what a stub with a forgotten `return` gives.
WRONG = {
    "nothing": "lambda *_: None",
    "a text": "lambda *_: 'right'",
    "another shape": "lambda *_: __import__('numpy').zeros((2, 3, 2))",
    "not a number": "lambda *_: float('nan')",
    "no function": "None",
}


def checks_of(number):
    """The checks a chapter's module defines."""
    module = MODULES[number]
    return {
        name: check
        for name, check in inspect.getmembers(module, inspect.isfunction)
        if check.__module__ == module.__name__ and not name.startswith("_")
    }


@pytest.fixture(scope="module")
def rendered():
    """All check cells, run in one kernel as a reader runs them: ``{(NN, NAME, kind): cell}``."""
    keys, cells = [], []
    for number, source in zip(NUMBERS, find_sources(BOOK), strict=True):
        chapter = synced(source)
        for name, (stub, check) in exercises.exercises(chapter)[0].items():
            solution = (
                f"import runpy\n{name} = runpy.run_path({str(BOOK / 'solutions' / number)!r} '.py')[{name!r}]"
            )
            answers = {"stub": stub, "solution": solution} | {
                kind: f"{name} = {code}" for kind, code in WRONG.items()
            }
            before = f"from udtlib.check import ch{number} as check"
            for kind, answer in answers.items():
                keys += [None, (number, name, kind)]
                cells += [f"{before}\n{answer}", check]
    cells = [nbformat.v4.new_code_cell(cell, metadata={"tags": ["raises-exception"]}) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return {key: cell for key, cell in zip(keys, notebook.cells, strict=True) if key}


def shown(cell):
    """The one output of a cell: its kind, and what a reader sees of it."""
    (output,) = cell.outputs
    if output.output_type == "error":
        (line,) = output.traceback
        return "error", line
    return output.output_type, output.data["text/plain"]


def test_every_check_is_an_exercise() -> None:
    for number in NUMBERS:
        assert checks_of(number)
        for name, check in checks_of(number).items():
            assert hasattr(check, "__wrapped__"), f"ch{number}.{name} lacks @exercise"


def test_a_stub_is_not_filled_in_and_a_solution_is_correct(rendered) -> None:
    stubs = [shown(cell) for (_, _, kind), cell in rendered.items() if kind == "stub"]
    assert len(stubs) == sum(len(checks_of(number)) for number in NUMBERS)
    assert set(stubs) == {("display_data", "not filled in yet")}
    solved = [shown(cell) for (_, _, kind), cell in rendered.items() if kind == "solution"]
    assert set(solved) == {("display_data", "correct")}


def test_a_wrong_answer_gets_one_line_of_hint_and_no_source(rendered) -> None:
    lines = {
        line.strip()
        for module in [*MODULES.values(), verdict]
        for line in inspect.getsource(module).splitlines()
        if len(line.strip()) > 12
    }
    wrong = {key: shown(cell) for key, cell in rendered.items() if key[2] in WRONG}
    assert len(wrong) == len(WRONG) * sum(len(checks_of(number)) for number in NUMBERS)
    for key, (kind, text) in wrong.items():
        assert kind == "error", key
        assert "\n" not in text, key
        assert 10 < len(text) < 300, (key, text)
        assert "Traceback" not in text, key
        assert "Error" not in text, (key, text)
        assert not [line for line in lines if line in text], key


def test_notes_have_the_colours_of_the_theme(rendered) -> None:
    styles = {
        cell.outputs[0].data["text/html"]
        for (_, _, kind), cell in rendered.items()
        if kind in ("stub", "solution")
    }
    assert styles == {
        '<span style="opacity: 0.7">not filled in yet</span>',
        '<span style="font-weight: bold">correct</span>',
    }


def right_if_one(answer):
    if np.any(answer(1) != 1):
        raise AssertionError("one  is\none")


def test_outside_a_notebook_a_stub_raises_and_success_is_silent(capsys) -> None:
    check = verdict.exercise(right_if_one)

    def stub(number):
        raise NotImplementedError

    assert check(lambda number: 1) is None
    assert capsys.readouterr().out == ""
    with pytest.raises(NotImplementedError, match="not filled in yet"):
        check(stub)
    with pytest.raises(verdict.HintError, match=r"^one is one$"):
        check(lambda number: 2)


def test_an_answer_that_stops_is_told_where() -> None:
    check = verdict.exercise(right_if_one)

    def divides(number):
        return np.linalg.inv(np.zeros((2, 2)))[0, 0]

    line = divides.__code__.co_firstlineno + 1
    text = rf"^line {line} of your code, `return np.linalg.inv.*`, stops with LinAlgError: Singular matrix$"
    with pytest.raises(verdict.HintError, match=text):
        check(divides)
    with pytest.raises(verdict.HintError, match=r"cannot call your function: .*takes 0 positional"):
        check(lambda: 1)
    kind = verdict.exercise(lambda answer: answer(1)["one"])
    with pytest.raises(verdict.HintError, match=r"expected another kind of answer, found \[1 1\]"):
        kind(lambda number: np.array([1, 1]))


def test_an_error_the_check_waits_for_reaches_it() -> None:
    def refuses(answer):
        with pytest.raises(ValueError, match="three"):
            answer(3)

    def answer(number):
        raise ValueError("three")

    assert verdict.exercise(refuses)(answer) is None


def test_where_nbgrader_grades_a_stub_is_an_error(monkeypatch) -> None:
    """There is no reader there, and a cell without an error earns its points."""
    monkeypatch.setattr(importlib.import_module("IPython"), "get_ipython", lambda: object())
    assert verdict.is_read()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert not verdict.is_read()


def test_a_stub_is_one_by_its_own_bare_line_only() -> None:
    check = verdict.exercise(right_if_one)

    def calls(number):
        return missing(number)

    def missing(number):
        raise NotImplementedError

    def refused(number):
        raise NotImplementedError("no such operation")

    with pytest.raises(
        verdict.HintError, match=r"`return missing\(number\)`, stops with NotImplementedError$"
    ):
        check(calls)
    with pytest.raises(verdict.HintError, match="stops with NotImplementedError: no such operation"):
        check(refused)


def test_an_answer_that_leaves_python_is_told_where() -> None:
    def leaves(number):
        raise SystemExit(2)

    with pytest.raises(verdict.HintError, match=r"`raise SystemExit\(2\)`, stops with SystemExit: 2$"):
        verdict.exercise(right_if_one)(leaves)


def test_an_answer_without_words_gets_a_hint() -> None:
    class Wordless:
        def __repr__(self):
            raise RuntimeError("no words")

    check = verdict.exercise(lambda answer: answer(1)["one"])
    with pytest.raises(verdict.HintError, match=r"found a value of type Wordless$"):
        check(lambda number: Wordless())
    with pytest.raises(verdict.HintError, match=r"expected a function, found a value of type Wordless$"):
        check(Wordless())


def test_tensors_are_arrays_to_a_check() -> None:
    torch = pytest.importorskip("torch")
    grown = torch.tensor([1.0, 2.0], requires_grad=True)
    turned = torch.tensor([1 + 2j]).conj()
    seen = verdict.as_arrays((grown, [turned], None))
    assert isinstance(seen, tuple)
    assert seen[0].tolist() == [1, 2]
    assert seen[1][0].tolist() == [1 - 2j]
    assert seen[2] is None
    kept = [1, [2.0, np.ones(2)]]
    kept.append(kept)
    assert verdict.as_arrays(kept) is kept
    sparse = torch.ones(2).to_sparse()
    assert verdict.as_arrays(sparse) is sparse
