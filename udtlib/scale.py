"""The separate scale filter of DSST and fDSST: how large is the target now? Book: chapter 03.

Danelljan, Häger, Khan and Felsberg, BMVC 2014 and PAMI 2017. Patches of the target at a few sizes are
brought to one shape and described by fHOG; the columns of features, one a size, are a signal along
the axis of scale. A one-dimensional correlation filter with many channels finds the shift along it.
The filter sees 17 sizes and its response is interpolated to 33; a QR factorisation writes the long
columns in as few coordinates as there are columns, which loses nothing.

Two things differ from the authors' code: boxes keep their fractions, and the parabola that refines the
peak is fitted over exponents, not over sizes.
"""

from typing import Annotated

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.arguments import Between, checked
from udtlib.boxes import from_center
from udtlib.errors import OptionError
from udtlib.features import fhog
from udtlib.frames import LONGEST_SIDE, Frame
from udtlib.labels import parabola_offset, wrapped_index
from udtlib.patches import crop, sampled

Columns = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


LARGEST_REGION = 2**20
"""Pixels, 1024 x 1024: more than any region of OTB, whose frames have 0.4 million, and 0.8 with a margin."""


def scale_exponents(count: int, interpolated: int) -> NDArray[np.float64]:
    """Return the ``(count,)`` exponents of the sizes sampled, ascending, 0 in the middle.

    They are spaced so that ``count`` samples span the circle of ``interpolated`` whole exponents.
    """
    return (np.arange(count) - count // 2) * interpolated / count


def scale_patches(
    frame: Frame, center: ArrayLike, size: ArrayLike, factors: ArrayLike, shape: tuple[int, int]
) -> Frame:
    """Return the target at several sizes, all brought to one shape: ``(N, H, W, 3)`` uint8.

    Args:
        frame: ``(H, W, 3)``.
        center: ``(x, y)`` in pixels.
        size: ``(w, h)`` at factor 1.
        factors: ``(N,)``, each positive.
        shape: ``(height, width)`` of the patches.
    """
    factors, size = np.asarray(factors, np.float64), np.asarray(size, np.float64)
    boxes = from_center(center, size * factors[:, None])
    whole = boxes[factors.argmax()]
    reduced = reduced_region(frame, whole, size / shape[::-1])
    to_reduced = np.array(reduced.shape[1::-1]) / whole[2:]
    boxes = np.concatenate([boxes[:, :2] - whole[:2], boxes[:, 2:]], axis=1) * np.tile(to_reduced, 2)
    return np.stack([sampled(reduced, box, shape) for box in boxes])


def reduced_region(frame: Frame, box: NDArray, step: NDArray) -> Frame:
    """Return the part of ``frame`` in ``box``, averaged down if it is sampled every ``step`` > 2 pixels.

    A patch sampled straight from a much larger region would skip pixels and flicker with its size. Only a
    region of more than `LARGEST_REGION` pixels is sampled before it is averaged.
    """
    whole = crop(frame, box, region_shape(box[2:]))
    if (step < 2).any():
        return whole
    width, height = np.maximum(1, np.rint(box[2:] / step)).astype(int)
    return np.asarray(cv2.resize(whole, (int(width), int(height)), interpolation=cv2.INTER_AREA), np.uint8)


def region_shape(size: NDArray) -> tuple[int, int]:
    """Return the ``(height, width)`` in which a region of ``size`` ``(w, h)`` is sampled: pixel by pixel.

    More than `LARGEST_REGION` pixels shrink with their proportions kept; no side is longer than a frame's.
    """
    shrink = min(1.0, float(np.sqrt(LARGEST_REGION / size.prod())))
    width, height = (min(LONGEST_SIDE, max(1, round(side * shrink))) for side in size)
    return height, width


def scale_columns(patches: Frame, cell: int = 4) -> Columns:
    """Return the features of ``(N, H, W, 3)`` patches as columns: ``(D, N)`` float32."""
    return fhog(patches, cell).reshape(len(patches), -1).T


def scale_limits(size: NDArray, frame_shape: tuple[int, ...]) -> tuple[float, float]:
    """Return the least and greatest factor on ``size`` ``(w, h)``: 5 px a side, the size of the frame.

    1 is always allowed, however small or large the target was at first.
    """
    return min(1.0, float((5 / size).max())), max(1.0, float((frame_shape[::-1] / size).min()))


def compress(columns: Columns) -> tuple[Columns, Columns]:
    """Return an orthonormal basis ``(D, R)`` of the span of ``columns`` ``(D, N)``, R = min(D, N), by QR.

    The second value is the columns in that basis, ``(R, N)``: same lengths, same angles.
    """
    basis, coordinates = np.linalg.qr(columns)
    return basis, coordinates


def interpolated_response(spectrum: Spectrum, count: int, interpolated: int) -> Columns:
    """Return the real signal ``(interpolated,)`` of a half spectrum of ``count``, an odd number of, samples.

    It is the smoothest periodic curve through the samples: higher frequencies are 0.
    """
    return fft.irfft(spectrum, n=interpolated) * np.float32(interpolated / count)


class ScaleFilter:
    """The scale filter: `learn` once; then, each frame, `estimate` the change and `adapt` to it.

    Attributes:
        response: last response ``(33,)`` float32 over exponents, wrap-around, 0 first.
        score: its peak.
    """

    @checked
    def __init__(
        self,
        count: Annotated[int, Between(1, 101)] = 17,
        interpolated: Annotated[int, Between(1, 1001)] = 33,
        step: Annotated[float, Between(1.0001, 2)] = 1.02,
        sigma: Annotated[float, Between(0.001, 1000)] = 1 / 16,
        learning_rate: Annotated[float, Between(0, 1)] = 0.025,
        regulariser: Annotated[float, Between(1e-9, 1e6)] = 1e-2,
        max_area: Annotated[int, Between(16, 2**14)] = 512,
        cell: Annotated[int, Between(1, 64)] = 4,
    ) -> None:
        """Choose the knobs; the defaults are fDSST's.

        Args:
            count: sizes sampled, odd.
            interpolated: sizes told apart, odd, at least ``count``.
            step: ratio of neighbouring sizes among those told apart.
            sigma: of the label, in units of ``interpolated``.
            learning_rate: weight of the new frame in the model.
            regulariser: added to the denominator.
            max_area: patches of more pixels are sampled down to this many.
            cell: side of a feature cell.

        Raises:
            OptionError: a value out of range, or even, or fewer sizes told apart than sampled.
        """
        if not (count % 2 and interpolated % 2 and count <= interpolated):
            raise OptionError(
                f"expected odd numbers with count <= interpolated, found count {count}, interpolated "
                f"{interpolated}: 0 is in the middle, and the response is interpolated from samples"
            )
        self.count, self.interpolated, self.step, self.cell = count, interpolated, step, cell
        self.learning_rate, self.regulariser, self.max_area = learning_rate, regulariser, max_area
        exponents = scale_exponents(count, interpolated)
        label = np.exp(-(exponents**2) / (2 * (sigma * interpolated) ** 2))
        self.factors = step**exponents
        self.label_hat = fft.rfft(np.fft.ifftshift(label).astype(np.float32))
        self.window = np.hanning(count).astype(np.float32)

    def learn(self, frame: Frame, center: ArrayLike, size: ArrayLike) -> None:
        """Learn from scratch what the target of ``size`` ``(w, h)`` at ``center`` ``(x, y)`` looks like."""
        self.shape = self._patch_shape(size)
        self.template = self._columns(frame, center, size)
        self.denominator = self._power(self.template)
        self._solve()

    def adapt(self, frame: Frame, center: ArrayLike, size: ArrayLike, trust: float = 1.0) -> None:
        """Mix a new view of the target into the model, with ``trust`` (0..1) times the learning rate."""
        columns, rate = self._columns(frame, center, size), np.float32(self.learning_rate * trust)
        self.template = (1 - rate) * self.template + rate * columns
        self.denominator = (1 - rate) * self.denominator + rate * self._power(columns)
        self._solve()

    def estimate(self, frame: Frame, center: ArrayLike, size: ArrayLike) -> float:
        """Return by what factor the target at ``center`` has grown since it had this ``size``.

        The peak of the response is refined with a parabola over the exponents.
        """
        z_hat = self._spectrum(self.basis.T @ self._columns(frame, center, size))
        response_hat = (self.numerator * z_hat).sum(axis=0) / (
            self.denominator + np.float32(self.regulariser)
        )
        self.response = interpolated_response(response_hat, self.count, self.interpolated)
        self.score, peak = float(self.response.max()), int(self.response.argmax())
        exponent = wrapped_index(peak, self.interpolated) + parabola_offset(self.response, peak)
        return float(self.step**exponent)

    def _patch_shape(self, size: ArrayLike) -> tuple[int, int]:
        w, h = np.asarray(size, dtype=np.float64)
        shrink = min(1.0, float(np.sqrt(self.max_area / (w * h))))
        longest = self.max_area  # of the thinnest targets
        height, width = (max(2 * self.cell, min(longest, int(side * shrink))) for side in (h, w))
        return height, width

    def _columns(self, frame: Frame, center: ArrayLike, size: ArrayLike) -> Columns:
        return scale_columns(scale_patches(frame, center, size, self.factors, self.shape), self.cell)

    def _spectrum(self, coordinates: Columns) -> Spectrum:
        return fft.rfft(coordinates * self.window, axis=1)

    def _power(self, columns: Columns) -> Columns:
        spectrum = self._spectrum(compress(columns)[1])
        return (spectrum.real**2 + spectrum.imag**2).sum(axis=0)

    def _solve(self) -> None:
        self.basis, coordinates = compress(self.template)
        self.numerator = self.label_hat * self._spectrum(coordinates).conj()
