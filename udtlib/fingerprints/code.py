"""Functions and classes, written down by what they do: byte code, and the objects it refers to."""

import sys
from collections.abc import Iterable
from importlib import import_module
from types import BuiltinFunctionType, FunctionType, ModuleType

from udtlib.fingerprints.references import (
    absolute_name,
    is_library,
    is_library_class,
    is_library_file,
    references,
)
from udtlib.fingerprints.walk import Walk

NOT_IN_A_BODY = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__", "__annotate__"),
    *("__annotate_func__", "__annotations_cache__", "__firstlineno__", "__static_attributes__", "_abc_impl"),
    *("__orig_bases__", "__parameters__", "__dataclass_fields__", "__abstractmethods__", "__type_params__"),
    "__slotnames__",
}
"""Of a class: what says nothing about how it works, or follows from the rest."""


def describe_function(walk: Walk, one: FunctionType) -> None:
    """Write down a function; of a library's, only what it was made with by the user."""
    if is_library_file(one.__code__.co_filename):
        walk.write("function of a library", f"{one.__code__.co_name} {one.__code__.co_argcount}")
        walk.library(str(one.__globals__.get("__name__")))
        made_with = one.__closure__ or () if "<locals>" in one.__code__.co_qualname else ()
        walk.add(getattr(one, "__wrapped__", None), *made_with, where=one.__qualname__)
        return
    walk.write("function")
    walk.add(one.__code__, one.__defaults__, one.__kwdefaults__, where=one.__qualname__)
    for name, cell in zip(one.__code__.co_freevars, one.__closure__ or (), strict=True):
        walk.add(cell, where=f"{name} in {one.__qualname__}")
    walk.add(one.__dict__, where=one.__qualname__)
    _globals_of(walk, one)


def _globals_of(walk: Walk, one: FunctionType) -> None:
    """Write down the globals a function reads, and what it takes from modules that are no libraries."""
    found, namespace = references(one.__code__), one.__globals__
    modules = []
    for name in found.names:
        value = namespace.get(name)
        if isinstance(value, ModuleType):
            modules.append(value)
        elif name in namespace:
            walk.write("global", name)
            walk.add(value, where=f"{name}, global of {one.__qualname__}")
    for name, level in found.imports:
        try:
            modules += _imported(walk, absolute_name(name, level, namespace))
        except Exception as error:  # whatever a module raises
            walk.unknown[f"import {name} in {one.__qualname__} ({type(error).__name__})"] = None
    _attributes_of(walk, modules, found.attributes, one.__qualname__)


def _imported(walk: Walk, name: str) -> list[ModuleType]:
    """Return the modules that an import statement makes known, unless they are a library's."""
    top = name.partition(".")[0]
    if is_library(top):
        walk.library(top)
        return []
    return [import_module(name), sys.modules[top]]


def _attributes_of(walk: Walk, modules: list[ModuleType], names: Iterable[str], where: str) -> None:
    """Write down the attributes of modules among ``names``, of their modules too."""
    looked_at: set[int] = set()
    while modules:
        module = modules.pop(0)
        if id(module) in looked_at:
            continue
        looked_at.add(id(module))
        if is_library(module.__name__):
            walk.library(module.__name__)
            continue
        for name in sorted(set(names) & set(vars(module))):
            value = vars(module)[name]
            if isinstance(value, ModuleType):
                modules.append(value)
            else:
                walk.write("attribute", name)
                walk.add(value, where=f"{name} of {module.__name__}, in {where}")


def describe_built_in(walk: Walk, one: BuiltinFunctionType) -> None:
    """Write down a function in machine code: a library's by its version, another by its file."""
    module = one.__module__ or "builtins"
    if is_library(module):
        walk.library(module)
    elif file := getattr(sys.modules.get(module), "__file__", None):
        walk.file(file)


def describe_class(walk: Walk, one: type) -> None:
    """Write down a class; one of a library by its name."""
    if is_library_class(one):
        module = str(one.__module__) if isinstance(one.__module__, str) else ""
        walk.write("class", f"{module}.{one.__qualname__}")
        walk.library(module)
        return
    walk.write("class")
    walk.add(*one.__bases__, type(one), where=one.__qualname__)
    for name, value in sorted(vars(one).items()):
        if name not in NOT_IN_A_BODY:
            walk.write("attribute", name)
            walk.add(value, where=f"{one.__qualname__}.{name}")
