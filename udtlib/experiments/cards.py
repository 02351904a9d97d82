"""What stands beside a stored table of scores: recipe, budget, seeds, processor. Book: chapter 15."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from udtlib.errors import DataError
from udtlib.experiments.declared import RULE
from udtlib.experiments.runs import RESULT
from udtlib.experiments.verdicts import read_results

NEEDED = ("measured", "training seconds", "judging seconds", "weights")


def about(folders: Sequence[str | Path]) -> dict[str, Any]:
    """Return what the runs in these folders are made of, for a JSON file.

    ``commit``, ``hardware``, ``versions`` ... are those of the last run; ``commits`` names all there were.

    Raises:
        DataError: a result that does not say it; and as `udtlib.experiments.verdicts.read_results`.
        MissingDataError: as that.
    """
    results = read_results(*folders)
    for one in results:
        if lacking := [key for key in NEEDED if key not in one]:
            raise DataError(
                f"arm {one['arm']['name']!r}, seed {one['seed']}: expected {', '.join(lacking)} in its "
                f"{RESULT}, found none; remove that file, and `udt experiment run` makes it again"
            )
    last = max(results, key=lambda one: str(one["measured"].get("date")))
    seconds = [one["training seconds"] + one["judging seconds"] for one in results]
    return last["measured"] | {
        "commits": sorted({str(one["measured"].get("commit")) for one in results}),
        "modified": any(one["measured"].get("modified") for one in results),
        "rule": RULE,
        "scale": results[0]["scale"],
        "seeds": dict(Counter(one["arm"]["name"] for one in results)),
        "arms": {one["arm"]["name"]: one["arm"].get("what", "") for one in results},
        "wall seconds of all runs": round(sum(seconds)),
        "weights of the runs": {f"{one['arm']['name']}-s{one['seed']}": one["weights"] for one in results},
    }
