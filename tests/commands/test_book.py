"""``udt book``: the chapters in a folder of the reader's, from a checkout and from an installed wheel."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from udtlib.cli import main
from udtlib.data import locate

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (PROJECT / "book").glob("[0-9]*.ipynb"))


def test_chapters_are_copied_with_the_solutions_that_are_there(tmp_path, capsys):
    ours, copies = PROJECT / "book/solutions", tmp_path / "mine/solutions"
    assert main(["book", str(tmp_path / "mine")]) == 0
    copied = sorted(path.name for path in (tmp_path / "mine").glob("*.ipynb"))
    assert copied == NOTEBOOKS
    assert len(copied) > 10
    for name in copied:
        assert (tmp_path / "mine" / name).read_bytes() == (PROJECT / "book" / name).read_bytes()
    solutions = {path.name: path.read_bytes() for path in copies.glob("*")}
    assert solutions == {path.name: path.read_bytes() for path in ours.glob("*.py")}
    # A course's tree without solutions has none of them.
    assert set(solutions) in ({f"{name[:2]}.py" for name in copied}, set())
    assert not (tmp_path / "mine/conftest.py").exists()
    assert f'jupyter lab "{tmp_path / "mine" / NOTEBOOKS[0]}"' in capsys.readouterr().out


def test_what_the_reader_wrote_stays(tmp_path, capsys):
    (tmp_path / NOTEBOOKS[1]).write_text("mine")
    assert main(["book", str(tmp_path)]) == 0
    assert (tmp_path / NOTEBOOKS[1]).read_text() == "mine"
    assert "; 1 were there and stay as they are" in capsys.readouterr().out
    assert main(["book", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("0 files written")


def test_a_file_in_the_folders_place_and_a_missing_book_are_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    assert main(["book", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err
    (tmp_path / "shipped").mkdir()
    monkeypatch.setattr(locate, "INSTALLED", tmp_path / "shipped")
    assert main(["book", str(tmp_path / "mine")]) == 2
    assert "install it again" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built from a copy of its tracked files."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listing.stdout.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(out), str(source)], check=True)
    (path,) = out.glob("*.whl")
    return path


@pytest.mark.slow
def test_a_wheel_brings_the_chapters_and_they_run(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert wheel.stat().st_size < 20e6
    assert {f"udtlib/shipped/book/{name}" for name in NOTEBOOKS} <= set(names)
    assert "udtlib/widgets/in_browser/one_frequency.js" in names
    assert not [name for name in names if "/book/tools" in name or "/book/site" in name]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "UDT_DATA": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "udtlib", "book", "mine"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "mine").glob("*.ipynb")) == NOTEBOOKS
    (chapter,) = (tmp_path / "mine").glob("05_*.ipynb")
    run = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        str(chapter),
        "--output",
        "run.ipynb",
    ]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cells = [
        cell
        for cell in nbformat.read(tmp_path / "mine/run.ipynb", as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert "ready" in cells[0].outputs[0].text
