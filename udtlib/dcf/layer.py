"""The Siamese correlation-filter layer (paper Eq. 1-5): labels, the closed-form filter, its response.

Convention: features are ``(N, C, H, W)``, spectra their ``rfft2`` half planes ``(N, C, H, W//2+1)``;
a response map ``(N, H, W)`` is the displacement of the search patch relative to the template, its
peak at ``(0, 0)`` when nothing moved, wrap-around. The roles are called template and search, never T
and S: on the way back the paper's S is the template. Book: chapters 04 and 05.
"""

import torch
from torch import Tensor, nn

from udtlib import labels
from udtlib.dcf.gradient import closed_form_response
from udtlib.errors import OptionError, ShapeError

HALF_PRECISION = (torch.float16, torch.bfloat16)
BACKWARDS = ("autograd", "closed-form")


def gaussian_label(
    height: int,
    width: int,
    sigma: float,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Tensor:
    """Return `udtlib.labels.gaussian_label` as a tensor ``(height, width)``: 1 at ``(0, 0)``, wrap-around.

    ``sigma`` is in feature cells.
    """
    return torch.from_numpy(labels.gaussian_label(height, width, sigma)).to(device=device, dtype=dtype)


def default_sigma(height: int, width: int, padding: float = 2.0) -> float:
    """Return the reference's label width: a tenth of the target's side (geometric mean), in cells.

    The window is ``1 + padding`` times the target, so 125 cells and padding 2 give 4.1667.
    """
    return (height * width) ** 0.5 / (1 + padding) / 10


def effective_regularisation(template: Tensor, regularisation: float, normalise: bool) -> float:
    """Return the lambda that stands in Eq. 2 when the spectra are not normalised.

    The reference divides the energy ``sum |x|^2`` by ``C*H*W`` before it adds lambda. The filter is
    that of Eq. 2 with lambda times ``C*H*W``: 1e-4 acts as 46.9 on 32 channels of 121 x 121.
    """
    return regularisation * template.shape[1:].numel() if normalise else regularisation


def learn_filter(
    template: Tensor, label: Tensor, regularisation: float = 1e-4, normalise: bool = True
) -> Tensor:
    """Return the spectrum of the filter that answers ``template`` with ``label`` (Eq. 2 and 4).

    All channels share one response, so the energy in the denominator is summed over them: the exact
    ridge solution at each frequency. Eq. 2 is the case of one channel.

    Args:
        template: features ``(N, C, H, W)``; half precision is computed in float32.
        label: wanted response ``(H, W)`` or ``(N, H, W)``, peak at ``(0, 0)``; gets no gradient.
        regularisation: lambda, not negative.
        normalise: as the reference, relative to ``C*H*W``; False is the paper's plain lambda.

    Returns:
        ``(N, C, H, W//2+1)`` complex, the half plane of the filter's spectrum.

    Raises:
        ShapeError: shapes that do not belong together.
    """
    template, label = check_pair(template, None, label)
    ridge = effective_regularisation(template, regularisation, normalise)
    x = torch.fft.rfft2(template)
    y = torch.fft.rfft2(label).unsqueeze(1)
    energy = (x.real.square() + x.imag.square()).sum(1, keepdim=True)
    return x * y.conj() / (energy + ridge)


def response_map(filter_spectrum: Tensor, search: Tensor) -> Tensor:
    """Return the response ``(N, H, W)`` of a filter to search features ``(N, C, H, W)`` (Eq. 3 and 5).

    Args:
        filter_spectrum: from `learn_filter`, ``(N, C, H, W//2+1)``, or ``(1, ...)`` for all of them.
        search: features ``(N, C, H, W)``; half precision is computed in float32.

    Raises:
        ShapeError: the filter was learned on patches of another size or number of channels.
    """
    search = in_full_precision(search)
    size = search.shape[-2:]
    expected = (search.shape[1], size[0], size[1] // 2 + 1)
    if tuple(filter_spectrum.shape[1:]) != expected:
        raise ShapeError(
            f"search features {tuple(search.shape)} need a filter of shape (N, {expected[0]}, {expected[1]}, "
            f"{expected[2]}), found {tuple(filter_spectrum.shape)}: give template and search one size"
        )
    response = (filter_spectrum.conj() * torch.fft.rfft2(search)).sum(1)
    return torch.fft.irfft2(response, s=size)


def dcf_response(
    template: Tensor,
    search: Tensor,
    label: Tensor,
    regularisation: float = 1e-4,
    normalise: bool = True,
    backward: str = "closed-form",
) -> Tensor:
    """Return the response ``(N, H, W)`` to ``search`` of the filter learned on ``template`` (Eq. 4, 5).

    The two ``backward`` passes give one gradient: ``"autograd"`` is PyTorch's, through every step;
    ``"closed-form"`` is Eq. 7, which keeps two spectra instead of all intermediate ones and cannot be
    differentiated twice. ``vmap(grad(...))`` of `torch.func` gives per-sample gradients with either. The
    label gets no gradient.

    Args:
        template: features ``(N, C, H, W)``.
        search: features ``(N, C, H, W)``.
        label: ``(H, W)`` or ``(N, H, W)``.
        regularisation: lambda, see `learn_filter`.
        normalise: see `learn_filter`.
        backward: one of `BACKWARDS`.

    Raises:
        ShapeError: shapes that do not belong together.
        OptionError: another ``backward``.
    """
    if backward == "autograd":
        check_pair(template, search, label)
        return response_map(learn_filter(template, label, regularisation, normalise), search)
    if backward != "closed-form":
        raise OptionError(f"backward is one of {', '.join(BACKWARDS)}, found {backward!r}")
    template, label = check_pair(template, search, label)
    ridge = effective_regularisation(template, regularisation, normalise)
    return closed_form_response(template, in_full_precision(search), label, ridge)


def in_full_precision(features: Tensor) -> Tensor:
    """Return float16 and bfloat16 features as float32: the FFT and the division need its range."""
    return features.float() if features.dtype in HALF_PRECISION else features


def check_pair(template: Tensor, search: Tensor | None, label: Tensor) -> tuple[Tensor, Tensor]:
    """Return the template in full precision and the label ``(N or 1, H, W)``, without gradient, like it.

    Raises:
        ShapeError: features not ``(N, C, H, W)``, or none; two shapes, or a label of another size.
    """
    if template.ndim != 4 or not template.numel():
        raise ShapeError(f"features have shape (N, C, H, W), none of them 0, found {tuple(template.shape)}")
    if search is not None and search.shape != template.shape:
        raise ShapeError(
            f"template and search features have one shape, found {tuple(template.shape)} and "
            f"{tuple(search.shape)}"
        )
    if label.shape[-2:] != template.shape[-2:] or label.shape[:-2] not in ((), (1,), template.shape[:1]):
        raise ShapeError(
            f"a label has the features' size {tuple(template.shape[-2:])}, one for all or one for each of "
            f"{template.shape[0]}, found {tuple(label.shape)}"
        )
    template = in_full_precision(template)
    label = label.detach().to(template)
    return template, label if label.ndim == 3 else label[None]


class DCFLayer(nn.Module):
    """The Siamese layer: two patches in, the response of the search patch out (Eq. 4 and 5).

    ``phi`` is any network from patches to features; both patches pass through it in one batch.
    `udtlib.network.FeatureNetwork` is the paper's; ``torch.nn.Identity()`` correlates raw pixels.
    """

    def __init__(
        self,
        phi: nn.Module,
        *,
        sigma: float | None = None,
        regularisation: float = 1e-4,
        normalise: bool = True,
        backward: str = "closed-form",
    ) -> None:
        """Keep the settings.

        Args:
            phi: network from ``(N, 3, H, W)`` to ``(N, C, H', W')``.
            sigma: width of the label in feature cells; None is the reference's 4.1667 (125 cells, padding 2).
            regularisation: lambda.
            normalise: lambda relative to ``C*H*W`` (reference) or plain (paper).
            backward: ``"closed-form"`` (Eq. 7) or ``"autograd"``.
        """
        super().__init__()
        if backward not in BACKWARDS:
            raise OptionError(f"backward is one of {', '.join(BACKWARDS)}, found {backward!r}")
        self.phi = phi
        self.sigma = default_sigma(125, 125) if sigma is None else sigma
        self.regularisation, self.normalise, self.backward_pass = regularisation, normalise, backward

    def forward(self, template: Tensor, search: Tensor, label: Tensor | None = None) -> Tensor:
        """Return the response ``(N, H', W')``.

        Args:
            template: patches ``(N, 3, H, W)``.
            search: patches of the same shape.
            label: what the template shall answer, ``(H', W')`` or ``(N, H', W')``; None is the centred
                Gaussian, peak at ``(0, 0)``. A pseudo-label (Eq. 6) is passed here.

        Raises:
            ShapeError: the two have different shapes.
        """
        if template.shape != search.shape:
            raise ShapeError(
                f"template and search patches have one shape, found {tuple(template.shape)} and "
                f"{tuple(search.shape)}"
            )
        x, z = self.phi(torch.cat([template, search])).chunk(2)
        if label is None:
            label = self.label(x)
        return dcf_response(x, z, label, self.regularisation, self.normalise, self.backward_pass)

    def label(self, features: Tensor) -> Tensor:
        """Return the centred Gaussian ``(H', W')`` for features ``(N, C, H', W')``."""
        dtype = torch.float32 if features.dtype in HALF_PRECISION else features.dtype
        height, width = features.shape[-2:]
        return gaussian_label(height, width, self.sigma, dtype=dtype, device=features.device)
