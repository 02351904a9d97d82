"""One run of an arm: train, judge, write the result; what is finished is kept. Book: chapter 15.

``FOLDER/ARM-sSEED/`` holds what `udtlib.training.train` writes (log, checkpoint, weights with their card) and
``result.json``: what the network did on each held-out sequence, and what it is made of. Several experiments
share a folder, and an arm that two of them have is run once.
"""

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.sequences import Sequence as TestSequence
from udtlib.errors import DataError, OptionError
from udtlib.evaluation.results.fingerprints import sequence_fingerprints
from udtlib.evaluation.running.measured import provenance
from udtlib.experiments.declared import Arm, Scale
from udtlib.experiments.judging import judge, parts
from udtlib.experiments.material import ArmBatches, arm_batches, sequences_to_judge
from udtlib.files import make_folder, user_path, write_whole
from udtlib.fingerprints import fingerprint
from udtlib.locks import only_writer
from udtlib.printing import say
from udtlib.trackers.udt import UdtTracker
from udtlib.training import WEIGHTS, train
from udtlib.training.data import contents
from udtlib.training.run import start, take_step
from udtlib.weights import Weights, load_weights

RESULT = "result.json"
TRAINED_ON = "trained on"
"""In a result: which packed videos; without, clips or nothing."""

CODE, CONTENT = "code", "content of the sequences"
"""In a result: fingerprints of the code that trains and judges, and of images and true boxes by sequence."""

LARGEST = 10_000_000  # bytes of a result that is read


@dataclass(frozen=True)
class Place:
    """Where runs are made, and of what.

    Attributes:
        folder: of all runs.
        scale: how large they are.
        videos: packed patches, for scales medium and full.
        val: folder of sequences, for scales medium and full.
        device: that computes.
        command: that is run, for the cards.
    """

    folder: Path
    scale: Scale
    videos: Path | None = None
    val: Path | None = None
    device: str = "cpu"
    command: str = ""

    def __post_init__(self) -> None:
        """Refuse videos and sequences that would not be used.

        Raises:
            OptionError: there are some, and the scale draws its own clips.
        """
        asked = {"videos": (self.videos, self.scale.clips), "val": (self.val, self.scale.judged)}
        for name, (given, drawn) in asked.items():
            if given is not None and drawn:
                raise OptionError(
                    f"--{name} {given}: scale {self.scale.name!r} takes procedural clips; leave it out, or "
                    "add --scale medium or full"
                )


def run_arms(arms: Sequence[Arm], seeds: Sequence[int], place: Place) -> list[Path]:
    """Run every arm from every seed, seed by seed, so that what is there at any time is balanced.

    Returns:
        The results' files.

    Raises:
        OptionError: an arm that the place cannot run.
        DataError: a result there was made with other settings.
        StorageError: another process is making a run.
    """
    sequences = sequences_to_judge(place.scale, place.val)
    for one in sequences:  # what cannot be run, or judged, is said before the first run
        parts(one, place.scale.anchors)
    for arm in arms:
        if arm.trained and not place.scale.clips:
            arm_batches(arm, place.scale, 0, place.videos)
    jobs = [(arm, seed) for seed in seeds for arm in arms]
    done = []
    for number, (arm, seed) in enumerate(jobs, start=1):
        tell(f"{number} of {len(jobs)}: {arm.name}, seed {seed}", end=" ")
        begun = time.monotonic()
        path, kept = run_arm(arm, seed, place, sequences)
        tell("kept" if kept else f"in {time.monotonic() - begun:.0f} s")
        done.append(path)
    return done


def is_first() -> bool:
    """Say whether this process judges and writes; under torchrun all train, the first does the rest."""
    return os.environ.get("RANK", "0") == "0"


def tell(text: str, end: str = "\n") -> None:
    """Print a line of progress, in the first process."""
    if is_first():
        say(text, end=end)


def run_arm(arm: Arm, seed: int, place: Place, sequences: Sequence[TestSequence]) -> tuple[Path, bool]:
    """Make one run, or keep the one that is there; return its result file and whether it was kept."""
    folder = user_path(place.folder) / f"{arm.name}-s{seed}"
    asked = made_of(arm, seed, place, sequences)
    if (folder / RESULT).exists():
        check_same(read_result(folder / RESULT), asked, folder)
        return folder / RESULT, True
    begun = time.monotonic()
    train_arm(arm, seed, place, folder)
    seconds = time.monotonic() - begun
    if is_first():
        with only_writer(folder):
            weights = load_weights(folder / WEIGHTS) if arm.trained else first_weights(arm, seed, place.scale)
            judged = judge_all(weights, place, sequences)
            result = asked | {
                "training seconds": round(seconds, 1),
                "judging seconds": round(time.monotonic() - begun - seconds, 1),
                "weights": weights.fingerprint,
                "measured": provenance(place.command),
                "sequences": judged,
            }
            write_whole(folder / RESULT, json.dumps(result, indent=1) + "\n")
    return folder / RESULT, False


def first_weights(arm: Arm, seed: int, scale: Scale) -> Weights:
    """Return the weights that every arm starts from with this seed."""
    settings = scale.settings(arm, seed, 1, "")
    return start(replace(settings, average=0.0), torch.device("cpu")).weights({"name": arm.name})


def judge_all(weights: Weights, place: Place, sequences: Sequence[TestSequence]) -> list[dict[str, Any]]:
    """Return a row for each sequence; real ones take long, so each is named when it is done."""
    rows, scale = [], place.scale
    dtype = str(scale.recipe.get("precision", "float32"))
    for one in judge(weights, sequences, scale.anchors, scale.patch, dtype, place.device, scale.preset):
        rows.append(one.row())
        if not scale.judged:
            tell(f"  {one.sequence}: overlap {one.overlap:.3f}, robustness {one.robustness:.3f}")
    return rows


def made_of(arm: Arm, seed: int, place: Place, sequences: Sequence[TestSequence]) -> dict[str, Any]:
    """Return what decides a run's result, as JSON holds it: another in its place is refused."""
    scale = asdict(place.scale)
    scale.pop("seeds")
    real: dict[str, Any] = {} if place.scale.judged else {"judged on": [one.name for one in sequences]}
    if arm.trained and place.videos:
        real |= {TRAINED_ON: contents(PatchCache(place.videos))}
    content = {one.name: sequence_fingerprints(one) for one in sequences}
    made = {"arm": asdict(arm), "seed": seed, "scale": scale, CODE: code(), CONTENT: content} | real
    return json.loads(json.dumps(made, default=_without_numpy))


def _without_numpy(value: Any) -> Any:
    """Return a number of numpy as Python's, which JSON can hold."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be written to {RESULT}")


@cache
def code() -> str:
    """Return the fingerprint of the code that makes a result."""
    return fingerprint(start, take_step, ArmBatches, judge, UdtTracker).digest


def check_same(found: dict[str, Any], asked: dict[str, Any], folder: Path) -> None:
    """Refuse to go on with a result that is made otherwise.

    Raises:
        DataError: it is.
    """
    asked, found = json.loads(json.dumps(asked)), dict(found)
    for key in (TRAINED_ON, CODE, CONTENT):  # earlier versions did not write them down
        found.setdefault(key, asked.get(key))
    found["arm"] = {"times": 1} | found["arm"]
    for one in (asked, found):
        one["arm"] = {key: value for key, value in one["arm"].items() if key != "what"}
    words = {TRAINED_ON: "videos", "judged on": "sequences"}
    different = [words.get(key, key) for key in asked if found.get(key) != asked[key]]
    if different:
        raise DataError(
            f"{folder / RESULT}: expected a result with the same {' and '.join(different)}, found another; "
            "name another folder, or remove this run to make it again"
        )


def train_arm(arm: Arm, seed: int, place: Place, folder: Path) -> None:
    """Train what is missing of a run, in all processes."""
    make_folder(folder)
    if not arm.trained:
        return
    batches = arm_batches(arm, place.scale, seed, place.videos)
    ending = train(
        place.scale.settings(arm, seed, len(batches), batches.name),
        batches,
        folder,
        resume=(folder / "checkpoint.safetensors").exists(),
        device=place.device,
        progress=not place.scale.clips,
        card={"experiment": f"{arm.name}: {arm.what}", "command": place.command},
    )
    if ending.signal:
        signal.raise_signal(ending.signal)  # to whom it would have gone without the training
        raise KeyboardInterrupt


def read_result(path: Path) -> dict[str, Any]:
    """Return what a result file says.

    Raises:
        DataError: it is damaged; the message says what to do.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST} bytes")
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        scores = [float(one[name]) for one in found["sequences"] for name in ("overlap", "robustness")]
        names = [
            found["arm"]["name"],
            found["scale"]["name"],
            *(one["sequence"] for one in found["sequences"]),
        ]
        if not all(0 <= score <= 1 for score in scores) or not all(isinstance(name, str) for name in names):
            raise ValueError("scores are not in 0..1, or names are no text")
        int(found["seed"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path}: expected the result of a run, found {type(error).__name__} ({error}); "
            "remove it to make it again"
        ) from error
    return found
