"""Pipes that do not wait for ever, by the system's means and by a thread's."""

import io
import os
import threading
import time

import pytest

from udtlib import pipes
from udtlib.pipes import PatientReader, write_within


@pytest.fixture
def pipe():
    ends = [os.fdopen(end, mode, buffering=0) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True)]
    yield ends
    for end in ends:
        end.close()


@pytest.fixture(params=["poll", "thread"])
def reader(request, pipe, monkeypatch):
    if request.param == "thread":
        monkeypatch.delattr(pipes.select, "poll")
    made = PatientReader(pipe[0], 5.0, lambda: None)
    assert type(made._source) is (pipes._Polled if request.param == "poll" else pipes._InThread)
    return made


def test_all_bytes_arrive_in_order_and_then_the_end(reader, pipe):
    sent = bytes(range(256)) * 2000
    writing = threading.Thread(target=lambda: (write_within(pipe[1], sent, 20), pipe[1].close()))
    writing.start()
    buffered = io.BufferedReader(reader)
    assert buffered.read(1) + buffered.read(2) == sent[:3]
    assert buffered.read(300_000) == sent[3:300_003]
    assert buffered.read() == sent[300_003:]
    assert buffered.read(1) == b""
    writing.join()


def test_what_is_there_is_returned_without_waiting_for_more(reader, pipe):
    pipe[1].write(b"line\nrest")
    buffered = io.BufferedReader(reader)
    begin = time.monotonic()
    assert buffered.readline() == b"line\n"
    assert buffered.read1(100) == b"rest"
    assert time.monotonic() - begin < 4


def test_silence_is_given_up_and_progress_is_no_silence(reader, pipe):
    reader.patience = 0.05
    with pytest.raises(TimeoutError, match=r"nothing for 0\.05 s"):
        reader.read(1)
    steps = iter(range(4))
    reader.progress = lambda: next(steps, 4)
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        reader.read(1)
    assert time.monotonic() - begin > 4 * 0.05, "each step gave it as much time again"
    pipe[1].write(b"late")
    reader.patience = 5.0
    assert reader.read(100) == b"late", "nothing that came after the silence is lost"


def test_a_thread_ends_with_its_reader(pipe, monkeypatch):
    monkeypatch.delattr(pipes.select, "poll")
    before = set(threading.enumerate())
    reader = PatientReader(pipe[0], 5.0, lambda: None)
    (thread,) = set(threading.enumerate()) - before
    del reader
    thread.join(10)
    assert not thread.is_alive()


def test_writing_to_a_pipe_that_nobody_reads_ends(pipe):
    with pytest.raises(TimeoutError, match=r"nothing was read for 0\.1 s"):
        write_within(pipe[1], b"x" * (1 << 20), 0.1)
    pipe[0].close()


def test_writing_to_a_pipe_whose_reader_has_ended_is_no_error(pipe):
    pipe[0].close()
    begin = time.monotonic()
    write_within(pipe[1], b"x" * (1 << 20), 10)
    assert time.monotonic() - begin < 5
