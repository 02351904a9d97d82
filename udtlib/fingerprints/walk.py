"""One way through objects and all they refer to, each once; what is written down on the way is hashed."""

import hashlib
import os
import platform
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from udtlib.fingerprints.files import file_fingerprint
from udtlib.fingerprints.references import library_version

LIMIT = 200_000
"""Objects looked at; what has more is not fingerprinted."""

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))

CODE = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_code", "co_names")
LOCALS = ("co_varnames", "co_freevars", "co_cellvars", "co_exceptiontable")


@dataclass(frozen=True)
class Fingerprint:
    """What an object is made of.

    Attributes:
        digest: 32 hex digits, over everything that could be looked into.
        libraries: versions of Python and of the libraries it refers to, by name.
        files: fingerprints of the files it names, by name.
        unknown: what could not be looked into, in words; where there is any, an equal digest says nothing.
    """

    digest: str
    libraries: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


class Walk:
    """One way through all objects, each once; what is written down on it is hashed."""

    def __init__(self, describe: Callable[["Walk", Any, str], None]) -> None:
        """Begin; ``describe(walk, object, where)`` writes one object down."""
        self.describe = describe
        self.hash = hashlib.sha256()
        self.waiting: deque[tuple[Any, str]] = deque()
        self.numbers: dict[int, int] = {}
        self.kept: list[Any] = []  # no id is used twice while the walk goes on
        self.libraries = {"python": ".".join(platform.python_version_tuple()[:2])}
        self.files: dict[str, str] = {}
        self.unknown: dict[str, None] = {}
        self.made = False

    def result(self) -> Fingerprint:
        """Return the fingerprint of all that was written down."""
        libraries, files = (dict(sorted(found.items())) for found in (self.libraries, self.files))
        return Fingerprint(self.hash.hexdigest()[:32], libraries, files, tuple(self.unknown))

    def go(self) -> None:
        """Describe what was added, and all that this adds."""
        while self.waiting:
            one, where = self.waiting.popleft()
            if len(self.numbers) > LIMIT:
                self.unknown[f"{where}: more than {LIMIT} objects"] = None
                self.waiting.clear()
                return
            try:
                self.describe(self, one, where)
            except RecursionError:
                self.unknown[f"{where}: nested too deeply"] = None
            except Exception as error:  # whatever somebody's attributes raise: an answer is not worth a crash
                self.unknown[f"{where}: {type(one).__qualname__} ({type(error).__name__})"] = None

    def write(self, kind: str, text: str = "") -> None:
        """Write one word down, in a way that no two texts look the same."""
        data = text.encode("utf-8", "surrogatepass")
        self.hash.update(f"{kind} {len(data)};".encode() + data)

    def add(self, *objects: Any, where: str = "") -> None:
        """Write objects down: a plain one as it is, another by its number, described when its turn comes."""
        for one in objects:
            if type(one) in PLAIN:
                self.plain(one)
            elif type(one) is tuple:
                self.write("tuple", str(len(one)))
                self.add(*one, where=where)
            elif isinstance(one, CodeType):
                self.code(one, where)
            else:
                number = self.numbers.setdefault(id(one), len(self.numbers))
                self.write("object", str(number))
                if number == len(self.kept):
                    self.kept.append(one)
                    self.waiting.append((one, where))

    def plain(self, one: Any) -> None:
        """Write a plain value down; a text that names a file with its content."""
        self.write(type(one).__name__, hex(one) if type(one) is int else repr(one))
        if type(one) is str and 2 < len(one) < 4096 and ("." in one or os.sep in one):
            self.file(one)

    def file(self, name: str) -> None:
        """Write the content of a file down, if ``name`` is one."""
        try:
            if os.path.isfile(name):
                self.files[name] = file_fingerprint(name)
        except (OSError, ValueError):  # may not be read; no name of a file at all
            return

    def code(self, code: CodeType, where: str) -> None:
        """Write byte code down, without names and places in the source."""
        self.write("code")
        for name in (*CODE, *LOCALS):
            self.add(getattr(code, name), where=where)
        for const in code.co_consts:
            self.add(const, where=where)

    def library(self, module: str) -> None:
        """Write a library's module down, and note its version."""
        top = module.partition(".")[0]
        self.write("module", module)
        if top and (found := library_version(top)):
            self.libraries[top] = found
