"""Kill commands at random moments, go on, and compare what they leave with a run that nobody disturbed.

    python tests/fuzz/kills.py --kills 120 --seed 0
    python tests/fuzz/kills.py --job train --kills 10

Each round starts a command in an empty folder, kills it once, twice or three times (mostly SIGKILL), each
time somewhere within the seconds that a whole run takes, starts it again, and lets it end. Then its files
must be those of a whole run, byte by byte; only clock times may differ. After each kill a file that
appears whole (a report, a video, weights) must be the old one, the new one or not there.
Exit status 1 if anything was lost, differed, or came out as a traceback.
"""

import argparse
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2])]

ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(HERE.parents[2]),
    "PYTHONUNBUFFERED": "1",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
}
SIGNALS = (*[signal.SIGKILL] * 4, signal.SIGTERM, signal.SIGINT)
PATIENCE = 300
VIDEO_FRAMES = 40
UNTOLD = ("seconds", "made", "triplets_per_second")
"""What a record or a log says of the clock."""

Contents = dict[str, bytes]


def plain(_: Path, content: bytes) -> bytes:
    """Return a file's bytes as they are."""
    return content


def without_clock(path: Path, content: bytes) -> bytes:
    """Return a JSON record or a CSV log without what depends on the clock."""
    if path.suffix == ".json":
        record = json.loads(content)
        return json.dumps({key: value for key, value in record.items() if key not in UNTOLD}).encode()
    if path.suffix == ".csv":
        rows = csv.DictReader(content.decode().splitlines())
        return repr([[value for key, value in row.items() if key not in UNTOLD] for row in rows]).encode()
    return content


def of_training(path: Path, content: bytes) -> bytes:
    """Return a file of a training run without what depends on the clock: of weights, tensors and no card."""
    if path.suffix == ".safetensors":
        from safetensors.numpy import load

        tensors = load(content)
        return b"".join(name.encode() + tensors[name].tobytes() for name in sorted(tensors))
    return without_clock(path, content)


def same(_: Path, found: bytes, expected: bytes) -> bool:
    """Say whether a file is the one of a whole run."""
    return found == expected


def tracked_so_far(path: Path, found: bytes, expected: bytes) -> bool:
    """Say whether a file of `udt track` is that of a whole run, or whole in itself and of its first frames.

    Boxes are written as they come; a Ctrl-C also finishes the video.
    """
    from udtlib.data.video.file import VideoFile
    from udtlib.errors import DataError

    if path.suffix == ".txt":
        return expected.startswith(found) and found.endswith(b"\n")
    if found == expected:
        return True
    try:
        return 0 < len(VideoFile(path)) <= VIDEO_FRAMES
    except DataError:
        return False


@dataclass
class Job:
    """A command to kill.

    Attributes:
        words: its arguments; OUT stands for the round's folder, IN for that of the inputs.
        share: of all kills.
        resumed: the arguments of the next attempt, from those of the first and the round's folder.
        comparable: what of a file must be the same.
        whole: files that appear whole, or stay what they were.
        is_whole: whether such a file may be left by a kill: path, content, content after a whole run.
        replaces: whether they may be there before, with other content; half of the rounds begin so.
    """

    words: str
    share: float
    resumed: Callable[[list[str], Path], list[str]] = lambda words, out: words
    comparable: Callable[[Path, bytes], bytes] = plain
    whole: tuple[str, ...] = ()
    is_whole: Callable[[Path, bytes, bytes], bool] = same
    replaces: bool = True


def resumed_training(words: list[str], out: Path) -> list[str]:
    """Return `udt train` with --resume where there is something to go on from."""
    started = (out / "run" / "checkpoint.safetensors").exists()
    return [*words, "--resume"] if started else words


TRAIN = "train IN/videos --out OUT/run --steps 12 --batch 2 --checkpoint-every 2 --keep 4 8 --measured"
JOBS = {
    "evaluate": Job(
        "evaluate --tracker mosse kcf dsst --dataset otb --root IN/otb --jobs 2 --out OUT/run",
        4,
        comparable=without_clock,
    ),
    "train": Job(TRAIN, 4, resumed_training, of_training),
    "pack": Job(
        "data pack IN/videos --out OUT/a.raw --webp 90 --measured", 4, whole=("a.raw",), replaces=False
    ),
    "render": Job("data render --out OUT/a.raw --clips 6 --frames 6", 0.6, whole=("a.raw",), replaces=False),
    "report": Job("report IN/run --out OUT/report.html --annotations IN/otb", 0.6, whole=("report.html",)),
    "track": Job(
        "track IN/videos/a.avi --box 20,20,30,30 --tracker kcf --out OUT/o.mp4 --boxes OUT/o.txt",
        0.6,
        whole=("o.mp4", "o.txt"),
        is_whole=tracked_so_far,
    ),
    "convert": Job("weights convert IN/net.pth OUT/net.safetensors", 0.6, whole=("net.safetensors",)),
}


@dataclass
class Tally:
    """What happened in a job's rounds."""

    kills: Counter[str] = field(default_factory=Counter)
    late: int = 0
    rounds: int = 0
    faults: list[str] = field(default_factory=list)


def write_inputs(folder: Path) -> None:
    """Write what the commands read: sequences, videos, a network, an evaluation's results."""
    import torch
    from clips import moving_clip
    from video_files import frames_of, write_folder, write_video

    from udtlib.weights import random_weights

    base = np.array([1, 1, 0, 0])
    for name, step in (("Bolt", (2, 1)), ("Boy", (1, 2)), ("Deer", (3, 0))):
        there_and_back = ([step] * 10 + [(-step[0], -step[1])] * 10) * 3
        frames, boxes = moving_clip(there_and_back)
        images = write_folder(folder / "otb" / name / "img", frames, "{:04d}.jpg")
        (images / "0000.jpg").unlink()  # the benchmark counts images from 1, too
        np.savetxt(folder / "otb" / name / "groundtruth_rect.txt", boxes[1:] + base, "%g", ",")
    for seed, name in enumerate("abcd"):
        write_video(folder / "videos" / f"{name}.avi", frames_of(seed, VIDEO_FRAMES, (120, 160)))
    torch.save(dict(random_weights().tensors), folder / "net.pth")
    evaluate = JOBS["evaluate"].words.replace("OUT", str(folder)).replace("IN", str(folder)).split()
    subprocess.run(command(evaluate), check=True, env=ENVIRONMENT, capture_output=True)


def command(words: list[str]) -> list[str]:
    """Return the command line of `udt` with these arguments."""
    return [sys.executable, "-P", "-m", "udtlib", *words]


def contents(job: Job, out: Path) -> Contents:
    """Return what a round left, by name: visible files, and of each what must be the same."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file()]
    names = {path: str(path.relative_to(out)) for path in files}
    kept = [path for path in files if not any(part.startswith(".") for part in Path(names[path]).parts)]
    return {names[path]: job.comparable(path, path.read_bytes()) for path in kept}


def finish(words: list[str]) -> tuple[float, str]:
    """Run a command to its end; return its seconds, and what was wrong with it."""
    begin = time.monotonic()
    try:
        done = subprocess.run(
            command(words), env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return PATIENCE, f"took over {PATIENCE} s"
    wrong = done.returncode != 0 or "Traceback" in done.stderr
    return time.monotonic() - begin, f"ended with {done.returncode}: {done.stderr[-1500:]}" if wrong else ""


def kill(words: list[str], number: signal.Signals, after: float) -> tuple[bool, str]:
    """Start a command and signal it; return whether it was still running, and what was wrong with its end."""
    child = subprocess.Popen(
        command(words), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _, told = child.communicate(timeout=after)
        return False, "" if child.returncode == 0 else f"ended with {child.returncode}: {told[-1500:]}"
    except subprocess.TimeoutExpired:
        child.send_signal(number)
    try:
        _, told = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        return True, f"went on for {PATIENCE} s after {number.name}"
    odd = "Traceback" in told and ", in main" in told  # before that, while Python starts, there are no words
    return True, f"after {number.name}: {told[-1500:]}" if odd else ""


class Rounds:
    """Rounds of one job, each with its own folder."""

    def __init__(self, name: str, inputs: Path, folder: Path, seed: int) -> None:
        self.job, self.inputs, self.folder = JOBS[name], inputs, folder
        self.random = np.random.default_rng([seed, *name.encode()])
        self.tally, self.seconds = Tally(), float(PATIENCE)
        runs = []
        for out in (folder / "whole", folder / "again"):
            out.mkdir(parents=True)
            took, problem = finish(self.words(out))
            self.seconds = min(self.seconds, took)  # a busy machine stretches one of them
            if problem:
                raise SystemExit(f"{name}: an undisturbed run {problem}")
            runs.append(contents(self.job, out))
        self.expected = runs[0]
        if runs[1] != self.expected or not self.expected:
            raise SystemExit(f"{name}: two undisturbed runs differ in {difference(*runs)}")

    def words(self, out: Path) -> list[str]:
        """Return the arguments of a run into a folder."""
        text = self.job.words.replace("IN", str(self.inputs))
        return [word.replace("OUT", str(out)) for word in text.split()]

    def run(self, kills: int) -> None:
        """Do one round with so many kills."""
        out = self.folder / f"round-{self.tally.rounds}"
        out.mkdir()
        self.tally.rounds += 1
        old = self.job.replaces and self.random.random() < 0.5
        for name in self.job.whole if old else ():
            (out / name).write_bytes(b"old")
        words = self.words(out)
        for _ in range(kills):
            number = SIGNALS[self.random.integers(len(SIGNALS))]
            running, problem = kill(words, number, self.seconds * self.random.random())
            self.tally.kills[number.name] += running
            self.tally.late += not running
            self.check(problem, out)
            self.check(self.partial(out, old), out)
            words = self.job.resumed(self.words(out), out)
        _, problem = finish(words)
        found = contents(self.job, out)
        self.check(problem or difference(self.expected, found), out)
        if not self.tally.faults:
            shutil.rmtree(out)

    def partial(self, out: Path, old: bool) -> str:
        """Say which file that appears whole is neither the old one nor the new one."""
        found = contents(self.job, out)
        untouched = b"old" if old else None
        wrong = [
            name
            for name in self.job.whole
            if found.get(name) != untouched
            and not self.job.is_whole(out / name, found.get(name, b""), self.expected[name])
        ]
        return f"a kill left a partial {wrong}" if wrong else ""

    def check(self, problem: str, out: Path) -> None:
        """Note a problem."""
        if problem:
            self.tally.faults.append(f"{out}: {problem}")


def difference(expected: Contents, found: Contents) -> str:
    """Return the names of files that one side lacks or that differ, empty if there are none."""
    names = [name for name in sorted(expected | found) if expected.get(name) != found.get(name)]
    return f"files that are not those of a whole run: {', '.join(names)}" if names else ""


def main() -> int:
    """Kill the jobs in turn; print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=120, metavar="N", help="over all commands")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--job", choices=JOBS, action="append", help="default: all of them")
    parser.add_argument("--folder", type=Path, help="a new folder, kept (default: temporary)")
    arguments = parser.parse_args()
    names = arguments.job or list(JOBS)
    whole = sum(JOBS[name].share for name in names)
    total, faults = 0, []
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.folder or Path(temporary)
        inputs = place / "inputs"
        write_inputs(inputs)
        for name in names:
            wanted = max(1, round(arguments.kills * JOBS[name].share / whole))
            rounds = Rounds(name, inputs, place / name, arguments.seed)
            tally = rounds.tally
            while tally.kills.total() < wanted and tally.rounds < 3 * wanted and len(tally.faults) < 5:
                rounds.run(min(int(rounds.random.integers(1, 4)), wanted - tally.kills.total()))
            signals = ", ".join(f"{count} {name}" for name, count in sorted(tally.kills.items()) if count)
            print(
                f"{name:<9} {tally.kills.total():>3} kills ({signals}) in {tally.rounds} rounds of "
                f"{rounds.seconds:.1f} s, {tally.late} too late, {len(tally.faults)} faults",
                flush=True,
            )
            total, faults = total + tally.kills.total(), faults + tally.faults
    print(*faults, f"{total} kills, {len(faults)} faults", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
