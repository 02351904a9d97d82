"""The checks of chapter 02's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from udtlib.check.hints import compare, expect, number, numbers, whole
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label
from udtlib.patches import hann_window

Map = NDArray[Any]


@exercise
def read_shift(answer: Callable[[Map, Map], tuple[float, float]]) -> None:
    """Exercise 1: a displacement, read from the phases of two waves."""
    before = fft.fft2(np.random.default_rng(0).standard_normal((9, 14)))
    rows, columns = fft.fftfreq(9)[:, None], fft.fftfreq(14)
    for dy, dx in ((4, -5), (0, 3), (2, 0), (0, 0), (-1.25, 6.5)):
        after = before * np.exp(-2j * np.pi * (rows * dy + columns * dx))
        found = numbers(answer(before.copy(), after), (2,), "a displacement (dy, dx)")
        mistakes = [
            ((-dy, -dx), "the other way: a delay turns a wave backwards"),
            ((dx, dy), "dy moves along axis 0 (rows), dx along axis 1: the two are swapped"),
            ((dy * 14 / 9, dx), "a wave along the rows makes one turn in the *height*"),
            ((dy, dx * 9 / 14), "a wave along a row makes one turn in the *width*"),
            ((dy * 2 * np.pi / 9, dx * 2 * np.pi / 14), "that is the angle: how many pixels is one turn?"),
            ((dy % 9, dx % 14), "an index, not a displacement: beyond the half it is negative"),
        ]
        compare(found, (dy, dx), mistakes, f"moved by ({dy}, {dx}) on 9 x 14", atol=1e-5)


@exercise
def displacement_read(answer: Callable[[int, int, int, int], tuple[int, int]]) -> None:
    """Exercise 2: the displacement that a tracker reads, also of a target that moves too far."""
    for dy, dx, height, width in (
        (0, 0, 8, 8),
        (2, 3, 16, 20),
        (-3, 9, 16, 20),
        (-1, -7, 15, 20),
        (9, -11, 16, 20),
        (8, 5, 15, 20),
        (-8, 45, 15, 20),
    ):
        template = np.random.default_rng(1).standard_normal((height, width))
        w = _learn(template[None], gaussian_label(height, width, 1.0)[None], 0.01)
        response = _correlate(w, np.roll(template, (dy, dx), (0, 1)))
        index = (int(i) for i in np.unravel_index(response.argmax(), response.shape))
        read = tuple(i - n if 2 * i > n else i for i, n in zip(index, response.shape, strict=True))
        answered = whole(answer(dy, dx, height, width), (2,), "a displacement (dy, dx)")
        found = (int(answered[0]), int(answered[1]))
        text = f"a move of ({dy}, {dx}) on {height} x {width} is read as {read}, found {found}"
        hints = {
            (dy, dx): "that is how far it moved; on the circle another, shorter move looks the same",
            (dy % height, dx % width): "that is the index: beyond the middle it is a step up or to the left",
            (-read[0], -read[1]): "the sign is turned round",
            read[::-1]: "row first, then column",
        }
        expect(found == read, f"{text}: {hints.get(found, 'count the wrap-around again')}")


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
def two_peaks(answer: Callable[[float, float], tuple[float, float]]) -> None:
    """Exercise 4: one right and one wrong template of two contrasts, against the filter itself."""
    x = np.random.default_rng(3).standard_normal((32, 32))
    label = gaussian_label(32, 32, 1.5).astype(np.float64)
    labels = np.stack([label, np.roll(label, (16, 16), (0, 1))])
    for a, b in ((1.0, 1.0), (1.0, 2.0), (0.3, 0.1)):
        response = _correlate(_learn(np.stack([a * x, b * x]), labels, 0.0), x)
        found = numbers(answer(a, b), (2,), "two heights")
        both = a**2 + b**2
        mistakes = [
            ((b / both, a / both), "first the height at the right place, then at the wrong one"),
            ((0.5 / a, 0.5 / b), "that is the mean of two filters: sum first, then divide"),
            ((a**2 / both, b**2 / both), "the label is multiplied with the contrast once, the energy twice"),
            ((a / (a + b), b / (a + b)), "the energy goes with the *square* of the contrast"),
            ((0.5, 0.5), "the patch with the higher contrast counts more"),
        ]
        compare(found, (response[0, 0], response[16, 16]), mistakes, f"contrasts {a} and {b}")


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
