"""Checkpoints: all a run needs to go on bit for bit, in one safetensors file, replaced whole.

Tensors are the network's and the optimiser's; everything else is JSON in the file's header: step,
settings, history, and a checksum of the tensors. Never pickle. The file before the newest is kept, so
one cut short by a full disk or a dead machine costs one interval and not the run. Book: chapter 11.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from udtlib.errors import CheckpointError
from udtlib.training.settings import TrainingSettings

NEWEST = "checkpoint.safetensors"
BEFORE = "checkpoint-before.safetensors"
FORMAT = "udtlib training 1"


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


def restore(checkpoint: Checkpoint, network: nn.Module, optimiser: Optimizer) -> None:
    """Put a checkpoint's tensors back where `collect` found them."""
    states: dict[int, dict[str, Tensor]] = {}
    weights: dict[str, Tensor] = {}
    for name, tensor in checkpoint.tensors.items():
        part, _, rest = name.partition(".")
        if part == "network":
            weights[rest] = tensor
        else:
            index, _, key = rest.partition(".")
            states.setdefault(int(index), {})[key] = tensor
    network.load_state_dict(weights)
    optimiser.load_state_dict({**optimiser.state_dict(), "state": states})


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write ``folder/checkpoint.safetensors``; what was there becomes ``checkpoint-before.safetensors``.

    Raises:
        CheckpointError: the disk is full or cannot be written; the files that were there are still there.
    """
    about = {key: value for key, value in asdict(checkpoint).items() if key != "tensors"}
    about["checksum"] = checksum(checkpoint.tensors)
    metadata = {"format": FORMAT, "about": json.dumps(about, allow_nan=False)}
    newest, before = folder / NEWEST, folder / BEFORE
    try:
        if newest.exists():
            replace_file(before, newest.read_bytes())
        replace_file(newest, save(dict(checkpoint.tensors), metadata))
    except OSError as error:
        raise CheckpointError(
            f"{newest}: the checkpoint of step {checkpoint.step} cannot be written ({error.strerror}); "
            "the one before it is unharmed. Make room, then train on with --resume"
        ) from error
    return newest


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path``, make sure it is on the disk, and put it in ``path``'s place."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of all tensors' names and bytes, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return digest.hexdigest()


def load_checkpoint(folder: Path) -> Checkpoint:
    """Return ``folder``'s newest checkpoint.

    Raises:
        CheckpointError: there is none, or it is damaged; the message says whether the one before it is whole.
    """
    path = folder / NEWEST
    if not path.is_file():
        raise CheckpointError(f"no checkpoint {path} to resume from; start the run without --resume")
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


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint file.

    Raises:
        CheckpointError: it is missing, cut short, damaged, or something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") != FORMAT:
            raise CheckpointError(f"{path}: safetensors, but not a checkpoint of this library's training")
        about = json.loads(metadata["about"])
        if about.pop("checksum") != checksum(tensors):
            raise CheckpointError(f"{path}: damaged, its tensors do not have the stored checksum")
        return Checkpoint(tensors=tensors, **about)
    except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: damaged or cut short ({error})") from error


def check_settings(checkpoint: Checkpoint, settings: TrainingSettings, folder: Path) -> None:
    """Raise `CheckpointError` naming the differences unless the run was started with ``settings``."""
    lines = settings.differences(dict(checkpoint.settings))
    if lines:
        raise CheckpointError(
            f"{folder}: the run was started with other settings ({'; '.join(lines)}). Resume with the "
            "settings it has, or start another run in another folder"
        )


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
