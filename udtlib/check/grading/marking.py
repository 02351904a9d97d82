"""Points: a graded function has parts, each judged on numbers drawn from a seed. Book: chapters 02 to 14."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from udtlib.errors import OptionError

Answer = Callable[..., Any]
Judge = Callable[[Answer, np.random.Generator], None]
PUBLIC_SEED = "public"
LONGEST = 400  # characters of a remark


class Part(NamedTuple):
    """Some points of a function.

    Attributes:
        points: what it is worth.
        title: what is judged, in a few words.
        judge: calls the function and raises ``AssertionError`` with a hint unless the answers are right.
    """

    points: int
    title: str
    judge: Judge


Problems = Mapping[str, Sequence[Part]]
"""The graded functions of an assignment by name, with their parts."""


class Mark(NamedTuple):
    """What a function earned; a remark for each part that was not right."""

    earned: int
    possible: int
    remarks: tuple[str, ...]

    def text(self, name: str) -> str:
        """Return the mark as lines for the student."""
        lines = [
            f"{name}: {self.earned} of {self.possible} points",
            *(f"  - {line}" for line in self.remarks),
        ]
        return "\n".join(lines)


def points(parts: Sequence[Part]) -> int:
    """Return what all parts together are worth."""
    return sum(part.points for part in parts)


def generator(seed: str, name: str, title: str) -> np.random.Generator:
    """Return the source of a part's numbers: equal for equal texts, in every process."""
    digest = hashlib.sha256("\n".join([seed, name, title]).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


def mark(name: str, parts: Sequence[Part], answer: Answer, seed: str = PUBLIC_SEED) -> Mark:
    """Return what a function earns on the numbers of a seed.

    Args:
        name: the problem's name; its numbers depend on it.
        parts: the problem's parts.
        answer: the function; errors it raises cost the part they happen in.
        seed: any text.
    """
    earned, remarks = 0, []
    for part in parts:
        try:
            part.judge(answer, generator(seed, name, part.title))
        except AssertionError as error:
            remarks.append(f"{part.title}: {' '.join(str(error).split())[:LONGEST]}")
        except Exception as error:
            text = "not solved yet" if isinstance(error, NotImplementedError) else repr(error)[:LONGEST]
            remarks.append(f"{part.title}: {text}")
        else:
            earned += part.points
    return Mark(earned, points(parts), tuple(remarks))


def checker(problems: Problems) -> Callable[..., None]:
    """Return the function ``check`` of an assignment's module."""

    def check(answer: Answer, problem: str | None = None) -> None:
        """Say how many points a function has on the public numbers, and what is not right yet.

        Args:
            answer: your function.
            problem: the name of the problem it answers; None takes the function's own name.

        Raises:
            AssertionError: a part is not right; the text has a hint for each.
            OptionError: no problem of this assignment has that name.
        """
        name = str(problem or getattr(answer, "__name__", ""))
        if name not in problems:
            raise OptionError(f"problem is one of {', '.join(problems)}; found {name!r}")
        result = mark(name, problems[name], answer)
        if result.remarks:
            raise AssertionError(result.text(name))
        print(f"{result.text(name)} on these numbers; others are used for grading")

    return check
