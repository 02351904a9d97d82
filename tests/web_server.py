"""A web server on this machine that misbehaves as told."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class WebServer:
    """Serves ``files`` by name; the next answer for a name behaves as its next word in ``modes`` says.

    whole, drop:N (close after N bytes of the answer), hang:N (send no more after N bytes), no-range (ignores
    Range), longer:N and shorter:N (a wrong Content-Length), no-length, wrong-start (of a range), or a status
    such as 404. ``log`` has a line (name, Range, status) a request.
    """

    def __init__(self):
        self.files, self.modes, self.log, self.tags, self.closed = {}, {}, [], {}, Event()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                web.answer(self, self.path.rpartition("/")[2])

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/seq/"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request, name):
        mode, _, number = (self.modes.get(name) or ["whole"]).pop(0).partition(":")
        status, body, headers = self.body_of(name, request.headers, mode)
        self.log.append((name, request.headers.get("Range", ""), status))
        length = len(body) + {"longer": 1, "shorter": -1}.get(mode, 0) * int(number or 0)
        request.send_response(status)
        for key, value in headers.items():
            request.send_header(key, value)
        if mode != "no-length":
            request.send_header("Content-Length", str(length))
        request.end_headers()
        request.wfile.write(body[: int(number)] if mode in ("drop", "hang") else body)
        if mode == "hang":
            self.closed.wait(30)

    def body_of(self, name, asked, mode):
        if mode.isdecimal():
            return int(mode), b"no", {}
        if name not in self.files:
            return 404, b"no", {}
        content, tag = self.files[name], self.tags.get(name, "")
        headers = {"ETag": tag} if tag else {}
        start = int(asked["Range"].removeprefix("bytes=").rstrip("-")) if "Range" in asked else None
        if start is None or mode == "no-range" or asked.get("If-Range", tag) != tag:
            return 200, content, headers
        if start >= len(content):
            return 416, b"", {"Content-Range": f"bytes */{len(content)}"}
        start -= 7 if mode == "wrong-start" else 0
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return 206, content[start:], headers
