"""Collect what computers without a network need to run the book, in one folder to carry there: `make room`.

    python book/tools/room.py OUT

OUT gets `wheels/` (this project, its extra `book` and all they need, for the Python and system of this machine),
`contents.json` (which files these are, and for which Python and system) and `install.py`, which checks and installs them there.
"""

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import room_install

from udtlib.files import write_whole

PROJECT = Path(__file__).resolve().parents[2]
WANTED = "udtlib[book]"


def collect(out: Path) -> None:
    """Write all wheels into ``out/wheels``, from nothing, so that none of an earlier version stays."""
    if out.exists() and any(out.iterdir()) and not (out / room_install.CONTENTS).exists():
        raise SystemExit(f"{out} holds other files: name a new folder, or one that this command has made")
    wheels = out / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    subprocess.run([*pip, "-c", PROJECT / "constraints.txt", "-w", wheels, f"{PROJECT}[book]"], check=True)


def describe(out: Path) -> None:
    """Write the list of files with their SHA-256, and the program that checks and installs them."""
    files = {
        f"wheels/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((out / "wheels").iterdir())
    }
    contents = {"wanted": WANTED, "machine": room_install.this_machine(), "files": files}
    write_whole(out / room_install.CONTENTS, json.dumps(contents, indent=1) + "\n")
    shutil.copy(room_install.__file__, out / "install.py")


def main(argv: list[str] | None = None) -> int:
    """Collect, describe, and say what to do next; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    out = parser.parse_args(argv).out
    collect(out)
    describe(out)
    size = sum(path.stat().st_size for path in (out / "wheels").iterdir())
    print(f"{out}: {len(list((out / 'wheels').iterdir()))} packages, {size / 1e6:.0f} MB, for "
          f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")  # fmt: skip
    print(f"carry the folder to each machine; there: python3 {out.name}/install.py")
    return 0


if __name__ == "__main__":
    sys.exit(main())
