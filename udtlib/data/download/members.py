"""What an archive's list of entries may say: names that stay inside, sizes that fit. Book: chapter 13.

Nothing is read here but the list, and nothing written: `udtlib.data.download.unpack` asks first.
"""

import re
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from udtlib.errors import ArchiveError

IGNORED = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
"""What other systems leave in archives, in small letters; ``._NAME`` likewise. It is passed over."""

MOST_MEMBERS = 200_000
"""Entries of one archive: Temple-Color has some 60,000 files, twice as many with what a Mac adds."""

LARGEST = 32 << 30
"""Bytes of an archive, unpacked, unless the caller says otherwise."""

RATIO, SMALL = 20, 1 << 20
"""How many times larger than packed an archive may be unpacked, above a size that does no harm. JPEG
pictures hardly shrink; a file of zeros shrinks to a thousandth."""

LONGEST_NAME, LONGEST_PATH, DEEPEST = 200, 1000, 20
"""Bytes (UTF-8) of the name of a file or folder, bytes of a path, folders in folders."""

OURS = re.compile(r"checksums\.json|git~\d+|.*\.(part|part\.json|lock|zip|different|tmp)|.*\.unfinished.*")
"""Names of our own files beside sequences, and of git's folder on old systems; others begin with a dot."""

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?|.*[. ]")
"""Names that are something else on Windows."""

LOCAL_HEADER = 30
"""Bytes before an entry's name, at least."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of these, no block of input gives more than a bounded block of output at a time."""


def wanted(members: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the entries but for what other systems leave in archives."""
    return [member for member in members if not any(map(_is_ignored, parts_of(member)))]


def parts_of(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return the folders and the name of an entry."""
    return PurePosixPath(member.filename).parts


def check_names(members: Sequence[zipfile.ZipInfo], archive: Path) -> None:
    """Refuse an archive with an entry that must not be unpacked.

    That is: one that would lie outside, or whose name is no plain one everywhere, is hidden, or is that of
    our own files; links and devices; encrypted entries; two that differ in case or Unicode form only.

    Raises:
        ArchiveError: it names the entry.
    """
    spelt: dict[str, str] = {}
    files: set[str] = set()
    for member in members:
        problem = _problem(member) or _conflict(member, spelt, files)
        if problem:
            raise ArchiveError(f"{archive}: refused, nothing unpacked: {_shown(member.filename)} {problem}")


def check_sizes(members: Sequence[zipfile.ZipInfo], archive: Path, largest: int) -> int:
    """Refuse an archive that is far larger than it looks; return its size unpacked, in bytes.

    Raises:
        ArchiveError: too many entries, entries that share their bytes, or that are too large unpacked.
    """
    if len(members) > MOST_MEMBERS:
        _refuse(archive, f"expected at most {MOST_MEMBERS:,} entries, found {len(members):,}")
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            _refuse(archive, f"{_shown(member.filename)} shares its bytes with another entry")
        end = member.header_offset + LOCAL_HEADER + member.compress_size
    unpacked, packed = (sum(getattr(one, size) for one in members) for size in ("file_size", "compress_size"))
    if unpacked > largest:
        _refuse(archive, f"expected at most {largest:,} bytes unpacked, found {unpacked:,}")
    if unpacked > max(SMALL, RATIO * packed):
        _refuse(
            archive,
            f"expected pictures, at most {RATIO} times larger unpacked, found {packed:,} bytes that become "
            f"{unpacked:,}",
        )
    return unpacked


def _refuse(archive: Path, problem: str) -> None:
    raise ArchiveError(f"{archive}: refused, nothing unpacked: {problem}")


def _shown(name: str) -> str:
    text = ascii(name)
    return text if len(text) <= 90 else f"{text[:87]}..."


def _is_ignored(part: str) -> bool:
    return part.lower() in IGNORED or part.startswith("._")


def _problem(member: zipfile.ZipInfo) -> str:
    """Return what is wrong with an entry, empty if nothing."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    for name in {member.filename, member.orig_filename}:  # the second: as stored, not cut at a zero byte
        if problem := _path_problem(name):
            return problem
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or another special file"
    if member.compress_type not in METHODS:
        return f"is packed by method {member.compress_type}; expected 0 (stored) or 8 (deflated)"
    return "is encrypted" if member.flag_bits & 1 else ""


def _path_problem(name: str) -> str:
    if name.startswith(("/", "\\")) or ":" in name:
        return "is an absolute path"
    if ".." in name.replace("\\", "/").split("/"):
        return "leads outside the archive's folder"
    if not name.isprintable() or set(name) & set('\\<>"|?*'):
        return "is no plain name"
    parts = PurePosixPath(name).parts
    if not parts:
        return "has no name"
    if len(name.encode()) > LONGEST_PATH or len(parts) > DEEPEST:
        return f"is too long: expected at most {LONGEST_PATH} bytes and {DEEPEST} folders"
    return next(filter(None, map(_part_problem, parts)), "")


def _part_problem(part: str) -> str:
    plain = normalize("NFKC", part).casefold()
    if len(part.encode()) > LONGEST_NAME:
        return f"is too long: expected at most {LONGEST_NAME} bytes a name"
    if plain.startswith("."):
        return "is hidden"
    if OURS.fullmatch(plain):
        return "has the name of a file of ours or of git"
    return "is no plain name" if RESERVED.fullmatch(plain) else ""


def _conflict(member: zipfile.ZipInfo, spelt: dict[str, str], files: set[str]) -> str:
    """Note an entry and the folders it lies in; return what it cannot stand beside, empty if nothing.

    Args:
        member: the entry.
        spelt: by path without case and Unicode form, how it was written first.
        files: those of them that are files.
    """
    parts = parts_of(member)
    for count in range(1, len(parts) + 1):
        path = "/".join(parts[:count])
        key = normalize("NFKC", path).casefold()
        is_file = count == len(parts) and not member.is_dir()
        if (is_file and key in spelt) or key in files:
            return "is there twice" if is_file and key in files else "is a file and a folder"
        if spelt.setdefault(key, path) != path:
            return "is there twice, in other letters"
        if is_file:
            files.add(key)
    return ""
