"""Checks of chapter 04's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from udtlib.check.hints import close, compare, expect, number, numbers
from udtlib.check.verdict import exercise

Answer = Callable[..., Any]


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
def plain_lambda(answer: Answer) -> None:
    """Check the plain lambda of the reference's relative one, in training and in tracking."""
    for height, width in ((121, 121), (125, 125), (60, 100)):
        cells = height * width
        truth = 1e-4 * 32 * cells
        found = number(answer(1e-4, 32, height, width), "one number, the plain lambda")
        expect(not close(found, 1e-4 * cells), "the reference counts the channels too")
        hint = "the other way round: multiply both by C*H*W"
        expect(not close(found, 1e-4 / (32 * cells), atol=0), hint)
        hint = f"32 channels of {height} x {width}: expected {truth:.2f}, found {found}"
        expect(close(found, truth), hint)


@exercise
def parameter_count(answer: Answer) -> None:
    """Check the number of parameters of three chains."""
    for channels, truth in (([3, 32, 32], 10_144), ([1, 8], 80), ([3, 16, 16, 4], 3_348)):
        found = number(answer(list(channels)), f"one number for channels {channels}")
        weights = sum(9 * a * b for a, b in pairwise(channels))
        expect(found != weights, "every output channel has a bias too")
        expect(found == truth, f"channels {channels}: expected {truth}, found {found:g}")


@exercise
def scaled_response(answer: Answer) -> None:
    """Check that scales on the search patch's channels cancel."""
    rng = np.random.default_rng(0)
    filters, search = np.fft.fft2(rng.standard_normal((3, 6, 5))), rng.standard_normal((3, 6, 5))
    scales = np.array([0.1, 2.0, 5.0])
    plain = np.fft.ifft2((filters.conj() * np.fft.fft2(search)).sum(0)).real
    found = numbers(
        answer(filters.copy(), search.copy(), scales.copy()),
        plain.shape,
        f"a response of shape {plain.shape}",
    )
    uncorrected = np.fft.ifft2((filters.conj() * np.fft.fft2(scales[:, None, None] * search)).sum(0)).real
    mistakes = [(uncorrected, "the filters are not corrected: their scales must undo the search's")]
    hint = "the scales do not cancel: divide filter c by scales[c], all before the sum"
    compare(found, plain, mistakes, hint)
