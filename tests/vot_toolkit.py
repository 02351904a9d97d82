"""VOT's own toolkit, in an environment of its own, and workspaces for it with generated grey frames.

    python tests/vot_toolkit.py vot2018.json siamcar_vot2018 /tmp/workspace

makes a workspace of all sequences of an annotation file, with the results of one tracker in it, has the
toolkit analyse it, and prints accuracy, failures, robustness and EAO. The toolkit brings another OpenCV,
which must not come into our environment.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

PINS = ("vot-toolkit==0.7.4", "attributee==0.1.9", "vot-trax==4.0.2")
LOW, HIGH = 100, 356
STACK = f"""title: supervised experiment
dataset: none
experiments:
  baseline:
    type: supervised
    repetitions: 15
    skip_initialize: 5
    analyses:
      - type: supervised_average_ar
        sensitivity: 30
      - type: cumulative_failures
      - type: supervised_eao_score
        low: {LOW}
        high: {HIGH}
"""
HERE = Path(__file__).resolve()


def toolkit_python() -> Path:
    """Return the Python of an environment with the toolkit, made once a machine; OSError if it cannot be."""
    place = Path(os.environ.get("UDT_VOT_TOOLKIT", Path(tempfile.gettempdir(), "udt-vot-toolkit-0.7.4")))
    done, python = place / "installed", place / "bin" / "python"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PINS]
        installed = subprocess.run(install, check=False, capture_output=True, text=True)
        if installed.returncode:
            raise OSError(f"VOT's toolkit cannot be installed here: {installed.stderr[-500:]}")
        done.touch()
    return python


def run_vot(*arguments: str | Path) -> str:
    """Run the toolkit's command; return what it printed. Its exit status says little."""
    command = [str(toolkit_python()), "-m", "vot", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3000)
    return done.stdout + done.stderr


def write_workspace(annotations: Path, workspace: Path) -> None:
    """Write a workspace of the sequences of a JSON file, with a grey frame of the stated size each."""
    entries = json.loads(annotations.read_text())
    (workspace / "sequences").mkdir(parents=True)
    (workspace / "config.yaml").write_text("stack: stack.yaml\nregistry:\n- ./trackers.ini\n")
    (workspace / "stack.yaml").write_text(STACK)
    (workspace / "sequences/list.txt").write_text("\n".join([*entries, ""]))
    for name, entry in entries.items():
        folder = workspace / "sequences" / name
        (folder / "color").mkdir(parents=True)
        rows = [",".join(map(repr, row)) for row in entry["gt_rect"]]
        (folder / "groundtruth.txt").write_text("\n".join([*rows, ""]))
        (folder / "sequence").write_text(
            f"channels.color=color/%08d.jpg\nfps=30\nformat=default\nname={name}\n"
        )
        grey = np.full((entry["height"], entry["width"]), 128, np.uint8)
        first = folder / "color/00000001.jpg"
        assert cv2.imwrite(str(first), grey)
        for number in range(2, len(rows) + 1):
            os.link(first, folder / f"color/{number:08}.jpg")


def add_results(workspace: Path, tracker: str, results: Path) -> None:
    """Copy a tracker's results of the supervised experiment into a workspace."""
    place = workspace / "results" / tracker / "baseline"
    shutil.copytree(results, place)
    for folder in (place, *place.iterdir()):
        folder.chmod(0o755)
    registry = f"[{tracker}]\nlabel = {tracker}\nprotocol = traxpython\ncommand = none\npaths = .\n"
    with open(workspace / "trackers.ini", "a") as file:
        file.write(registry)


def analysed(workspace: Path, tracker: str) -> dict[str, float]:
    """Return the toolkit's accuracy, failures, robustness and EAO of a tracker."""
    shutil.rmtree(workspace / "cache", ignore_errors=True)  # it would return what it had found before
    printed = run_vot("analysis", "--workspace", workspace, "--format", "json", "--name", "found", tracker)
    files = list((workspace / "analysis").rglob("found*.json"))
    assert files, printed
    found = json.loads(files[0].read_text())["results"]["baseline"]["results"]
    (accuracy, robustness, *_), (failures,), (eao,) = (one[0] for one in found)
    return {"accuracy": accuracy, "failures": failures, "robustness": robustness, "eao": eao}


if __name__ == "__main__":
    annotations, results, workspace = map(Path, sys.argv[1:])
    write_workspace(annotations, workspace)
    add_results(workspace, results.name, results)
    print(analysed(workspace, results.name))
