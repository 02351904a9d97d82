"""The fingerprint of an object: its code and its data, and of all that they refer to.

A function is its byte code, defaults, closure and the globals it reads (`code`); a class its body and its
bases; an object its class and what pickling it would store; an array or a tensor its numbers; a path, or a
text that names a file, that file's content. Names and addresses of functions and classes do not count, nor
line numbers or comments.
"""

import sys
from collections.abc import Iterable
from functools import cached_property, partial, partialmethod
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    MethodType,
    ModuleType,
    UnionType,
)
from typing import Any

import numpy as np

from udtlib.fingerprints.code import describe_built_in, describe_class, describe_function
from udtlib.fingerprints.files import update_with_array
from udtlib.fingerprints.walk import PLAIN, Fingerprint, Walk

STATELESS = ("_thread.", "weakref.", "_weakref", "_abc.", "_contextvars.")
"""Types that hold nothing to compare: locks, weak references."""

DESCRIPTORS = ("member_descriptor", "getset_descriptor", "wrapper_descriptor", "method_descriptor")


def fingerprint(*objects: Any, made: Iterable[Any] = ()) -> Fingerprint:
    """Return the fingerprint of some objects together, in milliseconds.

    It is equal in another process, whatever its hash seed, and in another run. Byte code differs between
    versions of Python (3.11, 3.12 ...), so the version is one of the ``libraries``.

    Args:
        objects: of any kind.
        made: further objects, in which random generators count by their type alone: a tracker that was just
            made may have drawn its seed.
    """
    walk = Walk(_describe)
    walk.add(*objects)
    walk.go()
    walk.made = True
    walk.add(*made)
    walk.go()
    return walk.result()


def _describe(walk: Walk, one: Any, where: str) -> None:
    """Write down what an object is made of."""
    kind = type(one)
    if isinstance(one, FunctionType):
        describe_function(walk, one)
    elif isinstance(one, type):
        describe_class(walk, one)
    elif isinstance(one, ModuleType):
        walk.library(one.__name__)
    elif isinstance(one, BuiltinFunctionType):
        walk.write("built in", f"{one.__module__}.{one.__qualname__}")
        owner = one.__self__
        describe_built_in(walk, one) if isinstance(owner, ModuleType | None) else walk.add(owner, where=where)
    elif kind is list and len(one) > 8 and {type(item) for item in one} <= set(PLAIN) - {str}:
        walk.write("list", repr(one))
    elif isinstance(one, dict | MappingProxyType) and kind in (dict, MappingProxyType):
        _mapping(walk, one, where)
    elif kind in (list, set, frozenset):
        walk.write(kind.__name__, str(len(one)))
        walk.add(*(one if kind is list else sorted(one, key=_order)), where=where)
    elif kind in (np.ndarray, np.memmap) and not one.dtype.hasobject:
        update_with_array(walk.hash, one)
    elif not _special(walk, one, where):
        _state(walk, one, where)


def _special(walk: Walk, one: Any, where: str) -> bool:
    """Write down what is not stored as pickle would; False if it is none of these."""
    kind = type(one)
    name = f"{kind.__module__}.{kind.__qualname__}"
    torch = sys.modules.get("torch")
    parts = _parts(one)
    if parts is not None:
        walk.write(name)
        walk.add(*parts, where=where)
    elif name.startswith(STATELESS) or (walk.made and _is_random(name)):
        walk.write(name)
    elif isinstance(one, GenericAlias | UnionType) or kind.__module__ == "typing":
        walk.write(name, repr(one).partition(" at 0x")[0])
    elif isinstance(one, PurePath):
        walk.write(name, str(one))
        walk.file(str(one))
    elif torch and isinstance(one, torch.Tensor) and one.layout == torch.strided:
        stored = one.detach().cpu().contiguous()
        walk.write(name, f"{stored.dtype}{tuple(stored.shape)}")
        update_with_array(walk.hash, stored.reshape(-1).view(torch.uint8).numpy())
    elif isinstance(stated := _stated(one), str):
        walk.write(name, stated)
    else:
        return False
    return True


def _mapping(walk: Walk, one: Any, where: str) -> None:
    items = list(one.items())
    if {type(key) for key in one} <= set(PLAIN):
        items.sort(key=lambda item: _order(item[0]))
    walk.write("dict", str(len(items)))
    for key, value in items:
        walk.add(key, value, where=f"{where}.{key}" if isinstance(key, str) else where)


def _state(walk: Walk, one: Any, where: str) -> None:
    """Write down the class of an object, and what pickle would store."""
    kind = type(one)
    try:
        stored = one.__reduce_ex__(4)
        parts = (stored,) if isinstance(stored, str) else (*stored[:3], *map(list, filter(None, stored[3:5])))
    except Exception as error:  # whatever an object raises that cannot be pickled
        walk.unknown[f"{where or 'object'}: {kind.__module__}.{kind.__qualname__}"] = None
        parts = (type(error).__name__,)
    walk.add(kind, *parts, where=where or kind.__qualname__)


def _order(key: Any) -> tuple[str, str]:
    return type(key).__qualname__, repr(key) if type(key) in PLAIN else fingerprint(key).digest


def _stated(one: Any) -> Any:
    """Return what an object of this package says to be its fingerprint, as `udtlib.weights.Weights` does.

    A user's attribute of that name may be any text, so it is one attribute among the others.
    """
    if not type(one).__module__.startswith("udtlib."):
        return None
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
    if type(one).__name__ in DESCRIPTORS:
        return (one.__name__,)
    return None
