"""A web server's answers, of which nothing is believed unread: from where, and how long. Book: chapter 13."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from udtlib.arguments import shown
from udtlib.data.download.watch import Watch, WatchedHTTPHandler, WatchedHTTPSHandler
from udtlib.errors import DownloadError
from udtlib.printing import printable

SCHEMES = ("http", "https")
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 10
LONGEST_VALIDATOR = 200
DIGITS = 15
"""Of a length; a petabyte has 16."""


class TryAgainError(Exception):
    """Something that may be better at the next attempt."""


def ask(url: str, headers: Mapping[str, str], timeout: float, watch: Watch) -> HTTPResponse:
    """Return the answer to a request, with status 200 or 206; redirects are followed, over http(s) only.

    Args:
        url: an http or https address.
        headers: of the request.
        timeout: seconds to wait for each piece of the answer,
        watch: which ends the whole if it takes longer.

    Raises:
        DownloadError: an address that is not http(s), a redirect to one or from https to http, too many.
        urllib.error.HTTPError: another status.
        OSError: no connection.
    """
    address = check_address(url, url)
    for _ in range(MOST_REDIRECTS + 1):
        request = urllib.request.Request(address, headers=dict(headers))
        try:
            response = _opener(watch).open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            watch.check()
            location = error.headers.get("Location")
            if error.code not in REDIRECTS or location is None:
                raise
            error.close()
            address = _redirected(url, address, location)
            continue
        watch.check()  # the lines before a file that end too early look like fewer lines
        if response.status in (200, 206):
            return response
        response.close()
        raise DownloadError(f"{url}: expected a file, the server answers {status(response)}")
    raise DownloadError(f"{url}: expected at most {MOST_REDIRECTS} redirects, found more")


def check_address(address: str, url: str) -> str:
    """Return an http(s) address that ``url`` led to.

    Raises:
        DownloadError: it is another one, or none.
    """
    try:
        is_known = urlsplit(address).scheme in SCHEMES
    except ValueError:  # "http://[1"
        is_known = False
    if is_known:
        return address
    where = "" if address == url else f", found a redirect to {shown(address)}"
    raise DownloadError(f"{url}: expected an address that starts with http:// or https://{where}")


def _opener(watch: Watch) -> urllib.request.OpenerDirector:
    """Return what opens http and https addresses and nothing else: no file:, ftp: or data:, no redirects."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        WatchedHTTPHandler(watch),
        WatchedHTTPSHandler(watch),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _redirected(url: str, address: str, location: str) -> str:
    """Return where a redirect leads."""
    try:
        found = urljoin(address, quote(location, encoding="iso-8859-1", safe="!#$%&'()*+,/:;=?@[]~"))
    except ValueError:
        found = location
    check_address(found, url)
    if urlsplit(address).scheme == "https" and urlsplit(found).scheme != "https":
        raise DownloadError(f"{url}: refused, a redirect leads from https to {shown(found)}")
    return found


def status(response: Any) -> str:
    """Return number and reason of an answer, on one short line."""
    number, reason = getattr(response, "code", None) or response.status, str(response.reason or "")
    return f"{number} {printable(reason)[:90]}".strip()


def place_of(response: HTTPResponse, url: str) -> tuple[int, int]:
    """Return where in the file an answer starts, and the size of the whole file in bytes (-1: unknown).

    Raises:
        DownloadError: a length that is no number, or too large to be one.
    """
    if response.status == 206:
        found = response.headers.get("Content-Range", "")
        unit, _, span = found.partition(" ")
        place, _, size = span.partition("/")
        start = _number(place.partition("-")[0])
        if unit != "bytes" or start is None or (size != "*" and _number(size) is None):
            raise _unreadable(url, "Content-Range", found)
        return start, -1 if size == "*" else int(size)
    length = response.headers.get("Content-Length")
    if length is not None and _number(length) is None:
        raise _unreadable(url, "Content-Length", length)
    return 0, -1 if length is None else int(length)


def announced_end(headers: Any, url: str) -> int:
    """Return the file's size that a refused request for its rest names, -1 if none.

    Raises:
        DownloadError: as `place_of`.
    """
    found = headers.get("Content-Range", "")
    size = found.rpartition("/")[2]
    if size in ("", "*"):
        return -1
    if _number(size) is None:
        raise _unreadable(url, "Content-Range", found)
    return int(size)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None


def _unreadable(url: str, header: str, found: str) -> DownloadError:
    return DownloadError(f"{url}: expected lengths in bytes, the server's {header} is {shown(found)}")


def validator(response: Any) -> str:
    """Return what changes with the file, its ETag or date; empty if there is none that can be sent back."""
    tag = response.headers.get("ETag", "")
    found = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    return found if can_be_sent(found) else ""


def can_be_sent(text: Any) -> bool:
    """Say whether this may stand in a header of ours: a short text of plain characters."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and len(text) <= LONGEST_VALIDATOR
