"""Weights of the network: our own files, foreign ones, and where they come from by default.

Book: chapters 06 and 11.
May import: the network, `udtlib.data` for where the files are. What is offered here is imported, and torch
with it, when it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from udtlib.weights.files import (
        CHANNEL_ORDERS,
        PUBLISHED,
        SHAPES,
        SHIPPED,
        Weights,
        default,
        exchange_red_and_blue,
        get_weights,
        load_weights,
        random_weights,
        save_weights,
        shipped,
    )

__all__ = [
    "CHANNEL_ORDERS",
    "PUBLISHED",
    "SHAPES",
    "SHIPPED",
    "Weights",
    "default",
    "exchange_red_and_blue",
    "get_weights",
    "load_weights",
    "random_weights",
    "save_weights",
    "shipped",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from udtlib.weights import files

    return getattr(files, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
