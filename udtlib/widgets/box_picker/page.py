"""The page of ``udt select``: one text with everything in it, which loads nothing and sends the box home."""

import json
from base64 import b64encode
from html import escape
from importlib.resources import files

from udtlib.frames import Frame
from udtlib.widgets.base import jpeg

POLICY = (
    "default-src 'none'; img-src data:; connect-src 'self'; script-src 'nonce-{nonce}'; "
    "style-src-elem 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For the browser: what stands in the page, and requests to the server it came from; nothing else."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style nonce="{nonce}">
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>Draw a box around the target, then drag it or its corners. With the keyboard: Enter places a box, Tab goes
to its corners, arrow keys move by one pixel, with Shift by ten.</p>
<div id="picker"></div>
<p><button id="use" type="button" disabled>Use this box</button></p>
<p id="said" role="status"></p>
</main>
<script id="start" type="application/json" nonce="{nonce}">{start}</script>
<script type="module" nonce="{nonce}">
{script}</script>
</body>
</html>
"""


def asset(name: str) -> str:
    """Return the text of a file of this folder."""
    return files("udtlib.widgets.box_picker").joinpath(name).read_text("utf-8")


def data_url(frame: Frame) -> str:
    """Return a frame as the text that stands for its JPEG in a page."""
    return "data:image/jpeg;base64," + b64encode(jpeg(frame)).decode()


def select_page(frame: Frame, title: str, nonce: str) -> str:
    """Return the page on which a box is drawn on ``frame``, RGB ``uint8`` ``(H, W, 3)``.

    Args:
        frame: the picture.
        title: plain text.
        nonce: the word in `POLICY` that lets this page's scripts run, and no others.
    """
    start = {"picture": data_url(frame), "width": frame.shape[1], "height": frame.shape[0]}
    return PAGE.format(
        title=escape(title),
        nonce=nonce,
        style=asset("picker.css") + asset("select.css"),
        start=json.dumps(start),
        script=asset("picker.js") + asset("select.js"),
    )
