"""Small video files and folders of frames that tests of the training data share."""

import cv2
import numpy as np
from clips import texture


def frames_of(seed, count, size=(60, 80)):
    """A texture that slides two pixels a frame, uint8 (count, H, W, 3)."""
    height, width = size
    image = texture(height, width + 2 * count, seed)
    return np.stack([image[:, 2 * index : 2 * index + width] for index in range(count)])


def write_video(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape[:2]
    codec = "MJPG" if path.suffix == ".avi" else "mp4v"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame[:, :, ::-1])
    writer.release()
    return path


def write_folder(folder, frames, name="{:06d}.JPEG"):
    folder.mkdir(parents=True)
    for index, frame in enumerate(frames):
        cv2.imwrite(str(folder / name.format(index)), frame[:, :, ::-1])
    return folder
