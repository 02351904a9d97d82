"""Where outside data is looked for: ``UDT_DATA``, else ``data/``, else ``../shared``.

The last two are those of the project's folder; of the working directory where only the library is installed.
What comes with the library itself is in `shipped_folder`.
"""

import os
from pathlib import Path

from udtlib.errors import MissingDataError
from udtlib.files import user_path

PROJECT = Path(__file__).resolve().parents[2]
INSTALLED = Path(__file__).resolve().parents[1] / "shipped"  # what pip makes of data/; a checkout has none


def shipped_folder(kind: str) -> Path:
    """Return the folder of what comes with the library: ``"weights"``, ``"results"`` or ``"paper"``."""
    return (INSTALLED if INSTALLED.is_dir() else PROJECT / "data") / kind


def book_folder() -> Path:
    """Return the folder of the chapters that come with the library."""
    return INSTALLED / "book" if INSTALLED.is_dir() else PROJECT / "book"


def checkout() -> Path | None:
    """Return the project's folder where the library runs from one, None where it is installed."""
    return PROJECT if (PROJECT / "pyproject.toml").is_file() and not INSTALLED.is_dir() else None


def data_roots() -> list[Path]:
    """Return the existing folders to search, first hit first; none when ``UDT_DATA=none``."""
    chosen = os.environ.get("UDT_DATA")
    if chosen == "none":
        return []
    project = checkout() or Path.cwd()
    candidates = [user_path(chosen)] if chosen else [project / "data", project.parent / "shared"]
    return [root for root in candidates if root.is_dir()]


def find_data(name: str) -> Path | None:
    """Return the path of ``name`` (``"otb"``, ``"published/otb2015.json"``) or None if not found."""
    return next((root / name for root in data_roots() if (root / name).exists()), None)


def require_data(name: str, what: str) -> Path:
    """Return `find_data`'s path of ``name``, or raise MissingDataError saying how to provide ``what``."""
    path = find_data(name)
    if path is None:
        searched = ", ".join(str(root) for root in data_roots()) or f"nowhere ({_why_nowhere()})"
        raise MissingDataError(
            f"{what} not found; searched {searched}. Pass root=, or put it at data/{name} in the project, "
            f"or set UDT_DATA to the folder that holds {name}/"
        )
    return path


def _why_nowhere() -> str:
    chosen = os.environ.get("UDT_DATA")
    if chosen == "none":
        return "UDT_DATA=none hides all outside data"
    return f"UDT_DATA={chosen} is no folder" if chosen else "no data folder"
