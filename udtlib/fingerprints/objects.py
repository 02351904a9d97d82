"""The fingerprint of an object: its code and its data, and of all that they refer to.

A function is its byte code, defaults, closure and the globals it reads; a class its body and its bases; an object
its class and what pickling it would store; an array or a tensor its numbers; a path, or a text that names a
file, that file's content. Names and addresses of functions and classes do not count, nor line numbers or comments.
"""

import hashlib
import os
import platform
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial, partialmethod
from importlib import import_module
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    MethodType,
    ModuleType,
    UnionType,
)
from typing import Any

import numpy as np

from udtlib.fingerprints.files import file_fingerprint, update_with_array
from udtlib.fingerprints.references import absolute_name, is_library, library_version, references

LIMIT = 200_000
"""Objects looked at; what has more is not fingerprinted."""

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
NOT_IN_A_BODY = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__", "__annotate__"),
    *("__annotate_func__", "__annotations_cache__", "__firstlineno__", "__static_attributes__", "_abc_impl"),
    *("__orig_bases__", "__parameters__", "__dataclass_fields__", "__abstractmethods__", "__type_params__"),
    "__slotnames__",
}
"""Of a class: what says nothing about how it works, or follows from the rest."""

STATELESS = ("_thread.", "weakref.", "_weakref", "_abc.", "weakproxy", "ReferenceType", "_contextvars.")
"""Types that hold nothing to compare: locks, weak references."""

CODE = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_code", "co_names")
CODE += ("co_varnames", "co_freevars", "co_cellvars", "co_exceptiontable")


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


def fingerprint(*objects: Any, made: Iterable[Any] = ()) -> Fingerprint:
    """Return the fingerprint of some objects together, in milliseconds.

    It is equal in another process, whatever its hash seed, and in another run. Byte code differs between
    versions of Python (3.11, 3.12 ...), so the version is one of the ``libraries``.

    Args:
        objects: of any kind.
        made: further objects, in which random generators count by their type alone: a tracker that was just
            made may have drawn its seed.
    """
    walk = _Walk()
    walk.add(*objects)
    walk.go()
    walk.made = True
    walk.add(*made)
    walk.go()
    return walk.result()


class _Walk:
    """One way through all objects, each once; what is written down on it is hashed."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.waiting: deque[tuple[Any, str]] = deque()
        self.numbers: dict[int, int] = {}
        self.kept: list[Any] = []  # no id is used twice while the walk goes on
        self.libraries = {"python": ".".join(platform.python_version_tuple()[:2])}
        self.files: dict[str, str] = {}
        self.unknown: dict[str, None] = {}
        self.made = False

    def result(self) -> Fingerprint:
        libraries, files = (dict(sorted(found.items())) for found in (self.libraries, self.files))
        return Fingerprint(self.hash.hexdigest()[:32], libraries, files, tuple(self.unknown))

    def go(self) -> None:
        while self.waiting:
            one, where = self.waiting.popleft()
            if len(self.numbers) > LIMIT:
                self.unknown[f"{where}: more than {LIMIT} objects"] = None
                self.waiting.clear()
                return
            try:
                self.describe(one, where)
            except RecursionError:
                self.unknown[f"{where}: nested too deeply"] = None

    def write(self, kind: str, text: str = "") -> None:
        data = text.encode("utf-8", "surrogatepass")
        self.hash.update(f"{kind} {len(data)};".encode() + data)

    def add(self, *objects: Any, where: str = "") -> None:
        """Write objects down: a plain one as it is, another by its number, to be described when its turn comes."""
        for one in objects:
            if type(one) in PLAIN:
                self.plain(one, where)
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

    def plain(self, one: Any, where: str) -> None:
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
        self.write("code")
        for name in CODE:
            self.add(getattr(code, name), where=where)
        for const in code.co_consts:
            self.add(const, where=where)

    def describe(self, one: Any, where: str) -> None:
        """Write down what an object is made of."""
        kind = type(one)
        if isinstance(one, FunctionType):
            self.function(one)
        elif isinstance(one, type):
            self.body(one)
        elif isinstance(one, ModuleType):
            self.library(one.__name__)
        elif isinstance(one, BuiltinFunctionType):
            self.write("built in", f"{one.__module__}.{one.__qualname__}")
            owner = one.__self__
            self.built_in(one) if isinstance(owner, ModuleType | None) else self.add(owner, where=where)
        elif kind is list and len(one) > 8 and {type(item) for item in one} <= set(PLAIN):
            self.write("list", repr(one))
        elif isinstance(one, dict | MappingProxyType) and kind in (dict, MappingProxyType):
            self.mapping(one, where)
        elif kind in (list, set, frozenset):
            self.write(kind.__name__, str(len(one)))
            self.add(*(one if kind is list else sorted(one, key=_order)), where=where)
        elif kind in (np.ndarray, np.memmap) and not one.dtype.hasobject:
            update_with_array(self.hash, one)
        elif not self.special(one, where):
            self.state(one, where)

    def special(self, one: Any, where: str) -> bool:
        """Write down what is not stored as pickle would; False if it is none of these."""
        kind = type(one)
        name = f"{kind.__module__}.{kind.__qualname__}"
        torch = sys.modules.get("torch")
        parts = _parts(one)
        if parts is not None:
            self.write(name)
            self.add(*parts, where=where)
        elif name.startswith(STATELESS) or (self.made and _is_random(name)):
            self.write(name)
        elif isinstance(one, GenericAlias | UnionType) or kind.__module__ == "typing":
            self.write(name, repr(one).partition(" at 0x")[0])
        elif isinstance(one, PurePath):
            self.write(name, str(one))
            self.file(str(one))
        elif torch and isinstance(one, torch.Tensor) and one.layout == torch.strided:
            stored = one.detach().cpu().contiguous()
            self.write(name, f"{stored.dtype}{tuple(stored.shape)}")
            update_with_array(self.hash, stored.reshape(-1).view(torch.uint8).numpy())
        elif isinstance(stated := _stated(one), str):
            self.write(name, stated)
        else:
            return False
        return True

    def function(self, one: FunctionType) -> None:
        """Write down a function; of a library's, only what it was made with by the user."""
        if is_library(one.__module__ or "", one.__code__.co_filename):
            self.write("function of a library", f"{one.__code__.co_name} {one.__code__.co_argcount}")
            self.library(str(one.__globals__.get("__name__")))
            made_with = one.__closure__ or () if "<locals>" in one.__code__.co_qualname else ()
            self.add(getattr(one, "__wrapped__", None), *made_with, where=one.__qualname__)
            return
        self.write("function")
        self.add(one.__code__, one.__defaults__, one.__kwdefaults__, where=one.__qualname__)
        for name, cell in zip(one.__code__.co_freevars, one.__closure__ or (), strict=True):
            self.add(cell, where=f"{name} in {one.__qualname__}")
        self.add(one.__dict__, where=one.__qualname__)
        self.globals_of(one)

    def globals_of(self, one: FunctionType) -> None:
        """Write down the globals a function reads, and what it takes from modules that are no libraries."""
        found, namespace = references(one.__code__), one.__globals__
        modules = []
        for name in found.names:
            value = namespace.get(name)
            if isinstance(value, ModuleType):
                modules.append(value)
            elif name in namespace:
                self.write("global", name)
                self.add(value, where=f"{name}, global of {one.__qualname__}")
        for name, level in found.imports:
            try:
                modules += self.imported(absolute_name(name, level, namespace))
            except Exception as error:  # whatever a module raises
                self.unknown[f"import {name} in {one.__qualname__} ({type(error).__name__})"] = None
        self.attributes_of(modules, found.attributes, one.__qualname__)

    def imported(self, name: str) -> list[ModuleType]:
        """Return the modules that an import statement makes known, unless they are a library's."""
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or library_version(top) and top != "udtlib":
            self.library(top)
            return []
        return [import_module(name), sys.modules[top]]

    def attributes_of(self, modules: list[ModuleType], names: Iterable[str], where: str) -> None:
        """Write down the attributes of modules among ``names``, of their modules too."""
        looked_at: set[int] = set()
        while modules:
            module = modules.pop(0)
            if id(module) in looked_at:
                continue
            looked_at.add(id(module))
            if is_library(module.__name__):
                self.library(module.__name__)
                continue
            for name in sorted(set(names) & set(vars(module))):
                value = vars(module)[name]
                if isinstance(value, ModuleType):
                    modules.append(value)
                else:
                    self.write("attribute", name)
                    self.add(value, where=f"{name} of {module.__name__}, in {where}")

    def library(self, module: str) -> None:
        top = module.partition(".")[0]
        self.write("module", module)
        if found := library_version(top):
            self.libraries[top] = found

    def built_in(self, one: BuiltinFunctionType) -> None:
        """Write down a function in machine code: a library's by its version, another by its file's content."""
        module = one.__module__ or "builtins"
        if is_library(module):
            self.library(module)
        elif file := getattr(sys.modules.get(module), "__file__", None):
            self.file(file)

    def body(self, one: type) -> None:
        """Write down a class; one of a library by its name."""
        if is_library(one.__module__):
            self.write("class", f"{one.__module__}.{one.__qualname__}")
            self.library(one.__module__)
            return
        self.write("class")
        self.add(*one.__bases__, type(one), where=one.__qualname__)
        for name, value in sorted(vars(one).items()):
            if name not in NOT_IN_A_BODY:
                self.write("attribute", name)
                self.add(value, where=f"{one.__qualname__}.{name}")

    def mapping(self, one: Any, where: str) -> None:
        items = list(one.items())
        if {type(key) for key in one} <= set(PLAIN):
            items.sort(key=lambda item: _order(item[0]))
        self.write("dict", str(len(items)))
        for key, value in items:
            self.add(key, value, where=f"{where}.{key}" if isinstance(key, str) else where)

    def state(self, one: Any, where: str) -> None:
        """Write down the class of an object, and what pickle would store."""
        kind = type(one)
        try:
            stored = one.__reduce_ex__(4)
            parts = (stored,) if isinstance(stored, str) else (*stored[:3], *map(list, filter(None, stored[3:5])))
        except Exception as error:  # whatever an object raises that cannot be pickled
            self.unknown[f"{where or 'object'}: {kind.__module__}.{kind.__qualname__}"] = None
            parts = (type(error).__name__,)
        self.add(kind, *parts, where=where or kind.__qualname__)


def _order(key: Any) -> tuple[str, str]:
    return type(key).__qualname__, repr(key) if type(key) in PLAIN else fingerprint(key).digest


def _stated(one: Any) -> Any:
    """Return what an object itself says to be its fingerprint, as `udtlib.weights.Weights` does."""
    try:
        return getattr(one, "fingerprint", None)
    except Exception:  # whatever a property raises
        return None


def _is_random(name: str) -> bool:
    return name.startswith(("random.", "numpy.random", "torch._C.Generator"))


def _parts(one: Any) -> tuple[Any, ...] | None:
    """Return what stands in an object that wraps others; None if it is none of these."""
    if isinstance(one, partial):
        return one.func, one.args, one.keywords, one.__dict__
    if isinstance(one, partialmethod):
        return one.func, one.args, one.keywords
    if isinstance(one, MethodType):
        return one.__func__, one.__self__
    if isinstance(one, classmethod | staticmethod):
        return (one.__func__,)
    if isinstance(one, property):
        return one.fget, one.fset, one.fdel
    if isinstance(one, cached_property):
        return (one.func,)
    if isinstance(one, CellType):
        try:
            return (one.cell_contents,)
        except ValueError:
            return ()
    if hasattr(one, "__wrapped__") and hasattr(one, "cache_parameters"):
        return one.__wrapped__, one.cache_parameters()
    if type(one).__name__ in ("member_descriptor", "getset_descriptor", "wrapper_descriptor", "method_descriptor"):
        return (one.__name__,)
    return None
