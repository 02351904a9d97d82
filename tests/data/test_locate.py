"""Where outside data is looked for."""

import pytest

from udtlib.data import load_dataset, locate
from udtlib.errors import MissingDataError


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("UDT_DATA", raising=False)
    monkeypatch.setattr(locate, "PROJECT", tmp_path / "project")
    for folder in ("project/data", "shared/otb", "elsewhere/otb"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").touch()
    return tmp_path


def test_an_installed_library_looks_in_the_working_directory(project, monkeypatch):
    monkeypatch.setattr(locate, "PROJECT", project / "site-packages")
    (project / "site-packages" / "data").mkdir(parents=True)
    (project / "homework" / "data" / "otb").mkdir(parents=True)
    monkeypatch.chdir(project / "homework")
    assert locate.find_data("otb") == project / "homework" / "data" / "otb"


def test_data_beside_the_project_then_in_it(project):
    assert locate.find_data("otb") == project / "shared" / "otb"
    (project / "project" / "data" / "otb").mkdir()
    assert locate.find_data("otb") == project / "project" / "data" / "otb"
    assert locate.find_data("vot") is None


def test_the_variable_replaces_both(project, monkeypatch):
    monkeypatch.setenv("UDT_DATA", str(project / "elsewhere"))
    assert locate.data_roots() == [project / "elsewhere"]
    assert locate.require_data("otb", "the sequences") == project / "elsewhere" / "otb"
    monkeypatch.setenv("UDT_DATA", "none")
    assert locate.data_roots() == []
    with pytest.raises(MissingDataError, match=r"the sequences not found; searched nowhere.*UDT_DATA"):
        locate.require_data("otb", "the sequences")


@pytest.mark.parametrize(
    ("chosen", "message"),
    [("none", "UDT_DATA=none hides all"), ("/not/there", "UDT_DATA=/not/there is no folder")],
)
def test_a_dataset_that_is_not_found_says_why(project, monkeypatch, chosen, message):
    monkeypatch.setenv("UDT_DATA", chosen)
    with pytest.raises(MissingDataError, match=message):
        load_dataset("otb")
