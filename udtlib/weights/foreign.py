"""Foreign network files: MatConvNet ``.mat`` and PyTorch ``.pth(.tar)``. Nothing in a file is run.

They are read in a child process with a limit on memory and time, because a small file can ask its reader
for gigabytes or crash it: `udtlib.importers.process`. Book: chapter 06.
"""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load
from torch import Tensor

from udtlib.child_process import Child
from udtlib.errors import WeightsError

LARGEST_FILE = 64 * 2**20
"""Bytes; the network has 40 kB, a checkpoint of it some hundred."""

MEMORY, SECONDS = 2 * 2**30, 20
"""What the child may use: bytes of address space, of which Python, numpy and scipy need 0.5e9; seconds."""

PROCESS = "udtlib.importers.process"


def read_foreign(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the four tensors, as stored, and a card: ``format``, ``assumed``, ``channels`` where stated.

    Raises:
        WeightsError: not one of the two formats, damaged, hostile, or without this network in it.
    """
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise WeightsError(f"{path}: {size} bytes; expected network weights of some kilobytes")
    head, _, tensors = _ask_child(path).partition(b"\n")
    reply: dict[str, Any] = json.loads(head)
    if "error" in reply:
        raise WeightsError(f"{path}: {reply['error']}")
    return load(tensors), reply["card"]


def _ask_child(path: Path) -> bytes:
    """Return what `udtlib.importers.process` answers."""
    try:
        child = Child(PROCESS, [str(path.absolute()), str(LARGEST_FILE)], patience=SECONDS, memory=MEMORY)
    except OSError as error:
        raise WeightsError(f"{path}: its reader cannot be started ({error.strerror or error})") from error
    try:
        reply = child.output.read()
    except TimeoutError as error:
        raise WeightsError(f"{path}: refused: its reader {child.cause_of_death(error)}") from error
    if not reply:
        cause = child.cause_of_death(EOFError())
        raise WeightsError(f"{path}: damaged: its reader {cause}")
    child.close()
    return reply
