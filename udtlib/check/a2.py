"""Assignment A2, the DCF layer and its gradient: what is graded, and how.

``a2.check(your_function)`` says how many points it has. The references solve a dense system at every shift
and take finite differences; no formula of the book is in them. Book: chapters 04 and 05.
"""

from functools import partial
from typing import Any

import numpy as np

from udtlib.check.grading.marking import Answer, Part, Problems, checker
from udtlib.check.hints import Array, compare, numbers, real

Generator = np.random.Generator
CONJUGATE = "the gradient of a product has the conjugate of the other factors: look at label and template"


def _shifts(features: Array) -> Array:
    """Return all cyclic shifts of features ``(C, H, W)``, a row for each cell of the response."""
    _, height, width = features.shape
    i, j, row, column = np.ogrid[:height, :width, :height, :width]
    moved = features[
        :, (row + i) % height, (column + j) % width
    ]  # (C, H, W, H, W), the last two of the patch
    return np.moveaxis(moved, 0, 2).reshape(height * width, -1)


def _weights(template: Array, label: Array, lam: float) -> Array:
    """Return the filter of Eq. 1, flat, from its dense normal equations."""
    rows = _shifts(template)
    return np.asarray(np.linalg.solve(rows.T @ rows + lam * np.eye(rows.shape[1]), rows.T @ label.ravel()))


def _respond(template: Array, search: Array, label: Array, lam: float) -> Array:
    """Return the response ``(H, W)`` from the dense filter."""
    return np.asarray((_shifts(search) @ _weights(template, label, lam)).reshape(label.shape))


def _case(rng: Generator, channels: int, height: int, width: int) -> tuple[Array, Array, Array, float]:
    """Return a template, a search patch, a label off the centre and without symmetry, and lambda."""
    template = rng.standard_normal((channels, height, width))
    search = np.roll(template, (2, 1), (1, 2)) + 0.4 * rng.standard_normal(template.shape)
    return template, search, rng.standard_normal((height, width)), float(rng.uniform(0.5, 2.0))


def _mirror(maps: Array) -> Array:
    """Return maps turned by half a turn about cell (0, 0), whose spectra are the conjugates."""
    return np.roll(maps[..., ::-1, ::-1], (1, 1), (-2, -1))


def _response(answer: Answer, rng: Generator, channels: int, width: int) -> None:
    """`layer_response` against the dense filter."""
    template, search, label, lam = _case(rng, channels, 5, width)
    found = numbers(
        answer(template.copy(), search.copy(), label.copy(), lam),
        label.shape,
        f"a real map of shape {label.shape}",
    )
    real(found, "a response")
    truth = _respond(template, search, label, lam)
    apart = [_respond(t[None], z[None], label, lam) for t, z in zip(template, search, strict=True)]
    wrong = [
        (
            sum(apart) if channels > 1 else truth + 1,
            "each channel has its own denominator: sum the energies first",
        ),
        (
            sum(apart) / channels if channels > 1 else truth + 1,
            "the mean of one-channel answers is not the answer",
        ),
        (_mirror(truth), "the response is mirrored: the conjugate is on the wrong spectrum"),
        (
            _respond(template, search, _mirror(label), lam),
            "the label is mirrored: it carries no conjugate here",
        ),
        (_respond(_mirror(template), search, label, lam), "a conjugate is missing: that is a convolution"),
        (
            _respond(template, search, label, lam * channels),
            "lambda is added once, after the sum over channels",
        ),
        (
            _respond(template, search, label, lam * template.size),
            "lambda is the plain one of the paper, not relative",
        ),
        (_respond(template, search, label, 1e-7), "lambda is not used"),
        (_respond(search, template, label, lam), "template and search patch are exchanged"),
        (_respond(template, search, _impulse(label), lam), "the label is not used"),
        (np.fft.fftshift(truth), "shifting to the centre is for drawing only: displacement 0 is cell (0, 0)"),
    ]
    case = f"{channels} channel(s), {label.shape[0]} x {width}"
    compare(found, truth, wrong, case, rtol=1e-5, atol=1e-8)


def _impulse(label: Array) -> Array:
    """Return the label that is 1 at displacement zero, whose spectrum is 1 everywhere."""
    impulse = np.zeros_like(label)
    impulse[0, 0] = 1
    return impulse


def _slopes(loss: Any, at: Array) -> Array:
    """Return the gradient of a loss by central differences."""
    gradient, h = np.empty_like(at), 1e-5
    for index in np.ndindex(at.shape):
        bump = np.zeros_like(at)
        bump[index] = h
        gradient[index] = (loss(at + bump) - loss(at - bump)) / (2 * h)
    return gradient


def _gradient(answer: Answer, rng: Generator, side: str, channels: int) -> None:
    """`search_gradient` and `template_gradient` against finite differences of a dense layer."""
    template, search, label, lam = _case(rng, channels, 4, 5)
    arriving = rng.standard_normal(label.shape)
    given = tuple(part.copy() for part in (template, search, label))
    found = numbers(
        answer(*given, lam, arriving.copy()), template.shape, f"a gradient of shape {template.shape}"
    )
    real(found, "the gradient by real features")

    def by_search(z: Array) -> float:
        return float((arriving * _respond(template, z, label, lam)).sum())

    def by_template(x: Array) -> float:
        return float((arriving * _respond(x, search, label, lam)).sum())

    gradients = {"search": _slopes(by_search, search), "template": _slopes(by_template, template)}
    truth = gradients.pop(side)
    linear = _frozen(template, search, label, lam, arriving)
    other = next(iter(gradients.values()))
    wrong = [
        (other, "that is the gradient of the other patch"),
        (-truth, "the sign is turned round"),
        (2 * truth, "twice too much"),
        (truth / 2, "half of it"),
        (_mirror(truth), "the gradient is mirrored: a conjugate is missing or too many"),
        (truth * arriving.size, "an FFT's factor H*W is left over"),
        (truth / arriving.size, "divided by H*W once too often"),
        (truth.mean(0) + 0 * truth, "every channel got the mean of all"),
    ]
    if side == "search":
        wrong += [(value, CONJUGATE) for value in _mirrored_gradients(template, search, label, lam, arriving)]
    else:
        wrong += [
            (linear, "the first term only: the denominator holds the template too"),
            (2 * linear - truth, "the second term has the wrong sign"),
            (
                (truth + linear) / 2,
                "the second term lacks its factor 2: both x and its conjugate are in the energy",
            ),
        ]
    compare(found, truth, wrong, f"{channels} channel(s)", rtol=1e-4, atol=1e-6)


def _mirrored_gradients(
    template: Array, search: Array, label: Array, lam: float, arriving: Array
) -> list[Array]:
    """Return the search patch's gradient with the label, the template, or both mirrored."""
    pairs = [(template, _mirror(label)), (_mirror(template), label), (_mirror(template), _mirror(label))]
    return [
        _slopes(lambda z, x=x, y=y: float((arriving * _respond(x, z, y, lam)).sum()), search)
        for x, y in pairs
    ]


def _frozen(template: Array, search: Array, label: Array, lam: float, arriving: Array) -> Array:
    """Return the template's gradient with the denominator held still: what its first term alone gives."""

    def loss(x: Array) -> float:
        spectrum = np.fft.fft2(x).conj() * np.fft.fft2(search) * np.fft.fft2(label) / energy
        return float((arriving * np.fft.ifft2(spectrum.sum(0)).real).sum())

    energy = (np.abs(np.fft.fft2(template)) ** 2).sum(0) + lam
    return _slopes(loss, template)


def _energy(answer: Answer, rng: Generator, kind: str) -> None:
    """`repaired_response` where each fault of the broken code shows."""
    channels, width = (1, 6) if kind == "even" else (3, 6) if kind == "channels" else (1, 7)
    template, search, label, lam = _case(rng, channels, 5, width)
    if kind == "blank":
        template = np.zeros_like(template)
    truth = np.zeros_like(label) if kind == "blank" else _respond(template, search, label, lam)
    reply = answer(template.copy(), search.copy(), label.copy(), lam)
    case = f"{kind}: {channels} channel(s), 5 x {width}"
    found = numbers(reply, label.shape, f"{case}: a finite map of shape {label.shape}")
    wrong = [
        (
            _respond(_mirror(template), search, label, lam),
            "a convolution: which spectrum needs the conjugate?",
        ),
        (
            _respond(_mirror(template), _mirror(search), label, lam),
            "the conjugate is still on the wrong spectrum",
        ),
        (np.fft.fftshift(truth), "still shifted for drawing: displacement 0 is cell (0, 0)"),
        (_respond(template, search, label, lam * channels), "lambda is counted once for each channel"),
        (_respond(template, search, label, 1e-7), "lambda is not used"),
        (_respond(search, template, label, lam), "template and search patch are exchanged"),
    ]
    others = [(value, hint) for value, hint in wrong if not np.allclose(value, truth)]
    compare(found, truth, others, case, rtol=1e-5, atol=1e-8)


def _odd_and_blank(answer: Answer, rng: Generator) -> None:
    """`repaired_response` at an odd width: an ordinary template, and one without any energy."""
    for kind in ("odd", "blank"):
        _energy(answer, rng, kind)


PROBLEMS: Problems = {
    "layer_response": (
        Part(2, "one channel", partial(_response, channels=1, width=5)),
        Part(1, "one channel, even width", partial(_response, channels=1, width=6)),
        Part(2, "three channels", partial(_response, channels=3, width=4)),
    ),
    "search_gradient": (
        Part(2, "one channel", partial(_gradient, side="search", channels=1)),
        Part(1, "two channels", partial(_gradient, side="search", channels=2)),
    ),
    "template_gradient": (
        Part(3, "one channel", partial(_gradient, side="template", channels=1)),
        Part(1, "two channels", partial(_gradient, side="template", channels=2)),
    ),
    "repaired_response": (
        Part(1, "even width", partial(_energy, kind="even")),
        Part(2, "odd width, and a blank template", _odd_and_blank),
        Part(1, "three channels", partial(_energy, kind="channels")),
    ),
}

check = checker(PROBLEMS)
