"""Muon against the polar decomposition, its own definition and plain descent."""

import numpy as np
import pytest
import scipy.linalg
import torch
from apple_gpu import OnAppleGpu, on_apple_gpu
from torch import nn

from udtlib.training import TrainingSettings
from udtlib.training.muon import Muon, even_directions
from udtlib.training.run import make_optimiser


@pytest.mark.parametrize("shape", [(32, 3, 3, 3), (32, 32, 3, 3), (5, 7), (9, 4)])
def test_all_directions_are_of_one_size(shape):
    gradient = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    even = even_directions(gradient)
    assert even.shape == gradient.shape
    assert even.norm().item() == pytest.approx(1, rel=1e-5)
    matrix = gradient.flatten(1).double().numpy()
    polar, _ = scipy.linalg.polar(matrix)
    np.testing.assert_allclose(even.flatten(1).numpy(), polar / np.linalg.norm(polar), atol=1e-6)
    values = torch.linalg.svdvals(even.flatten(1))
    assert values.max() / values.min() == pytest.approx(1, rel=1e-4)


def test_on_a_device_without_float64_the_directions_are_the_same():
    gradient = torch.randn(32, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    even = even_directions(on_apple_gpu(gradient))
    assert isinstance(even, OnAppleGpu)
    assert even.dtype == torch.float32
    assert torch.equal(even.cpu(), even_directions(gradient))


def test_a_vector_keeps_its_direction_and_nothing_stays_nothing():
    vector = torch.tensor([3.0, 4.0])
    torch.testing.assert_close(even_directions(vector), vector / 5)
    assert not even_directions(torch.zeros(4, 6)).any()


def test_a_step_is_a_share_of_the_layers_norm_at_the_start():
    layer, still = nn.Parameter(torch.full((4, 3), 10.0)), nn.Parameter(torch.ones(2, 2))
    before = layer.detach().clone()
    layer.grad = torch.tensor([[1.0, -1, 0]] * 4)  # rank 1
    Muon([layer, still], lr=0.01, momentum=0.9).step()
    expected = before - 0.01 * before.norm() * layer.grad / 8**0.5
    torch.testing.assert_close(layer.detach(), expected)
    assert torch.equal(still, torch.ones(2, 2))


def test_biases_descend_plainly():
    ours, theirs = nn.Parameter(torch.zeros(5)), nn.Parameter(torch.zeros(5))
    muon = Muon([ours], lr=0.1, momentum=0.9)
    sgd = torch.optim.SGD([theirs], lr=0.1, momentum=0.9, nesterov=True)
    for seed in range(4):
        ours.grad = torch.randn(5, generator=torch.Generator().manual_seed(seed))
        theirs.grad = ours.grad.clone()
        muon.step()
        sgd.step()
    torch.testing.assert_close(ours, theirs)


def test_momentum_written_out():
    random = torch.Generator().manual_seed(2)
    weight = nn.Parameter(torch.randn(6, 4, generator=random))
    expected, momentum = weight.detach().clone(), torch.zeros(6, 4)
    first = expected.norm()
    optimiser = Muon([weight], lr=0.05, momentum=0.8)
    for _ in range(5):
        weight.grad = torch.randn(6, 4, generator=random)
        momentum = 0.8 * momentum + weight.grad
        u, _, vh = torch.linalg.svd(weight.grad + 0.8 * momentum, full_matrices=False)
        expected = expected - 0.05 * first * (u @ vh) / 2  # rank 4: its norm is 2
        optimiser.step()
        torch.testing.assert_close(weight.detach(), expected)


def test_the_step_does_not_grow_with_the_layer():
    layer = nn.Parameter(torch.eye(3))
    optimiser = Muon([layer], lr=0.3, momentum=0.9)
    for done in range(1, 11):
        layer.grad = -layer.detach()
        optimiser.step()
        assert layer.norm().item() == pytest.approx(3**0.5 * (1 + 0.3 * done), rel=1e-4)


def test_weight_decay_is_torchs_and_bounds_a_layer_that_always_grows():
    ours, theirs = (nn.Parameter(torch.full((4, 4), 2.0) + torch.eye(4)) for _ in range(2))
    muon = Muon([ours], lr=0.1, momentum=0.9, weight_decay=0.5)
    adamw = torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.5)
    ours.grad, theirs.grad = torch.zeros(4, 4), torch.zeros(4, 4)
    for _ in range(20):
        muon.step()
        adamw.step()
    torch.testing.assert_close(ours, theirs)  # without a gradient only the decay is left
    layer = nn.Parameter(torch.eye(3))
    muon = Muon([layer], lr=0.3, momentum=0.9, weight_decay=0.5)
    for _ in range(100):
        layer.grad = -layer.detach()
        muon.step()
    assert layer.norm().item() == pytest.approx(3**0.5 / 0.5, rel=1e-4), "growth and decay in balance"


def test_a_muon_run_decays_as_its_settings_say():
    settings = TrainingSettings(optimiser="muon", weight_decay=0.25)
    assert make_optimiser(nn.Linear(2, 2), settings).param_groups[0]["weight_decay"] == 0.25


def test_the_size_of_gradients_does_not_matter():
    steps = []
    for factor in (1.0, 1e4):
        weight = nn.Parameter(torch.ones(4, 4) + torch.eye(4))
        weight.grad = factor * torch.randn(4, 4, generator=torch.Generator().manual_seed(3))
        Muon([weight], lr=0.1, momentum=0.9).step()
        steps.append(weight.detach())
    torch.testing.assert_close(*steps)
