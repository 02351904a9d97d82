"""The child process of `udtlib.weights.foreign`: reads one file, answers with its tensors or what is wrong.

The answer is a line of JSON, ``{"card": {...}}`` or ``{"error": "..."}``, then the tensors as safetensors.
"""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from udtlib.child_process import messages_out
from udtlib.errors import WeightsError
from udtlib.importers.matconvnet import read_matconvnet
from udtlib.importers.pytorch import Found, read_legacy, read_zip

LARGEST_ANSWER = 2**16
"""Numbers: the network has 10,144, and what is larger is no answer."""


def read(path: Path, largest: int) -> Found:
    """Return the tensors, as stored, and a card: ``format``, ``assumed``, and ``channels`` where stated."""
    with path.open("rb") as file:
        head = file.read(16)
        if head.startswith(b"MATLAB 5.0 MAT"):
            return read_matconvnet(path)
        if zipfile.is_zipfile(path):
            return read_zip(path, largest)
        if head[:1] == b"\x80":
            file.seek(0)
            return read_legacy(file)
    raise WeightsError("not network weights; read are safetensors, MatConvNet .mat, PyTorch .pth(.tar)")


def answer(path: Path, largest: int) -> bytes:
    """Return the child's answer about a file."""
    try:
        tensors, card = read(path, largest)
        kinds = {name: tensor.dtype for name, tensor in tensors.items() if tensor.dtype.kind != "f"}
        if kinds:
            raise WeightsError(f"expected floating-point numbers, found {kinds}")
        if sum(tensor.size for tensor in tensors.values()) > LARGEST_ANSWER:
            shapes = {name: tensor.shape for name, tensor in tensors.items()}
            raise WeightsError(f"expected the two-layer network, found {shapes}")
        floats = {name: np.array(tensor, np.float32, order="C") for name, tensor in tensors.items()}
        return json.dumps({"card": card}).encode() + b"\n" + save(floats)
    except WeightsError as error:
        problem = str(error)
    except MemoryError:
        problem = "refused: reading it takes more memory than network weights can need"
    except Exception as error:  # a foreign parser on a damaged file may raise anything
        problem = f"damaged or not network weights ({type(error).__name__}: {error})"
    return json.dumps({"error": problem[:2000]}).encode() + b"\n"


def main() -> None:
    """Answer about the file named first; an archive may unpack to as many bytes as the second says."""
    path, largest = sys.argv[1:3]
    with messages_out() as out:
        out.write(answer(Path(path), int(largest)))


if __name__ == "__main__":
    main()
