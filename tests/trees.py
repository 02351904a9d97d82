"""Small trees of benchmark sequences that tests of readers share."""

import cv2
import numpy as np


def write_images(folder, numbers, digits=4):
    """JPEGs of 16x12 pixels."""
    folder.mkdir(parents=True)
    data = cv2.imencode(".jpg", np.full((12, 16, 3), 90, np.uint8))[1].tobytes()
    for number in numbers:
        (folder / f"{number:0{digits}d}.jpg").write_bytes(data)


def rows(count):
    """Lines of a ground truth file, x from 2 on."""
    return "".join(f"{index + 2},3,5,4\n" for index in range(count))


def write_otb(root, name, count=3, truths=("groundtruth_rect.txt",)):
    """An OTB sequence."""
    write_images(root / name / "img", range(1, count + 1))
    for truth in truths:
        (root / name / truth).write_text(rows(count))
    return root / name


def write_tc128(root, name, first=1, last=3, frames=None, attributes=None):
    """A Temple-Color sequence; ``frames`` and ``attributes`` are the texts of these files."""
    write_images(root / name / "img", range(1, last + 1))
    (root / name / f"{name}_gt.txt").write_text(rows(last - first + 1))
    (root / name / f"{name}_frames.txt").write_text(f"{first},{last}\n" if frames is None else frames)
    if attributes is not None:
        (root / name / f"{name}_att.txt").write_text(attributes, encoding="utf-8")
    return root / name
