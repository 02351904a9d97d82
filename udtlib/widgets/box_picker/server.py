"""A server on this machine alone that waits for one box, drawn in a browser.

Nobody else gets at it: it listens on 127.0.0.1, its address holds a random word, and it answers only requests
that name its own host, so that a page elsewhere whose name is made to point here learns and changes nothing.
"""

import json
import secrets
import sys
from collections.abc import Callable
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from udtlib.boxes import Boxes, check_box_in_image
from udtlib.errors import BoxError
from udtlib.frames import Frame
from udtlib.widgets.box_picker.page import POLICY, select_page

HOST = "127.0.0.1"
MOST_BYTES = 1000
"""Of a request's body; a box has some thirty."""

SILENCE = 20.0
"""Seconds after which a connection that sends nothing is closed."""


class BoxServer(ThreadingTCPServer):  # http.server's own asks the name server for our name
    """Serves one page; `wait` for the box.

    Attributes:
        address: where the page is.
        box: ``(4,)`` float64, 0-indexed pixels of the frame; None before there is one.
    """

    daemon_threads = allow_reuse_address = True
    timeout = 0.2  # of one look for a request

    def __init__(self, frame: Frame, title: str, reply: Callable[[Boxes], str], port: int = 0) -> None:
        """Listen; ``reply`` makes the text that the page shows when it has sent its box.

        Raises:
            OSError: the port is taken.
        """
        super().__init__((HOST, port), _Handler)
        self.frame, self.title, self.reply = frame, title, reply
        self.box: Boxes | None = None
        self.token = secrets.token_urlsafe(24)
        self.host = f"{HOST}:{self.server_address[1]}"
        self.address = f"http://{self.host}/{self.token}/"

    def wait(self) -> Boxes:
        """Return the box ``(4,)``, as soon as the page has sent it."""
        try:
            while self.box is None:
                self.handle_request()
            return self.box
        finally:
            self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is a browser that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: BoxServer
    timeout = SILENCE
    server_version, sys_version = "udt", ""

    def do_GET(self) -> None:
        if not self._is_ours():
            self._say(HTTPStatus.FORBIDDEN, "this address is not that of the page")
        elif self._name() != "":
            self._say(HTTPStatus.NOT_FOUND, "there is only one page")
        else:
            nonce = secrets.token_urlsafe(16)
            page = select_page(self.server.frame, self.server.title, nonce)
            self._say(HTTPStatus.OK, page, "text/html", POLICY.format(nonce=nonce))

    def do_POST(self) -> None:
        self.close_connection = True  # a body that is refused is not read
        if not self._is_ours() or self.headers.get("Origin", self._origin()) != self._origin():
            self._say(HTTPStatus.FORBIDDEN, "this address is not that of the page")
        elif self._name() != "box":
            self._say(HTTPStatus.NOT_FOUND, "a box goes to box")
        elif self.headers.get_content_type() != "application/json":
            self._say(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected JSON")
        elif not (length := self.headers.get("Content-Length", "")).isdecimal():
            self._say(HTTPStatus.LENGTH_REQUIRED, "expected a Content-Length")
        elif len(length) > 9 or int(length) > MOST_BYTES:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {MOST_BYTES} bytes")
        else:
            self._take(self.rfile.read(int(length)))

    def _take(self, body: bytes) -> None:
        try:
            box = read_box(body, self.server.frame)
        except BoxError as error:
            self._say(HTTPStatus.BAD_REQUEST, str(error))
            return
        self._say(HTTPStatus.OK, self.server.reply(box))
        self.server.box = box

    def _is_ours(self) -> bool:
        word = self.path.split("/")[1] if self.path.count("/") == 2 else ""
        known = compare_digest(word.encode(), self.server.token.encode())
        return known and self.headers.get_all("Host") == [self.server.host]

    def _name(self) -> str:
        return self.path.rpartition("/")[2]

    def _origin(self) -> str:
        return f"http://{self.server.host}"

    def _say(
        self, status: HTTPStatus, text: str, kind: str = "text/plain", policy: str = "default-src 'none'"
    ) -> None:
        content = text.encode("utf-8", "replace")
        self.send_response(status)
        for key, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(content)),
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing about requests."""


def read_box(body: bytes, frame: Frame) -> Boxes:
    """Return the box ``(4,)`` float64 in JSON such as ``{"box": [1, 2, 30, 40]}``.

    Raises:
        BoxError: something else, or a box outside the frame.
    """
    try:
        found = json.loads(body, parse_int=float)["box"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BoxError('expected JSON such as {"box": [1, 2, 30, 40]}') from error
    if not isinstance(found, list) or [type(number) for number in found] != [float] * 4:
        raise BoxError("expected a box of four numbers")
    return check_box_in_image(found, *frame.shape[:2])
