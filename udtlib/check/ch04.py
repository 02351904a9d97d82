"""Checks of chapter 04's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.check.hints import compare, expect, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label

Answer = Callable[..., Any]
Map = NDArray[Any]


@exercise
def noisy_channel(answer: Answer) -> None:
    """Check the mean response at one frequency against dense systems, for noise and its opposite."""
    rng = np.random.default_rng(0)
    for signal, noise, lam in ((3.0, 1.0, 0.5), (2.0, 5.0, 0.1), (1.0, 0.0, 1.0)):
        found = number(answer(signal, noise, lam), "one number, a share of the label")
        target = rng.standard_normal(3) + 1j * rng.standard_normal(3)
        target *= np.sqrt(signal) / np.linalg.norm(target)
        template = np.append(target, 1j * np.sqrt(noise))
        w = np.linalg.solve(np.outer(template, template.conj()) + lam * np.eye(4), template)
        other = np.sqrt(noise) * np.exp(0.7j)
        truth = np.mean([w.conj() @ np.append(target, sign * other) for sign in (1, -1)]).real
        both = signal + noise
        mistakes = [
            (both / (both + lam), "the search patch holds other noise: what does it add on average?"),
            (signal / (signal + lam), "the template's noise is in the shared denominator"),
            (
                signal / (both + noise + lam),
                "the denominator is the template's, without the search patch",
            ),
            (signal / both, "lambda is in the denominator, too"),
        ]
        compare(found, truth, mistakes, f"signal {signal}, noise {noise}, lambda {lam}")


@exercise
def relative_response(answer: Answer) -> None:
    """Check the response with the reference's relative lambda against a dense system for each frequency."""
    rng = np.random.default_rng(0)
    for channels, moved in ((1, (0, 0)), (3, (0, 0)), (1, (1, -2)), (4, (-1, 2))):
        template, search = rng.standard_normal((2, channels, 6, 5))
        label = np.roll(gaussian_label(6, 5, 1.0).astype(np.float64), moved, axis=(0, 1))
        truth = _dense_response(template, search, label, 0.05 * template.size)
        mistakes = [
            (
                _dense_response(template, search, label, 0.05 * channels * template.size),
                "each channel adds a lambda: Eq. 4 adds one to the summed energy",
            ),
            (
                _dense_response(template, search, label, 0.05 * template[0].size),
                "the reference divides by the number of all values, the channels too",
            ),
            (
                _dense_response(
                    template, search, np.roll(label[::-1, ::-1], 1, axis=(0, 1)), 0.05 * template.size
                ),
                "the label is turned round: Eq. 4 conjugates it, and Eq. 5 the filter",
            ),
        ]
        found = numbers(answer(template, search, label, 0.05), label.shape, "a response (6, 5)")
        compare(found, truth, mistakes, f"{channels} channels, label at {moved}")


def _dense_response(template: Map, search: Map, label: Map, lam: float) -> Map:
    """Return Eq. 5 of filters that solve Eq. 4's system, ``(x x^H + lam I) w = x y*`` at each frequency."""
    x, z = (np.moveaxis(np.fft.fft2(maps), 0, -1) for maps in (template, search))
    system = x[..., :, None] * x[..., None, :].conj() + lam * np.eye(len(template))
    filters = np.linalg.solve(system, (x * np.fft.fft2(label).conj()[..., None])[..., None])[..., 0]
    return np.fft.ifft2((filters.conj() * z).sum(axis=-1)).real


@exercise
def parameter_count(answer: Answer) -> None:
    """Check the number of parameters of three chains."""
    for channels, truth in (([3, 32, 32], 10_144), ([1, 8], 80), ([3, 16, 16, 4], 3_348)):
        found = number(answer(list(channels)), f"one number for channels {channels}")
        weights = sum(9 * a * b for a, b in pairwise(channels))
        expect(found != weights, "every output channel has a bias too")
        expect(found == truth, f"channels {channels}: expected {truth}, found {found:g}")


@exercise
def corrected_filters(answer: Answer) -> None:
    """Check that filters undo scales on the search patch's channels."""
    rng = np.random.default_rng(0)
    filters = np.fft.fft2(rng.standard_normal((3, 6, 5)))
    for scales in (np.array([0.1, 2.0, 5.0]), np.array([1.0, 1.0, 0.25])):
        by_channel = scales[:, None, None]
        mistakes = [
            (filters, "the filters are not corrected: they must undo the scales"),
            (filters * by_channel, "this applies the scales twice: the filters must undo them"),
            (filters / scales.mean(), "one number for all channels: each has a scale of its own"),
        ]
        found = numbers(
            answer(filters.copy(), scales.copy()), filters.shape, f"filter spectra of shape {filters.shape}"
        )
        compare(found, filters / by_channel, mistakes, f"scales {scales.tolist()}")
