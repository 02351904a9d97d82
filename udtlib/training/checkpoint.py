"""Checkpoints: all a run needs to go on bit for bit, in one safetensors file, replaced whole.

Tensors are the network's and the optimiser's; everything else is JSON in the file's header: step,
settings, history. A checksum covers all of it. Never pickle. The file before the newest is kept, so
one cut short by a full disk or a dead machine costs one interval and not the run. Book: chapter 11.

Files of the first format, whose checksum covers the tensors' bytes alone, are still read; their header is
checked value by value like any other.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.optim import Optimizer

from udtlib.errors import CheckpointError, StorageError, TrainingError
from udtlib.files import user_path, write_whole
from udtlib.training.settings import ADDED, TrainingSettings
from udtlib.weights.files import to_bytes

NEWEST = "checkpoint.safetensors"
BEFORE = "checkpoint-before.safetensors"
FORMATS = ("udtlib training 1", "udtlib training 2")
"""The last is what is written."""
STATES = {
    "sgd": ("momentum_buffer",),
    "adam": ("step", "exp_avg", "exp_avg_sq"),
    "muon": ("size", "momentum"),
}
"""What each optimiser remembers of a parameter; SGD without momentum nothing."""


@dataclass(frozen=True)
class Checkpoint:
    """The state after ``step`` steps.

    Attributes:
        step: steps done.
        settings: the run's settings, as a dictionary.
        tensors: ``network.NAME`` and ``optimiser.INDEX.NAME``.
        history: what the watch over the losses remembers, JSON.
        seconds: of training so far.
        made_of: fingerprints: the ``code`` that trains, the first ``batch`` where the settings do not name
            the data; and ``mixed``, until which step the code was another. Empty in older checkpoints.
    """

    step: int
    settings: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    history: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    made_of: Mapping[str, str] = field(default_factory=dict)


def collect(network: nn.Module, optimiser: Optimizer) -> dict[str, Tensor]:
    """Return copies of all tensors of network and optimiser by the names of `Checkpoint.tensors`."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": t for name, t in state.items() if isinstance(t, Tensor)}
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def restore(
    checkpoint: Checkpoint, network: nn.Module, optimiser: Optimizer, settings: TrainingSettings
) -> None:
    """Put a checkpoint's tensors back where `collect` found them.

    Raises:
        CheckpointError: they are not those of this network and optimiser, or some are missing.
    """
    weights = {name[8:]: each for name, each in checkpoint.tensors.items() if name.startswith("network.")}
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"it is of another network ({str(error)[:200]})") from error
    shapes = expected_state(network, settings) if checkpoint.step else {}
    found = {name: each for name, each in checkpoint.tensors.items() if not name.startswith("network.")}
    missing = sorted(shapes.keys() - found.keys())
    if missing:
        raise CheckpointError(
            f"it lacks {len(missing)} of the {len(shapes)} tensors of the optimiser {settings.optimiser!r}: "
            f"{', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}"
        )
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in found.items():
        if tuple(tensor.shape) != shapes.get(name) or not tensor.is_floating_point():
            kind = f"{name} {tuple(tensor.shape)} {tensor.dtype}"
            raise CheckpointError(f"its {kind} is of no such optimiser as {settings.optimiser!r}")
        _, index, key = name.split(".")
        states.setdefault(int(index), {})[key] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": states})


def expected_state(network: nn.Module, settings: TrainingSettings) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every tensor that the optimiser has after a step; () is one number."""
    names = STATES[settings.optimiser] if settings.momentum or settings.optimiser != "sgd" else ()
    names = (*names, "average") if settings.average else names
    return {
        f"optimiser.{index}.{name}": () if name in ("step", "size") else tuple(parameter.shape)
        for index, parameter in enumerate(network.parameters())
        for name in names
    }


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write ``folder/checkpoint.safetensors``; what was there becomes ``checkpoint-before.safetensors``.

    Raises:
        StorageError: the disk is full or cannot be written; the files that were there are still there.
    """
    about = json.dumps(
        {key: value for key, value in asdict(checkpoint).items() if key != "tensors"}, allow_nan=False
    )
    metadata = {"format": FORMATS[-1], "about": about, "checksum": checksum(checkpoint.tensors, about)}
    newest, before = folder / NEWEST, folder / BEFORE
    try:
        if newest.exists():
            write_whole(before, newest.read_bytes())
        write_whole(newest, to_bytes(checkpoint.tensors, metadata))
    except (OSError, StorageError) as error:
        raise StorageError(
            f"the checkpoint of step {checkpoint.step} is lost, the one before it is unharmed: {error}. "
            "Make room, then train on with --resume"
        ) from error
    return newest


def checksum(tensors: Mapping[str, Tensor], about: str | None = None) -> str:
    """Return the SHA-256 of all tensors, in the order of their names, and of the header's JSON.

    Without ``about``: as in the first format, of names and bytes alone.
    """
    digest = hashlib.sha256((about or "").encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        if about is not None:
            digest.update(f"{tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return ``folder``'s newest checkpoint.

    Raises:
        CheckpointError: there is none, or it is damaged; the message says whether the one before it is whole.
    """
    folder = user_path(folder)
    path = folder / NEWEST
    if not path.is_file():
        what_to_do = advice(folder) if (folder / BEFORE).exists() else "Start the run without --resume"
        raise CheckpointError(f"no checkpoint {path} to resume from. {what_to_do}")
    try:
        return read_checkpoint(path)
    except CheckpointError as error:
        raise CheckpointError(f"{error}. {advice(folder)}") from error


def advice(folder: Path) -> str:
    """Return what to do when the newest checkpoint is damaged."""
    try:
        step = read_checkpoint(folder / BEFORE).step
    except CheckpointError:
        return "There is no whole checkpoint before it; start again in an empty folder"
    return (
        f"The one before it, of step {step}, is whole: to go on from there, "
        f"move {folder / BEFORE} to {folder / NEWEST} and use --resume again"
    )


def what_is_kept(folder: Path, saved: int, error: Exception) -> str:
    """Say which checkpoint is there after an error, and how to go on unless the training failed."""
    if not saved or not (folder / NEWEST).is_file():
        return "there is no checkpoint"
    is_said = isinstance(error, TrainingError) or "--resume" in str(error)
    go_on = "" if is_said else "; with --resume the training goes on from it"
    return f"the checkpoint of step {saved} in {folder} is kept{go_on}"


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint file.

    Raises:
        CheckpointError: it is missing, cut short, damaged, or something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            # Copies: Windows replaces no file of which a part is mapped into memory.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") not in FORMATS:
            raise CheckpointError(f"{path}: safetensors, but not a checkpoint of this library's training")
        about = json.loads(metadata["about"])
        if metadata["format"] == FORMATS[0]:
            stored, found = about.pop("checksum"), checksum(tensors)
        else:
            stored, found = metadata["checksum"], checksum(tensors, metadata["about"])
        if stored != found:
            raise CheckpointError(f"{path}: damaged, its content does not have the stored checksum")
        return check_header(Checkpoint(tensors=tensors, **about))
    except CheckpointError:
        raise
    except (
        SafetensorError,
        OSError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RuntimeError,
    ) as error:
        raise CheckpointError(f"{path}: damaged or cut short ({str(error)[:200]})") from error


def check_header(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint whose step, seconds, settings and history are of the right types and ranges.

    Raises:
        ValueError: names the first that is not; or a `KeyError`, `TypeError` from inside the history.
    """
    history = checkpoint.history
    losses = history["start"] + history["recent"] if history else []
    still = history["still"] if history else 0
    best = history.get("best") if history else None
    fine = {
        "step": type(checkpoint.step) is int and 0 <= checkpoint.step < 2**53,
        "seconds": is_number(checkpoint.seconds) and checkpoint.seconds >= 0,
        "settings": isinstance(checkpoint.settings, dict),
        "history": isinstance(history, dict) and isinstance(losses, list) and all(map(is_number, losses)),
        "history's still": type(still) is int and 0 <= still <= max(checkpoint.step, 0),
        "history's best": best is None or is_number(best),
    }
    wrong = [name for name, is_fine in fine.items() if not is_fine]
    if wrong:
        raise ValueError(f"its header's {wrong[0]} cannot be")
    return checkpoint


def is_number(value: Any) -> bool:
    """Say whether a value of a JSON file is a finite number that a float can hold."""
    return type(value) in (int, float) and abs(value) < 1e300


def settings_to_go_on(checkpoint: Checkpoint, settings: TrainingSettings, folder: Path) -> TrainingSettings:
    """Return the settings that a run goes on with: those it has, and perhaps more steps.

    More steps leave the learning rates of the steps asked for before as they are; so whether a run is
    extended when it has ended or earlier makes no difference.

    Raises:
        CheckpointError: other settings than the run was started with; the message names the differences.
    """
    then = ADDED | dict(checkpoint.settings)
    steps, scheduled = then.get("steps"), then["scheduled"]
    if type(steps) is int and 0 < steps < settings.steps:
        then |= {"steps": settings.steps, "scheduled": scheduled or steps}
    if settings.scheduled == 0 and type(then["scheduled"]) is int and then["scheduled"] > 0:
        settings = replace(settings, scheduled=then["scheduled"])
    lines = settings.differences(then)
    if not lines and checkpoint.step > settings.steps:
        lines = [f"it has done {checkpoint.step} of {settings.steps} steps"]
    if lines:
        raise CheckpointError(
            f"{folder}: the run was started with other settings ({'; '.join(lines)}). Resume with the "
            "settings it has, or start another run in another folder"
        )
    return settings


def snapshot(
    step: int,
    settings: TrainingSettings,
    network: nn.Module,
    optimiser: Optimizer,
    history: Mapping[str, Any],
    seconds: float,
    made_of: Mapping[str, str],
) -> Checkpoint:
    """Return the checkpoint of a run that has done ``step`` steps."""
    return Checkpoint(step, asdict(settings), collect(network, optimiser), history, seconds, made_of)
