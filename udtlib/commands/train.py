"""``udt train``: from raw videos to weights, without labels. Book: chapter 11."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

from udtlib.arguments import Between
from udtlib.arguments import check as check_value
from udtlib.commands.common import file_path, number
from udtlib.commands.data import MEASURING
from udtlib.data.locate import find_data
from udtlib.data.raw_video.leak_check import Measured, measuring_sequences
from udtlib.errors import OptionError
from udtlib.printing import say
from udtlib.training.settings import HINTS, VARIANTS, TrainingSettings

if TYPE_CHECKING:  # with torch, which --help does without
    import torch

    from udtlib.training.data import TrainingData
    from udtlib.training.loop import Ending
    from udtlib.training.workers import Workers

EXAMPLE = "udt train clips --out runs/udt --steps 6000 --seed 1"
EPOCHS = 50
DATA = ("videos", "synthetic")
NUMBERS = {
    "first_rate": "learning rate of the first step, a factor of the gradient",
    "last_rate": "learning rate of the last step, a factor of the gradient",
    "momentum": "share of the last change that each step repeats, 0 to below 1 (sgd and muon)",
    "weight_decay": "factor of the weights that is added to their gradient",
    "drop": "share of the triplets with the highest loss that teach nothing, 0 to below 1",
    "gain": "factor of the first weights",
    "average": "share that a running average of the weights keeps each step, 0 to below 1; 0 is no average",
    "augment": "how strongly patches are changed, a factor of the usual changes; 0 is not at all",
    "smear": "longest motion blur in pixels; 0 is none, else 1 or more, with --augment",
}
CHOICES = {
    "optimiser": "how a step is made of a gradient",
    "schedule": "how the learning rate falls: by epoch or by step exponentially, or as half a cosine",
    "backward": "the way back to the template: from the last patch directly, or through all of them",
    "form": "error and loss as in the authors' code (reference) or in the paper",
    "motion": "weights by motion as in the authors' code (reference) or in the paper",
    "precision": "of the network's convolutions",
}
COUNTS = {
    "checkpoint_every": Annotated[int, Between(1, 10**9)],
    "clips": Annotated[int, Between(1, 10**6)],
    "epochs": Annotated[int, Between(1, 10**6)],
    "frames": Annotated[int, Between(2, 10**5)],
    "hold_out": Annotated[float, Between(0, 1, below=True)],
    "keep": list[Annotated[int, Between(1, 10**9)]],
}
"""What the arguments beside the settings take."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments; whatever is not given is the reference's."""
    defaults = TrainingSettings()
    parser.add_argument(
        "videos",
        nargs="*",
        type=file_path,
        metavar="VIDEOS",
        help="video files and folders, or one cache of `udt data pack`",
    )
    parser.add_argument(
        "--out",
        required=True,
        type=file_path,
        metavar="RUN",
        help="the folder for log, checkpoints and weights",
    )
    parser.add_argument(
        "--variant",
        default="udt",
        metavar="NAME",
        help=f"what is learned from: {', '.join(VARIANTS)}; default: %(default)s",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--epochs", type=number, default=EPOCHS, metavar="N", help="how many epochs (default: %(default)s)"
    )
    length.add_argument(
        "--steps", type=number, metavar="N", help="how many steps (default: as --epochs has it)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    parser.add_argument("--device", metavar="D", help="cpu, cuda ...; default: a GPU if there is one")
    _add_number(parser, "seed", 0, "S", "seed of the first weights and of the order of triplets")
    parser.add_argument(
        "--data",
        choices=DATA,
        default="videos",
        help="train on VIDEOS, or on procedural clips (synthetic); default: %(default)s",
    )
    _add_number(parser, "clips", 64, "N", "how many clips, if synthetic")
    _add_number(parser, "frames", 30, "N", "how many frames of each clip, if synthetic")
    parser.add_argument(
        "--triplets",
        choices=("reference", "ordered"),
        default="reference",
        help="the two later frames: drawn independently (reference), or one after the other "
        "(ordered); default: %(default)s",
    )
    _add_number(parser, "hold_out", 0.0, "SHARE", "share of the videos that is not trained on, 0 to below 1")
    _add_number(parser, "batch", defaults.batch, "N", "triplets a step")
    for name, text in NUMBERS.items():
        _add_number(parser, name, getattr(defaults, name), "X", text)
    _add_number(parser, "warm_up", 0, "STEPS", "over how many steps the learning rate first rises")
    for name, text in CHOICES.items():
        choices, default = get_args(HINTS[name])[1], getattr(defaults, name)
        parser.add_argument(
            option(name), choices=choices, default=default, help=f"{text}; default: %(default)s"
        )
    parser.add_argument("--compile", action="store_true", help="run the network through torch.compile")
    _add_number(parser, "checkpoint_every", 200, "STEPS", "how many steps lie between two checkpoints")
    parser.add_argument(
        "--keep",
        nargs="+",
        type=number,
        default=[],
        metavar="STEP",
        help="also keep the weights after these steps (default: only the last)",
    )
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs too")
    parser.add_argument(
        "--measured",
        nargs="*",
        type=file_path,
        metavar="DIR",
        help="leak check, as for `udt data pack` (default: where found)",
    )


def _add_number(parser: argparse.ArgumentParser, name: str, default: float, metavar: str, text: str) -> None:
    help_text = f"{text} (default: %(default)s)"
    parser.add_argument(option(name), type=number, default=default, metavar=metavar, help=help_text)


def option(name: str) -> str:
    """Return the command-line option of a setting."""
    return "--" + name.replace("_", "-")


def run(arguments: argparse.Namespace) -> int:
    """Train; 0 when done, 128 plus the signal's number when stopped by one."""
    from udtlib.training import WEIGHTS, train
    from udtlib.training.workers import Workers, device_of

    check(arguments)
    device = device_of(arguments.device)
    workers = Workers(device)
    try:
        data = open_data(arguments, workers, device)
        data.augment, data.smear = arguments.augment, arguments.smear
        settings = make_settings(arguments, len(data), data.name)
        ending = train(
            settings,
            data,
            arguments.out,
            resume=arguments.resume,
            device=str(device),
            checkpoint_every=arguments.checkpoint_every,
            keep=arguments.keep,
            progress=True,
            tensorboard=arguments.tensorboard,
            card={"command": arguments.command_line, **data.card},
        )
    finally:
        workers.leave()
    if workers.is_first:
        say(summary(ending, settings, arguments.out / WEIGHTS))
    return 128 + ending.signal if ending.signal else 0


def check(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be, before anything is read.

    Raises:
        OptionError: no videos, videos with synthetic clips, or videos for a variant that needs boxes;
            settings that do not go together.
        UnknownNameError: no such variant.
    """
    for name, hint in COUNTS.items():
        setattr(arguments, name, check_value(option(name), getattr(arguments, name), hint))
    make_settings(arguments, 1, "")
    if arguments.data == "synthetic" and arguments.videos:
        raise OptionError(f"--data synthetic needs no videos, found {arguments.videos[0]}")
    if arguments.hold_out and arguments.data == "synthetic":
        raise OptionError(
            f"--hold-out is a share of the videos, found {arguments.hold_out:g}; to hold out "
            "procedural clips,  write them with `udt data render` and train on that file"
        )
    if arguments.data == "videos" and not arguments.videos:
        raise OptionError("name the videos to train on, or use --data synthetic")
    if arguments.data == "videos" and VARIANTS[arguments.variant].crops == "boxes":
        raise OptionError(f"the variant {arguments.variant!r} needs true boxes: use --data synthetic")


def open_data(arguments: argparse.Namespace, workers: "Workers", device: "torch.device") -> "TrainingData":
    """Return the triplets asked for; videos are packed by the first process."""
    from udtlib.training.data import cached_data, prepare_cache, synthetic_data

    if arguments.data == "synthetic":
        crops = VARIANTS[arguments.variant].crops
        return synthetic_data(
            arguments.batch, arguments.seed, arguments.triplets, crops, arguments.clips, arguments.frames
        )
    path = workers.first_decides(
        lambda: prepare_cache(arguments.videos, arguments.out, measured(arguments.measured))
    )
    return cached_data(path, arguments.batch, arguments.seed, arguments.triplets, device, arguments.hold_out)


def measured(folders: list[Path] | None) -> Measured:
    """Return the sequences for measuring in ``folders``; None is where they are usually found."""
    found = [place for name in MEASURING if (place := find_data(name))]
    return Measured(measuring_sequences(found if folders is None else folders))


def make_settings(arguments: argparse.Namespace, steps_per_epoch: int, data: str) -> TrainingSettings:
    """Return the settings that the arguments and the data make."""
    names = ("variant", "batch", *NUMBERS, "warm_up")
    chosen = {name: getattr(arguments, name) for name in (*names, *CHOICES, "compile", "seed")}
    steps = arguments.epochs * steps_per_epoch if arguments.steps is None else arguments.steps
    return TrainingSettings(steps=steps, steps_per_epoch=steps_per_epoch, data=data, **chosen)


def summary(ending: "Ending", settings: TrainingSettings, weights: Path) -> str:
    """Return the closing line."""
    did = f"{ending.steps} of {settings.steps} steps in {ending.seconds:.0f} s"
    if ending.signal:
        return f"stopped after {did}; checkpoint saved, go on with --resume"
    return f"{did}, last loss {ending.loss:.4g}; weights: {weights}"
