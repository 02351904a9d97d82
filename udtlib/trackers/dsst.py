"""DSST, one filter for where and another for how large: Danelljan et al., BMVC 2014 and PAMI 2017.

Book: chapter 03. The translation filter is MOSSE with channels: one numerator a channel, one
denominator for all; the scale filter is `udtlib.scale.ScaleFilter`.
"""

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.arguments import Between, checked
from udtlib.boxes import Boxes, center, check_box_in_image, from_center
from udtlib.errors import TrackerError
from udtlib.features import Features, fhog, grey
from udtlib.frames import Frame, check_frame
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.patches import crop, hann_window, model_shape
from udtlib.scale import ScaleFilter, scale_limits

Spectrum = NDArray[np.complex64]


def features(patch: Frame, cell: int) -> Features:
    """Return grey, averaged over cells, and fHOG without texture: ``(28, H // cell, W // cell)`` float32."""
    brightness = grey(patch)[0]
    rows, columns = brightness.shape[0] // cell, brightness.shape[1] // cell
    brightness = (
        brightness[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).mean(axis=(1, 3))
    )
    return np.concatenate([brightness[None], fhog(patch, cell)[:27]])


def learn(x_hat: Spectrum, label_hat: Spectrum) -> tuple[Spectrum, NDArray[np.float32]]:
    """Return numerator ``(C, H, W//2+1)`` and denominator ``(H, W//2+1)`` (BMVC, Eq. 3 and 4)."""
    return label_hat * x_hat.conj(), (x_hat.real**2 + x_hat.imag**2).sum(axis=0)


def respond(
    z_hat: Spectrum,
    numerator: Spectrum,
    denominator: NDArray[np.float32],
    regulariser: float,
    shape: tuple[int, int],
) -> Features:
    """Return the response map ``(H, W)`` float32, peak at ``(0, 0)`` when nothing moved."""
    response_hat = (numerator * z_hat).sum(axis=0) / (denominator + np.float32(regulariser))
    return np.asarray(fft.irfft2(response_hat, s=shape), dtype=np.float32)


class DsstTracker:
    """DSST; ``response`` and ``score`` tell of the translation filter's last frame.

    Attributes:
        response: last response map, in cells, ``(H, W)`` float32, peak at ``(0, 0)`` when nothing moved.
        score: its peak, about 1 for a perfect match; low means lost.
        scale_filter: the `udtlib.scale.ScaleFilter`; its ``response`` is over sizes.
        stages: the methods whose time `udtlib.bench.trackers` takes.
    """

    stages = ("_crop", "_features", "_locate", "_adapt", "scale_filter.estimate", "scale_filter.adapt")

    @checked
    def __init__(
        self,
        padding: Annotated[float, Between(0, 100)] = 2.0,
        cell: Annotated[int, Between(1, 64)] = 4,
        max_area: Annotated[int, Between(16, 2**20)] = 128 * 128,
        sigma: Annotated[float, Between(0.001, 1000)] = 1 / 16,
        learning_rate: Annotated[float, Between(0, 1)] = 0.025,
        regulariser: Annotated[float, Between(1e-9, 1e6)] = 1e-2,
    ) -> None:
        """Choose the knobs; the defaults are fDSST's (2017), but for the bound on the patch.

        Args:
            padding: context, in target sizes: the patch covers ``(1 + padding)`` times the box. With
                ``padding=1, cell=1`` this is DSST as of 2014.
            cell: side of a feature cell in pixels of the patch.
            max_area: patches of more pixels are sampled down to this many.
            sigma: of the label, in units of the target's size, the root of its area.
            learning_rate: weight of the new frame in the running sums.
            regulariser: added to the denominator.
        """
        self.padding, self.cell, self.max_area, self.sigma = padding, cell, max_area, sigma
        self.learning_rate, self.regulariser = learning_rate, regulariser
        self.scale_filter = ScaleFilter()
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
        self.limits = scale_limits(self.size, self.frame_shape)
        self.base_size, self.scale = self.size, 1.0
        self.patch_shape = model_shape(self.size * (1 + self.padding), self.max_area, self.cell)
        self.shape = (self.patch_shape[0] // self.cell, self.patch_shape[1] // self.cell)
        self.window = hann_window(*self.shape)
        target_cells = np.sqrt(self.shape[0] * self.shape[1]) / (1 + self.padding)
        self.label_hat = fft.rfft2(gaussian_label(*self.shape, self.sigma * target_cells))
        x_hat = self._features(self._crop(frame))
        self.numerator, self.denominator = learn(x_hat, self.label_hat)
        self._locate(x_hat)
        self.scale_filter.learn(frame, self.center, self.size)
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in ``frame``.

        Raises:
            FrameError: as `init`, or a frame of another size.
            TrackerError: `init` was not called.
        """
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, like=self.frame_shape)
        dy, dx = self._locate(self._features(self._crop(frame)))
        self._move(np.array([dx, dy]) * self.size * (1 + self.padding) / self.shape[::-1])
        self._rescale(self.scale_filter.estimate(frame, self.center, self.size))
        self._adapt(self._features(self._crop(frame)))
        self.scale_filter.adapt(frame, self.center, self.size)
        return from_center(self.center, self.size)

    def _crop(self, frame: Frame) -> Frame:
        return crop(frame, from_center(self.center, self.size * (1 + self.padding)), self.patch_shape)

    def _features(self, patch: Frame) -> Spectrum:
        return fft.rfft2(features(patch, self.cell) * self.window)

    def _locate(self, z_hat: Spectrum) -> tuple[float, float]:
        self.response = respond(z_hat, self.numerator, self.denominator, self.regulariser, self.shape)
        self.score = float(self.response.max())
        return peak_displacement(self.response, subpixel=True)

    def _move(self, step: NDArray) -> None:
        self.center = np.clip(self.center + step, 0, self.frame_shape[::-1])

    def _rescale(self, factor: float) -> None:
        self.scale = float(np.clip(self.scale * factor, *self.limits))
        self.size = self.base_size * self.scale

    def _adapt(self, x_hat: Spectrum) -> None:
        rate = np.float32(self.learning_rate)
        numerator, denominator = learn(x_hat, self.label_hat)
        self.numerator = rate * numerator + (1 - rate) * self.numerator
        self.denominator = rate * denominator + (1 - rate) * self.denominator
