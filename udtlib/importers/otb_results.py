"""The child process of `udtlib.evaluation.exchange.mat_files`: reads result files ``.mat`` of OTB's toolkit.

Each line it gets is the path of a file, in JSON; each line it answers is a JSON object: ``boxes`` as they
stand in the file, ``fps`` or null, or ``error``. Book: chapter 13.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from udtlib.child_process import messages_out
from udtlib.errors import DataError

MOST_ROWS = 10**6
"""Frames of a sequence; the longest of any benchmark has some ten thousand."""


def read(path: Path) -> dict[str, Any]:
    """Return what the struct ``results{1}`` of a file says: ``boxes`` and ``fps``.

    Raises:
        DataError: another version of the format, no such struct, several runs, or no rectangles.
    """
    with path.open("rb") as file:
        if not file.read(16).startswith(b"MATLAB 5.0 MAT"):
            raise DataError("expected a MATLAB file up to version 7; in MATLAB, save it again with -v7")
    found = scipy.io.loadmat(path, variable_names=["results"], struct_as_record=False, squeeze_me=True)
    runs = (
        [found["results"]] if hasattr(found.get("results"), "res") else list(np.ravel(found.get("results")))
    )
    if len(runs) != 1 or not hasattr(runs[0], "res"):
        raise DataError(
            f"expected results{{1}}.res of one-pass evaluation, found {len(runs)} cells; several are the "
            "runs of TRE or SRE, which are not read"
        )
    kind = str(getattr(runs[0], "type", "rect"))
    if kind != "rect":
        raise DataError(f"expected results{{1}}.type rect, found {kind[:40]!r}; other regions are not read")
    return {"boxes": _boxes(runs[0]), "fps": _fps(getattr(runs[0], "fps", None))}


def _boxes(run: Any) -> list[list[float]]:
    boxes = np.asarray(run.res)
    boxes = boxes[None] if boxes.shape == (4,) else boxes  # a single frame
    if boxes.ndim != 2 or boxes.shape[1] != 4 or boxes.dtype.kind not in "fiu":
        raise DataError(f"expected results{{1}}.res of N x 4 numbers, found {boxes.dtype} {boxes.shape}")
    if not 0 < len(boxes) <= MOST_ROWS:
        raise DataError(f"expected results{{1}}.res of 1 to {MOST_ROWS} rows, found {len(boxes)}")
    length = getattr(run, "len", len(boxes))
    if np.size(length) == 1 and np.ravel(length)[0] != len(boxes):
        raise DataError(f"expected as many rows as results{{1}}.len says, {length}, found {len(boxes)}")
    return [[float(number) for number in row] for row in boxes]


def _fps(value: Any) -> float | None:
    """Return frames a second, None where the file does not say or cannot be right."""
    if not isinstance(value, int | float | np.number) or not 0 < float(value) < 1e9:
        return None
    return float(value)


def answer(path: Path) -> dict[str, Any]:
    """Return the child's answer about a file."""
    try:
        return read(path)
    except DataError as error:
        problem = str(error)
    except MemoryError:
        problem = "refused: reading it takes more memory than results can need"
    except Exception as error:  # a foreign parser on a damaged file may raise anything
        problem = f"damaged or not results ({type(error).__name__}: {error})"
    return {"error": problem[:2000]}


def main() -> None:
    """Answer line by line."""
    with messages_out() as out:
        for line in sys.stdin.buffer:
            out.write(json.dumps(answer(Path(json.loads(line)))).encode() + b"\n")
            out.flush()


if __name__ == "__main__":
    main()
