"""A signal at a bad moment: while modules are imported, and while other processes measure."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from udtlib.cli import main

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parents[1])])}

STUCK = """
import time
from multiprocessing import parent_process
from pathlib import Path

class Stuck:
    def init(self, frame, box):
        self.box = box

    def update(self, frame):
        if parent_process():
            Path("started").touch()
            time.sleep(300)
        return self.box
"""
DYING = """
import os
from multiprocessing import parent_process

class Dying:
    def init(self, frame, box):
        self.box = box

    def update(self, frame):
        if parent_process():
            os._exit(1)
        return self.box
"""


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_that_a_compiled_module_makes_an_import_error_of(monkeypatch, capsys, number, status):
    """As numpy does."""

    def imported(name):
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise ImportError("numpy._core.umath failed to import") from None

    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    monkeypatch.setattr("udtlib.cli.import_module", imported)
    try:
        assert main(["bench"]) == status
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert capsys.readouterr().err == "\nudt bench: interrupted; files written so far are kept\n"


def test_an_import_error_without_a_signal_is_not_hidden(monkeypatch):
    monkeypatch.setattr("udtlib.cli.import_module", lambda name: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["bench"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_measurement_ends_at_once_with_its_processes(tmp_path, number):
    """All of a terminal get the signal; the trackers' processes, one of them at rest, say nothing."""
    (tmp_path / "stuck.py").write_text(STUCK)
    words = ["bench", "--tracker", "mosse", "stuck.py:Stuck", "--frames", "2", "--rounds", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "udtlib", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: [signal.signal(one, signal.SIG_DFL) for one in (signal.SIGINT, signal.SIGTERM)],
    )
    for _ in range(6000):
        if (tmp_path / "started").exists():
            break
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.killpg(process.pid, number)
    text = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert text == "\nudt bench: interrupted; files written so far are kept\n"


def test_a_tracker_whose_process_dies_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("dying.py").write_text(DYING)
    assert main(["bench", "--tracker", "dying.py:Dying", "--frames", "2", "--rounds", "1"]) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1, text
    assert "dying.py:Dying: its process died: killed, out of memory, or a crash in native code" in text
