"""One file from the web, resumed where it broke off. Book: chapter 13.

What has arrived is kept in ``FILE.part``, and in ``FILE.part.json`` where it is from; the next attempt,
in this run or another, asks for the rest (HTTP Range). A server that ignores the request, or whose file has
changed, is read from the start. Nothing goes on for ever: there is a largest size, a slowest pace and a
number of attempts; `udtlib.data.download.answers` says what is made of a server's words.
"""

import hashlib
import json
import os
import time
import urllib.error
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPResponse, InvalidURL
from io import FileIO
from pathlib import Path
from typing import Annotated

from udtlib.arguments import Between, checked, shown
from udtlib.data.box_files import read_json_object
from udtlib.data.download.answers import (
    TryAgainError,
    announced_end,
    ask,
    can_be_sent,
    check_address,
    place_of,
    status,
    validator,
)
from udtlib.data.download.watch import Watch
from udtlib.errors import DownloadError
from udtlib.files import check_target, open_partial, put_in_place, storage_errors, user_path, write_whole
from udtlib.locks import only_writer
from udtlib.printing import printable

ATTEMPTS = 5
"""How often in a row nothing new may arrive before a download is given up."""

MOST_ATTEMPTS = 100
"""How often in all, though a little arrives each time."""

LARGEST = 4 << 30
"""Bytes of a file, unless the caller says otherwise."""

SLOWEST, PATIENCE = 100, 60.0
"""Bytes a second that must arrive, over so many seconds; as long may the lines before a file take."""

LONGEST = 86_400.0
"""Seconds of a pause or of waiting, a day."""

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


@checked
def fetch(
    url: str,
    path: str | Path,
    *,
    progress: Callable[[int, int], None] = lambda done, size: None,
    timeout: Annotated[float, Between(1e-3, LONGEST)] = 30.0,
    pause: Annotated[float, Between(0, LONGEST)] = 1.0,
    largest: Annotated[int, Between(0, 10**15)] = LARGEST,
) -> Path:
    """Download ``url`` to ``path``; a kill leaves the whole file, or a partial one to go on with.

    Args:
        url: an http or https address; so are those it is redirected to.
        path: the file to write; its folder exists.
        progress: called with the bytes that are here and the file's size (-1: unknown).
        timeout: seconds to wait for the server.
        pause: seconds before the second attempt; each pause is twice the one before.
        largest: how many bytes are taken at most.

    Raises:
        DownloadError: no such address, the server refuses or cannot be understood, the connection broke too
            often or is too slow, or the file is too large.
        StorageError: the file cannot be written, or another process is writing it.
        OptionError: a number that cannot be.
    """
    path = check_target(path)
    check_address(url, url)
    with only_writer(path):
        _fetch_whole(_Wanted(url, largest, timeout, progress), path, pause)
    return path


@dataclass(frozen=True)
class _Wanted:
    """What is asked for: the arguments of `fetch`."""

    url: str
    largest: int
    timeout: float
    progress: Callable[[int, int], None]


def _fetch_whole(wanted: _Wanted, path: Path, pause: float) -> None:
    part = path.with_name(path.name + ".part")
    failures, best = 0, _size(part)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            _fetch_rest(wanted, part)
            break
        except (InvalidURL, UnicodeError) as error:
            raise DownloadError(f"{wanted.url}: no such address can be ({shown(str(error))})") from error
        except (TryAgainError, OSError, HTTPException) as error:
            failures = 0 if _size(part) > best else failures + 1
            best = max(best, _size(part))
            if failures >= ATTEMPTS or attempt == MOST_ATTEMPTS:
                raise DownloadError(
                    f"{wanted.url}: {_reason(error)}; given up after {failures or attempt} attempts, "
                    f"{_size(part)} bytes are kept in {part}: run the same command again to continue"
                ) from error
            time.sleep(pause * 2 ** (failures - 1) if failures else 0)
        except ValueError as error:
            raise DownloadError(
                f"{wanted.url}: the server's answer cannot be read ({shown(str(error))})"
            ) from error
    with storage_errors(path):
        put_in_place(part, path)
        _note(part).unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with user_path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_rest(wanted: _Wanted, part: Path) -> None:
    """Append to ``part`` what is missing.

    Raises:
        TryAgainError: it is not whole yet.
        OSError: likewise.
        DownloadError: another attempt would be of no use.
    """
    known = _read_source(part, wanted.url)
    if known is None or _size(part) > wanted.largest:
        _forget(part)
    with Watch(PATIENCE) as watch:
        try:
            response = ask(wanted.url, _headers(_size(part), known), wanted.timeout, watch)
        except urllib.error.HTTPError as error:
            with error:
                _refused(error, wanted.url, part)
            return
        with response:
            source = _take_up(response, wanted, part, known)
            _append(response, wanted, part, source.size, watch)
    if source.size < 0 == _size(part):
        raise TryAgainError("the connection ended before the file began")
    if 0 <= source.size != _size(part):
        raise TryAgainError(f"the connection broke at {_size(part)} of {source.size} bytes")


def _headers(have: int, known: Source | None) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "User-Agent": "udtlib"}
    if have and known:
        headers["Range"] = f"bytes={have}-"
        if known.validator:
            headers["If-Range"] = known.validator
    return headers


def _take_up(response: HTTPResponse, wanted: _Wanted, part: Path, known: Source | None) -> Source:
    """Return what the answer is read from; a partial file that it does not continue is dropped."""
    start, size = place_of(response, wanted.url)
    source = Source(wanted.url, validator(response), size)
    if size > wanted.largest:
        raise DownloadError(
            f"{wanted.url}: expected at most {wanted.largest:,} bytes, the server announces {size:,}"
        )
    if start and (start != _size(part) or known is None or not _same(known, source)):
        _forget(part)
        raise TryAgainError("the server's answer does not continue what is here")
    if not start:
        _forget(part)
        open_partial(part).close()
        write_whole(_note(part), json.dumps(asdict(source)))
    return source


def _same(known: Source, source: Source) -> bool:
    return known.size == source.size and known.validator == source.validator


def _append(response: HTTPResponse, wanted: _Wanted, part: Path, size: int, watch: Watch) -> None:
    """Append the answer, which ends where it should, and does not take for ever."""
    done = counted = _size(part)
    most, clock = size if size >= 0 else wanted.largest, time.monotonic()
    with open_partial(part) as file:
        file.seek(0, os.SEEK_END)
        while block := response.read1(BLOCK):
            watch.renew()
            done += len(block)
            if done > most:
                _forget(part)
                raise DownloadError(f"{wanted.url}: expected at most {most:,} bytes, the server sends more")
            _add(file, block)
            wanted.progress(done, size)
            if time.monotonic() - clock > PATIENCE:
                if done - counted < SLOWEST * PATIENCE:
                    raise DownloadError(
                        f"{wanted.url}: fewer than {SLOWEST} bytes a second arrive; given up, {done} bytes "
                        f"are kept in {part}: run the same command again to continue"
                    )
                clock, counted = time.monotonic(), done


def _add(file: FileIO, block: bytes) -> None:
    advice = "; what has arrived is kept: make room and run the same command again to continue"
    with storage_errors(str(file.name), advice):
        view = memoryview(block)
        while view:
            view = view[file.write(view) :]


def _refused(error: urllib.error.HTTPError, url: str, part: Path) -> None:
    """Return if the partial file is whole already; else say that the server is busy, or refuses."""
    if error.code == 416:
        if announced_end(error.headers, url) == _size(part):
            return
        _forget(part)
        raise TryAgainError("what was here does not belong to the server's file")
    if error.code >= 500 or error.code in (408, 429):
        raise TryAgainError(f"the server answers {status(error)}") from error
    raise DownloadError(f"{url}: the server answers {status(error)}") from error


def _reason(error: BaseException) -> str:
    text = str(getattr(error, "reason", "") or error or type(error).__name__)
    return printable(text)[:200]


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_source(part: Path, url: str) -> Source | None:
    """Return what the partial file was read from, None if that is not known or was another address."""
    try:
        source = Source(**read_json_object(_note(part)))
    except (OSError, ValueError, TypeError):
        return None
    is_plain = can_be_sent(source.validator) and type(source.size) is int
    return source if source.url == url and is_plain else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)
