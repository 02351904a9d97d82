"""Cells tagged closed-loop: which differences nbval lets pass."""

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import pytest

STORED = "udt  0.55 [0.45, 0.66]\nPSR: {'opr-2': 7}\n"


@pytest.fixture(scope="module")
def plugin() -> ModuleType:
    path = Path(__file__).parents[2] / "book" / "conftest.py"
    spec = importlib.util.spec_from_file_location("book_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("found", "fine"),
    [
        (STORED, True),
        (STORED.replace("0.55", "0.53").replace("0.45", "0.38").replace("7", "8"), True),
        (STORED.replace("udt  0.55", "udt -0.02"), False),
        (STORED.replace("0.55", "0.42"), False),
        (STORED.replace("7", "9"), False),
        (STORED.replace("PSR", "APCE"), False),
        (STORED + "1 more\n", False),
        (STORED.replace("opr", "bc"), False),
    ],
)
def test_words_agree_and_numbers_are_close(plugin: ModuleType, found: str, fine: bool) -> None:
    assert plugin.agree(found, STORED) is fine


def test_a_sign_that_turns_at_zero_is_close(plugin: ModuleType) -> None:
    assert plugin.agree("gain -0.02", "gain +0.00")


def test_only_tagged_cells_are_loosened(plugin: ModuleType) -> None:
    def stream(text: str) -> nbformat.NotebookNode:
        return nbformat.v4.new_output("stream", text=text)

    def item(*tags: str) -> SimpleNamespace:
        cell = nbformat.v4.new_code_cell(metadata={"tags": list(tags)})
        return SimpleNamespace(cell=cell, compare_outputs=lambda found, stored: found == stored)

    loose, strict, plain = item("closed-loop"), item("numbers"), SimpleNamespace()
    plugin.pytest_collection_modifyitems([loose, strict, plain])
    found, stored = [stream(STORED.replace("0.66", "0.6"))], [stream(STORED)]
    assert loose.compare_outputs(found, stored)
    assert not strict.compare_outputs(found, stored)
    assert not loose.compare_outputs([stream(STORED.replace("0.66", "0.5"))], stored)
    assert not loose.compare_outputs([], stored)
