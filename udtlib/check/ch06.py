"""The checks of chapter 06's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable, Sequence

import numpy as np

from udtlib.boxes import iou
from udtlib.check.hints import Array, compare, expect, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label

Pair = tuple[float, float]


@exercise
def worst_overlap(answer: Callable[[int, float], float]) -> None:
    """Exercise 1: the overlap of a box that is half a cell off, against boxes of two sizes."""
    for cells, padding in ((125, 1.8), (31, 1.8), (11, 1.0)):
        found = number(answer(cells, padding), "one overlap")

        def moved(right: float, down: float, width: float = 37.0, height: float = 80.0) -> float:
            return float(iou((0, 0, width, height), (right * width, down * height, width, height)))

        cell = (1 + padding) / cells
        mistakes = [
            (moved(cell, cell), "a whole cell: rounding is off by half of one at most"),
            (moved(cell / 2, 0), "the box can be off both sideways and down"),
            (moved(0.5 / cells, 0.5 / cells), "the cells divide the window, which is larger than the target"),
            (
                moved(padding / cells / 2, padding / cells / 2),
                "a window is 1 + p times the target, not p times",
            ),
            ((1 - cell / 2) ** 2, "that is the share of one box: the union is larger"),
        ]
        compare(found, moved(cell / 2, cell / 2), mistakes, f"{cells} cells, padding {padding}")


@exercise
def steps_up(answer: Callable[[float, float], float]) -> None:
    """Exercise 2: how often the size goes up, against a size that follows step by step."""
    for growth, step in ((1.0, 1.015), (1.1, 1.2), (0.95, 1.2), (1.004, 1.015), (1.3, 1.2), (0.5, 1.2)):
        found = number(answer(growth, step), "one share of the frames")
        share = np.log(growth) / np.log(step)
        mistakes = [
            (share, "the size goes down in all other frames: each of them takes a step back"),
            ((1 - share) / 2, "that is the share of the frames in which the size goes *down*"),
            ((1 + share) / 2, "a share lies between 0 and 1: a target can be too fast to follow"),
            ((1 + (growth - 1) / (step - 1)) / 2, "factors multiply: steps add up in the logarithm"),
        ]
        case = f"growth {growth}, step {step}"
        compare(found, _ups(float(np.log(growth)), float(np.log(step))), mistakes, case, atol=2e-4)


def _ups(growth: float, step: float) -> float:
    """Return the share of steps up of a size that steps towards the target's in every frame."""
    lag, ups, frames = 0.0, 0, 20_000
    for _ in range(frames):
        lag += growth
        up = lag > 0
        lag -= step if up else -step
        ups += up
    return ups / frames


@exercise
def clamp_size(answer: Callable[[Pair, Pair, tuple[int, ...]], Pair]) -> None:
    """Exercise 3: the limits of the target's size ``(w, h)`` in a frame ``(H, W, 3)``."""
    cases: list[tuple[Pair, Pair, tuple[int, ...]]] = [
        ((40.0, 30.0), (40.0, 30.0), (240, 320, 3)),
        ((7.0, 40.0), (40.0, 30.0), (240, 320, 3)),
        ((3.0, 2.0), (10.0, 8.0), (240, 320, 3)),
        ((250.0, 90.0), (40.0, 30.0), (240, 320, 3)),
        ((310.0, 250.0), (100.0, 80.0), (240, 320, 3)),
        ((3.0, 40.0), (40.0, 10.0), (240, 320, 3)),
    ]
    for size, start, shape in cases:
        found = numbers(answer(size, start, shape), (2,), "a size (width, height)")
        height, width = shape[:2]
        first = np.array(start)
        low, high = np.maximum(0.2 * first, 4), np.minimum(5 * first, (width, height))
        mistakes = [
            (np.clip(size, 0.2 * first, high), "a side is at least 4 px"),
            (np.clip(size, low, np.minimum(5 * first, (height, width))), "a shape is (H, W), a size (w, h)"),
            (
                np.clip(size, 0.2 * first, np.minimum(5 * first, (height, width))),
                "both faults are still there",
            ),
            (np.clip(size, low, 5 * first), "no side is longer than the frame's"),
            (
                np.clip(size, np.minimum(0.2 * first, 4), high),
                "at least 4 px *and* at least a fifth: the larger",
            ),
            (np.clip(size, 4, high), "a side is at least a fifth of its start"),
        ]
        compare(found, np.clip(size, low, high), mistakes, f"size {size}, start {start}, frame {shape}")


@exercise
def online_response(answer: Callable[[Array, Array, float, float, Array], Array]) -> None:
    """Exercise 4: the reference's model after several templates, and its response."""
    label = np.roll(gaussian_label(6, 5, 1.0), (1, 2), (0, 1)).astype(np.float64)
    for count in (1, 4):
        generator = np.random.default_rng(count)
        templates = generator.standard_normal((count, 3, 6, 5)) * np.arange(1, count + 1)[:, None, None, None]
        search = generator.standard_normal((3, 6, 5))
        before = templates.copy()
        found = numbers(
            answer(templates, label, 0.2, 0.5, search), (6, 5), "one real response of shape (6, 5)"
        )
        expect(np.array_equal(templates, before), "the templates were overwritten: work on new arrays")
        expected = _respond(templates, label, 0.2, 0.5, search, "dual")
        mistakes = [
            (
                _respond(templates, label, 0.2, 0.5, search, "filter"),
                "this interpolates the filter, as Eq. 12",
            ),
            (_respond(templates, label, 0.2, 0.5, search, "sums"), "this keeps two sums, as MOSSE does"),
            (
                _respond(templates, label, 0.8, 0.5, search, "dual"),
                "the rate is the weight of the *new* frame",
            ),
            (_respond(templates[-1:], label, 0.2, 0.5, search, "dual"), "only the last template was kept"),
            (_respond(templates[:1], label, 0.2, 0.5, search, "dual"), "only the first template was kept"),
            (_respond(templates, label, 0.2, 1.5, search, "dual"), "lambda enters once, not once a channel"),
        ]
        compare(found, expected, mistakes, f"{count} templates")


def _weights(count: int, rate: float) -> Array:
    """Return each frame's weight ``(count,)`` in the model after all of them."""
    weights = rate * (1 - rate) ** np.arange(count - 1, -1, -1.0)
    weights[0] = (1 - rate) ** (count - 1)
    return weights


def _respond(templates: Array, label: Array, rate: float, lam: float, search: Array, kind: str) -> Array:
    """Return the response by closed sums, without a loop over updates."""
    x, y, z = np.fft.fft2(templates), np.fft.fft2(label), np.fft.fft2(search)
    energy = (np.abs(x) ** 2).sum(axis=1, keepdims=True) + lam
    weights = _weights(len(x), rate)[:, None, None, None]
    if kind == "dual":
        filters = (weights * x).sum(0) * (weights / energy).sum(0)
    elif kind == "filter":
        filters = (weights * x / energy).sum(0)
    else:
        filters = (weights * x).sum(0) / (weights * energy).sum(0)
    return np.asarray(np.fft.ifft2((filters.conj() * z).sum(0) * y).real)


@exercise
def score_after(answer: Callable[[Sequence[float], float], float]) -> None:
    """Exercise 5: the peak after a change of light, against a model that learns a template."""
    template = np.random.default_rng(0).standard_normal((1, 9, 7))
    label = gaussian_label(9, 7, 1.0).astype(np.float64)
    for contrasts, rate in (([1.0], 0.1), ([1.0, 0.5], 0.1), ([1.0, 0.5, 2.0, 1.0], 0.3), ([2.0] * 3, 0.01)):
        found = number(answer(list(contrasts), rate), "one number")
        c, w = np.array(contrasts), _weights(len(contrasts), rate)
        views = c[:, None, None, None] * template
        measured = float(_respond(views, label, rate, 0.0, template, "dual").max())
        other = _weights(len(c), 1 - rate)
        mistakes = [
            (np.sum(w / c), "this is the peak if the filter is interpolated, as in Eq. 12"),
            (np.sum(w * c) / np.sum(w * c**2), "this is the peak if two sums are kept, as in MOSSE"),
            (np.sum(other * c) * np.sum(other / c**2), "the rate is the weight of the *new* frame"),
            (np.mean(c) * np.mean(1 / c**2), "the frames do not have equal weights"),
            (np.sum(w * c) * np.sum(w / c), "energy goes with the square of the contrast"),
            (np.sum(w * c) / np.sum(w * c) ** 2, "a mean of reciprocals is not the reciprocal of a mean"),
        ]
        compare(found, measured, mistakes, f"contrasts {contrasts}, rate {rate}")
