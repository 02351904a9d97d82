"""Opening a chapter in JupyterLab and saving it changes no file, on whatever machine."""

import os
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import jupytext
import pytest
from chapters import find_sources
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

BOOK = Path(__file__).parents[2] / "book"
SOURCES = find_sources(BOOK)
Manager = build_sync_jupytext_contents_manager_class(LargeFileManager)


def read(folder, names, with_settings=True):
    """Open and save a chapter as JupyterLab does for a reader whose Python and kernel differ from ours."""
    manager = Manager(root_dir=str(folder))
    if with_settings:
        settings = SimpleNamespace(ContentsManager=SimpleNamespace())
        runpy.run_path(str(BOOK / "jupyter_server_config.py"), {"c": settings})
        manager.pre_save_hook = settings.ContentsManager.pre_save_hook
    for name in names:
        content = manager.get(f"book/{name}", content=True)["content"]
        content["metadata"].setdefault("language_info", {})["version"] = "3.99.1"
        content["metadata"]["kernelspec"] = {"display_name": "Mine", "language": "python", "name": "mine"}
        manager.save({"type": "notebook", "format": "json", "content": content}, f"book/{name}")


def copied(source, folder):
    (folder / "book").mkdir()
    for path in (source, source.with_suffix(".ipynb"), BOOK / "jupytext.toml"):
        shutil.copy2(path, folder / "book")
    return [source.with_suffix(".ipynb").name, source.name]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_reading_changes_nothing(source, tmp_path) -> None:
    names = copied(source, tmp_path)
    read(tmp_path, names)
    for name in names:
        assert (tmp_path / "book" / name).read_bytes() == (BOOK / name).read_bytes(), name


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_chapter_opens_after_an_update_that_brought_its_outputs_only(source, tmp_path) -> None:
    names = copied(source, tmp_path)
    for name, hours in zip(names, (0, 1), strict=True):
        os.utime(tmp_path / "book" / name, times=(1.7e9 - hours * 3600,) * 2)  # the source is older
    opened = Manager(root_dir=str(tmp_path)).get(f"book/{names[0]}", content=True)["content"]
    assert [cell["source"] for cell in opened["cells"]] == [
        cell.source for cell in jupytext.read(source).cells
    ]


def test_without_the_settings_it_would(tmp_path) -> None:
    names = copied(SOURCES[0], tmp_path)
    (tmp_path / "book" / "jupytext.toml").unlink()
    read(tmp_path, names, with_settings=False)
    for name in names:
        assert (tmp_path / "book" / name).read_bytes() != (BOOK / name).read_bytes(), name
