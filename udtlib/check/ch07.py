"""Checks of chapter 07's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from typing import Any

import numpy as np

from udtlib.check.hints import expect, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label

Answer = Callable[..., Any]


@exercise
def port_peak(answer: Answer) -> None:
    """Check where the port put the peak, by rolling a map as the port did."""
    for row, column in ((6, 4), (0, 3), (5, 0), (2, 6), (8, 6)):
        label = np.zeros((9, 7))
        label[0, 0] = 1
        rolled = np.roll(np.roll(label, row), column)
        truth = np.unravel_index(rolled.argmax(), rolled.shape)
        found = numbers(answer(row, column, 9, 7), (2,), "a row and a column").tolist()
        wrong = {
            "that is the right place: the port misses it": (row, column),
            "that is the number of a cell: in which row is it?": (0, row + column),
            "beyond the end of a row comes the next row, not the same one again": (0, (row + column) % 7),
            "the flattened map lies row after row, not column after column": (row + column, 0),
            "first the row, then the column": truth[::-1],
        }
        case = f"a peak at row {row}, column {column} of 9 x 7"
        for hint, value in wrong.items():
            expect(found != list(value) or value == truth, f"{case}: {hint}")
        expect(found == list(truth), f"{case}: expected another cell, found {found}")


@exercise
def best_height(answer: Answer) -> None:
    """Check the height that fits the label best, by least squares on two maps."""
    for sigma in (2.0, 4.1667):
        label = gaussian_label(121, 121, sigma).astype(np.float64)
        for distance in (0, 1, 3, 6, 40):
            moved = np.roll(label, distance, 1)
            truth = float(np.linalg.lstsq(moved.reshape(-1, 1), label.ravel(), rcond=None)[0][0])
            found = number(answer(distance, sigma), "one height")
            case = f"sigma {sigma:g}, {distance} cells away"
            together, energy = float((moved * label).sum()), float((label**2).sum())
            wrong = {
                "a full peak in the wrong place costs more than a lower one": 1.0,
                "that is the label at one cell: all cells count": float(label[0, distance]),
                "an inner product alone: the moved peak has an energy, too": together,
                "that is the smallest loss, not the height": energy - together**2 / energy,
                "the lowest point of a parabola: the square has a factor 2, as has the mixed term": 2 * truth,
            }
            for hint, value in wrong.items():
                same = np.isclose(value, truth, rtol=1e-2, atol=1e-6)
                expect(same or not np.isclose(found, value, rtol=1e-2, atol=1e-6), f"{case}: {hint}")
            near = np.isclose(found, truth, rtol=1e-2, atol=1e-3)
            expect(near, f"{case}: expected {truth:.3f}, found {found:.3f}")


@exercise
def miss_loss(answer: Answer) -> None:
    """Check the cost of a perfect peak in the wrong place against the sum over cells."""
    for sigma in (2.0, 4.1667):
        label = gaussian_label(121, 121, sigma).astype(np.float64)
        for distance in (0, 1, 3, 6, 40):
            truth = ((np.roll(label, distance, 1) - label) ** 2).sum()
            found = number(answer(distance, sigma), "the loss of a miss, one number")
            case = f"sigma {sigma:g}, {distance} cells away"
            energy = np.pi * sigma**2
            narrow = 2 * energy * (1 - np.exp(-(distance**2) / (2 * sigma**2)))
            expect(
                np.isclose(narrow, truth, rtol=1e-2) or not np.isclose(found, narrow, rtol=1e-2),
                f"{case}: the product of two Gaussians of width sigma falls off as exp(-d^2 / (4 sigma^2))",
            )
            expect(
                distance == 0 or not np.isclose(found, truth / 2, rtol=1e-2),
                f"{case}: half of it; both Gaussians leave their energy",
            )
            near = np.isclose(found, truth, rtol=1e-2, atol=1e-2)
            expect(near, f"{case}: expected {truth:.2f}, found {found:.2f}")


@exercise
def median_flow(answer: Answer) -> None:
    """Check the displacement on points of which a minority went astray, and on ties."""
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 60, (21, 2))
    there = start + np.array([4.0, -2.0]) + rng.normal(0, 0.05, start.shape)
    back = start + rng.normal(0, 0.05, start.shape)
    there[:9] += [15.0, 9.0]
    back[:9] += rng.uniform(2, 5, (9, 2))
    there[9] += [30.0, 0.0]  # home, and wrong: what the median is for
    step, miss = there - start, np.linalg.norm(back - start, axis=1)
    kept = miss <= np.median(miss)
    truth = np.median(step[kept], axis=0)
    found = numbers(answer(start.copy(), there.copy(), back.copy()), (2,), "the displacement (x, y)")
    wrong = {
        "the displacement is from start to there, not from home": np.median((back - start)[kept], axis=0),
        "that is the way back: its sign is the other one": -truth,
        "all points were used: keep those that came home best": np.median(step, axis=0),
        "those that came home *worst* were kept": np.median(step[miss >= np.median(miss)], axis=0),
        "the median of the points kept, not their mean": step[kept].mean(axis=0),
    }
    for hint, value in wrong.items():
        expect(not np.allclose(found, value, atol=1e-9), hint)
    expect(np.allclose(found, truth), f"expected {truth.round(3)}, found {found.round(3)}")
    same = answer(start.copy(), start + np.array([1.0, 2.0]), start.copy())
    expect(
        np.allclose(numbers(same, (2,), "the displacement (x, y)"), [1, 2]),
        "all points came home equally well, so all are kept: a miss *equal* to the median stays",
    )


@exercise
def escape(answer: Answer) -> None:
    """Check the factor on the label's spectrum against two literal hops, for one and three channels."""
    for channels in (1, 3):
        rng = np.random.default_rng(channels)
        x, z = np.fft.fft2(rng.standard_normal((2, channels, 6, 5)))
        y = np.fft.fft2(gaussian_label(6, 5, 1.0).astype(np.float64))
        there = (x.conj() * z).sum(0) * y / (np.abs(x) ** 2).sum(0)
        truth = ((z.conj() * x).sum(0) * there / (np.abs(z) ** 2).sum(0) / y).real
        found = numbers(answer(x.copy(), z.copy()), (6, 5), "g, shape (6, 5)")
        about = f"{channels} channel(s)"
        expect(
            not np.allclose(found, np.sqrt(truth)) or channels == 1,
            f"{about}: there *and* back, so the numerator is squared",
        )
        cross = np.abs((x * z).sum(0)) ** 2 / ((np.abs(x) ** 2).sum(0) * (np.abs(z) ** 2).sum(0))
        expect(
            channels == 1 or not np.allclose(found, cross),
            f"{about}: one of the two spectra is conjugated inside the sum",
        )
        each = (np.abs(x) ** 2 * np.abs(z) ** 2).sum(0) / ((np.abs(x) ** 2).sum(0) * (np.abs(z) ** 2).sum(0))
        expect(
            channels == 1 or not np.allclose(found, each),
            f"{about}: sum over channels first, then the square",
        )
        expect(
            np.allclose(found, truth),
            f"{about}: found {complex(found[0, 1]):.3f} where {truth[0, 1]:.3f} was expected",
        )
