"""The checks of chapter 02's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from udtlib.check.hints import close, compare, expect, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label
from udtlib.patches import hann_window

Map = NDArray[Any]


@exercise
def shift_spectrum(answer: Callable[[Map, int, int], Map]) -> None:
    """Exercise 1: a picture moved without leaving the Fourier domain."""
    picture = np.random.default_rng(0).standard_normal((9, 14))
    for dy, dx in ((0, 0), (0, 3), (2, 0), (4, -5)):
        found = numbers(answer(fft.fft2(picture), dy, dx), picture.shape, "a spectrum of the same shape")
        moved = fft.ifft2(found)
        wrong = {
            (-dy, -dx): "the picture moved the other way: which sign does a delay have in the shift theorem?",
            (dx, dy): "dy moves along axis 0 (rows), dx along axis 1: the two are swapped",
            (dy + 1, dx + 1): "one pixel too far in each direction: pixels are counted from 0",
        }
        if not close(moved, np.roll(picture, (dy, dx), (0, 1))):
            for shift, hint in wrong.items():
                expect(not close(moved, np.roll(picture, shift, (0, 1))), hint)
        hint = (
            f"({dy}, {dx}) is not np.roll by that: the angle is -2 pi k d / n, with n the side of *that* axis"
        )
        expect(close(moved, np.roll(picture, (dy, dx), (0, 1))), hint)


@exercise
def peak_index(answer: Callable[[int, int, int, int], tuple[int, int]]) -> None:
    """Exercise 2: where in the array the response's peak lies."""
    for dy, dx, height, width in ((0, 0, 8, 8), (2, 3, 16, 20), (-3, 5, 16, 20), (-1, -7, 15, 20)):
        template = np.random.default_rng(1).standard_normal((height, width))
        w = _learn(template[None], gaussian_label(height, width, 1.0)[None], 0.01)
        response = _correlate(w, np.roll(template, (dy, dx), (0, 1)))
        peak = tuple(int(i) for i in np.unravel_index(response.argmax(), response.shape))
        answered = numbers(answer(dy, dx, height, width), (2,), "an index (row, column)")
        found = (int(answered[0]), int(answered[1]))
        text = f"a move of ({dy}, {dx}) on {height} x {width} peaks at {peak}, found {found}"
        hints = {
            (height // 2 + dy, width // 2 + dx): "the middle of the picture is for drawing only",
            (-dy % height, -dx % width): "the sign is turned round",
            peak[::-1]: "row first, then column",
            (dy, dx): "an index is not negative: which one is that pixel on the circle?",
        }
        expect(found == peak, f"{text}: {hints.get(found, 'count the wrap-around again')}")


@exercise
def noise_power(answer: Callable[[float, Map], float]) -> None:
    """Exercise 3: the power of windowed white noise on every wave."""
    for height, width, std in ((8, 12, 1.0), (8, 12, 0.3), (16, 16, 2.0)):
        for window in (np.ones((height, width)), hann_window(height, width).astype(np.float64)):
            noise = std * np.random.default_rng(2).standard_normal((4000, height, width))
            measured = float(np.mean(np.abs(fft.fft2(noise * window)) ** 2))
            found = number(answer(std, window), "one number")
            text = f"std {std}, {height} x {width}: measured {measured:.3g}, found {found:.3g}"
            total, squares = float(np.sum(window)), float(np.sum(window**2))
            hints = {
                std**2: "independent pixels add their variances: sum over all of them",
                std * squares: "power is the square of a deviation",
                std**2 * total: "the window multiplies the pixel, so its square multiplies the variance",
                std**2 * squares / window.size: "the DFT is a sum over pixels, not a mean",
            }
            near = abs(found - measured) < 0.03 * measured
            for value, hint in hints.items():
                expect(near or not np.isclose(found, value), f"{text}: {hint}")
            expect(near, text)


@exercise
def learn_filter(answer: Callable[[Map, Map, float], Map]) -> None:
    """Exercise 4: one filter from several templates, against the dense solve."""
    generator = np.random.default_rng(3)
    label = np.roll(gaussian_label(6, 5, 1.0), (1, -2), (0, 1)).astype(np.float64)
    for count in (1, 3):
        templates = generator.standard_normal((count, 6, 5))
        labels = np.stack([np.roll(label, step, (0, 1)) for step in range(count)])
        found = numbers(answer(templates, labels, 0.5), (6, 5), "one real filter of shape (6, 5)")
        expect(not np.iscomplexobj(found), "a filter of real patches is real: drop the zero imaginary part")
        case = f"{count} template(s), against the dense solve"
        compare(found, _dense(templates, labels, 0.5), _wrong_filters(templates, labels, 0.5), case)


@exercise
def locate(answer: Callable[[Map, Map, float], tuple[int, int]]) -> None:
    """Exercise 5: the repaired step of a tracker."""
    truth, found = _moves(answer, lam=0.01)
    hint = f"moves {truth.tolist()}, found {found.tolist()}"
    expect(
        not np.array_equal(found, truth + (truth < 0)),
        f"{hint}: one pixel off for negative moves; the last index means -1",
    )
    far = (np.abs(found - truth) > 2).any(axis=1)
    expect(far.sum() < 3, f"{hint}: is it correlation or convolution? Where does Eq. 3 have its conjugate?")
    expect(not far.any(), f"{hint}: mostly right; what do the borders of the patch do on the circle?")
    truth, found = _moves(answer, lam=1.0, noise=3.0)
    hint = f"strong noise, lambda 1, moves {truth.tolist()}, found {found.tolist()}"
    expect(np.abs(found - truth).max() <= 3, f"{hint}: what limits the division by weak waves?")
    truth, found = _moves(answer, lam=0.01)
    expect(np.array_equal(found, truth), f"moves {truth.tolist()}, found {found.tolist()}")


def _moves(
    answer: Callable[[Map, Map, float], tuple[int, int]], lam: float, noise: float = 0.0
) -> tuple[Map, Map]:
    """Return the true and the found moves ``(5, 2)`` of five scenes."""
    scenes = _scenes(noise)
    found = np.array([numbers(answer(a, b, lam), (2,), "two integers (dy, dx)") for a, b, _ in scenes])
    return np.array([truth for _, _, truth in scenes]), found


def _learn(templates: Map, labels: Map, lam: float) -> Map:
    x, y = fft.fft2(templates), fft.fft2(labels)
    return fft.ifft2((x * y.conj()).sum(0) / ((np.abs(x) ** 2).sum(0) + lam)).real


def _correlate(w: Map, search: Map) -> Map:
    return fft.ifft2(fft.fft2(w).conj() * fft.fft2(search)).real


def _dense(templates: Map, labels: Map, lam: float) -> Map:
    """Return the filter from the normal equations of all shifts of all templates, one under the other."""
    shape = templates.shape[1:]
    rows = [
        np.roll(template, (-dy, -dx), (0, 1)).ravel()
        for template in templates
        for dy, dx in np.ndindex(shape)
    ]
    matrix = np.array(rows)
    normal = matrix.T @ matrix + lam * np.eye(matrix.shape[1])
    return np.linalg.solve(normal, matrix.T @ labels.ravel()).reshape(shape)


def _wrong_filters(templates: Map, labels: Map, lam: float) -> list[tuple[Map, str]]:
    """Return what the likely mistakes compute, each with its hint."""
    x, y = fft.fft2(templates), fft.fft2(labels)
    power = np.abs(x) ** 2
    single = [_learn(t[None], label[None], lam) for t, label in zip(templates, labels, strict=True)]
    mirrored = fft.ifft2((x.conj() * y).sum(0) / (power.sum(0) + lam)).real
    unconjugated = fft.ifft2((x * y).sum(0) / (power.sum(0) + lam)).real
    counted = fft.ifft2((x * y.conj()).sum(0) / (power + lam).sum(0)).real
    return [
        (unconjugated, "a label off the centre tells: the conjugate on the label's spectrum is missing"),
        (mirrored, "this filter is mirrored: it is the one to convolve with, Eq. 2 conjugates the label"),
        (np.mean(single, axis=0), "the mean of single filters is not the filter of all: sum, then divide"),
        (counted, "lambda enters once, after the sum over the templates"),
        (single[0], "only the first template was used"),
    ]


def _scenes(noise: float) -> list[tuple[Map, Map, tuple[int, int]]]:
    """Return template, search patch and true move of five scenes."""
    scenes = []
    for seed, (dy, dx) in enumerate(((3, 5), (-4, 2), (-7, -3), (6, -8), (0, -9))):
        generator = np.random.default_rng(seed)
        frequency = np.hypot(fft.fftfreq(96)[:, None], fft.fftfreq(96))
        frequency[0, 0] = np.inf
        world = fft.ifft2(fft.fft2(generator.standard_normal((96, 96))) / frequency**1.5).real
        world = world / world.std()
        search = world[24 - dy : 72 - dy, 24 - dx : 72 - dx]
        scenes.append((world[24:72, 24:72], search + noise * generator.standard_normal((48, 48)), (dy, dx)))
    return scenes
