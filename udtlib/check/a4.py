"""Assignment A4, two trackers compared honestly: what is graded, and how.

``a4.check(your_function)`` says how many points it has. The references count one frame and one sequence at a
time. Book: chapters 01 and 13.
"""

from functools import partial
from math import comb, erfc, nan, sqrt

import numpy as np

from udtlib.check.grading.marking import Answer, Part, Problems, checker
from udtlib.check.hints import Array, close, compare, expect, number, numbers

Generator = np.random.Generator


def _curve(answer: Answer, rng: Generator, absent: bool) -> None:
    """`success_curve`, with overlaps that meet a threshold exactly, and with frames without a target."""
    thresholds = np.linspace(0, 1, 21)
    overlaps = np.round(rng.uniform(0, 1, 40) * 20) / 20
    overlaps[:3] = 0.0
    overlaps[3:6] = thresholds[[10, 11, 12]]
    if absent:
        overlaps[rng.choice(np.arange(6, 40), 12, replace=False)] = nan
    found = numbers(answer(overlaps.copy(), thresholds.copy()), (21,), "shares of frames (21,)")
    known = overlaps[~np.isnan(overlaps)]

    def rates(values: Array, count: int) -> Array:
        return np.array([sum(value > threshold for value in values) / count for threshold in thresholds])

    truth = rates(known, len(known))
    wrong = [
        ([np.mean(known >= t) for t in thresholds], "success is `>` the threshold, not `>=`"),
        (
            rates(known, len(overlaps)),
            "frames without a target are left out of the count, not counted as misses",
        ),
        (
            rates(np.where(np.isnan(overlaps), 1.0, overlaps), len(overlaps)),
            "frames without a target are no hits",
        ),
        (100 * truth, "a share in 0..1, not a percentage"),
        (1 - truth, "the share of successes, not of failures"),
        (truth[::-1], "in the order of the thresholds"),
        (rates(known, 1), "a share, not a number of frames"),
        (np.append(truth[1:], 0), "off by one threshold"),
    ]
    others = [(value, hint) for value, hint in wrong if not close(value, truth)]
    compare(found, truth, others, "40 frames" + (", 12 without a target" if absent else ""))


def _precision(answer: Answer, rng: Generator, kind: str) -> None:
    """`precision` on boxes whose centres are a known distance apart."""
    count, limit = 24, 20.0
    truth_boxes = np.column_stack([rng.integers(20, 200, (count, 2)), rng.integers(10, 30, (count, 2)) * 2])
    steps = rng.integers(-18, 19, (count, 2))
    steps[:4] = [[12, 16], [-16, 12], [0, 20], [21, 0]]
    if kind == "clear":
        steps = np.where(rng.random((count, 1)) < 0.6, steps % 9, 40 + steps % 9)
    sizes = truth_boxes[:, 2:] + (rng.integers(-9, 10, (count, 2)) * 4 if kind == "sizes" else 0)
    sizes = np.maximum(sizes, 4)
    found_boxes = np.column_stack([truth_boxes[:, :2] + truth_boxes[:, 2:] / 2 + steps - sizes / 2, sizes])
    found = number(answer(truth_boxes.astype(float), found_boxes.copy(), limit), "a share in 0..1")
    errors = np.hypot(*steps.T.astype(float))
    corners = np.hypot(*(found_boxes - truth_boxes)[:, :2].T)
    truth = np.mean([error <= limit for error in errors])
    wrong = [
        (np.mean(errors < limit), "at most the limit counts: `<=`, as OTB's toolkit has it"),
        (np.mean(corners <= limit), "the distance of the centres, not of the corners"),
        (np.mean(np.abs(steps).sum(1) <= limit), "the Euclidean distance, not the sum of both directions"),
        (np.mean(np.abs(steps).max(1) <= limit), "the Euclidean distance, not the larger of both directions"),
        (np.mean(errors**2 <= limit), "the root of the sum of squares is missing"),
        (1 - truth, "the share of frames *within* the limit"),
        (100 * truth, "a share in 0..1, not a percentage"),
        (errors.mean(), "a share of frames, not the mean distance"),
        (np.sum(errors <= limit), "a share in 0..1, not a number of frames"),
        (
            np.mean(np.hypot(*(steps + (sizes - truth_boxes[:, 2:]) / 2).T) <= limit),
            "the centre is half the size away from the corner",
        ),
    ]
    others = [(value, hint) for value, hint in wrong if not close(value, truth)]
    compare(found, truth, others, f"{count} frames, {kind}")


def _report(answer: Answer, rng: Generator, kind: str) -> None:
    """`repaired_score` on results in which one fault of the broken code shows."""
    lengths = [9, 9, 9] if kind != "lengths" else [4, 30, 11]
    overlaps = [rng.uniform(0.2, 0.9, length) for length in lengths]
    for run in overlaps:
        run[0] = 1.0
    if kind == "lost":
        for run, lost in zip(overlaps, (2, 0, 5), strict=True):
            run[len(run) - lost :] = nan
    found = number(answer([run.copy() for run in overlaps]), "one number in 0..1")
    filled = [np.nan_to_num(run)[1:] for run in overlaps]
    truth = np.mean([np.mean(run) for run in filled])
    pooled = np.concatenate(filled).mean()
    wrong = [
        (pooled, "the mean of the sequences' means: a long sequence counts no more than a short one"),
        (
            np.mean([np.nan_to_num(run).mean() for run in overlaps]),
            "the first frame is given and is not counted",
        ),
        (
            np.mean([np.nanmean(run[1:]) for run in overlaps]),
            "a lost target overlaps by 0; leaving it out flatters",
        ),
        (
            np.mean([np.nanmean(run) for run in overlaps]),
            "a lost target overlaps by 0, and the first frame is not counted",
        ),
        (
            np.nanmean(np.concatenate([run[1:] for run in overlaps])),
            "a lost target overlaps by 0, and the mean is taken over the sequences' means",
        ),
        (
            np.nan_to_num(np.concatenate(overlaps))[1:].mean(),
            "the first frame of *each* sequence is not counted",
        ),
        (np.mean([run.max() for run in filled]), "the mean over frames, not the best frame"),
        (np.median([np.mean(run) for run in filled]), "the mean over sequences, not the median"),
    ]
    others = [(value, hint) for value, hint in wrong if not close(value, truth)]
    compare(found, truth, others, f"sequences of {lengths} frames, {kind}")


def _interval(answer: Answer, rng: Generator, count: int) -> None:
    """`paired_interval` on the scores of two trackers that share their hard sequences."""
    hard = rng.uniform(0.1, 0.8, count)
    first, second = hard + rng.normal(0.05, 0.04, count), hard + rng.normal(0, 0.04, count)
    found = numbers(answer(first.copy(), second.copy(), 2.0), (2,), "two numbers, lower and upper end")
    gaps = [a - b for a, b in zip(first, second, strict=True)]
    mean = sum(gaps) / count
    deviation = sqrt(sum((gap - mean) ** 2 for gap in gaps) / (count - 1))
    unpaired = sqrt((first.var(ddof=1) + second.var(ddof=1)) / count)
    error = deviation / sqrt(count)

    def ends(half: float, middle: float = mean) -> Array:
        return np.array([middle - half, middle + half])

    wrong = [
        (ends(2 * unpaired), "the same sequences for both: take the differences first (paired)"),
        (ends(2 * deviation), "of the mean: divide by the root of n"),
        (ends(2 * deviation / count), "divide by the *root* of n"),
        (ends(2 * deviation**2 / sqrt(count)), "the standard deviation, not the variance"),
        (ends(1.96 * error), "z is given: 2 here, not 1.96"),
        (ends(2 * error * sqrt((count - 1) / count)), "the deviation of a sample divides by n - 1"),
        (ends(2 * error, -mean), "first minus second"),
        (ends(error), "z errors to each side"),
        (ends(2 * error)[::-1], "the lower end first"),
        (np.array([mean, 2 * error]), "the two ends, not the middle and the half width"),
    ]
    compare(found, ends(2 * error), wrong, f"{count} sequences", rtol=1e-5)


def _sign(answer: Answer, rng: Generator, kind: str) -> None:
    """`sign_test` against a sum over all outcomes, with and without ties."""
    wins, losses, ties = {"clear": (9, 2, 0), "ties": (7, 2, 6), "even": (4, 4, 1)}[kind]
    wins, losses = wins + int(rng.integers(0, 2)) * (kind != "even"), losses
    order = rng.permutation(wins + losses + ties)
    second = rng.uniform(0.3, 0.7, len(order))
    first = second + np.concatenate([np.full(wins, 0.1), np.full(losses, -0.05), np.zeros(ties)])
    first, second = first[order], second[order]
    found = number(answer(first.copy(), second.copy()), "a probability in 0..1")

    def tail(least: int, count: int) -> float:
        return sum(comb(count, k) for k in range(least, count + 1)) / 2**count

    most, count = max(wins, losses), wins + losses
    truth = min(1.0, 2 * tail(most, count))
    expect(found <= 1 + 1e-9, f"{kind}: a probability is at most 1: twice a tail can be more")
    wrong = [
        (tail(most, count), "two-sided: the other tracker might have won as often"),
        (min(1.0, 2 * tail(most, count + ties)), "ties say nothing: leave them out"),
        (min(1.0, 2 * tail(most + ties, count + ties)), "ties are no wins: leave them out"),
        (min(1.0, 2 * tail(most + 1, count)), "off by one: so many wins *or more*"),
        (2 * comb(count, most) / 2**count, "not only exactly so many wins: add the more extreme outcomes"),
        (1 - truth, "the probability of such a result by chance, not its complement"),
        (wins / count, "that is the share of wins"),
        (comb(count, most) / 2**count, "not only exactly so many wins: add the more extreme outcomes"),
        (
            erfc((most - count / 2) / sqrt(count / 2)),
            "add up the outcomes: a normal distribution is too rough",
        ),
    ]
    others = [(value, hint) for value, hint in wrong if not close(value, truth)]
    compare(found, truth, others, f"{wins} wins, {losses} losses, {ties} ties", rtol=1e-5)
    turned = number(answer(second, first), "a probability in 0..1")
    hint = "in either direction: the second tracker may be the one that wins more often"
    expect(close(turned, truth, rtol=1e-5), f"{losses} wins, {wins} losses, {ties} ties: {hint}")


PROBLEMS: Problems = {
    "success_curve": (
        Part(2, "all frames with a target", partial(_curve, absent=False)),
        Part(1, "frames without a target", partial(_curve, absent=True)),
    ),
    "precision": (
        Part(1, "clear hits and misses", partial(_precision, kind="clear")),
        Part(1, "boxes of another size", partial(_precision, kind="sizes")),
        Part(1, "exactly the limit", partial(_precision, kind="limit")),
    ),
    "repaired_score": (
        Part(1, "sequences of one length", partial(_report, kind="plain")),
        Part(1, "sequences of several lengths", partial(_report, kind="lengths")),
        Part(2, "a lost target", partial(_report, kind="lost")),
    ),
    "paired_interval": (
        Part(2, "few sequences", partial(_interval, count=8)),
        Part(2, "many sequences", partial(_interval, count=30)),
    ),
    "sign_test": (
        Part(1, "no ties", partial(_sign, kind="clear")),
        Part(1, "with ties", partial(_sign, kind="ties")),
        Part(1, "as many wins as losses", partial(_sign, kind="even")),
    ),
}

check = checker(PROBLEMS)
