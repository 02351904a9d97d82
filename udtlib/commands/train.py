"""``udt train``: from raw videos to weights, without labels. Book: chapter 11."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from udtlib.arguments import check as check_value
from udtlib.commands.data import measured
from udtlib.commands.train_arguments import (
    CHOICES,
    COUNTS,
    DEFAULTS,
    EPOCHS,
    NUMBERS,
    add_arguments,
    option,
)
from udtlib.errors import OptionError
from udtlib.printing import log_of, say
from udtlib.training.settings import VARIANTS, TrainingSettings

if TYPE_CHECKING:  # with torch, which --help does without
    import torch

    from udtlib.training.data import TrainingData
    from udtlib.training.loop import Ending
    from udtlib.training.workers import Workers
    from udtlib.weights import Weights

LOG = log_of("udtlib.training")
__all__ = ["EXAMPLE", "add_arguments", "make_settings", "run"]

EXAMPLE = "udt train clips --out runs/udt --steps 6000 --seed 1 --hold-out 0.1"


def run(arguments: argparse.Namespace) -> int:
    """Train; 0 when done, 128 plus the signal's number when stopped by one."""
    from udtlib.training import train
    from udtlib.training.workers import Workers, device_of

    check(arguments)
    first = starting_weights(arguments)
    device = device_of(arguments.device)
    workers = Workers(device)
    try:
        data = open_data(arguments, workers, device)
        data.augment, data.smear = arguments.augment, arguments.smear
        settings = make_settings(arguments, len(data), data.name)
        if workers.is_first:
            tell(data, arguments.out)
        ending = train(
            settings,
            data,
            arguments.out,
            resume=arguments.resume,
            first_weights=first,
            device=str(device),
            checkpoint_every=arguments.checkpoint_every,
            keep=arguments.keep,
            held_out=data.held_out,
            validate_every=arguments.validate_every,
            keep_best=arguments.keep_best,
            progress=True,
            tensorboard=arguments.tensorboard,
            card={"command": arguments.command_line, **data.card},
        )
    finally:
        workers.leave()
    if workers.is_first:
        say(summary(ending, settings))
        if ending.weights:
            say(use_of(ending.weights, None if arguments.no_compare else str(device)))
    return 128 + ending.signal if ending.signal else 0


def check(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be, before anything is read.

    Raises:
        CheckpointError, TrainingError: as `check_folder`.
        OptionError: no videos, videos with synthetic clips, or videos for a variant that needs boxes;
            settings that do not go together.
        TrainingError: TensorBoard is asked for and not installed.
        UnknownNameError: no such variant.
    """
    for name, hint in COUNTS.items():
        setattr(arguments, name, check_value(option(name), getattr(arguments, name), hint))
    check_folder(arguments)
    if arguments.steps is not None and arguments.keep:
        from udtlib.training.loop import check_keep

        check_keep(arguments.keep, arguments.steps)
    make_settings(arguments, 1, "")
    if arguments.tensorboard:
        from udtlib.training.log import board_writer

        board_writer()  # not after the videos are packed
    if arguments.keep_best and not arguments.hold_out:
        raise OptionError(
            "--keep-best goes by the loss on held-out videos: add --hold-out SHARE, such as 0.1"
        )
    if arguments.data == "synthetic" and arguments.videos:
        raise OptionError(f"--data synthetic needs no videos, found {arguments.videos[0]}")
    if arguments.hold_out and arguments.data == "synthetic":
        raise OptionError(
            f"--hold-out is a share of the videos, found {arguments.hold_out:g}; to hold out "
            "procedural clips, write them with `udt data render` and train on that file"
        )
    if arguments.data == "videos" and not arguments.videos:
        raise OptionError("name the videos to train on, or use --data synthetic")
    if arguments.data == "videos" and VARIANTS[arguments.variant].crops == "boxes":
        raise OptionError(f"the variant {arguments.variant!r} needs true boxes: use --data synthetic")
    check_idle(arguments)


def check_idle(arguments: argparse.Namespace) -> None:
    """Refuse numbers that would change nothing.

    Raises:
        OptionError: of clips, where there are videos; of held-out videos, where there are none.
    """
    clips, held_out = "procedural clips: add --data synthetic", "held-out videos: add --hold-out SHARE"
    videos = arguments.data == "videos"
    for name, is_idle, use in (
        ("clips", videos, clips),
        ("frames", videos, clips),
        ("validate_every", not arguments.hold_out, held_out),
    ):
        if is_idle and getattr(arguments, name) != DEFAULTS[name]:
            raise OptionError(f"{option(name)} {getattr(arguments, name)} is of {use}, or leave it out")


def check_folder(arguments: argparse.Namespace) -> None:
    """Refuse a folder before any video is packed for it; a run that goes on has its own steps by default.

    Raises:
        TrainingError: a new run where one is already.
        CheckpointError: no whole checkpoint to go on from.
    """
    from udtlib.training.checkpoint import load_checkpoint
    from udtlib.training.loop import check_new

    if not arguments.resume:
        check_new(arguments.out)
        return
    steps = load_checkpoint(arguments.out).settings.get("steps")
    if arguments.steps is None and arguments.epochs is None and isinstance(steps, int):
        arguments.steps = steps


def starting_weights(arguments: argparse.Namespace) -> "Weights | None":
    """Return the weights that ``--from`` names; None is random."""
    from udtlib.weights import get_weights

    return None if arguments.first_weights is None else get_weights(arguments.first_weights)


def tell(data: "TrainingData", out: Path) -> None:
    """Print what is trained on, where to look meanwhile, and which videos teach nothing."""
    held = sum(len(batch.patches) for batch in data.held_out)
    how = f"and held-out loss on {held} triplets" if held else "; --hold-out 0.1 would add a held-out loss"
    say(f"training on {data.name}")
    say(f"{out / 'log.csv'}, {out / 'curve.png'}: training loss{' ' if held else ''}{how}")
    for line in data.warnings:
        LOG.warning(line)


def open_data(arguments: argparse.Namespace, workers: "Workers", device: "torch.device") -> "TrainingData":
    """Return the triplets asked for; videos are packed by the first process."""
    from udtlib.training.data import cached_data, prepare_cache, synthetic_data

    variant = VARIANTS[arguments.variant]
    if arguments.data == "synthetic":
        return synthetic_data(
            arguments.batch, arguments.seed, arguments.triplets, variant, arguments.clips, arguments.frames
        )
    path = workers.first_decides(
        lambda: prepare_cache(arguments.videos, arguments.out, measured(arguments.measured))
    )
    return cached_data(
        path, arguments.batch, arguments.seed, arguments.triplets, device, arguments.hold_out, variant
    )


def make_settings(arguments: argparse.Namespace, steps_per_epoch: int, data: str) -> TrainingSettings:
    """Return the settings that the arguments and the data make."""
    names = ("variant", "batch", *NUMBERS, "warm_up")
    chosen = {name: getattr(arguments, name) for name in (*names, *CHOICES, "compile", "seed")}
    epochs = EPOCHS if arguments.epochs is None else arguments.epochs
    steps = epochs * steps_per_epoch if arguments.steps is None else arguments.steps
    return TrainingSettings(steps=steps, steps_per_epoch=steps_per_epoch, data=data, **chosen)


def summary(ending: "Ending", settings: TrainingSettings) -> str:
    """Return what was done, in a line."""
    did = f"{ending.steps} of {settings.steps} steps in {ending.seconds:.0f} s"
    if ending.signal:
        return f"stopped after {did}; checkpoint saved, go on with --resume"
    best = "" if ending.best is None else f", best held-out loss {ending.best:.4g} (weights-best.safetensors)"
    return f"{did}, last loss {ending.loss:.4g}{best}; weights: {ending.weights}"


def use_of(weights: Path, device: str | None) -> str:
    """Return how the network compares, unless ``device`` is None, and the two commands to use it."""
    from udtlib.commands.comparison import compare
    from udtlib.weights import load_weights

    lines = [] if device is None else [compare(load_weights(weights), device)]
    path, out = shlex.quote(str(weights)), shlex.quote(str(weights.parent / "evaluated"))
    return "\n".join(
        [
            *lines,
            f"udt track VIDEO --box X,Y,W,H --weights {path} --out tracked.mp4",
            f"udt evaluate --tracker udt --option weights={path} --out {out}",
        ]
    )
