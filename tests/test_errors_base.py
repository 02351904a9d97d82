"""Our errors are also the built-in ones a caller expects, and the command line prints only their text."""

import inspect
from types import SimpleNamespace

import pytest

from udtlib import cli, errors, load_dataset, load_tracker

BUILT_IN = (ValueError, TypeError, FileNotFoundError, RuntimeError)
CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c is not errors.UdtError]


@pytest.mark.parametrize("error", CLASSES)
def test_error_is_ours_and_built_in(error: type[Exception]) -> None:
    assert issubclass(error, errors.UdtError)
    assert issubclass(error, BUILT_IN)


def test_there_are_errors() -> None:
    assert len(CLASSES) >= 5


@pytest.mark.parametrize("load", [load_dataset, load_tracker])
def test_unknown_name_lists_the_known_ones(load) -> None:
    with pytest.raises(errors.UnknownNameError, match=r"'nothing'.*known: .*\w"):
        load("nothing")


def test_command_prints_the_message_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: object) -> int:
        raise errors.DataError("box.txt: expected 4 columns, found 3")

    command = SimpleNamespace(add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "import_module", lambda name: command)
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "udt check: box.txt: expected 4 columns, found 3\n"
