"""A tensor that says it lives on one of Apple's GPUs, and refuses float64 as they do, on any machine."""

import torch
from torch import Tensor


class OnAppleGpu(Tensor):
    """Computes on the processor; ``cpu()`` gives a plain tensor, ``to(one of these)`` brings one back."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function == Tensor.device.__get__:
            return torch.device("mps")
        if function is Tensor.cpu:
            with torch._C.DisableTorchFunctionSubclass():
                return args[0].as_subclass(Tensor)
        result = super().__torch_function__(function, types, args, kwargs or {})
        for one in result if isinstance(result, tuple) else (result,):
            if isinstance(one, Tensor) and one.dtype in (torch.float64, torch.complex128):
                raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework has none")
        return result


def on_apple_gpu(tensor: Tensor) -> Tensor:
    """Return the same numbers on such a device."""
    return tensor.as_subclass(OnAppleGpu)
