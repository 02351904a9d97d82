"""For nbval: cells tagged ``closed-loop`` may print slightly other numbers than those stored.

What such a cell prints comes from trackers that follow their own answers. Where one runs along the edge of
losing its target, the last bit of a sum, which differs between processors, moves its score (chapter 13).
All else must agree to the letter, and so must the words around these numbers.
"""

import re
from collections.abc import Sequence
from math import isclose
from typing import Any

import pytest

TAG = "closed-loop"
CLOSE = 0.12
"""Of a number, or of 1 if that is more. With nothing above SSE4.2 means moved by .05, ends of intervals by .10."""
NUMBER = re.compile(r"[-+]?\b\d+(?:\.\d+)?")


def agree(found: str, stored: str) -> bool:
    """Return whether two texts are equal but for numbers that are close, and spaces."""
    pairs = zip(NUMBER.findall(found), NUMBER.findall(stored), strict=False)
    words = [re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (found, stored)]
    return words[0] == words[1] and all(close(*pair) for pair in pairs)


def close(found: str, stored: str) -> bool:
    """Return whether two numbers are within `CLOSE`; whole ones may differ by 1."""
    whole = float(found).is_integer() and "." not in stored
    return isclose(float(found), float(stored), rel_tol=CLOSE, abs_tol=1 if whole else CLOSE)


def with_close_numbers(found: Sequence[Any], stored: Sequence[Any]) -> list[Any]:
    """Return the outputs found, with the stored text of stdout and stderr where the two agree."""
    texts = {output["name"]: output["text"] for output in stored if output["output_type"] == "stream"}
    return [
        type(output)(output, text=texts[output["name"]])
        if output["output_type"] == "stream" and agree(output["text"], texts.get(output["name"], ""))
        else output
        for output in found
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tagged cells compare with a tolerance."""
    for item in items:
        cell: Any = getattr(item, "cell", None)
        if cell is not None and TAG in cell.metadata.get("tags", []):
            loosen(item)


def loosen(item: Any) -> None:
    """Make ``item``, an nbval cell, take numbers that are close for those stored."""
    compare = item.compare_outputs
    item.compare_outputs = lambda found, stored, **more: compare(
        with_close_numbers(found, stored), stored, **more
    )
