"""Files that are whole or as they were, whatever happens; links, devices and modes."""

import errno
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from udtlib import files
from udtlib.errors import MissingDataError, StorageError
from udtlib.files import (
    check_target,
    open_partial,
    remove_unfinished,
    replacing,
    storage_errors,
    user_path,
    write_whole,
)

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def python(code, *words, **options):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], env=ENVIRONMENT, **options)


# --- whole, or as it was ---


@pytest.mark.parametrize("content", ["grüße\n", b"\x00\xff", "", "bad \udcff name"])
def test_what_is_written_is_read_again(tmp_path, content):
    path = tmp_path / "a.txt"
    for _ in range(2):
        write_whole(path, content)
        expected = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        assert path.read_bytes() == expected
    assert names(tmp_path) == ["a.txt"]


def test_nothing_is_renamed_before_it_is_on_the_disk(tmp_path, monkeypatch):
    events, sync, replace = [], os.fsync, os.replace

    def watch_sync(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else os.fstat(descriptor).st_size
        events.append(kind)
        sync(descriptor)

    def watch_replace(source, target):
        events.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watch_sync)
    monkeypatch.setattr(os, "replace", watch_replace)
    write_whole(tmp_path / "a", "12345")
    assert events == [5, "rename", "folder"]


@pytest.mark.parametrize("place", ["fsync", "replace", "open"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, place):
    path = tmp_path / "a.txt"
    write_whole(path, "old")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, place, full)
    with pytest.raises(StorageError, match=rf"{path}: cannot be written \(No space left on device\)"):
        write_whole(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.mp4"
    write_whole(path, "old")
    with pytest.raises(ZeroDivisionError), replacing(path) as unfinished:
        1 // unfinished.write_text("" if unfinished.suffix == ".mp4" else "x")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.mp4"]


def test_kills_leave_the_old_file_or_the_new_one(tmp_path):
    """Killed at random moments while it writes 2 MB again and again."""
    path = tmp_path / "a"
    code = "import sys; from udtlib.files import write_whole\nfor k in range(10**9): "
    code += "write_whole(sys.argv[1], bytes([k % 256]) * 2_000_000)"
    chance, kills = random.Random(1), 0
    for _ in range(8):
        child = python(code, path)
        while not path.exists():
            time.sleep(0.01)
        time.sleep(0.2 + 0.1 * chance.random())
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
        content = path.read_bytes()
        assert content == content[:1] * 2_000_000
    assert kills == 8


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(StorageError, match=rf"the folder {tmp_path / 'no'} does not exist"):
        write_whole(tmp_path / "no" / "a.txt", "x")


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "." + "b" * 250, "a." + "c" * 250])
def test_names_as_long_as_the_system_allows(tmp_path, name):
    write_whole(tmp_path / name, "x")
    assert names(tmp_path) == [name]
    with pytest.raises(StorageError, match="File name too long"):
        write_whole(tmp_path / (name * 2), "x")


# --- what is there already ---


def test_links_stay_links(tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to("place/real")
    (tmp_path / "chain").symlink_to(tmp_path / "link")
    for content in ("made", "again"):
        write_whole(tmp_path / "chain", content)
        assert (tmp_path / "place" / "real").read_text() == content
    assert (tmp_path / "chain").is_symlink()
    assert (tmp_path / "link").is_symlink()
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(StorageError, match="circle"):
        write_whole(tmp_path / "circle", "x")


def test_a_socket_is_refused_and_stays(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        (tmp_path / "link").symlink_to("socket")
        for name in ("socket", "link"):
            with pytest.raises(StorageError, match="found a disk or a socket"):
                write_whole(tmp_path / name, "x")
            with pytest.raises(StorageError, match="found a disk or a socket"), replacing(tmp_path / name):
                pass
        assert stat.S_ISSOCK(os.stat(tmp_path / "socket").st_mode)
        assert sorted(os.listdir(tmp_path)) == ["link", "socket"]


def test_devices_and_pipes_are_written_to_and_stay(tmp_path):
    write_whole("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    (tmp_path / "link").symlink_to("/dev/null")
    write_whole(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_whole(tmp_path / "pipe", "through")
    reader.join(10)
    assert read == [b"through"]
    assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(StorageError, match="found a device or a pipe"), replacing(tmp_path / "pipe"):
        pass
    with pytest.raises(StorageError, match="No space left"):
        write_whole("/dev/full", "x")
    assert names(tmp_path) == ["link", "pipe"]


@pytest.mark.parametrize(("name", "into"), [("/dev/stdout", "file"), ("/dev/fd/1", "pipe")])
def test_standard_output_is_written_to_wherever_it_goes(tmp_path, name, into):
    code = "import sys; from udtlib.files import write_whole; print('before'); "
    code += "write_whole(sys.argv[1], 'content\\n'); print('after')"
    if into == "pipe":
        child = python(code, name, stdout=subprocess.PIPE)
        assert child.communicate()[0] == b"before\ncontent\nafter\n"
    else:
        with (tmp_path / "out").open("wb") as out:
            assert python(code, name, stdout=out).wait() == 0
        assert (tmp_path / "out").read_bytes() == b"before\ncontent\nafter\n"


def test_folders_are_refused(tmp_path):
    for path in (tmp_path, "/"):
        with pytest.raises(StorageError, match="found a folder"):
            write_whole(path, "x")
    assert check_target(tmp_path / "new") == tmp_path / "new"


def test_modes_are_those_of_a_plain_open(tmp_path):
    mask = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", "x")
        (tmp_path / "plain").write_text("x")
    finally:
        os.umask(mask)
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "new").chmod(0o604)
    write_whole(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_write_protected_file_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "kept").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(StorageError, match="write-protected"):
        write_whole(tmp_path / "kept", "new")
    monkeypatch.undo()
    assert (tmp_path / "kept").read_text() == "old"
    assert names(tmp_path) == ["kept"]


def test_a_link_under_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "victim").write_text("old")
    monkeypatch.setattr(files.secrets, "token_hex", lambda count: "guessed")
    (tmp_path / ".a.guessed.unfinished").symlink_to("victim")
    with pytest.raises(StorageError, match="File exists"):
        write_whole(tmp_path / "a", "new")
    assert (tmp_path / "victim").read_text() == "old"
    monkeypatch.undo()
    write_whole(tmp_path / "a", "new")


def test_partial_files_are_no_links_and_no_pipes(tmp_path):
    (tmp_path / "victim").write_text("old")
    (tmp_path / "a.partial").symlink_to("victim")
    os.mkfifo(tmp_path / "b.partial")
    for name, found in (("a", "a link"), ("b", "another kind")):
        with pytest.raises(StorageError, match=f"found {found}"):
            open_partial(tmp_path / f"{name}.partial")
    assert (tmp_path / "victim").read_text() == "old"
    with open_partial(tmp_path / "c.partial") as file:
        file.write(b"12")
    with open_partial(tmp_path / "c.partial") as file:
        assert file.read() == b"12"


def leftover(folder, name, age, random="0123456789abcdef"):
    path = folder / f".{name}.{random}.unfinished{Path(name).suffix}"
    path.touch()
    os.utime(path, (time.time() - age,) * 2)
    return path.name


def test_what_killed_runs_left_is_removed_after_a_minute(tmp_path):
    leftover(tmp_path, "old.txt", 90)
    kept = [leftover(tmp_path, "new.txt", 10), leftover(tmp_path, "strangers.txt", 90, "0123")]
    (tmp_path / "old.txt").touch()
    remove_unfinished(tmp_path)
    assert names(tmp_path) == sorted([*kept, "old.txt"])


def test_what_killed_runs_left_of_one_file(tmp_path):
    for name in ("a[b].mp4", "\xe9.mp4"):
        kept = [leftover(tmp_path, other, 90) for other in (f"x{name}", f"{name}.mp4", "a.mp4")]
        with replacing(tmp_path / name) as unfinished:
            os.link(unfinished, tmp_path / "kill")
            left = unfinished.name
        os.rename(tmp_path / "kill", tmp_path / left)
        os.utime(tmp_path / left, (time.time() - 90,) * 2)
        remove_unfinished(tmp_path, name)
        assert set(kept) <= set(names(tmp_path))
        assert left not in names(tmp_path)


# --- paths ---


def test_home_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_whole("~/a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"
    assert user_path("~") == tmp_path
    assert user_path("b/~/c") == Path("b/~/c")
    assert user_path(user_path("./~")) == tmp_path / "~"
    with pytest.raises(MissingDataError, match="no such home folder"):
        user_path("~nobody-of-this-name/a")
    with pytest.raises(MissingDataError, match="no file can have such a name"):
        write_whole("a\0b", "x")


def test_our_own_errors_pass_through():
    with pytest.raises(MissingDataError, match=r"^mine$"), storage_errors("a"):
        raise MissingDataError("mine")
