"""How good a network is: it tracks held-out sequences from several anchors. Book: chapters 13 and 15."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from udtlib.data.sequences import Sequence as TestSequence
from udtlib.errors import DataError
from udtlib.evaluation.anchors import anchors, has_target
from udtlib.evaluation.protocols import Start, started
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.scoring.anchors import anchor_measures
from udtlib.evaluation.scoring.policy import Policy
from udtlib.trackers import load_tracker
from udtlib.weights import Weights


@dataclass(frozen=True)
class Judged:
    """What a network did on one sequence, means over its runs.

    Attributes:
        sequence: name.
        overlap: mean intersection over union, 0..1.
        robustness: share of a run before the target is lost, 0..1.
    """

    sequence: str
    overlap: float
    robustness: float

    def row(self) -> dict[str, str | float]:
        """Return it as stored."""
        return {
            name: value if isinstance(value, str) else round(value, 5) for name, value in asdict(self).items()
        }


def judge(
    weights: Weights,
    sequences: Iterable[TestSequence],
    count: int,
    patch: int = 125,
    dtype: str = "bfloat16",
    device: str = "cpu",
    preset: str = "points",
) -> Iterator[Judged]:
    """Yield what a network does on each sequence, started at ``count`` anchors.

    Args:
        weights: of the network.
        sequences: with true boxes.
        count: anchors in a sequence, at least 2.
        patch: side of the tracker's patches in pixels.
        dtype: of the search patches' convolutions; boxes are those of float32.
        device: that computes.
        preset: of the tracker.

    Raises:
        DataError: a sequence without a frame to start from.
    """
    tracker = load_tracker(
        "udt", weights=weights, preset=preset, dtype=dtype, device=device, patch_size=patch
    )
    for sequence in sequences:
        runs = []
        for part in parts(sequence, count):
            boxes, _ = track_sequence(tracker, part)
            runs.append((boxes, part.boxes))
        measures, _ = anchor_measures(runs, Policy())
        yield Judged(sequence.name, measures["overlap"], measures["robustness"])


def parts(sequence: TestSequence, count: int) -> Sequence[TestSequence]:
    """Return the part of a sequence that each run from an anchor sees.

    Raises:
        DataError: there is no frame to start from with one to follow.
    """
    truth = sequence.boxes
    height, width = np.asarray(sequence.frames[0]).shape[:2]
    places = [
        one
        for one in anchors(truth, height, width, count)
        if has_target(truth[one.frames(len(truth))])[1:].any()
    ]
    if not places:
        raise DataError(f"{sequence.name}: expected a true box to start from and one after it, found none")
    return [
        started(sequence, Start(number, one.label, one.first, truth[one.first], one.backwards))
        for number, one in enumerate(places, start=1)
    ]
