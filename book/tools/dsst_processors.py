"""DSST on the kernels of several processors, on one machine: `make results-processors`.

    python book/tools/dsst_processors.py --out RUN --table FILE.csv [--root DIR]

OpenBLAS, which numpy multiplies matrices with, has a kernel for each kind of processor and takes the one of the machine
it runs on; ``OPENBLAS_CORETYPE`` names another. All of them round correctly, in another order: the last bits differ.
Each is run in a process of its own. Resumable, as `udt evaluate` is. Beside the scores stand those of
several starts in the two sequences that differ, and how far the boxes of two kernels are apart in each frame of three.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from kept import write_csv
from udtlib.boxes import center_error
from udtlib.data import load_dataset
from udtlib.data.box_files import read_boxes
from udtlib.evaluation import evaluate
from udtlib.evaluation.results.files import index_base
from udtlib.evaluation.running.measured import check_table_path, provenance

SETTINGS = ("", "Haswell", "SkylakeX", "Sandybridge")
"""Values of OPENBLAS_CORETYPE; the first leaves it unset."""
SHOWN = ("Couple", "Jumping")
STARTS = 5
"""These two are run from so many boxes, the others from the true one."""
DRAWN = (*SHOWN, "Crossing")
PAIR = ("Haswell", "SkylakeX")
"""How far apart the boxes of these two are is stored for each frame of `DRAWN`."""


def measure(root: str | None, out: str) -> dict[str, Any]:
    """Return the kernel in use here, DSST's AUC of the ten real sequences and of each, and of each start of two."""
    listed = load_dataset("otb", root)
    whole = evaluate("dsst", listed, out, dataset="otb")
    some = [one for one in listed if one.name in SHOWN]
    again = evaluate("dsst", some, out, dataset="otb", starts=STARTS)
    if whole.failed or again.failed:
        raise SystemExit(f"failed: {dict(whole.failed) | dict(again.failed)}")
    found = again.to_json()["sequences"]
    return {
        "kernel": kernel(),
        "auc": whole.auc,
        "sequences": {one.name: one.auc for one in whole.sequences},
        "by_start": {name: found[name]["auc_by_start"] for name in SHOWN},
    }


def kernel() -> str:
    """Return the name of the kernel that numpy uses; other packages may have brought an OpenBLAS of their own."""
    loaded = [info for info in threadpool_info() if info["internal_api"] == "openblas"]
    own = [info for info in loaded if "numpy" in info["filepath"]] or loaded
    return " and ".join(sorted({info["architecture"] for info in own}))


def measured_under(setting: str, root: str | None, out: Path) -> dict[str, Any]:
    """Return `measure` of a process that is told to use the kernel of ``setting``."""
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
    environment |= {"OPENBLAS_CORETYPE": setting} if setting else {}
    here = str(out / (setting or "unset"))
    command = [sys.executable, __file__, "--out", here, *(["--root", root] if root else [])]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    print(f"{setting or 'unset'}: kernel {found['kernel']}, AUC {found['auc']:.4f}", flush=True)
    return found


def distances(out: Path, name: str) -> list[float]:
    """Return how far the centres of the pair's boxes are from each other in each frame of a sequence, in pixels."""
    first, second = (
        read_boxes(out / setting / "dsst" / f"{name}.txt", index_base("otb")) for setting in PAIR
    )
    return [round(float(distance), 4) for distance in center_error(first, second)]


def main() -> None:
    """Measure under each setting and write the table; without --table measure here and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root")
    parser.add_argument("--out", required=True)
    parser.add_argument("--table")
    arguments = parser.parse_args()
    if not arguments.table:
        print(json.dumps(measure(arguments.root, arguments.out)))
        return
    check_table_path(arguments.table)
    document = provenance("make results-processors")
    found = {one or "unset": measured_under(one, arguments.root, Path(arguments.out)) for one in SETTINGS}
    rows = [["setting", "kernel", "auc", *SHOWN]]
    for setting, one in found.items():
        numbers = [one["auc"], *(one["sequences"][name] for name in SHOWN)]
        rows.append([setting, one["kernel"], *(f"{number:.4f}" for number in numbers)])
    apart = {name: distances(Path(arguments.out), name) for name in DRAWN}
    document |= {"tracker": "dsst", "dataset": "otb", "settings": found, "pair": PAIR, "pixels_apart": apart}
    write_csv(Path(arguments.table), rows, document)


if __name__ == "__main__":
    main()
