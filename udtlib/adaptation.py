"""Learning on the spot: a trained network goes on learning, without labels, on the first frames of a video.

UDT-Finetune of the paper (section 4.2): the loss of training (Eq. 8 to 11), on triplets cut around the box
of the first frame, the only box anybody gives. `adapt` takes one video; `adapt_to` pools several, as the
paper does. The last quarter of the frames is held out, and a network that does not come home better on
them than before is thrown away. Book: chapter 16.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import LARGEST_SEED, Between, checked
from udtlib.boxes import Boxes, center, check_box_in_image, from_center
from udtlib.errors import OptionError, TrainingError
from udtlib.frames import Frame, check_frame
from udtlib.patches import crop
from udtlib.printing import log_of
from udtlib.training.run import Run, start, take_step
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import PATCH, Batch
from udtlib.training.workers import Workers, device_of
from udtlib.unsupervised import squared_distance
from udtlib.weights import Weights, get_weights

RATE = 1e-5
"""Of Adam at the start. With ten times as much, weights move as far as those of the authors' finetuned
network (0.0036), and on some videos the tracker then loses its target (chapter 16)."""
BATCH = 4  # triplets an iteration
FEWEST = 4  # frames: three to learn from, one to judge on
SPAN = 10  # frames that a triplet reaches over
WINDOW = 3.0  # times the box, as in training
AWAY = 0.25  # share of the box by which windows are moved aside, so that few frames give many triplets
JUDGED = 16  # held-out triplets, or two a video if that is more
AT_HOME, NOWHERE = 0.01, 0.9
"""Cycle losses as shares of the label's energy: below the first a network has nothing to learn, above the
second its answer is as good as none, as on frames that show nothing."""

Clip = tuple[Sequence[Frame], ArrayLike]
log = log_of(__name__)


@dataclass(frozen=True)
class Adapted:
    """What came of it.

    Attributes:
        weights: the network to use: the adapted one if it was kept, else the one that was given.
        before: cycle loss on held-out frames at the start: the mean over triplets of ``||R_T - Y_T||^2``.
        after: the same at the end; NaN if nothing was learned or the training failed.
        kept: whether ``weights`` are new.
    """

    weights: Weights
    before: float
    after: float
    kept: bool


def adapt(
    network: str | Path | Weights | None,
    frames: Sequence[Frame],
    box: ArrayLike,
    iterations: int = 100,
    seed: int = 0,
) -> Weights:
    """Return weights that have gone on learning, without labels, on the first frames of a video.

    Give them to the tracker: ``load_tracker("udt", weights=adapt(None, frames[:12], box))``. If they do not
    come home better on held-out frames than before, a line is logged and what was given comes back.

    Args:
        network: what to start from, see `udtlib.weights.get_weights`; None is the default.
        frames: RGB ``uint8`` ``(H, W, 3)`` of one size, at least `FEWEST`; all are read.
        box: of the target in ``frames[0]``, ``(x, y, w, h)``, 0-indexed pixels.
        iterations: steps of 4 triplets; 100 take 7 to 17 seconds on two threads.
        seed: of the triplets.

    Raises:
        OptionError: too few frames, or a value out of range.
        FrameError, BoxError: frames or a box that cannot be used.
        WeightsError, MissingDataError: from reading the weights.
    """
    return adapt_to(network, [(frames, box)], iterations, seed).weights


@checked
def adapt_to(
    network: str | Path | Weights | None,
    clips: Sequence[Clip],
    iterations: Annotated[int, Between(1, 100_000)] = 100,
    seed: Annotated[int, Between(0, LARGEST_SEED)] = 0,
    *,
    rate: Annotated[float, Between(1e-12, 1e30)] = RATE,
    device: str | None = "cpu",
) -> Adapted:
    """Adapt one network to several videos together, as the paper does with the first five frames of each.

    Args:
        network: as in `adapt`.
        clips: frames and the first one's box, a pair a video, each as in `adapt`.
        iterations: as in `adapt`.
        seed: as in `adapt`.
        rate: learning rate of Adam at the start; it falls to a tenth.
        device: as in `udtlib.training.train`.

    Raises:
        OptionError, FrameError, BoxError, WeightsError, MissingDataError: as `adapt`.
    """
    steps = adapting(network, clips, iterations, seed, rate, device)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return cast(Adapted, end.value)


def adapting(
    network: str | Path | Weights | None,
    clips: Sequence[Clip],
    iterations: int,
    seed: int = 0,
    rate: float = RATE,
    device: str | None = "cpu",
) -> Generator[int, None, Adapted]:
    """Do what `adapt_to` does a step at a time: yield how many are done, return its answer."""
    weights, videos = get_weights(network), [Video(*clip) for clip in clips]
    if not videos:
        raise OptionError("expected at least one video to adapt to, found none")
    settings = TrainingSettings(
        steps=iterations,
        batch=BATCH,
        optimiser="adam",
        first_rate=rate,
        last_rate=rate / 10,
        schedule="cosine",
        weight_decay=0.0,
        seed=seed,
        first_weights=weights.fingerprint,
    )
    run = start(settings, device_of(device), weights)
    judge = held_out(videos, seed)
    before = cycle_loss(run, judge)
    share = before / float(run.step.label.square().sum())
    if not AT_HOME < share < NOWHERE:
        why = "nothing to learn" if share <= AT_HOME else "nothing to be seen"
        log.warning("not adapted: cycle loss %.3g on held-out frames, %s", before, why)
        return Adapted(weights, before, float("nan"), False)
    try:
        yield from learn(run, videos)
        after = cycle_loss(run, judge)
    except TrainingError as error:
        log.warning("not adapted: %s", error)
        return Adapted(weights, before, float("nan"), False)
    if not after < before:
        log.warning("not adapted: cycle loss on held-out frames %.4g before, %.4g after", before, after)
        return Adapted(weights, before, after, False)
    count = sum(len(video.frames) for video in videos)
    text = f"{iterations} iterations on {count} frames of {len(videos)} videos, {before:.4g} to {after:.4g}"
    return Adapted(run.weights({**weights.card, "adapted": text}), before, after, True)


class Video:
    """The first frames of a video, and where patches are cut.

    Attributes:
        frames: all of them.
        learned: how many of them are learned from; the rest, at the end, is held out.
    """

    def __init__(self, frames: Sequence[Frame], box: ArrayLike) -> None:
        """Check frames and box."""
        if len(frames) < FEWEST:
            raise OptionError(f"adapting needs at least {FEWEST} frames of a video, found {len(frames)}")
        first = check_frame(frames[0])
        self.frames = [check_frame(frame, first.shape) for frame in frames]
        self.box: Boxes = check_box_in_image(box, *first.shape[:2])
        self.learned = len(frames) - max(1, len(frames) // 4)

    def triplet(self, random: np.random.Generator, last: bool = False) -> NDArray[np.uint8]:
        """Return patches ``(3, 125, 125, 3)`` of T, S1 and S2, all cut at one place near the first box.

        T and S1 come from frames that are learned from. So does S2, unless it is the ``last`` of a triplet to
        judge on: then it comes from a frame that is held out.
        """
        one = int(random.integers(self.learned - 1))
        near = random.integers(one + 1, min(one + SPAN, self.learned - 1), 2, endpoint=True)
        two = random.integers(self.learned, len(self.frames)) if last else near[1]
        middle = center(self.box) + random.uniform(-AWAY, AWAY, 2) * self.box[2:]
        window = from_center(middle, WINDOW * self.box[2:])
        shown = (self.frames[index] for index in (one, int(near[0]), int(two)))
        return np.stack([crop(frame, window, (PATCH, PATCH), border="zero") for frame in shown])


def held_out(videos: Sequence[Video], seed: int) -> Batch:
    """Return triplets that end in frames no step sees, from every video equally many."""
    random = np.random.default_rng([seed, 1])
    count = max(2, -(-JUDGED // len(videos)))
    return Batch(np.stack([video.triplet(random, last=True) for video in videos for _ in range(count)]))


def learn(run: Run, videos: Sequence[Video]) -> Iterator[int]:
    """Do all steps, each on triplets of videos drawn at random; yield how many are done.

    Raises:
        TrainingError: the loss is not finite, or explodes.
    """
    random, workers = np.random.default_rng([run.settings.seed, 0]), Workers(run.step.device)
    for _ in range(run.settings.steps):
        chosen = random.integers(len(videos), size=run.settings.batch)
        take_step(run, Batch(np.stack([videos[index].triplet(random) for index in chosen])), workers, 0)
        run.done += 1
        yield run.done


@torch.no_grad()
def cycle_loss(run: Run, batch: Batch) -> float:
    """Return the mean over triplets of ``||R_T - Y_T||^2`` (Eq. 8), no triplet weighed or dropped."""
    step, losses = run.step, []
    for first in range(0, len(batch.patches), step.chunk):
        response, label, _ = step.answer(batch.part(first, first + step.chunk))
        losses.append(squared_distance(response, label))
    return float(torch.cat(losses).mean())
