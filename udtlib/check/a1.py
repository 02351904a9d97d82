"""Assignment A1, MOSSE and the circulant trick: what is graded, and how.

``a1.check(your_function)`` says how many points it has. The references are slow on purpose: a sum over all
shifts, a dense system. Book: chapter 02.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from udtlib.check.grading.marking import Answer, Part, Problems, checker
from udtlib.check.hints import Array, compare, expect, numbers, real

Generator = np.random.Generator


def _placed(answer: Answer, rng: Generator, whole: bool) -> None:
    """`placed_label` at whole or fractional places, near the border too."""
    for height, width in ((7, 12), (10, 6)):
        row, column = float(rng.integers(1, height - 1)), float(rng.integers(1, width - 1))
        if not whole:
            row, column = row + rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.4)
        sigma = rng.uniform(1.2, 2.0)
        found = numbers(
            answer(height, width, row, column, sigma),
            (height, width),
            f"an array ({height}, {width})",
        )
        wrong = [
            (_gaussian(height, width, 0, 0, sigma), "the peak is at (0, 0), not at (row, column)"),
            (
                _gaussian(height, width, height // 2, width // 2, sigma),
                "the peak is in the middle of the map",
            ),
            (_gaussian(height, width, column, row, sigma), "row and column are exchanged"),
            (_gaussian(height, width, -row, -column, sigma), "the label was moved the other way"),
            (
                _gaussian(height, width, row + 1, column + 1, sigma),
                "one cell too far: cells are counted from 0",
            ),
            (
                _gaussian(height, width, row, column, np.sqrt(sigma)),
                "sigma is the deviation, not the variance",
            ),
            (_gaussian(height, width, row, column, sigma / np.sqrt(2)), "the exponent is -d^2 / (2 sigma^2)"),
            (
                _gaussian(height, width, np.round(row), np.round(column), sigma),
                "the place was rounded to a cell",
            ),
            (_gaussian(height, width, int(row), int(column), sigma), "the place was cut off to a whole cell"),
            (
                _forward(height, width, row, column, sigma),
                "a cell before the peak is near too: the shorter way",
            ),
            (_once(height, width, row, column, sigma), "the map wraps around in both directions"),
            (_once(width, height, column, row, sigma).T, "the map wraps around in both directions"),
            (
                _flat(height, width, row, column, sigma),
                "the map wraps around: take the shorter way on the circle",
            ),
        ]
        truth = _gaussian(height, width, row, column, sigma)
        wrong.append((truth / truth.sum(), "the peak is 1, not the sum"))
        wrong.append((truth / (2 * np.pi * sigma**2), "the peak is 1: no factor before the exponential"))
        compare(found, truth, wrong, f"{height} x {width}, peak at ({row:.2f}, {column:.2f})", rtol=1e-5)
        expect(whole or found.max() <= 1 + 1e-9, "the peak's height is at most 1")


def _gaussian(height: int, width: int, row: float, column: float, sigma: float) -> Array:
    """Return a Gaussian on the circle, cell by cell, the shortest of three ways in each direction."""
    label = np.empty((height, width))
    for i, j in np.ndindex(height, width):
        down = min(abs(i - row + turn * height) for turn in (-2, -1, 0, 1, 2))
        right = min(abs(j - column + turn * width) for turn in (-2, -1, 0, 1, 2))
        label[i, j] = np.exp(-(down**2 + right**2) / (2 * sigma**2))
    return label


def _forward(height: int, width: int, row: float, column: float, sigma: float) -> Array:
    """Return the label whose distances are all counted down and to the right."""
    rows, columns = (np.arange(height) - row) % height, (np.arange(width) - column) % width
    return np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * sigma**2))


def _once(height: int, width: int, row: float, column: float, sigma: float) -> Array:
    """Return the label on a map that wraps around from top to bottom only."""
    first = _gaussian(height, 1, row, 0, sigma)
    return np.asarray(first * np.exp(-((np.arange(width) - column) ** 2) / (2 * sigma**2)))


def _flat(height: int, width: int, row: float, column: float, sigma: float) -> Array:
    rows, columns = np.mgrid[:height, :width]
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2))


def _ridge(answer: Answer, rng: Generator, length: int) -> None:
    """`ridge_over_shifts` against the dense system of all shifts."""
    x, y = rng.standard_normal((2, length))
    lam = rng.uniform(0.5, 2.0)
    found = numbers(answer(x.copy(), y.copy(), lam), (length,), f"real weights of shape ({length},)")
    real(found, "the vector of weights")
    rows = np.array([np.roll(x, shift) for shift in range(length)])
    mirrored = np.roll(y[::-1], 1)
    truth = _dense(rows, y, lam)
    left = _dense(rows, mirrored, lam)
    wrong = [
        (np.roll(left[::-1], 1), "X w is a correlation, not a convolution: what is its Fourier transform?"),
        (left, "that is for rows that move to the left, as in chapter 02: here they move to the right"),
        (np.roll(truth[::-1], 1), "the weights are mirrored: one conjugate too many on each spectrum"),
        (_dense(rows, y, 1e-12), "lambda is not used"),
        (
            _dense(rows, y, lam * length),
            "lambda is counted once for each shift; numpy's fft needs no such factor",
        ),
        (_dense(rows, y, lam / length), "lambda was divided by the length; numpy's fft needs no such factor"),
        (_dense(rows, y, lam**2), "lambda is squared: it stands in the loss as it is"),
        (np.abs(truth), "weights may be negative: the real part, not the absolute value"),
        (rows.T @ y / length, "that is the correlation of x and y: the division by the energy is missing"),
        (_dense(rows, np.roll(y, 1), lam), "off by one: the first row is x itself, not x moved by one"),
    ]
    compare(found, truth, wrong, f"{length} samples", rtol=1e-5)


def _dense(rows: Array, target: Array, lam: float) -> Array:
    return np.asarray(np.linalg.solve(rows.T @ rows + lam * np.eye(rows.shape[1]), rows.T @ target))


def _fast(answer: Answer, rng: Generator) -> None:
    """`ridge_over_shifts` on a signal whose matrix of shifts does not fit into memory."""
    x, y = rng.standard_normal((2, 50_000))
    found = numbers(answer(x.copy(), y.copy(), 4e4), (50_000,), "real weights of shape (50000,)")
    real(found, "the vector of weights")
    hint = "50,000 samples: the normal equations do not hold, the short signals say more"
    expect(_residual(x, y, found, rng.integers(0, 50_000, 20)) < 1e-5 * np.abs(x).sum(), hint)


def _residual(x: Array, y: Array, w: Array, places: Array) -> float:
    """Return the largest error of ``X^T (X w - y) + 40,000 w = 0`` at some entries."""
    from scipy.signal import fftconvolve

    answers = fftconvolve(np.concatenate([w, w]), x[::-1])[len(x) - 1 : 2 * len(x) - 1]
    columns = (np.roll(x[::-1], place + 1) for place in places)  # entry `place` of x moved by 0, 1, 2 ...
    errors = [column @ (answers - y) + 4e4 * w[place] for column, place in zip(columns, places, strict=True)]
    return float(np.abs(errors).max())


def _update(answer: Answer, rng: Generator, steps: int) -> None:
    """`update_filter`, over one step or several."""
    height, width, rate = 6, 5, rng.uniform(0.1, 0.3)
    label = rng.standard_normal((height, width))
    A, B = _products(rng.standard_normal((height, width)), label)
    states = {kind: (A, B) for kind in ("right", *UPDATES)}
    found = (A, B)
    for _ in range(steps):
        patch = rng.standard_normal((height, width))
        kept = found[0].copy(), found[1].copy(), patch.copy()
        reply = answer(found[0], found[1], patch, label.copy(), rate)
        expect(
            np.array_equal(kept[0], found[0]) and np.array_equal(kept[2], patch),
            "an argument was overwritten",
        )
        found = _pair(reply, (height, width))
        states = {kind: _next(kind, state, patch, label, rate) for kind, state in states.items()}
    for index, what in ((0, "numerator"), (1, "denominator")):
        mistakes = [(states[kind][index], hint) for kind, hint in UPDATES.items()]
        mistakes.append((states["right"][1 - index], "numerator and denominator are exchanged"))
        compare(
            found[index], states["right"][index], mistakes, f"the {what} after {steps} step(s)", rtol=1e-6
        )


UPDATES = {
    "half": "only the numerator is averaged: the denominator is averaged with the same rate",
    "plain": "the conjugate is missing: the numerator is the label's spectrum times conj(patch's)",
    "mirrored": "the conjugate is on the wrong spectrum: that filter is mirrored",
    "turned": "the rate is on the wrong side: it is the share of the *new* patch",
    "sum": "the old part must fade: multiply it by 1 - rate",
    "new": "only the new patch is left of the filter",
    "kept": "the denominator is still the old one",
    "root": "the denominator is the *squared* modulus of the patch's spectrum",
    "square": "the conjugate is missing in the denominator",
}


def _products(patch: Array, label: Array) -> tuple[Array, Array]:
    """Return MOSSE's two products from the matrix of the transform, without an FFT."""
    F, G = (_dft(map_) for map_ in (patch, label))
    return G * F.conj(), (F * F.conj()).real + 0j


def _dft(values: Array) -> Array:
    left, right = (np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) for n in values.shape)
    return np.asarray(left @ values @ right)


def _next(
    kind: str, state: tuple[Array, Array], patch: Array, label: Array, rate: float
) -> tuple[Array, Array]:
    A, B = _products(patch, label)
    F, G = _dft(patch), _dft(label)
    A = {"mirrored": G.conj() * F, "plain": G * F}.get(kind, A)
    B = {"root": np.abs(F) + 0j, "square": F * F}.get(kind, B)
    if kind == "kept":
        return (1 - rate) * state[0] + rate * A, state[1]
    old, new = {"turned": (rate, 1 - rate), "sum": (1, rate), "new": (0, 1)}.get(kind, (1 - rate, rate))
    return old * state[0] + new * A, B if kind == "half" else old * state[1] + new * B


def _pair(reply: Any, shape: tuple[int, int]) -> tuple[Array, Array]:
    expect(
        isinstance(reply, list | tuple) and len(reply) == 2, "expected two arrays, numerator and denominator"
    )
    A, B = (numbers(part, shape, f"two spectra of shape {shape}") for part in reply)
    return np.asarray(A, complex), np.asarray(B, complex)


def _repaired(answer: Answer, rng: Generator, kinds: Sequence[str]) -> None:
    """`peak_shift` on maps that reveal one fault each."""
    for kind, (height, width) in product(kinds, ((9, 14), (12, 8), (8, 9))):
        response = rng.uniform(-0.3, 0.3, (height, width))
        # A peak near the corner by the trough, so that only what the trough spoils costs points there.
        most = (min(height, width),) * 2 if kind == "trough" else (height, width)
        row, column = (int(rng.integers(1, length // 2)) for length in most)
        if kind == "negative":
            row, column = height - row, width - column
        if kind == "half":
            row, column = height // 2, width // 2
        response[row, column] = 1.0
        if kind == "trough":
            response[height - row, 0] = -2.0
        truth = np.array([_signed(row, height), _signed(column, width)])
        found = numbers(answer(response.copy()), (2,), "two numbers (dy, dx)")
        wrong = [
            (truth[::-1], "(dy, dx): rows first"),
            (np.array([row, column]), "an index beyond the middle means a move up or left"),
            (truth + (truth < 0), "one cell off for moves up or left: the last index means -1"),
            (-truth, "the sign is turned round"),
            (np.array([_signed(height - row, height), 0]), "a deep trough is not a peak: no absolute value"),
            (
                truth - np.array([height, width]) * (truth * 2 == (height, width)),
                "half the length means +half, not -half",
            ),
            (
                truth - np.array([height, width]) * (truth == (height // 2, width // 2)),
                "an index below or at half the length is a move down or right, also for an odd length",
            ),
            (
                np.array([row - height // 2, column - width // 2]),
                "displacement 0 is cell (0, 0), not the middle",
            ),
            (
                np.array([_signed(row, height), _signed(column, height)]),
                "the width is not the height",
            ),
            (
                np.array([truth[0], truth[1] + (truth[1] < 0)]),
                "one cell off for moves left: the last index means -1",
            ),
        ]
        compare(found, truth, wrong, f"{height} x {width}, peak at index ({row}, {column})")


def _signed(index: int, length: int) -> int:
    return index - length if index > length / 2 else index


PROBLEMS: Problems = {
    "placed_label": (
        Part(2, "whole cells", partial(_placed, whole=True)),
        Part(1, "between the cells, near the border", partial(_placed, whole=False)),
    ),
    "ridge_over_shifts": (
        Part(2, "a short signal, odd length", partial(_ridge, length=7)),
        Part(1, "a short signal, even length", partial(_ridge, length=10)),
        Part(2, "a long signal", _fast),
    ),
    "update_filter": (
        Part(2, "one step", partial(_update, steps=1)),
        Part(1, "three steps", partial(_update, steps=3)),
    ),
    "peak_shift": (
        Part(2, "moves in all directions", partial(_repaired, kinds=("positive", "negative"))),
        Part(1, "half the length", partial(_repaired, kinds=("half",))),
        Part(1, "a deep trough", partial(_repaired, kinds=("trough",))),
    ),
}

check = checker(PROBLEMS)
