"""Pages about the library for the web book, one a room, and the links between docstrings and chapters."""

import ast
import re
from collections import defaultdict
from pathlib import Path

CHAPTER_LIST = re.compile(r"\bchapters?\s+\d\d\b(?:(?:,\s+|\s+and\s+|\s+to\s+|,\s+and\s+)\d\d\b)*")
PROJECT = Path(__file__).resolve().parents[2]
LIBRARY = PROJECT / "udtlib"
INDEX = """The library
===========

``udtlib``, room by room, from its docstrings, which name the chapters that explain a thing.

.. toctree::
   :maxdepth: 1

"""
NUMBER = re.compile(r"\b\d\d\b")


def chapters(folder: Path = PROJECT / "book") -> dict[str, str]:
    """Return the chapters' page names by number, as ``{"02": "02_correlation_filters"}``."""
    return {path.stem[:2]: path.stem for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}


def link_chapters(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Make every chapter that a docstring names a link to its page; Sphinx calls this with a docstring's lines."""
    pages = chapters()

    def link(number: re.Match[str]) -> str:
        page = pages.get(number[0])
        return f":doc:`{number[0]} </{page}>`" if page else number[0]

    text = CHAPTER_LIST.sub(lambda found: NUMBER.sub(link, found[0]), "\n".join(lines))
    lines[:] = text.split("\n")


def modules() -> dict[str, Path]:
    """Return the files of all public modules and packages by their dotted names, in order."""
    found = {}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not any(part.startswith("_") for part in name.split(".")):
            found[name] = path
    return found


def rooms() -> dict[str, list[str]]:
    """Return the modules of each room: a top-level module, or a package with all that is inside it."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in modules():
        found[".".join(name.split(".")[:2])].append(name)
    return {room: sorted(names) for room, names in found.items()}


def modules_by_chapter() -> dict[str, list[str]]:
    """Return, by chapter number, the modules whose docstrings name that chapter."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for listed in CHAPTER_LIST.findall(ast.get_docstring(node) or ""):
                    for number in NUMBER.findall(listed):
                        found[number].add(name)
    return {number: sorted(names) for number, names in sorted(found.items())}


def room_page(room: str, names: list[str]) -> str:
    """Return a room's page (reStructuredText): its docstring, then each module with its public names.

    What a package passes on from its modules is described once, under the module that defines it.
    """
    lines = [room, "=" * len(room), ""]
    for name in names:
        if name != room:
            lines += [name, "-" * len(name), ""]
        lines += [f".. automodule:: {name}", "   :members:", "   :ignore-module-all:", ""]
    return "\n".join(lines)


def api_pages() -> dict[str, str]:
    """Return all pages about the library by file name, with the page that lists them."""
    found = rooms()
    pages = {f"{room}.rst": room_page(room, names) for room, names in found.items()}
    pages["index.rst"] = INDEX + "".join(f"   {room}\n" for room in found)
    return pages
