"""Our network tracking in the reader's browser: on a clip of the book, a camera, a picture or a video.

``demo()`` as a cell's last line shows a static picture, and the tracker where a browser shows it. Network,
Fourier transforms and filter are our own scripts, their innermost loops in WebAssembly; nothing is uploaded.

onnxruntime-web 1.30.0 runs the exported network in a page too, but slower. Measured in turns in one page
opened as a file (headless Chromium 156, one thread, a busy machine), a 125 x 125 patch took it 25 to 35 ms,
19 at best, and our scripts 7 ms, 3 at best; a frame takes three or four patches. It started in 3.3 s instead
of 0.06 s. A page opened as a file may fetch nothing, so 14 MB of WebAssembly would be 19 MB of text in it.
Book: chapter 06.
"""

from base64 import b64encode
from functools import cache

import numpy as np

from udtlib import viz
from udtlib.boxes import Boxes
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.frames import Frame
from udtlib.trackers.udt import UdtTracker
from udtlib.weights import Weights, get_weights
from udtlib.widgets.box_picker.page import data_url
from udtlib.widgets.in_browser.demo import BrowserDemo

FRAMES, SIZE, SHOWN = 40, (150, 200), (1, 20, 39)


@cache
def clip() -> Sequence:
    """Return the clip: 40 frames ``(150, 200, 3)``, true boxes."""
    return render_clip(FRAMES, SIZE, seed=1, deformation=0.4, in_plane_rotation=0.4, fast_motion=0.25)


def packed(weights: Weights) -> dict[str, str]:
    """Return the four tensors of a network as base64 of little-endian float32."""
    arrays = {name: tensor.numpy().astype("<f4") for name, tensor in weights.tensors.items()}
    return {name: b64encode(array.tobytes()).decode() for name, array in arrays.items()}


def track(frames: list[Frame], box: Boxes) -> list[Boxes]:
    """Return the library's boxes for all frames but the first, with the settings that the script has."""
    tracker = UdtTracker(preset="released")
    tracker.init(frames[0], box)
    return [tracker.update(frame) for frame in frames[1:]]


def draw() -> Frame:
    """Return three frames of the clip with the tracker's boxes in orange, the true ones in green."""
    frames = list(clip().frames)
    boxes = [clip().boxes[0], *track(frames, clip().boxes[0])]
    truths = [viz.draw_box(frames[k], clip().boxes[k], viz.TRUTH) for k in SHOWN]
    pictures = [viz.draw_box(truth, boxes[k]) for truth, k in zip(truths, SHOWN, strict=True)]
    titled = [viz.caption(picture, f"frame {k}") for k, picture in zip(SHOWN, pictures, strict=True)]
    return viz.side_by_side(*titled, height=2 * titled[0].shape[0])


def demo() -> BrowserDemo:
    """Return the demo: the clip with its first box, the shipped network, and the static picture."""
    start = {
        "frames": [data_url(np.asarray(frame)) for frame in clip().frames],
        "box": np.round(clip().boxes[0], 2).tolist(),
        "weights": packed(get_weights(None)),
    }
    return BrowserDemo("network_tracker", start, draw())
