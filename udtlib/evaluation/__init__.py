"""Evaluation: how trackers are started, run and scored.

Book: chapters 01, 13 and 14.
May import: `udtlib.data` at this level; only the room `running` knows trackers.
"""

from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.running.runner import evaluate
from udtlib.evaluation.scoring.expected_overlap import (
    EAO_INTERVALS,
    Segment,
    expected_average_overlap,
    expected_overlap_curve,
    segments,
)
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
from udtlib.evaluation.scoring.supervised import (
    AccuracyRobustness,
    SupervisedRun,
    accuracy,
    accuracy_robustness,
    supervised_run,
)
from udtlib.evaluation.scoring.vot import FailureDifference, VotScore, failure_difference
from udtlib.evaluation.scoring.vot_results import score_vot, vot_score_of

__all__ = [
    "EAO_INTERVALS",
    "POLICIES",
    "AccuracyRobustness",
    "FailureDifference",
    "Interval",
    "Policy",
    "Segment",
    "SequenceScore",
    "Spread",
    "SupervisedRun",
    "TrackerScore",
    "VotScore",
    "accuracy",
    "accuracy_robustness",
    "bootstrap_interval",
    "detectable_difference",
    "difference_over_starts",
    "evaluate",
    "expected_average_overlap",
    "expected_overlap_curve",
    "failure_difference",
    "load_policy",
    "paired_difference",
    "score",
    "score_sequence",
    "score_vot",
    "segments",
    "sequences_needed",
    "supervised_run",
    "track_sequence",
    "vot_score_of",
]
