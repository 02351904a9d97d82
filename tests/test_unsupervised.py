"""Each equation against a literal transcription that loops over samples, and cases with known answers."""

import numpy as np
import pytest
import torch

from udtlib.dcf import dcf_response, gaussian_label, learn_filter, response_map
from udtlib.dcf.spectra import HalfPlane, LowPass, make_transform
from udtlib.errors import OptionError, ShapeError
from udtlib.network import FeatureNetwork
from udtlib.unsupervised import (
    FORMS,
    WAYS_BACK,
    RoundTrip,
    consistency_loss,
    drop_weights,
    motion_weights,
    normalise_weights,
    pseudo_labels,
    round_trip_errors,
    spatial_weight,
    track_forward_backward,
    weighted_loss,
)

N, C, H, W = 5, 3, 9, 8
LABEL = gaussian_label(H, W, 1.2, dtype=torch.float64)


def features(count=3, seed=0):
    """T, S1, S2 that move a little and differ a little: ``(N, C, H, W)`` float64."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(N, C, H, W, generator=generator, dtype=torch.float64)
    moved = [first.roll((step, 2 * step), (2, 3)) for step in range(count)]
    return [m + 0.4 * torch.randn(m.shape, generator=generator, dtype=torch.float64) for m in moved]


# --- the slow literal transcription: numpy, full spectra, one sample after the other ---


def literal_response(template, search, label, ridge):
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    w = x * y.conj() / ((abs(x) ** 2).sum(0) + ridge)
    return np.fft.ifft2((w.conj() * z).sum(0)).real


def literal_pseudo_label(response):
    rows, columns = np.unravel_index(response.argmax(), response.shape)
    return np.roll(np.roll(LABEL.numpy(), rows, axis=0), columns, axis=1)


def literal_loss(patches, backward, form, motion, drop, normalise=True, regularisation=1e-4):
    """Eq. 6 or 8 to 11, sample by sample; patches: T, S1 (, S2), each ``(N, C, H, W)`` numpy."""
    count, y = len(patches[0]), LABEL.numpy()
    ridge = regularisation * (C * H * W if normalise else 1)
    errors, plain, motions = np.zeros(count), np.zeros(count), np.zeros(count)
    for i in range(count):
        t, *searches = [patch[i] for patch in patches]
        r1 = literal_response(t, searches[0], y, ridge)
        y1 = literal_pseudo_label(r1)
        motions[i] = ((r1 - y) ** 2).sum()
        last, last_label = searches[0], y1
        if len(searches) == 2:
            r2 = literal_response(searches[0], searches[1], y1, ridge)
            y2 = literal_pseudo_label(r2)
            motions[i] += ((r2 - (y1 if motion == "paper" else r1)) ** 2).sum()
            last, last_label = searches[1], y2
            if backward == "chained":
                back1 = literal_response(searches[1], searches[0], y2, ridge)
                last, last_label = searches[0], literal_pseudo_label(back1)
        rt = literal_response(last, t, last_label, ridge)
        plain[i] = ((rt - y) ** 2).sum()
        errors[i] = plain[i] if form == "paper" else (np.exp(y) * (rt - y) ** 2).sum()
    kept = np.zeros(count)
    kept[sorted(range(count), key=lambda i: plain[i])[: int(np.floor((1 - drop) * count + 0.5))]] = 1
    weights = kept * (motions if motion else 1)
    weights = weights / weights.sum()
    total = (weights * errors).sum()
    return total / count if form == "paper" else total


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("backward", WAYS_BACK)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("motion", [None, *FORMS])
def test_loss_against_the_literal_transcription(count, backward, form, motion):
    template, *searches = features(count)
    for drop, normalise in [(0.0, True), (0.3, True), (0.1, False)]:
        trip = track_forward_backward(template, searches, LABEL, backward=backward, normalise=normalise)
        found = consistency_loss(trip, form=form, motion=motion, drop=drop)
        patches = [patch.numpy() for patch in (template, *searches)]
        expected = literal_loss(patches, backward, form, motion, drop, normalise)
        assert float(found) == pytest.approx(expected, rel=1e-10)


def test_direct_and_chained_differ_with_two_searches_only():
    losses = {}
    for count in (2, 3):
        template, *searches = features(count, seed=3)
        for way in WAYS_BACK:
            trip = track_forward_backward(template, searches, LABEL, backward=way)
            losses[count, way] = float(consistency_loss(trip))
    assert losses[2, "direct"] == losses[2, "chained"]
    assert losses[3, "direct"] != pytest.approx(losses[3, "chained"], rel=1e-3)


def test_pseudo_label_is_a_shift_in_two_dimensions():
    responses = torch.zeros(4, H, W, dtype=torch.float64)
    peaks = [(0, 0), (5, 0), (0, 5), (H - 1, W - 2)]
    for index, (row, column) in enumerate(peaks):
        responses[index, row, column] = 0.3
    found = pseudo_labels(responses, LABEL)
    for index, peak in enumerate(peaks):
        torch.testing.assert_close(found[index], LABEL.roll(peak, (0, 1)), rtol=0, atol=0)
        assert found[index][peak] == 1, "a clean Gaussian: its own height, not the response's"


def test_identical_frames_come_home():
    template = features(1)[0]
    trip = track_forward_backward(template, [template, template], LABEL)
    for response in (*trip.responses, trip.back):
        torch.testing.assert_close(response, LABEL.expand(N, H, W), atol=0.02, rtol=0)
    for label in trip.pseudo_labels:
        torch.testing.assert_close(label, LABEL.expand(N, H, W))
    assert float(consistency_loss(trip)) < 1e-3
    assert float(motion_weights(trip).max()) < 1e-3


@pytest.mark.parametrize("backward", WAYS_BACK)
def test_pure_translation_is_followed_and_undone(backward):
    template = features(1)[0]
    searches = [template.roll((2, -1), (2, 3)), template.roll((-3, 2), (2, 3))]
    trip = track_forward_backward(template, searches, LABEL, backward=backward, regularisation=1e-9)
    for label, shift in zip(trip.pseudo_labels, [(2, -1), (-3, 2)], strict=True):
        torch.testing.assert_close(label, LABEL.roll(shift, (0, 1)).expand(N, H, W))
    torch.testing.assert_close(trip.back, LABEL.expand(N, H, W), atol=1e-5, rtol=0)
    first = (LABEL.roll((2, -1), (0, 1)) - LABEL).square().sum()
    second = (LABEL.roll((-3, 2), (0, 1)) - LABEL.roll((2, -1), (0, 1))).square().sum()
    for form in FORMS:  # perfect responses are their own pseudo-labels
        torch.testing.assert_close(
            motion_weights(trip, form), (first + second).expand(N), rtol=1e-4, atol=1e-4
        )


def test_planted_outlier_is_dropped_and_gets_no_gradient():
    template, *searches = features(3)
    searches[1][2] = torch.randn(C, H, W, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    template.requires_grad_()
    searches[1].requires_grad_()
    trip = track_forward_backward(template, searches, LABEL)
    assert int(round_trip_errors(trip.back, trip.label).argmax()) == 2
    consistency_loss(trip, drop=0.2).backward()
    for gradient in (template.grad, searches[1].grad):
        norms = gradient.flatten(1).norm(dim=1)
        assert norms[2] == 0
        assert (norms[[0, 1, 3, 4]] > 0).all()


def test_drop_keeps_what_the_reference_keeps():
    errors = torch.arange(32.0).flip(0)
    assert drop_weights(errors).sum() == 29
    assert drop_weights(errors)[:3].sum() == 0, "the three highest"
    assert drop_weights(torch.ones(32)).sum() == 29, "also when all are equal"
    assert drop_weights(torch.tensor([4.0, 3, 2, 1, 0])).tolist() == [1, 1, 1, 1, 1], "4.5 rounds up"
    assert drop_weights(torch.ones(1), 0.9).sum() == 1
    with pytest.raises(OptionError, match="below 1"):
        drop_weights(errors, 1.0)


def test_forms_of_the_weights_and_the_loss():
    drop, motion = torch.tensor([1.0, 0.0, 1.0]), torch.tensor([1.0, 5.0, 3.0])
    weights = normalise_weights(drop, motion)
    assert weights.tolist() == [0.25, 0, 0.75]
    assert normalise_weights(drop, torch.zeros(3)).tolist() == [0.5, 0, 0.5], "nothing moved"
    errors = torch.tensor([4.0, 100.0, 8.0])
    assert float(weighted_loss(errors, weights, "reference")) == 7
    assert float(weighted_loss(errors, weights, "paper")) == pytest.approx(7 / 3)
    weight = spatial_weight(LABEL)
    assert weight.max() == pytest.approx(np.e)
    assert weight.min() >= 1
    response = torch.zeros(1, H, W, dtype=torch.float64)
    assert float(round_trip_errors(response, LABEL, "paper")) == pytest.approx(float(LABEL.square().sum()))


def test_motion_of_the_reference_uses_raw_responses():
    maps = torch.zeros(5, 1, 2, 2)
    label, r1, r2, y1, back = maps.clone()
    label[0, 0, 0], r1[0, 0, 1], r2[0, 1, 1], y1[0, 1, 1] = 1, 0.5, 2, 1
    trip = RoundTrip(label, (r1, r2), (y1, y1), back)
    assert motion_weights(trip, "paper").tolist() == [1.25 + 1]
    assert motion_weights(trip, "reference").tolist() == [1.25 + 4.25]


# --- gradients ---


@pytest.mark.parametrize("backward", WAYS_BACK)
@pytest.mark.parametrize("form", FORMS)
def test_gradient_of_the_whole_loss_by_finite_differences(backward, form):
    """Through network, last hop and loss, float64; labels, responses and weights are constants."""
    generator = torch.Generator().manual_seed(1)
    network = FeatureNetwork(padded=False, generator=generator).double()
    patches = 40 * torch.randn(3, 3, 3, 13, 13, generator=generator, dtype=torch.float64)
    label = gaussian_label(9, 9, 1.0, dtype=torch.float64)
    template, *searches = [network(patch) for patch in patches]
    trip = track_forward_backward(template, searches, label, backward=backward)
    loss = consistency_loss(trip, form=form, drop=0.34)
    loss.backward()
    loss = loss.detach()
    weights = normalise_weights(drop_weights(round_trip_errors(trip.back, label, "paper"), 0.34),
                                motion_weights(trip)).detach()  # fmt: skip
    last = 2 if backward == "direct" else 1
    last_label = trip.pseudo_labels[1]
    if backward == "chained":
        last_label = pseudo_labels(dcf_response(searches[1], searches[0], last_label), label)

    def frozen():
        with torch.no_grad():
            back = response_map(learn_filter(network(patches[last]), last_label), network(patches[0]))
            return float(weighted_loss(round_trip_errors(back, label, form), weights, form))

    assert frozen() == pytest.approx(float(loss), rel=1e-9)
    for parameter in network.parameters():
        place = np.unravel_index(int(parameter.grad.abs().argmax()), parameter.shape)
        value, step, ends = float(parameter.data[place]), 1e-5, []
        for sign in (1, -1):
            parameter.data[place] = value + sign * step
            ends.append(frozen())
        parameter.data[place] = value
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx(float(parameter.grad[place]), rel=1e-5)


def test_gradient_reaches_the_last_hop_only():
    for way, reached in [("direct", [True, False, True]), ("chained", [True, True, False])]:
        patches = [patch.requires_grad_() for patch in features(3)]
        trip = track_forward_backward(patches[0], patches[1:], LABEL, backward=way)
        consistency_loss(trip).backward()
        assert [patch.grad is not None for patch in patches] == reached
        assert not any(t.requires_grad for t in (*trip.responses, *trip.pseudo_labels, trip.label))


# --- the low-pass transform ---


def test_low_pass_gives_the_responses_and_gradients_of_all_frequencies():
    generator = torch.Generator().manual_seed(0)
    label = gaussian_label(61, 61, 3.0, dtype=torch.float64)
    low = make_transform(61, 61, 3.0, dtype=torch.float64)
    assert isinstance(low, LowPass)
    assert low.cutoff < 25
    results = []
    for transform in (HalfPlane(61, 61), low):
        generator.manual_seed(0)
        noise = torch.randn(4, 2, 4, 61, 61, generator=generator, dtype=torch.float64)
        patches = [(noise[0] + noise[index]).requires_grad_() for index in (1, 2, 3)]
        trip = track_forward_backward(patches[0], patches[1:], label, transform=transform)
        consistency_loss(trip, drop=0).backward()
        results.append([*trip.responses, trip.back.detach(), patches[0].grad, patches[2].grad])
    for full, restricted in zip(*results, strict=True):
        torch.testing.assert_close(restricted, full, rtol=0, atol=3e-6 * float(full.abs().max()))


def test_low_pass_transform_there_and_back():
    low = LowPass(31, 2.0, dtype=torch.float64)
    k = low.cutoff
    maps = torch.randn(2, 3, 31, 31, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    plane = torch.fft.rfft2(maps)
    plane[..., k + 1 : 31 - k, :] = 0
    plane[..., k + 1 :] = 0
    smooth = torch.fft.irfft2(plane, s=(31, 31))
    torch.testing.assert_close(low.features(low.spectrum(maps)), smooth, atol=1e-12, rtol=0)


def test_narrow_labels_and_oblong_maps_keep_all_frequencies():
    assert isinstance(make_transform(9, 9, 1.0), HalfPlane)
    assert isinstance(make_transform(61, 60, 3.0), HalfPlane)
    assert isinstance(make_transform(121, 121, 125 / 30), LowPass)


# --- refusals ---


def test_refusals():
    template, *searches = features(3)
    with pytest.raises(OptionError, match="direct, chained"):
        track_forward_backward(template, searches, LABEL, backward="sideways")
    with pytest.raises(ShapeError, match="at least one search"):
        track_forward_backward(template, [], LABEL)
    with pytest.raises(ShapeError, match="of that shape"):
        track_forward_backward(template, [searches[0][:2]], LABEL)
    with pytest.raises(ShapeError, match="one label"):
        track_forward_backward(template, searches, LABEL[:-1])
    trip = track_forward_backward(template, searches, LABEL)
    with pytest.raises(OptionError, match="reference, paper"):
        consistency_loss(trip, form="other")


def test_half_precision_features_are_computed_in_full():
    template, *searches = [patch.bfloat16() for patch in features(3)]
    trip = track_forward_backward(template, searches, LABEL)
    assert trip.back.dtype == torch.float32
    exact = track_forward_backward(template.double(), [s.double() for s in searches], LABEL)
    torch.testing.assert_close(trip.back.double(), exact.back, atol=1e-4, rtol=0)
