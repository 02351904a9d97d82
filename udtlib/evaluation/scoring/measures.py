"""The measures by name: what they are called, which of them a protocol is read by. Book: chapter 13."""

from dataclasses import dataclass

from udtlib.evaluation.scoring.policy import Policy


@dataclass(frozen=True)
class Measure:
    """What a measure is called, and how it is to be read.

    Attributes:
        title: heads a column.
        is_share: lies in 0..1.
        less_is_better: the best tracker has the least of it.
    """

    title: str
    is_share: bool = True
    less_is_better: bool = False


MEASURES = {
    "auc": Measure("AUC"),
    "precision": Measure("precision"),
    "overlap": Measure("overlap"),
    "robustness": Measure("robustness"),
}
"""The measures; a protocol's first one ranks trackers."""

BY_PROTOCOL = {"anchors": ("overlap", "robustness")}
"""What is shown of protocols that are not read by AUC and precision."""


def measures_of(protocol: str) -> tuple[str, ...]:
    """Return the names of the measures that a protocol is read by, the one that ranks trackers first."""
    return BY_PROTOCOL.get(protocol, ("auc", "precision"))


def title_of(measure: str, policy: Policy) -> str:
    """Return what heads a measure's column: for precision with the policy's distance."""
    title = MEASURES[measure].title
    return f"{title}@{policy.pixels:g}px" if measure == "precision" else title
