"""Work that takes a while, done a piece at a time, so that a kernel hears what happens meanwhile."""

import asyncio
from collections.abc import Iterator
from threading import RLock
from typing import Any

END = object()


class Turns:
    """Works through an iterator: the first piece at once, the others as the kernel finds time.

    A kernel may hear a control in another thread than the one in which a piece is being done. So a piece
    comes to its end before that of a new iterator begins, and the old iterator has no other.

    Attributes:
        pieces: what is worked through; another one in its place ends it.
        task: the work under way in a kernel; None before the first, and where no kernel runs.
    """

    def __init__(self) -> None:
        """Have nothing to do."""
        self.pieces: Iterator[Any] = iter(())
        self.task: asyncio.Task[None] | None = None
        self.lock = RLock()

    def start(self, pieces: Iterator[Any]) -> None:
        """Leave what is under way and work through ``pieces``; all of them now where no kernel runs."""
        self.pieces = pieces
        self._do(pieces)
        try:
            self.task = asyncio.get_running_loop().create_task(self._go_on(pieces))
        except RuntimeError:
            while self._do(pieces):
                pass

    def _do(self, pieces: Iterator[Any]) -> bool:
        """Do a piece, unless something else was started meanwhile; return whether there was one."""
        with self.lock:
            return pieces is self.pieces and next(pieces, END) is not END

    async def _go_on(self, pieces: Iterator[Any]) -> None:
        """Do the rest."""
        await asyncio.sleep(0)
        while self._do(pieces):
            await asyncio.sleep(0)
