"""Chapters find stored results through the package, so they run from any working directory."""

from pathlib import Path

import chapters
import jupytext
import pytest
from nbclient import NotebookClient

SOURCES = sorted(chapters.BOOK.glob("[0-9][0-9]_*.py"))


def test_no_path_leads_out_of_the_book() -> None:
    files = [path for kind in ("py", "ipynb") for path in chapters.BOOK.rglob(f"*.{kind}")]
    assert {*SOURCES, *(path.with_suffix(".ipynb") for path in SOURCES)} <= set(files)
    found = [path.name for path in files if "../data" in path.read_text("utf-8")]
    assert found == [], "use udtlib.data.stored.stored_result"


def test_some_chapters_load_stored_results() -> None:
    assert len([path for path in SOURCES if "stored_result(" in path.read_text("utf-8")]) >= 8


def test_a_chapter_runs_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UDT_DATA", "none")
    (source,) = chapters.find_sources(chapters=["01"])
    notebook = jupytext.read(source)
    assert any("stored_result(" in cell.source for cell in notebook.cells)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    assert list(tmp_path.iterdir()) == []
