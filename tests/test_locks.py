"""One writer at a time: in one process, in several, and after a kill."""

import errno
import os
import subprocess
import sys

import pytest

from udtlib.errors import StorageError
from udtlib.files import write_whole
from udtlib.locks import only_writer

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def python(code, *words, **options):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], env=ENVIRONMENT, **options)


def test_a_second_writer_is_refused_and_the_lock_goes(tmp_path):
    path = tmp_path / "a.txt"
    (tmp_path / "link").symlink_to("a.txt")
    with only_writer(path, None, "/dev/null", tmp_path / "link", tmp_path / "b.txt"):
        for second in (path, tmp_path / "link", tmp_path / "b.txt"):
            with pytest.raises(StorageError, match=f"{second}: another process is writing there; wait for"):
                only_writer(second).__enter__()
        with only_writer(tmp_path / "c.txt"), only_writer(tmp_path):
            pass
    assert names(tmp_path) == ["link"]
    with only_writer(path):
        pass


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127])
def test_names_as_long_as_the_system_allows(tmp_path, name):
    with only_writer(tmp_path / name):
        write_whole(tmp_path / name, "x")
    assert names(tmp_path) == [name]


def test_long_names_that_begin_alike_are_different_files(tmp_path):
    with only_writer(tmp_path / ("x" * 60 + "a")), only_writer(tmp_path / ("x" * 60 + "b")):
        assert len(names(tmp_path)) == 2


def test_the_lock_ends_with_its_process(tmp_path):
    code = "import sys, time; from udtlib.locks import only_writer\nwith only_writer(sys.argv[1]):\n"
    code += " print(flush=True); time.sleep(60)"
    child = python(code, tmp_path / "a", stdout=subprocess.PIPE)
    assert child.stdout.readline()
    with pytest.raises(StorageError, match="another process"):
        only_writer(tmp_path / "a").__enter__()
    child.kill()
    child.wait()
    assert names(tmp_path) == [".a.lock"], "left behind, and means nothing"
    with only_writer(tmp_path / "a"):
        pass
    assert names(tmp_path) == []


def test_never_two_at_once(tmp_path):
    """Many processes take turns; each notes when it comes and goes."""
    code = """
import os, sys
from udtlib.errors import StorageError
from udtlib.locks import only_writer
done = 0
while done < 20:
    try:
        with only_writer(sys.argv[1]):
            os.close(os.open(sys.argv[1] + ".inside", os.O_CREAT | os.O_EXCL))
            os.unlink(sys.argv[1] + ".inside")
            done += 1
    except StorageError:
        pass
"""
    children = [python(code, tmp_path / "a", stderr=subprocess.PIPE) for _ in range(3)]
    assert [(child.communicate()[1], child.returncode) for child in children] == [(b"", 0)] * 3
    assert names(tmp_path) == []


def test_a_folder_that_is_gone_needs_no_unlocking(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    with only_writer(run):
        assert names(run) == [".lock"]
        (run / ".lock").unlink()
        run.rmdir()
    with pytest.raises(StorageError, match="does not exist"):
        only_writer(tmp_path / "no" / "a").__enter__()
    (tmp_path / ".b.lock").symlink_to("victim")
    with pytest.raises(StorageError, match="found a link"):
        only_writer(tmp_path / "b").__enter__()
    assert not (tmp_path / "victim").exists()


def test_where_the_file_system_knows_no_locks_writing_goes_on(tmp_path, monkeypatch):
    import fcntl

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with only_writer(tmp_path / "a"):
        write_whole(tmp_path / "a", "x")
    assert names(tmp_path) == ["a"]


def test_a_link_into_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "link").symlink_to("nowhere/file")
    with (
        pytest.raises(StorageError, match=rf"link: cannot be written \(.*{tmp_path}/nowhere does not exist"),
        only_writer(tmp_path / "link"),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["link"]
