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


def write_dtb70(root, name, count=3):
    """A DTB70 sequence."""
    write_images(root / name / "img", range(1, count + 1), digits=5)
    (root / name / "groundtruth_rect.txt").write_text(rows(count))
    return root / name


def write_lasot(root, name, count=4, occluded=(), outside=(), category=True):
    """A LaSOT sequence; ``occluded`` and ``outside`` are frames counted from 0."""
    folder = root / name.rpartition("-")[0] / name if category else root / name
    write_images(folder / "img", range(1, count + 1), digits=8)
    (folder / "groundtruth.txt").write_text(rows(count))
    for file, frames in (("full_occlusion.txt", occluded), ("out_of_view.txt", outside)):
        (folder / file).write_text(",".join(str(int(index in frames)) for index in range(count)))
    return folder


def write_got10k(root, part, name, count=4, absent=(), covers=None, truth=None):
    """A GOT-10k sequence, added to the list of its part; ``absent`` are frames counted from 0."""
    folder = root / part / name
    write_images(folder, range(1, count + 1), digits=8)
    (folder / "groundtruth.txt").write_text(truth or "".join(f"{k}.5000,3.0,5.0,4.0\n" for k in range(count)))
    with (root / part / "list.txt").open("a") as file:
        file.write(f"{name}\n")
    if part != "test":
        flags = [int(index in absent) for index in range(count)]
        shown = covers or [0 if flag else 8 for flag in flags]
        (folder / "absence.label").write_text("".join(f"{flag}\n" for flag in flags))
        (folder / "cover.label").write_text("".join(f"{cover}\n" for cover in shown))
        (folder / "meta_info.ini").write_text("[METAINFO]\nanno_fps: 10Hz\nresolution: (16, 12)\n")
    return folder


def write_trackingnet(root, part, name, count=3, truth=None):
    """A TrackingNet sequence."""
    write_images(root / part / "frames" / name, range(count), digits=1)
    (root / part / "anno").mkdir(exist_ok=True)
    (root / part / "anno" / f"{name}.txt").write_text(rows(count) if truth is None else truth)
    return root / part


def nfs_rows(count, lost=()):
    """Lines of an NfS annotation; left goes up from 2; ``lost`` are rows counted from 0."""
    return "".join(f'0 {k + 2} 3 {k + 7} 7 {k} {int(k in lost)} 0 1 "bike rider"\n' for k in range(count))


def write_nfs(root, name, rate="30", count=3, text=None):
    """An NfS sequence at one frame rate."""
    write_images(root / name / rate / name, range(1, count + 1), digits=5)
    (root / name / rate / f"{name}.txt").write_text(nfs_rows(count) if text is None else text)
    return root / name / rate


def write_uav123(root, name, folder, images, truth, version="UAV123"):
    """A UAV123 sequence; the folder of images may be there already."""
    if not (root / "data_seq" / "UAV123" / folder).exists():
        write_images(root / "data_seq" / "UAV123" / folder, images, digits=6)
    (root / "anno" / version).mkdir(parents=True, exist_ok=True)
    (root / "anno" / version / f"{name}.txt").write_text(truth)


def write_vot(root, name, truth, images="color", count=3, tags=None, settings=None):
    """A VOT sequence, added to the list; ``tags`` and ``settings`` are texts."""
    write_images(root / name / images, range(1, count + 1), digits=8)
    (root / name / "groundtruth.txt").write_text(truth)
    with (root / "list.txt").open("a") as file:
        file.write(f"{name}\n")
    for tag, text in (tags or {}).items():
        (root / name / f"{tag}.tag").write_text(text)
    if settings is not None:
        (root / name / "sequence").write_text(settings)
    return root / name
