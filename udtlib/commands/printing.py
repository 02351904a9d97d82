"""Text from files on its way to a terminal."""


def printable(text: str) -> str:
    r"""Return ``text`` with every control character but the line feed written out, as ``\x1b``.

    A name in a file may hold sequences that move the cursor, retitle the window or worse.
    """
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )
