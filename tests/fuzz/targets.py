"""What is fuzzed: each target makes one input from a generator and hands it to the library.

A target may raise `UdtError` (the library refused) or return; anything else is a fault. What a target needs
is written once into the worker's folder.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scipy.io
from binary_results import binary_result
from foreign_files import write_matconvnet
from hostile_text import ENDS, NUMBERS, OTHERS, SEPARATORS
from trees import (
    write_dtb70,
    write_got10k,
    write_lasot,
    write_nfs,
    write_trackingnet,
    write_uav123,
    write_vot,
)
from video_files import frames_of, write_video

from udtlib import cli, load_tracker
from udtlib.data import Sequence, load_dataset, load_truth
from udtlib.data.benchmarks.otb import load_annotations
from udtlib.data.benchmarks.vot import load_vot_truth
from udtlib.data.box_files import read_boxes
from udtlib.data.download.unpack import unpack
from udtlib.data.images import read_image
from udtlib.data.raw_video.cache_writer import CacheWriter
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.synthetic.motion import ClipSettings
from udtlib.data.video.file import VideoFile
from udtlib.data.video.writer import VideoWriter
from udtlib.evaluation import Policy, score, score_vot
from udtlib.evaluation.exchange.formats import read_all
from udtlib.evaluation.exchange.mat_files import MatReader
from udtlib.evaluation.results.regions import Regions
from udtlib.trackers.udt.settings import UdtSettings
from udtlib.training.checkpoint import NEWEST, load_checkpoint, save_checkpoint
from udtlib.training.run import start
from udtlib.training.settings import TrainingSettings
from udtlib.weights import load_weights, random_weights, save_weights

Generator = np.random.Generator
Target = Callable[[Generator, Path], object]

WORDS = (*NUMBERS, *OTHERS)
ODD: list[Any] = [
    *(0, 1, -1, 2, 3, 100, 10**9, 10**400, 0.5, 1.5, -0.5, 1e-300, 1e300, 5e-324),
    *(float("nan"), float("inf"), -float("inf"), True, False, None, "", "nan", "1", "x", "x" * 5000, b"1"),
    *(1j, [], [1], (), {}, {1: 2}, object(), np.float32(1), np.int64(3), np.bool_(True)),
    np.array([1.0, 2.0]),
]
CLIENTS = ("mosse", "kcf", "dsst", "csrt", "kcf-opencv", "mosse-opencv", "udt", "udt-plain")
BENCHMARKS: dict[str, Callable[[Path], object]] = {
    "dtb70": lambda root: write_dtb70(root, "a"),
    "got10k": lambda root: write_got10k(root, "val", "a", absent=(2,)),
    "lasot": lambda root: write_lasot(root, "a-1", occluded=(1,)),
    "nfs": lambda root: write_nfs(root, "a"),
    "trackingnet": lambda root: write_trackingnet(root, "TEST", "a"),
    "uav123": lambda root: write_uav123(root, "a", "a", (1, 2, 3), "1,2,3,4\n" * 3),
    "vot": lambda root: write_vot(
        root, "a", "1,2,3,4\n" * 3, tags={"t": "0\n1\n0\n"}, settings="channels.color=color/%08d.jpg\n"
    ),
}
COMMANDS = ("check", "data", "evaluate", "report", "results", "score", "track", "weights", "vot")
FLAGS = [
    f"--{name}"
    for name in (
        *("out", "boxes", "box", "tracker", "dataset", "root", "jobs", "policy", "json", "table", "protocol"),
        *("starts", "results", "option", "weights", "device", "start", "end", "seed", "clips", "force"),
        *("webp", "frames-per-video", "selection", "measured", "annotations", "title", "help", "version"),
        *("truth", "index-base", "as"),
    )
]


def pick(rng: Generator, values: Any) -> Any:
    """Return one of some values."""
    return values[int(rng.integers(len(values)))]


def box_text(rng: Generator) -> str:
    """Return text that is nearly a file of boxes."""
    words, widths = (NUMBERS[:7], (4,)) if rng.random() < 0.5 else (WORDS, (3, 4, 5))
    rows = [[pick(rng, words) for _ in range(pick(rng, widths))] for _ in range(rng.integers(0, 6))]
    return "".join(pick(rng, SEPARATORS).join(row) + pick(rng, ENDS) for row in rows)


def damaged(rng: Generator, content: bytes) -> bytes:
    """Return bytes with some of them changed, cut off, repeated or swapped for a large number."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        place, kind = int(rng.integers(len(data) + 1)), rng.integers(5)
        if kind == 0:
            data[place : place + 1] = rng.bytes(1)
        elif kind == 1:
            data = data[:place] or bytearray(b"\0")
        elif kind == 2:
            data[place:place] = data[place : place + int(rng.integers(1, 64))]
        elif kind == 3:
            data[place : place + 8] = struct.pack("<Q", int(pick(rng, (2**31 - 1, 2**32, 2**63, 2**64 - 1))))
        else:
            data[place : place + 4] = pick(rng, (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff"))
    return bytes(data)


def value(rng: Generator, depth: int = 3) -> Any:
    """Return any value of JSON."""
    kind = rng.integers(8 if depth else 6)
    if kind == 6:
        return [value(rng, depth - 1) for _ in range(rng.integers(4))]
    if kind == 7:
        keys = ("name", "gt_rect", "image_files", "seconds", "tracker", "frames", "options", "made", "a", "")
        return {pick(rng, keys): value(rng, depth - 1) for _ in range(rng.integers(5))}
    return pick(rng, (None, True, 0, -1, 3.5, 1e308, 10**30, "", "a", "0001.jpg", [1, 2, 3, 4], {}))


def boxes(rng: Generator, folder: Path) -> None:
    """A file of boxes."""
    path = folder / "boxes.txt"
    path.write_bytes(box_text(rng).encode("utf-8", "surrogatepass") if rng.random() < 0.8 else rng.bytes(40))
    read_boxes(path, 0)


def annotations(rng: Generator, folder: Path) -> None:
    """A JSON file of annotations."""
    path = folder / "annotations.json"
    entry = {"name": "a", "image_files": ["0001.jpg"], "gt_rect": [[1, 2, 3, 4]]}
    content = {"a": entry | {pick(rng, tuple(entry)): value(rng)}} if rng.random() < 0.6 else value(rng)
    text = json.dumps(content).encode()
    path.write_bytes(damaged(rng, text) if rng.random() < 0.3 else text)
    load_annotations(path)


def results(rng: Generator, folder: Path) -> None:
    """A result file with its record, scored."""
    place = folder / "results"
    place.mkdir(exist_ok=True)
    text = box_text(rng) if rng.random() < 0.4 else "1,2,3,4\n5,6,7,8\n"
    (place / "one.txt").write_bytes(text.encode())
    record = {"tracker": "t", "seconds": 1.0, "frames": 2, "first_box": [1, 2, 3, 4]}
    (place / "one.json").write_text(json.dumps(record | {pick(rng, tuple(record)): value(rng)}))
    score(place, [Sequence("one", (), np.tile([10.0, 20, 30, 40], (2, 1)))], dataset=pick(rng, ("otb", "x")))


VOT_ENTRY = {
    "gt_rect": [[0, 0, 9, 0, 9, 9, 0, 9]] * 5 + [[1, 1, 8, 8]],
    "width": 60,
    "height": 40,
    "occlusion": [0, 0, 0, 1, 1, 1],
}
VOT_LINES = ("1", "1,1,8,8", "1,1,9,1,9,9,1,9", "2", "0", "0,0,9,9,9,0,0,9", "3,3,3,3,3,3", "nan,nan,nan,nan")


@cache
def stored_trajectory() -> bytes:
    """Return the bytes of a binary result of VOT's toolkit, with a box, polygons and a failure."""
    boxes = np.tile([1.0, 1, 8, 8], (6, 1))
    polygons = {2: np.array([1.0, 1, 9, 1, 9, 9, 1, 9]), 5: np.array([0.0, 0, 9, 9, 9, 0])}
    return binary_result(Regions(boxes, np.array([1, 3, 3, 2, 1, 3]), polygons))


def vot_lines(rng: Generator) -> bytes:
    """Return text that is nearly a result of VOT's toolkit, or nearly its true regions."""
    words = (*VOT_LINES * 6, box_text(rng), "1,2,3", "1,2,3,4,5,6,7", "m1,1,2,2,0,4", "9", "\0", "1,inf,3,4")
    lines = [pick(rng, words) for _ in range(pick(rng, (6,) * 8 + (0, 5, 7)))]
    if rng.random() < 0.6:  # a run that can be, but for a line
        lines = ["1", *VOT_LINES[1:4], "0", "1"]
        lines[pick(rng, range(6))] = pick(rng, words)
        return "\n".join(lines).encode("utf-8", "surrogatepass")
    return ("1\n" * bool(rng.integers(2)) + "\n".join(lines)).encode("utf-8", "surrogatepass")


def vot(rng: Generator, folder: Path) -> None:
    """Results of VOT's supervised experiment, text or binary, with true regions from JSON or a folder."""
    place = folder / "votresults" / "a"
    place.mkdir(parents=True, exist_ok=True)
    for path in place.iterdir():
        path.unlink()
    is_binary = rng.random() < 0.5
    whole = stored_trajectory()
    content = (damaged(rng, whole) if rng.random() < 0.8 else whole) if is_binary else vot_lines(rng)
    (place / f"{pick(rng, 'aaaaaaab')}_001.{'bin' if is_binary else 'txt'}").write_bytes(content)
    root = folder / "vottruth"
    (root / "a").mkdir(parents=True, exist_ok=True)
    (root / "list.txt").write_bytes(b"a\n" if rng.random() < 0.95 else damaged(rng, b"a\n../b\n"))
    (root / "a/groundtruth.txt").write_bytes(vot_lines(rng))
    (root / "a/occlusion.tag").write_bytes(pick(rng, (b"0\n1\n", b"", b"1" * 9, b"x")))
    (root / "a/sequence").write_text(pick(rng, ("width=60\nheight=40\n", "width=x\n", "")))
    entry = VOT_ENTRY | ({pick(rng, tuple(VOT_ENTRY)): value(rng)} if rng.random() < 0.3 else {})
    (folder / "vot.json").write_text(json.dumps({"a": entry}))
    truth = (
        load_vot_truth(root if rng.random() < 0.3 else folder / "vot.json") if rng.random() < 0.9 else None
    )
    found = score_vot(place.parent, truth, overlap=pick(rng, ("pixels", "area")))
    json.dumps(found.to_json(), allow_nan=False)


def benchmarks(rng: Generator, folder: Path) -> None:
    """A root of a benchmark in which one file of texts is odd."""
    name = pick(rng, tuple(BENCHMARKS))
    root = folder / name
    if not root.exists():
        BENCHMARKS[name](root)
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".jpg")
    path = pick(rng, files)
    before = path.read_bytes()
    odd = damaged(rng, before) if rng.random() < 0.5 else box_text(rng).encode("utf-8", "surrogatepass")
    path.write_bytes(odd)
    try:
        load_dataset(name, root, broken={})
        load_truth(name, root)
    finally:
        path.write_bytes(before)


@cache
def stored_mat(folder: Path) -> bytes:
    """Return the bytes of a result file of OTB's MATLAB toolkit, not compressed."""
    run = {"res": np.ones((3, 4)), "type": "rect", "len": 3, "startFrame": 1, "fps": 9.5}
    cells = np.empty((1, 1), object)
    cells[0, 0] = run
    scipy.io.savemat(folder / "whole.mat", {"results": cells})
    return (folder / "whole.mat").read_bytes()


@cache
def mat_reader() -> MatReader:
    """Return one reader for all inputs."""
    return MatReader()


def mat_results(rng: Generator, folder: Path) -> None:
    """A result file of OTB's MATLAB toolkit."""
    (folder / "a_b.mat").write_bytes(damaged(rng, stored_mat(folder)))
    mat_reader().read(folder / "a_b.mat")


def foreign_results(rng: Generator, folder: Path) -> None:
    """Results of pysot or got10k."""
    form = pick(rng, ("pysot", "got10k"))
    source = folder / form / "t" / "s" if form == "got10k" else folder / form / "t"
    source.mkdir(parents=True, exist_ok=True)
    for name in ("s_001.txt", "s_time.txt", "s.txt"):
        text = box_text(rng) if rng.random() < 0.7 else "1,2,3,4\n"
        (source / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    read_all(form, folder / form, pick(rng, ("otb", "got10k")), None)


@cache
def stored_weights(folder: Path) -> bytes:
    """Return the bytes of a file of weights."""
    save_weights(folder / "whole.safetensors", random_weights())
    return (folder / "whole.safetensors").read_bytes()


def weights(rng: Generator, folder: Path) -> None:
    """A safetensors file; damage is mostly in its header, the first few hundred bytes."""
    whole = stored_weights(folder)
    head = 400 if rng.random() < 0.8 else len(whole)
    (folder / "w.safetensors").write_bytes(damaged(rng, whole[:head]) + whole[head:])
    load_weights(folder / "w.safetensors")


@cache
def stored_foreign(folder: Path) -> tuple[bytes, ...]:
    """Return the bytes of a MatConvNet file and of two PyTorch checkpoints."""
    import torch

    network = random_weights()
    write_matconvnet(folder / "whole.mat", network)
    torch.save(dict(network.tensors), folder / "whole.pth")
    torch.save({"state_dict": dict(network.tensors), "epoch": 3}, folder / "more.pth")
    return tuple((folder / name).read_bytes() for name in ("whole.mat", "whole.pth", "more.pth"))


def foreign(rng: Generator, folder: Path) -> None:
    """A foreign network file; half of the damage is in its first bytes, where its lengths stand."""
    whole = pick(rng, stored_foreign(folder))
    head = 1000 if rng.random() < 0.5 else len(whole)
    (folder / "f.pth").write_bytes(damaged(rng, whole[:head]) + whole[head:])
    load_weights(folder / "f.pth")


@cache
def stored_videos(folder: Path) -> tuple[bytes, ...]:
    """Return the bytes of small videos: MPEG-4 and VP9 in mp4, Motion JPEG in avi, VP9 in webm."""
    frames = frames_of(0, 6, (48, 64))
    paths = [write_video(folder / name, frames) for name in ("whole.mp4", "whole.avi")]
    for path in (folder / "vp9.mp4", folder / "vp9.webm"):
        writer = VideoWriter(path, 25, frames[0])
        for frame in frames:
            writer.write(frame)
        writer.close()
        paths.append(path)
    return tuple(path.read_bytes() for path in paths)


def videos(rng: Generator, folder: Path) -> None:
    """A video; half of the damage is in its first bytes."""
    whole = pick(rng, stored_videos(folder))
    head = 600 if rng.random() < 0.5 else len(whole)
    (folder / "v.mp4").write_bytes(damaged(rng, whole[:head]) + whole[head:])
    opened = VideoFile(folder / "v.mp4", patience=10)
    try:
        opened.read(len(opened) - 1)
        opened.read(0)
    finally:
        opened.close()


@cache
def stored_cache(folder: Path) -> bytes:
    """Return the bytes of a patch cache of two videos."""
    with CacheWriter(
        folder / "whole.raw", {"webp": 80, "frames_per_video": 3, "selection": "centre", "measured": []}
    ) as writer:
        for name in "ab":
            patch = np.random.default_rng(0).integers(0, 256, (125, 125, 3), np.uint8)
            writer.append([cv2.imencode(".webp", patch)[1].tobytes()] * 3)
            writer.commit(name)
        writer.finish()
    return (folder / "whole.raw").read_bytes()


def patch_cache(rng: Generator, folder: Path) -> None:
    """A patch cache; half of the damage has the right checksum."""
    whole = stored_cache(folder)
    length = int.from_bytes(whole[-48:-40], "little")
    index = whole[-48 - length : -48]
    if rng.random() < 0.5:
        lines = [json.loads(line) for line in index.splitlines()]
        line = pick(rng, lines)
        line[pick(rng, tuple(line))] = value(rng)
        index = "".join(json.dumps(one) + "\n" for one in lines).encode()
        trailer = struct.pack("<Q32s8s", len(index), hashlib.sha256(index).digest(), whole[-8:])
        content = whole[: -48 - length] + index + trailer
    else:
        content = damaged(rng, whole)
    (folder / "c.raw").write_bytes(content)
    opened = PatchCache(folder / "c.raw", verify=bool(rng.integers(2)))
    opened.read([0, len(opened) - 1])


@cache
def stored_checkpoint(folder: Path) -> bytes:
    """Return the bytes of a checkpoint."""
    import torch

    run = start(TrainingSettings(steps=4, batch=2), torch.device("cpu"))
    save_checkpoint(folder, run.checkpoint())
    return (folder / NEWEST).read_bytes()


def checkpoint(rng: Generator, folder: Path) -> None:
    """A training run's checkpoint."""
    whole = stored_checkpoint(folder)
    head = 3000 if rng.random() < 0.8 else len(whole)
    (folder / "run").mkdir(exist_ok=True)
    (folder / "run" / NEWEST).write_bytes(damaged(rng, whole[:head]) + whole[head:])
    load_checkpoint(folder / "run")


@cache
def stored_images() -> tuple[bytes, ...]:
    """Return small images of several formats as bytes."""
    picture = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    return tuple(
        cv2.imencode(f".{kind}", picture)[1].tobytes() for kind in ("jpg", "png", "bmp", "webp", "tiff")
    )


def images(rng: Generator, folder: Path) -> None:
    """An image."""
    (folder / "i.jpg").write_bytes(damaged(rng, pick(rng, stored_images())))
    read_image(folder / "i.jpg")


def archives(rng: Generator, folder: Path) -> None:
    """A zip archive of a sequence."""
    buffer = io.BytesIO()
    names = [
        "Boy/img/0001.jpg",
        "Boy/groundtruth_rect.txt",
        "../x",
        "/x",
        "a\\b",
        ".git/config",
        "x" * 300,
        "Boy",
    ]
    with zipfile.ZipFile(buffer, "w") as archive:
        for _ in range(rng.integers(1, 5)):
            archive.writestr(pick(rng, names), b"1,2,3,4\n")
    content = buffer.getvalue()
    (folder / "a.zip").write_bytes(damaged(rng, content) if rng.random() < 0.7 else content)
    root = folder / "unpacked"
    before = {path.name for path in folder.iterdir()} | {root.name}
    try:
        unpack(folder / "a.zip", root, lambda path: (path / "groundtruth_rect.txt").exists(), "one")
    finally:
        assert {path.name for path in folder.iterdir()} <= before, "something was written outside"


def options(rng: Generator, folder: Path) -> None:
    """An option of a tracker."""
    from inspect import signature

    name = pick(rng, CLIENTS)
    known = [key for key in signature(type(load_tracker(name))).parameters] + ["padding", "nothing", "preset"]
    load_tracker(name, **{pick(rng, known): pick(rng, ODD)})


def settings(rng: Generator, folder: Path) -> None:
    """A field of settings."""
    made = pick(rng, (TrainingSettings, UdtSettings, ClipSettings, Policy))
    made(**{pick(rng, tuple(made.__dataclass_fields__)): pick(rng, ODD)})


def targets(rng: Generator, folder: Path) -> None:
    """A box, and a frame, for a tracker."""
    tracker = load_tracker(pick(rng, CLIENTS[:6]))
    frame = rng.integers(0, 256, (40, 60, 3), np.uint8)
    sizes = (
        0,
        -1,
        1,
        3.5,
        20,
        40,
        60,
        1e-3,
        1e5,
        1e7,
        1e308,
        10**400,
        float("nan"),
        float("inf"),
        1j,
        "7",
        None,
    )
    box: list[Any] = [3.5, 1, *rng.integers(3, 40, 2)]
    for place in rng.integers(4, size=rng.integers(3)):
        box[place] = pick(rng, sizes)
    box = box[: pick(rng, (4,) * 9 + (3,))]
    tracker.init(frame, box)
    tracker.update(pick(rng, (frame, frame, frame[:20], None, frame.astype(float))))


def command_line(rng: Generator, folder: Path) -> None:
    """The arguments of a command; it answers with a status, argparse with 0 or 2."""
    words = [*FLAGS, *WORDS, "synthetic", "otb", str(folder), str(folder / "no"), "mosse", "all", "-" * 3000]
    command = pick(rng, COMMANDS)
    argv = [command, *(pick(rng, words) for _ in range(rng.integers(1, 6)))]
    if command == "evaluate":  # never a whole dataset
        argv += ["--dataset", "otb", "--root", str(folder / "no")]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            status = cli.main(argv)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 2
    assert status in (0, 1, 2), f"{argv}: {status}"


TARGETS: dict[str, tuple[Target, float]] = {
    "boxes": (boxes, 1),
    "annotations": (annotations, 1),
    "results": (results, 0.5),
    "vot": (vot, 0.5),
    "benchmarks": (benchmarks, 0.5),
    "mat-results": (mat_results, 0.3),
    "foreign-results": (foreign_results, 0.3),
    "weights": (weights, 1),
    "foreign": (foreign, 0.02),
    "videos": (videos, 0.02),
    "patch-cache": (patch_cache, 0.5),
    "checkpoint": (checkpoint, 0.3),
    "images": (images, 1),
    "archives": (archives, 0.3),
    "options": (options, 0.5),
    "settings": (settings, 1),
    "targets": (targets, 0.5),
    "command-line": (command_line, 0.2),
}
"""Each target, and how many inputs it gets in proportion to others: those with a process each get fewer."""
