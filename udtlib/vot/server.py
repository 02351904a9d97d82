"""A tracker as a TraX server: VOT's toolkit starts it, sends image files, and gets boxes back.

Book: chapter 14.
"""

from typing import BinaryIO

from udtlib.boxes import Boxes
from udtlib.data.images import read_image
from udtlib.errors import DataError, UdtError
from udtlib.trackers import Tracker
from udtlib.vot.messages import (
    VERSION,
    Message,
    box_region,
    format_message,
    image_path,
    read_messages,
    region_box,
)


def serve(tracker: Tracker, name: str, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer a client's messages until it quits or goes away.

    The target is started on the box around the client's region, as often as it asks. Boxes are 0-indexed,
    as VOT's are.

    Args:
        tracker: ours by interface.
        name: what the client is told it is called.
        requests: where the client's lines come from.
        replies: where ours go; nothing else may be written there.

    Raises:
        UdtError: a message that cannot be understood, an image that cannot be read, a box the tracker
            refuses, or an error of the tracker; the client has been told the reason.
    """
    _send(replies, "hello", *_about(name))
    started = False
    try:
        for message in read_messages(requests):
            if message.kind == "quit":
                return
            if message.kind == "initialize":
                box, started = _start(tracker, message), True
            elif message.kind == "frame" and started:
                box = tracker.update(read_image(image_path(_first(message, 1))))
            else:
                wanted = "initialize, frame or quit" if started else "initialize first"
                raise DataError(f"TraX: expected {wanted}, found the message {message.kind[:40]!r}")
            _send(replies, "state", box_region(box))
    except UdtError as error:
        _send(replies, "quit", f"trax.reason={error}")
        raise


def _about(name: str) -> list[str]:
    facts = {
        "version": str(VERSION),
        "name": name,
        "family": "udtlib",
        "image": "path;",
        "region": "rectangle;",
        "channels": "color;",
    }
    return [f"trax.{key}={value}" for key, value in facts.items()]


def _start(tracker: Tracker, message: Message) -> Boxes:
    image, region = _first(message, 2), message.arguments[1]
    box = region_box(region)
    tracker.init(read_image(image_path(image)), box)
    return box


def _first(message: Message, count: int) -> str:
    """Return the first argument of a message that must have ``count`` of them at least."""
    if len(message.arguments) < count:
        raise DataError(
            f"TraX: expected {'an image' if count == 1 else 'an image and a region'} with the message "
            f"{message.kind}, found {len(message.arguments)} arguments"
        )
    return message.arguments[0]


def _send(replies: BinaryIO, kind: str, *arguments: str) -> None:
    # on a line of its own, whatever a tracker has printed before
    line = "\n" + format_message(kind, *arguments)
    replies.write(line.encode("utf-8", "surrogateescape"))
    replies.flush()
