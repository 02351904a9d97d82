import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from udtlib import network as network_module
from udtlib.errors import DifferentiationError
from udtlib.network import MEAN_RGB, FeatureNetwork, local_response_norm, neighbour_kernel, normalise_in_place

LIBRARY = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)


def maps(shape=(2, 8, 5, 6), scale=100.0, dtype=torch.float64, seed=0):
    """Random feature maps as large as real ones."""
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def literal_norm(x):
    """The reference's definition, by loops over samples and channels: kappa 1, alpha 2e-5, beta 0.75."""
    y = np.empty_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            energy = sum(x[n, k] ** 2 for k in range(max(0, c - 2), min(x.shape[1], c + 3)))
            y[n, c] = x[n, c] / (1 + 2e-5 * energy) ** 0.75
    return y


def test_parameters_and_initial_weights():
    network = FeatureNetwork(generator=torch.Generator().manual_seed(0))
    assert sum(p.numel() for p in network.parameters()) == 10_144
    assert network.conv1.weight.std().item() == pytest.approx((2 / 27) ** 0.5, rel=0.05)
    assert network.conv2.weight.std().item() == pytest.approx((2 / 288) ** 0.5, rel=0.05)
    assert network.conv1.weight.norm().item() == pytest.approx(8.0, rel=0.05)
    assert not network.conv1.bias.any()
    assert not network.conv2.bias.any()
    again = FeatureNetwork(generator=torch.Generator().manual_seed(0))
    other = FeatureNetwork(generator=torch.Generator().manual_seed(1))
    assert torch.equal(network.conv2.weight, again.conv2.weight)
    assert not torch.equal(network.conv2.weight, other.conv2.weight)
    assert MEAN_RGB == (123, 117, 104)


@pytest.mark.parametrize(("padded", "size"), [(True, 125), (False, 121)])
def test_sizes_and_agreement_with_plain_layers(padded, size):
    network = FeatureNetwork(padded, torch.Generator().manual_seed(3))
    patches = maps((2, 3, 125, 125), 60, torch.float32)
    padding = 1 if padded else 0
    hidden = functional.conv2d(patches, network.conv1.weight, network.conv1.bias, padding=padding)
    features = functional.conv2d(hidden.relu(), network.conv2.weight, network.conv2.bias, padding=padding)
    copy = patches.clone()
    found = network(patches)
    assert found.shape == (2, 32, size, size)
    torch.testing.assert_close(found, LIBRARY(features), atol=1e-4, rtol=1e-5)
    with torch.inference_mode():
        torch.testing.assert_close(network(patches), found.detach(), atol=1e-4, rtol=1e-5)
    assert torch.equal(patches, copy)


def test_padding_changes_the_border_only():
    generator = torch.Generator().manual_seed(0)
    padded = FeatureNetwork(True, generator)
    bare = FeatureNetwork(False)
    bare.load_state_dict(padded.state_dict())
    patches = maps((1, 3, 20, 17), 60, torch.float32)
    torch.testing.assert_close(padded(patches)[..., 2:-2, 2:-2], bare(patches), atol=1e-4, rtol=1e-5)


def test_features_of_real_size_are_about_as_large_as_the_reference_says():
    """Root mean square about 53 with initial weights: the LRN is tuned to patches in 0..255."""
    noise = maps((1, 3, 64, 64), 1.0, torch.float32)
    smooth = functional.avg_pool2d(noise, 9, 1, 4)
    with torch.no_grad():
        features = FeatureNetwork(generator=torch.Generator().manual_seed(0))(smooth / smooth.std() * 55)
    assert 25 < features.square().mean().sqrt().item() < 90


@pytest.mark.parametrize("channels", [1, 3, 32])
def test_norm_against_loops_and_library(channels):
    x = maps((2, channels, 4, 3))
    expected = literal_norm(x.numpy())
    np.testing.assert_allclose(local_response_norm(x).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(LIBRARY(x).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(normalise_in_place(x.clone()).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_norm_equals_the_library_forward_and_backward(memory, dtype):
    x = maps((2, 32, 9, 7), dtype=dtype).contiguous(memory_format=memory).requires_grad_()
    copy, arriving = x.detach().clone(), maps((2, 32, 9, 7), 1, dtype, 1)
    results = []
    for norm in (LIBRARY, local_response_norm):
        y = norm(x)
        results.append((y, *torch.autograd.grad(y, x, arriving)))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    assert torch.equal(x, copy)


def test_norm_gradcheck():
    assert torch.autograd.gradcheck(local_response_norm, maps((1, 7, 2, 3)).requires_grad_(), atol=1e-4)


def test_norm_differentiated_twice_is_refused():
    x = maps().requires_grad_()
    (first,) = torch.autograd.grad(local_response_norm(x).sum(), x, create_graph=True)
    with pytest.raises(DifferentiationError, match="cannot be differentiated again"):
        first.sum().backward()


def test_the_denominator_reaches_two_channels():
    kernel, bias = neighbour_kernel(9, torch.float64, torch.device("cpu"))
    expected = [[1e-4 / 5 if abs(row - column) <= 2 else 0 for column in range(9)] for row in range(9)]
    assert (kernel[:, :, 0, 0].tolist(), bias.tolist()) == (expected, [1.0] * 9)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_norm_in_parts_equals_the_library(memory, monkeypatch):
    """Parts that do not divide the number of pixels, and end within a row."""
    monkeypatch.setattr(network_module, "PIXELS_AT_ONCE", 17)
    x = maps((2, 32, 9, 7), dtype=torch.float32).contiguous(memory_format=memory)
    expected = LIBRARY(x)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        found = normalise_in_place(x.clone())
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        assert found.is_contiguous(memory_format=torch.channels_last)
        assert normalise_in_place(x[:0].clone()).shape == (0, 32, 9, 7)


def test_half_precision_is_normalised_in_float32():
    x = maps((1, 32, 6, 6), dtype=torch.float32).bfloat16().requires_grad_()
    y = local_response_norm(x)
    assert y.dtype == torch.float32
    torch.testing.assert_close(y, LIBRARY(x.float()), rtol=1e-5, atol=1e-5)
    y.sum().backward()
    assert x.grad.dtype == torch.bfloat16


def test_autocast_gives_float32_features_and_finite_gradients():
    network = FeatureNetwork(generator=torch.Generator().manual_seed(0))
    patches = maps((1, 3, 21, 21), 60, torch.float32)
    expected = network(patches)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = network(patches)
    assert found.dtype == torch.float32
    assert (found - expected).norm() < 0.01 * expected.norm()
    found.square().mean().backward()
    assert all(p.grad.isfinite().all() and p.grad.any() for p in network.parameters())


def test_a_kernel_first_made_in_inference_mode_serves_training():
    with torch.inference_mode():
        normalise_in_place(maps((1, 23, 4, 4)))  # of so many channels no other test has kept a kernel
    features = maps((1, 23, 4, 4)).requires_grad_()
    local_response_norm(features).sum().backward()
    assert features.grad.isfinite().all()


def test_training_after_tracking_still_gets_gradients():
    """What inference caches must be usable afterwards where gradients flow."""
    network = FeatureNetwork()
    with torch.inference_mode():
        network(maps((1, 3, 9, 9), dtype=torch.float32))
    network(maps((1, 3, 9, 9), dtype=torch.float32)).sum().backward()
    assert network.conv1.weight.grad.isfinite().all()
