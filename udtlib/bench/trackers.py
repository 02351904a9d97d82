"""How fast are trackers, and where does their time go? The measurement behind ``udt bench``.

All trackers follow the same target through the same frames, decoded before the clock starts, and
take turns on each sequence, in reversed order every second round, so that a machine that warms up or is
busy for a while slows all of them. Book: chapter 03.
"""

import os
import platform
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from operator import attrgetter
from statistics import median
from time import perf_counter
from typing import Annotated, Any

import cv2
import numpy
import scipy
import torch
from tqdm import tqdm

import udtlib
from udtlib.arguments import Between, checked
from udtlib.bench.floor import ConvolutionCounter, floor_seconds, peak_speeds
from udtlib.boxes import Boxes
from udtlib.data.sequences import Sequence as Clip
from udtlib.errors import DataError
from udtlib.evaluation.running.measured import cpu_name
from udtlib.frames import Frame
from udtlib.trackers import Tracker, load_tracker
from udtlib.trackers.own import tracker_name

RIVALS = {
    "dsst": "csrt",
    "kcf": "kcf-opencv",
    "mosse": "mosse-opencv",
    "udt": "csrt",
    "udt+": "csrt",
    "udt+-bf16": "csrt",
    "udt-bf16": "csrt",
    "udt-released": "udt-plain",
}
"""Which of OpenCV's trackers, or which plain version, each of ours is compared with."""

NO_OPTIONS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Timing:
    """What was measured of one tracker.

    Attributes:
        tracker: its registered name, or what one's own is called in results.
        fps: calls of ``update`` a second, over all frames of a round; one number a round.
        init_ms: milliseconds of one ``init``, median over sequences and rounds.
        stages: milliseconds a frame in each step of ``update``, without the steps it calls; ``other``
            is the rest. Measured in a round of its own, because watching takes time too.
        operations: multiplications and additions in the convolutions of one frame, in billions.
        floor_ms: milliseconds that these take at the processor's best (`udtlib.bench.floor`).
    """

    tracker: str
    fps: tuple[float, ...]
    init_ms: float
    stages: dict[str, float]
    operations: float = 0.0
    floor_ms: float = 0.0

    @property
    def median_fps(self) -> float:
        """The middle round."""
        return median(self.fps)


class StageClock:
    """Adds up the time inside wrapped functions; time in a wrapped function they call is not theirs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside = [0.0]

    def wrap(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return ``function``, timed under ``name``."""

        def timed(*arguments: Any) -> Any:
            self._inside.append(0.0)
            start = perf_counter()
            try:
                return function(*arguments)
            finally:
                spent = perf_counter() - start
                self.seconds[name] += spent - self._inside.pop()
                self._inside[-1] += spent

        return timed

    def watch(self, tracker: Any) -> None:
        """Wrap the methods that ``tracker.stages`` names (``"_crop"``, ``"scale_filter.adapt"``)."""
        for path in getattr(tracker, "stages", ()):
            owner, _, method = path.rpartition(".")
            target = attrgetter(owner)(tracker) if owner else tracker
            setattr(target, method, self.wrap(getattr(target, method), path.strip("_")))
        tracker.update = self.wrap(tracker.update, "other")


@contextmanager
def pinned(threads: int) -> Iterator[list[int]]:
    """Run on ``threads`` cores, OpenCV and torch threads; yields the cores, none where unsupported.

    Cores bind every library, whatever its own settings (Linux only). All are restored at the end.
    """
    before, before_torch, cores = cv2.getNumThreads(), torch.get_num_threads(), _cores()
    try:
        yield settle(threads)
    finally:
        cv2.setNumThreads(before)
        torch.set_num_threads(before_torch)
        _bind(cores)


def settle(threads: int) -> list[int]:
    """Bind this process to ``threads`` cores, OpenCV and torch threads for good; return the cores."""
    cores = _cores()[:threads]
    cv2.setNumThreads(threads)
    torch.set_num_threads(threads)
    _bind(cores)
    return cores


def _bind(cores: list[int]) -> None:
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def machine(threads: int, cores: list[int]) -> dict[str, Any]:
    """Return what a reader needs to know about where the figures come from."""
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": threads,
        "pinned_to": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "udtlib": udtlib.__version__,
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "opencv": cv2.__version__,
            "torch": torch.__version__,
        },
    }


def follow(tracker: Tracker, frames: Sequence[Frame], box: Boxes) -> tuple[float, float]:
    """Return the seconds spent in ``init`` on the first frame and in ``update`` on the others."""
    start = perf_counter()
    tracker.init(frames[0], box)
    started = perf_counter()
    for frame in frames[1:]:
        tracker.update(frame)
    return started - start, perf_counter() - started


def run_once(
    name: str, frames: Sequence[Frame], box: Boxes, options: Mapping[str, Any] = NO_OPTIONS
) -> tuple[float, float]:
    """Return `follow`'s two times for a new tracker of that name, made with ``options``."""
    return follow(load_tracker(name, **options), frames, box)


@checked
def measure(
    names: Sequence[str],
    clips: Sequence[Clip],
    frames: Annotated[int, Between(2, 10**9)],
    rounds: Annotated[int, Between(1, 10**6)],
    progress: bool = False,
    run: Callable[[str, Sequence[Frame], Boxes], tuple[float, float]] | None = None,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> list[Timing]:
    """Return a `Timing` of each tracker over the first ``frames`` frames of each clip.

    Args:
        names: registered trackers, or own ones as `udtlib.trackers.load_tracker` takes them.
        clips: one is decoded and held in memory at a time.
        frames: at least 2.
        rounds: how often each tracker runs on each clip.
        progress: draw a bar if the output is a terminal.
        run: what runs one tracker on one clip, such as `udtlib.bench.processes.own_processes`; None is
            `run_once`.
        options: for the constructor of every tracker.

    Raises:
        DataError: no clip, or one of fewer than 2 frames.
    """
    if not clips:
        raise DataError("expected at least one clip to time trackers on, found none")
    run = run or partial(run_once, options=options)
    spent: dict[str, list[float]] = {name: [0.0] * rounds for name in names}
    starts: dict[str, list[float]] = {name: [] for name in names}
    clocks = {name: StageClock() for name in names}
    counters = {name: ConvolutionCounter() for name in names}
    updates = 0
    for clip in tqdm(clips, unit="clip", disable=None if progress else True):
        images = [clip.frames[i] for i in range(min(frames, len(clip.frames)))]
        if len(images) < 2:
            raise DataError(f"{clip.name}: expected 2 frames or more to time, found {len(images)}")
        updates += len(images) - 1
        for turn in range(rounds):
            for name in names if turn % 2 == 0 else reversed(names):
                init, update = run(name, images, clip.boxes[0])
                starts[name].append(init)
                spent[name][turn] += update
        for name, clock in clocks.items():
            watched = load_tracker(name, **options)
            watched.init(images[0], clip.boxes[0])
            with counters[name]:  # counting takes time, so the clock does not run yet
                watched.update(images[1])
            clock.watch(watched)
            for image in images[1:]:
                watched.update(image)
    peaks = peak_speeds(counters.values())
    return [
        Timing(
            tracker_name(name),
            tuple(updates / seconds for seconds in spent[name]),
            1e3 * median(starts[name]),
            {stage: 1e3 * seconds / updates for stage, seconds in clocks[name].seconds.items()},
            sum(counters[name].operations.values()) / len(clips) / 1e9,
            1e3 * floor_seconds(counters[name].operations, peaks) / len(clips),
        )
        for name in names
    ]


def ratio(timing: Timing, rival: Timing) -> float:
    """Return how many times as fast as ``rival``: the median over rounds, in which they took turns."""
    return median(ours / theirs for ours, theirs in zip(timing.fps, rival.fps, strict=True))


def speed_table(timings: Sequence[Timing]) -> str:
    """Return frames a second, the ratio to OpenCV's counterpart and the time of ``init``."""
    known = {timing.tracker: timing for timing in timings}
    width = _width(timings)
    lines = [f"{'tracker':<{width}}{'fps':>8}{'lowest':>9}{'highest':>9}{'init ms':>9}   compared"]
    for timing in timings:
        rival = known.get(RIVALS.get(timing.tracker, ""))
        compared = f"{ratio(timing, rival):.2f} x {rival.tracker}" if rival else ""
        numbers = f"{timing.median_fps:>8.0f}{min(timing.fps):>9.0f}{max(timing.fps):>9.0f}"
        lines.append(f"{timing.tracker:<{width}}{numbers}{timing.init_ms:>9.2f}   {compared}".rstrip())
    return "\n".join(lines)


def stage_table(timings: Sequence[Timing]) -> str:
    """Return, for each tracker, milliseconds a frame by stage, longest first."""
    lines = []
    for timing in timings:
        stages = sorted(timing.stages.items(), key=lambda item: -item[1])
        lines.append(
            f"{timing.tracker:<{_width(timings)}}" + ", ".join(f"{name} {ms:.3f}" for name, ms in stages)
        )
    return "\n".join(lines)


def floor_table(timings: Sequence[Timing]) -> str:
    """Return, for trackers with convolutions, what these take at the least, and its share of a frame."""
    lines = []
    for timing in timings:
        if timing.floor_ms > 0:
            shares = [f"{timing.floor_ms * timing.median_fps / 10:.0f} % of a frame"]
            if "features" in timing.stages:
                shares.append(f"{100 * timing.floor_ms / timing.stages['features']:.0f} % of its features")
            work = f"{timing.operations:.2f} GFLOP a frame, floor {timing.floor_ms:.2f} ms"
            lines.append(f"{timing.tracker:<{_width(timings)}}{work}, reached {', '.join(shares)}")
    return "\n".join(lines)


def _width(timings: Sequence[Timing]) -> int:
    return max([14, *(len(timing.tracker) + 1 for timing in timings)])


def to_dict(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    """Return the timings as JSON can hold them, with the ratio to the counterpart."""
    known = {timing.tracker: timing for timing in timings}
    rows = []
    for timing in timings:
        rival = known.get(RIVALS.get(timing.tracker, ""))
        compared = {"rival": rival.tracker, "ratio": ratio(timing, rival)} if rival else {}
        rows.append({**asdict(timing), "median_fps": timing.median_fps, **compared})
    return rows
