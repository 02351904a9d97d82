"""The checks of chapter 08's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import rankdata

from udtlib.check.hints import Array, close, compare, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label

Place = tuple[int, int]
Respond = Callable[[Array, Array, Array], Array]


@exercise
def return_loss(answer: Callable[[Array, Array, float], float]) -> None:
    """Exercise 1: Eq. 6 from the way out alone, when S has another energy than T."""
    label = np.asarray(gaussian_label(9, 8, 1.2), np.float64)
    for seed, q in ((0, 1.0), (1, 0.5), (2, 2.0)):
        rng = np.random.default_rng(seed)
        template, search = np.fft.fft2(rng.standard_normal((2, 9, 8)))
        search = search / np.abs(search) * np.abs(template) * q
        y, energy = np.fft.fft2(label), np.abs(template) ** 2
        out = np.fft.ifft2(template.conj() * search * y / energy).real
        row, column = (int(i) for i in np.unravel_index(out.argmax(), out.shape))
        believed = np.roll(label, (row, column), (0, 1))
        back = np.fft.ifft2(search.conj() * template * np.fft.fft2(believed) / (q * q * energy)).real
        found = number(answer(out.copy(), label.copy(), q), "one number, a loss")

        def loss(response: Array, wanted: Array) -> float:
            return float(((response - wanted) ** 2).sum())

        truth = loss(back, label)
        mistakes = [
            (loss(out / q**2, label), "the pseudo-label stands at the response's peak"),
            (loss(out, believed), "S has another energy: the way back divides by it"),
            (loss(out * q**2, believed), "a stronger S makes the way back weaker"),
            (loss(out / q, believed), "the energy goes with the square of q"),
            (truth / label.size, "Eq. 6 is a sum over cells, not a mean"),
        ]
        others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, truth)]
        compare(found, truth, others, f"q = {q}", rtol=1e-5)


@exercise
def where_home(answer: Callable[[Place, Place, int], Place]) -> None:
    """Exercise 2: where the last response of a direct trip peaks."""
    cases: list[tuple[Place, Place, int]] = [
        ((3, -4), (3, -4), 121),
        ((-14, 33), (20, -14), 121),
        ((50, -55), (-50, 40), 121),
        ((2, 1), (-2, 3), 9),
    ]
    for chain, direct, size in cases:
        found = numbers(answer(chain, direct, size), (2,), "a displacement (dy, dx)")
        gap = np.subtract(chain, direct)
        truth = (gap + size // 2) % size - size // 2
        mistakes = [
            (-truth, "the sign: the response is mirrored at where the chain ended"),
            (gap, "maps wrap around: the shorter way, at most half the size"),
            (gap % size, "as a displacement, please: beyond the half means left or up"),
            ((0, 0), "home is reached only if both ways end at the same place"),
        ]
        compare(found, truth, mistakes, f"chain {chain}, direct {direct}, size {size}")


def _respond(template: Array, search: Array, label: Array) -> Array:
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    energy = (np.abs(x) ** 2).sum(axis=0) + 0.1
    return np.fft.ifft2((x.conj() * z).sum(axis=0) * y / energy).real


def _eq8(respond: Respond, patches: Sequence[Array], label: Array, shift: Callable[..., Array]) -> float:
    """Return the loss of the trip over ``patches`` and straight home."""
    current = label
    path = [*patches, patches[0]]
    for template, search in itertools.pairwise(path):
        response = respond(template, search, current)
        current = shift(label, response)
    return float(((response - label) ** 2).sum())


def _rolled(label: Array, response: Array) -> Array:
    return np.roll(label, np.unravel_index(response.argmax(), response.shape), (0, 1))


def _flattened(label: Array, response: Array) -> Array:
    row, column = np.unravel_index(response.argmax(), response.shape)
    return np.roll(np.roll(label, row), column)


@exercise
def three_frame_loss(answer: Callable[[Respond, Array, Array, Array, Array], float]) -> None:
    """Exercise 3: Eq. 8, direct, without the two faults."""
    label = np.asarray(gaussian_label(9, 8, 1.2), np.float64)
    for seed in range(3):
        t, s1, s2 = np.random.default_rng(seed).standard_normal((3, 2, 9, 8))
        s2 = s2 + np.roll(t, (2, 3), (1, 2))
        found = number(answer(_respond, t.copy(), s1.copy(), s2.copy(), label.copy()), "a number, the loss")
        first = _rolled(label, _respond(t, s1, label))
        second = _rolled(label, _respond(s1, s2, first))
        chained = _rolled(label, _respond(s2, s1, second))
        truth = _eq8(_respond, [t, s1, s2], label, _rolled)
        mistakes = [
            (_eq8(_respond, [t, s1, s2], label, _flattened), "np.roll without axis rolls the flattened map"),
            (_eq8(_respond, [t, s1, s2], label, lambda _, r: r), "the raw response is no pseudo-label"),
            (((_respond(s2, t, label) - label) ** 2).sum(), "S2's label stands where the chain ended"),
            (
                ((_respond(s1, t, chained) - label) ** 2).sum(),
                "go home straight from S2: by way of S1 little more than Eq. 6 is left",
            ),
            (
                ((_respond(s1, t, first) - label) ** 2).sum(),
                "go home straight from S2: that is Eq. 6, in which S2 takes no part",
            ),
            (truth / label.size, "Eq. 8 is a sum over cells, not a mean"),
        ]
        compare(found, truth, mistakes, f"trip {seed}")


@exercise
def area_from_ranks(answer: Callable[[float, int, int], float]) -> None:
    """Exercise 4: the area under the ROC curve from a sum of ranks, against all pairs of trips."""
    rng = np.random.default_rng(0)
    random = rng.random(40)
    cases = [
        (np.array([1.0, 2.0, 3.0, 4.0, 2.5]), np.array([False, False, True, True, False])),
        (np.array([2.0, 2.0, 1.0, 2.0, 5.0]), np.array([True, False, False, True, False])),
        (random, rng.random(40) < random),
    ]
    for scores, bad in cases:
        ranks, n, m = float(rankdata(scores)[bad].sum()), int(bad.sum()), int((~bad).sum())
        found = number(answer(ranks, n, m), "a number in 0..1")
        gap = scores[bad][:, None] - scores[~bad]
        truth = ((gap > 0) + 0.5 * (gap == 0)).mean()
        mistakes = [
            (ranks / (n * m), "the ranks also count the bad trips below each bad one, and each trip itself"),
            ((ranks - n * (n - 1) / 2) / (n * m), "the lowest rank is 1, not 0: a trip is not above itself"),
            (1 - truth, "the other way round: a bad trip should have the higher loss"),
            (ranks / n / (n + m), "that is the mean rank: divide by the pairs of a bad and a good trip"),
        ]
        compare(found, truth, mistakes, f"{n} bad and {m} good trips, ranks {ranks:g}")


@exercise
def ludt_loss(answer: Callable[[Array, float], float]) -> None:
    """Exercise 5: three losses, the worst of each dropped by itself."""
    rng = np.random.default_rng(0)
    for count, share in ((10, 0.2), (32, 0.2), (6, 0.5)):
        errors = rng.random((3, count)) * np.array([[1.0], [2.0], [4.0]])
        kept = int((1 - share) * count + 0.5 + 1e-9)
        found = number(answer(errors.copy(), share), "a number, the loss")
        ordered = np.sort(errors, axis=1)
        jointly = errors[:, np.argsort(errors.sum(axis=0))[:kept]].sum() / count
        mistakes = [
            (jointly, "each of the three losses drops its own worst"),
            (errors.sum() / count, "nothing was dropped"),
            (ordered[:, :kept].sum() / kept, "divided by what is kept: the reference divides by N"),
            (ordered[:, count - kept :].sum() / count, "the *highest* are dropped"),
            (ordered[:, :kept].sum() / count / 3, "the three are added with weight 1, not averaged"),
        ]
        compare(found, ordered[:, :kept].sum() / count, mistakes, f"{count} triplets, share {share}")
