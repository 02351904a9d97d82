import json

import numpy as np
import pytest
import torch
from torch import nn

from udtlib import cli, labels
from udtlib.dcf import (
    BACKWARDS,
    DCFLayer,
    dcf_response,
    effective_regularisation,
    gaussian_label,
    learn_filter,
    response_map,
)
from udtlib.errors import DifferentiationError, OptionError, ShapeError
from udtlib.network import FeatureNetwork
from udtlib.unsupervised import track_forward_backward

SIZES = [(7, 7), (8, 8), (7, 6), (6, 7)]


def features(count, channels, height, width, seed=0, dtype=torch.float64):
    """Two random feature tensors, template and search."""
    generator = torch.Generator().manual_seed(seed)
    shape = (count, channels, height, width)
    return [torch.randn(shape, generator=generator, dtype=dtype) for _ in range(2)]


def rolled_labels(height, width, count, sigma=1.0):
    """A label for each sample, peaks at different places: what pseudo-labels look like."""
    label = gaussian_label(height, width, sigma, dtype=torch.float64)
    return torch.stack([label.roll((i + 1, -2 * i), (0, 1)) for i in range(count)])


def literal_response(template, search, label, ridge):
    """Eq. 2 and 3 with full spectra in numpy, one channel after the other."""
    y = np.fft.fft2(label)
    spectra = [np.fft.fft2(channel) for channel in template]
    energy = sum(abs(x) ** 2 for x in spectra)
    response = np.zeros_like(label)
    for x, channel in zip(spectra, search, strict=True):
        w = x * y.conj() / (energy + ridge)
        response = response + np.fft.ifft2(w.conj() * np.fft.fft2(channel)).real
    return response


def test_label_is_the_shared_one():
    label = gaussian_label(9, 6, 1.5, dtype=torch.float64)
    assert label.shape == (9, 6)
    assert label.dtype == torch.float64
    np.testing.assert_array_equal(label.numpy(), labels.gaussian_label(9, 6, 1.5).astype(np.float64))
    assert label[0, 0] == 1
    reference = gaussian_label(121, 121, DCFLayer(nn.Identity()).sigma)
    assert float((reference**2).sum()) == pytest.approx(54.54, abs=0.01), (
        "pi * sigma^2, the reference's energy"
    )


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("normalise", [True, False])
def test_against_the_literal_equations(height, width, normalise):
    template, search = features(2, 3, height, width)
    label = rolled_labels(height, width, 2)
    ridge = 0.1 * (3 * height * width if normalise else 1)
    expected = [literal_response(*(t[i].numpy() for t in (template, search, label)), ridge) for i in range(2)]
    for backward in BACKWARDS:
        found = dcf_response(template, search, label, 0.1, normalise, backward)
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_filter_against_the_dense_ridge_regression():
    """All cyclic shifts of all channels in one matrix, solved by LAPACK: no Fourier transform at all."""
    template, label = features(1, 2, 5, 4)[0], gaussian_label(5, 4, 0.8, dtype=torch.float64)
    shifts = [(dy, dx) for dy in range(5) for dx in range(4)]
    x = template[0].numpy()
    matrix = np.array([np.roll(x, (-dy, -dx), (1, 2)).ravel() for dy, dx in shifts])
    dense = np.linalg.solve(matrix.T @ matrix + 0.3 * np.eye(40), matrix.T @ label.numpy().ravel())
    spectrum = learn_filter(template, label, 0.3, normalise=False)
    found = torch.fft.irfft2(spectrum, s=(5, 4))[0]
    np.testing.assert_allclose(found.numpy().ravel(), dense, atol=1e-12)


def test_normalising_is_a_larger_lambda():
    template, label = features(1, 32, 9, 9)[0], gaussian_label(9, 9, 1.0, dtype=torch.float64)
    torch.testing.assert_close(
        learn_filter(template, label, 1e-4), learn_filter(template, label, 1e-4 * 32 * 81, normalise=False)
    )
    assert effective_regularisation(torch.empty(1, 32, 121, 121), 1e-4, True) == pytest.approx(
        46.85, abs=0.01
    )


@pytest.mark.parametrize("channels", [3, 32, 64])
def test_the_template_answers_with_its_label_and_a_shift_with_the_shift(channels):
    template, _ = features(1, channels, 15, 12)
    label = gaussian_label(15, 12, 1.2, dtype=torch.float64)
    learned = learn_filter(template, label, 1e-6)
    torch.testing.assert_close(response_map(learned, template)[0], label, atol=1e-3, rtol=0)
    for shift in [(0, 0), (3, -2), (-7, 5)]:
        response = response_map(learned, template.roll(shift, (2, 3)))
        assert labels.peak_displacement(response[0].numpy()) == shift


def test_one_filter_serves_a_batch():
    template, search = features(1, 3, 8, 7)[0], features(4, 3, 8, 7, seed=1)[0]
    learned = learn_filter(template, gaussian_label(8, 7, 1.0))
    together = response_map(learned, search)
    assert together.shape == (4, 8, 7)
    torch.testing.assert_close(together, torch.cat([response_map(learned, one[None]) for one in search]))


@pytest.mark.parametrize("backward", BACKWARDS)
@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("normalise", [True, False])
def test_gradcheck(backward, height, width, normalise):
    pair = [t.requires_grad_() for t in features(2, 3, height, width)]
    label = rolled_labels(height, width, 2)
    assert torch.autograd.gradcheck(lambda t, s: dcf_response(t, s, label, 0.05, normalise, backward), pair)


@pytest.mark.parametrize(("height", "width"), [(21, 21), (20, 20), (13, 16)])
@pytest.mark.parametrize("channels", [3, 32, 64])
def test_the_two_backward_passes_agree(height, width, channels):
    label, gradients = rolled_labels(height, width, 3), []
    arriving = torch.randn(3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    for backward in BACKWARDS:
        pair = [t.requires_grad_() for t in features(3, channels, height, width)]
        response = dcf_response(*pair, label, 1e-4, True, backward)
        gradients.append(torch.autograd.grad(response, pair, arriving))
    for first, second in zip(*gradients, strict=True):
        assert (first - second).abs().max() <= 1e-10 * first.abs().max()


@pytest.mark.parametrize("role", [0, 1])
def test_third_witness_finite_differences_through_the_real_fft(role):
    """Numpy's literal response, nudged along a random direction: torch takes no part in the difference."""
    pair, label = features(1, 3, 9, 8, seed=3), gaussian_label(9, 8, 1.1, dtype=torch.float64)
    direction = np.random.default_rng(2).normal(size=(3, 9, 8))

    def loss(step):
        moved = [t[0].numpy() + (step * direction if i == role else 0) for i, t in enumerate(pair)]
        return ((literal_response(*moved, label.numpy(), 0.01 * 216) - label.numpy()) ** 2).sum()

    expected = (loss(1e-5) - loss(-1e-5)) / 2e-5
    for backward in BACKWARDS:
        leaves = [t.clone().requires_grad_() for t in pair]
        ((dcf_response(*leaves, label, 0.01, True, backward) - label) ** 2).sum().backward()
        assert (leaves[role].grad[0].numpy() * direction).sum() == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("backward", BACKWARDS)
def test_the_label_gets_no_gradient(backward):
    template, search = (t.requires_grad_() for t in features(2, 3, 6, 6))
    label = rolled_labels(6, 6, 2).requires_grad_()
    dcf_response(template, search, label, backward=backward).square().sum().backward()
    assert label.grad is None
    assert template.grad is not None
    assert search.grad is not None


def test_only_wanted_gradients_are_computed():
    template, search = features(1, 3, 6, 6)
    search.requires_grad_()
    dcf_response(template, search, gaussian_label(6, 6, 1.0)).sum().backward()
    assert search.grad is not None
    assert template.grad is None


@pytest.mark.parametrize("loss", [torch.sum, lambda r: r.square().sum()])
def test_differentiating_the_closed_form_twice_is_refused(loss):
    pair = [t.requires_grad_() for t in features(1, 3, 6, 6)]
    response = dcf_response(*pair, gaussian_label(6, 6, 1.0))
    (first,) = torch.autograd.grad(loss(response), pair[:1], create_graph=True)
    with pytest.raises(DifferentiationError, match="use backward='autograd'"):
        (first.sum() + pair[0].sum()).backward()


def test_autograd_can_be_differentiated_twice():
    pair = [t.requires_grad_() for t in features(1, 2, 4, 5)]
    label = gaussian_label(4, 5, 1.0, dtype=torch.float64)
    assert torch.autograd.gradgradcheck(
        lambda t, s: dcf_response(t, s, label, 0.1, backward="autograd"), pair
    )


@pytest.mark.parametrize("backward", BACKWARDS)
def test_autocast_keeps_the_fourier_transform_in_float32(backward):
    layer = DCFLayer(nn.Conv2d(3, 4, 3, padding=1), backward=backward)
    template, search = features(2, 3, 12, 10, dtype=torch.float32)
    expected = layer(template, search)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer.phi(template).dtype == torch.bfloat16
        found = layer(template, search)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0.05, rtol=0)
    found.sum().backward()
    assert layer.phi.weight.grad.isfinite().all()


@pytest.mark.compiler
def test_compiles_to_the_same_numbers():
    pair = [t.requires_grad_() for t in features(2, 3, 10, 9, dtype=torch.float32)]
    label = gaussian_label(10, 9, 1.0)
    compiled = torch.compile(dcf_response, fullgraph=True, backend="aot_eager")
    for backward in BACKWARDS:
        results = []
        for function in (dcf_response, compiled):
            response = function(*pair, label, backward=backward)
            results.append([response, *torch.autograd.grad(response.square().sum(), pair)])
        for plain, fast in zip(*results, strict=True):
            torch.testing.assert_close(fast, plain, atol=1e-5, rtol=1e-5)


@pytest.mark.compiler
@pytest.mark.slow
def test_compiles_with_the_default_compiler():
    layer = DCFLayer(nn.Conv2d(3, 4, 3))
    template, search = features(2, 3, 12, 11, dtype=torch.float32)
    response = torch.compile(layer)(template, search)
    torch.testing.assert_close(response, layer(template, search), atol=1e-5, rtol=1e-4)
    response.sum().backward()
    assert layer.phi.weight.grad.isfinite().all()


def saved_bytes(backward, channels=32, size=31):
    """Bytes that the graph keeps for the way back, each block of memory counted once."""
    pair, kept = [t.requires_grad_() for t in features(4, channels, size, size, dtype=torch.float32)], {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        response = dcf_response(*pair, gaussian_label(size, size, 2.0), backward=backward)
    assert response.requires_grad
    return sum(kept.values())


def test_the_closed_form_keeps_less_memory():
    ratio = saved_bytes("closed-form") / saved_bytes("autograd")
    assert 0.3 < ratio < 0.6, f"keeps {ratio:.2f} of what autograd keeps"


def test_the_command_measures_the_ways_back(tmp_path, capsys):
    out = tmp_path / "layer.json"
    assert cli.main(["bench", "--layer", "--batch", "2", "--rounds", "1", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    layer = json.loads(out.read_text())["layer"]
    assert [cost["backward"] for cost in layer["costs"]] == [*BACKWARDS, "low-pass"]
    for way, ratio in layer["ratios"].items():
        assert f"{way} / autograd: time {ratio['time']:.2f}, memory {ratio['memory']:.2f}" in printed
        assert ratio["memory"] < 0.95, "less memory at the peak than autograd"


@pytest.mark.parametrize("phi", [nn.Identity(), nn.Conv2d(3, 64, 3), FeatureNetwork(padded=False)])
@pytest.mark.parametrize("size", [(14, 15), (15, 15)])
def test_layer_around_any_network(phi, size):
    layer = DCFLayer(phi, sigma=1.0)
    template, search = features(2, 3, *size, dtype=torch.float32)
    response = layer(template * 50, search * 50)
    found = phi(template).shape[-2:]
    assert response.shape == (2, *found)
    assert response.dtype == torch.float32
    same = layer(template * 50, template * 50)
    assert (same.flatten(1).argmax(1) == 0).all()


def test_layer_takes_pseudo_labels_and_moves_the_peak():
    layer = DCFLayer(nn.Identity(), sigma=1.0, regularisation=1e-6)
    template, _ = features(2, 3, 9, 9)
    label = rolled_labels(9, 9, 2)
    response = layer(template, template, label)
    assert (response.flatten(1).argmax(1) == label.flatten(1).argmax(1)).all()


def test_inputs_are_not_changed():
    pair = features(2, 3, 8, 8)
    copies = [t.clone() for t in pair]
    label = gaussian_label(8, 8, 1.0, dtype=torch.float64)
    leaves = [t.requires_grad_() for t in pair]
    dcf_response(*leaves, label).square().sum().backward()
    assert all(torch.equal(t, copy) for t, copy in zip(pair, copies, strict=True))
    assert torch.equal(label, gaussian_label(8, 8, 1.0, dtype=torch.float64))


@pytest.mark.parametrize("backward", BACKWARDS)
def test_shapes_that_do_not_belong_together(backward):
    template, search = features(2, 3, 8, 8)
    label = gaussian_label(8, 8, 1.0)
    with pytest.raises(ShapeError, match=r"one shape, found \(2, 3, 8, 8\) and \(2, 3, 8, 7\)"):
        dcf_response(template, search[..., :7], label, backward=backward)
    with pytest.raises(ShapeError, match="a label has the features' size"):
        dcf_response(template, search, label[:7], backward=backward)
    with pytest.raises(ShapeError, match="one for all or one for each of 2"):
        dcf_response(template, search, label.expand(3, 8, 8), backward=backward)
    with pytest.raises(ShapeError, match=r"\(N, C, H, W\)"):
        dcf_response(template[0], search[0], label, backward=backward)


def test_options_and_filters_that_do_not_exist():
    template, search = features(1, 3, 8, 8)
    with pytest.raises(OptionError, match="autograd, closed-form, found 'magic'"):
        dcf_response(template, search, gaussian_label(8, 8, 1.0), backward="magic")
    with pytest.raises(OptionError, match="found 'magic'"):
        DCFLayer(nn.Identity(), backward="magic")
    with pytest.raises(ShapeError, match="give template and search one size"):
        response_map(learn_filter(template, gaussian_label(8, 8, 1.0)), features(1, 3, 9, 9)[0])
    with pytest.raises(ShapeError, match="patches have one shape"):
        DCFLayer(nn.Identity())(template, search[..., :7])


@pytest.mark.parametrize("backward", BACKWARDS)
def test_no_pairs_are_refused(backward):
    """The Fourier transform of nothing raises an error of the library behind it, which says nothing."""
    features, label = torch.zeros(0, 3, 15, 14), torch.ones(15, 14)
    message = r"none of them 0.*found \(0, 3, 15, 14\)"
    with pytest.raises(ShapeError, match=message):
        dcf_response(features, features, label, backward=backward)
    with pytest.raises(ShapeError, match=message):
        DCFLayer(nn.Identity(), backward=backward)(features, features)
    with pytest.raises(ShapeError, match=message):
        track_forward_backward(features, [features], label)
