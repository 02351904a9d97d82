"""One file from the web, resumed where it broke off. Book: chapter 13.

What has arrived is kept in ``FILE.part``, and in ``FILE.part.json`` where it is from; the next attempt,
in this run or another, asks for the rest (HTTP Range). A server that ignores the request, or whose file has
changed, is read from the start.
"""

import hashlib
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPResponse
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from udtlib.errors import DownloadError
from udtlib.files import check_target, open_partial, put_in_place, storage_errors, user_path, write_whole
from udtlib.locks import only_writer

ATTEMPTS = 5
"""How often in a row nothing new may arrive before a download is given up."""

BLOCK = 1 << 18


@dataclass(frozen=True)
class Source:
    """What a partial file was read from: pieces of different sources are never joined.

    Attributes:
        url: the address.
        validator: the server's ETag or date of change; empty if it gives none.
        size: of the whole file in bytes, -1 if the server does not say.
    """

    url: str
    validator: str
    size: int


class _TryAgainError(Exception):
    """Something that may be better at the next attempt."""


def fetch(
    url: str,
    path: str | Path,
    *,
    progress: Callable[[int, int], None] = lambda done, size: None,
    timeout: float = 30.0,
    pause: float = 1.0,
) -> Path:
    """Download ``url`` to ``path``; a kill leaves the whole file, or a partial one to go on with.

    Args:
        url: an http or https address.
        path: the file to write; its folder exists.
        progress: called with the bytes that are here and the file's size (-1: unknown).
        timeout: seconds to wait for the server.
        pause: seconds before the second attempt; each pause is twice the one before.

    Raises:
        DownloadError: no such address, the server refuses, or the connection broke too often.
        StorageError: the file cannot be written, or another process is writing it.
    """
    path = check_target(path)
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url}: expected an address that starts with http:// or https://")
    with only_writer(path):
        _fetch_whole(url, path, progress, timeout, pause)
    return path


def _fetch_whole(
    url: str, path: Path, progress: Callable[[int, int], None], timeout: float, pause: float
) -> None:
    part = path.with_name(path.name + ".part")
    failures, best = 0, _size(part)
    while True:
        try:
            _fetch_rest(url, part, progress, timeout)
            break
        except (_TryAgainError, OSError, HTTPException) as error:
            failures = 0 if _size(part) > best else failures + 1
            best = max(best, _size(part))
            if failures >= ATTEMPTS:
                raise DownloadError(
                    f"{url}: {_reason(error)}; given up after {failures} attempts, {_size(part)} bytes are "
                    f"kept in {part}: run the same command again to continue"
                ) from error
            time.sleep(pause * 2 ** (failures - 1) if failures else 0)
    with storage_errors(path):
        put_in_place(part, path)
        _note(part).unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with user_path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_rest(url: str, part: Path, progress: Callable[[int, int], None], timeout: float) -> None:
    """Append to ``part`` what is missing.

    Raises:
        _TryAgainError: it is not whole yet.
        OSError: likewise.
        DownloadError: another attempt would be of no use.
    """
    known = _read_source(part, url)
    if known is None:
        _forget(part)
    try:
        response = urllib.request.urlopen(_request(url, _size(part), known), timeout=timeout)
    except urllib.error.HTTPError as error:
        _refused(error, url, part)
        return
    with response:
        source = _take_up(response, url, part, known)
        _append(response, part, source.size, progress)
    if 0 <= source.size != _size(part):
        raise _TryAgainError(f"the connection broke at {_size(part)} of {source.size} bytes")


def _request(url: str, have: int, known: Source | None) -> urllib.request.Request:
    headers = {"Accept-Encoding": "identity", "User-Agent": "udtlib"}
    if have and known:
        headers["Range"] = f"bytes={have}-"
        if known.validator:
            headers["If-Range"] = known.validator
    return urllib.request.Request(url, headers=headers)


def _take_up(response: HTTPResponse, url: str, part: Path, known: Source | None) -> Source:
    """Return what the answer is read from; a partial file that it does not continue is dropped."""
    start, size = _range(response)
    source = Source(url, _validator(response), size)
    if start and (start != _size(part) or known is None or not _same(known, source)):
        _forget(part)
        raise _TryAgainError("the server's answer does not continue what is here")
    if not start:
        _forget(part)
        open_partial(part).close()
        write_whole(_note(part), json.dumps(asdict(source)))
    return source


def _same(known: Source, source: Source) -> bool:
    return known.size == source.size and known.validator == source.validator


def _range(response: HTTPResponse) -> tuple[int, int]:
    """Return where in the file the answer starts, and the size of the whole file (-1: unknown)."""
    if response.status == 206:
        unit, _, span = response.headers.get("Content-Range", "").partition(" ")
        place, _, size = span.partition("/")
        start = place.partition("-")[0]
        if unit != "bytes" or not start.isdecimal():
            raise _TryAgainError("the server's Content-Range cannot be read")
        return int(start), int(size) if size.isdecimal() else -1
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else -1


def _append(response: HTTPResponse, part: Path, size: int, progress: Callable[[int, int], None]) -> None:
    done = _size(part)
    with open_partial(part) as file:
        file.seek(0, os.SEEK_END)
        while block := response.read1(BLOCK):
            _add(file, block)
            done += len(block)
            progress(done, size)


def _add(file: FileIO, block: bytes) -> None:
    advice = "; what has arrived is kept: make room and run the same command again to continue"
    with storage_errors(str(file.name), advice):
        view = memoryview(block)
        while view:
            view = view[file.write(view) :]


def _refused(error: urllib.error.HTTPError, url: str, part: Path) -> None:
    """Return if the partial file is whole already; else say that the server is busy, or refuses."""
    if error.code == 416:
        size = error.headers.get("Content-Range", "").rpartition("/")[2]
        if size.isdecimal() and int(size) == _size(part):
            return
        _forget(part)
        raise _TryAgainError("what was here does not belong to the server's file")
    if error.code >= 500 or error.code in (408, 429):
        raise _TryAgainError(f"the server answers {error.code} {error.reason}") from error
    raise DownloadError(f"{url}: the server answers {error.code} {error.reason}") from error


def _validator(response: Any) -> str:
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _reason(error: BaseException) -> str:
    return str(getattr(error, "reason", "") or error or type(error).__name__)


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_source(part: Path, url: str) -> Source | None:
    """Return what the partial file was read from, None if that is not known or was another address."""
    try:
        source = Source(**json.loads(_note(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return source if source.url == url else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)
