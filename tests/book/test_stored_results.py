"""Chapters find stored results through the package, from any working directory; the README quotes them."""

import csv
import json
from itertools import combinations
from pathlib import Path

import chapters
import jupytext
import numpy as np
import pytest
from nbclient import NotebookClient

from udtlib.evaluation import paired_difference

PROJECT = chapters.BOOK.parent
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


def stored(dataset: str) -> dict[str, dict[str, str]]:
    """Return the rows of a dataset by tracker: those of the book, and of OpenCV beside them."""
    rows: dict[str, dict[str, str]] = {}
    for table in (f"classic_{dataset}", f"trackers_{dataset}"):
        text = (PROJECT / f"data/results/{table}.csv").read_text("utf-8")
        rows |= {row["tracker"]: row for row in csv.DictReader(text.splitlines())}
    return rows


def test_the_table_of_the_readme_is_the_stored_one() -> None:
    text = (PROJECT / "README.md").read_text("utf-8").split("## What it measured")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(lines) == 11
    for line in lines:
        name, _, *found = (cell.strip("` ") for cell in line.strip("|").split("|"))
        otb, drawn = stored("otb10")[name], stored("synthetic")[name]
        expected = [
            f"{float(row['auc']):.3f} ({float(row['auc_low']):.2f} to {float(row['auc_high']):.2f})"
            for row in (otb, drawn)
        ]
        assert found == [*expected, f"{float(otb['fps']):.0f}" if otb["fps"] else "-"], name
    starts = csv.DictReader((PROJECT / "data/results/starts_otb10.csv").read_text("utf-8").splitlines())
    moved = [float(row["auc_most"]) - float(row["auc_least"]) for row in starts]
    assert f"as much as {max(moved):.2f} " in text


def test_the_pairs_of_the_readme_that_differ_are_the_stored_ones() -> None:
    text = (PROJECT / "README.md").read_text("utf-8").split("## What it measured")[1].split("\n## ")[0]
    found = json.loads((PROJECT / "data/results/trackers_otb10.json").read_text("utf-8"))["trackers"]
    aucs = {name: np.array([one["auc"] for one in t["sequences"].values()]) for name, t in found.items()}
    pairs = list(combinations([name for name, each in aucs.items() if each.mean() > 0.6], 2))
    intervals = {pair: paired_difference(aucs[pair[0]], aucs[pair[1]]) for pair in pairs}
    apart = [pair for pair, one in intervals.items() if one.low > 0 or one.high < 0]
    assert apart == [("udt-released", "udt-authors"), ("udt-noise", "udt-authors")]
    assert f"Of their {len(pairs)} pairs only two have a difference whose interval leaves out zero" in text
    assert "`udt-authors` against `udt-released` and against `udt-noise`" in text
