"""``udt weights``: foreign networks in, safetensors or ONNX out; what a file holds. Book: chapters 06, 17."""

import argparse

from udtlib.commands.common import file_path
from udtlib.errors import OptionError
from udtlib.printing import printable, say
from udtlib.weights.channels import CHANNEL_ORDERS

EXAMPLE = "udt weights convert UDT_Unsupervised.mat udt.safetensors"
WRITES = ("target",)
OTHERS = (".mat", ".onnx", ".pt", ".pth", ".safetensors", ".tar")
"""Suffixes that say what a file holds."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the three actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    convert = actions.add_parser("convert", help="write a .mat, .pth or .safetensors file as safetensors")
    convert.add_argument(
        "source", type=file_path, metavar="IN", help="the file to read; no code in it is run"
    )
    convert.add_argument("target", type=file_path, metavar="OUT", help="the safetensors file to write")
    convert.add_argument(
        "--channels",
        choices=CHANNEL_ORDERS,
        help="order of IN's input channels (default: what it says itself)",
    )
    export = actions.add_parser("export", help="write a network for other programs, as ONNX")
    export.add_argument("source", type=file_path, metavar="IN", help="the file to read; no code in it is run")
    export.add_argument("target", type=file_path, metavar="OUT", help="the ONNX file to write")
    show = actions.add_parser("show", help="print a file's card, its fingerprint and the size of its weights")
    show.add_argument("source", type=file_path, metavar="FILE", help="the file to read; no code in it is run")
    for action, name in ((export, "IN"), (show, "FILE")):
        action.add_argument(
            "--channels",
            choices=CHANNEL_ORDERS,
            help=f"order of {name}'s input channels (default: what it says itself)",
        )


def run(arguments: argparse.Namespace) -> int:
    """Convert, export or show."""
    check_suffix(arguments)
    from udtlib.weights import PUBLISHED, load_weights, save_weights  # with torch, which --help does without

    weights = load_weights(arguments.source, arguments.channels)
    if arguments.action == "convert":
        save_weights(arguments.target, weights)
        say(f"{arguments.source} -> {arguments.target}")
        return 0
    if arguments.action == "export":
        from udtlib.export.graph import write_onnx

        write_onnx(arguments.target, weights)
        say(f"{arguments.source} -> {arguments.target}: RGB pixels (N, 3, H, W) to features (N, 32, H, W)")
        return 0
    published = PUBLISHED.get(weights.fingerprint)
    note = f" ({published})" if published else ""
    say(f"{arguments.source}: fingerprint {weights.fingerprint}{note}")
    for key, text in sorted(weights.card.items()):
        say(printable(f"  {key}: {text}"))  # nor line feeds, so that no line is forged
    for name, tensor in weights.tensors.items():
        say(f"  {name:<13} {'x'.join(map(str, tensor.shape)):<10} norm {tensor.norm():.3f}")
    return 0


def check_suffix(arguments: argparse.Namespace) -> None:
    """Refuse a name for the written file that belongs to another format, such as ``.onnx`` for safetensors.

    Raises:
        OptionError: it is one.
    """
    formats = {"convert": ".safetensors", "export": ".onnx"}
    own = formats.get(arguments.action)
    suffix = arguments.target.suffix.lower() if own else ""
    if suffix in OTHERS and suffix != own:
        other = next((name for name, each in formats.items() if each == suffix), None)
        hint = f"; `udt weights {other}` writes {suffix}" if other else ""
        raise OptionError(
            f"{arguments.target}: expected the name of a {own} file to write, found one of {suffix}{hint}"
        )
