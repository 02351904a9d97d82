"""Writing a cache: two writers, links and devices, kills, and an index that is checked value by value."""

import hashlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from udtlib.data.raw_video import cache_writer, patch_cache
from udtlib.data.raw_video.cache_index import NUMEL
from udtlib.data.raw_video.cache_writer import CacheWriter, write_cache
from udtlib.data.raw_video.patch_cache import MAGIC, TRAILER, PatchCache, encode_patch
from udtlib.data.synthetic.cache import pack_clips
from udtlib.errors import DataError, StorageError, UdtError

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
SETTINGS = {"webp": None, "frames_per_video": 9, "selection": "centre", "measured": ["Bolt"]}
PATCHES = [bytes([number]) * NUMEL for number in range(5)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def start(code, *words):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], env=ENVIRONMENT, stderr=subprocess.PIPE
    )


def fill(writer):
    writer.append(PATCHES[:2])
    writer.commit("a", "0" * 64, "odd")
    writer.skip("b", "no video")
    writer.append(PATCHES[2:])
    writer.commit("c")


SLOW = """
import sys, time
from pathlib import Path
from udtlib.data.raw_video.cache_writer import write_cache
from udtlib.errors import StorageError

def fill(writer):
    for number in range(6):
        if str(number) not in writer.finished:
            writer.append([bytes([number]) * 46875])
            time.sleep(0.05)
            writer.commit(str(number))

try:
    settings = {"webp": None, "frames_per_video": 9, "selection": "centre", "measured": []}
    write_cache(Path(sys.argv[1]), settings, fill)
except StorageError as error:
    sys.exit(str(error))
"""
PIXELS = b"".join(bytes([number]) * NUMEL for number in range(6))


def test_two_writers_of_one_cache(tmp_path):
    """One writes it, the others are told so, and what is there at last is what one alone writes."""
    out = tmp_path / "out"
    children = [start(SLOW, out) for _ in range(3)]
    ends = [(child.communicate()[1].decode(), child.returncode) for child in children]
    assert ("", 0) in ends
    for text, status in ends:
        assert status == 0 or f"{out}: another process is writing there; wait for its end" in text
    assert PatchCache(out).load().tobytes() == PIXELS
    assert names(tmp_path) == ["out"]


def test_a_second_writer_in_the_same_process(tmp_path):
    def fill_and_try_again(writer):
        with pytest.raises(StorageError, match="another process is writing there"):
            write_cache(tmp_path / "out", SETTINGS, fill)
        fill(writer)

    assert len(write_cache(tmp_path / "out", SETTINGS, fill_and_try_again)) == 5
    assert len(write_cache(tmp_path / "out", SETTINGS, fill_and_try_again)) == 5


def test_killed_at_random_moments(tmp_path):
    assert start(SLOW, tmp_path / "whole").wait() == 0
    out, chance, kills = tmp_path / "out", random.Random(2), 0
    for size in (0, 2, 5):
        child = start(SLOW, out)
        while child.poll() is None and not (
            (tmp_path / "out.partial").exists() and (tmp_path / "out.partial").stat().st_size >= size * NUMEL
        ):
            time.sleep(0.001)
        time.sleep(0.02 * chance.random())
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += child.returncode == -signal.SIGKILL
    assert kills == 3
    assert start(SLOW, out).wait() == 0
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()
    assert names(tmp_path) == ["out", "whole"]


def test_what_was_written_is_read_again(tmp_path, monkeypatch):
    """A disk that loses a byte, or another program that writes there, is not reported as a success."""
    write = cache_writer._write

    def write_badly(file, data):
        write(file, data)
        if data.startswith(PATCHES[2]):
            os.pwrite(file.fileno(), b"?", 3 * NUMEL)

    monkeypatch.setattr(cache_writer, "_write", write_badly)
    with pytest.raises(StorageError, match=r"out: what is read again is not.* the patches of c are damaged"):
        write_cache(tmp_path / "out", SETTINGS, fill)
    assert names(tmp_path) == []
    monkeypatch.undo()
    assert len(write_cache(tmp_path / "out", SETTINGS, fill)) == 5


def test_links_devices_and_folders(tmp_path):
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "place").mkdir()
    for ending in ("partial", "partial.index"):
        link = tmp_path / f"out.{ending}"
        link.symlink_to("victim")
        with pytest.raises(StorageError, match=f"{link}: .* found a link"):
            write_cache(tmp_path / "out", SETTINGS, fill)
        link.unlink()
    assert (tmp_path / "victim").read_text() == "mine"
    (tmp_path / "link").symlink_to("place/real")
    assert len(write_cache(tmp_path / "link", SETTINGS, fill)) == 5
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "place") == ["real"]
    os.mkfifo(tmp_path / "pipe")
    for path, found in ((tmp_path / "pipe", "a device or a pipe"), (tmp_path / "place", "a folder")):
        with pytest.raises(StorageError, match=f"found {found}"):
            pack_clips(path, 2, 2)


def test_patches_that_are_gone_are_made_again(tmp_path):
    with CacheWriter(tmp_path / "out", SETTINGS) as writer:
        fill(writer)
    (tmp_path / "out.partial").unlink()
    assert len(write_cache(tmp_path / "out", SETTINGS, fill)) == 5


# --- the index ---


def with_index(path, lines):
    """Write a cache of the same patches whose index, with the right checksum, has these lines."""
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    trailer = TRAILER.pack(len(text), hashlib.sha256(text).digest(), MAGIC)
    path.write_bytes(b"".join(PATCHES) + text + trailer)
    return path


@pytest.fixture
def lines(tmp_path):
    path = write_cache(tmp_path / "good", SETTINGS, fill).path
    text = path.read_bytes()[5 * NUMEL : -TRAILER.size]
    return [json.loads(line) for line in text.splitlines()]


def test_the_index_is_read_again(tmp_path, lines):
    cache = PatchCache(with_index(tmp_path / "again", lines))
    assert [video.name for video in cache.videos] == ["a", "c"]
    np.testing.assert_array_equal(cache.load()[:, 0, 0, 0], range(5))


VALUES = [
    None,
    True,
    -1,
    0,
    1,
    7,
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    [],
    [1],
    ["x"],
    {},
    {"a": 1},
]


def test_wrong_values_in_an_index_of_the_right_checksum(tmp_path, lines):
    """Every value of every line by every other: refused by our own error, or the numbers still fit."""
    refused = tried = 0
    for number, line in enumerate(lines):
        for key in line:
            for value in VALUES:
                changed = [*lines[:number], {**line, key: value}, *lines[number + 1 :]]
                tried += 1
                try:
                    cache = PatchCache(with_index(tmp_path / "wrong", changed))
                    assert cache.load().shape == (5, 125, 125, 3)
                except DataError:
                    refused += 1
    assert tried > 400
    assert refused > 0.8 * tried


@pytest.mark.parametrize(
    "changed",
    [
        lambda lines: [],
        lambda lines: lines[1:],
        lambda lines: [[]],
        lambda lines: [*lines, 3],
        lambda lines: [*lines, "reason"],
        lambda lines: [*lines, ["reason"]],
        lambda lines: [*lines, {}],
        lambda lines: [lines[0], lines[3], lines[2], lines[1]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [{**lines[0], "webp": 80}, *lines[1:]],
        lambda lines: [{**lines[0], "synthetic": {"clips": 3}}, *lines[1:]],
        lambda lines: [lines[0], {**lines[1], "more": 1}, *lines[2:]],
        lambda lines: [lines[0], {**lines[1], "lengths": [NUMEL, NUMEL]}, *lines[2:]],
    ],
)
def test_other_indices_that_are_none(tmp_path, lines, changed):
    with pytest.raises(DataError, match=r"wrong: expected the index of a patch cache"):
        PatchCache(with_index(tmp_path / "wrong", changed(lines)))


def test_a_nest_of_brackets_is_no_index():
    with pytest.raises(DataError, match="expected the index"):
        patch_cache.parse_index([b"[" * 100_000], "deep")


def test_an_index_of_an_unfinished_cache_is_checked_too(tmp_path):
    with CacheWriter(tmp_path / "out", SETTINGS) as writer:
        fill(writer)
    index = tmp_path / "out.partial.index"
    index.write_bytes(index.read_bytes().replace(b'"frames": 2', b'"frames": "2"'))
    with pytest.raises(UdtError, match=r"out\.partial\.index: expected the index of a patch cache"):
        write_cache(tmp_path / "out", SETTINGS, fill)


def claims(width, height):
    """A WebP of one colour whose header says another size: its decoder would take that much memory."""
    blob = bytearray(encode_patch(np.full((125, 125, 3), 9, np.uint8), 80))
    assert blob[12:16] == b"VP8 "
    blob[26:30] = struct.pack("<HH", width, height)
    return bytes(blob)


@pytest.mark.parametrize(
    "blob",
    [
        claims(16383, 16383),
        claims(125, 126),
        cv2.imencode(".webp", np.zeros((9, 9, 3), np.uint8))[1].tobytes(),
        cv2.imencode(".png", np.zeros((125, 125, 3), np.uint8))[1].tobytes(),
        encode_patch(np.full((125, 125, 3), 9, np.uint8), 80)[:40],
        b"RIFF",
        b"\0",
    ],
    ids=["huge", "higher", "small", "png", "cut", "four", "one"],
)
def test_a_damaged_patch_is_named_and_not_decoded(tmp_path, blob, monkeypatch):
    fine = encode_patch(np.full((125, 125, 3), 9, np.uint8), 80)
    with CacheWriter(tmp_path / "c.raw", SETTINGS | {"webp": 80}) as writer:
        for name, patches in (("a.mp4", [fine, fine]), ("b.mp4", [fine, blob])):
            writer.append(patches)
            writer.commit(name)
        writer.finish()
    decoded, decode = [], cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda data, flag: decoded.append(data) or decode(data, flag))
    opened = PatchCache(tmp_path / "c.raw")
    assert (opened.read([0, 1, 2]) == 9).all()
    with pytest.raises(
        DataError, match=r"c\.raw: expected patch 3, of b\.mp4, as WebP of 125x125 pixels, found one that"
    ):
        opened.read([[3]])
    assert len(decoded) == 3 + (blob == fine[:40]), "of the others the header alone is read"
    with pytest.raises(DataError, match="patch 3"):
        opened.load()
