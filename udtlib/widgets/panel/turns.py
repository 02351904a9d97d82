"""Work that takes a while, done a piece at a time, so that a kernel hears what happens meanwhile."""

import asyncio
from collections.abc import Iterator
from typing import Any

END = object()


class Turns:
    """Works through an iterator: the first piece at once, the others as the kernel finds time.

    Attributes:
        pieces: what is worked through; another one in its place ends it.
        task: the work under way in a kernel; None before the first, and where no kernel runs.
    """

    def __init__(self) -> None:
        """Have nothing to do."""
        self.pieces: Iterator[Any] = iter(())
        self.task: asyncio.Task[None] | None = None

    def start(self, pieces: Iterator[Any]) -> None:
        """Leave what is under way and work through ``pieces``; all of them now where no kernel runs."""
        self.pieces = pieces
        next(pieces, END)
        try:
            self.task = asyncio.get_running_loop().create_task(self._go_on(pieces))
        except RuntimeError:
            for _ in pieces:
                pass

    async def _go_on(self, pieces: Iterator[Any]) -> None:
        """Do the rest, unless something else was started meanwhile."""
        await asyncio.sleep(0)
        while pieces is self.pieces and next(pieces, END) is not END:
            await asyncio.sleep(0)
