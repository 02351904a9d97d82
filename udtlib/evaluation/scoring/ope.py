"""One-pass evaluation of one sequence: overlaps and centre errors, then success and precision curves.

Book: chapters 01 and 13.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import Boxes, center, center_error, iou
from udtlib.errors import DataError
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.supervised import SupervisedRun

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

PRECISION_THRESHOLDS = np.arange(51.0)
"""The distances of the precision curve: 0, 1, ..., 50 pixels."""

NORMALISED_DISTANCE = 0.2
"""At what distance normalised precision is read: in the target's widths across and its heights down."""

NEVER_OVERLAP, NEVER_NEAR, ALWAYS_NEAR = -1.0, np.inf, -1.0


@dataclass(frozen=True)
class SequenceScore:
    """The score of one sequence.

    Attributes:
        name: the sequence.
        success: fraction of frames above each overlap threshold (`success_thresholds`), in 0..1.
        precision_curve: fraction of frames within 0, 1, ..., 50 px, in 0..1.
        auc: area under the success curve, in 0..1.
        precision: fraction of frames within the policy's distance, in 0..1.
        frames: number of frames the result file covers.
        counted: number of frames that the scores are of.
        fps: frames a second, or None where no time was recorded.
        attributes: the benchmark's short names.
        measures: others by name, where the protocol has some (`udtlib.evaluation.scoring.measures`).
        by_time: ``(T,)`` overlap 0, 1, ... frames after the start, NaN where unknown; for anchors only.
        supervised: the repetitions of VOT's supervised experiment.
    """

    name: str
    success: Floats
    precision_curve: Floats
    auc: float
    precision: float
    frames: int
    fps: float | None = None
    attributes: tuple[str, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    by_time: Floats | None = None
    counted: int = 0
    supervised: tuple[SupervisedRun, ...] = ()

    def value(self, measure: str) -> float:
        """Return a measure by its name: ``"auc"``, ``"precision"``, or one of `measures`."""
        return float(getattr(self, measure) if measure in ("auc", "precision") else self.measures[measure])


def success_thresholds(policy: Policy) -> Floats:
    """Return the overlap thresholds of a policy, ``0, 1/steps, ..., 1``."""
    return np.arange(policy.steps + 1) / policy.steps


def score_sequence(
    boxes: ArrayLike,
    truth: ArrayLike,
    policy: Policy | None = None,
    *,
    name: str = "sequence",
    fps: float | None = None,
    attributes: tuple[str, ...] = (),
) -> SequenceScore:
    """Return the score of predicted ``boxes`` against the ``truth`` under a policy.

    Args:
        boxes: predicted boxes ``(N, 4)``, 0-indexed; NaN where the tracker gave none.
        truth: true boxes ``(N, 4)``, 0-indexed; zero size or NaN where the target is absent.
        policy: None is `Policy`'s default.
        name: used in the score and in messages.
        fps: copied into the score.
        attributes: copied into the score.

    Raises:
        DataError: shapes other than two equal ``(N, 4)``, no frame that counts, or content at which
            the policy's tool stops.

    Book: chapter 01.
    """
    return score_pooled([(boxes, truth)], policy, name=name, fps=fps, attributes=attributes)


def score_pooled(
    runs: Iterable[tuple[ArrayLike, ArrayLike]],
    policy: Policy | None = None,
    *,
    name: str = "sequence",
    fps: float | None = None,
    attributes: tuple[str, ...] = (),
) -> SequenceScore:
    """Return the score of several runs in one sequence, their frames pooled as the benchmark does it.

    A long run counts for more than a short one; ``frames`` of the score is the sum over the runs.

    Args:
        runs: predicted and true boxes ``(N, 4)`` of each run, as in `score_sequence`.
        policy: None is `Policy`'s default.
        name: used in the score and in messages.
        fps: copied into the score.
        attributes: copied into the score.

    Raises:
        DataError: as `score_sequence`, or no run.

    Book: chapter 13.
    """
    policy, runs = policy or Policy(), list(runs)
    measures = [measure_frames(boxes, truth, policy, name=name) for boxes, truth in runs]
    if not any(len(overlaps) for overlaps, _, _ in measures):
        raise DataError(f"{name}: no frame with a target is left to score under policy {policy.name!r}")
    overlaps, errors, normalised = (np.concatenate(parts) for parts in zip(*measures, strict=True))
    success = success_curve(overlaps, policy)
    return SequenceScore(
        name=name,
        success=success,
        precision_curve=precision_curve(errors, policy),
        auc=_area(success, overlaps, policy),
        precision=float(precision_curve(errors, policy, np.array([policy.pixels]))[0]),
        frames=sum(len(np.asarray(truth)) for _, truth in runs),
        fps=fps,
        attributes=attributes,
        measures=_others(overlaps, normalised, policy),
        counted=len(overlaps),
    )


def _others(overlaps: Floats, normalised: Floats, policy: Policy) -> dict[str, float]:
    """Return what the policy measures beside AUC and precision."""
    if policy.measures == "lasot":
        return {"normalised_precision": float((normalised <= NORMALISED_DISTANCE).mean())}
    if policy.measures == "got10k":
        rates = {"sr_50": float((overlaps > 0.5).mean()), "sr_75": float((overlaps > 0.75).mean())}
        return {"ao": float(np.clip(overlaps, 0, 1).mean())} | rates
    return {}


def success_curve(overlaps: Floats, policy: Policy) -> Floats:
    """Return the fraction of ``overlaps`` ``(N,)`` that pass each of the policy's thresholds."""
    compare = np.greater if policy.strict else np.greater_equal
    return compare(overlaps[:, None], success_thresholds(policy)).mean(axis=0)


def precision_curve(errors: Floats, policy: Policy, thresholds: Floats = PRECISION_THRESHOLDS) -> Floats:
    """Return the fraction of centre ``errors`` ``(N,)`` in pixels that pass each threshold."""
    compare = np.less if policy.strict_pixels else np.less_equal
    return compare(errors[:, None], thresholds).mean(axis=0)


def _area(success: Floats, overlaps: Floats, policy: Policy) -> float:
    if policy.area == "overlap":
        return float(np.clip(overlaps, 0, 1).mean())
    if policy.area == "trapezoid":
        return float((success[1:] + success[:-1]).mean() / 2)
    return float(success.mean())


def measure_frames(
    boxes: ArrayLike, truth: ArrayLike, policy: Policy, *, name: str
) -> tuple[Floats, Floats, Floats]:
    """Return overlaps, centre errors in pixels, and those in target sizes, of the frames that count.

    Each is ``(M,)``. Frames that fail whatever the threshold have overlap -1 and error infinity; frames
    that a policy calls precise without measuring have error -1.

    Raises:
        DataError: as `score_sequence`.
    """
    predicted, true = _checked(boxes, truth, name)
    _stop_at_nan(predicted, true, policy, name)
    predicted = _repeated(predicted, policy)
    if policy.first_frame == "truth":
        predicted[:1] = true[:1]
    present, present_precision = _present(true, policy)
    with np.errstate(all="ignore"):
        overlaps, errors = _overlaps(predicted, true, policy), center_error(predicted, true)
        normalised = np.linalg.norm((center(predicted) - center(true)) / true[:, 2:], axis=1)
    for distances in (errors, normalised):
        _fail(overlaps, distances, ~_answers(predicted, policy))
        _treat_absent(overlaps, distances, present, present_precision, policy)
    counted = present.copy() if policy.absent == "exclude" else np.ones(len(true), dtype=bool)
    if policy.first_frame == "exclude":
        counted[:1] = False
    return overlaps[counted], errors[counted], normalised[counted]


def _checked(boxes: ArrayLike, truth: ArrayLike, name: str) -> tuple[Boxes, Boxes]:
    predicted, true = np.array(boxes, dtype=np.float64), np.array(truth, dtype=np.float64)
    if predicted.shape != true.shape or true.ndim != 2 or true.shape[1] != 4:
        raise DataError(
            f"{name}: expected as many predicted as true boxes, two arrays (N, 4), "
            f"found {predicted.shape} and {true.shape}"
        )
    return predicted, true


def _stop_at_nan(predicted: Boxes, true: Boxes, policy: Policy, name: str) -> None:
    if policy.nan_truth == "raise" and np.isnan(true).any():
        raise DataError(f"{name}: policy {policy.name!r} stops at NaN in the ground truth")
    unfit = np.isnan(predicted).any() or (predicted[:, 2:] < 0).any()
    if policy.nan_prediction == "raise" and unfit:
        raise DataError(f"{name}: policy {policy.name!r} stops at NaN or negative sizes among the results")


def _repeated(predicted: Boxes, policy: Policy) -> Boxes:
    """Replace the boxes over which a policy repeats: by the last one before them that is none of these."""
    usable = np.ones(len(predicted), dtype=bool)
    if policy.zero_prediction == "repeat":
        usable &= (predicted[:, 2:] != 0).all(axis=1)
    if policy.nan_prediction == "repeat":
        usable &= np.isfinite(predicted).all(axis=1) & (predicted[:, 2:] >= 0).all(axis=1)
    return predicted[np.maximum.accumulate(np.where(usable, np.arange(len(predicted)), 0))]


def _present(true: Boxes, policy: Policy) -> tuple[Mask, Mask]:
    """Return which frames have a target, as the success and as the precision curve see it."""
    in_file = true + np.array([1, 1, 0, 0]) * (policy.index_base or 0)
    must_be_positive = in_file if policy.present == "positive" else true[:, 2:]
    present = _finite_and_positive(true, must_be_positive)
    if not policy.present_center:
        return present, present
    return present, _finite_and_positive(true, in_file[:, :2] + (in_file[:, 2:] - 1) / 2)


def _finite_and_positive(boxes: Boxes, numbers: Floats) -> Mask:
    return np.asarray(np.isfinite(boxes).all(axis=1) & (numbers > 0).all(axis=1))


def _overlaps(predicted: Boxes, true: Boxes, policy: Policy) -> Floats:
    if policy.clip_overlap:
        return iou(predicted, true)
    low = np.maximum(predicted[:, :2], true[:, :2])
    high = np.minimum(predicted[:, :2] + predicted[:, 2:] - 1, true[:, :2] + true[:, 2:] - 1)
    intersection = np.clip(high - low + 1, 0, None).prod(axis=1)
    return intersection / (predicted[:, 2:].prod(axis=1) + true[:, 2:].prod(axis=1) - intersection)


def _answers(predicted: Boxes, policy: Policy) -> Mask:
    """Return which predictions are boxes at all under the policy."""
    sizes = predicted[:, 2:]
    has_size = sizes > 0 if policy.zero_prediction == "fail" else sizes >= 0
    return np.asarray(np.isfinite(predicted).all(axis=1) & has_size.all(axis=1))


def _fail(overlaps: Floats, errors: Floats, frames: Mask) -> None:
    overlaps[frames], errors[frames] = NEVER_OVERLAP, NEVER_NEAR


def _treat_absent(
    overlaps: Floats, errors: Floats, present: Mask, present_precision: Mask, policy: Policy
) -> None:
    if policy.absent == "measure":
        return
    overlaps[~present] = NEVER_OVERLAP
    errors[~present_precision] = ALWAYS_NEAR if policy.absent == "hit" else NEVER_NEAR
