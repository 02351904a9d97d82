"""The command table: `udt --help`, CONTRIBUTING.md and the modules agree; errors are one line."""

import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from udtlib import cli
from udtlib.data.registry import DATASETS
from udtlib.trackers.registry import TRACKERS

CONTRIBUTING = Path(__file__).resolve().parents[2] / "CONTRIBUTING.md"


def documented_commands() -> dict[str, str]:
    """Return the commands and texts of the table in CONTRIBUTING.md."""
    return dict(re.findall(r"^\| `udt ([\w-]+)` \| (.*?) \|$", CONTRIBUTING.read_text("utf-8"), re.M))


def test_help_prints_the_documented_table() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "udtlib", "--help"], capture_output=True, text=True, check=True
    )
    words = " ".join(done.stdout.split())
    documented = documented_commands()
    assert documented == cli.COMMANDS
    for name, text in documented.items():
        assert f"{name} {text}" in words


@pytest.mark.parametrize("table", [cli.COMMANDS, DATASETS, TRACKERS])
def test_tables_are_sorted(table: dict[str, str]) -> None:
    assert list(table) == sorted(table)
    assert table


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_command_has_its_module_and_help(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    module = import_module(f"udtlib.commands.{name}")
    assert callable(module.run)
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    words = " ".join(capsys.readouterr().out.split())
    assert f"example: {module.EXAMPLE}" in words


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_example_in_the_help_is_a_command_as_typed(name: str) -> None:
    prog, *argv = shlex.split(import_module(f"udtlib.commands.{name}").EXAMPLE)
    assert prog == "udt"
    assert cli.build_parser(name).parse_args(argv).command == name


@pytest.mark.parametrize("table", [DATASETS, TRACKERS])
def test_registered_names_exist(table: dict[str, str]) -> None:
    for place in table.values():
        module, _, attribute = place.partition(":")
        assert callable(getattr(import_module(module), attribute))


@pytest.mark.parametrize("argv", [[], ["fly"], ["--fly"]])
def test_bad_usage_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    assert ended.value.code == 2
    assert "usage: udt" in capsys.readouterr().err


def test_a_reader_that_has_read_enough_is_no_error():
    """As `udt experiment list | head -1`: nothing on stderr, neither now nor when Python ends."""
    command = [sys.executable, "-m", "udtlib", "experiment", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as udt:
        udt.stdout.close()
        assert udt.stderr.read() == ""
    assert udt.returncode == 141
