"""Stored results are found in a checkout, from any folder, and in an installed library."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from udtlib.data import locate
from udtlib.data.stored import stored_names, stored_result
from udtlib.errors import MissingDataError, UnknownNameError

PROJECT = Path(__file__).resolve().parents[1]


def test_every_file_is_found_by_its_name() -> None:
    files = [path for kind in ("results", "paper") for path in (PROJECT / "data" / kind).iterdir()]
    assert len(files) > 20
    assert stored_names() == sorted(path.name for path in files)
    assert all(stored_result(path.name) == path for path in files)


@pytest.mark.parametrize(
    "name", ["trackers_otb10", "", "../weights/udt.safetensors", "results/ch00_real.json"]
)
def test_another_name_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"no stored result .*trackers_otb10\.csv"):
        stored_result(name)


def test_an_installation_without_them_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "PROJECT", tmp_path)
    with pytest.raises(MissingDataError, match="installation is incomplete"):
        stored_result("ch00_real.json")


LOADS = """
import udtlib
from udtlib.data.stored import stored_names, stored_result
from udtlib.evaluation.scoring.paper import load_paper_table
from udtlib.weights import default
print(udtlib.__file__)
print(len(stored_names()), len(stored_result("ch00_real.json").read_bytes()))
auc = {row["tracker"]: row["auc"] for row in load_paper_table("table1")}
print(auc["UDT"], default().fingerprint)
"""


@pytest.mark.slow  # builds a wheel: about half a minute
def test_an_installed_wheel_has_them(tmp_path: Path) -> None:
    source, site, elsewhere = tmp_path / "source", tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("data", "udtlib"):
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(site)]
    pip = [sys.executable, "-m", "pip", "install", *options, str(source)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False, cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(source)
    code = f"import sys; sys.path.insert(0, {str(site)!r})\n{LOADS}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=elsewhere
    )
    assert done.returncode == 0, done.stderr
    where, counts, values = done.stdout.splitlines()
    assert Path(where).is_relative_to(site)
    size = len(stored_result("ch00_real.json").read_bytes())
    assert counts == f"{len(stored_names())} {size}"
    from udtlib.weights import default

    assert values == f"59.4 {default().fingerprint}"
