"""What every part of the report's page is written from: the scores, and what is shown of a sequence.

Book: chapter 13.
"""

from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from typing import Any

from udtlib.evaluation.report.html import Cell
from udtlib.evaluation.scoring.measures import MEASURES
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.scores import TrackerScore

Scores = AbstractSequence[TrackerScore]


@dataclass(frozen=True)
class Panel:
    """What the report shows of one sequence.

    Attributes:
        overlaps: ``(N,)`` by tracker name (`udtlib.evaluation.report.overlap_plot.frame_overlaps`).
        frames: the key frames, counted from 0, marked in the curves.
        start: number of the first frame, as the benchmark counts.
        strip: the key frames with boxes, a JPEG file's bytes; None where there is none.
        note: why there is none.
    """

    overlaps: Mapping[str, Floats]
    frames: AbstractSequence[int] = ()
    start: int = 1
    strip: bytes | None = field(default=None, repr=False)
    note: str = ""


@dataclass(frozen=True)
class Material:
    """What a section writes from.

    Attributes:
        scores: the trackers, the best first.
        bands: whether plots have bootstrap bands.
        notes: lines for "How it was scored".
        panels: what to show of a sequence, by its name; without it, its curves and strip are left out.
        origins: where each tracker's boxes were made, by its name.
        written: where the report itself was.
    """

    scores: Scores
    bands: bool
    notes: AbstractSequence[str]
    panels: Mapping[str, Panel]
    origins: Mapping[str, AbstractSequence[Mapping[str, Any]]]
    written: Mapping[str, Any]


def count(number: int, what: str) -> str:
    """Return a number of things, in the plural but for one."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def compared(values: list[float], digits: int, measure: str) -> list[Cell]:
    """Return a cell for each value of a measure, a bar where it is a share, the best of several marked."""
    kind = MEASURES[measure]
    known = [value for value in values if value == value]  # not NaN
    best = (min if kind.less_is_better else max)(known) if len(values) > 1 and known else None
    return [
        Cell(f"{one:.{digits}f}", one if kind.is_share else None, one == best) if one == one else Cell("-")
        for one in values
    ]
