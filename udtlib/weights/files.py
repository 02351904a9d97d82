"""Network weights: safetensors in and out, each with a card, and where they come from by default.

Whatever the file, what comes out are four float32 tensors for RGB input: ``conv1.weight``
``(32, 3, 3, 3)``, ``conv1.bias`` ``(32,)``, ``conv2.weight`` ``(32, 32, 3, 3)``, ``conv2.bias``
``(32,)``. Foreign formats are read by `udtlib.weights.foreign`, never running code from the file.
Book: chapters 06 and 11.

The channel order cannot be told from the numbers: no statistic of the first layer separates RGB from
BGR over the published networks. It is taken from the format (MatConvNet: RGB, old PyTorch files: BGR),
from the mean colour stored beside the weights and from our card; and a published network that turns up
with red and blue exchanged is recognised by its fingerprint.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from udtlib.data.locate import shipped_folder
from udtlib.errors import MissingDataError, UnknownNameError, WeightsError
from udtlib.files import user_path, write_whole
from udtlib.network import FeatureNetwork
from udtlib.weights.channels import CHANNEL_ORDERS

SHAPES = {
    "conv1.weight": (32, 3, 3, 3),
    "conv1.bias": (32,),
    "conv2.weight": (32, 32, 3, 3),
    "conv2.bias": (32,),
}
SHIPPED = {  # our own networks, by name
    "udt": "trained on raw real video",
    "udt-noise": "trained on nothing but procedural clips",
}
FLOATS = ("F64", "F32", "F16", "BF16")  # number types of safetensors that are read
PUBLISHED = {  # fingerprints of the authors' networks, in RGB order
    "35fb757d65217449": "UDT_Unsupervised",
    "992e0c317ccfc965": "UDT_OTBfinetune",
    "9f3dde6f0ebb24b5": "UDT_Supervised (DCFNet 2.0)",
    "a22c902ce352d728": "LUDT_model",
    "acc5727d0f67f100": "UDT_pytorch_checkpoint",
}


@dataclass(frozen=True, eq=False)
class Weights:
    """The network's four tensors (see `SHAPES`; float32, RGB) and their card; equal where the tensors are.

    Attributes:
        tensors: by the names of `SHAPES`.
        card: what is known about them, text by text: ``name``, ``source``, ``channels`` ...
    """

    tensors: Mapping[str, Tensor]
    card: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name them, without their numbers."""
        return f"Weights({self.card.get('name', 'unnamed')!r}, fingerprint {self.fingerprint})"

    def __eq__(self, other: object) -> bool:
        """Say whether the other has the same tensors, whatever its card says."""
        return isinstance(other, Weights) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        """Hash the fingerprint."""
        return hash(self.fingerprint)

    @property
    def fingerprint(self) -> str:
        """The first 16 hex digits of the SHA-256 of the four tensors' bytes, RGB order."""
        return fingerprint(self.tensors)

    def network(self, padded: bool = True) -> FeatureNetwork:
        """Return a new `FeatureNetwork` that carries a copy of these weights."""
        network = FeatureNetwork(padded)
        network.load_state_dict(dict(self.tensors))
        return network


def default() -> Weights:
    """Return the weights everything uses unless told otherwise: ours, trained on raw video.

    The environment variable ``UDT_WEIGHTS`` names another file, or is ``random``.

    Raises:
        MissingDataError: they are not there; the message says how to get or train them.
        WeightsError: ``UDT_WEIGHTS`` names a file that holds no such weights.
    """
    chosen = os.environ.get("UDT_WEIGHTS")
    if chosen:
        return get_weights(chosen)
    return shipped("udt")


def shipped(name: str) -> Weights:
    """Return one of the networks that come with the library, a key of `SHIPPED`.

    Raises:
        UnknownNameError: no such network.
        MissingDataError: its file is gone.
    """
    if name not in SHIPPED:
        raise UnknownNameError(f"no weights {name!r} come with udtlib; known: {', '.join(SHIPPED)}")
    path = shipped_folder("weights") / f"{name}.safetensors"
    if not path.exists():
        raise MissingDataError(
            f"no trained weights at {path}: this installation is incomplete. Train some: "
            "`udt train VIDEOS... --out RUN`; or name a file (our safetensors and the authors' networks are "
            "read), by UDT_WEIGHTS=FILE or load_tracker('udt', weights='UDT_Unsupervised.mat'); untrained "
            "ones are weights='random'"
        )
    return load_weights(path)


def random_weights(seed: int = 0) -> Weights:
    """Return untrained weights: He-normal as before the first training step, biases 0."""
    network = FeatureNetwork(generator=torch.Generator().manual_seed(seed))
    tensors = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    return Weights(tensors, {"name": f"random (seed {seed})", "channels": "rgb", "source": "He-normal"})


def get_weights(weights: str | Path | Weights | None = None) -> Weights:
    """Return ``weights`` as `Weights`.

    Args:
        weights: None is `default`, ``"random"`` untrained, a key of `SHIPPED` ours, else a file's path.
    """
    if weights is None:
        return default()
    if isinstance(weights, Weights):
        return check_weights(weights)
    if weights in SHIPPED:
        return shipped(str(weights))
    return random_weights() if weights == "random" else load_weights(weights)


def load_weights(path: str | Path, channels: str | None = None) -> Weights:
    """Read network weights from our safetensors, a MatConvNet ``.mat`` or a PyTorch ``.pth(.tar)``.

    The format is told from the file's content, not from its name. No code in the file is ever run.

    Args:
        path: the file.
        channels: order of the input channels, ``"rgb"`` or ``"bgr"``; None is what the card or the stored
            mean says. Where the file says nothing: BGR for PyTorch files but for a state dictionary of our
            network, RGB for all others.

    Raises:
        MissingDataError: no such file.
        WeightsError: empty, truncated, damaged or hostile, no weights, another shape, not finite, or a
            channel order that contradicts what the file says or what is published.
    """
    from udtlib.weights.foreign import read_foreign

    if not str(path):
        raise MissingDataError("no weights file: the name is empty")
    path = user_path(path)
    try:
        is_there = path.is_file()
    except OSError as error:  # a name too long, say
        raise MissingDataError(f"no weights file {str(path)[:200]!r} ({error.strerror})") from error
    if not is_there:
        raise MissingDataError(f"no weights file {path}{', but a folder' if path.is_dir() else ''}")
    if channels not in (None, *CHANNEL_ORDERS):
        raise WeightsError(f"channels is one of {', '.join(CHANNEL_ORDERS)}, found {channels!r}")
    if is_safetensors(path):
        tensors, card = read_safetensors(path)
    else:
        tensors, card = read_foreign(path)
    assumed, stated = card.pop("assumed"), card.get("channels")
    if stated not in (None, *CHANNEL_ORDERS):
        raise WeightsError(
            f"{path}: its card says channels {stated!r}; known are {' and '.join(CHANNEL_ORDERS)}"
        )
    if channels and stated and channels != stated:
        raise WeightsError(
            f"{path}: asked to read it as {channels}, but the file says its channels are {stated}"
        )
    weights = Weights(tensors, {"name": path.name, **card, "channels": "rgb"})
    if (channels or stated or assumed) == "rgb":
        return check_weights(weights, str(path))
    check_shapes(weights, str(path))
    return check_weights(Weights(exchange_red_and_blue(tensors), weights.card), str(path))


def save_weights(path: str | Path, weights: Weights) -> None:
    """Write ``weights`` and their card as safetensors (`udtlib.files.write_whole`).

    Raises:
        WeightsError: weights of another shape or not finite.
        StorageError: the file cannot be written.
    """
    weights = check_weights(weights)
    tensors = {name: weights.tensors[name].contiguous() for name in SHAPES}
    write_whole(path, to_bytes(tensors, {**weights.card, "channels": "rgb"}))


def to_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return a safetensors file, the same bytes for the same content; safetensors shuffles its metadata."""
    content = save(dict(tensors), dict(metadata))
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the tensors begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + content[end:]


def check_weights(weights: Weights, origin: str = "these weights") -> Weights:
    """Return ``weights`` if names, shapes and numbers are right and red and blue stand in order.

    Those of a network that is trained elsewhere, on a GPU, in another precision or with gradients, come back
    as `Weights` are: float32, on the processor, without gradient.

    Raises:
        WeightsError: they are not right; the message names ``origin``.
    """
    check_shapes(weights, origin)
    if not all(map(is_plain, weights.tensors.values())):
        plain = {name: tensor.detach().cpu().float() for name, tensor in weights.tensors.items()}
        weights = Weights(plain, weights.card)
    if not all(torch.isfinite(tensor).all() for tensor in weights.tensors.values()):
        raise WeightsError(f"{origin}: contains NaN or infinite numbers; the training that made it diverged")
    flipped = fingerprint(exchange_red_and_blue(weights.tensors))
    if flipped in PUBLISHED:
        raise WeightsError(
            f"{origin}: this is the published network {PUBLISHED[flipped]} with red and blue exchanged; "
            "read it with the other channel order (channels='rgb' or 'bgr')"
        )
    return weights


def is_plain(tensor: Tensor) -> bool:
    """Say whether a tensor is float32, on the processor, without gradient."""
    return tensor.dtype == torch.float32 and tensor.device.type == "cpu" and not tensor.requires_grad


def check_shapes(weights: Weights, origin: str) -> None:
    """Raise `WeightsError` unless the tensors have the names and shapes of `SHAPES` and hold numbers."""
    found = {name: tuple(tensor.shape) for name, tensor in weights.tensors.items()}
    if found != SHAPES:
        raise WeightsError(f"{origin}: expected the two-layer network {SHAPES}, found {found}")
    for name, tensor in weights.tensors.items():
        if tensor.layout != torch.strided or tensor.is_meta or not tensor.is_floating_point():
            kind = "without numbers (meta)" if tensor.is_meta else f"{tensor.layout}, {tensor.dtype}"
            raise WeightsError(f"{origin}: expected dense floating-point tensors, found {name} {kind}")


def exchange_red_and_blue(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with the first layer's input channels reversed (RGB to BGR and back)."""
    return {**tensors, "conv1.weight": tensors["conv1.weight"].flip(1).contiguous()}


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """Return the first 16 hex digits of the SHA-256 of the tensors' float32 bytes, in `SHAPES` order."""
    digest = hashlib.sha256()
    for name in SHAPES:
        digest.update(tensors[name].detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def is_safetensors(path: Path) -> bool:
    """Say whether the file starts like safetensors: an 8-byte length, then a JSON object."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return tensors and card of a safetensors file; what is not this network is not even loaded.

    The card says under ``assumed`` which order its channels have if it does not say it itself.

    Raises:
        WeightsError: the file is damaged, or holds something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            found = {name: (tuple(part.get_shape()), part.get_dtype()) for name, part in parts.items()}
            if {name: shape for name, (shape, _) in found.items()} != SHAPES:
                raise WeightsError(f"{path}: expected the two-layer network {SHAPES}, found {found}")
            if any(kind not in FLOATS for _, kind in found.values()):
                raise WeightsError(f"{path}: expected numbers of type {' '.join(FLOATS)}, found {found}")
            # Copies: Windows replaces no file of which a part is mapped into memory.
            tensors = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in parts}
            return tensors, {**(file.metadata() or {}), "assumed": "rgb"}
    except (SafetensorError, ValueError, TypeError) as error:
        raise WeightsError(f"{path}: not a readable safetensors file ({error})") from error
