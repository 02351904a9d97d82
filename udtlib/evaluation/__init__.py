"""Evaluation: how trackers are started, run and scored.

Book: chapters 01 and 13.
May import: `udtlib.data` at this level; only the room `running` knows trackers.
"""

from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.running.runner import evaluate
from udtlib.evaluation.scoring.ope import SequenceScore, score_sequence
from udtlib.evaluation.scoring.policy import POLICIES, Policy, load_policy
from udtlib.evaluation.scoring.scores import TrackerScore, score
from udtlib.evaluation.scoring.statistics import (
    Interval,
    Spread,
    bootstrap_interval,
    detectable_difference,
    difference_over_starts,
    paired_difference,
    sequences_needed,
)

__all__ = [
    "POLICIES",
    "Interval",
    "Policy",
    "SequenceScore",
    "Spread",
    "TrackerScore",
    "bootstrap_interval",
    "detectable_difference",
    "difference_over_starts",
    "evaluate",
    "load_policy",
    "paired_difference",
    "score",
    "score_sequence",
    "sequences_needed",
    "track_sequence",
]
