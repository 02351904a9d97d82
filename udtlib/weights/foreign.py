"""Foreign network files: MatConvNet ``.mat`` and PyTorch ``.pth(.tar)``. Nothing in a file is run.

They are read in a child process with a limit on memory and time, because a small file can ask its reader
for gigabytes or crash it: `udtlib.importers.process`. Book: chapter 06.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import load
from torch import Tensor

from udtlib.errors import WeightsError

LARGEST_FILE = 64 * 2**20
"""Bytes; the network has 40 kB, a checkpoint of it some hundred."""

MEMORY, SECONDS = 2 * 2**30, 20
"""What the child may use: bytes of address space, of which Python, numpy and scipy need 0.5e9; seconds."""

START = "import sys; sys.path.append(sys.argv.pop()); from udtlib.importers.process import main; main()"


def read_foreign(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the four tensors, as stored, and a card: ``format``, and ``channels`` where they are stated.

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
    """Return what `udtlib.importers.process` answers.

    ``-P`` keeps the working directory off the child's path, so that no file there is taken for a module.
    """
    limits = map(str, (MEMORY, SECONDS, LARGEST_FILE))
    library = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", START, os.fsencode(path.absolute()), *limits, str(library)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=2 * SECONDS,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"{path}: refused: reading it took over {2 * SECONDS} s") from error
    if done.returncode != 0:
        raise WeightsError(f"{path}: damaged: it crashed its reader (exit status {done.returncode})")
    return done.stdout
