"""Which threads compute what."""

import threading

import pytest
import torch

from udtlib.devices import side_by_side


@pytest.fixture(params=[1, 2])
def threads(request, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: request.param)
    return request.param


def test_both_functions_run_and_only_with_two_threads_at_once(threads):
    first_may_end = threading.Event()
    seen = {}

    def first():
        seen["first"] = threading.get_ident()
        seen["waited"] = first_may_end.wait(0 if threads == 1 else 5)

    def second():
        seen["second"] = threading.get_ident()
        first_may_end.set()

    side_by_side(first, second)
    assert seen["second"] == threading.get_ident()
    assert seen["waited"] == (threads == 2)
    assert (seen["first"] != seen["second"]) == (threads == 2)


@pytest.mark.parametrize("failing", ["first", "second", "both"])
def test_an_exception_of_either_comes_out_once_both_have_ended(threads, failing):
    ended = []

    def run(name):
        ended.append(name)
        if failing in (name, "both"):
            raise ValueError(name)

    with pytest.raises(ValueError, match="first" if failing == "first" else "second|first"):
        side_by_side(lambda: run("first"), lambda: run("second"))
    assert "first" in ended
    assert threads == 1 or "second" in ended
