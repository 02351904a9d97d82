"""Work a piece at a time: in order, and not two pieces at once, whatever thread a control is heard in."""

from threading import Event, Thread

import pytest


def test_a_piece_under_way_in_another_thread_ends_before_what_replaces_it_begins():
    turns = pytest.importorskip("udtlib.widgets.panel.turns").Turns()
    seen, begun, go_on = [], Event(), Event()

    def old():
        begun.set()
        assert go_on.wait(20)
        seen.append("old")
        yield
        seen.append("a piece too many")
        yield

    def new():
        for number in range(2):
            seen.append(number)
            yield

    threads = [Thread(target=turns.start, args=(pieces,)) for pieces in (old(), new())]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    threads[1].join(0.2)
    assert seen == []
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert seen == ["old", 0, 1]
