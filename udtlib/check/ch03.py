"""The checks of chapter 03's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.boxes import center, center_error, from_center
from udtlib.check.hints import close, compare, expect, number, numbers, whole
from udtlib.check.verdict import exercise
from udtlib.features import LUMA
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.patches import crop, hann_window
from udtlib.trackers import kcf

Map = NDArray[Any]
Kernel = Callable[[Map, Map], Map]
RATE, SIDE = 0.075, 64


@exercise
def polynomial_map(answer: Callable[[Map, Map, float, int], Map]) -> None:
    """Exercise 1: another kernel of x with every shift of z, against explicit shifts."""
    generator = np.random.default_rng(0)
    for channels, offset, power in ((1, 0.5, 2), (4, 0.0, 2), (4, 0.7, 3)):
        x, z = generator.standard_normal((2, channels, 6, 5)) + 0.5
        inner = [(x * np.roll(z, (-dy, -dx), (1, 2))).sum((1, 2)) / x[0].size for dy, dx in np.ndindex(6, 5)]
        each = np.array(inner).T.reshape(channels, 6, 5)
        mean = each.mean(axis=0)
        found = numbers(answer(x, z, offset, power), (6, 5), "a real map of shape (6, 5)")
        expected = (mean + offset) ** power
        bent = ((each + offset) ** power).sum(axis=0)
        mirrored = np.roll(expected[::-1, ::-1], (1, 1), (0, 1))
        mistakes = [
            (mirrored, "the map is mirrored: which of the two spectra is conjugated?"),
            (bent, "the kernel is not a sum of kernels: add the channels up, then bend"),
            ((mean * channels + offset) ** power, "N counts all numbers of x, channels included"),
            (mean**power + offset, "the offset belongs inside the power"),
            ((mean * x.size + offset) ** power, "the inner product is divided by N"),
        ]
        compare(found, expected, mistakes, f"{channels} channel(s), against explicit shifts")


@exercise
def contrast_gain(answer: Callable[[float, float, float, float], float]) -> None:
    """Exercise 2: what the contrast of template and search patch does to the linear filter's response."""
    for energy, lam, template, search in ((1.0, 0.01, 1.0, 0.5), (2.0, 0.5, 0.5, 1.0), (0.3, 0.1, 2.0, 3.0)):
        x = np.sqrt(energy)
        truth = (template * x) * (search * x) / ((template * x) ** 2 + lam)
        found = number(answer(energy, lam, template, search), "one number")
        mistakes = [
            (search * energy / (energy + lam), "the template's energy grows too: with which power?"),
            (search / template, "lambda is added to the energy, it does not cancel"),
            (
                template * search * energy / (template * energy + lam),
                "an energy has the square of the contrast",
            ),
            (
                (template**2 * search**2) * energy / (template**2 * energy + lam),
                "each is once in the numerator",
            ),
        ]
        case = f"energy {energy}, lambda {lam}, contrasts {template} and {search}"
        others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, truth)]
        compare(found, truth, others, case)


@exercise
def sizes_needed(answer: Callable[[float, float], int]) -> None:
    """Exercise 3: how few sizes cover a range of growth, tried on many growths."""
    for largest, off in ((1.1, 1.02), (1.4, 1.01), (2.0, 1.05), (1.02, 1.05), (3.0, 1.2)):
        growths = np.log(np.geomspace(1 / largest, largest, 4001))
        count = 1
        while _worst_misfit(growths, count, off) > np.log(off) + 1e-9:
            count += 2
        found = int(whole(answer(largest, off), (), "one number of sizes"))
        text = f"growth up to {largest}, wrong by at most {off}: {count} sizes are enough, found {found}"
        inside = 2 * int(np.ceil(np.log(largest) / np.log(off) / 2)) + 1
        narrow = 2 * max(0, int(np.ceil(np.log(largest) / np.log(off) - 0.5))) + 1
        hints = {
            count - 1: "1 is in the middle, so their number is odd",
            narrow: "neighbours may be further apart than `off`: a growth between them has two",
            inside: "a growth may lie a little beyond the last size",
            count // 2 + 1: "the target may shrink too",
        }
        general = "the sizes are powers of a step; try your number on many growths"
        expect(found == count, f"{text}: {hints.get(found, general)}")


def _worst_misfit(growths: Map, count: int, off: float) -> float:
    """Return how far, in logarithms, a growth may be from the nearest of ``count`` sizes ``off**2`` apart."""
    sizes = np.arange(-(count // 2), count // 2 + 1) * 2 * np.log(off)
    return float(np.abs(growths[:, None] - sizes).min(axis=1).max())


@exercise
def half_life(answer: Callable[[float], int]) -> None:
    """Exercise 4: after how many updates is less than half of the first model left?"""
    for rate in (0.02, 0.075, 0.125, 0.4, 0.5, 0.6):
        left, updates = 1.0, 0
        while left >= 0.5:
            left, updates = left * (1 - rate), updates + 1
        found = number(answer(rate), "one number")
        text = f"rate {rate}: {updates} updates, found {found:g}"
        hints = {
            0.5 / rate: "each update takes a share of what is left, not of the whole",
            1 / rate: "that is when 1/e is left, about; half is asked for",
            updates - 1: "then half is left, or a little more",
            updates + 1: "one fewer is enough",
        }
        for value, hint in hints.items():
            expect(found == updates or not np.isclose(found, value), f"{text}: {hint}")
        expect(found == updates, text)


@exercise
def follow(answer: Callable[[list[Map], ArrayLike, Kernel], Map]) -> None:
    """Exercise 5: the repaired tracker."""
    frames, truth = _pan()
    count = len(frames)
    calls: list[tuple[int, ...]] = []

    def spy(x_hat: Map, z_hat: Map) -> Map:
        calls.append(x_hat.shape)
        return _linear(x_hat, z_hat)

    answer(frames[:1], truth[0], spy)
    hint = "the first model was made without asking the kernel: another kernel than the one that detects"
    expect(calls, hint)
    for kernel in (_gaussian, _linear):
        found = numbers(answer(frames, truth[0], kernel), (count, 4), f"boxes of shape ({count}, 4)")
        middles = found[1:, :2] + found[1:, 2:] / 2
        hint = (
            "every centre is a whole number: a fraction of a pixel is lost in each frame, always up and left"
        )
        expect((np.abs(middles - np.rint(middles)) > 1e-6).any(), hint)
        bright = [np.clip(frame.astype(int) + 70, 0, 255).astype(np.uint8) for frame in frames]
        moved = numbers(answer(bright, truth[0], kernel), (count, 4), f"boxes of shape ({count}, 4)")
        off = float(np.abs(moved - found).max())
        hint = (
            f"the same clip, each pixel 70 brighter, moves boxes by {off:.2f} px: which patch keeps its mean?"
        )
        expect(off < 0.02, hint)
        error = center_error(found, truth)
        expect(
            error.max() < 1.0,
            f"the target moves half a pixel a frame; after 20 you are {error[-1]:.1f} px off",
        )
        off = float(np.abs(found - _reference(frames, truth[0], kernel)).max())
        expect(off < 0.05, f"on the way, but boxes differ from those of the repaired tracker by {off:.2f} px")


def _gaussian(x_hat: Map, z_hat: Map) -> Map:
    return kcf.gaussian_correlation(x_hat, z_hat, (SIDE, SIDE), 0.2)


def _linear(x_hat: Map, z_hat: Map) -> Map:
    return kcf.linear_correlation(x_hat, z_hat, (SIDE, SIDE))


def _pan() -> tuple[list[Map], Map]:
    """Return 20 frames ``(96, 112, 3)`` of a scene that moves by (0.4, 0.3) pixels each, and the boxes."""
    generator, height, width = np.random.default_rng(4), 140, 160
    frequency = np.hypot(fft.fftfreq(height)[:, None], fft.fftfreq(width))
    frequency[0, 0] = np.inf
    noise = generator.standard_normal((3, height, width))
    waves = fft.ifft2(fft.fft2(noise) / frequency**1.3).real
    values = np.clip(90 + 30 * waves / waves.std(axis=(1, 2), keepdims=True), 0, 180)
    world = np.ascontiguousarray(np.moveaxis(values, 0, -1).astype(np.uint8))
    steps = np.arange(20)[:, None] * np.array([0.4, 0.3])
    frames = [crop(world, (24 - dx, 22 - dy, 112, 96), (96, 112)) for dx, dy in steps]
    return frames, np.hstack([np.array([40.0, 32.0]) + steps, np.full((20, 2), 30.0)])


def _reference(frames: list[Map], box: ArrayLike, kernel: Kernel) -> Map:
    y, window = gaussian_label(SIDE, SIDE, 3.0), hann_window(SIDE, SIDE)
    middle, size = center(box), np.asarray(box, np.float64)[2:]

    def look(frame: Map) -> Map:
        patch = crop(frame, from_center(middle, 2 * size), (SIDE, SIDE)) @ LUMA / 255
        return fft.rfft2(window * (patch - patch.mean())[None])

    x = look(frames[0])
    alpha = kcf.train(kernel(x, x), y, 1e-4)
    boxes = [np.asarray(box, np.float64)]
    for frame in frames[1:]:
        dy, dx = peak_displacement(kcf.respond(alpha, kernel(x, look(frame))), subpixel=True)
        middle = middle + np.array([dx, dy]) * 2 * size / SIDE
        new = look(frame)
        alpha = (1 - RATE) * alpha + RATE * kcf.train(kernel(new, new), y, 1e-4)
        x = (1 - RATE) * x + RATE * new
        boxes.append(from_center(middle, size))
    return np.array(boxes)
