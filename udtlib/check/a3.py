"""Assignment A3, forward and back, several frames, and weights: what is graded, and how.

``a3.check(your_function)`` says how many points it has. Responses come from dense systems.
Book: chapters 07 to 09.
"""

from functools import partial
from itertools import pairwise

import numpy as np

from udtlib.check.grading.marking import Answer, Part, Problems, checker
from udtlib.check.hints import Array, close, compare, expect, number, numbers
from udtlib.labels import gaussian_label

Generator = np.random.Generator
TURNED, EXCHANGED = [(-1, 0), (0, -1)], [(0, 1), (1, 0)]
HOME = "the last patch and leads straight to T, neither through the others nor from the first"


def _respond(template: Array, search: Array, label: Array, lam: float) -> Array:
    """Return the response ``(H, W)`` of one-channel ridge regression over all shifts: a dense solve."""

    def shifts(patch: Array) -> Array:
        return np.array([np.roll(patch, (-i, -j), (0, 1)).ravel() for i, j in np.ndindex(patch.shape)])

    rows = shifts(template)
    weights = np.linalg.solve(rows.T @ rows + lam * np.eye(rows.shape[1]), rows.T @ label.ravel())
    return np.asarray((shifts(search) @ weights).reshape(label.shape))


def _at_peak(response: Array, label: Array) -> Array:
    """Return the label moved to the response's highest cell."""
    row, column = divmod(int(response.argmax()), response.shape[1])
    return np.roll(label, (row, column), (0, 1))


def _loss(answer: Answer, rng: Generator, searches: int) -> None:
    """`round_trip_loss` through one, two or three search patches."""
    label, lam = np.asarray(gaussian_label(6, 5, 1.0), float), 0.5
    patches = _trip(rng, searches, label, lam)
    stack = np.stack(patches)
    found = number(answer(stack.copy(), label.copy(), lam), "the loss, one number")
    truth, seen, believed = _direct(patches, label, lam)
    first, last = patches[0], patches[-1]
    wrong = [
        (truth / label.size, "a sum over cells, not a mean"),
        (truth / 2, "the whole sum of squares, not half of it"),
        (np.sqrt(truth), "the *squared* norm"),
        (_squares(seen, label), "that is the last response on the way out; go back to T"),
        (_squares(_respond(last, first, label, lam), label), "the last patch's label must be at its peak"),
        (_squares(_respond(last, first, seen, lam), label), "a clean label, not the response"),
        (_misplaced(patches, label, lam, TURNED), "the label was moved the other way"),
        (_misplaced(patches, label, lam, EXCHANGED), "rows and columns of the peak are exchanged"),
        (_unmoved(patches, label, lam), "on the way out only T's label is `label`: the others are moved"),
        (_squares(_respond(first, last, believed, lam), label), "on the way back the roles change"),
        (_chained(patches, believed, label, lam), f"the way back starts at {HOME}"),
        (_direct(patches[:2], label, lam)[0], f"the way back starts at {HOME}"),
        (_straight(patches, label, lam), "each patch is found from the one before, not from T"),
    ]
    others = [(value, hint) for value, hint in wrong if not close(value, truth)]
    compare(found, truth, others, f"{searches} search patch(es)", rtol=1e-6)


def _trip(rng: Generator, searches: int, label: Array, lam: float) -> list[Array]:
    """Return T and search patches that move and change, and whose way no short cut finds."""
    while True:
        patches = [rng.standard_normal((6, 5))]
        for _ in range(searches):
            moved = np.roll(patches[-1], rng.integers(1, 3, 2), (0, 1))
            patches.append(moved + 0.8 * rng.standard_normal((6, 5)))
        truth, _, believed = _direct(patches, label, lam)
        led_astray = searches == 1 or not close(_straight(patches, label, lam), truth)
        misled = [_misplaced(patches, label, lam, moves) for moves in (TURNED, EXCHANGED)]
        if led_astray and not close(believed, label) and not any(close(one, truth) for one in misled):
            return patches


def _direct(patches: list[Array], label: Array, lam: float) -> tuple[float, Array, Array]:
    """Return the loss of a trip out and straight back, the last response on the way out, and its label."""
    believed = label
    for before, after in pairwise(patches):
        response = _respond(before, after, believed, lam)
        believed = _at_peak(response, label)
    return _squares(_respond(patches[-1], patches[0], believed, lam), label), response, believed


def _squares(response: Array, label: Array) -> float:
    return float(((response - label) ** 2).sum())


def _chained(patches: list[Array], last: Array, label: Array, lam: float) -> float:
    """Return the loss of the way back through all patches in reverse."""
    believed = last
    for before, after in zip(patches[:0:-1], patches[-2::-1], strict=True):
        response = _respond(before, after, believed, lam)
        believed = _at_peak(response, label)
    return _squares(response, label)


def _misplaced(patches: list[Array], label: Array, lam: float, moves: list[tuple[int, int]]) -> float:
    """Return the loss if a label is moved by the matrix ``moves`` times the peak's row and column."""
    believed = label
    for before, after in pairwise(patches):
        peak = divmod(int(_respond(before, after, believed, lam).argmax()), label.shape[1])
        believed = np.roll(label, tuple(np.array(moves) @ peak), (0, 1))
    return _squares(_respond(patches[-1], patches[0], believed, lam), label)


def _unmoved(patches: list[Array], label: Array, lam: float) -> float:
    """Return the loss if all filters of the way out have T's label."""
    believed = _at_peak(_respond(patches[-2], patches[-1], label, lam), label)
    return _squares(_respond(patches[-1], patches[0], believed, lam), label)


def _straight(patches: list[Array], label: Array, lam: float) -> float:
    """Return the loss if the last patch is found from T itself."""
    believed = _at_peak(_respond(patches[0], patches[-1], label, lam), label)
    return _squares(_respond(patches[-1], patches[0], believed, lam), label)


def _weights(answer: Answer, rng: Generator, share: float, still: bool = False) -> None:
    """`sample_gradient`: the weights of Eq. 10, as the derivatives of the batch's loss."""
    for count in (5, 12):
        errors, motions = rng.permutation(count) + rng.uniform(0.1, 0.9, count), rng.uniform(0.5, 3, count)
        # Neither the highest nor the lowest errors have the largest motions.
        motions[np.argsort(errors)] = np.roll(np.sort(motions), count // 2)
        if still:
            motions = np.zeros(count)
        reply = answer(errors.copy(), motions.copy(), share)
        expect(
            isinstance(reply, list | tuple) and len(reply) == 2, "expected the loss and its derivatives (n,)"
        )
        loss, found = (
            number(reply[0], "a loss, one number"),
            numbers(reply[1], (count,), f"derivatives ({count},)"),
        )
        drop = int(share * count + 1e-9)
        worst = sorted(range(count), key=lambda index: errors[index])[count - drop :]
        keep = np.array([index not in worst for index in range(count)], float)
        truth = _shared(keep, motions)
        case = f"{count} samples, share {share}" + (", nothing moves" if still else "")
        wrong = _wrong_weights(errors, motions, keep, drop)
        compare(
            found,
            truth,
            [
                *(pair for pair in wrong if not close(pair[0], truth)),
                (truth * errors, "the loss is linear in each error: the derivative has no error in it"),
                (
                    truth[np.argsort(errors)],
                    "in the order of the samples, not of their errors",
                ),
            ],
            f"{case}: derivatives",
            rtol=1e-6,
        )
        terms = [(float(truth @ errors) / count, "Eq. 11 without a second 1/n: the weights sum to 1 already")]
        compare(loss, float(truth @ errors), terms, f"{case}: loss", rtol=1e-6)


def _shared(keep: Array, motions: Array) -> Array:
    product = keep * motions
    return product / product.sum() if product.sum() else keep / keep.sum()


def _wrong_weights(errors: Array, motions: Array, keep: Array, drop: int) -> list[tuple[Array, str]]:
    """Return what likely mistakes give."""
    count = len(errors)
    by_motion, lowest, one_more = np.ones(count), np.ones(count), np.ones(count)
    by_motion[np.argsort(motions)[count - drop :]] = 0
    lowest[np.argsort(errors)[:drop]] = 0
    one_more[np.argsort(errors)[count - drop - 1 :]] = 0
    kept = int(keep.sum())
    return [
        (keep * motions, "the weights are not normalised: they must sum to 1"),
        (_shared(np.ones(count), motions), "nothing was dropped"),
        (_shared(by_motion, motions), "drop by the error, not by the motion"),
        (_shared(lowest, motions), "the *highest* errors are dropped"),
        (_shared(one_more, motions), "one sample too many was dropped: `>=` where `>` is meant?"),
        (keep / kept, "the motions are not used"),
        (keep * motions / (motions.sum() or 1), "divide by the sum of what is kept, not of all motions"),
        (keep * motions / count, "divide by the sum of the products, not by the number of samples"),
        (_shared(keep, motions) / count, "the weights are divided by n once more"),
        (
            _shared(keep, errors * motions),
            "the errors themselves are no part of the weights: those are constants",
        ),
    ]


def _trusted(answer: Answer, rng: Generator, kind: str) -> None:
    """`trusted` on returns that reveal one fault each."""
    height, width, limit = 20, 30, 5.0
    steps = np.array([[0, 0], [3, 4], [2, 4], [0, 5], [4, 4], [-1, 2], [9, 0], [0, -14], [-3, -4], [4, 2]])
    if kind == "inside":
        steps = np.array([[0, 0], [2, 2], [-1, 2], [9, 0], [-3, 1]])
    if kind == "diagonal":
        steps = np.array([[4, 4], [2, 3], [-4, 4], [3, 3], [0, 4]])
    start = rng.integers(9, 11, steps.shape) if kind != "seam" else np.tile([19, 29], (len(steps), 1))
    back = (start + steps) % (height, width)
    found = numbers(
        answer(start.astype(float), back.astype(float), height, width, limit), (len(steps),), "a mask (n,)"
    )
    truth = np.array([np.hypot(*step) < limit for step in steps], float)
    straight = np.hypot(*(back - start).T)
    wrong = [
        ([np.hypot(*step) <= limit for step in steps], "*below* the limit: `<`, not `<=`"),
        (straight < limit, "the map wraps around: take the shorter way on the circle"),
        (straight <= limit, "the map wraps around, and `<` is meant"),
        (
            np.hypot(*((back - start) % (height, width)).T) < limit,
            "a step up or left is short too: take the shorter of the two ways round",
        ),
        (
            [np.abs(step).sum() < limit for step in steps],
            "the Euclidean distance, not the sum of both directions",
        ),
        (
            [np.abs(step).max() < limit for step in steps],
            "the Euclidean distance, not the larger of both directions",
        ),
        (1 - truth, "the mask is turned round: True for a trip that came home"),
        ([(step**2).sum() < limit for step in steps], "the root of the sum of squares is missing"),
        (np.hypot(*(np.array(back) % (width, height) - start).T) < limit, "height and width are exchanged"),
    ]
    others = [(np.asarray(value, float), hint) for value, hint in wrong]
    compare(
        found, truth, [pair for pair in others if not close(pair[0], truth)], f"{len(steps)} trips, {kind}"
    )


def _clear(answer: Answer, rng: Generator) -> None:
    """`trusted` on returns far from the limit, and on diagonal ones."""
    for kind in ("inside", "diagonal"):
        _trusted(answer, rng, kind)


PROBLEMS: Problems = {
    "round_trip_loss": (
        Part(2, "one search patch", partial(_loss, searches=1)),
        Part(2, "two search patches", partial(_loss, searches=2)),
        Part(1, "three search patches", partial(_loss, searches=3)),
    ),
    "sample_gradient": (
        Part(1, "a tenth dropped", partial(_weights, share=0.1)),
        Part(2, "a fifth dropped", partial(_weights, share=0.2)),
        Part(1, "nothing dropped", partial(_weights, share=0.0)),
        Part(1, "nothing moves", partial(_weights, share=0.25, still=True)),
    ),
    "trusted": (
        Part(2, "clear and diagonal cases", _clear),
        Part(1, "exactly the limit", partial(_trusted, kind="limit")),
        Part(1, "across the border", partial(_trusted, kind="seam")),
    ),
}

check = checker(PROBLEMS)
