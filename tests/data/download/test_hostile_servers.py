"""Servers that lie in their headers, lead elsewhere, or never end: one error that names the address."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread, active_count

import pytest

from udtlib.cli import main
from udtlib.data.download import answers
from udtlib.data.download import fetch as fetching
from udtlib.data.download.downloads import BENCHMARKS
from udtlib.data.download.fetch import fetch
from udtlib.errors import DownloadError

Send = Callable[[bytes], None]
OK = b"HTTP/1.1 200 OK\r\n"


class RawServer:
    """Sends what it is told, byte by byte as it stands; ``requests`` holds what it was asked."""

    def __init__(self, *replies: bytes | Callable[[Send], None]) -> None:
        self.replies, self.requests, self.closed = list(replies), [], Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}/a.zip"
        Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while not self.closed.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65536).decode())
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                try:
                    if callable(reply):
                        reply(connection.sendall)
                    else:
                        connection.sendall(reply)
                except OSError:  # the client has had enough
                    pass

    def close(self) -> None:
        self.closed.set()
        self.socket.close()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RawServer]]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(*replies: bytes | Callable[[Send], None]) -> RawServer:
        servers.append(RawServer(*replies))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def assert_refused(url: str, folder: Path, match: str, **options: object) -> None:
    with pytest.raises(DownloadError, match=match) as raised:
        fetch(url, folder / "a.zip", pause=0, timeout=5, **options)
    message = str(raised.value)
    assert message.startswith(f"{url}: ")
    assert message.isprintable()
    assert len(message) < 600
    assert not (folder / "a.zip").exists()


LONG = b"9" * 5000


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: abc",
        b"Content-Length: -5",
        b"Content-Length: 1e9",
        b"Content-Length: +5",
        b"Content-Length: \xb2",
        b"Content-Length: ",
        b"Content-Length: " + LONG,
        b"Content-Length: 1_000",
    ],
    ids=lambda header: header[:30].decode("latin-1"),
)
def test_broken_lengths(serve, tmp_path: Path, header: bytes) -> None:
    server = serve(OK + header + b"\r\n\r\nbody")
    assert_refused(server.address, tmp_path, "the server's Content-Length is")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "value",
    [b"", b"bytes", b"bytes x-9/10", b"bytes 0-9/x", b"bytes 0-9/-10", b"pages 0-9/10", b"bytes -1-9/10",
     b"bytes " + LONG + b"-1/2", b"bytes 0-9/" + LONG, b"bytes 0-9"],
    ids=lambda value: value[:20].decode(),
)  # fmt: skip
def test_broken_ranges(serve, tmp_path: Path, value: bytes) -> None:
    server = serve(b"HTTP/1.1 206 Partial\r\nContent-Range: " + value + b"\r\n\r\nbody")
    assert_refused(server.address, tmp_path, "the server's Content-Range is")


def test_a_broken_range_of_a_refusal(serve, tmp_path: Path) -> None:
    reply = b"HTTP/1.1 416 No\r\nContent-Range: bytes */" + LONG + b"\r\nContent-Length: 0\r\n\r\n"
    assert_refused(serve(reply).address, tmp_path, "the server's Content-Range is")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99999999999999999999 OK\r\n\r\n",
        OK + b"x" * 70_000,
        OK + b"a: b\r\n" * 200 + b"\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nbody\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\nbody\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nbody\r\n",
        b"HTTP/1.1 500 \x1b[31mred\r\n\r\n",
    ],
    ids=lambda reply: ascii(reply[:40]),
)
def test_answers_that_are_none(serve, tmp_path: Path, reply: bytes) -> None:
    assert_refused(serve(reply).address, tmp_path, r"given up after \d+ attempts|cannot be read")


@pytest.mark.parametrize("status", [b"204 No Content", b"201 Created", b"300 Choose", b"304 Same"])
def test_answers_that_are_no_file(serve, tmp_path: Path, status: bytes) -> None:
    server = serve(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
    assert_refused(server.address, tmp_path, f"the server answers {status.decode()}")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    [
        "file:///etc/hostname",
        "ftp://127.0.0.1/a",
        "data:,x",
        "gopher://x/",
        "FILE:/etc/hostname",
        "http://[1",
    ],
)
def test_redirects_elsewhere(serve, tmp_path: Path, code: int, place: str) -> None:
    server = serve(f"HTTP/1.1 {code} Moved\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())
    assert_refused(server.address, tmp_path, "expected an address that starts with http.*found a redirect to")
    assert len(server.requests) == 1


def test_redirects_within_the_web_are_followed(serve, tmp_path: Path) -> None:
    last = serve(OK + b"Content-Length: 4\r\n\r\nfile")
    first = serve(
        b"HTTP/1.1 302 Found\r\nLocation: /b%20c\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 301 Moved\r\nLocation: {last.address}\r\nContent-Length: 0\r\n\r\n".encode(),
    )
    assert fetch(first.address, tmp_path / "a.zip").read_bytes() == b"file"
    assert [one.split()[1] for one in first.requests] == ["/a.zip", "/b%20c"]


def test_redirects_in_a_circle_and_from_https_to_http(serve, tmp_path: Path) -> None:
    server = serve(b"HTTP/1.1 302 Found\r\nLocation: /a.zip\r\nContent-Length: 0\r\n\r\n")
    assert_refused(server.address, tmp_path, "expected at most 10 redirects")
    assert len(server.requests) == 11
    secure = "https://127.0.0.1/a.zip"
    with pytest.raises(DownloadError, match=r"a\.zip: refused, a redirect leads from https to"):
        answers._redirected(secure, secure, server.address)
    assert answers._redirected(server.address, server.address, secure) == secure
    assert answers._redirected(secure, secure, "b.zip") == "https://127.0.0.1/b.zip"


@pytest.mark.parametrize(
    "url", ["http://[1", "http://127.0.0.1:abc/a", "http://127.0.0.1/a b", "http://127.0.0.1/\xe9", "data:,x",
            "http://" + "x" * 100 + ".invalid/", "http://127.0.0.1:99999/a"]
)  # fmt: skip
def test_addresses_that_are_none(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError) as raised:
        fetch(url, tmp_path / "a.zip", pause=0, timeout=2)
    assert str(raised.value).startswith(url)


def forever(send: Send) -> None:
    send(OK + b"\r\n")
    while True:
        send(b"x" * 65536)


def forever_in_chunks(send: Send) -> None:
    send(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


@pytest.mark.parametrize("reply", [forever, forever_in_chunks])
def test_a_file_without_an_end(serve, tmp_path: Path, reply: Callable[[Send], None]) -> None:
    assert_refused(
        serve(reply).address, tmp_path, "at most 500,000 bytes, the server sends more", largest=500_000
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_announced_too_large(serve, tmp_path: Path) -> None:
    server = serve(OK + b"Content-Length: 500001\r\n\r\nx")
    assert_refused(
        server.address, tmp_path, "at most 500,000 bytes, the server announces 500,001", largest=500_000
    )
    assert_refused(
        serve(OK + b"Content-Length: 99999999999\r\n\r\nx").address, tmp_path, "at most 4,294,967,296 bytes"
    )


def test_a_range_that_sends_more_than_the_file(serve, tmp_path: Path) -> None:
    first = OK + b"Content-Length: 8\r\n\r\nfour"
    more = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-7/8\r\n\r\n" + b"x" * 100
    assert_refused(serve(first, more).address, tmp_path, "at most 8 bytes, the server sends more")


def test_a_server_that_drips_is_left(serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(send: Send) -> None:
        send(OK + b"Content-Length: 5000\r\n\r\n")
        for _ in range(5000):
            send(b"x")
            time.sleep(0.01)

    monkeypatch.setattr(fetching, "PATIENCE", 0.2)
    monkeypatch.setattr(fetching, "SLOWEST", 10_000)
    assert_refused(
        serve(drip).address, tmp_path, r"fewer than 10000 bytes a second arrive; given up, \d+ bytes are kept"
    )


LINE = b"X-A: x\r\n"
NEVER_ENDING = {
    "status": (b"HTTP/1.1 200 OK", b" "),
    "header": (OK + b"Content-Length: 4\r\nX-A: ", b"x"),
    "headers": (OK + b"Content-Length: 4\r\n", LINE),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "range": (b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-7/8\r\n", LINE),
    "error": (b"HTTP/1.1 416 No\r\nContent-Range: bytes */4\r\n", LINE),
    "redirect": (b"HTTP/1.1 302 There\r\nLocation: /b.zip\r\n", LINE),
    "chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x"),
    "trailer": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", LINE),
}
"""What is sent at once, and what is sent after it again and again, a letter at a time."""


@pytest.mark.parametrize("name", NEVER_ENDING)
def test_lines_that_come_letter_by_letter(
    serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each attempt has an end, and what had arrived before is kept."""
    first = OK + b"Content-Length: 8\r\n\r\nfour"
    at_once, again = NEVER_ENDING[name]
    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    monkeypatch.setattr(fetching, "ATTEMPTS", 2)

    def reply(send: Send) -> None:
        send(at_once)
        for letter in again * 10_000:
            send(bytes([letter]))
            time.sleep(0.02)

    server = serve(first, reply)
    begin = time.monotonic()
    assert_refused(server.address, tmp_path, r"nothing of the file within 0\.5 s; given up after 2 attempts")
    assert time.monotonic() - begin < 5
    assert len(server.requests) == 3
    if name not in ("chunk", "trailer"):  # these are whole answers, of another file
        assert (tmp_path / "a.zip.part").read_bytes() == b"four"


def test_an_answer_without_length_and_without_a_file(serve, tmp_path: Path) -> None:
    """As when the connection ends within the lines before the file."""
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Len", OK + b"Content-Length: 0\r\n\r\n")
    assert fetch(server.address, tmp_path / "a.zip", pause=0).read_bytes() == b""
    assert len(server.requests) == 2
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Len")
    (tmp_path / "b").mkdir()
    assert_refused(server.address, tmp_path / "b", "the connection ended before the file began; given up")


def test_every_redirect_counts(serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def redirect(send: Send) -> None:
        time.sleep(0.2)
        send(b"HTTP/1.1 302 There\r\nLocation: /b.zip\r\n\r\n")

    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    monkeypatch.setattr(fetching, "ATTEMPTS", 1)
    server = serve(redirect)
    assert_refused(server.address, tmp_path, r"nothing of the file within 0\.5 s")
    assert len(server.requests) <= 4


def test_no_thread_is_left(serve, tmp_path: Path) -> None:
    before = active_count()
    fetch(serve(OK + b"Content-Length: 4\r\n\r\nfour").address, tmp_path / "a.zip")
    assert active_count() <= before + 1, "the server's own"


def test_a_server_that_sends_one_byte_a_connection(
    serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_ATTEMPTS", 7)
    ranges = [f"HTTP/1.1 206 P\r\nContent-Range: bytes {n}-99/100\r\n\r\nx".encode() for n in range(1, 60)]
    server = serve(OK + b"Content-Length: 100\r\n\r\nx", *ranges)
    assert_refused(
        server.address, tmp_path, "broke at 7 of 100 bytes; given up after 7 attempts, 7 bytes are kept"
    )
    assert len(server.requests) == 7


@pytest.mark.parametrize("tag", [b'"a\r\n b"', b'"' + b"x" * 9000 + b'"', b'"\xff"'])
def test_a_tag_that_cannot_be_sent_back(serve, tmp_path: Path, tag: bytes) -> None:
    first = OK + b"ETag: " + tag + b"\r\nContent-Length: 8\r\n\r\nfour"
    rest = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-7/8\r\n\r\nmore"
    server = serve(first, rest)
    assert fetch(server.address, tmp_path / "a.zip", pause=0).read_bytes() == b"fourmore"
    assert "If-Range" not in server.requests[1]


@pytest.mark.parametrize(
    "change",
    [{"validator": 5}, {"validator": "a\r\nX: y"}, {"size": "8"}, {"size": None}, {"url": []}, {"more": 1}],
)
def test_a_note_that_was_changed(serve, tmp_path: Path, change: dict[str, object]) -> None:
    server = serve(OK + b"Content-Length: 4\r\n\r\nfile")
    note = {"url": server.address, "validator": "", "size": 4} | change
    (tmp_path / "a.zip.part").write_bytes(b"fo")
    (tmp_path / "a.zip.part.json").write_text(json.dumps(note))
    assert fetch(server.address, tmp_path / "a.zip", pause=0).read_bytes() == b"file"
    assert "Range" not in server.requests[0]


def test_the_command_names_what_is_too_large(
    serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(OK + b"Content-Length: 5000000000\r\n\r\nx")
    command = ["data", "download", "tc128", "--root", str(tmp_path), "--address", server.address[:-6]]
    assert main([*command, "--largest", "1"]) == 1
    assert "at most 1,073,741,824 bytes, the server announces 5,000,000,000" in capsys.readouterr().err
    assert BENCHMARKS["tc128"].largest > 5_000_000_000
