"""From the results of runs to a table of comparisons with a verdict each. Book: chapter 15."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.scoring.crossed import Difference, crossed_difference, holm
from udtlib.experiments.declared import Comparison, Experiment
from udtlib.experiments.runs import CODE, CONTENT, RESULT, TRAINED_ON, read_result
from udtlib.files import user_path

MEASURES = ("overlap", "robustness")
LEVEL = 0.05
LEAST_SEEDS = 3

Row = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What the runs say about a comparison.

    Attributes:
        comparison: the claim.
        overlap: difference in overlap, which decides.
        robustness: difference in robustness.
        seeds: how many runs each arm has.
        corrected: the p-value of the overlap, by Holm over the experiment's comparisons.
        says: ``"confirmed"``, ``"contradicted"`` or ``"not resolved"``.
    """

    comparison: Comparison
    overlap: Difference
    robustness: Difference
    seeds: int
    corrected: float
    says: str


def read_results(*folders: str | Path) -> list[dict[str, Any]]:
    """Return the results of the runs in some folders.

    Raises:
        MissingDataError: no finished run in one of them.
        DataError: a damaged result, runs that cannot be compared (`check_together`), or one run twice.
    """
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for folder in map(user_path, folders):
        paths = sorted(folder.glob(f"*/{RESULT}"))
        if not paths:
            raise MissingDataError(f"{folder}: no finished run in it; `udt experiment run` makes some")
        for path in paths:
            one = read_result(path)
            run = one["arm"]["name"], int(one["seed"])
            if run in found:
                raise DataError(
                    f"{path}: arm {run[0]!r}, seed {run[1]} is there twice; name one of the folders"
                )
            for other in found.values():
                check_together(path, one, other)
            found[run] = one
    return list(found.values())


def check_together(path: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
    """Refuse a result that cannot be compared with another one.

    Raises:
        DataError: its scale, its code, the sequences it was judged on or the videos it was trained on differ.
    """
    judged, before = ([each["sequence"] for each in result["sequences"]] for result in (one, other))

    def other_than(key: str) -> bool:
        """Say whether both results have it, which earlier versions and untrained arms do not, and differ."""
        return key in one and key in other and one[key] != other[key]

    differs = {
        "one scale": one["scale"] != other["scale"],
        "the same sequences": judged != before or other_than(CONTENT),
        "the same videos": other_than(TRAINED_ON),
        "the same code": other_than(CODE),
    }
    for what, is_so in differs.items():
        if is_so:
            raise DataError(f"{path}: expected runs of {what}, found others; keep them apart")


def read_rows(*folders: str | Path) -> list[Row]:
    """Return a row for each arm, seed and sequence of the runs in some folders, as `read_results`."""
    return [
        {"arm": one["arm"]["name"], "seed": int(one["seed"])}
        | {name: sequence[name] for name in ("sequence", *MEASURES)}
        for one in read_results(*folders)
        for sequence in one["sequences"]
    ]


def table_of(rows: Iterable[Row], arm: str, measure: str, seeds: Sequence[int]) -> NDArray[np.float64]:
    """Return an arm's scores ``(seeds, sequences)``, sequences by name.

    Raises:
        DataError: a sequence is missing in some run.
    """
    found = {(int(r["seed"]), r["sequence"]): float(r[measure]) for r in rows if r["arm"] == arm}
    names = sorted({name for _, name in found})
    missing = [(seed, name) for seed in seeds for name in names if (seed, name) not in found]
    if missing:
        raise DataError(f"arm {arm!r}, seed {missing[0][0]}: no result on {missing[0][1]}; run it again")
    return np.array([[found[seed, name] for name in names] for seed in seeds])


def seeds_of(rows: Iterable[Row]) -> dict[str, list[int]]:
    """Return the seeds of each arm's runs, sorted."""
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row["arm"], set()).add(int(row["seed"]))
    return {arm: sorted(seeds) for arm, seeds in found.items()}


def verdicts(experiment: Experiment, rows: Sequence[Row]) -> list[Verdict]:
    """Return a verdict for each comparison whose arms have two seeds in common or more.

    The p-values are corrected over the comparisons that the experiment declares, run or not.
    """
    runs, found = seeds_of(rows), []
    for one in experiment.comparisons:
        seeds = sorted(set(runs.get(one.better, ())) & set(runs.get(one.worse, ())))
        if len(seeds) >= 2:
            found.append((one, len(seeds), {m: compare(rows, one, m, seeds) for m in MEASURES}))
    p = [each["overlap"].p for _, _, each in found]
    corrected = holm([*p, *[1.0] * (len(experiment.comparisons) - len(p))])
    return [
        Verdict(one, each["overlap"], each["robustness"], seeds, float(q), says(each["overlap"], q, seeds))
        for (one, seeds, each), q in zip(found, corrected, strict=False)
    ]


def compare(rows: Sequence[Row], one: Comparison, measure: str, seeds: Sequence[int]) -> Difference:
    """Return the difference of the two arms of a comparison."""
    return crossed_difference(*(table_of(rows, arm, measure, seeds) for arm in (one.better, one.worse)))


def says(found: Difference, corrected: float, seeds: int) -> str:
    """Return the verdict of `udtlib.experiments.declared.RULE`."""
    if corrected >= LEVEL or seeds < LEAST_SEEDS:
        return "not resolved"
    return "confirmed" if found.interval.mean > 0 else "contradicted"


def arm_lines(experiment: Experiment, rows: Sequence[Row]) -> list[str]:
    """Return a line for each arm that was run: means over sequences, seed by seed."""
    runs, lines = seeds_of(rows), []
    for arm in experiment.arms:
        seeds = runs.get(arm.name)
        if not seeds:
            lines.append(f"{arm.name:26} not run")
            continue
        overlap, robust = (table_of(rows, arm.name, measure, seeds).mean(1) for measure in MEASURES)
        each = " ".join(f"{value:.3f}" for value in overlap)
        lines.append(f"{arm.name:26} {overlap.mean():.3f}  {robust.mean():.3f}  seeds {each}")
    return lines


def text(experiment: Experiment, rows: Sequence[Row]) -> str:
    """Return the experiment's table in words: what could be found, arms, differences, verdicts."""
    found = verdicts(experiment, rows)
    lines = [f"{experiment.name}: {experiment.question}", f"rule: {experiment.rule}", ""]
    lines.append("what could be found (a true difference in overlap, in 80 % of draws)")
    lines += [f"  {pair(one.comparison):44} {one.overlap.detectable:.3f}" for one in found]
    lines += ["", f"{'arm':26} overlap robustness", *arm_lines(experiment, rows), ""]
    for one in found:
        i = one.overlap.interval
        lines.append(
            f"{pair(one.comparison):44} {i.mean:+.3f} [{i.low:+.3f}, {i.high:+.3f}] p {one.corrected:.3f}  "
            f"{one.says}: {one.comparison.claim}"
        )
    skipped = len(experiment.comparisons) - len(found)
    return "\n".join([*lines, *([f"{skipped} comparisons lack runs"] if skipped else [])])


def pair(one: Comparison) -> str:
    """Return a comparison's two arms."""
    return f"{one.better} - {one.worse}"
