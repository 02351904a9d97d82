"""Install the book on a machine without a network, from the folder that this file lies in.

    python3 install.py            check the folder, make the environment `udt-env` here, install into it, check it
    python3 install.py --check    only say what is missing

It needs nothing but Python; every old one can say that it is too old.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

CONTENTS = "contents.json"


def this_machine():
    """Return Python's version and the system, as far as the packages depend on them."""
    return {
        "Python": "{}.{}".format(*sys.version_info),
        "system": platform.system(),
        "processor": platform.machine(),
    }


def problems(folder, machine):
    """Return what keeps ``folder`` from being installed on ``machine``, one text each."""
    if not (folder / CONTENTS).is_file():
        return [f"{CONTENTS} is missing beside install.py: copy the whole folder"]
    contents = json.loads((folder / CONTENTS).read_text("utf-8"))
    print(f"checking {len(contents['files'])} files", flush=True)
    found = [
        f"the packages are for {name} {wanted}, this is {name} {machine[name]}"
        for name, wanted in contents["machine"].items()
        if machine[name] != wanted
    ]
    for name, expected in contents["files"].items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing: copy it again")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            found.append(f"{name} is damaged: copy it again")
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        found.append("Python's venv module is missing (Debian, Ubuntu: the package python3-venv)")
    return found


def install(folder, target):
    """Make the environment ``target`` and install into it; return the exit status of `udt check` there."""
    wanted = json.loads((folder / CONTENTS).read_text("utf-8"))["wanted"]
    subprocess.run([sys.executable, "-m", "venv", str(target)], check=True)
    programs = target / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-index"]
    folder_alone = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    folder_alone["PIP_CONFIG_FILE"] = os.devnull
    subprocess.run([*pip, "--find-links", folder / "wheels", wanted], env=folder_alone, check=True)
    status = subprocess.run([python, "-m", "udtlib", "check"], check=False).returncode
    print(f"the chapters, in a folder of your own: {programs / 'udt'} book my-book")
    print(f"open them: {python} -m jupyterlab my-book")
    return status


def main():
    """Check, and install if nothing is missing; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("target", nargs="?", type=Path, default=Path("udt-env"))
    parser.add_argument("--check", action="store_true", help="install nothing")
    arguments = parser.parse_args()
    folder = Path(__file__).resolve().parent
    found = problems(folder, this_machine())
    for problem in found:
        print(f"MISSING {problem}")
    if found:
        return 1
    print("all files are here, and they are for this machine", flush=True)
    return 0 if arguments.check else install(folder, arguments.target)


if __name__ == "__main__":
    sys.exit(main())
