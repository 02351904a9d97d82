"""Sizes of modules and functions, and tests that assert something."""

import ast
from pathlib import Path
from statistics import median

import pytest

PROJECT = Path(__file__).resolve().parents[1]
MODULES = sorted((PROJECT / "udtlib").rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("test_*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> list[Function]:
    """Return all functions and methods of a piece of source."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Return the lines of a function without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def asserts(function: Function) -> bool:
    """Return whether a test asserts: itself, by `pytest.raises`, or by calling assert... or check..."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.lstrip("_").startswith(("assert", "check")) or name in ("raises", "warns"):
                return True
    return False


def silent_tests(source: str) -> list[str]:
    """Return the tests of a file that assert nothing."""
    return [f.name for f in functions(source) if f.name.startswith("test") and not asserts(f)]


def test_modules_are_short() -> None:
    sizes = {str(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert len(sizes) > 10
    assert {path: lines for path, lines in sizes.items() if lines > 300} == {}


def test_functions_are_short() -> None:
    lengths = [length(f) for path in MODULES for f in functions(path.read_text("utf-8"))]
    assert len(lengths) > 10
    assert median(lengths) <= 12


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_tests_assert_something(path: Path) -> None:
    assert functions(path.read_text("utf-8")), "a file of tests without tests"
    assert silent_tests(path.read_text("utf-8")) == []


def test_these_rules_can_fail() -> None:
    source = (
        'def test_a():\n    """Text.\n\n    More.\n    """\n    print(1)\n\ndef test_b():\n    assert 1 + 1\n'
    )
    assert silent_tests(source) == ["test_a"]
    assert [length(function) for function in functions(source)] == [2, 2]
    assert silent_tests("def test_c():\n    numpy.testing.assert_allclose(1, 1)\n") == []
    assert len(TESTS) > 4
