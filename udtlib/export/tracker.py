"""The UDT tracker without torch: the network runs in onnxruntime, the correlation filter in numpy and scipy.

The steps, and the settings, are those of `udtlib.trackers.udt.plain` (preset ``released``); so are the
boxes. What a browser or a robot needs to do is here in one page. Book: chapter 17.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.arguments import Between, checked
from udtlib.boxes import Boxes, check_box_in_image
from udtlib.errors import MissingDataError, OptionError, TrackerError, WeightsError
from udtlib.files import user_path
from udtlib.frames import Frame, check_frame
from udtlib.labels import gaussian_label

SIZE = 125  # side of patches, features and responses
PADDING, STEP, PENALTY, RATE, REGULARISATION = 1.8, 1.015, 1.2, 0.01, 1e-4
SMALLEST_SIDE, SMALLEST, LARGEST = 4.0, 0.2, 5.0  # of the target: pixels, and shares of its first size
FLAT = 8  # grey levels between the darkest and the lightest pixel of a window that shows nothing
LARGEST_FILE = 2**26  # bytes; ours has 54 thousand


class OnnxTracker:
    """Tracks one target; ``response`` and ``score`` tell what the last frame showed.

    Of the first frame they are what was asked of it: the label, and 1. Where nothing is seen both are 0.
    """

    @checked
    def __init__(self, network: str | Path, threads: Annotated[int, Between(1, 1024)] = 1) -> None:
        """Open the file ``network`` that `udtlib.export.graph.write_onnx` wrote; ``threads`` run it.

        It is a program that onnxruntime runs in this process: open files you trust.

        Raises:
            MissingDataError: no such file.
            WeightsError: too large, not ONNX, or not a graph from patches to features.
            OptionError: the package ``onnxruntime`` is not installed, or an argument out of range.
        """
        self.session = open_session(user_path(network), threads)
        self.input = self.session.get_inputs()[0].name
        self.window = np.outer(np.hanning(SIZE), np.hanning(SIZE)).astype(np.float32)
        self.wanted = gaussian_label(SIZE, SIZE, SIZE / (1 + PADDING) / 10)
        self.label = fft.rfft2(self.wanted)
        self.factors = STEP ** np.array([-1.0, 0.0, 1.0])
        self.penalties = np.array([PENALTY, 1.0, PENALTY])
        self.started = False

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` with the target in ``box``; errors as `udtlib.trackers.udt.UdtTracker.init`."""
        self.started = False
        frame = check_frame(frame)
        height, width = self.frame_size = frame.shape[:2]
        start = check_box_in_image(box, height, width)
        self.center, self.size = start[:2] + start[2:] / 2, start[2:]
        self.smallest = np.maximum(SMALLEST * self.size, SMALLEST_SIDE)
        self.largest = np.minimum([width, height], LARGEST * self.size)
        self.response, self.score = self.wanted, 1.0
        self.dual, self.template = self.learn(frame, self.size * (1 + PADDING))
        self.started = True

    def update(self, frame: Frame) -> Boxes:
        """Return the box ``(4,)`` in the next frame; errors as `udtlib.trackers.udt.UdtTracker.update`."""
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, self.frame_size)
        if self.sees_nothing(frame):
            self.response, self.score = np.zeros_like(self.wanted), 0.0
            return self.box
        windows = self.factors[:, None] * self.size * (1 + PADDING)
        search = self.spectra(frame, windows)
        cross = (search * self.template.conj()).sum(1)
        responses = fft.irfft2(self.dual * cross, s=(SIZE, SIZE))  # Eq. 5
        best = int((responses.max((1, 2)) * self.penalties).argmax())
        self.response, self.score = responses[best], float(responses[best].max())
        row, column = divmod(int(self.response.argmax()), SIZE)
        moved = [float(index - SIZE if index >= SIZE // 2 else index) for index in (column, row)]
        self.center = self.center + np.array(moved) * windows[best] / SIZE
        self.size = np.clip(windows[best] / (1 + PADDING), self.smallest, self.largest)
        dual, template = self.learn(frame, windows[best])
        self.dual = (1 - RATE) * self.dual + RATE * dual  # Eq. 12
        self.template = (1 - RATE) * self.template + RATE * template
        return self.box

    @property
    def box(self) -> Boxes:
        """The present box ``(4,)`` float64, 0-indexed."""
        return np.concatenate([self.center - self.size / 2, self.size])

    def learn(self, frame: Frame, window: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
        """Return dual coefficients ``(125, 63)`` and template ``(32, 125, 63)`` of a window (Eq. 4)."""
        template = self.spectra(frame, window[None])[0]
        energy = (template.real**2 + template.imag**2).sum(0)
        return self.label / (energy + REGULARISATION * len(template) * SIZE**2), template

    def spectra(self, frame: Frame, windows: NDArray[np.float64]) -> NDArray[np.complex64]:
        """Return the spectra ``(N, 32, 125, 63)`` of the features of windows ``(N, 2)`` (width, height)."""
        patches = np.stack([sample(frame, self.center, window) for window in windows])
        features = self.session.run(None, {self.input: patches})[0]
        return fft.rfft2(features * self.window)

    def sees_nothing(self, frame: Frame) -> bool:
        """Say whether the search window lies outside the image or on one flat colour."""
        half = self.size * (1 + PADDING) / 2
        ends = np.stack([np.floor(self.center - half), np.ceil(self.center + half) + 1])
        low, high = np.clip(ends, 0, frame.shape[1::-1]).astype(int)
        step = 1 + (high - low).max() // 32
        pixels = frame[low[1] : high[1] : step, low[0] : high[0] : step]
        return pixels.size == 0 or all(np.ptp(pixels[:, :, channel]) < FLAT for channel in range(3))


def sample(frame: Frame, center: ArrayLike, window: ArrayLike) -> NDArray[np.float32]:
    """Return ``125 x 125`` points of a window, ``(3, 125, 125)`` float32 in 0..255; 0 outside the image.

    Points lie at ``center + linspace(-1/2, 1/2, 125) * window``, ``(x, y)`` with pixels at whole numbers,
    bilinear: rows first, then columns.
    """
    (x, y), (width, height) = np.asarray(center, float), np.asarray(window, float)
    (left, from_left), (right, from_right) = taps(x, width, frame.shape[1])
    (upper, from_upper), (lower, from_lower) = taps(y, height, frame.shape[0])
    rows = from_upper[:, None, None] * frame[upper] + from_lower[:, None, None] * frame[lower]
    patch = from_left[:, None] * rows[:, left] + from_right[:, None] * rows[:, right]
    return np.ascontiguousarray(np.transpose(patch, (2, 0, 1)), dtype=np.float32)


def taps(middle: float, length: float, extent: int) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Return the two pixels that each point of an axis lies between, and their weights, ``(125,)`` each."""
    points = middle + np.linspace(-0.5, 0.5, SIZE) * length
    first = np.floor(points)
    found = []
    for pixel, weight in ((first, 1 - (points - first)), (first + 1, points - first)):
        inside = (pixel >= 0) & (pixel < extent)
        shares = np.where(inside, weight, 0).astype(np.float32)
        found.append((pixel.clip(0, extent - 1).astype(np.int64), shares))
    return found


def open_session(path: Path, threads: int) -> Any:
    """Return onnxruntime's session of a file; errors as `OnnxTracker`'s."""
    try:
        import onnxruntime
    except ImportError as error:
        raise OptionError(
            "this tracker needs the package onnxruntime: pip install 'udtlib[export]'"
        ) from error
    if not path.is_file():
        raise MissingDataError(f"no ONNX file {path}; udt weights export FILE {path.name} writes one")
    if path.stat().st_size > LARGEST_FILE:
        raise WeightsError(f"{path}: expected an ONNX file of at most {LARGEST_FILE} bytes, found more")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 4
    content = path.read_bytes()  # from memory, a file can name no others beside it
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        blank = {session.get_inputs()[0].name: np.zeros((2, 3, SIZE, SIZE), np.float32)}
        shapes = [np.shape(output) for output in session.run(None, blank)]
    except Exception as error:  # onnxruntime raises many kinds, all its own
        text = " ".join(str(error).split())[:200]
        raise WeightsError(f"{path}: onnxruntime cannot run this file ({text})") from error
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][::2] + shapes[0][3:] != (2, SIZE, SIZE):
        raise WeightsError(
            f"{path}: expected one output (2, C, {SIZE}, {SIZE}) for patches (2, 3, {SIZE}, {SIZE}), "
            f"found {shapes}"
        )
    return session
