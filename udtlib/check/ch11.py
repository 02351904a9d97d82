"""The checks of chapter 11's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable

import numpy as np

from udtlib.check.hints import Array, Mistakes, close, compare, expect, number, numbers, shown
from udtlib.check.verdict import exercise


@exercise
def learning_rate(answer: Callable[[int, int, float, float], float]) -> None:
    """Exercise 1: the rate of an epoch, exponential from first to last."""
    for epochs, first, last in ((50, 1e-2, 1e-5), (5, 1.0, 1e-4), (1, 1e-2, 1e-5)):
        for epoch in sorted({0, epochs // 2, epochs - 1}):
            found = number(answer(epoch, epochs, first, last), "one rate")
            share = epoch / (epochs - 1) if epochs > 1 else 0.0
            mistakes = [
                (first + (last - first) * share, "that is a straight line; the *logarithm* falls evenly"),
                (first * (last / first) ** (epoch / epochs), "the last epoch has the last rate: epochs - 1"),
                (first * (last / first) ** (1 - share), "the rate falls: first and last are exchanged"),
                (first * 0.1**epoch, "that divides by ten an epoch, however many there are"),
            ]
            expected = first * (last / first) ** share
            compare(found, expected, mistakes, f"epoch {epoch} of {epochs}, {first} to {last}")


def _decayed(steps: int, rate: float, decay: float, momentum: float, dampening: float = 0.0) -> float:
    weight, velocity = 1.0, 0.0
    for _ in range(steps):
        velocity = momentum * velocity + (1 - dampening) * decay * weight
        weight -= rate * velocity
    return weight


@exercise
def decay_left(answer: Callable[[int, float, float, float], float]) -> None:
    """Exercise 2: what is left of a weight that no gradient holds."""
    for steps, rate, decay, momentum in (
        (1, 0.1, 0.05, 0.9),
        (40, 0.1, 0.05, 0.9),
        (30, 0.2, 0.1, 0.0),
        (500, 1e-2, 5e-3, 0.9),
    ):
        found = number(answer(steps, rate, decay, momentum), "one number")
        mistakes = [
            ((1 - rate * decay) ** steps, "momentum adds up ten of those steps: keep a velocity"),
            ((1 - decay) ** steps, "the decay joins the gradient, so it is multiplied with the rate"),
            (2 - _decayed(steps, rate, decay, momentum), "the weight shrinks: minus rate times velocity"),
            (_decayed(steps, rate, decay, momentum, momentum), "PyTorch's velocity is not damped by 1 - m"),
            (1 - _decayed(steps, rate, decay, momentum), "what is *left*, not what is lost"),
        ]
        case = f"{steps} steps, rate {rate}, decay {decay}, momentum {momentum}"
        compare(found, _decayed(steps, rate, decay, momentum), mistakes, case)


def _weights(errors: Array, motions: Array, kept: int) -> Array:
    product = np.where(errors.argsort(kind="stable").argsort(kind="stable") < kept, motions, 0.0)
    return np.asarray(product / product.sum())


@exercise
def shared_weights(answer: Callable[[list[Array], list[Array], int], list[Array]]) -> None:
    """Exercise 3: the weights of Eq. 10 where each process has a part of the batch."""
    generator = np.random.default_rng(0)
    for sizes, kept in (((4, 4), 6), ((3, 3, 3), 8), ((5,), 4)):
        errors = [generator.random(size) + k for k, size in enumerate(sizes)]
        motions = [generator.random(size) + 0.1 + 3 * k for k, size in enumerate(sizes)]
        parts = answer([e.copy() for e in errors], [m.copy() for m in motions], kept)
        fits = isinstance(parts, list | tuple) and [np.size(part) for part in parts] == list(sizes)
        expect(fits, f"expected one array of weights a process, sizes {sizes}, found {shown(parts)}")
        found = numbers(np.concatenate([np.ravel(part) for part in parts]), (sum(sizes),), "weights")
        expected = _weights(np.concatenate(errors), np.concatenate(motions), kept)
        case = f"{len(sizes)} processes, {kept} of {sum(sizes)} kept"
        compare(found, expected, _sharing_mistakes(errors, motions, kept, expected), case)


def _sharing_mistakes(errors: list[Array], motions: list[Array], kept: int, expected: Array) -> Mistakes:
    whole_e, whole_m = np.concatenate(errors), np.concatenate(motions)
    general = [
        (_weights(-whole_e, whole_m, kept), "those with the highest errors are dropped"),
        (whole_m / whole_m.sum(), "nothing was dropped"),
    ]
    if len(errors) == 1:
        return general
    ranks = [max(1, round(kept * len(part) / len(whole_e))) for part in errors]
    local = [_weights(e, m, k) for e, m, k in zip(errors, motions, ranks, strict=True)]
    dropped = np.concatenate([part > 0 for part in local]) * whole_m
    ends = np.cumsum([len(part) for part in errors])[:-1]
    own = [part / max(part.sum(), 1e-9) for part in np.split(expected, ends)]
    return [
        (np.concatenate(local), "each process drops and normalises by itself: gather the numbers first"),
        (dropped / dropped.sum(), "the *batch* drops its worst, not each process its own"),
        (np.concatenate(own), "each process divides by its own sum: all weights together sum to 1"),
        (expected * len(errors), "the gradients will be summed, not averaged: no factor"),
        *general,
    ]


@exercise
def blind_share(answer: Callable[[Array], float]) -> None:
    """Exercise 4: the share of the features that does not depend on the picture."""
    generator = np.random.default_rng(1)
    picture = generator.standard_normal((6, 4, 5, 7))
    code = generator.standard_normal((1, 4, 5, 7))
    level = 5.0 * np.arange(4.0)[None, :, None, None]
    for name, features in {
        "half and half": code + picture + level,
        "a position code": code + level + 0 * picture,
        "pictures only": picture + level,
    }.items():
        found = number(answer(features.copy()), "one number, 0 to 1")
        centred = features - features.mean((0, 2, 3), keepdims=True)
        total = float((centred**2).mean())
        pattern = float((centred.mean(0) ** 2).mean())
        mistakes = [
            (
                (features.mean(0) ** 2).mean() / (features**2).mean(),
                "a channel's constant level is no place: subtract each channel's mean first",
            ),
            (1 - pattern / total, "that is the share that *does* depend on the picture"),
            ((centred.mean((2, 3)) ** 2).mean() / total, "average over pictures, not over places"),
            ((pattern / total) ** 0.5, "a share of the variance: squares, no root"),
        ]
        compare(found, pattern / total, mistakes, name)


@exercise
def report(answer: Callable[[Array, Array], tuple[int, float, float]]) -> None:
    """Exercise 5: what was chosen on validation, and what it has on test, over seeds."""
    for case in range(4):
        generator = np.random.default_rng(case)
        skill = generator.normal(0.5, 0.02, (4, 1, 1)) + generator.normal(0, 0.05, (4, 3, 1))
        validation, test = (skill + generator.normal(0, 0.1, (4, 3, count)) for count in (8, 11))
        found = numbers(answer(validation.copy(), test.copy()), (3,), "a recipe, a mean and a deviation")
        recipe = int(validation.mean((1, 2)).argmax())
        runs = test.mean(2)
        best = int(runs.mean(1).argmax()), int(validation.mean(2).max(1).argmax())
        seed = int(validation.mean(2)[recipe].argmax())
        truth = _reported(runs, recipe)
        mistakes = [
            (_lucky(test), "chosen on the sequences that are reported, and the luckiest seed of them"),
            (_reported(runs, best[0]), "the recipe is chosen on validation, not on what is reported"),
            (_reported(runs, best[1]), "average over seeds before choosing: one lucky seed decides here"),
            ((recipe, runs[recipe, seed], truth[2]), "the mean over all seeds, not the best one's"),
            ((*truth[:2], np.std(runs[recipe])), "the deviation of a sample: divide by n - 1"),
            ((*truth[:2], test[recipe].mean(0).std(ddof=1)), "that is the spread of sequences, not of seeds"),
        ]
        others = [(wrong, hint) for wrong, hint in mistakes if not close(wrong, truth)]
        compare(found, truth, others, f"4 recipes, 3 seeds, case {case + 1}")


def _reported(runs: Array, recipe: int) -> tuple[int, float, float]:
    return recipe, float(runs[recipe].mean()), float(runs[recipe].std(ddof=1))


def _lucky(test: Array) -> tuple[int, float, float]:
    runs = test.mean(2)
    recipe, seed = (int(place) for place in np.unravel_index(runs.argmax(), runs.shape))
    return recipe, float(runs[recipe, seed]), float(test[recipe, seed].std())
