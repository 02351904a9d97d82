"""The network as a graph: a `torch.export` program, and the same ten operations as an ONNX file.

Both take RGB pixels in 0..255 (0 outside the image), float32 ``(N, 3, H, W)`` of any N, H and W, and give
the features ``(N, 32, H, W)`` that trackers use: the mean is subtracted, and the convolutions are padded,
inside. The normalisation over channels is a 1x1 convolution with a band of ones, as in `udtlib.network`,
so that only common operations are needed (ONNX operator set 13). Book: chapter 17.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from udtlib.errors import OptionError
from udtlib.files import user_path, write_whole
from udtlib.network import CHANNELS, MEAN_RGB, neighbour_kernel
from udtlib.weights import Weights, get_weights

OPERATORS, FORMAT = 13, 7
"""ONNX's operator set, and the version of its file format that came with it."""
PIXELS, FEATURES = "pixels", "features"
"""What input and output of the graph are called."""


class ExportableNetwork(nn.Module):
    """`udtlib.network.FeatureNetwork` for tracking, with the mean inside, out of plain operations alone."""

    band: Tensor
    one: Tensor
    mean: Tensor

    def __init__(self, weights: Weights) -> None:
        """Copy ``weights``."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, CHANNELS, 3, padding=1, dtype=torch.float32)
        self.conv2 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, dtype=torch.float32)
        self.load_state_dict(dict(weights.tensors))
        band, one = neighbour_kernel(CHANNELS, torch.float32, torch.device("cpu"))
        self.register_buffer("band", band, persistent=False)
        self.register_buffer("one", one, persistent=False)
        mean = torch.tensor(MEAN_RGB, dtype=torch.float32).view(1, 3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)
        self.requires_grad_(False)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the features ``(N, 32, H, W)`` of pixels ``(N, 3, H, W)``, RGB in 0..255."""
        features = self.conv2(functional.relu(self.conv1(pixels - self.mean)))
        root = functional.conv2d(features * features, self.band, self.one).rsqrt()
        return features * root * root.sqrt()


def exported_program(weights: str | Path | Weights | None = None) -> torch.export.ExportedProgram:
    """Return the network as `torch.export` captures it: for any number of patches of any size.

    Args:
        weights: see `udtlib.weights.get_weights`.

    Raises:
        WeightsError, MissingDataError: from reading the weights.
    """
    network = ExportableNetwork(get_weights(weights)).eval()
    free = torch.export.Dim.AUTO
    patches = torch.zeros(2, 3, 125, 125, dtype=torch.float32)
    return torch.export.export(network, (patches,), dynamic_shapes=({0: free, 2: free, 3: free},))


def onnx_model(weights: str | Path | Weights | None = None) -> Any:
    """Return the network as an ``onnx.ModelProto``, checked by ONNX's own checker.

    Args:
        weights: see `udtlib.weights.get_weights`; their card becomes the model's metadata.

    Raises:
        WeightsError, MissingDataError: from reading the weights.
        OptionError: the package ``onnx`` is not installed.
    """
    onnx, weights = onnx_package(), get_weights(weights)
    helper, network = onnx.helper, ExportableNetwork(weights)
    arrays: dict[str, Tensor] = {"mean": network.mean, "band": network.band, "one": network.one}
    arrays |= weights.tensors
    graph = helper.make_graph(
        operations(helper),
        "udt",
        [helper.make_tensor_value_info(PIXELS, onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info(FEATURES, onnx.TensorProto.FLOAT, ["n", CHANNELS, "h", "w"])],
        [onnx.numpy_helper.from_array(array.numpy(), name) for name, array in arrays.items()],
    )
    model = helper.make_model(
        graph,
        producer_name="udtlib",
        ir_version=FORMAT,
        opset_imports=[helper.make_opsetid("", OPERATORS)],
    )
    helper.set_model_props(model, dict(sorted(weights.card.items())) | {"fingerprint": weights.fingerprint})
    onnx.checker.check_model(model, full_check=True)
    return model


def operations(helper: ModuleType) -> list[Any]:
    """Return the nodes of the graph: what `ExportableNetwork.forward` does, line by line."""

    def node(operator: str, inputs: str, output: str, **attributes: Any) -> Any:
        return helper.make_node(operator, inputs.split(), [output], **attributes)

    padded = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    return [
        node("Sub", f"{PIXELS} mean", "centred"),
        node("Conv", "centred conv1.weight conv1.bias", "hidden", **padded),
        node("Relu", "hidden", "positive"),
        node("Conv", "positive conv2.weight conv2.bias", "raw", **padded),
        node("Mul", "raw raw", "squares"),
        node("Conv", "squares band one", "base", kernel_shape=[1, 1]),
        node("Sqrt", "base", "root"),
        node("Div", "raw root", "half"),
        node("Sqrt", "root", "fourth"),
        node("Div", "half fourth", FEATURES),
    ]


def write_onnx(path: str | Path, weights: str | Path | Weights | None = None) -> Path:
    """Write the network as an ONNX file and return its path; the same weights give the same bytes.

    Raises:
        WeightsError, MissingDataError: from reading the weights.
        OptionError: the package ``onnx`` is not installed.
        StorageError: the file cannot be written.
    """
    write_whole(path, onnx_model(weights).SerializeToString(deterministic=True))
    return user_path(path)


def onnx_package() -> ModuleType:
    """Return the package ``onnx``.

    Raises:
        OptionError: it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise OptionError("ONNX files need the package onnx: pip install 'udtlib[export]'") from error
    return onnx
