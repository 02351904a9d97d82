"""Stored results and tables that come with the library, by file name. Book: chapters 00 to 17."""

from pathlib import Path

from udtlib.data.locate import shipped_folder
from udtlib.errors import MissingDataError, UnknownNameError

FOLDERS = ("results", "paper")


def stored_result(name: str) -> Path:
    """Return the path of a stored result, in a checkout (``data/``) and in an installed library alike.

    Args:
        name: a bare file name of `stored_names`, such as ``"trackers_otb10.csv"`` (measured by us; the JSON
            beside it says how) or ``"table1_otb2015.csv"`` (printed in the paper).

    Raises:
        UnknownNameError: no such file; the message lists those there are.
        MissingDataError: there are none at all, the installation is incomplete.
    """
    files = _files()
    if name not in files:
        raise UnknownNameError(f"no stored result {name!r}; there are: {', '.join(sorted(files))}")
    return files[name]


def stored_names() -> list[str]:
    """Return the names that `stored_result` knows, sorted."""
    return sorted(_files())


def _files() -> dict[str, Path]:
    folders = [shipped_folder(kind) for kind in FOLDERS]
    files = [path for folder in folders for path in folder.glob("*") if path.suffix in (".csv", ".json")]
    if not files:
        raise MissingDataError(
            f"no stored results in {folders[0]}: this installation is incomplete, install it again"
        )
    return {path.name: path for path in files}
