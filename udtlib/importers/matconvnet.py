"""MatConvNet's files ``.mat``. Runs in the child process of `udtlib.weights.foreign`. Book: chapter 06."""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from udtlib.errors import WeightsError

REFERENCE_LRN = (5.0, 1.0, 1e-4 / 5, 0.75)


def read_matconvnet(path: Path) -> tuple[dict[str, NDArray], dict[str, str]]:
    """Read a MatConvNet ``SimpleNN``: kernels (height, width, in, out) become (out, in, ...)."""
    net = scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True).get("net")
    layers = getattr(net, "layers", None)
    if layers is None:
        raise WeightsError("a MATLAB file without net.layers")
    tensors: dict[str, NDArray] = {}
    for index, layer in enumerate([layer for layer in layers if layer.type == "conv"], start=1):
        kernel, bias = layer.weights
        tensors[f"conv{index}.weight"] = np.asarray(kernel).transpose(3, 2, 0, 1)
        tensors[f"conv{index}.bias"] = np.ravel(bias)
    for layer in layers:
        if layer.type == "lrn" and not np.allclose(layer.param, REFERENCE_LRN, rtol=1e-3):
            raise WeightsError(f"expected an LRN with {REFERENCE_LRN}, found {layer.param.tolist()}")
    return tensors, {"format": "matconvnet", "assumed": "rgb", **order_of_mean(net)}


def order_of_mean(net: Any) -> dict[str, str]:
    """Return the ``channels`` that the stored mean colour tells: natural images have more red than blue."""
    normalization = getattr(getattr(net, "meta", None), "normalization", None)
    mean = np.ravel(getattr(normalization, "averageImage", ()))
    if mean.size != 3 or mean[0] == mean[2]:
        return {}
    return {"channels": "bgr" if mean[0] < mean[2] else "rgb"}
