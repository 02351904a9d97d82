"""The checks of chapter 11 name the mistake: each planted wrong answer gets its own hint."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from udtlib.check import ch11
from udtlib.training_settings import TrainingSettings

SOLUTIONS = runpy.run_path(str(Path(__file__).parents[1] / "book" / "solutions" / "11.py"))
HINTS = {
    "_straight": "straight line",
    "_never_there": "epochs - 1",
    "_rising": "exchanged",
    "_by_ten": "divides by ten",
    "_no_momentum": "momentum adds up",
    "_no_rate": "multiplied with the rate",
    "_growing": "shrinks",
    "_damped": "not damped",
    "_lost": "what is \\*left\\*",
    "_each_for_itself": "gather the numbers",
    "_drop_locally": r"the \*batch\* drops",
    "_own_sum": "its own sum",
    "_drop_the_best": "highest errors",
    "_drop_nothing": "nothing was dropped",
    "_times_processes": "summed, not averaged",
    "_levels_count": "constant level",
    "_the_rest": r"\*does\* depend",
    "_over_places": "not over places",
    "_root": "no root",
    "_unpaired": "paired: what is hard",
    "_of_one": "steadier",
    "_no_root": r"the \*root\* of n",
    "_no_power": "every second time",
    "_found": "the difference itself",
}
WRONG = [(name, answer) for name, answers in SOLUTIONS["WRONG"].items() for answer in answers]


def test_every_mistake_has_a_hint() -> None:
    assert sorted(answer.__name__ for _, answer in WRONG) == sorted(HINTS)


@pytest.mark.parametrize(("name", "answer"), WRONG, ids=[answer.__name__ for _, answer in WRONG])
def test_wrong_answers_get_their_hint(name, answer) -> None:
    with pytest.raises(AssertionError, match=HINTS[answer.__name__]):
        getattr(ch11, name)(answer)


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
def test_solutions_pass(name) -> None:
    assert getattr(ch11, name)(SOLUTIONS[name]) is None


@pytest.mark.parametrize("name", SOLUTIONS["WRONG"])
@pytest.mark.parametrize("nonsense", [None, "right", float("nan")])
def test_nonsense_is_told_what_was_expected(name, nonsense) -> None:
    with pytest.raises(AssertionError, match="expected"):
        getattr(ch11, name)(lambda *_: nonsense)


def test_learning_rate_is_the_librarys() -> None:
    settings = TrainingSettings(steps=70, steps_per_epoch=7)
    ours = [SOLUTIONS["learning_rate"](step // 7, 10, 1e-2, 1e-5) for step in range(70)]
    np.testing.assert_allclose([settings.learning_rate(step) for step in range(70)], ours)
