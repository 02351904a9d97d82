"""Benchmarks from a server on this machine: layouts, checksums, and archives that must be refused."""

import io
import json
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from dataclasses import replace

import pytest
from trees import write_otb, write_tc128
from web_server import WebServer

from udtlib import load_dataset
from udtlib.cli import main
from udtlib.data.benchmarks.otb_lists import LISTS
from udtlib.data.download.downloads import (
    BENCHMARKS,
    contents,
    download,
    is_otb,
    is_tc128,
    read_checksums,
)
from udtlib.data.download.unpack import unpack
from udtlib.errors import ArchiveError, DataError, StorageError, UnknownNameError

TARGETS = ("Bolt", "Human4_2", "Skating2_1", "Skating2_2")


@pytest.fixture
def web(monkeypatch, tmp_path):
    """A server of four targets of OTB-50, and of Temple-Color with three sequences."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = WebServer()
    source = tmp_path / "source"
    write_otb(source, "Bolt")
    write_otb(source, "Human4", truths=["groundtruth_rect.1.txt", "groundtruth_rect.2.txt"])
    (source / "Human4" / "groundtruth_rect.1.txt").write_text("")  # as in the benchmark
    write_otb(source, "Skating2", truths=["groundtruth_rect.1.txt", "groundtruth_rect.2.txt"])
    for name in ("Bolt", "Human4", "Skating2"):
        server.files[f"{name}.zip"] = zipped(source / name, name)
    for name in ("Airport_ce", "Ball_ce1", "Hurdle_ce2"):
        write_tc128(source / "tc", name)
    server.files["Temple-color-128.zip"] = zipped(source / "tc", "Temple-color-128")
    archives = ("Bolt.zip", "Human4.zip", "Skating2.zip")
    small = {
        "otb50": replace(BENCHMARKS["otb50"], address=server.address, archives=archives, sequences=4),
        "tc128": replace(BENCHMARKS["tc128"], address=server.address, sequences=3),
    }
    for name, benchmark in small.items():
        monkeypatch.setitem(BENCHMARKS, name, benchmark)
    monkeypatch.setitem(LISTS, "otb50", TARGETS)
    yield server
    server.close()


def zipped(folder, top):
    """A zip of a folder, as it comes from a Mac."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{top}/{path.relative_to(folder)}")
        archive.writestr(f"__MACOSX/{top}/._0001.jpg", b"x")
        archive.writestr(f"{top}/.DS_Store", b"x")
    return data.getvalue()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_otb(web, tmp_path):
    root = tmp_path / "new" / "otb"
    assert download("otb50", root, pause=0) == {}
    assert names(root) == ["Bolt", "Human4", "Skating2", "checksums.json"]
    assert names(root / "Bolt") == ["groundtruth_rect.txt", "img"]
    assert [sequence.name for sequence in load_dataset("otb50", root)] == list(TARGETS)
    assert [name for name, *_ in web.log] == ["Bolt.zip", "Human4.zip", "Skating2.zip"]
    web.log.clear()
    assert download("otb50", root, pause=0) == {}
    assert web.log == []  # nothing is missing
    shutil.rmtree(root / "Bolt")
    assert contents("otb50", root).missing == ("Bolt",)
    assert download("otb50", root, pause=0) == {}
    assert [name for name, *_ in web.log] == ["Bolt.zip"]


def test_temple_color(web, tmp_path):
    assert download("tc128", tmp_path / "tc", pause=0) == {}
    assert names(tmp_path / "tc") == ["Airport_ce", "Ball_ce1", "Hurdle_ce2", "checksums.json"]
    assert len(load_dataset("tc128", tmp_path / "tc")) == 3
    web.log.clear()
    assert download("tc128", tmp_path / "tc", pause=0) == {}
    assert web.log == []


def test_broken_connections_wrong_sizes_and_ignored_ranges(web, tmp_path):
    web.modes["Bolt.zip"] = ["drop:300", "drop:200", "whole"]
    web.modes["Human4.zip"] = ["drop:300", "no-range"]
    web.modes["Skating2.zip"] = ["longer:50"]
    assert download("otb50", tmp_path / "otb", pause=0) == {}
    assert len(load_dataset("otb50", tmp_path / "otb")) == 4


def test_an_archive_that_fails_does_not_stop_the_others(web, tmp_path):
    del web.files["Bolt.zip"]
    web.modes["Human4.zip"] = ["shorter:30"]
    problems = download("otb50", tmp_path / "otb", pause=0)
    assert list(problems) == ["Bolt.zip", "Human4.zip"]
    assert "Bolt.zip: the server answers 404" in problems["Bolt.zip"]
    assert "expected a whole zip archive, found a damaged one" in problems["Human4.zip"]
    assert names(tmp_path / "otb") == ["Skating2", "checksums.json"]
    assert list(read_checksums(tmp_path / "otb")) == ["Skating2.zip"]
    assert list(download("otb50", tmp_path / "otb", pause=0)) == ["Bolt.zip"]
    assert names(tmp_path / "otb") == ["Human4", "Skating2", "checksums.json"]


def test_a_later_download_is_compared_with_the_first(web, tmp_path):
    root = tmp_path / "otb"
    assert download("otb50", root, pause=0) == {}
    first = read_checksums(root)["Bolt.zip"]
    assert first["bytes"] == len(web.files["Bolt.zip"])
    shutil.rmtree(root / "Bolt")
    write_otb(tmp_path / "changed", "Bolt", count=4)
    web.files["Bolt.zip"] = zipped(tmp_path / "changed" / "Bolt", "Bolt")
    problems = download("otb50", root, pause=0)
    assert first["sha256"] in problems["Bolt.zip"]
    assert "checksums.json" in problems["Bolt.zip"]
    assert not (root / "Bolt").exists()
    assert (root / "Bolt.zip.different").read_bytes() == web.files["Bolt.zip"]
    known = read_checksums(root)
    del known["Bolt.zip"]  # what the message says
    (root / "checksums.json").write_text(json.dumps(known))
    assert download("otb50", root, pause=0) == {}
    assert len(load_dataset("otb", root)[0]) == 4


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": {"bytes": 1}}', "\x00"])
def test_damaged_checksums_are_refused_before_anything_is_fetched(web, tmp_path, content):
    (tmp_path / "checksums.json").write_text(content)
    if content == "[]":
        (tmp_path / "checksums.json").write_text("[1]")
    with pytest.raises(DataError, match=r"checksums\.json: expected the checksums"):
        download("otb50", tmp_path, pause=0)
    assert web.log == []


def test_a_second_download_into_a_folder_is_refused_while_the_first_runs(web, tmp_path, capsys):
    root, part = tmp_path / "otb", tmp_path / "otb" / "Bolt.zip.part"
    web.modes["Bolt.zip"] = ["hang:300"]
    command = ["data", "download", "otb50", "--root", str(root), "--address", web.address]
    first = subprocess.Popen([sys.executable, "-m", "udtlib", *command], stderr=subprocess.DEVNULL)
    while not part.exists() or part.stat().st_size < 300:
        assert first.poll() is None
        time.sleep(0.02)
    asked = len(web.log)
    assert main(command) == 2
    assert f"{root}: another process is writing there; wait for its end" in capsys.readouterr().err
    with pytest.raises(StorageError, match="another process is writing there"):
        download("tc128", root)
    assert (len(web.log), part.stat().st_size, first.poll()) == (asked, 300, None)
    assert download("otb50", tmp_path / "elsewhere", pause=0) == {}
    first.kill()
    first.wait()
    assert download("otb50", root, pause=0) == {}
    assert ("Bolt.zip", "bytes=300-", 206) in web.log
    assert download("otb50", root, pause=0) == {}


def test_the_wrong_sequence_in_an_archive(web, tmp_path):
    web.files["Bolt.zip"] = web.files["Skating2.zip"]
    problems = download("otb50", tmp_path / "otb", pause=0)
    assert "expected the folder of a sequence of Bolt" in problems["Bolt.zip"]
    assert names(tmp_path / "otb") == ["Human4", "Skating2", "checksums.json"]


def test_refusals(tmp_path):
    with pytest.raises(
        UnknownNameError, match="no benchmark to download 'mot'; known: otb2013, otb2015, otb50, tc128"
    ):
        download("mot", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file is a file, expected a folder"):
        download("otb50", tmp_path / "file" / "otb")


def test_the_table_of_benchmarks():
    assert {name: len(one.archives) for name, one in BENCHMARKS.items()} == {
        "otb2013": 50, "otb2015": 98, "otb50": 49, "tc128": 1,
    }  # fmt: skip
    assert all(one.address.startswith("http") and one.address.endswith("/") for one in BENCHMARKS.values())
    assert list(BENCHMARKS) == sorted(BENCHMARKS)


def entry(name, kind=stat.S_IFREG, flags=0):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o644) << 16
    info.flag_bits = flags
    return info


def write_zip(path, *entries, sequence=True):
    """An archive with a sequence Bolt and more entries."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("Bolt/img/0001.jpg", "Bolt/groundtruth_rect.txt") if sequence else ():
            archive.writestr(name, b"1,2,3,4\n")
        for one in entries:
            archive.writestr(one, b"../../target")
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (entry("../evil.txt"), "leads outside"),
        (entry("Bolt/img/../../../evil.txt"), "leads outside"),
        (entry(".."), "leads outside"),
        (entry("..\\evil.txt"), "leads outside"),
        (entry("/evil.txt"), "absolute"),
        (entry("//evil.txt"), "absolute"),
        (entry("\\evil.txt"), "absolute"),
        (entry("C:\\evil.txt"), "absolute"),
        (entry("C:evil.txt"), "absolute"),
        (entry("Bolt/e\nvil.txt"), "no plain name"),
        (entry("Bolt\\evil.txt"), "no plain name"),
        (entry("Bolt/link", stat.S_IFLNK), "link"),
        (entry("Bolt/pipe", stat.S_IFIFO), "link"),
        (entry("Bolt/groundtruth_rect.txt"), "twice"),
        (entry("bolt/GroundTruth_rect.txt"), "twice"),
        (entry("Bolt/./img/0001.jpg"), "twice"),
        (entry("Bolt/img/0001.jpg/more.txt"), "is a file and a folder"),
    ],
)
def test_an_archive_that_must_not_be_unpacked_is_refused_as_a_whole(tmp_path, bad, problem):
    root = tmp_path / "deep" / "root"
    root.mkdir(parents=True)
    path = write_zip(tmp_path / "bad.zip", bad)
    with pytest.raises(ArchiveError, match=rf"bad\.zip: refused, nothing unpacked: .* {problem}"):
        unpack(path, root, is_otb, "Bolt")
    assert names(tmp_path) == ["bad.zip", "deep"]
    assert names(tmp_path / "deep") == ["root"]
    assert names(root) == []


def test_a_zip_slip_archive_from_the_server(web, tmp_path):
    web.files["Bolt.zip"] = write_zip(tmp_path / "slip.zip", entry("../../evil.txt")).read_bytes()
    problems = download("otb50", tmp_path / "otb", pause=0)
    assert "refused, nothing unpacked" in problems["Bolt.zip"]
    assert names(tmp_path / "otb") == ["Human4", "Skating2", "checksums.json"]
    assert not list(tmp_path.rglob("evil*"))


def test_encrypted_entries(tmp_path):
    data = bytearray(write_zip(tmp_path / "bad.zip").read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    (tmp_path / "bad.zip").write_bytes(data)
    with pytest.raises(ArchiveError, match="is encrypted"):
        unpack(tmp_path / "bad.zip", tmp_path / "root", is_otb, "Bolt")


@pytest.mark.parametrize("damage", ["empty", "half", "text", "crc", "nothing"])
def test_damaged_archives_leave_nothing(tmp_path, damage):
    path = write_zip(tmp_path / "bad.zip", sequence=damage != "nothing")
    data = path.read_bytes()
    spoilt = {
        "empty": b"",
        "half": data[: len(data) // 2],
        "text": b"<html>moved</html>",
        "crc": data.replace(b"1,2,3,4\n", b"9,9,9,9\n"),
    }
    path.write_bytes(spoilt.get(damage, data))
    with pytest.raises(ArchiveError, match=r"bad\.zip: expected"):
        unpack(path, tmp_path / "root", is_otb, "Bolt")
    assert not (tmp_path / "root" / "Bolt").exists()
    assert not list(tmp_path.rglob("*.unfinished"))


def test_an_archive_without_a_folder_and_what_is_there_already(tmp_path):
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as archive:
        archive.writestr("img/0001.jpg", b"new")
        archive.writestr("groundtruth_rect.txt", b"1,2,3,4\n")
    root = tmp_path / "root"
    (root / ".Bolt.k1ll3d.unfinished" / "Bolt").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (root / ".Bolt.unfinished").symlink_to(tmp_path / "elsewhere")  # planted: not followed
    assert unpack(tmp_path / "flat.zip", root, is_otb, "Bolt") == ["Bolt"]
    (root / "Bolt" / "img" / "0001.jpg").write_bytes(b"mine")
    assert unpack(tmp_path / "flat.zip", root, is_otb, "Bolt") == ["Bolt"]
    assert (root / "Bolt" / "img" / "0001.jpg").read_bytes() == b"mine"
    assert names(root) == [".Bolt.unfinished", "Bolt"]
    assert names(tmp_path / "elsewhere") == []


def test_a_full_disk(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(100, 95, 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(StorageError, match=r"unpacked it takes 0 MiB, .* has 0 MiB left"):
        unpack(write_zip(tmp_path / "a.zip"), tmp_path / "root", is_otb, "Bolt")
    assert not list((tmp_path / "root").iterdir())


def test_what_a_sequence_is(tmp_path):
    assert is_otb(write_otb(tmp_path, "Boy"))
    assert not is_otb(write_otb(tmp_path, "Jogging", truths=["groundtruth_rect.1.txt"]))
    assert is_tc128(write_tc128(tmp_path, "Ball_ce1"))
    assert not is_tc128(tmp_path / "Boy")
    assert not is_tc128(tmp_path / "nowhere")


def test_the_command_downloads(web, tmp_path, capsys):
    root = str(tmp_path / "otb")
    del web.files["Bolt.zip"]
    assert main(["data", "download", "otb50", "--root", root]) == 1
    printed = capsys.readouterr()
    assert printed.out == f"{root}: 3 of 4 sequences of otb50\n"
    assert "FAILED http" in printed.err
    assert "1 archives failed; The addresses are the official ones" in printed.err
    other = WebServer()
    write_otb(tmp_path / "mirror", "Bolt")
    other.files["Bolt.zip"] = zipped(tmp_path / "mirror" / "Bolt", "Bolt")
    assert main(["data", "download", "otb50", "--root", root, "--address", other.address]) == 0
    other.close()
    assert capsys.readouterr().out == f"{root}: 4 of 4 sequences of otb50\n"
    assert main(["data", "list", "--root", root]) == 0
    assert f"otb50              4      4  {root}\n" in capsys.readouterr().out


def test_the_command_can_be_interrupted(web, tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("udtlib.commands.data.download", interrupted)
    assert main(["data", "download", "otb50", "--root", str(tmp_path)]) == 130
    assert "run the same command again to continue" in capsys.readouterr().err


def test_the_list(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("UDT_DATA", str(tmp_path))
    assert main(["data", "list"]) == 0
    printed = capsys.readouterr().out
    assert "tc128            128      0  nowhere; `udt data download tc128 --root DIR`" in printed
    assert "http://cvlab.hanyang.ac.kr/tracker_benchmark/seq/NAME.zip" in printed
    assert "could not be tried" in printed
    write_otb(tmp_path / "otb", "Bolt")
    write_tc128(tmp_path / "tc128", "Ball_ce1")
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"otb2013           51      1  {tmp_path / 'otb'}" in lines
    assert "           missing: Basketball, Boy, Car4, CarDark, CarScale, Coke, Couple, Crossing ..." in lines
    assert f"tc128            128      1  {tmp_path / 'tc128'}" in lines
