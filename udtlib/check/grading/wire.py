"""Arguments and answers as bytes between the judge and the process that runs a student's functions.

A frame is two lengths, a line of JSON and the bytes of all arrays. Nothing is unpickled, and every size is
checked before anything is made of it: the other side may be hostile. Book: chapters 02 to 14.
"""

import json
import math
import struct
from typing import Any

import numpy as np

LENGTHS = struct.Struct(">II")
LARGEST_TEXT = 1 << 20
"""Bytes of a frame's JSON; the cells of a notebook go through it too."""

LARGEST_ARRAYS = 16 << 20
"""Bytes of all arrays of a frame."""

DEEPEST = 5
"""Lists in lists."""

DTYPES = {"f": "<f8", "c": "<c16"}


def pack(value: Any) -> bytes:
    """Return a frame of a value: numbers, texts, None, arrays, and lists, tuples and dicts of these.

    Real arrays travel as float64, complex ones and numbers as complex128; anything else as its type's name.
    """
    arrays: list[bytes] = []
    text = json.dumps(_described(value, arrays, 0)).encode()
    payload = b"".join(arrays)
    return LENGTHS.pack(len(text), len(payload)) + text + payload


def _described(value: Any, arrays: list[bytes], depth: int) -> Any:
    if depth > DEEPEST:
        return {"other": "a list in a list in a list"}
    if isinstance(value, np.integer | np.floating):
        value = value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return {"plain": value}
    if isinstance(value, dict):
        return {
            "dict": [[str(key), _described(part, arrays, depth + 1)] for key, part in list(value.items())]
        }
    if isinstance(value, list | tuple):
        return {"list": [_described(part, arrays, depth + 1) for part in value]}
    try:
        return _array(np.asarray(value), arrays)
    except (TypeError, ValueError):
        return {"other": type(value).__name__}


def _array(array: np.ndarray, arrays: list[bytes]) -> dict[str, Any]:
    kind = "c" if array.dtype.kind == "c" else "f"
    if array.dtype.kind not in "biufc" or array.size * 16 > LARGEST_ARRAYS:
        return {"other": f"array of {array.dtype} and shape {array.shape}"}
    arrays.append(np.ascontiguousarray(array, dtype=DTYPES[kind]).tobytes())
    return {"kind": kind, "shape": list(array.shape)}


def lengths(head: bytes) -> tuple[int, int]:
    """Return the bytes of text and arrays that a frame's first `LENGTHS.size` bytes announce.

    Raises:
        ValueError: too few bytes, or more announced than a frame may have.
    """
    if len(head) != LENGTHS.size:
        raise ValueError("a frame that ends too early")
    text, payload = LENGTHS.unpack(head)
    if text > LARGEST_TEXT or payload > LARGEST_ARRAYS:
        raise ValueError(f"a frame of {text} and {payload} bytes is too large")
    return text, payload


def unpack(text: bytes, payload: bytes) -> Any:
    """Return the value of a frame; what was no number is an `Other`.

    Raises:
        ValueError: not a frame that `pack` makes.
    """
    try:
        value, rest = _made(json.loads(text), payload, 0)
    except (KeyError, TypeError, RecursionError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a frame ({type(error).__name__})") from None
    if rest:
        raise ValueError("a frame with more bytes than it describes")
    return value


class Other(str):
    """The name of something that is neither a number nor a text."""

    __slots__ = ()


def _made(described: dict[str, Any], payload: bytes, depth: int) -> tuple[Any, bytes]:
    if depth > DEEPEST + 1:
        raise ValueError("lists too deep")
    if "plain" in described:
        return described["plain"], payload
    if "other" in described:
        return Other(str(described["other"])[:100]), payload
    if "dict" in described or "list" in described:
        pairs = described.get("dict") or [["", part] for part in described.get("list", [])]
        parts = []
        for _, part in pairs:
            value, payload = _made(part, payload, depth + 1)
            parts.append(value)
        keys = [str(key) for key, _ in pairs]
        return (dict(zip(keys, parts, strict=True)) if "dict" in described else parts), payload
    return _made_array(described, payload)


def _made_array(described: dict[str, Any], payload: bytes) -> tuple[Any, bytes]:
    shape, dtype = [int(side) for side in described["shape"]], np.dtype(DTYPES[described["kind"]])
    size = math.prod(shape) * dtype.itemsize
    if len(shape) > 8 or min(shape, default=0) < 0 or size > len(payload):
        raise ValueError(f"an array of shape {shape} and too few bytes")
    array = np.frombuffer(payload[:size], dtype).reshape(shape).copy()
    return array, payload[size:]
