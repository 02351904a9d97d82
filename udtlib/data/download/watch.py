"""The end of a connection on which nothing comes but bytes. Book: chapter 13.

A timeout of the system is for each piece that arrives: a server that sends the lines before a file one
letter at a time, or such lines without end, keeps a reader busy for ever. A `Watch` looks at the clock from
a thread of its own, and ends the connection.
"""

import socket
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPResponse
from threading import Event, Thread
from types import TracebackType
from typing import Any


class Watch:
    """Ends the connection that it was given unless `renew` is called often enough; a context manager.

    Attributes:
        seconds: how long it waits.
    """

    def __init__(self, seconds: float) -> None:
        """Begin to wait."""
        self.seconds = seconds
        self._socket: socket.socket | None = None
        self._late, self._over = False, Event()
        self.renew()
        Thread(target=self._wait, daemon=True).start()

    def renew(self) -> None:
        """Wait again as long, from now on."""
        self._due = time.monotonic() + self.seconds

    def check(self) -> None:
        """Raise a TimeoutError if the connection was ended: what was read of it last is not whole."""
        if self._late:
            raise TimeoutError(f"nothing of the file within {self.seconds:g} s")

    def take(self, connection: socket.socket) -> None:
        """Watch this connection, and no longer the one before; raises as `check`."""
        self._socket = connection
        self.check()

    def _wait(self) -> None:
        while not self._over.wait(max(0.0, self._due - time.monotonic())):
            if time.monotonic() >= self._due:
                self._late = True
                if self._socket is not None:
                    with suppress(OSError):  # not that of SSLSocket, whose reader must not lose its object
                        socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                return

    def __enter__(self) -> "Watch":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the waiting; raises as `check`, whatever the ended connection led to."""
        self._over.set()
        if self._late:
            try:
                self.check()
            except TimeoutError as late:
                raise late from error


class _Watched(urllib.request.AbstractHTTPHandler):
    """Hands each new connection to a watch."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def do_open(self, http_class: Any, req: urllib.request.Request, **options: Any) -> HTTPResponse:
        def watched(*arguments: Any, **others: Any) -> Any:
            made = http_class(*arguments, **others)
            connect = made.connect

            def connect_and_tell() -> None:
                connect()
                self._watch.take(made.sock)

            made.connect = connect_and_tell
            return made

        return super().do_open(watched, req, **options)


class WatchedHTTPHandler(_Watched, urllib.request.HTTPHandler):
    """Opens http addresses."""


class WatchedHTTPSHandler(_Watched, urllib.request.HTTPSHandler):
    """Opens https addresses."""
