"""Checks of chapter 05's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.check.hints import close, compare, expect, number, numbers
from udtlib.check.verdict import exercise

Answer = Callable[..., Any]


@exercise
def descend(answer: Answer) -> None:
    """Check gradient descent of a complex number against that of two real ones."""
    c, start = 1.5 - 2.0j, -0.5 + 0.8j
    cases = {
        "L = |w - c|^2": (lambda a, b: (2 * (a - c.real), 2 * (b - c.imag)), lambda w: w - c),
        "L = a^2 + 3 a b + 4 b^2": (
            lambda a, b: (2 * a + 3 * b, 3 * a + 8 * b),
            lambda w: w.real + 1.5 * w.imag + 1j * (1.5 * w.real + 4 * w.imag),
        ),
    }
    for case, (slopes, derivative) in cases.items():
        for rate, steps in ((0.1, 1), (0.05, 7), (0.1, 0)):
            found = numbers(answer(derivative, start, rate, steps), (), "one complex number")
            named = [
                (1, "both faults are still there"),
                (2, "the step goes along dL/dw, so the imaginary part climbs"),
                (3, "half as fast as the two real numbers: dL/dw* is half of dL/da + i dL/db"),
                (4, "the sign: this climbs"),
            ]
            wrong = [(_descended(derivative, start, rate, steps, kind), hint) for kind, hint in named]
            truth = complex(start)
            for _ in range(steps):
                truth -= rate * complex(*slopes(truth.real, truth.imag))
            compare(found, truth, wrong if steps else [], f"{case}, rate {rate}, {steps} steps")


def _descended(derivative: Answer, w: complex, rate: float, steps: int, kind: int) -> complex:
    """Return where one of four wrong ways leads."""
    for _ in range(steps):
        slope = complex(derivative(w))
        w -= rate * {1: slope.conjugate(), 2: 2 * slope.conjugate(), 3: slope, 4: -2 * slope}[kind]
    return w


def _layer(channels: int) -> dict[str, Any]:
    """Return spectra and constants of a small random layer, and its loss as a function of the template."""
    rng = np.random.default_rng(channels)
    X, Z = rng.standard_normal((2, channels, 7, 6))
    y, wish = np.fft.fft2(rng.standard_normal((7, 6))), rng.standard_normal((7, 6))

    def respond(template: NDArray, ridge: float) -> tuple[NDArray, NDArray]:
        x = np.fft.fft2(template)
        energy = (np.abs(x) ** 2).sum(0) + ridge
        return y * (x.conj() * np.fft.fft2(Z)).sum(0) / energy, energy

    def loss(template: NDArray, ridge: float) -> float:
        return float(0.5 * ((np.fft.ifft2(respond(template, ridge)[0]).real - wish) ** 2).sum())

    response, energy = respond(X, 2.0)
    g = np.fft.fft2(np.fft.ifft2(response).real - wish)
    return {"X": X, "z": np.fft.fft2(Z), "y": y, "g": g, "response": response, "energy": energy, "loss": loss}


@exercise
def lambda_gradient(answer: Answer) -> None:
    """Check dL/dlambda against a finite difference."""
    case = _layer(2)
    truth = (case["loss"](case["X"], 2.0 + 1e-5) - case["loss"](case["X"], 2.0 - 1e-5)) / 2e-5
    found = number(answer(case["g"], case["response"], case["energy"]), "one number, dL/dlambda")
    hint = "the sign: a larger lambda makes the response smaller"
    expect(not close(found, -truth, rtol=1e-4), hint)
    hint = "the bracket divides by the pixels, HW"
    expect(not close(found, truth * case["g"].size, rtol=1e-4), hint)
    expect(close(found, truth, rtol=1e-4), f"expected {truth:.6f} (finite difference), found {found}")


@exercise
def gradient_error(answer: Answer) -> None:
    """Check a check of gradients on right and wrong gradients of a layer's loss."""
    case = _layer(1)
    at, h = case["X"][0], 1e-5

    def loss(template: NDArray) -> float:
        return float(case["loss"](template[None], 2.0))

    right = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        bump = np.zeros_like(at)
        bump[index] = h
        right[index] = (loss(at + bump) - loss(at - bump)) / (2 * h)
    gaps, turned = right.copy(), right.copy()
    gaps[::2] = 0
    turned[2] = -turned[2]
    cases = {
        "the right gradient": right,
        "a gradient with every second row 0": gaps,
        "a gradient with the sign of one row turned": turned,
        "twice the gradient": 2 * right,
    }
    for name, gradient in cases.items():
        before = at.copy()
        found = number(answer(loss, gradient.copy(), at), f"one number for {name}")
        expect(np.array_equal(at, before), "`at` was changed: move a copy")
        truth = float(np.abs(gradient - right).max() / np.abs(gradient).max())
        slope = float((gradient * right).sum() / (gradient**2).sum())
        norms = abs(np.linalg.norm(gradient) / np.linalg.norm(right) - 1)
        hints = {
            abs(1 - slope): "this moves along the gradient only: move each entry by itself",
            norms: "two gradients of one length can differ: compare entry by entry",
            truth * float(np.abs(gradient).max()): "as a share of the gradient's largest entry",
        }
        for value, hint in hints.items():
            close_to_truth = close(value, truth, rtol=0.01, atol=1e-4)
            expect(close_to_truth or not close(found, value, rtol=0.01, atol=1e-4), f"{name}: {hint}")
        text = f"{name}: expected {truth:.3f}, found {found:.3f}"
        expect(close(found, truth, rtol=0.01, atol=1e-4), text)


@exercise
def inner_half(answer: Answer) -> None:
    """Check the bracket from half planes on an odd and an even width."""
    for width in (7, 8):
        U, V = np.random.default_rng(width).standard_normal((2, 5, width))
        found = number(answer(np.fft.rfft2(U), np.fft.rfft2(V), width), "one number, the bracket")
        alone = "has column 0 only" if width % 2 else "has column 0 and the last column"
        hint = (
            f"width {width}: expected {(U * V).sum():.4f}, found {found}; a half plane of this width "
            f"{alone} without a mirror image, every other column counts twice; divide by H*width"
        )
        expect(close(found, (U * V).sum(), rtol=1e-5, atol=1e-8), hint)
