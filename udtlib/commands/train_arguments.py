"""The arguments of ``udt train``: each says what it is, its unit and its default. Book: chapter 11."""

import argparse
from typing import Annotated, get_args

from udtlib.arguments import Between
from udtlib.commands.common import file_path, number
from udtlib.training.settings import HINTS, VARIANTS, TrainingSettings

EPOCHS = 50
DATA = ("videos", "synthetic")
NUMBERS = {
    "first_rate": "learning rate of the first step, a factor of the gradient",
    "last_rate": "learning rate of the last step, a factor of the gradient",
    "momentum": "share of the last change that each step repeats, 0 to below 1 (sgd and muon)",
    "weight_decay": "factor of the weights that is added to their gradient, or with adam and muon taken off "
    "by each step, times its rate",
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
    "epochs": Annotated[int, Between(1, 10**6)] | None,
    "frames": Annotated[int, Between(2, 10**5)],
    "hold_out": Annotated[float, Between(0, 1, below=True)],
    "keep": list[Annotated[int, Between(1, 10**9)]],
    "validate_every": Annotated[int, Between(1, 10**9)],
}
"""What the arguments beside the settings take."""
DEFAULTS = {"clips": 64, "frames": 30, "validate_every": 100}
"""Of arguments that change nothing without others."""


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
        "--epochs",
        type=number,
        metavar="N",
        help=f"how many epochs in all (default: {EPOCHS}; with --resume what the run has)",
    )
    length.add_argument(
        "--steps", type=number, metavar="N", help="how many steps in all (default: as --epochs has it)"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in RUN; with more --steps or --epochs than it had it is extended, at the "
        "learning rate it ended with",
    )
    parser.add_argument(
        "--from",
        dest="first_weights",
        metavar="WEIGHTS",
        help="start from a trained network, best with a lower --first-rate: our safetensors, the authors' "
        ".mat or .pth, or udt (default: random weights)",
    )
    parser.add_argument(
        "--device",
        default="auto",
        metavar="D",
        help="cpu, cuda ...; auto is a GPU if there is one; default: %(default)s",
    )
    _add_number(parser, "seed", 0, "S", "seed of the first weights and of the order of triplets")
    parser.add_argument(
        "--data",
        choices=DATA,
        default="videos",
        help="train on VIDEOS, or on procedural clips (synthetic); default: %(default)s",
    )
    _add_number(parser, "clips", DEFAULTS["clips"], "N", "how many clips, if synthetic")
    _add_number(parser, "frames", DEFAULTS["frames"], "N", "how many frames of each clip, if synthetic")
    parser.add_argument(
        "--triplets",
        choices=("reference", "ordered"),
        default="reference",
        help="the two later frames: drawn independently (reference), or one after the other "
        "(ordered); default: %(default)s",
    )
    hold_out = "share of the videos that is not trained on, and measured on instead, 0 to below 1"
    _add_number(parser, "hold_out", 0.0, "SHARE", hold_out)
    measuring = "steps between two measurements on held-out videos"
    _add_number(parser, "validate_every", DEFAULTS["validate_every"], "STEPS", measuring)
    parser.add_argument(
        "--keep-best",
        action="store_true",
        help="also keep the weights of the lowest held-out loss, as weights-best.safetensors",
    )
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
    parser.add_argument(
        "--tensorboard", action="store_true", help="write TensorBoard logs too, if it is installed"
    )
    parser.add_argument(
        "--no-compare",
        action="store_true",
        help="at the end, do not compare the network with an untrained one and the shipped one (some 15 s)",
    )
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
