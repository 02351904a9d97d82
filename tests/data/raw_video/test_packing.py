"""Packing videos: what is found, what is skipped, what survives a kill or a full disk."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from video_files import frames_of, write_folder, write_video

from udtlib.data.raw_video import cache_writer, packing
from udtlib.data.raw_video.cache_index import NUMEL
from udtlib.data.raw_video.decoding import Decoder, Job, answer
from udtlib.data.raw_video.leak_check import Measured, measuring_sequences
from udtlib.data.raw_video.packing import find_videos, pack_videos
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.raw_video.patch_selection import cut_patches
from udtlib.data.video.file import VideoFile
from udtlib.errors import DataError, MissingDataError, OptionError, StorageError, UnknownNameError
from udtlib.trackers import kcf

COUNTS = {"a.avi": 20, "b/clip.mp4": 12, "c": 7}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three good videos, four bad files, and a text that is no video."""
    root = tmp_path_factory.mktemp("videos")
    write_video(root / "a.avi", frames_of(1, COUNTS["a.avi"]))
    write_video(root / "b" / "clip.mp4", frames_of(2, COUNTS["b/clip.mp4"], (90, 64)))
    write_folder(root / "c", frames_of(3, COUNTS["c"]))
    (root / "empty.mp4").touch()
    (root / "junk.mkv").write_bytes(b"junk" * 999)
    write_video(root / "one.avi", frames_of(4, 1))
    write_folder(root / "one_frame", frames_of(5, 1))
    (root / "SOURCES.tsv").write_text("name\n")
    return root


def expected_patches(folder):
    videos = [list(VideoFile(folder / "a.avi")), list(VideoFile(folder / "b" / "clip.mp4"))]
    last = answer(Job(folder / "c", 300))
    blob = b"".join(next(last).blobs)
    patches = [np.stack(list(cut_patches(frames))) for frames in videos]
    return np.concatenate([*patches, np.frombuffer(blob, np.uint8).reshape(-1, 125, 125, 3)])


def test_find_videos(folder):
    names = [source.name for source in find_videos([folder])]
    assert names == sorted(["a.avi", "b/clip.mp4", "c", "empty.mp4", "junk.mkv", "one.avi", "one_frame"])
    (one,) = find_videos([folder / "c"])
    assert (one.name, one.path) == ("c", folder / "c")
    (text,) = find_videos([folder / "SOURCES.tsv"])
    assert text.name == "SOURCES.tsv"


def test_find_videos_in_the_layout_of_ilsvrc_vid(tmp_path):
    vid = tmp_path / "Data" / "VID"
    wanted = [
        "train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000",
        "train/ILSVRC2015_VID_train_0001/ILSVRC2015_train_00001000",
        "val/ILSVRC2015_val_00000000",
        "test/ILSVRC2015_test_00000000",
    ]
    for seed, name in enumerate(wanted):
        write_folder(vid / name, frames_of(seed, 3))
        (tmp_path / "Annotations" / "VID" / name).mkdir(parents=True)
        (tmp_path / "Annotations" / "VID" / name / "000000.xml").write_text("<annotation/>")
    write_video(vid / "snippets" / "val" / "ILSVRC2015_val_00000000.mp4", frames_of(2, 3))
    assert [source.name for source in find_videos([tmp_path])] == sorted(
        f"Data/VID/{name}" for name in wanted
    )
    cache = pack_videos([tmp_path], tmp_path / "vid.raw", frames_per_video=2)
    assert [video.frames for video in cache.videos] == [2, 2, 2, 2]


def test_nothing_to_find(tmp_path):
    with pytest.raises(DataError, match=f"{tmp_path}: expected video files or folders of images"):
        find_videos([tmp_path])
    with pytest.raises(MissingDataError, match="nowhere: no such video"):
        find_videos([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="found none"):
        find_videos([])
    for place in "ab":
        write_video(tmp_path / place / "clip.avi", frames_of(1, 2))
    with pytest.raises(DataError, match=r"two videos are called clip\.avi"):
        find_videos([tmp_path / "a", tmp_path / "b"])


def test_pack_raw(folder, tmp_path):
    cache = pack_videos([folder], tmp_path / "deep" / "patches.raw")
    assert {video.name: video.frames for video in cache.videos} == COUNTS
    assert [video.start for video in cache.videos] == [0, 20, 32]
    assert len(cache) == cache.videos[-1].end == 39
    assert [video.name for video in cache.skipped] == ["empty.mp4", "junk.mkv", "one.avi", "one_frame"]
    assert all(str(folder) in video.reason for video in cache.skipped)
    np.testing.assert_array_equal(cache.load(), expected_patches(folder))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["patches.raw"]


def test_numbers_of_numpy_make_the_same_cache(folder, tmp_path):
    numbers = {"webp": np.int64(80), "frames_per_video": np.uint16(5)}
    ours = pack_videos([folder], tmp_path / "a.webp", **numbers)
    plain = pack_videos([folder], tmp_path / "b.webp", webp=80, frames_per_video=5)
    assert ours.settings == plain.settings
    assert ours.path.read_bytes() == plain.path.read_bytes()
    assert len(pack_videos([folder], ours.path, **numbers)) == len(ours)


def test_pack_webp(folder, tmp_path):
    cache = pack_videos([folder], tmp_path, webp=80, frames_per_video=5)
    assert cache.path == tmp_path / "patches.webp"
    assert [video.frames for video in cache.videos] == [5, 5, 5]
    assert cache.path.stat().st_size < 15 * NUMEL / 4
    patches, expected = cache.load(), expected_patches(folder)[[*range(5), *range(20, 25), *range(32, 37)]]
    assert np.abs(patches.astype(int) - expected).mean() < 4
    np.testing.assert_array_equal(cache.read([[14, 3], [0, 3]]), patches[[[14, 3], [0, 3]]])


def test_complete_cache_is_not_made_again(folder, tmp_path):
    out = tmp_path / "patches.raw"
    pack_videos([folder], out, frames_per_video=3)
    before = out.stat().st_mtime_ns
    assert len(pack_videos([folder], out, frames_per_video=3)) == 9
    assert out.stat().st_mtime_ns == before
    with pytest.raises(OptionError, match="frames_per_video is 3, asked for 4"):
        pack_videos([folder], out, frames_per_video=4)
    with pytest.raises(DataError, match=r"made of other videos \(a\.avi is not in both\)"):
        pack_videos([folder / "c"], out, frames_per_video=3)


def test_full_disk_loses_nothing_that_is_finished(folder, tmp_path, monkeypatch):
    whole = pack_videos([folder], tmp_path / "whole").path.read_bytes()
    out, room, write = tmp_path / "patches", [28 * NUMEL], cache_writer._write

    def write_while_there_is_room(file, data):
        if len(data) > room[0]:
            write(file, data[: room[0]])
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= len(data)
        write(file, data)

    monkeypatch.setattr(cache_writer, "_write", write_while_there_is_room)
    with pytest.raises(
        StorageError, match=r"patches: cannot be written \(No space left.*run the same command"
    ):
        pack_videos([folder], out)
    assert not out.exists()
    assert (tmp_path / "patches.partial").stat().st_size == 20 * NUMEL
    monkeypatch.undo()
    decoded = []

    class Watching(Decoder):
        def decode(self, job, receive):
            decoded.append(job.path.name)
            return super().decode(job, receive)

    pack_videos([folder], out, decoder=Watching())
    assert "a.avi" not in decoded
    assert "clip.mp4" in decoded
    assert out.read_bytes() == whole


@pytest.mark.parametrize("room", [0, 100, 400, 800, 1200])
def test_disk_full_while_the_index_is_written(folder, tmp_path, monkeypatch, room):
    out, left, write = tmp_path / "patches", [room], cache_writer._write

    def write_while_there_is_room(file, data):
        if file.name.endswith(".index"):
            if len(data) > left[0]:
                write(file, data[: left[0]])
                raise OSError(errno.ENOSPC, "No space left on device")
            left[0] -= len(data)
        write(file, data)

    monkeypatch.setattr(cache_writer, "_write", write_while_there_is_room)
    with pytest.raises(StorageError):
        pack_videos([folder], out)
    monkeypatch.undo()
    assert len(pack_videos([folder], out)) == 39


def test_killed_run_continues(folder, tmp_path):
    """Killed at several moments; the file at last is the one an uninterrupted run writes."""
    whole = pack_videos([folder], tmp_path / "whole").path.read_bytes()
    out = tmp_path / "patches"
    code = "import sys; from udtlib.data.raw_video.packing import pack_videos; "
    code += "pack_videos([sys.argv[1]], sys.argv[2])"
    command = [sys.executable, "-c", code, str(folder), str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    kills = 0
    for size in (1, 21, 33):
        child = subprocess.Popen(command, env=environment)
        while child.poll() is None and not (partial_size(out) >= size * NUMEL):
            time.sleep(0.001)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            kills += child.wait() == -signal.SIGKILL
    pack_videos([folder], out)
    assert kills
    assert out.read_bytes() == whole
    assert not list(tmp_path.glob("*.partial*"))


def partial_size(out):
    try:
        return os.stat(f"{out}.partial").st_size
    except FileNotFoundError:
        return 0


def test_resuming_with_other_settings_is_refused(folder, tmp_path):
    out = tmp_path / "patches"
    with cache_writer.CacheWriter(
        out, {"webp": 80, "frames_per_video": 300, "selection": "centre", "measured": []}
    ):
        pass
    with pytest.raises(
        OptionError, match="selection is 'centre', asked for 'entropy'; webp is 80, asked for None"
    ):
        pack_videos([folder], out, selection="entropy")


def test_videos_that_crash_the_decoder_are_skipped(folder, tmp_path):
    write_video(tmp_path / "in" / "good.avi", frames_of(1, 4))
    (tmp_path / "in" / "abort.avi").touch()
    cache = pack_videos([tmp_path / "in"], tmp_path / "out", decoder=Decoder(module="crashing_decoder"))
    assert [video.name for video in cache.videos] == ["good.avi"]
    assert [video.name for video in cache.skipped] == ["abort.avi"]
    assert "SIGABRT" in cache.skipped[0].reason


def test_videos_for_measuring_are_dropped(folder, tmp_path):
    again = write_video(tmp_path / "test_sequence.mp4", np.repeat(frames_of(1, 20), 2, axis=1))
    measured = Measured([("test_sequence", VideoFile(again))])
    cache = pack_videos([folder], tmp_path / "out", measured=measured)
    assert [video.name for video in cache.videos] == ["b/clip.mp4", "c"]
    (leak,) = [video for video in cache.skipped if video.leak]
    assert leak.name == "a.avi"
    assert "shows test_sequence" in leak.reason
    assert cache.settings["measured"] == ["test_sequence"]


def test_other_pictures_for_measuring_under_the_same_name_are_another_cache(folder, tmp_path):
    """Kept, the cache would go on calling a video clean that shows what is measured on now."""

    def measured(root, seed):
        write_folder(root / "clip", frames_of(seed, 6))
        return Measured(measuring_sequences([root]))

    first = pack_videos([folder / "a.avi"], tmp_path / "out", measured=measured(tmp_path / "one" / "set", 7))
    assert first.settings["measured"] == ["set/clip"]
    copy = measured(tmp_path / "two" / "set", 7)
    assert pack_videos([folder / "a.avi"], tmp_path / "out", measured=copy).settings == first.settings
    with pytest.raises(OptionError, match=r"measured_content is '[0-9a-f]{32}', asked for '[0-9a-f]{32}'"):
        pack_videos([folder / "a.avi"], tmp_path / "out", measured=measured(tmp_path / "three" / "set", 8))


def test_frames_in_memory_count_by_their_hashes():
    one, other = [Measured([("clip", iter(frames_of(seed, 6)))]) for seed in (7, 8)]
    again = Measured([("clip", list(frames_of(7, 6)))])
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()


def test_nothing_usable(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "empty.mp4").touch()
    write_video(tmp_path / "in" / "one.avi", frames_of(1, 1))
    with pytest.raises(DataError, match="not one usable video among 2, nothing written") as refusal:
        pack_videos([tmp_path / "in"], tmp_path / "out")
    _, *reasons = str(refusal.value).splitlines()
    assert [reason.split(": ")[0] for reason in reasons] == ["  empty.mp4", "  one.avi"]
    assert "one frame, at least 2 are needed" in reasons[1]
    assert [path.name for path in tmp_path.iterdir()] == ["in"], "nothing is left behind"


def test_memory_does_not_grow_with_the_video(tmp_path):
    path = write_video(tmp_path / "long.avi", frames_of(1, 300))
    tracemalloc.start()
    try:
        cache = pack_videos([path], tmp_path / "out")
        for start in range(0, 300, 50):
            cache.read(np.arange(start, start + 50))
        cache.verify()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(cache) * NUMEL > 14e6
    assert peak < 6e6


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"webp": 0}, OptionError, "1 to 100, found 0"),
        ({"webp": 101}, OptionError, "1 to 100, found 101"),
        (
            {"frames_per_video": 1},
            OptionError,
            "frames_per_video: expected a whole .* from 2 to .*, found 1",
        ),
        ({"selection": "best"}, UnknownNameError, "known: centre"),
    ],
)
def test_bad_options(folder, tmp_path, options, error, text):
    with pytest.raises(error, match=text):
        pack_videos([folder], tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["raw", "webp"])
def test_damaged_cache_is_noticed(folder, tmp_path, kind):
    path = pack_videos([folder], tmp_path / "out", webp=80 if kind == "webp" else None).path
    data = path.read_bytes()
    video = PatchCache(path).videos[1]

    def check(damaged, text):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=text):
            PatchCache(path)

    place = video.offset + video.nbytes // 2
    check(
        data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :],
        r"out: the patches of b/clip\.mp4 are damaged",
    )
    check(data[: len(data) // 2], "cut off")
    check(data[NUMEL:] if kind == "raw" else data[9:], "bytes of patches")
    check(data[:-60] + b"?" + data[-59:], "the index is damaged")
    check(b"", "expected a patch cache")
    check(b"PK" * 99, "expected a patch cache")
    with pytest.raises(MissingDataError, match="udt data pack"):
        PatchCache(tmp_path / "nowhere")


def test_reading(folder, tmp_path, monkeypatch):
    import pickle

    monkeypatch.chdir(tmp_path)
    cache = pack_videos([folder], "out")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir("other")  # where other processes open the cache again
    patches = cache.load()
    np.testing.assert_array_equal(cache.read(5), patches[5])
    np.testing.assert_array_equal(cache.read([[3, 38, 3]]), patches[[[3, 38, 3]]])
    assert cache.read([]).shape == (0, 125, 125, 3)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(cache)).read(7), patches[7])
    for index in (-1, 39):
        with pytest.raises(IndexError, match="of 39"):
            cache.read([0, index])
    for odd in (1.5, [0.0, 1.0], ["a"], [True], None, [[1], [2, 3]], 1e30, 10**400, 1 + 2j, {}):
        with pytest.raises(OptionError, match="expected whole numbers"):
            cache.read(odd)
    copy = cache.read([1])
    copy[:] = 0
    np.testing.assert_array_equal(cache.read([1]), patches[[1]])


@pytest.fixture
def two(tmp_path):
    """A video file, a folder of images and a bad file; their cache."""
    root = tmp_path / "in"
    write_video(root / "a.avi", frames_of(1, 4))
    write_folder(root / "b", frames_of(2, 5))
    (root / "junk.mkv").write_bytes(b"junk" * 9)
    pack_videos([root], tmp_path / "out", frames_per_video=3)
    return root, tmp_path / "out"


@pytest.mark.parametrize("name", ["a.avi", "b", "junk.mkv"])
def test_other_videos_under_the_same_names_are_refused(two, name):
    root, out = two
    before = out.read_bytes()
    pack_videos([root], out, frames_per_video=3)
    if name == "b":
        write_folder(root / "other", frames_of(7, 5))
        shutil.rmtree(root / "b")
        (root / "other").rename(root / "b")
    else:
        write_video(root / "other.avi", frames_of(8, 4))
        (root / "other.avi").replace(root / name)
    with pytest.raises(DataError, match=rf"out was made of another {name}, which has changed since"):
        pack_videos([root], out, frames_per_video=3)
    assert out.read_bytes() == before


def test_images_that_were_not_used_may_change(two):
    root, out = two
    images = sorted((root / "b").iterdir())
    images[4].write_bytes(images[3].read_bytes())
    before = out.read_bytes()
    pack_videos([root], out, frames_per_video=3)
    assert out.read_bytes() == before


def interrupted(root, out):
    class Stops(Decoder):
        def decode(self, job, receive):
            if job.path.name != "a.avi":
                raise KeyboardInterrupt
            return super().decode(job, receive)

    with Stops() as decoder, pytest.raises(KeyboardInterrupt):
        pack_videos([root], out, decoder=decoder)


def test_an_interrupted_run_does_not_go_on_with_other_videos(two, tmp_path):
    root, _ = two
    out = tmp_path / "again"
    interrupted(root, out)
    write_video(tmp_path / "elsewhere" / "c.avi", frames_of(3, 4))
    with pytest.raises(DataError, match=r"again was begun with other videos \(a\.avi is not here\)"):
        pack_videos([tmp_path / "elsewhere"], out)
    write_video(root / "a.avi", frames_of(9, 4))
    with pytest.raises(DataError, match=r"again was made of another a\.avi"):
        pack_videos([root], out)


def test_another_way_of_cutting_is_another_setting(two, monkeypatch):
    root, out = two
    monkeypatch.setattr(packing, "CUTTING", packing.CUTTING + 1)
    with pytest.raises(OptionError, match="cutting is 1, asked for 2"):
        pack_videos([root], out, frames_per_video=3)


def other_follow(frame, box):
    return kcf.follow(frame, box)


def test_another_follower_is_another_setting(two, tmp_path):
    root, _ = two
    pack_videos([root], tmp_path / "followed", selection="follow", follower=kcf.follow)
    with pytest.raises(
        OptionError, match=r"follower is 'udtlib.trackers.kcf.follow', asked for .*other_follow"
    ):
        pack_videos([root], tmp_path / "followed", selection="follow", follower=other_follow)


def test_caches_of_earlier_versions_are_of_the_first_way_of_cutting(two):
    cache_writer.check_settings("old", {"webp": None}, {"webp": None, "cutting": 1})
    with pytest.raises(OptionError, match="cutting is None, asked for 2"):
        cache_writer.check_settings("old", {"webp": None}, {"webp": None, "cutting": 2})
