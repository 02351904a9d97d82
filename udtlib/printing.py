"""Text from files on its way to a terminal, a log, a page or a picture. Imports nothing of ours."""

import logging
from typing import Any, TextIO


def printable(text: str, keep: str = "") -> str:
    r"""Return ``text`` with every control character but those of ``keep`` written out, as ``\x1b``.

    A name in a file may hold sequences that move the cursor, retitle the window or worse.
    """
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def say(*texts: object, sep: str = " ", end: str = "\n", file: TextIO | None = None) -> None:
    """Print as `print` does, at once, but line feeds are the only control characters that get out."""
    print(printable(sep.join(map(str, texts)), "\n"), end=end, file=file, flush=True)


class Log(logging.LoggerAdapter[logging.Logger]):
    """A logger whose lines hold no control characters, whatever the names in them."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log ``msg % args``."""
        if self.isEnabledFor(level):
            text = printable(str(msg) % args if args else str(msg))
            self.logger.log(level, "%s", text, stacklevel=kwargs.pop("stacklevel", 1) + 1, **kwargs)


def log_of(module: str) -> Log:
    """Return the log of a module of this name."""
    return Log(logging.getLogger(module), None)
