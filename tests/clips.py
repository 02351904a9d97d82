"""Small synthetic clips that tests of trackers share."""

import cv2
import numpy as np


def texture(height, width, seed=0):
    """A smooth random image: noise blurred by its spectrum, uint8 (H, W, 3)."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    rows, columns = np.fft.fftfreq(height)[:, None, None], np.fft.fftfreq(width)[None, :, None]
    image = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) / (0.02 + np.hypot(rows, columns)), axes=(0, 1)).real
    low, high = image.min(), image.max()
    return ((image - low) / (high - low) * 255).astype(np.uint8)


def moving_clip(steps, size=(40, 32), frame=(120, 160), start=(60, 40)):
    """Frames with a textured target of ``size`` (h, w) at ``start`` (x, y) plus the ``steps`` so far."""
    background, target = texture(*frame, seed=1), texture(*size, seed=2)
    frames, boxes, (x, y) = [], [], start
    for dx, dy in [(0, 0), *steps]:
        x, y = x + dx, y + dy
        image = background.copy()
        image[y : y + size[0], x : x + size[1]] = target
        frames.append(image)
        boxes.append((x, y, size[1], size[0]))
    return frames, np.array(boxes, dtype=float)


def zooming_clip(factors, size=(48, 40), frame=(160, 200)):
    """Frames of one texture enlarged by each factor about the centre, and the boxes of its middle."""
    image, boxes, frames = texture(*frame), [], []
    middle = np.array([frame[1] / 2, frame[0] / 2])
    for factor in factors:
        offset = (1 - factor) * (middle - 0.5)
        matrix = np.array([[factor, 0, offset[0]], [0, factor, offset[1]]])
        frames.append(cv2.warpAffine(image, matrix, frame[::-1], borderMode=cv2.BORDER_REFLECT))
        wh = np.array(size[::-1]) * factor
        boxes.append([*(middle - wh / 2), *wh])
    return frames, np.array(boxes)


def follow(tracker, frames, box):
    """The boxes of a tracker that starts with ``box`` in the first frame, in the others."""
    tracker.init(frames[0], box)
    return np.array([tracker.update(frame) for frame in frames[1:]])
