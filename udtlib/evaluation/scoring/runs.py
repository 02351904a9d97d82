"""One sequence's score from the results of its runs, as its protocol asks for. Book: chapters 01 and 13."""

from collections.abc import Sequence as AbstractSequence
from dataclasses import replace

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.evaluation.anchors import read_label
from udtlib.evaluation.results.files import Result
from udtlib.evaluation.results.regions import PROTOCOLS_WITH_REGIONS
from udtlib.evaluation.scoring.anchors import anchor_measures
from udtlib.evaluation.scoring.ope import SequenceScore, score_pooled
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.regions import frames_asked, pairs_to_score, reset_measures, shift_measures
from udtlib.evaluation.scoring.supervised import accuracy, supervised_run
from udtlib.evaluation.shift import moved_boxes

MEASURE = {"resets": reset_measures, "shift": shift_measures}
"""What else is measured, by protocol, from the regions and true boxes of a sequence's runs."""


def score_sequence_runs(
    runs: AbstractSequence[Result], sequence: Sequence, policy: Policy, protocol: str
) -> SequenceScore:
    """Return a sequence's score: AUC and precision over the frames of all runs, and what else is measured.

    Raises:
        DataError: boxes that are not one a true box, no frame that counts, or a run of which nothing says
            where it started.
    """
    seconds = [run.seconds for run in runs if run.seconds]
    asked = sum(frames_asked(run.regions) for run in runs)
    fps = asked / sum(seconds) if len(seconds) == len(runs) and protocol != "shift" else None
    truths = [_truth(run, sequence, protocol) for run in runs]
    pairs = [(run.boxes, truth) for run, truth in zip(runs, truths, strict=True)]
    if policy.clip_boxes and sequence.size:
        pairs = [(clipped(boxes, sequence.size), clipped(truth, sequence.size)) for boxes, truth in pairs]
    if protocol in PROTOCOLS_WITH_REGIONS:
        _check_rows(pairs, sequence.name)
        each = [(run.regions, truth) for run, truth in zip(runs, truths, strict=True)]
        pairs = [pairs_to_score(*one) for one in each]
    scored = score_pooled(pairs, policy, name=sequence.name, fps=fps, attributes=sequence.attributes)
    if protocol == "anchors":
        measures, by_time = anchor_measures(pairs, policy)
        return replace(scored, measures=measures, by_time=by_time)
    if protocol == "vot":
        return _with_vot_measures(scored, runs, sequence)
    if protocol in MEASURE:
        return replace(scored, measures=MEASURE[protocol](each))
    return scored


def _with_vot_measures(
    scored: SequenceScore, runs: AbstractSequence[Result], sequence: Sequence
) -> SequenceScore:
    each = tuple(
        supervised_run(run.regions, sequence, where=f"{sequence.name}, repetition {number}")
        for number, run in enumerate(runs, start=1)
    )
    means = np.mean([(len(run.failures), accuracy(run)) for run in each], axis=0).tolist()
    return replace(scored, measures={"failures": means[0], "accuracy": means[1]}, supervised=each)


def clipped(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """Return boxes ``(N, 4)`` limited to an image of this width and height, as GOT-10k's toolkit does it.

    The upper left corner is moved into the image, and the size is cut to what is left from there.
    """
    low = np.clip(boxes[:, :2], 0, size)
    return np.hstack([low, np.clip(boxes[:, 2:], 0, size - low)])


def _check_rows(pairs: list[tuple[Boxes, Boxes]], name: str) -> None:
    for boxes, truth in pairs:
        if boxes.shape != truth.shape:
            raise DataError(f"{name}: expected {len(truth)} rows of a run, found {len(boxes)}")


def _truth(run: Result, sequence: Sequence, protocol: str) -> Boxes:
    """Return the true boxes of a run: all, those from its start on, or those on the way from its anchor."""
    truth, anchor = sequence.boxes, read_label(run.start)
    if protocol in ("ope", "resets", "starts", "vot"):
        return truth
    if protocol not in ("anchors", "shift"):  # a tool that does not say where it started goes to the end
        return truth[anchor.first :] if anchor else truth[-len(run.boxes) :]
    if anchor is None or anchor.first >= len(truth):
        raise DataError(
            f"{sequence.name}: expected a record beside each result that says where the run started, such as "
            f'"frame 37 backwards", found {run.start[:40]!r}; `udt evaluate` again makes it anew'
        )
    return truth[anchor.frames(len(truth))] if protocol == "anchors" else moved_boxes(truth[anchor.first])
