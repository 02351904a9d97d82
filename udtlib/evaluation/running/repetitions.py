"""Repetitions of a run: how many VOT's supervised experiment makes. Book: chapter 14.

It repeats each run 15 times, because a tracker may draw lots; one that does the same three times in a row is
taken to do so always. The first three of every sequence are run first, then what is left.
"""

from collections.abc import Callable, Collection

from udtlib.evaluation.protocols import EQUAL
from udtlib.evaluation.results.files import load_result
from udtlib.evaluation.results.regions import all_equal
from udtlib.evaluation.running.tasks import Task


def run_repetitions(
    tasks: list[Task], run: Callable[[list[Task]], dict[str, str]]
) -> tuple[list[Task], dict[str, str]]:
    """Run the tasks of all sequences, later repetitions only where they are needed.

    Args:
        tasks: of one tracker; those of one sequence in the order of their repetitions.
        run: runs tasks and returns what went wrong, by sequence name.

    Returns:
        The tasks that count, and what went wrong.
    """
    by_sequence: dict[str, list[Task]] = {}
    for task in tasks:
        by_sequence.setdefault(task.of, []).append(task)
    first = [task for group in by_sequence.values() for task in group[:EQUAL]]
    failed = run(first)
    later = [
        task
        for name, group in by_sequence.items()
        if not _is_settled(name, group, failed)
        for task in group[EQUAL:]
    ]
    failed |= run(later) if later else {}
    return [*first, *later], failed


def _is_settled(name: str, group: list[Task], failed: Collection[str]) -> bool:
    """Say whether a sequence needs no more repetitions: it failed, or the first ones are equal."""
    if name in failed:
        return True
    found = [load_result(one.path, one.sequence, one.dataset, one.protocol) for one in group[:EQUAL]]
    return all_equal([one.regions for one in found])
