"""Names and texts of strangers reach terminals, logs and pages without control characters."""

import ast
import json
import logging
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from trees import write_otb
from video_files import frames_of, write_folder

import udtlib
from udtlib.cli import COMMANDS, main
from udtlib.printing import log_of, printable, say
from udtlib.weights import Weights, random_weights, save_weights

EVIL = "a\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"
WRITTEN = r"a\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"


def test_printable() -> None:
    assert printable(EVIL) == WRITTEN
    assert printable("caf\xe9 字\n\udc80") == "caf\xe9 字\\n\\udc80"
    assert printable("a\nb\r", "\n") == "a\nb\\r"
    assert printable(printable(EVIL)) == WRITTEN


def test_say_and_logs(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    say(EVIL, 1, sep="\n")
    say(EVIL, end="", file=sys.stderr)
    assert capsys.readouterr() == (f"{WRITTEN}\n1\n", WRITTEN)
    log_of("udtlib.x").warning("%s: 100 %% of %d\n", EVIL, 3)
    assert caplog.messages == [f"{WRITTEN}: 100 % of 3\\n"]
    assert caplog.records[0].filename == Path(__file__).name
    assert caplog.records[0].name == "udtlib.x"
    log_of("udtlib.x").debug("%s")
    assert logging.getLogger("udtlib.x").getEffectiveLevel() == logging.WARNING


def test_commands_print_and_log_in_no_other_way() -> None:
    root = Path(udtlib.__file__).parent
    paths = [root / "cli.py", *(root / "commands").glob("*.py")]
    assert len(paths) > len(COMMANDS)
    calls = {
        f"{path.name}: {ast.unparse(node.func)}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not [call for call in calls if call.endswith((": print", "stdout.write", "stderr.write"))]
    loggers = [path.name for path in root.rglob("*.py") if "getLogger" in path.read_text("utf-8")]
    assert loggers == ["printing.py"]


def write_evil_results(folder: Path) -> Path:
    """Write a tracker's folder and a sequence of such names; also frames of another size, and left-outs."""
    run = folder / EVIL
    run.mkdir()
    boxes = np.tile([1.0, 2, 3, 4], (3, 1))
    np.savetxt(run / "Bolt.txt", boxes, "%g", ",")
    (run / "Bolt.json").write_text(json.dumps({"seconds": EVIL, "frames": 3}))
    write_otb(folder / "otb", "Bolt")
    write_otb(folder / "otb", EVIL)
    np.savetxt(run / f"{EVIL}.txt", boxes[:2], "%g", ",")
    return run


def test_no_command_hands_control_characters_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = write_evil_results(tmp_path)
    frames = write_folder(tmp_path / f"clip{EVIL}", frames_of(1, 3))
    (frames / f"._{EVIL}.jpg").write_bytes(b"x")
    write_folder(tmp_path / "videos" / "fine", frames_of(1, 2, (20, 20)))
    (tmp_path / "videos" / f"{EVIL}.avi").write_bytes(b"RIFF....AVI ")
    card = {"name": f"x\nfingerprint {EVIL}"}
    save_weights(tmp_path / "w.safetensors", Weights(random_weights().tensors, card))
    otb, out = str(tmp_path / "otb"), str(tmp_path / "out")
    commands = [
        ["score", "--results", str(run), "--annotations", otb],
        ["report", str(run), "--annotations", otb, "--out", out + ".html"],
        ["evaluate", "--tracker", "mosse", "--dataset", "otb", "--root", otb, "--out", out, "--jobs", "1"],
        ["track", str(frames), "--box", "20,20,20,20", "--tracker", "mosse", "--boxes", f"{out}{EVIL}.txt"],
        ["track", EVIL, "--box", "20,20,20,20"],
        ["data", "pack", str(tmp_path / "videos"), "--out", out + ".raw", "--measured"],
        ["weights", "show", str(tmp_path / "w.safetensors")],
        ["weights", EVIL],
        ["score", "--results", EVIL, EVIL, f"--{EVIL}"],
    ]
    for command in commands:
        with suppress(SystemExit):
            main(command)
        told = "".join(capfd.readouterr())
        odd = {c for c in told if not c.isprintable()} - {"\n", "\r"}
        assert not odd, (command, told)
        assert WRITTEN in told or command[0] == "evaluate", (command, told)
        assert not [line for line in told.splitlines() if line.startswith("fingerprint")]


def test_log_lines_of_a_child_process() -> None:
    code = f"from udtlib.printing import log_of; log_of('udtlib.y').warning('%s', {EVIL!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == f"{WRITTEN}\n"
