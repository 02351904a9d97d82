"""Foreign network files: MatConvNet ``.mat`` and PyTorch ``.pth(.tar)``. Nothing in a file is run.

A pickle is a program: loading one the ordinary way runs whatever its author wrote. Here the only names a
pickle may mention are those of `ALLOWED`, each answered by an inert stand-in of ours. Book: chapter 06.
"""

import pickle
import re
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import scipy.io
import torch
from torch import Tensor

from udtlib.errors import WeightsError

LARGEST_FILE = 64 * 2**20  # bytes; the network has 40 kB, a checkpoint of it some hundred
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # how PyTorch before 1.6 begins a file
REFERENCE_LRN = (5.0, 1.0, 1e-4 / 5, 0.75)
STORAGE_TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}

Tensors = dict[str, Tensor]


def read_foreign(path: Path) -> tuple[Tensors, dict[str, str]]:
    """Return the four tensors, as stored, and a card: ``format``, and ``channels`` where they are stated.

    Raises:
        WeightsError: not one of the two formats, damaged, hostile, or without this network in it.
    """
    size = path.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise WeightsError(f"{path}: {size} bytes; expected network weights of some kilobytes")
    with path.open("rb") as file:
        head = file.read(16)
    try:
        if head.startswith(b"MATLAB 5.0 MAT"):
            return read_matconvnet(path)
        if zipfile.is_zipfile(path):
            return read_pytorch(torch.load(path, map_location="cpu", weights_only=True), "pytorch zip")
        if head[:1] == b"\x80":
            with path.open("rb") as file:
                return read_pytorch(read_legacy_pytorch(file), "pytorch legacy")
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error
    except pickle.UnpicklingError as error:  # its text advises to run what is in the file
        name = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"also holds {name[1]}" if name else "is damaged, or holds something else too"
        raise WeightsError(
            f"{path}: this PyTorch file {what}, and read is nothing but tensors, numbers and text; nothing "
            "was run. Whoever made it can save the network alone: torch.save(network.state_dict(), FILE)"
        ) from error
    except Exception as error:  # a foreign parser on a damaged file may raise anything
        raise WeightsError(
            f"{path}: damaged or not network weights ({type(error).__name__}: {error})"
        ) from error
    raise WeightsError(
        f"{path}: not network weights; read are safetensors, MatConvNet .mat, PyTorch .pth(.tar)"
    )


def read_matconvnet(path: Path) -> tuple[Tensors, dict[str, str]]:
    """Read a MatConvNet ``SimpleNN``: kernels (height, width, in, out) become (out, in, ...)."""
    net = scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True).get("net")
    layers = getattr(net, "layers", None)
    if layers is None:
        raise WeightsError("a MATLAB file without net.layers")
    tensors: Tensors = {}
    for index, layer in enumerate([layer for layer in layers if layer.type == "conv"], start=1):
        kernel, bias = layer.weights
        tensors[f"conv{index}.weight"] = as_tensor(kernel.transpose(3, 2, 0, 1))
        tensors[f"conv{index}.bias"] = as_tensor(np.ravel(bias))
    for layer in layers:
        if layer.type == "lrn" and not np.allclose(layer.param, REFERENCE_LRN, rtol=1e-3):
            raise WeightsError(f"expected an LRN with {REFERENCE_LRN}, found {layer.param.tolist()}")
    return tensors, {"format": "matconvnet", "channels": order_of_mean(net)}


def order_of_mean(net: Any) -> str:
    """Return the channel order that the stored mean colour tells: natural images have more red than blue."""
    normalization = getattr(getattr(net, "meta", None), "normalization", None)
    mean = np.ravel(getattr(normalization, "averageImage", ()))
    return "bgr" if mean.size == 3 and mean[0] < mean[2] else "rgb"


def read_pytorch(content: Any, form: str) -> tuple[Tensors, dict[str, str]]:
    """Pick the two convolutions out of a state dictionary, or of a checkpoint that has one."""
    if isinstance(content, Mapping):
        content = content.get("state_dict", content)
    if not isinstance(content, Mapping):
        raise WeightsError(f"expected a dictionary of tensors, found {type(content).__name__}")
    arrays = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    layers = sorted(name.removesuffix("weight") for name in arrays if name.endswith("weight"))
    tensors: Tensors = {}
    for index, layer in enumerate(layers, start=1):
        tensors[f"conv{index}.weight"] = arrays[layer + "weight"].float()
        if layer + "bias" in arrays:
            tensors[f"conv{index}.bias"] = arrays[layer + "bias"].float()
    ours = {"channels": "rgb"} if set(arrays) == set(tensors) else {}
    return tensors, {"format": form, **ours}


def as_tensor(array: Any) -> Tensor:
    """Return a float32 tensor with memory of its own."""
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))


class StoredArray:
    """A storage the pickle names before its bytes follow."""

    def __init__(self, key: str, dtype: str, length: int) -> None:
        """Remember what to read: ``length`` numbers of ``dtype``."""
        self.key, self.dtype, self.length = key, np.dtype(dtype), length


class StoredTensor:
    """A tensor the pickle describes: a shape on a storage."""

    def __init__(self, storage: StoredArray, offset: int, shape: tuple, stride: tuple, *_: Any) -> None:
        """Remember the description."""
        self.storage, self.offset, self.shape, self.stride = storage, offset, shape, stride


class Unneeded:
    """Stands for things that weights do not need, such as a stored loss."""

    def __init__(self, *_: Any) -> None:
        """Take whatever the file gives and forget it."""

    def __setstate__(self, _: Any) -> None:
        """Likewise."""


ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): StoredTensor,
    ("torch._utils", "_rebuild_tensor_v2"): StoredTensor,
    ("numpy", "dtype"): Unneeded,
    ("numpy.core.multiarray", "scalar"): Unneeded,
    **{("torch", name): dtype for name, dtype in STORAGE_TYPES.items()},
}


class RestrictedUnpickler(pickle.Unpickler):
    """Reads containers, numbers, text and the names of `ALLOWED`; refuses the rest unexecuted."""

    def __init__(self, file: BinaryIO) -> None:
        """Read from ``file``; Python 2 text is taken byte by byte."""
        super().__init__(file, encoding="latin1")
        self.storages: dict[str, StoredArray] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return our stand-in for ``module.name``, or refuse."""
        if (module, name) not in ALLOWED:
            raise WeightsError(
                f"refused: the file wants to use {module}.{name}, which no weights need. Nothing was run"
            )
        return ALLOWED[module, name]

    def persistent_load(self, identity: Any) -> StoredArray:
        """Note a storage; its bytes come after the pickle."""
        kind, dtype, key, _, length = identity[:5]
        if kind != "storage" or not isinstance(dtype, str) or not isinstance(length, int):
            raise WeightsError(f"refused: an unknown reference {identity!r}")
        return self.storages.setdefault(str(key), StoredArray(str(key), dtype, length))


def read_legacy_pytorch(file: BinaryIO) -> Any:
    """Read a file of PyTorch before 1.6: five pickles, then for each storage its length and bytes."""
    if RestrictedUnpickler(file).load() != LEGACY_MAGIC:
        raise WeightsError("a pickle, but not one that PyTorch wrote")
    RestrictedUnpickler(file).load()  # protocol
    RestrictedUnpickler(file).load()  # sizes of types on the machine that wrote it
    unpickler = RestrictedUnpickler(file)
    content = unpickler.load()
    arrays: dict[str, np.ndarray] = {}
    for key in RestrictedUnpickler(file).load():
        stored = unpickler.storages.get(str(key)) or refuse_unknown_storage(key)
        arrays[stored.key] = read_storage(file, stored)
    return fill_in(content, arrays)


def refuse_unknown_storage(key: Any) -> NoReturn:
    """Raise for bytes that no tensor refers to."""
    raise WeightsError(f"the storage {key!r} belongs to no tensor")


def read_storage(file: BinaryIO, stored: StoredArray) -> np.ndarray:
    """Return the numbers of one storage."""
    length = int.from_bytes(file.read(8), "little")
    data = file.read(stored.dtype.itemsize * stored.length)
    if length != stored.length or len(data) != stored.dtype.itemsize * stored.length:
        raise WeightsError(f"truncated: a storage of {stored.length} numbers is not complete")
    return np.frombuffer(data, stored.dtype)


def fill_in(content: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return ``content`` with tensors in place of their descriptions, two dictionaries deep."""
    if isinstance(content, Mapping):
        return {key: fill_in(value, arrays) for key, value in content.items() if isinstance(key, str)}
    return build_tensor(content, arrays) if isinstance(content, StoredTensor) else content


def build_tensor(stored: StoredTensor, arrays: Mapping[str, np.ndarray]) -> Tensor:
    """Return a described tensor; PyTorch checks that it lies inside its storage."""
    if int(np.prod(stored.shape, dtype=np.float64)) > LARGEST_FILE:
        raise WeightsError(f"a tensor of shape {stored.shape} is no layer of this network")
    storage = torch.from_numpy(arrays[stored.storage.key].copy())
    return storage.as_strided(stored.shape, stored.stride, stored.offset).float().contiguous()
