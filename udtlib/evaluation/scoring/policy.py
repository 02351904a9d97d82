"""Scoring policies: every choice on which evaluation tools silently differ, as one named object.

Public tools agree on clean data and disagree about thresholds, absent targets, boxes that touch the
image border, and answers that are no boxes. A `Policy` writes these choices down. Book: chapter 13.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from udtlib.arguments import Between, check_fields, look_up


@dataclass(frozen=True)
class Policy:
    """How boxes become scores; the default is the usual strict scoring of OTB.

    Book: chapter 13 (section 13.6: one result file, several policies).

    Attributes:
        name: what tables and JSON files call it.
        steps: the success thresholds are ``0, 1/steps, ..., 1``.
        strict: a frame succeeds at threshold t if its overlap is ``> t``; False: ``>= t``.
        area: the area under the success curve is the ``"mean"`` over thresholds, the ``"trapezoid"``
            rule, or the mean ``"overlap"`` of the frames, its limit for fine thresholds.
        clip_overlap: overlaps are limited to 1. False computes them through the last pixel,
            ``x + w - 1``, as one tool does, whose rounding errors exceed 1 and so pass ``> 1``.
        pixels: the distance, in pixels, at which precision is reported.
        strict_pixels: a frame is precise if its centre error is ``<`` the distance; False: ``<=``.
        present: which true boxes say that there is a target: those of finite, positive ``"size"``, or
            those with all four numbers ``"positive"`` in the file's own index base, which takes a
            target at x = 0 of 0-indexed data for absent.
        present_center: precision asks instead whether the true centre, counted as
            ``x + (w - 1) / 2``, is positive. (As a difference, this centre and ``x + w / 2`` agree.)
        absent: frames without a target ``"fail"`` in both curves, ``"hit"`` (fail in success, but
            count as precise), are ``"exclude"``-d, or ``"measure"``-d like any other: no overlap, and
            the distance to whatever numbers stand there.
        nan_truth: a true box with NaN makes the target ``"absent"``, or the tool stops (``"raise"``).
        nan_prediction: a predicted box with NaN or a negative size ``"fail"``-s in both curves, the tool
            stops (``"raise"``), or the last box before it stands in its place (``"repeat"``).
        zero_prediction: a predicted box without area ``"fail"``-s in both curves, is ``"measure"``-d
            (no overlap, but its centre counts), or is replaced by the last box before it (``"repeat"``).
        first_frame: the first frame counts with the ``"result"`` file's box, with the ``"truth"``, or
            is left out (``"exclude"``).
        index_base: number of the first pixel in the files the tool reads; it matters to ``"positive"``
            and ``present_center`` only. None: the dataset's own, 1 for OTB and else 0.
        measures: what is shown of one-pass evaluation: AUC and precision (``"otb"``), normalised precision
            too (``"lasot"``), or average overlap and two success rates (``"got10k"``).
        pool: a measure's mean is over ``"sequences"``, or over the ``"frames"`` of all of them alike.
        clip_boxes: both boxes are cut at the borders of the image, where its size is known.

    Raises:
        OptionError: a value that is not one of those above.
    """

    name: str = "otb-strict"
    steps: Annotated[int, Between(1, 100_000)] = 20
    strict: bool = True
    area: Literal["mean", "trapezoid", "overlap"] = "mean"
    clip_overlap: bool = True
    pixels: Annotated[float, Between(0, 1e6)] = 20.0
    strict_pixels: bool = False
    present: Literal["size", "positive"] = "size"
    present_center: bool = False
    absent: Literal["fail", "hit", "exclude", "measure"] = "fail"
    nan_truth: Literal["absent", "raise"] = "absent"
    nan_prediction: Literal["fail", "raise", "repeat"] = "fail"
    zero_prediction: Literal["fail", "measure", "repeat"] = "fail"
    first_frame: Literal["result", "truth", "exclude"] = "result"
    index_base: Literal[0, 1] | None = None
    measures: Literal["otb", "lasot", "got10k"] = "otb"
    pool: Literal["sequences", "frames"] = "sequences"
    clip_boxes: bool = False

    def __post_init__(self) -> None:
        """Check every choice.

        Raises:
            OptionError: a value that is not one of those above.
        """
        check_fields(self)


_PYTRACKING = Policy(
    name="pytracking",
    clip_overlap=False,
    present="positive",
    nan_truth="raise",
    nan_prediction="raise",
    zero_prediction="repeat",
    first_frame="truth",
)

_PRESETS = [
    Policy(name="got10k", absent="measure", zero_prediction="measure", first_frame="truth"),
    Policy(
        name="got10k-ao",
        area="overlap",
        absent="exclude",
        first_frame="exclude",
        measures="got10k",
        pool="frames",
        clip_boxes=True,
    ),
    Policy(
        name="lasot",
        absent="exclude",
        nan_prediction="repeat",
        zero_prediction="repeat",
        first_frame="truth",
        measures="lasot",
    ),
    Policy(name="mean-overlap", area="overlap"),
    Policy(name="otb-loose", strict=False),
    Policy(name="otb-strict"),
    Policy(name="otb-trapezoid", area="trapezoid"),
    Policy(name="pycftrackers", steps=100, area="trapezoid", strict_pixels=True),
    Policy(
        name="pysot-toolkit",
        present="positive",
        present_center=True,
        absent="hit",
        zero_prediction="measure",
    ),
    _PYTRACKING,
    replace(_PYTRACKING, name="pytracking-valid", absent="exclude"),
]

POLICIES = {policy.name: policy for policy in _PRESETS}
"""The presets by name: the OTB variants, and the behaviour of public toolkits.

``pytracking-valid`` is pytracking with its ``exclude_invalid_frames``; ``got10k`` is how GOT-10k's toolkit
scores OTB, ``got10k-ao`` how it scores GOT-10k itself.
"""

OWN_POLICIES = {"got10k": "got10k-ao", "lasot": "lasot", "lasot-test": "lasot", "trackingnet": "lasot"}
"""The policy of a benchmark with another rule than OTB's, by the dataset's name."""


def load_policy(name: str) -> Policy:
    """Return the preset of that name.

    Raises:
        UnknownNameError: ``name`` is not in `POLICIES`.
    """
    return look_up("policy", name, POLICIES)


def policy_for(dataset: str) -> Policy:
    """Return the policy by which a dataset is scored unless another is asked for."""
    return POLICIES[OWN_POLICIES.get(dataset, "otb-strict")]
