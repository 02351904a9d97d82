"""What counts as data: which files of a folder are frames or videos, and what is said of the others."""

import io
import logging
import os

import cv2
import numpy as np
import pytest
from PIL import Image
from video_files import frames_of, write_video

from udtlib import load_dataset
from udtlib.data import kinds
from udtlib.data.folder import open_frames
from udtlib.data.kinds import VIDEO_SUFFIXES, Walk, check_video_start, look_into
from udtlib.data.raw_video.leak_check import measuring_sequences
from udtlib.data.raw_video.packing import find_videos, pack_videos
from udtlib.errors import DataError, MissingDataError

FRAMES = [f"{number:04d}.jpg" for number in range(1, 4)]


def write(folder, *names):
    """Images of one grey each, by their place in ``names``; other files hold three bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for value, name in enumerate(names):
        if name.lower().endswith((".jpg", ".jpeg", ".png", ".bmp", ".tif", ".webp")) and name[0] != ".":
            image = cv2.imencode("." + name.split(".")[-1].lower(), np.full((12, 16, 3), value, np.uint8))[1]
            (folder / name).write_bytes(image.tobytes())
        else:
            (folder / name).write_bytes(b"\0\5\7")
    return folder


def gif(pictures):
    file = io.BytesIO()
    first, *others = [Image.fromarray(frame) for frame in frames_of(1, pictures)]
    first.save(file, "GIF", save_all=True, append_images=others, duration=40)
    return file.getvalue()


def frame_names(folder):
    return [path.name for path in look_into(folder).frames()]


def left_out(folder):
    return {path.name: reason for path, reason in look_into(folder).left_out.items()}


@pytest.mark.parametrize(
    "stray",
    [
        ["._0001.jpg", "._0002.jpg", "._0003.jpg", "._0004.jpg"],
        ["cover.jpg"],
        ["0000_cover.jpg"],
        ["0001_mask.png", "0002_mask.png", "0003_mask.png"],
        ["0001_mask.jpg", "0002_mask.jpg", "0003_mask.jpg"],
        ["0001.png", "0002.png", "0003.png"],
        ["poster1.jpg", "poster2.jpg"],
        ["0001 (1).jpg", "0001 - Copy.jpg"],
        ["thumb_0001.jpg", "thumb_0002.jpg", "thumb_0003.jpg"],
        ["frame.heic"],
        ["folder.JPG"],
    ],
)
def test_what_lies_beside_the_frames_is_left_out_with_a_line(tmp_path, caplog, stray):
    folder = write(tmp_path / "clip", *FRAMES, *stray, "notes.txt", "Thumbs.db", ".DS_Store")
    with caplog.at_level(logging.WARNING):
        frames = open_frames(folder)
    assert [path.name for path in frames.paths] == FRAMES
    assert [int(frame[0, 0, 0]) for frame in frames] == [0, 1, 2]
    assert set(left_out(folder)) == set(stray)
    assert str(folder) in caplog.text
    assert any(name in caplog.text for name in stray)
    assert "notes.txt" not in caplog.text


def test_an_ordinary_folder_is_not_spoken_of(tmp_path, caplog):
    folder = write(tmp_path / "clip", *FRAMES, "groundtruth.txt", "notes.txt")
    assert len(open_frames(folder)) == 3
    assert not caplog.text


@pytest.mark.parametrize("suffix", [".JPG", ".Jpeg", ".PNG", ".bmp", ".tif", ".webp"])
def test_every_suffix_in_every_case(tmp_path, suffix):
    names = [f"{number:04d}{suffix}" for number in range(1, 4)]
    folder = write(tmp_path / "root" / "Clip" / "img", *names)
    assert frame_names(folder) == names
    (folder.parent / "groundtruth_rect.txt").write_text("1,1,5,5\n" * 3)
    for dataset in ("otb", "tc128"):
        (folder.parent / "Clip_gt.txt").write_text("1,1,5,5\n" * 3)
        (folder.parent / "Clip_frames.txt").write_text("1,3\n")
        (sequence,) = load_dataset(dataset, tmp_path / "root")
        assert [path.name for path in sequence.frames.paths] == names
        assert sequence.frames[2].shape == (12, 16, 3)


def test_benchmarks_leave_out_what_folders_leave_out(tmp_path, caplog):
    root = tmp_path / "root"
    folder = write(root / "Clip" / "img", *FRAMES, "._0001.jpg", "0001_mask.jpg", "9999.png", "cover.jpg")
    for name, text in {
        "groundtruth_rect.txt": "1,1,5,5\n" * 3,
        "Clip_gt.txt": "1,1,5,5\n" * 3,
        "._Clip_gt.txt": "\0\5",
        "Clip_frames.txt": "1,3\n",
        "._Clip_frames.txt": "\0\5",
    }.items():
        (folder.parent / name).write_text(text)
    write(root / "__MACOSX" / "img", *FRAMES)
    for dataset in ("otb", "tc128"):
        caplog.clear()
        (sequence,) = load_dataset(dataset, root)
        assert [path.name for path in sequence.frames.paths] == FRAMES
        assert "cover.jpg" in caplog.text


def test_two_images_of_one_number_are_an_error_of_the_benchmark_too(tmp_path):
    folder = write(tmp_path / "root" / "Clip" / "img", *FRAMES, "2.jpg")
    (folder.parent / "groundtruth_rect.txt").write_text("1,1,5,5\n" * 3)
    with pytest.raises(DataError, match="have one number"):
        load_dataset("otb", tmp_path / "root")


def test_what_is_no_file_is_no_frame(tmp_path):
    folder = write(tmp_path / "clip", *FRAMES)
    (folder / "0004.jpg").mkdir()
    (folder / "0005.jpg").symlink_to(folder / "nowhere.jpg")
    os.mkfifo(folder / "0006.jpg")
    (folder / "0007.jpg").symlink_to("0007.jpg")
    (folder / "loop").symlink_to("loop")
    assert frame_names(folder) == FRAMES
    assert set(left_out(folder)) == {"0005.jpg", "0006.jpg", "0007.jpg"}


def test_posters_beside_videos_are_no_video(tmp_path, caplog):
    for number in range(1, 4):
        write_video(tmp_path / f"clip{number}.avi", frames_of(number, 3))
    posters = ["cover.jpg", "fanart1.jpg", "fanart2.jpg", *(f"clip{number}.jpg" for number in range(1, 4))]
    write(tmp_path, *posters, "clip1-poster.png")
    assert [source.name for source in find_videos([tmp_path])] == ["clip1.avi", "clip2.avi", "clip3.avi"]
    assert "posters" in caplog.text
    with pytest.raises(DataError, match=r"expected images .* found none, but the video clip1\.avi: name"):
        open_frames(tmp_path)


def test_posters_named_after_many_videos_are_no_video(tmp_path):
    for number in range(20):
        (tmp_path / f"clip{number}.mp4").write_bytes(b"\0\0\0\x18ftyp")
    write(tmp_path, *(f"clip{number}.jpg" for number in range(20)))
    assert len(find_videos([tmp_path])) == 20


def test_a_long_sequence_beside_a_video_stays_one(tmp_path):
    names = [f"{number:03d}.png" for number in range(kinds.BESIDE_VIDEOS)]
    write(tmp_path / "clip", *names, "poster.jpg")
    write_video(tmp_path / "clip" / "preview.avi", frames_of(1, 3))
    assert [source.name for source in find_videos([tmp_path])] == ["clip", "clip/preview.avi"]
    assert frame_names(tmp_path / "clip") == names


@pytest.mark.parametrize("suffix", [".flv", ".3gp", ".vob", ".webm", ".mov", ".m4v", ".ts", ".mts", ".wmv"])
def test_videos_of_every_suffix_are_found_and_read(tmp_path, suffix):
    written = write_video(tmp_path / "written.mp4", frames_of(1, 6))
    path = written.rename(tmp_path / f"a{suffix}")
    (source,) = find_videos([tmp_path])
    assert source.path == path
    assert open_frames(path)[5].shape == (60, 80, 3)
    path.rename(tmp_path / f"a{suffix.upper()}")
    assert len(find_videos([tmp_path])) == 1


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".flv", "FLV1"), (".3gp", "mp4v"), (".mpeg", "PIM1"), (".vob", "PIM1"), (".ts", "mp4v")],
)
def test_containers_of_these_suffixes_are_read(tmp_path, suffix, codec):
    path = tmp_path / f"clip{suffix}"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (80, 64))
    assert writer.isOpened()
    for frame in frames_of(1, 6, (64, 80)):
        writer.write(frame)
    writer.release()
    assert [source.path for source in find_videos([tmp_path])] == [path]
    assert len(open_frames(path)) == 6
    nameless = path.rename(tmp_path / "clip.data")
    assert len(open_frames(nameless)) == 6, "its first bytes say what it is"


def test_a_gif_is_a_video_if_it_moves_and_an_image_if_not(tmp_path):
    (tmp_path / "moving.gif").write_bytes(gif(5))
    assert [source.name for source in find_videos([tmp_path])] == ["moving.gif"]
    assert len(open_frames(tmp_path / "moving.gif")) == 5
    still = tmp_path / "still"
    still.mkdir()
    for number in range(3):
        (still / f"{number}.gif").write_bytes(gif(1))
    assert frame_names(still) == ["0.gif", "1.gif", "2.gif"]
    assert [source.name for source in find_videos([tmp_path])] == ["moving.gif", "still"]


def test_a_video_of_an_unknown_name_is_spoken_of(tmp_path, caplog):
    write_video(tmp_path / "a.avi", frames_of(1, 3))
    write_video(tmp_path / "b.avi", frames_of(2, 3)).rename(tmp_path / "b.avi.part")
    (tmp_path / "notes.dat").write_bytes(bytes(range(256)))
    assert [source.name for source in find_videos([tmp_path])] == ["a.avi"]
    assert "b.avi.part: a video by its first bytes" in caplog.text
    assert "notes.dat" not in caplog.text


TEXTS = {
    "notes.txt": b"Monday: filmed the dog. " * 40,
    "notes": b"short",
    "clip.mp4": b"<html><body>404 Not Found</body></html>\n",
    "list.m3u8": b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n",
    "list.avi": b"ffconcat version 1.0\nfile /etc/hostname\n",
    "utf16.txt": "Montag: den Hund gefilmt".encode("utf-16"),
    "accents.srt": "1\n00:00:01 --> 00:00:02\nà la carte\n".encode(),
    "colours.nfo": b"\x1b[31mred\x1b[0m\r\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_no_videos(tmp_path, name):
    (tmp_path / name).write_bytes(TEXTS[name])
    with pytest.raises(DataError, match="expected a video, found a text"):
        open_frames(tmp_path / name)


def test_other_files_are_no_videos_either(tmp_path):
    write(tmp_path, "image.png")
    for name, content, found in [
        ("poster.dat", (tmp_path / "image.png").read_bytes(), "found one image"),
        ("poster.mp4", (tmp_path / "image.png").read_bytes(), "found one image"),
        ("song.mp3", b"ID3\x04\0\0" + bytes(range(256)), "none by its name or by its first bytes"),
        ("nothing.mp4", b"", "an empty file"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=f"{name}: expected a video.*{found}"):
            open_frames(tmp_path / name)
    assert ".webm" in VIDEO_SUFFIXES
    check_video_start("clip.WEBM", b"\0\1\2")


def test_each_real_file_is_visited_once(tmp_path, caplog):
    root = tmp_path / "root"
    write_video(root / "clips" / "one.avi", frames_of(1, 3))
    os.link(root / "clips" / "one.avi", root / "clips" / "two.avi")
    (root / "a.avi").symlink_to(root / "clips" / "one.avi")
    (root / "clips" / "loop").symlink_to(root)
    (root / "again").symlink_to(root / "clips")
    write(root / "frames", *FRAMES)
    (root / "a_frames").symlink_to(root / "frames")
    assert [source.name for source in find_videos([root])] == ["clips/one.avi", "frames"]
    for name in ("two.avi", "a.avi", "loop", "again", "a_frames"):
        assert name in caplog.text
    one = root / "clips" / "one.avi"
    sources = find_videos([one, one, root, root / "frames", root])
    assert [source.name for source in sources] == ["one.avi", "frames"]
    assert [name for name, _ in measuring_sequences([root])] == ["root/frames"]
    cache = pack_videos([root, root / "a.avi"], tmp_path / "out")
    assert [video.name for video in cache.videos] == ["clips/one.avi", "frames"]


def test_a_link_to_data_elsewhere_is_followed(tmp_path):
    write_video(tmp_path / "disk" / "one.avi", frames_of(1, 3))
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "videos").symlink_to(tmp_path / "disk")
    assert [source.name for source in find_videos([tmp_path / "root"])] == ["videos/one.avi"]


def test_folders_of_the_system_are_not_entered(tmp_path, caplog):
    write(tmp_path / "clip", *FRAMES)
    for name in ("__MACOSX", ".thumbnails", "@eaDir"):
        write(tmp_path / name / "clip", *FRAMES)
    assert [source.name for source in find_videos([tmp_path])] == ["clip"]
    for name in ("__MACOSX", ".thumbnails", "@eaDir"):
        assert name in caplog.text
    assert [name for name, _ in measuring_sequences([tmp_path])] == [f"{tmp_path.name}/clip"]


def test_videos_among_what_is_measured_on_are_spoken_of(tmp_path, caplog):
    write(tmp_path / "clip", *FRAMES)
    write_video(tmp_path / "a.avi", frames_of(1, 3))
    assert [name for name, _ in measuring_sequences([tmp_path])] == [f"{tmp_path.name}/clip"]
    assert "a.avi: only folders of images are measured on" in caplog.text


def test_absent_folders(tmp_path):
    with pytest.raises(MissingDataError, match="nowhere"):
        look_into(tmp_path / "nowhere")
    with pytest.raises(MissingDataError, match="nowhere"):
        list(Walk().folders(tmp_path / "nowhere"))
    with pytest.raises(MissingDataError, match="nowhere: expected folders of images to measure on"):
        measuring_sequences([tmp_path / "nowhere"])


@pytest.mark.shared
def test_the_sequences_for_choosing_are_read_whole(caplog):
    """0,0,0,0 stands for an absent target there."""
    from udtlib.data import find_data

    root = find_data("val")
    if root is None:
        pytest.skip("the sequences for choosing are not found")
    sequences = load_dataset("otb", root=root)
    assert len(sequences) == 22
    assert all(len(sequence.frames) == len(sequence.boxes) for sequence in sequences)
    assert any((sequence.boxes[:, 2:] == 0).all(axis=1).any() for sequence in sequences)
    assert not caplog.text
