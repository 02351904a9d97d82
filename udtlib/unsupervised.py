"""Learning without labels: track forward, track back, compare (paper section 3, Eq. 6 and 8 to 11).

A template patch T and search patches S1, S2 of later frames. The filter learned on T finds S1, a
Gaussian at the peak becomes S1's label, and so on; then the last patch becomes the template and the way
leads back to T, where the answer is known: the label it started from. Book: chapters 07, 08 and 09.

Convention: features ``(N, C, H, W)``, responses and labels ``(N, H, W)``, peak at ``(0, 0)`` when nothing
moved, wrap-around. Only the last hop carries a gradient, to the features it searches and those it learned
from; responses on the way, pseudo-labels and sample weights are constants. Where the paper and the
authors' code differ, both forms exist, named ``"paper"`` and ``"reference"``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from udtlib.dcf.layer import effective_regularisation, in_full_precision
from udtlib.dcf.spectra import HalfPlane, Transform, hop, respond
from udtlib.errors import OptionError, ShapeError
from udtlib.forms import FORMS, WAYS_BACK

DROPPED = 0.1  # the share of samples with the highest loss that teaches nothing


@dataclass(frozen=True)
class RoundTrip:
    """What was seen on the way out and back; all ``(N, H, W)``, only ``back`` carries a gradient.

    Attributes:
        label: ``(1, H, W)``, what T was asked to answer: Y_T.
        responses: R_S1, R_S2 ..., on the way out.
        pseudo_labels: Y_S1, Y_S2 ..., clean Gaussians at the responses' peaks.
        back: the response at T in the end, R_T of Eq. 6 or 8.
    """

    label: Tensor
    responses: tuple[Tensor, ...]
    pseudo_labels: tuple[Tensor, ...]
    back: Tensor


def pseudo_labels(responses: Tensor, label: Tensor) -> Tensor:
    """Return clean Gaussians at the responses' highest cells: the pseudo-label Y_S of Eq. 6.

    A true shift of the label in two dimensions, to the whole cell; of equal cells the first in reading
    order. Neither the peak's height nor what lies beside it is kept.

    Args:
        responses: ``(N, H, W)``.
        label: ``(H, W)`` or ``(1, H, W)``, peak at ``(0, 0)``.

    Returns:
        ``(N, H, W)``, without gradient.
    """
    height, width = responses.shape[-2:]
    peak = responses.detach().flatten(1).argmax(1)
    row, column = (peak // width)[:, None], (peak % width)[:, None]
    rows = (torch.arange(height, device=peak.device) - row) % height
    columns = (torch.arange(width, device=peak.device) - column) % width
    return label.detach().reshape(height, width)[rows[:, :, None], columns[:, None, :]]


def track_forward_backward(
    template: Tensor,
    searches: Sequence[Tensor],
    label: Tensor,
    *,
    backward: str = "direct",
    regularisation: float = 1e-4,
    normalise: bool = True,
    transform: Transform | None = None,
) -> RoundTrip:
    """Track from T through the search patches and back to T (Eq. 6 with one of them, Eq. 8 with two).

    The paper does not say which way leads back: ``"direct"`` goes from the last patch straight to T, as the
    authors' code does, ``"chained"`` visits the patches between in reverse. The gradient reaches T and the
    patch before it, so with two searches S1 (direct) or S2 (chained) may be computed without.

    Args:
        template: features of T, ``(N, C, H, W)``; half precision is computed in float32.
        searches: features of S1, S2 ..., each of that shape, at least one.
        label: Y_T, ``(H, W)`` or ``(1, H, W)``, peak at ``(0, 0)``.
        backward: one of `WAYS_BACK`.
        regularisation: lambda, see `udtlib.dcf.learn_filter`.
        normalise: lambda relative to ``C*H*W`` (reference) or plain (paper).
        transform: how spectra are made; None keeps all frequencies. `udtlib.dcf.spectra.make_transform`
            makes a faster one for a Gaussian label.

    Raises:
        OptionError: another ``backward``.
        ShapeError: shapes that do not belong together.
    """
    patches = check_patches(template, searches, label)
    if backward not in WAYS_BACK:
        raise OptionError(f"backward is one of {', '.join(WAYS_BACK)}, found {backward!r}")
    label = label.detach().to(patches[0]).reshape(1, *template.shape[-2:])
    ridge = effective_regularisation(template, regularisation, normalise)
    transform = transform or HalfPlane(*template.shape[-2:])
    with torch.no_grad():
        spectra = [transform.spectrum(patch) for patch in patches]
    responses, labels = follow(spectra, label, label, ridge, transform)
    home = [*range(len(searches), 0, -1)] if backward == "chained" else [len(searches)]
    way_home = follow([spectra[index] for index in home], labels[-1], label, ridge, transform)
    last, last_label = home[-1], [labels[-1], *way_home[1]][-1]
    back = hop(patches[last], patches[0], spectra[last], spectra[0], last_label, ridge, transform)
    return RoundTrip(label, tuple(responses), tuple(labels), back)


def follow(
    spectra: Sequence[Tensor], start: Tensor, label: Tensor, ridge: float, transform: Transform
) -> tuple[list[Tensor], list[Tensor]]:
    """Track from the first of ``spectra`` to the next and so on; return all responses and pseudo-labels.

    ``start`` is the first one's label, ``label`` the Gaussian that pseudo-labels are made of.
    """
    responses: list[Tensor] = []
    labels: list[Tensor] = []
    for template, search in pairwise(spectra):
        responses.append(respond(template, search, labels[-1] if labels else start, ridge, transform))
        labels.append(pseudo_labels(responses[-1], label))
    return responses, labels


def check_patches(template: Tensor, searches: Sequence[Tensor], label: Tensor) -> list[Tensor]:
    """Return template and searches in full precision.

    Raises:
        ShapeError: no search, features not ``(N, C, H, W)`` of one shape, or none; a label of another size.
    """
    shapes = {tuple(patch.shape) for patch in (template, *searches)}
    if not searches or template.ndim != 4 or len(shapes) != 1 or not template.numel():
        raise ShapeError(
            "expected template features (N, C, H, W), none of them 0, and at least one search of that shape, "
            f"found {tuple(template.shape)} and {[tuple(search.shape) for search in searches]}"
        )
    if label.shape[-2:] != template.shape[-2:] or label.numel() != label.shape[-2:].numel():
        raise ShapeError(
            f"one label of the features' size {tuple(template.shape[-2:])}, found {tuple(label.shape)}"
        )
    return [in_full_precision(patch) for patch in (template, *searches)]


def spatial_weight(label: Tensor) -> Tensor:
    """Return ``exp(label)``, 1..e: how much more the reference's loss counts cells near the peak."""
    return label.exp()


def round_trip_errors(response: Tensor, label: Tensor, form: str = "reference") -> Tensor:
    """Return each sample's distance from where it started, ``||R_T - Y_T||^2`` (Eq. 6 and 8).

    Args:
        response: ``(N, H, W)``.
        label: ``(H, W)``, ``(1, H, W)`` or ``(N, H, W)``.
        form: ``"paper"`` sums the squares; ``"reference"`` weighs them by `spatial_weight` first.

    Returns:
        ``(N,)``: sums over cells, not means.
    """
    squares = (response - label).square()
    if check_form(form) == "reference":
        squares = squares * spatial_weight(label)
    return squares.sum((-2, -1))


def drop_weights(errors: Tensor, share: float = DROPPED) -> Tensor:
    """Return A_drop ``(N,)``: 0 for the ``share`` of samples with the highest errors, 1 for the others.

    As the reference does, ``round((1 - share) * N)`` are kept (29 of 32), and at least one.

    Raises:
        OptionError: a share that is not in 0 <= share < 1.
    """
    if not 0 <= share < 1:
        raise OptionError(f"the share to drop is at least 0 and below 1, found {share}")
    kept = max(1, int((1 - share) * len(errors) + 0.5 + 1e-9))
    weights = torch.zeros_like(errors)
    weights[errors.detach().argsort(stable=True)[:kept]] = 1
    return weights


def motion_weights(trip: RoundTrip, form: str = "reference") -> Tensor:
    """Return A_motion ``(N,)``: how much moved on the way out (Eq. 9), without gradient.

    The first term is ``||R_S1 - Y_T||^2``. For each further patch the ``"paper"`` adds its response's
    distance from the pseudo-label before, ``||R_S2 - Y_S1||^2``; the ``"reference"`` its distance from
    the response before, ``||R_S1 - R_S2||^2``.
    """
    before = trip.pseudo_labels if check_form(form) == "paper" else trip.responses
    references = (trip.label, *before)
    terms = [
        squared_distance(response, reference)
        for response, reference in zip(trip.responses, references, strict=False)
    ]
    return torch.stack(terms).sum(0)


def squared_distance(maps: Tensor, others: Tensor) -> Tensor:
    """Return the sums of squared differences ``(N,)`` between maps ``(N, H, W)``, without gradient."""
    return (maps.detach() - others.detach()).square().sum((-2, -1))


def normalise_weights(drop: Tensor, motion: Tensor) -> Tensor:
    """Return A_norm ``(N,)``: ``drop * motion`` divided by its sum over the batch (Eq. 10).

    Where nothing moved at all, the samples that are kept share equally.
    """
    product = drop * motion
    total = product.sum()
    product = torch.where(total > 0, product, drop)
    return product / product.sum()


def weighted_loss(errors: Tensor, weights: Tensor, form: str = "reference") -> Tensor:
    """Return the loss of a batch, a scalar (Eq. 11).

    Weights of Eq. 10 sum to 1, and the ``"paper"`` divides by the number of samples once more; the
    ``"reference"`` does not, so its loss, and each step, is N times larger.

    Args:
        errors: ``(N,)`` from `round_trip_errors`.
        weights: ``(N,)`` from `normalise_weights`; constants.
        form: one of `FORMS`.
    """
    loss = (weights.detach() * errors).sum()
    return loss / len(errors) if check_form(form) == "paper" else loss


def consistency_loss(
    trip: RoundTrip,
    *,
    form: str = "reference",
    motion: str | None = "reference",
    drop: float = DROPPED,
) -> Tensor:
    """Return the loss of a batch of round trips, a scalar (Eq. 6 and 8 to 11).

    Args:
        trip: from `track_forward_backward`.
        form: of errors and loss, ``"reference"`` (with `spatial_weight`, N times larger) or ``"paper"``.
        motion: the form of A_motion, one of `FORMS`, or None to leave it out.
        drop: the share left out by A_drop; 0 keeps all.

    Raises:
        OptionError: an unknown form or a share out of range.
    """
    errors = round_trip_errors(trip.back, trip.label, form)
    dropped = drop_weights(round_trip_errors(trip.back.detach(), trip.label, "paper"), drop)
    moved = torch.ones_like(dropped) if motion is None else motion_weights(trip, motion)
    return weighted_loss(errors, normalise_weights(dropped, moved), form)


def check_form(form: str) -> str:
    """Return ``form``.

    Raises:
        OptionError: not one of `FORMS`.
    """
    if form not in FORMS:
        raise OptionError(f"form is one of {', '.join(FORMS)}, found {form!r}")
    return form
