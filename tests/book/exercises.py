"""Run exercises three ways: the stub must fail, the solution pass, each planted wrong answer fail."""

import ast
import contextlib
import io
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gates import tagged
from nbformat import NotebookNode

HINT = re.compile(r'<details class="exercise"><summary>[^<]+</summary>\n\n(.+?)\n\n</details>\s*\Z', re.S)
LEAST_GIVEN = 10  # characters of an expression without its spaces: shorter ones are no answer
CHECK = re.compile(r"^check\.(\w+)\((\w+)\)\s*;?$", re.M)


def exercises(notebook: NotebookNode) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Return ``{NAME: (stub source, check source)}`` and what is wrong with the cells."""
    stubs = [(k, cell, defined(cell.source)) for k, cell in tagged(notebook, "exercise")]
    checks = {}
    problems = []
    for k, cell in tagged(notebook, "check"):
        calls = CHECK.findall(cell.source)
        if len(calls) != 1 or calls[0][0] != calls[0][1]:
            problems.append(f"cell {k}: a check cell calls check.NAME(NAME) once")
        else:
            checks[calls[0][1]] = cell
    found = {}
    for k, cell, names in stubs:
        if len(names) != 1 or names[0] not in checks:
            problems.append(
                f"cell {k}: a stub defines one function, checked by check.NAME(NAME); found {names}"
            )
        else:
            found[names[0]] = (cell.source, checks[names[0]].source)
    problems += [f"check.{name}: no stub defines {name}" for name in sorted(set(checks) - set(found))]
    for k, cell in tagged(notebook, "exercise") + tagged(notebook, "check"):
        if "raises-exception" not in cell.metadata.tags:
            problems.append(f"cell {k}: a stub and its check are tagged raises-exception")
    if not found:
        problems.append("no exercise")
    return found, problems


def defined(source: str) -> list[str]:
    """Return the names of the functions a piece of source defines at its top level."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]


def imports(notebook: NotebookNode) -> str:
    """Return the import statements of all code cells (those that carry a magic line have none)."""
    lines = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and not re.search(r"^\s*[%!]", cell.source, re.M):
            body = ast.parse(cell.source).body
            lines += [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(lines)


def outcome(name: str, preamble: dict[str, Any], check: str, answer: str | Callable[..., Any]) -> str:
    """Return ``"pass"`` or the error's class and text, from running the check on an answer.

    Args:
        name: the function's name.
        preamble: the names the cells may use.
        check: source of the check cell.
        answer: source of a filled-in stub, or the function itself.
    """
    namespace = dict(preamble)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            if callable(answer):
                namespace[name] = answer
            else:
                exec(answer, namespace)
            exec(check, namespace)
    except Exception as error:
        kind = AssertionError if isinstance(error, AssertionError) else type(error)
        return f"{kind.__name__}: {error}"
    return "pass"


def exercise_problems(notebook: NotebookNode, solutions: Path) -> list[str]:
    """Return what is wrong with a chapter's exercises, judged by its file of solutions."""
    found, problems = exercises(notebook)
    answers = runpy.run_path(str(solutions))
    wrong: dict[str, list[Callable[..., Any]]] = answers.get("WRONG", {})
    planted = {function.__name__ for functions in wrong.values() for function in functions}
    own = {n for n in defined(solutions.read_text("utf-8")) if not n.startswith("_") and n not in planted}
    for names, what in ((own, "a solution"), (set(wrong), "WRONG answers")):
        problems += [f"{name}: {what} for no exercise" for name in sorted(names - set(found))]
        problems += [f"{name}: an exercise without {what}" for name in sorted(set(found) - names)]
    preamble: dict[str, Any] = {}
    exec(imports(notebook), preamble)
    for name in sorted(own & set(wrong) & set(found)):
        problems += answer_problems(name, preamble, *found[name], answers[name], wrong[name])
    return problems


def answer_problems(
    name: str,
    preamble: dict[str, Any],
    stub: str,
    check: str,
    solution: Callable[..., Any],
    wrong: list[Callable[..., Any]],
) -> list[str]:
    """Return where stub, solution and planted wrong answers of one exercise do not fare as they must."""
    problems = [] if wrong else [f"{name}: no planted wrong answer"]
    result = outcome(name, preamble, check, stub)
    if not result.startswith("NotImplementedError"):
        problems.append(f"{name}: the stub must raise NotImplementedError, got {result}")
    result = outcome(name, preamble, check, solution)
    if result != "pass":
        problems.append(f"{name}: the solution must pass, got {result}")
    for function in wrong:
        result = outcome(name, preamble, check, function)
        if not re.match(r"AssertionError: \S", result):
            problems.append(
                f"{name}: {function.__name__} must raise AssertionError with a hint, got {result}"
            )
    return problems


def hint_problems(notebook: NotebookNode, solutions: Path) -> list[str]:
    """Return exercises whose text ends in no folded hint, and hints that hold a line of the solution."""
    answers = expressions(solutions.read_text("utf-8"))
    problems = []
    for k, cell in tagged(notebook, "exercise"):
        text, (name,) = notebook.cells[k - 1], defined(cell.source)
        hint = HINT.search(text.source)
        if text.cell_type != "markdown" or not hint:
            problems.append(f"{name}: its text ends in no folded hint")
            continue
        given, said = squeezed(text.source[: hint.start()]), squeezed(hint[1])
        told = [each for each in answers.get(name, []) if squeezed(each) in said]
        problems += [f"{name}: its hint says {each}" for each in told if squeezed(each) not in given]
    return problems


def expressions(source: str) -> dict[str, list[str]]:
    """Return what each function of a file of solutions computes: what it assigns, adds and returns."""
    kinds = ast.Assign | ast.AugAssign | ast.Return
    return {
        function.name: [
            ast.unparse(node.value)
            for node in ast.walk(function)
            if isinstance(node, kinds)
            and node.value
            and len(squeezed(ast.unparse(node.value))) >= LEAST_GIVEN
        ]
        for function in ast.parse(source).body
        if isinstance(function, ast.FunctionDef)
    }


def squeezed(text: str) -> str:
    """Return text without white space and the marks of code, to compare expressions however they are set."""
    return re.sub(r"[\s`$\\]", "", text)
