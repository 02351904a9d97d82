"""Options of trackers, checked by their type hints before a tracker is made. Book: chapter 13."""

from collections.abc import Callable, Mapping
from inspect import isclass, signature
from math import inf, isfinite
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from udtlib.errors import OptionError

LIMITS = {
    "cell": (1, 64),
    "largest": (1, inf),
    "learning_rate": (0, 1),
    "max_area": (16, inf),
    "padding": (0, 100),
    "patch_size": (8, 4096),
    "psr_threshold": (0, inf),
    "regularisation": (0, inf),
    "regulariser": (0, inf),
    "scale_penalty": (0, inf),
    "scale_step": (1, 10),
    "seed": (0, inf),
    "sigma": (1e-6, inf),
    "sigma_factor": (1e-6, inf),
    "smallest": (0, 1),
    "warps": (0, 10_000),
}
"""The least and the greatest value of an option that means the same in every tracker that has it."""

CHOICES = {"update": ("dual", "filter")}

WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a file",
    NoneType: "None",
}


def check_options(factory: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Check the options that ``factory``, a class or a function, names among its parameters.

    Raises:
        OptionError: a value of another type than the parameter's hint, or outside its range.
    """
    hints = get_type_hints(factory.__init__ if isclass(factory) else factory)
    named = signature(factory).parameters
    for name, value in options.items():
        if name in named and name in hints:
            check_option(name, value, hints[name])


def check_option(name: str, value: Any, hint: Any) -> None:
    """Check one value; hints that are not plain classes or unions of them are taken as anything.

    Raises:
        OptionError: a value of another type, or outside `LIMITS` or `CHOICES`.
    """
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not any(_is_a(value, kind) for kind in kinds):
        words = " or ".join(WORDS.get(kind, getattr(kind, "__name__", str(kind))) for kind in kinds)
        raise OptionError(f"option {name}: expected {words}, found {value!r}")
    if name in CHOICES and value not in CHOICES[name]:
        raise OptionError(f"option {name}: expected one of {', '.join(CHOICES[name])}, found {value!r}")
    least, greatest = LIMITS.get(name, (-inf, inf))
    if isinstance(value, Real) and not (isfinite(value) and least <= float(value) <= greatest):
        limit = f"at least {least:g}" if greatest == inf else f"from {least:g} to {greatest:g}"
        raise OptionError(f"option {name}: expected a finite number, {limit}, found {value!r}")


def _is_a(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):  # which Python counts among the whole numbers
        return kind in (bool, Any)
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real)
    return isinstance(value, kind) if isclass(kind) else True
