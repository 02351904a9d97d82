"""The script that kills commands: what it must notice, and a few kills of real commands."""

import subprocess
import sys
from pathlib import Path

import kills
import pytest
from kills import Job, Rounds
from video_files import frames_of, write_video

KILLS = Path(kills.__file__)
IN_PLACE = """
import sys, time
with open(sys.argv[1], "w") as file:
    for _ in range(20):
        file.write("x")
        file.flush()
        time.sleep(0.02)
"""
WHOLE = """
import os, sys, time
time.sleep(0.3)
with open(sys.argv[1] + ".new", "w") as file:
    file.write("x" * 20)
os.replace(sys.argv[1] + ".new", sys.argv[1])
"""
FORGETS = """
import os, sys, time
again = os.path.exists(sys.argv[1])
open(sys.argv[1], "a").close()
time.sleep(0.3)
open(sys.argv[1] + "2", "w").write(f"{again}")
"""


@pytest.mark.parametrize(
    ("code", "whole", "fault"),
    [
        (WHOLE, ("a",), ""),
        (IN_PLACE, ("a",), "a kill left a partial ['a']"),
        (FORGETS, (), "files that are not those of a whole run: a2"),
    ],
)
def test_what_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, whole: tuple[str, ...], fault: str
) -> None:
    monkeypatch.setitem(kills.JOBS, "job", Job("OUT/a", 1, whole=whole, replaces=False))
    monkeypatch.setattr(kills, "command", lambda words: [sys.executable, "-c", code, *words])
    monkeypatch.setattr(kills, "SIGNALS", (kills.signal.SIGKILL,))
    rounds = Rounds("job", tmp_path, tmp_path / "out", seed=0)
    most = 60 if fault else 3  # on a busy machine most of them come before the command has begun
    while rounds.tally.kills.total() < most and not rounds.tally.faults:
        rounds.run(1)
    assert bool(fault) == bool(rounds.tally.faults)
    assert all(fault in found for found in rounds.tally.faults)


def test_a_shorter_whole_file_is_whole_where_a_command_says_so(tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.avi", frames_of(0, 3))
    assert kills.tracked_so_far(video, video.read_bytes(), b"longer")
    video.write_bytes(video.read_bytes()[:44])
    assert not kills.tracked_so_far(video, video.read_bytes(), b"longer")
    text = tmp_path / "b.txt"
    assert kills.tracked_so_far(text, b"1,2\n", b"1,2\n3,4\n")
    assert not kills.tracked_so_far(text, b"1,2\n3", b"1,2\n3,4\n")
    assert not kills.tracked_so_far(text, b"2,2\n", b"1,2\n3,4\n")
    assert not kills.same(text, b"1,2\n", b"1,2\n3,4\n")


@pytest.mark.slow
def test_a_few_kills_of_commands() -> None:
    done = subprocess.run(
        [sys.executable, str(KILLS), "--kills", "9", "--seed", "3"],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(" kills, 0 faults")
