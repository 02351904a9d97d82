"""Results from several starts: sorted by start, and as the numbers of a JSON file. Book: chapter 13."""

from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from typing import Any

from udtlib.errors import DataError
from udtlib.evaluation.results.files import Result
from udtlib.evaluation.scoring.statistics import spread


def starts_json(by_start: AbstractSequence[Any]) -> dict[str, Any]:
    """Return both measures from every start, and their standard deviations; empty for a single start.

    Args:
        by_start: the score from each start: a `TrackerScore` each, or a `SequenceScore`.
    """
    found: dict[str, Any] = {}
    for measure in ("auc", "precision") if by_start else ():
        values = [getattr(one, measure) for one in by_start]
        found |= {f"{measure}_spread": spread(values).deviation, f"{measure}_by_start": values}
    return found


def results_by_start(
    results: Mapping[str, AbstractSequence[Result]], names: AbstractSequence[str], tracker: str
) -> list[dict[str, list[Result]]]:
    """Return the results from each start, by sequence name.

    Args:
        results: from all starts, by sequence name.
        names: of the sequences, one at least.
        tracker: its name, for the message.

    Raises:
        DataError: a single start, or not as many in each sequence.
    """
    counts = {name: len(results[name]) for name in names}
    least, most = (choose(counts, key=counts.__getitem__) for choose in (min, max))
    if counts[least] < max(2, counts[most]):
        raise DataError(
            f"{tracker}: expected two starts or more, as many in each sequence, found {counts[least]} of "
            f"{least} and {counts[most]} of {most}; `udt evaluate --starts N` again finishes them"
        )
    return [{name: [results[name][k]] for name in names} for k in range(counts[most])]
