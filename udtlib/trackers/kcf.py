"""KCF: a kernel and many channels. Henriques, Caseiro, Martins and Batista, PAMI 2015. Book: chapter 03.

x is the template's features, z the search patch's; a hat is a spectrum. Ridge regression in the
kernel's space has one weight per shift of x, alpha, and is solved by one division (Eq. 17); the
response is again one product (Eq. 22). With the linear kernel this is the paper's DCF.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.arguments import Between, check_name, checked, look_up
from udtlib.boxes import Boxes, center, check_box_in_image, from_center
from udtlib.errors import TrackerError
from udtlib.features import Features, colour, fhog, grey
from udtlib.frames import Frame, check_frame
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.patches import crop, hann_window, model_shape

Spectrum = NDArray[np.complex64]


@dataclass(frozen=True)
class Recipe:
    """A feature and the constants its authors use with it.

    Attributes:
        extract: patch ``(H, W, 3)`` to features ``(C, H // cell, W // cell)``.
        cell: side of a feature cell in pixels.
        bandwidth: sigma of the Gaussian kernel.
        learning_rate: weight of the new frame in the model.
    """

    extract: Callable[[NDArray], Features]
    cell: int
    bandwidth: float
    learning_rate: float


RECIPES = {
    "colour": Recipe(colour, 1, 0.2, 0.075),
    "fhog": Recipe(fhog, 4, 0.5, 0.02),
    "grey": Recipe(grey, 1, 0.2, 0.075),
}


def linear_correlation(x_hat: Spectrum, z_hat: Spectrum, shape: tuple[int, int]) -> Features:
    """Return the linear kernel between x and every shift of z, over the number of elements.

    Args:
        x_hat: template spectrum ``(C, H, W//2+1)``.
        z_hat: search spectrum, likewise.
        shape: ``(H, W)``.

    Returns:
        ``(H, W)`` float32; entry ``(dy, dx)`` compares x with z moved back by that much (Eq. 31
        without the kernel), so that it peaks where z is x displaced.
    """
    numel = x_hat.shape[0] * shape[0] * shape[1]
    products = (z_hat * x_hat.conj()).sum(axis=0)
    return np.asarray(fft.irfft2(products, s=shape) / np.float32(numel), dtype=np.float32)


def gaussian_correlation(
    x_hat: Spectrum, z_hat: Spectrum, shape: tuple[int, int], bandwidth: float
) -> Features:
    """Return the Gaussian kernel between x and every shift of z (Eq. 31).

    ``exp(-max(0, |x|^2 + |z|^2 - 2 x*z) / (bandwidth^2 * C * H * W))``; arguments as in
    `linear_correlation`. The norms come from the spectra, by Parseval.
    """
    numel = np.float32(x_hat.shape[0] * shape[0] * shape[1])
    norms = (energy(x_hat, shape) + energy(z_hat, shape)) / numel
    distance = np.maximum(0, norms - 2 * linear_correlation(x_hat, z_hat, shape))
    return np.exp(-distance / np.float32(bandwidth**2))


def energy(spectrum: Spectrum, shape: tuple[int, int]) -> float:
    """Return the sum of squares of the signal whose half-plane spectrum this is (Parseval)."""
    power = spectrum.real**2 + spectrum.imag**2
    both_halves = 2 * power.sum() - power[..., 0].sum()
    if shape[1] % 2 == 0:
        both_halves -= power[..., -1].sum()
    return float(both_halves / (shape[0] * shape[1]))


def train(kernel: Features, label: Features, regulariser: float) -> Spectrum:
    """Return the spectrum of alpha, ``y_hat / (k_hat + regulariser)`` (Eq. 17).

    Args:
        kernel: kernel of the template with its own shifts, ``(H, W)``.
        label: y, ``(H, W)``, peak 1 at ``(0, 0)``.
        regulariser: the paper's lambda.
    """
    return fft.rfft2(label) / (fft.rfft2(kernel) + np.float32(regulariser))


def respond(alpha_hat: Spectrum, kernel: Features) -> Features:
    """Return the response map ``(H, W)`` float32: alpha correlated with the kernel (Eq. 22)."""
    return np.asarray(fft.irfft2(alpha_hat * fft.rfft2(kernel), s=kernel.shape), dtype=np.float32)


class KcfTracker:
    """Kernelized correlation filter of fixed size; ``response`` and ``score`` tell of the last frame.

    Attributes:
        response: last response map, in cells, ``(H, W)`` float32, peak at ``(0, 0)`` when nothing moved.
        score: its peak, about 1 for a perfect match; low means lost.
        stages: the methods whose time `udtlib.bench.trackers` takes.
    """

    stages = ("_crop", "_features", "_correlate", "_locate", "_adapt")

    @checked
    def __init__(
        self,
        feature: str = "fhog",
        kernel: str = "gaussian",
        padding: Annotated[float, Between(0, 100)] = 1.5,
        max_area: Annotated[int, Between(16, 2**20)] = 100 * 100,
        sigma: Annotated[float, Between(0.001, 1000)] = 0.1,
        regulariser: Annotated[float, Between(1e-9, 1e6)] = 1e-4,
        learning_rate: Annotated[float, Between(0, 1)] | None = None,
    ) -> None:
        """Choose the knobs; the defaults are the authors', but for the bound on the patch.

        Args:
            feature: a key of `RECIPES`.
            kernel: ``"gaussian"``, or ``"linear"`` for DCF.
            padding: context, in target sizes: the patch covers ``(1 + padding)`` times the box.
            max_area: patches of more pixels are sampled down to this many.
            sigma: of the label, in units of the target's size, the root of its area.
            regulariser: the paper's lambda.
            learning_rate: weight of the new frame in the model; None takes the recipe's.

        Raises:
            UnknownNameError: an unknown feature or kernel.
            OptionError: a value of another type or outside its range.
        """
        self.recipe = look_up("feature", feature, RECIPES)
        self.kernel = check_name("kernel", kernel, ("gaussian", "linear"))
        self.padding, self.max_area = padding, max_area
        self.sigma, self.regulariser = sigma, regulariser
        self.learning_rate = self.recipe.learning_rate if learning_rate is None else learning_rate
        self.started = False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Learn the target in ``box`` from ``frame``.

        Raises:
            BoxError: four finite numbers of positive size that touch the frame were expected.
            FrameError: see `udtlib.frames.check_frame`.
        """
        self.started = False
        frame = check_frame(frame)
        box = check_box_in_image(box, *frame.shape[:2])
        self.frame_shape, self.center, self.size = frame.shape[:2], center(box), box[2:]
        self.patch_shape = model_shape(self.size * (1 + self.padding), self.max_area, self.recipe.cell)
        self.shape = (self.patch_shape[0] // self.recipe.cell, self.patch_shape[1] // self.recipe.cell)
        self.window = hann_window(*self.shape)
        target_cells = np.sqrt(self.shape[0] * self.shape[1]) / (1 + self.padding)
        self.label = gaussian_label(*self.shape, self.sigma * target_cells)
        self.x_hat = self._features(self._crop(frame))
        self.alpha_hat = self._train(self.x_hat)
        self._locate(self.x_hat)
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in ``frame``; its size never changes.

        Raises:
            FrameError: as `init`, or a frame of another size.
            TrackerError: `init` was not called.
        """
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, like=self.frame_shape)
        dy, dx = self._locate(self._features(self._crop(frame)))
        self._move(np.array([dx, dy]) * self.size * (1 + self.padding) / self.shape[::-1])
        self._adapt(self._features(self._crop(frame)))
        return from_center(self.center, self.size)

    def _crop(self, frame: Frame) -> Frame:
        return crop(frame, from_center(self.center, self.size * (1 + self.padding)), self.patch_shape)

    def _features(self, patch: Frame) -> Spectrum:
        return fft.rfft2(self.recipe.extract(patch) * self.window)

    def _correlate(self, x_hat: Spectrum, z_hat: Spectrum) -> Features:
        if self.kernel == "linear":
            return linear_correlation(x_hat, z_hat, self.shape)
        return gaussian_correlation(x_hat, z_hat, self.shape, self.recipe.bandwidth)

    def _train(self, x_hat: Spectrum) -> Spectrum:
        return train(self._correlate(x_hat, x_hat), self.label, self.regulariser)

    def _locate(self, z_hat: Spectrum) -> tuple[float, float]:
        self.response = respond(self.alpha_hat, self._correlate(self.x_hat, z_hat))
        self.score = float(self.response.max())
        return peak_displacement(self.response, subpixel=True)

    def _move(self, step: NDArray) -> None:
        self.center = np.clip(self.center + step, 0, self.frame_shape[::-1])

    def _adapt(self, x_hat: Spectrum) -> None:
        rate = np.float32(self.learning_rate)
        self.alpha_hat = rate * self._train(x_hat) + (1 - rate) * self.alpha_hat
        self.x_hat = rate * x_hat + (1 - rate) * self.x_hat


def follow(first: Frame, box: ArrayLike) -> Callable[[Frame], NDArray[np.float64]]:
    """Start LUDT's follower on ``box``; return what gives the middle ``(x, y)`` in each later frame.

    It is KCF with the linear kernel, a window of 2.8 targets and a fast update. Book: chapter 10.
    """
    tracker = KcfTracker(kernel="linear", padding=1.8, learning_rate=0.02)
    tracker.init(first, box)
    return lambda frame: center(tracker.update(frame))
