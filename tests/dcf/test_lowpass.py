import pytest
import torch

from udtlib.dcf import dcf_response, default_sigma, gaussian_label
from udtlib.dcf.lowpass import LowPassTransform, label_cutoff, low_pass_response
from udtlib.dcf.spectra import LowPass
from udtlib.errors import OptionError, ShapeError
from udtlib.unsupervised import track_forward_backward

SIZE, SIGMA = 31, 2.0


def pair(count=3, channels=8, size=SIZE, dtype=torch.float32):
    """Template and search features as large as real ones, channels last."""
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.randn(count, channels, size, size, generator=generator, dtype=dtype) for _ in range(2)]
    return [(40 * t).contiguous(memory_format=torch.channels_last).requires_grad_() for t in tensors]


def labels(count, size=SIZE, sigma=SIGMA, dtype=torch.float32):
    label = gaussian_label(size, size, sigma, dtype=dtype)
    return torch.stack([label.roll((3 * i, -2 * i), (0, 1)) for i in range(count)])


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("size", [31, 32])
def test_response_and_gradients_are_those_of_the_full_spectrum(normalise, size):
    transform = LowPassTransform(size, label_cutoff(size, SIGMA))
    assert transform.cutoff < size // 2
    label, results = labels(3, size), []
    arriving = torch.randn(3, size, size, generator=torch.Generator().manual_seed(1))
    for low_pass in (False, True):
        template, search = pair(size=size)
        if low_pass:
            response = low_pass_response(template, search, label, transform, 1e-4, normalise)
        else:
            response = dcf_response(template, search, label, 1e-4, normalise)
        results.append((response, *torch.autograd.grad(response, (template, search), arriving)))
    for full, low in zip(*results, strict=True):
        assert low.shape == full.shape
        assert (low - full).abs().max() < 2e-5 * full.abs().max()


def test_gradcheck():
    transform = LowPassTransform(9, 3, dtype=torch.float64)
    label = labels(2, 9, 1.5, torch.float64)
    template, search = pair(2, 3, 9, torch.float64)
    assert torch.autograd.gradcheck(
        lambda t, s: low_pass_response(t / 40, s / 40, label, transform, 0.05), (template, search)
    )


def test_the_label_gets_no_gradient_and_half_precision_is_computed_in_float32():
    transform, label = LowPassTransform(SIZE, 12), labels(3).requires_grad_()
    template, search = pair()
    expected = low_pass_response(template, search, label, transform)
    found = low_pass_response(template.bfloat16(), search.bfloat16(), label, transform)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)
    found.sum().backward()
    assert label.grad is None
    assert template.grad.isfinite().all()


def test_it_keeps_a_fifth_of_what_autograd_keeps():
    def kept(response):
        blocks = {}

        def keep(tensor):
            blocks[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            assert response().requires_grad
        return sum(blocks.values())

    size, sigma = 121, default_sigma(125, 125)
    template, search = pair(1, 32, size)
    transform, label = LowPassTransform(size, label_cutoff(size, sigma)), gaussian_label(size, size, sigma)
    low = kept(lambda: low_pass_response(template, search, label, transform))
    assert low < 0.2 * kept(lambda: dcf_response(template, search, label, backward="autograd"))


def test_other_sizes_are_refused():
    transform, (template, search) = LowPassTransform(SIZE, 12), pair(size=30)
    with pytest.raises(ShapeError, match="this transform is for maps 31 x 31"):
        low_pass_response(template, search, gaussian_label(30, 30, 2.0), transform)
    with pytest.raises(ShapeError, match="one shape"):
        low_pass_response(template, search[..., :29], gaussian_label(30, 30, 2.0), transform)


def test_the_cutoff_follows_the_label():
    assert label_cutoff(125, 4.464) == 22
    assert label_cutoff(125, 2.232) == 43
    assert label_cutoff(125, 0.5) == 62, "never more than there are"
    assert label_cutoff(125, 5e-324) == 62, "also where their number would be infinite"
    assert label_cutoff(125, 4.464, tolerance=1e-12) > 22


@pytest.mark.parametrize("cutoff", [0, 16, -1])
def test_a_cutoff_that_no_map_has_is_refused(cutoff):
    with pytest.raises(OptionError, match=f"cutoff: expected from 1 to 15 for 31 cells, found {cutoff}"):
        LowPassTransform(31, cutoff)


def test_autocast_does_not_reach_the_transform():
    """It computes in float32 whatever else is done in half precision; so does the gradient by hand."""
    sigma = 2.0
    label = gaussian_label(SIZE, SIZE, sigma)

    def computed(enabled):
        template, search = pair()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            low = low_pass_response(
                template, search, label, LowPassTransform(SIZE, label_cutoff(SIZE, sigma))
            )
            trip = track_forward_backward(template, [search], label, transform=LowPass(SIZE, sigma))
            by_hand = torch.autograd.grad(trip.back.square().sum(), (template, search))
        return [low, trip.back, *by_hand, *torch.autograd.grad(low.square().sum(), (template, search))]

    expected, found = computed(False), computed(True)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
