"""What a piece of code refers to, and whose code it is: a library's, or the user's (and ours).

A library, installed or of Python itself, counts by its version. Everything else may be edited at any time and
counts by its byte code.
"""

import builtins
import dis
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, resolve_name
from pathlib import Path
from types import CodeType
from typing import Any

OURS = str(Path(__file__).resolve().parents[1])
HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: of classes that are not written in C
GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME"}
ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"}


@dataclass(frozen=True)
class References:
    """Names in a function's code, with those of the functions in it, sorted.

    Attributes:
        names: read from the module's globals, or built in.
        attributes: read from any object, or imported from a module.
        imports: ``(module, level)`` of the import statements in it.
    """

    names: tuple[str, ...]
    attributes: frozenset[str]
    imports: tuple[tuple[str, int], ...]


@lru_cache(maxsize=8192)
def references(code: CodeType) -> References:
    """Return what ``code`` refers to."""
    names, attributes, imports = set(), set(), set()
    for part in _with_inner(code):
        before: list[Any] = [0, 0]
        for step in dis.get_instructions(part):
            if step.opname in GLOBAL:
                names.add(step.argval)
            elif step.opname in ATTRIBUTE:
                attributes.add(step.argval)
            elif step.opname == "IMPORT_NAME":  # level and names were put on the stack before
                imports.add((step.argval, before[-2] if isinstance(before[-2], int) else 0))
            before = [before[-1], step.argval]
    return References(tuple(sorted(names)), frozenset(attributes), tuple(sorted(imports)))


def _with_inner(code: CodeType) -> list[CodeType]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [code, *(part for one in inner for part in _with_inner(one))]


def absolute_name(name: str, level: int, namespace: dict[str, Any]) -> str:
    """Return the whole name of a module imported in code with these globals; raises ImportError."""
    return resolve_name("." * level + name, namespace.get("__package__") or "") if level else name


def is_library(name: str) -> bool:
    """Tell whether a module, by its name, is of a library: installed, or Python's own."""
    if name == "__main__":  # of a notebook, or of a program that runs somebody's file
        return False
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if module is None and "." not in name and name not in sys.builtin_module_names:
        found = find_spec(name) if name else None  # looks for it without running it
        file = found.origin if found and found.has_location else None
    if file is None:
        return name.partition(".")[0] in {*sys.stdlib_module_names, *sys.builtin_module_names}
    return is_library_file(file)


def is_library_class(one: type) -> bool:
    """Tell whether a class is of a library; a class of exec may claim to be."""
    if not one.__flags__ & HEAP:
        return True  # machine code
    module, first = one.__module__, one.__qualname__.partition(".")[0]
    if not isinstance(module, str):  # some written in Cython
        return True
    return is_library(module) and hasattr(sys.modules.get(module), first)


@cache
def is_library_file(file: str) -> bool:
    """Tell whether code in a file, as its ``co_filename`` says, is of a library."""
    if file.startswith("<"):  # typed in, or made by exec
        return file.startswith("<frozen")
    path = Path(file).resolve()
    if str(path).startswith(OURS):
        return False
    python = [Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "platstdlib")]
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return bool(installed) or any(path.is_relative_to(folder) for folder in python)


def library_version(top: str) -> str | None:
    """Return the version of an installed library by the name of its module, None of Python's own.

    None too for one installed under another name than its module's (such as cv2) that nobody has imported.
    """
    if top in sys.stdlib_module_names or top == builtins.__name__:
        return None
    return _installed_version(top) or getattr(sys.modules.get(top), "__version__", None)


@cache
def _installed_version(top: str) -> str | None:
    try:
        return version(top)
    except PackageNotFoundError:
        return None
