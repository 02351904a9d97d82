"""Hand many odd inputs to the library; only its own errors may come out, and none may crash or hang it.

    python tests/fuzz/fuzz.py --inputs 100000 --seed 0
    python tests/fuzz/fuzz.py --target boxes --seed 7 --first 4711 --inputs 1     (one input again)

Every target runs in a process of its own, with limits on memory and on each input's time. Input ``k`` of a
target depends on the seed and ``k`` alone. Exit status 1 if there was a fault; each is printed with the
command that repeats it.
"""

import argparse
import faulthandler
import os
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np

SECONDS, MEMORY, FAULTS = 20, 6 * 2**30, 5
HERE = Path(__file__).resolve()
sys.path[:0] = map(str, (HERE.parent, *HERE.parents[1:3]))


def work(name: str, seed: int, first: int, count: int) -> None:
    """Run a target's inputs; print a line before each, and its fault, for the parent to read."""
    from targets import TARGETS

    from udtlib.errors import UdtError

    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_long)
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            print(f"at {number}", flush=True)
            rng = np.random.default_rng([seed, number, *name.encode()])
            signal.alarm(SECONDS)
            try:
                TARGETS[name][0](rng, Path(folder))
            except UdtError:
                refused += 1
            except BaseException:
                print(f"fault {number} {traceback.format_exc()!r}", flush=True)
            signal.alarm(0)
    print(f"done {refused}", flush=True)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"an input took over {SECONDS} s")


def run(name: str, seed: int, first: int, count: int) -> tuple[int, int, list[str]]:
    """Return how many inputs a target took, how many it refused, and its faults."""
    taken, refused, faults = 0, 0, []
    while taken < count and len(faults) < FAULTS:
        command = [sys.executable, str(HERE), "--worker", "--target", name, "--seed", str(seed)]
        command += ["--first", str(first + taken), "--inputs", str(count - taken)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        at, finished = first + taken, False
        for line in child.stdout or ():
            kind, _, rest = line.partition(" ")
            if kind == "at":
                at = int(rest)
            elif kind == "fault":
                faults.append(f"{name} {at}: {rest.partition(' ')[2].strip()}")
            elif kind == "done":
                refused, finished = refused + int(rest), True
        status = child.wait()
        taken = count if finished else at + 1 - first
        if not finished:
            faults.append(f"{name} {at}: the process ended with status {status}")
    return taken, refused, faults


def main() -> int:
    """Run the targets; print a line for each."""
    from targets import TARGETS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=2000, metavar="N", help="over all targets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=sorted(TARGETS), help="default: all of them")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="number of the first input")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.target, arguments.seed, arguments.first, arguments.inputs)
        return 0
    names = [arguments.target] if arguments.target else list(TARGETS)
    whole, total, wrong = sum(TARGETS[name][1] for name in names), 0, []
    for name in names:
        count = max(1, round(arguments.inputs * TARGETS[name][1] / whole))
        taken, refused, faults = run(name, arguments.seed, arguments.first, count)
        print(f"{name:<13} {taken:>7} inputs, {refused:>7} refused, {len(faults)} faults", flush=True)
        total, wrong = total + taken, wrong + faults
    for fault in wrong:
        name, number = fault.split(" ")[:2]
        again = f"python tests/fuzz/fuzz.py --target {name} --seed {arguments.seed} --inputs 1 --first"
        print(f"\n{again} {number.rstrip(':')}\n{fault}".replace("\\n", "\n"))
    print(f"{total} inputs, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
