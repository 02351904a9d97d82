"""Arguments and settings, checked in one place before anything is done with them.

A parameter, or a field of settings, says in its annotation what it takes::

    padding: Annotated[float, Between(0, 100)] = 1.0
    update: Annotated[str, OneOf("dual", "filter")] = "dual"

`checked` wraps a function, `check_fields` looks at a dataclass, `check` at a single value. A number may be of
any real type (int, float, numpy, Fraction) and becomes an int or a float; True is no number.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from inspect import Parameter, isclass, signature
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from udtlib.errors import OptionError, UnknownNameError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Value = TypeVar("Value")

REFUSED = object()
LARGEST_SEED = 2**63 - 1
LONGEST = 90  # characters of a refused value in a message
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
DIGITS = 4000  # of a number in text: Python itself refuses to read many more
WORDS = {bool: "True or False", str: "a text", Path: "a file", NoneType: "None"}


@dataclass(frozen=True)
class Between:
    """The least and the greatest number that is taken; ``below`` leaves out the greatest itself."""

    low: float
    high: float
    below: bool = False

    def __contains__(self, value: float) -> bool:
        """Say whether ``value`` is one of these numbers."""
        return self.low <= value <= self.high and not (self.below and value == self.high)

    def __str__(self) -> str:
        """Return the range in words: ``from 0 to 100``."""
        return f"from {_plain(self.low)} to {'below ' if self.below else ''}{_plain(self.high)}"


class OneOf(tuple[Any, ...]):
    """The values that are taken."""

    __slots__ = ()

    def __new__(cls, *choices: Any) -> "OneOf":
        """Take the choices as arguments."""
        return super().__new__(cls, choices)


def check(name: str, value: Any, hint: Any) -> Any:
    """Return ``value`` as its annotation has it: an int for a whole number, a float for a number.

    Annotations that are neither plain classes nor choices, nor unions of them, are taken as anything.

    Raises:
        OptionError: a value of another type, not finite, out of range, or none of the choices.
    """
    taken = take(value, hint)
    if taken is REFUSED:
        raise OptionError(f"{name}: expected {expected(hint)}, found {shown(value)}")
    return taken


def checked(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Return ``function`` with every argument looked at by `check` first, as the signature says."""
    parameters = signature(function).parameters

    @wraps(function)
    def call(*positional: Arguments.args, **named: Arguments.kwargs) -> Result:
        bound = signature(function).bind(*positional, **named)
        hints = get_type_hints(function, include_extras=True)
        for name in hints.keys() & bound.arguments.keys():
            value = bound.arguments[name]
            if parameters[name].kind is Parameter.VAR_KEYWORD:
                bound.arguments[name] = {key: check(key, each, hints[name]) for key, each in value.items()}
            else:
                bound.arguments[name] = check(name, value, hints[name])
        return function(*bound.args, **bound.kwargs)

    return call


def check_fields(settings: Any) -> None:
    """Check every field of a dataclass, frozen or not; for its ``__post_init__``.

    Raises:
        OptionError: as `check`.
    """
    hints = get_type_hints(type(settings), include_extras=True)
    for field in fields(settings):
        value = check(field.name, getattr(settings, field.name), hints[field.name])
        object.__setattr__(settings, field.name, value)


def look_up(kind: str, name: Any, table: Mapping[str, Value]) -> Value:
    """Return what a table holds under ``name``.

    Raises:
        UnknownNameError: it is not in the table, or no text.
    """
    return table[check_name(kind, name, table)]


def preset_with(presets: Mapping[str, Value], preset: str, changes: Mapping[str, Any], *beside: str) -> Value:
    """Return the settings (a dataclass) under the name ``preset``, with some of them changed.

    ``beside`` names what the caller takes beside settings, for the message on an unknown one.

    Raises:
        UnknownNameError: an unknown preset.
        OptionError: an unknown setting, or a value of another type or outside its range.
    """
    chosen: Any = look_up("preset", preset, presets)
    known = [field.name for field in fields(chosen)]
    unknown = sorted(changes.keys() - set(known))
    if unknown:
        raise OptionError(f"no setting {', '.join(unknown)}; known: {', '.join([*known, *beside])}")
    return replace(chosen, **changes)


def check_name(kind: str, name: Any, known: Collection[str]) -> str:
    """Return ``name``.

    Raises:
        UnknownNameError: it is none of those known, or no text.
    """
    if not isinstance(name, str) or name not in known:
        raise UnknownNameError(f"no {kind} {shown(name)}; known: {', '.join(known)}")
    return name


def take(value: Any, hint: Any) -> Any:
    """Return ``value`` as `check` does, or `REFUSED`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        taken = (take(value, kind) for kind in arguments)
        return next((each for each in taken if each is not REFUSED), REFUSED)
    if origin is Annotated:
        taken_first = take(value, arguments[0])
        allowed = all(_allows(rule, taken_first) for rule in arguments[1:])
        return taken_first if taken_first is not REFUSED and allowed else REFUSED
    if origin is Literal:
        return value if any(type(value) is type(each) and value == each for each in arguments) else REFUSED
    if hint in (int, float):
        return _number(value, hint)
    if hint is bool:
        return bool(value) if isinstance(value, bool | np.bool_) else REFUSED
    if origin is list and isinstance(value, list):
        items = [take(item, arguments[0]) for item in value]
        return REFUSED if any(item is REFUSED for item in items) else items
    kind = origin or hint  # of tuple[int, ...], tuple
    return value if kind is Any or not isclass(kind) or isinstance(value, kind) else REFUSED


def expected(hint: Any) -> str:
    """Return in words what an annotation takes: ``a number from 0 to 1 or None``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(map(expected, arguments))
    if origin is Annotated:
        return _ruled(*arguments)
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin is list:
        return f"a list, each {expected(arguments[0])}"
    if hint in (int, float):
        return "a whole number" if hint is int else "a finite number"
    return WORDS.get(hint, getattr(hint, "__name__", str(hint)))


def read_number(text: str) -> int | float | None:
    """Return the number that a text is, int or float, or None.

    Only plain decimal ones: no ``nan``, ``inf``, ``0x10``, ``1_000`` and no digits but 0 to 9. A number too
    large for a float is infinite.
    """
    text = text.strip()
    if len(text) > DIGITS or NUMBER.fullmatch(text) is None:
        return None
    try:
        return int(text)
    except ValueError:
        return float(text)


def columns(row: str) -> list[str]:
    """Return the words of a row of text, between which stand blanks and at most one comma or semicolon.

    One more comma or semicolon may end the row. A column without a word is an empty text, which is no number.
    """
    words = SEPARATOR.split(row.strip())
    return words if words[-1] else words[:-1]


def shown(value: Any) -> str:
    """Return how a refused value stands in a message: its repr, cut off if long."""
    try:
        text = repr(value)
    except Exception:  # a whole number of too many digits, say
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _number(value: Any, kind: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, Integral if kind is int else Real):
        return REFUSED
    try:
        number = kind(value)
        return number if kind is int or isfinite(number) else REFUSED
    except (OverflowError, ValueError):  # 10**400 as a float
        return REFUSED


def _allows(rule: Any, value: Any) -> bool:
    return value is not REFUSED and (not isinstance(rule, Between | OneOf) or value in rule)


def _ruled(kind: Any, *rules: Any) -> str:
    for rule in rules:
        if isinstance(rule, OneOf):
            return f"one of {', '.join(map(str, rule))}"
        if isinstance(rule, Between):
            return f"a {'whole ' if kind is int else ''}number {rule}"
    return expected(kind)


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
