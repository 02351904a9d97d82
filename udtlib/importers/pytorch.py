"""PyTorch's files ``.pth(.tar)``, old and new, read without running anything in them.

A pickle is a program: loading one the ordinary way runs whatever its author wrote. Here the only names a
pickle may mention are those of `ALLOWED`, each answered by an inert stand-in of ours. Tensors are numpy
arrays, torch is not needed. Runs in the child process of `udtlib.weights.foreign`. Book: chapter 06.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import WeightsError

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # how PyTorch before 1.6 begins a file
BFLOAT16 = "bfloat16"
STORAGE_TYPES = {
    "BFloat16Storage": BFLOAT16,
    "BoolStorage": "?",
    "ByteStorage": "u1",
    "ComplexFloatStorage": "<c8",
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
}
CORES = ("_core", "core")  # where numpy keeps what its pickles mention, from 2.0 on and before
NESTED = 3
"""A checkpoint keeps its state dictionary at most so many dictionaries deep."""

Found = tuple[dict[str, NDArray], dict[str, str]]


class StoredArray:
    """A storage that the pickle names before its bytes follow."""

    def __init__(self, key: str, kind: str, length: int) -> None:
        """Remember what to read: ``length`` numbers of a value of `STORAGE_TYPES`."""
        self.key, self.kind, self.length = key, kind, length
        self.numbers: NDArray | None = None

    @property
    def size(self) -> int:
        """The bytes it takes in the file."""
        return self.length * (2 if self.kind == BFLOAT16 else np.dtype(self.kind).itemsize)

    def fill(self, data: bytes) -> None:
        """Take the bytes; bfloat16, which numpy lacks, is the upper half of a float32."""
        if len(data) != self.size:
            raise WeightsError(f"truncated: a storage of {self.length} numbers is not complete")
        if self.kind == BFLOAT16:
            self.numbers = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
        else:
            self.numbers = np.frombuffer(data, self.kind)


class StoredTensor:
    """A tensor that the pickle describes: a shape on a storage."""

    def __init__(self, storage: StoredArray, offset: int, shape: Any, stride: Any, *_: Any) -> None:
        """Remember the description."""
        self.storage, self.offset = storage, offset
        self.shape, self.stride = tuple(shape), tuple(stride)

    def array(self) -> NDArray:
        """Return the tensor, which must lie inside its storage and have no more numbers than it."""
        numbers = self.storage.numbers if isinstance(self.storage, StoredArray) else None
        whole = (self.offset, *self.shape, *self.stride)
        if numbers is None or not all(type(n) is int and 0 <= n <= len(numbers) for n in whole):
            raise WeightsError(f"a tensor of shape {self.shape} does not lie in its storage")
        if len(self.shape) != len(self.stride) or len(self.shape) > 8:
            raise WeightsError(f"a tensor of shape {self.shape} with the strides {self.stride}")
        count = int(np.prod(self.shape, dtype=object))
        reach = sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        if count > len(numbers) or (count and self.offset + reach >= len(numbers)):
            raise WeightsError(f"a tensor of shape {self.shape} does not lie in its storage")
        strides = [step * numbers.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, strides).copy()


class Unneeded:
    """Stands for things that weights do not need, such as a stored loss."""

    def __init__(self, *_: Any) -> None:
        """Take whatever the file gives and forget it."""

    def __setstate__(self, _: Any) -> None:
        """Likewise."""


def parameter(data: Any, *_: Any) -> Any:
    """Stand for a parameter, which is its tensor."""
    return data


ALLOWED: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): Unneeded,
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): Unneeded,
    ("numpy", "ndarray"): Unneeded,
    **{(f"numpy.{core}.multiarray", name): Unneeded for core in CORES for name in ("_reconstruct", "scalar")},
    ("torch", "Size"): Unneeded,
    ("torch", "device"): Unneeded,
    ("torch._utils", "_rebuild_parameter"): parameter,
    ("torch._utils", "_rebuild_tensor"): StoredTensor,
    ("torch._utils", "_rebuild_tensor_v2"): StoredTensor,
    **{("torch", name): kind for name, kind in STORAGE_TYPES.items()},
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
                f"refused: the file wants to use {module}.{name}, which no weights need. Nothing was run. "
                "Whoever made it can save the network alone: torch.save(network.state_dict(), FILE)"
            )
        return ALLOWED[module, name]

    def persistent_load(self, identity: Any) -> StoredArray:
        """Note a storage; its bytes come after the pickle, or beside it."""
        kind, dtype, key, _, length = identity[:5]
        if kind != "storage" or dtype not in STORAGE_TYPES.values() or type(length) is not int:
            raise WeightsError(f"refused: an unknown reference {identity!r}")
        return self.storages.setdefault(str(key), StoredArray(str(key), dtype, length))


def read_zip(path: Path, largest: int) -> Found:
    """Read a file of PyTorch from 1.6 on: a zip archive of a pickle and a member a storage."""
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        if sum(sizes.values()) > largest:
            raise WeightsError(f"unpacks to {sum(sizes.values())} bytes; expected at most {largest}")
        pickles = [name for name in sizes if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise WeightsError("a zip archive, but not one that PyTorch wrote")
        folder = pickles[0].removesuffix("data.pkl")
        if sizes.get(folder + "byteorder") and archive.read(folder + "byteorder") != b"little":
            raise WeightsError("written on a big-endian machine, which is not read")
        with archive.open(pickles[0]) as file:
            unpickler = RestrictedUnpickler(file)  # type: ignore[arg-type]
            content = unpickler.load()
        for stored in unpickler.storages.values():
            stored.fill(archive.read(f"{folder}data/{stored.key}"))
    return pick(content, "pytorch zip")


def read_legacy(file: BinaryIO) -> Found:
    """Read a file of PyTorch before 1.6: five pickles, then for each storage its length and bytes."""
    if RestrictedUnpickler(file).load() != LEGACY_MAGIC:
        raise WeightsError("a pickle, but not one that PyTorch wrote")
    RestrictedUnpickler(file).load()  # protocol
    RestrictedUnpickler(file).load()  # sizes of types on the machine that wrote it
    unpickler = RestrictedUnpickler(file)
    content = unpickler.load()
    for key in RestrictedUnpickler(file).load():
        stored = unpickler.storages.get(str(key)) or refuse_unknown_storage(key)
        if int.from_bytes(file.read(8), "little") != stored.length:
            raise WeightsError(f"truncated: a storage of {stored.length} numbers is not complete")
        stored.fill(file.read(stored.size))
    return pick(content, "pytorch legacy")


def refuse_unknown_storage(key: Any) -> NoReturn:
    """Raise for bytes that no tensor refers to."""
    raise WeightsError(f"the storage {key!r} belongs to no tensor")


def pick(content: Any, form: str) -> Found:
    """Return the two convolutions of a state dictionary, or of the one that a checkpoint holds.

    Such files do not say the order of their channels: with our network's names it is assumed to be ours.
    """
    if not isinstance(content, Mapping):
        raise WeightsError(f"expected a dictionary of tensors, found {type(content).__name__}")
    state = state_dictionary(content)
    if state is None:
        keys = ", ".join(sorted(map(repr, content))[:12]) or "nothing"
        raise WeightsError(f"expected a state dictionary with tensors NAME.weight, found {keys}")
    layers = sorted(name.removesuffix("weight") for name in state if name.endswith("weight"))
    tensors: dict[str, NDArray] = {}
    for index, layer in enumerate(layers, start=1):
        for part in ("weight", "bias"):
            if layer + part in state:
                tensors[f"conv{index}.{part}"] = state[layer + part].array()
    return tensors, {"format": form, "assumed": "rgb" if set(state) == set(tensors) else "bgr"}


def state_dictionary(content: Mapping, depth: int = NESTED) -> dict[str, StoredTensor] | None:
    """Return the first dictionary, outermost first, whose tensors have names that end in ``weight``.

    Checkpoints keep it under ``state_dict``, ``model``, ``net`` and other names; a prefix ``module.``,
    which training on several GPUs puts before every name, is dropped.
    """
    tensors = {
        str(name).removeprefix("module."): value
        for name, value in content.items()
        if isinstance(value, StoredTensor)
    }
    if any(name.endswith("weight") for name in tensors):
        return tensors
    inner: Callable[[Any], Any] = lambda value: state_dictionary(value, depth - 1)  # noqa: E731
    nested = [value for _, value in sorted(content.items(), key=first_guess) if isinstance(value, Mapping)]
    return next((found for value in nested if depth and (found := inner(value))), None)


def first_guess(item: tuple[Any, Any]) -> tuple[bool, str]:
    """Sort ``state_dict`` before other keys of a checkpoint."""
    return item[0] != "state_dict", str(item[0])
