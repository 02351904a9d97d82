"""Network files of other tools, written as they write them."""

import numpy as np
import scipy.io


def write_matconvnet(path, weights, mean=(123.0, 117.0, 104.0), lrn=(5, 1, 2e-5, 0.75)):
    """Write weights as MatConvNet does: a struct of layers, kernels (height, width, in, out)."""

    def convolution(index):
        kernel = weights.tensors[f"conv{index}.weight"].numpy().transpose(2, 3, 1, 0)
        pair = np.empty(2, object)
        pair[:] = [kernel, weights.tensors[f"conv{index}.bias"].numpy()[:, None]]
        return {"type": "conv", "name": f"conv{index}", "weights": pair}

    layers = np.empty(4, object)
    layers[:] = [convolution(1), {"type": "relu"}, convolution(2), {"type": "lrn", "param": np.array(lrn)}]
    meta = {"normalization": {"averageImage": np.array(mean)}}
    scipy.io.savemat(path, {"net": {"layers": layers, "meta": meta}})
