"""Downloads from a server on this machine that drops, lies and refuses."""

import errno
import hashlib
import io
import json
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np
import pytest
from web_server import WebServer

from udtlib.data.download.downloads import download
from udtlib.data.download.fetch import Source, fetch, sha256
from udtlib.errors import DownloadError, OptionError, StorageError, UnknownNameError

CONTENT = np.random.default_rng(0).bytes(50_000)


@pytest.fixture
def web(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = WebServer()
    server.files["a.zip"] = CONTENT
    yield server
    server.close()


def get(web, folder, name="a.zip", **options):
    return fetch(web.address + name, folder / name, pause=0, **options).read_bytes()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_in_one_go(web, tmp_path):
    steps = []
    assert get(web, tmp_path, progress=lambda done, size: steps.append((done, size))) == CONTENT
    assert names(tmp_path) == ["a.zip"]
    assert web.log == [("a.zip", "", 200)]
    assert steps[-1] == (50_000, 50_000)
    assert sha256(tmp_path / "a.zip") == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("tag", ["", '"one"', 'W/"weak"'])
def test_a_broken_connection_is_continued(web, tmp_path, tag):
    web.tags["a.zip"] = tag
    web.modes["a.zip"] = ["drop:10000", "drop:20000", "whole"]
    assert get(web, tmp_path) == CONTENT
    assert web.log == [("a.zip", "", 200), ("a.zip", "bytes=10000-", 206), ("a.zip", "bytes=30000-", 206)]


def test_the_next_run_continues(web, tmp_path):
    web.modes["a.zip"] = ["drop:10000", *["500"] * 5]
    with pytest.raises(
        DownloadError, match=r"a\.zip: .* 500 .* 5 attempts, 10000 bytes are kept in .*a\.zip\.part"
    ):
        get(web, tmp_path)
    assert names(tmp_path) == ["a.zip.part", "a.zip.part.json"]
    assert get(web, tmp_path) == CONTENT
    assert web.log[-1] == ("a.zip", "bytes=10000-", 206)
    assert names(tmp_path) == ["a.zip"]


def test_a_killed_run_is_continued(web, tmp_path):
    web.modes["a.zip"] = ["hang:10000"]
    code = "import sys; from udtlib.data.download.fetch import fetch; fetch(*sys.argv[1:])"
    child = subprocess.Popen([sys.executable, "-c", code, web.address + "a.zip", str(tmp_path / "a.zip")])
    part = tmp_path / "a.zip.part"
    while not part.exists() or part.stat().st_size < 10_000:
        assert child.poll() is None
        time.sleep(0.02)
    child.kill()
    child.wait()
    assert get(web, tmp_path) == CONTENT
    assert web.log[-1] == ("a.zip", "bytes=10000-", 206)


def test_a_server_that_falls_silent_is_left_after_a_while(web, tmp_path):
    web.modes["a.zip"] = ["hang:10000", "whole"]
    assert get(web, tmp_path, timeout=0.3) == CONTENT


def test_a_server_that_ignores_range_is_read_from_the_start(web, tmp_path):
    web.modes["a.zip"] = ["drop:10000", "no-range"]
    assert get(web, tmp_path) == CONTENT
    assert [status for *_, status in web.log] == [200, 200]


@pytest.mark.parametrize("tags", [('"one"', '"two"'), ("", "")])
def test_pieces_of_two_versions_are_never_joined(web, tmp_path, tags):
    web.tags["a.zip"] = tags[0]
    web.modes["a.zip"] = ["drop:10000", *["503"] * 5]
    with pytest.raises(DownloadError):
        get(web, tmp_path)
    web.files["a.zip"], web.tags["a.zip"] = CONTENT[::-1][:-5], tags[1]
    assert get(web, tmp_path) == CONTENT[::-1][:-5]


def test_a_partial_file_of_another_address_or_of_unknown_origin_is_dropped(web, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(b"x" * 500)
    assert get(web, tmp_path) == CONTENT
    (tmp_path / "a.zip.part").write_bytes(b"x" * 500)
    (tmp_path / "a.zip.part.json").write_text(
        '{"url": "http://elsewhere/a.zip", "validator": "", "size": 50000}'
    )
    assert get(web, tmp_path) == CONTENT
    assert {asked for _, asked, _ in web.log} == {""}


def test_a_partial_file_that_is_whole_or_too_long(web, tmp_path):
    note = f'{{"url": "{web.address}a.zip", "validator": "", "size": 50000}}'
    for kept, requests in ((CONTENT, 1), (CONTENT + b"x", 2)):
        (tmp_path / "a.zip.part").write_bytes(kept)
        (tmp_path / "a.zip.part.json").write_text(note)
        web.log.clear()
        assert get(web, tmp_path) == CONTENT
        assert len(web.log) == requests
        assert web.log[0] == ("a.zip", f"bytes={len(kept)}-", 416)


def test_a_range_that_starts_elsewhere_is_not_taken(web, tmp_path):
    web.modes["a.zip"] = ["drop:10000", "wrong-start", "whole"]
    assert get(web, tmp_path) == CONTENT


def test_a_size_that_is_announced_too_large(web, tmp_path):
    web.modes["a.zip"] = ["longer:100"]
    assert get(web, tmp_path) == CONTENT  # the second answer, 416, says how long it is
    assert [status for *_, status in web.log] == [200, 416]


def test_a_server_without_sizes(web, tmp_path):
    web.modes["a.zip"] = ["no-length"]
    assert get(web, tmp_path) == CONTENT


def test_a_server_that_always_breaks_at_the_same_place_is_given_up(web, tmp_path):
    web.modes["a.zip"] = ["drop:0", *["drop:0"] * 30]
    with pytest.raises(DownloadError, match=r"the connection broke at 0 of 50000 bytes; given up after 5"):
        get(web, tmp_path)
    assert len(web.log) == 5


@pytest.mark.parametrize(("mode", "requests"), [("403", 1), ("404", 1), ("410", 1), ("500", 5), ("429", 5)])
def test_refusals(web, tmp_path, mode, requests):
    web.modes["a.zip"] = [mode] * 10
    with pytest.raises(DownloadError, match=rf"a\.zip: the server answers {mode}"):
        get(web, tmp_path)
    assert len(web.log) == requests
    assert not (tmp_path / "a.zip").exists()


def test_busy_servers_are_asked_again(web, tmp_path):
    web.modes["a.zip"] = ["503", "500"]
    assert get(web, tmp_path) == CONTENT


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/a.zip", "a.zip"])
def test_other_addresses_are_refused(tmp_path, url):
    with pytest.raises(DownloadError, match="expected an address that starts with http"):
        fetch(url, tmp_path / "a.zip")


def test_no_server(web, tmp_path):
    web.close()
    with pytest.raises(DownloadError, match=r"[Rr]efused; given up after 5"):
        get(web, tmp_path)


def test_a_full_disk_is_said_at_once(web, tmp_path, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("udtlib.data.download.fetch.open_partial", lambda path: Full(path, "ab"))
    with pytest.raises(StorageError, match=r"a\.zip\.part: cannot be written \(No space left.*is kept"):
        get(web, tmp_path)
    assert len(web.log) == 1


def test_a_link_under_the_name_of_the_partial_file_is_not_followed(web, tmp_path):
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "a.zip.part").symlink_to("victim")
    note = Source(f"{web.address}a.zip", "", len(CONTENT))
    (tmp_path / "a.zip.part.json").write_text(json.dumps(asdict(note)))
    with pytest.raises(StorageError, match="found a link"):
        get(web, tmp_path)
    assert (tmp_path / "victim").read_bytes() == b"mine"


@pytest.mark.parametrize("key", ["timeout", "pause", "largest"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 10**400, "x", None, [], 1j])
def test_numbers_that_cannot_be(tmp_path, key, value):
    with pytest.raises(OptionError, match=f"{key}: expected .*, found "):
        fetch("http://127.0.0.1:9/a", tmp_path / "a", **{key: value})
    with pytest.raises(UnknownNameError, match="no benchmark to download"):
        download(value, tmp_path)
    assert list(tmp_path.iterdir()) == []
