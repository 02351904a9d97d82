"""MOSSE, the correlation filter in closed form: Bolme, Beveridge, Draper and Lui, CVPR 2010.

Book: chapter 02. The names are the paper's: f a training patch, g the wanted response, F and G
their spectra. The filter is kept as a running numerator A and denominator B; the response is the
inverse transform of ``F * A / (B + regulariser)``. Pixels only, one channel, no change of size.
"""

from typing import Annotated

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.arguments import LARGEST_SEED, Between, checked
from udtlib.boxes import Boxes, center, check_box_in_image, from_center
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.labels import gaussian_label, peak_displacement, peak_to_sidelobe
from udtlib.patches import crop, hann_window, model_shape

Patch = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


def grey_patch(frame: Frame, box: ArrayLike, shape: tuple[int, int]) -> Frame:
    """Return ``frame`` in ``box`` as a grey patch, ``shape`` = ``(H, W)``, uint8."""
    return np.asarray(cv2.cvtColor(crop(frame, box, shape), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def preprocess(patch: NDArray, window: Patch) -> Patch:
    """Return f: the logarithm, mean 0, norm 1, then the window (section 3.1).

    The logarithm softens strong light; mean and norm make the response independent of exposure; the
    window fades the border, where the transform would see an edge. A constant patch gives zeros.

    Args:
        patch: ``(H, W)`` grey, 0..255.
        window: ``(H, W)`` float32, see `udtlib.patches.hann_window`.
    """
    logarithm = np.log1p(patch.astype(np.float32))
    centred = logarithm - logarithm.mean()
    norm = np.float32(np.linalg.norm(centred) + 1e-5)
    return window * centred / norm


def random_warp(patch: Frame, generator: np.random.Generator, strength: float = 0.1) -> Frame:
    """Return ``patch`` under a small random affine map that keeps its centre in place.

    Args:
        patch: ``(H, W)`` uint8.
        generator: source of the four numbers drawn.
        strength: half width of the uniform noise on the entries of the 2 x 2 matrix: at 0.1 turns of
            about 6 degrees and 10 % in size.
    """
    height, width = patch.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.eye(2) + generator.uniform(-strength, strength, (2, 2))
    affine = np.column_stack([matrix, middle - matrix @ middle])
    warped = cv2.warpAffine(patch, affine, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def learn(patches: NDArray, label: Patch) -> tuple[Spectrum, Spectrum]:
    """Return numerator ``A = sum G conj(F)`` and denominator ``B = sum F conj(F)`` (Eq. 5).

    Args:
        patches: ``(N, H, W)`` float32, preprocessed; the sum runs over N.
        label: g, ``(H, W)`` float32, peak at ``(0, 0)``.

    Returns:
        two half planes ``(H, W//2+1)`` complex64 (B's imaginary part is 0), divided by N so that the
        regulariser means the same for one patch and for nine.
    """
    F = fft.rfft2(patches)
    G = fft.rfft2(label)
    return (G * F.conj()).mean(axis=0), (F * F.conj()).mean(axis=0)


def respond(patch: Patch, numerator: Spectrum, denominator: Spectrum, regulariser: float) -> Patch:
    """Return the response map of a search patch: correlation with the filter (Eq. 1 and 5).

    Args:
        patch: ``(H, W)`` float32, preprocessed.
        numerator: A, ``(H, W//2+1)`` complex64.
        denominator: B, likewise.
        regulariser: added to B. Of a patch of norm 1, B is 1 on average before the window.

    Returns:
        ``(H, W)`` float32, peak at ``(dy, dx)`` (wrapping) when the patch moved by that much.
    """
    spectrum = fft.rfft2(patch) * numerator / (denominator + np.float32(regulariser))
    return np.asarray(fft.irfft2(spectrum, s=patch.shape), dtype=np.float32)


class MosseTracker:
    """MOSSE with some context around the target; ``response`` and ``score`` tell of the last frame.

    Attributes:
        response: last response map ``(H, W)`` float32, peak at ``(0, 0)`` when nothing moved.
        score: its peak, about 1 for a perfect match; low means lost.
        psr: its peak-to-sidelobe ratio; below ``psr_threshold`` the filter is not updated. 0 where the map
            has at most 11 cells a side, so that no sidelobe is left beside the peak: a target of 5 pixels or
            less keeps the filter of its first frame. On drawn clips, updates in every frame
            (``psr_threshold=0``) lost 0.04 to 0.06 of the overlap where such a target stays as it is, and
            gained at most 0.03 where it changes.
        stages: the methods whose time `udtlib.bench.trackers` takes.
    """

    stages = ("_crop", "_features", "_locate", "_adapt")

    @checked
    def __init__(
        self,
        padding: Annotated[float, Between(0, 100)] = 1.0,
        max_area: Annotated[int, Between(16, 2**18)] = 64 * 64,
        sigma: Annotated[float, Between(0.001, 1000)] = 2.0,
        learning_rate: Annotated[float, Between(0, 1)] = 0.125,
        regulariser: Annotated[float, Between(1e-9, 1e6)] = 0.01,
        warps: Annotated[int, Between(0, 100)] = 8,
        psr_threshold: Annotated[float, Between(0, 1e6)] = 5.0,
        seed: Annotated[int, Between(0, LARGEST_SEED)] = 0,
    ) -> None:
        """Choose the knobs; the defaults are the same for every sequence.

        Args:
            padding: context, in target sizes: the patch covers ``(1 + padding)`` times the box.
            max_area: patches of more pixels are sampled down to this many when they are cropped.
            sigma: of the label, in pixels of the patch.
            learning_rate: weight of the new frame in the running sums, 0..1 (Eq. 11, 12).
            regulariser: see `respond`.
            warps: randomly warped copies of the first patch to learn from.
            psr_threshold: see ``psr``; 0 always updates.
            seed: of the warps.
        """
        self.padding, self.max_area, self.sigma = padding, max_area, sigma
        self.learning_rate, self.regulariser = learning_rate, regulariser
        self.warps, self.psr_threshold, self.seed = warps, psr_threshold, seed
        self.started = False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Learn the filter of the target in ``box`` from ``frame`` and warped copies of it.

        Raises:
            BoxError: four finite numbers of positive size that touch the frame were expected.
            FrameError: see `udtlib.frames.check_frame`.
        """
        self.started = False
        frame = check_frame(frame)
        box = check_box_in_image(box, *frame.shape[:2])
        self.frame_shape, self.center, self.size = frame.shape[:2], center(box), box[2:]
        self.shape = model_shape(self.size * (1 + self.padding), self.max_area)
        self.window, self.label = hann_window(*self.shape), gaussian_label(*self.shape, self.sigma)
        patch, generator = self._crop(frame), np.random.default_rng(self.seed)
        patches = [patch] + [random_warp(patch, generator) for _ in range(self.warps)]
        f = np.stack([self._features(patch) for patch in patches])
        self.numerator, self.denominator = learn(f, self.label)
        self._locate(f[0])
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
        if self.psr >= self.psr_threshold:
            self._adapt(self._features(self._crop(frame)))
        return from_center(self.center, self.size)

    def _crop(self, frame: Frame) -> Frame:
        return grey_patch(frame, from_center(self.center, self.size * (1 + self.padding)), self.shape)

    def _features(self, patch: Frame) -> Patch:
        return preprocess(patch, self.window)

    def _locate(self, f: Patch) -> tuple[float, float]:
        self.response = respond(f, self.numerator, self.denominator, self.regulariser)
        self.score, self.psr = float(self.response.max()), peak_to_sidelobe(self.response)
        return peak_displacement(self.response, subpixel=True)

    def _move(self, step: NDArray) -> None:
        self.center = np.clip(self.center + step, 0, self.frame_shape[::-1])

    def _adapt(self, f: Patch) -> None:
        rate = np.float32(self.learning_rate)
        numerator, denominator = learn(f[None], self.label)
        self.numerator = rate * numerator + (1 - rate) * self.numerator
        self.denominator = rate * denominator + (1 - rate) * self.denominator
