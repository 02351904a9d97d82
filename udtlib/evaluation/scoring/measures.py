"""The measures by name: what they are called, which of them a protocol is read by. Book: chapter 13."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from udtlib.evaluation.scoring.ope import NORMALISED_DISTANCE, Floats
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.shift import DISTANCES


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


FOUND = {f"found_{round(100 * distance)}": distance for distance in DISTANCES}
"""The shift test's measures, one a distance: the share of moves after which the target was found."""

MEASURES = {
    "auc": Measure("AUC"),
    "precision": Measure("precision"),
    "overlap": Measure("overlap"),
    "robustness": Measure("robustness"),
    "accuracy": Measure("accuracy"),
    "failures": Measure("failures", is_share=False, less_is_better=True),
    "normalised_precision": Measure(f"norm. precision@{NORMALISED_DISTANCE:g}"),
    "ao": Measure("AO"),
    "sr_50": Measure("SR 0.5"),
    "sr_75": Measure("SR 0.75"),
    **{name: Measure(f"found at {distance:g}") for name, distance in FOUND.items()},
}
"""The measures; a protocol's first one ranks trackers."""

BY_PROTOCOL = {
    "anchors": ("overlap", "robustness"),
    "resets": ("failures", "overlap"),
    "shift": tuple(reversed(FOUND)),
    "vot": ("failures", "accuracy"),
}
"""What is shown of protocols that are not read by AUC and precision."""

BY_POLICY = {
    "otb": ("auc", "precision"),
    "lasot": ("auc", "precision", "normalised_precision"),
    "got10k": ("ao", "sr_50", "sr_75"),
}
"""What is shown of the others, by the policy's ``measures``."""

WITHOUT_CURVES = ("resets", "shift", "vot")
"""Protocols of which success and precision curves say little."""


def measures_of(protocol: str, policy: Policy) -> tuple[str, ...]:
    """Return the names of the measures that a protocol is read by, the one that ranks trackers first."""
    return BY_PROTOCOL.get(protocol, BY_POLICY[policy.measures])


def title_of(measure: str, policy: Policy) -> str:
    """Return what heads a measure's column: for precision with the policy's distance."""
    title = MEASURES[measure].title
    return f"{title}@{policy.pixels:g}px" if measure == "precision" else title


def known(values: Floats) -> Floats:
    """Return the values of the sequences that have one: those that are not NaN."""
    return values[~np.isnan(values)]


def without_nan(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Return the numbers as JSON can hold them."""
    return {name: None if np.isnan(number) else number for name, number in numbers.items()}
