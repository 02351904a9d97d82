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


@pytest.mark.parametrize("options", [{"nonsense": 3}, {"padding": 1, "nonsense": 3}])
def test_unknown_option_lists_the_known_ones(options) -> None:
    with pytest.raises(TypeError, match=r"'mosse'.*'nonsense'; known: padding, .*seed$") as caught:
        load_tracker("mosse", **options)
    assert isinstance(caught.value, errors.OptionError)
    with pytest.raises(errors.UnknownOptionError, match=r"'csrt'.*known: none"):
        load_tracker("csrt", nonsense=3)


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (PermissionError(13, "Permission denied", "/a/b.txt"), 2, "udt check: /a/b.txt: Permission denied\n"),
        (OSError(28, "No space left on device"), 2, "udt check: the system: No space left on device\n"),
        (KeyboardInterrupt(), 130, "\nudt check: interrupted; files written so far are kept\n"),
    ],
)
def test_what_the_system_refuses_and_control_c_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    message: str,
) -> None:
    def run(arguments: object) -> int:
        raise error

    command = SimpleNamespace(EXAMPLE="", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "import_module", lambda name: command)
    assert cli.main(["check"]) == status
    assert capsys.readouterr().err == message


def test_command_prints_the_message_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: object) -> int:
        raise errors.DataError("box.txt: expected 4 columns, found 3")

    command = SimpleNamespace(EXAMPLE="", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "import_module", lambda name: command)
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "udt check: box.txt: expected 4 columns, found 3\n"
