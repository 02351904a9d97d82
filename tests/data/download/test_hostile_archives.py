"""Archives of a hostile server: what they would plant, and how much they would fill."""

import stat
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest

from udtlib.data.download import members
from udtlib.data.download.downloads import is_otb, is_tc128
from udtlib.data.download.unpack import unpack
from udtlib.errors import ArchiveError, OptionError

BOLT = {"Bolt/img/0001.jpg": b"a picture", "Bolt/groundtruth_rect.txt": b"1,2,3,4\n"}


def write_zip(path: Path, more: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a sequence Bolt and more files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in (BOLT | more).items():
            archive.writestr(name, content)
    return path


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_refused(path: Path, match: str) -> None:
    """Check that nothing of an archive arrives anywhere."""
    root = path.parent / "deep" / "root"
    root.mkdir(parents=True)
    before = everything(path.parent)
    with pytest.raises(ArchiveError, match=match) as raised:
        unpack(path, root, is_otb, "Bolt")
    assert str(path) in str(raised.value)
    assert len(str(raised.value)) < 1000
    assert everything(path.parent) == before


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (".git/config", "is hidden"),
        ("Bolt/.git/hooks/post-checkout", "is hidden"),
        ("Bolt/.GIT/config", "is hidden"),
        ("Bolt/.gitattributes", "is hidden"),
        ("Bolt/.lock", "is hidden"),
        ("Bolt/.Bolt.zip.lock", "is hidden"),
        ("Bolt/\uff0egit/config", "is hidden"),  # a full-width full stop
        ("Bolt/.\u200cgit/config", "is no plain name"),
        ("Bolt/GIT~1/config", "file of ours or of git"),
        ("checksums.json", "file of ours or of git"),
        ("Bolt/Checksums.JSON", "file of ours or of git"),
        ("checksums.json/img/0001.jpg", "file of ours or of git"),
        ("Human4.zip.part", "file of ours or of git"),
        ("Human4.zip.part.json", "file of ours or of git"),
        ("Human4.zip/img/0001.jpg", "file of ours or of git"),
        ("a.Bolt.unfinished/x", "file of ours or of git"),
        ("Bolt/" + "n" * 300, "too long"),
        ("Bolt/" + "\N{HANGUL SYLLABLE GAG}" * 90, "too long"),
        ("Bolt/" + "d/" * 30 + "x", "too long"),
        ("Bolt/" + ("d" * 190 + "/") * 6 + "x", "too long"),
        ("Bolt/nul", "no plain name"),
        ("Bolt/COM1.txt", "no plain name"),
        ("Bolt/ends.", "no plain name"),
        ("Bolt/ends ", "no plain name"),
        ("Bolt/a?b", "no plain name"),
        ("Bolt/\x7f", "no plain name"),
        ("Bolt/\u202egpj.exe", "no plain name"),
        ("bolt/more.txt", "twice, in other letters"),
        ("Bolt/IMG/0002.jpg", "twice, in other letters"),
        ("Bolt/img", "a file and a folder"),
    ],
)
def test_names_that_are_refused(tmp_path: Path, name: str, problem: str) -> None:
    assert_refused(
        write_zip(tmp_path / "bad.zip", {name: b"planted"}), rf"refused, nothing unpacked: .*{problem}"
    )


def test_names_that_differ_in_unicode_form(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "Bolt/\u00e9.txt") for form in ("NFC", "NFD"))
    assert composed != apart
    assert_refused(write_zip(tmp_path / "bad.zip", {composed: b"1", apart: b"2"}), "is there twice")


def test_a_zero_byte_in_a_name(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bad.zip", {"Bolt/note_txt": b"1"})
    path.write_bytes(path.read_bytes().replace(b"note_txt", b"note\0txt"))
    assert_refused(path, r"note.*is no plain name")


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK], ids=hex
)
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("Bolt/link")
    info.external_attr = (kind | 0o777) << 16
    path = write_zip(tmp_path / "bad.zip", {})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, b"/etc/passwd")
    assert_refused(path, "'Bolt/link' is a link or another special file")


def test_what_other_systems_leave_is_passed_over(tmp_path: Path) -> None:
    left = ("__MACOSX/Bolt/._0001.jpg", "Bolt/.DS_Store", "Bolt/img/._0001.jpg", "Bolt/img/Thumbs.db")
    path = write_zip(tmp_path / "a.zip", dict.fromkeys(left, b"x"))
    assert unpack(path, tmp_path / "root", is_otb, "Bolt") == ["Bolt"]
    assert everything(tmp_path / "root") == ["Bolt", *sorted([*BOLT, "Bolt/img"])]


def test_a_bomb_is_refused_by_its_list(tmp_path: Path) -> None:
    assert_refused(
        write_zip(tmp_path / "bad.zip", {"Bolt/zeros": bytes(8 << 20)}), r"at most 20 times larger"
    )


def test_many_files_that_are_a_bomb_together(tmp_path: Path) -> None:
    more = {f"Bolt/{number}": bytes(100_000) for number in range(30)}
    assert_refused(write_zip(tmp_path / "bad.zip", more), r"bytes that become 3,000,017")


def test_a_limit_of_bytes_unpacked_and_of_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "a.zip", {"Bolt/more": b"x" * 1000})
    with pytest.raises(ArchiveError, match=r"expected at most 1,016 bytes unpacked, found 1,017"):
        unpack(path, tmp_path / "root", is_otb, "Bolt", largest=1016)
    monkeypatch.setattr(members, "MOST_MEMBERS", 2)
    with pytest.raises(ArchiveError, match="expected at most 2 entries, found 3"):
        unpack(path, tmp_path / "root", is_otb, "Bolt")
    assert everything(tmp_path / "root") == []
    monkeypatch.setattr(members, "MOST_MEMBERS", 3)
    assert unpack(path, tmp_path / "root", is_otb, "Bolt", largest=1017) == ["Bolt"]


def test_a_list_that_is_too_long_to_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("udtlib.data.download.unpack.LARGEST_LIST", 70_000)
    path = write_zip(tmp_path / "bad.zip", {f"Bolt/{number}": b"" for number in range(2000)})
    assert_refused(path, r"a piece of [\d,]+ bytes, expected at most 70,000")


def patched(path: Path, name: str, **fields: int) -> Path:
    """Change fields of an entry in the archive's list: crc, packed, size, offset."""
    data = bytearray(path.read_bytes())
    entry = data.rindex(name.encode()) - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    for field, value in fields.items():
        place = entry + {"crc": 16, "packed": 20, "size": 24, "offset": 42}[field]
        data[place : place + 4] = value.to_bytes(4, "little")
    path.write_bytes(data)
    return path


CONTENT = b"".join(number.to_bytes(2, "big") for number in range(10_000))


@pytest.mark.parametrize("size", [1, 10_000, 30_000, 50_000, 2_000_000_000])
def test_a_list_that_lies_about_a_size(tmp_path: Path, size: int) -> None:
    path = patched(write_zip(tmp_path / "bad.zip", {"Bolt/more": CONTENT}), "Bolt/more", size=size)
    assert_refused(path, "is not of|at most 20 times larger|Bad CRC")


def test_a_list_that_lies_about_size_and_checksum(tmp_path: Path) -> None:
    """What is written is never more than the list says, and never less."""
    path = write_zip(tmp_path / "a.zip", {"Bolt/more": CONTENT})
    patched(path, "Bolt/more", size=100, crc=zipfile.crc32(CONTENT[:100]))
    assert unpack(path, tmp_path / "root", is_otb, "Bolt") == ["Bolt"]
    assert (tmp_path / "root/Bolt/more").read_bytes() == CONTENT[:100]
    path = write_zip(tmp_path / "bad.zip", {"Bolt/more": CONTENT})
    assert_refused(
        patched(path, "Bolt/more", size=30_000, crc=zipfile.crc32(CONTENT)), "is not of 30,000 bytes"
    )


def test_entries_that_share_their_bytes(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bad.zip", {"Bolt/aaaa": b"x" * 99, "Bolt/bbbb": b"x" * 99})
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("Bolt/aaaa").header_offset
    assert_refused(patched(path, "Bolt/bbbb", offset=place), "shares its bytes with another entry")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_whose_blocks_have_no_bound(tmp_path: Path, method: int) -> None:
    assert_refused(write_zip(tmp_path / "bad.zip", {}, method), r"is packed by method 1[24]; expected 0")


def test_another_kind_of_archive_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.zip", "w:gz") as archive:
        info = tarfile.TarInfo("../evil")
        info.size = 1 << 40
        archive.fileobj.write(info.tobuf())  # a header that promises a terabyte, and nothing after it
    assert_refused(tmp_path / "bad.zip", "expected a whole zip archive")


@pytest.mark.parametrize("name", ["", ".", "..", "../Bolt", "/Bolt", "a/b"])
def test_a_name_for_the_sequence_that_leads_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="expected a plain name"):
        unpack(write_zip(tmp_path / "a.zip", {}), tmp_path / "root", is_otb, name)
    assert everything(tmp_path) == ["a.zip"]


def test_a_link_in_the_place_of_a_sequence_is_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "Bolt").symlink_to(tmp_path / "nowhere")
    assert unpack(write_zip(tmp_path / "a.zip", {}), root, is_otb, "Bolt") == ["Bolt"]
    assert everything(tmp_path) == ["a.zip", "root", "root/Bolt"]


def test_a_folder_of_sequences_keeps_what_is_beside(tmp_path: Path) -> None:
    names = [
        f"T/{one}/{file}" for one in ("Ball", "Boat") for file in ("img/1.jpg", "a_gt.txt", "a_frames.txt")
    ]
    path = tmp_path / "T.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"1")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "mine.txt").write_text("mine")
    assert unpack(path, tmp_path / "root", is_tc128, "T") == ["Ball", "Boat"]
    assert len(everything(tmp_path / "root")) == 11
