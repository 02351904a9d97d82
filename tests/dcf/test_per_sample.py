"""The layer and the network under `torch.func`: per-sample gradients against a loop, and what is refused."""

import pytest
import torch
from torch.func import functional_call, grad, hessian, jacrev, vmap

from udtlib.dcf import BACKWARDS, DCFLayer, dcf_response, gaussian_label
from udtlib.dcf.spectra import HalfPlane, LowPass, hop
from udtlib.errors import DifferentiationError
from udtlib.network import FeatureNetwork, local_response_norm


def patches(*shape, seed=0, scale=1.0):
    numbers = torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return scale * numbers


def pick(tensor, dim, index):
    return tensor if dim is None else tensor[index]


def test_per_sample_gradients_of_layer_and_network():
    """As privacy and influence methods ask for them: one gradient a pair, for every parameter."""
    network = FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0)).double()
    layer = DCFLayer(network, sigma=1.0)
    parameters = {name: one.detach() for name, one in layer.named_parameters()}
    template, search = patches(3, 3, 13, 13, scale=50.0), patches(3, 3, 13, 13, seed=1, scale=50.0)

    def loss(parameters, one, other):
        return functional_call(layer, parameters, (one[None], other[None])).square().sum()

    found = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, template, search)
    for index in range(3):
        layer.zero_grad()
        layer(template[index : index + 1], search[index : index + 1]).square().sum().backward()
        for name, parameter in layer.named_parameters():
            torch.testing.assert_close(found[name][index], parameter.grad)
            assert parameter.grad.abs().max() > 0, name
    together = grad(lambda p: functional_call(layer, p, (template, search)).square().sum())(parameters)
    torch.testing.assert_close(together, {name: one.sum(0) for name, one in found.items()})
    assert local_response_norm(patches(1, 32, 4, 4)).isfinite().all()  # nothing of the transforms is kept


@pytest.mark.parametrize(
    "dims", [(0, 0, 0), (0, 0, None), (0, None, None), (None, 0, None), (None, None, 0)], ids=str
)
@pytest.mark.parametrize("power", [1, 2])
def test_any_of_the_three_may_be_mapped_over(dims, power):
    whole = (patches(3, 2, 4, 7, 6), patches(3, 2, 4, 7, 6, seed=1), patches(3, 7, 6, seed=2))
    given = [one if dim == 0 else one[0] for one, dim in zip(whole, dims, strict=True)]

    def loss(template, search, label, backward="closed-form"):
        return dcf_response(template, search, label, backward=backward).pow(power).sum()

    found = vmap(grad(loss, argnums=(0, 1)), in_dims=dims)(*given)
    for index in range(3):
        one = [pick(tensor, dim, index) for tensor, dim in zip(given, dims, strict=True)]
        expected = grad(lambda a, b, c: loss(a, b, c, "autograd"), argnums=(0, 1))(*one)
        torch.testing.assert_close([each[index] for each in found], list(expected))


@pytest.mark.parametrize("make", [lambda: HalfPlane(12, 12), lambda: LowPass(12, 1.2, dtype=torch.float64)])
def test_per_sample_gradients_of_a_hop(make):
    transform, label = make(), gaussian_label(12, 12, 1.2, dtype=torch.float64)[None]
    template, search = patches(3, 4, 12, 12), patches(3, 4, 12, 12, seed=1)

    def loss(one, other):
        x, z = transform.spectrum(one[None].detach()), transform.spectrum(other[None].detach())
        return hop(one[None], other[None], x, z, label, 0.1, transform).square().sum()

    found = vmap(grad(loss, argnums=(0, 1)))(template, search)
    for index in range(3):
        pair = [one[index].clone().requires_grad_() for one in (template, search)]
        expected = torch.autograd.grad(loss(*pair), pair)
        torch.testing.assert_close([each[index] for each in found], list(expected))


def test_jacobian_against_autograd():
    search, label = patches(1, 2, 5, 4, seed=1), gaussian_label(5, 4, 1.0, dtype=torch.float64)
    closed, plain = (
        jacrev(lambda template, way=way: dcf_response(template, search, label, backward=way))(
            patches(1, 2, 5, 4)
        )
        for way in BACKWARDS[::-1]
    )
    assert closed.shape == (1, 5, 4, 1, 2, 5, 4)
    torch.testing.assert_close(closed, plain)


SEARCH, LABEL = patches(1, 2, 5, 4, seed=1), gaussian_label(5, 4, 1.0)
LAYER = {
    "layer": lambda template: dcf_response(template, SEARCH, LABEL),
    "norm": local_response_norm,
}


@pytest.mark.parametrize("name", LAYER)
def test_second_derivatives_are_refused_and_never_zero(name):
    """In the input itself, and in a factor that only the arriving gradient depends on."""

    def first(template, factor):
        return grad(lambda one: (factor * LAYER[name](one)).square().sum())(template).sum()

    for argument in (0, 1):
        with pytest.raises(DifferentiationError, match="cannot be differentiated again"):
            grad(first, argnums=argument)(patches(1, 2, 5, 4), torch.tensor(2.0))
    template, factor = patches(1, 2, 5, 4).requires_grad_(), torch.tensor(2.0, requires_grad=True)
    (gradient,) = torch.autograd.grad((factor * LAYER[name](template)).sum(), template, create_graph=True)
    for one in (template, factor):
        with pytest.raises(DifferentiationError):
            torch.autograd.grad(gradient.sum(), one, retain_graph=True)
    with pytest.raises(NotImplementedError, match="jvp"):
        hessian(lambda one: LAYER[name](one).sum())(patches(1, 2, 5, 4))
