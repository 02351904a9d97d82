"""Weights of the network: our own files, foreign ones, and where they come from by default.

Book: chapters 06 and 11.
May import: the network, `udtlib.data` for where the files are.
"""

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
