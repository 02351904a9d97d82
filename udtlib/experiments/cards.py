"""What stands beside a stored table of scores: recipe, budget, seeds, processor. Book: chapter 15."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from udtlib.experiments.declared import RULE
from udtlib.experiments.verdicts import read_results


def about(folders: Sequence[str | Path]) -> dict[str, Any]:
    """Return what the runs in these folders are made of, for a JSON file.

    ``commit``, ``hardware``, ``versions`` ... are those of the last run; ``commits`` names all there were.
    """
    results = read_results(*folders)
    last = max(results, key=lambda one: str(one["measured"].get("date")))
    seconds = [one["training seconds"] + one["judging seconds"] for one in results]
    return last["measured"] | {
        "commits": sorted({str(one["measured"].get("commit")) for one in results}),
        "modified": any(one["measured"].get("modified") for one in results),
        "rule": RULE,
        "scale": results[0]["scale"],
        "seeds": dict(Counter(one["arm"]["name"] for one in results)),
        "arms": {one["arm"]["name"]: one["arm"]["what"] for one in results},
        "wall seconds of all runs": round(sum(seconds)),
        "weights of the runs": {f"{one['arm']['name']}-s{one['seed']}": one["weights"] for one in results},
    }
