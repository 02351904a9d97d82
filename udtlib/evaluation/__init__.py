"""Evaluation: policies, one-pass evaluation, scores, intervals. Book: chapters 01 and 13."""

from udtlib.evaluation.one_pass import track_sequence
from udtlib.evaluation.ope import SequenceScore, score_sequence
from udtlib.evaluation.policy import POLICIES, Policy, load_policy
from udtlib.evaluation.runner import evaluate
from udtlib.evaluation.scores import TrackerScore, score
from udtlib.evaluation.statistics import Interval, bootstrap_interval, paired_difference

__all__ = [
    "POLICIES",
    "Interval",
    "Policy",
    "SequenceScore",
    "TrackerScore",
    "bootstrap_interval",
    "evaluate",
    "load_policy",
    "paired_difference",
    "score",
    "score_sequence",
    "track_sequence",
]
