"""How networks bear light, occlusion and speed: overlap against a knob's setting, for chapter 15.

    python book/tools/dose_results.py --weights DIR --out RUN --table FILE.csv

Every clip is rendered with one knob of the renderer at each of `DOSES` and all else equal, so that what changes
between two doses is the knob alone. DIR holds the authors' networks (UDT_Supervised.mat, UDT_Unsupervised.mat);
without one of them its rows are missing. Resumable: a file for each network, knob and dose in RUN, which counts for
the same clips and code.
"""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from kept import code_of, measured, stored, write_csv

from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.motion import KNOBS
from udtlib.data.synthetic.textures import FAMILIES
from udtlib.evaluation.running.measured import provenance
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.scoring.anchors import robustness, run_overlaps
from udtlib.trackers import load_tracker
from udtlib.weights import Weights, default, load_weights, random_weights

ATTRIBUTES = ("IV", "OCC", "FM")
DOSES = (0.0, 0.5, 1.0)
CLIPS, FRAMES = 8, 32
FIRST_SEED = 950_000
TEXTURES = tuple(FAMILIES)
AUTHORS = {"released supervised": "UDT_Supervised.mat", "released unsupervised": "UDT_Unsupervised.mat"}
COLUMNS = ("network", "attribute", "dose", "clip", "overlap", "robustness")


def networks(folder: Path | None) -> dict[str, Weights]:
    """Return the networks that are compared, by name."""
    found = {"ours, unsupervised": default(), "random": random_weights(0)}
    for name, file in AUTHORS.items() if folder else ():
        assert folder
        if (folder / file).exists():
            found[name] = load_weights(folder / file)
        else:
            print(f"{folder / file}: not there, its rows are left out", file=sys.stderr)
    return found


def clip(attribute: str, dose: float, number: int) -> Sequence:
    """Return a clip with one knob at ``dose``; at 0 it is the same for all knobs."""
    return render_clip(
        FRAMES,
        seed=FIRST_SEED + number,
        texture=TEXTURES[number % len(TEXTURES)],
        camera_shake=0.3,
        **{KNOBS[attribute]: dose},
    )


def measure(weights: Weights, attribute: str, dose: float) -> Iterator[tuple[int, float, float]]:
    """Yield number, overlap and robustness of every clip, from its first frame on."""
    tracker = load_tracker("udt", weights=weights, preset="points", dtype="bfloat16")
    for number in range(CLIPS):
        sequence = clip(attribute, dose, number)
        overlaps = run_overlaps(track_sequence(tracker, sequence)[0], sequence.boxes)[1:]
        yield number, float(overlaps.mean()), robustness(overlaps)


def measured_rows(weights: Weights, attribute: str, dose: float) -> dict[str, list[list[float]]]:
    """Return `measure`'s rows as a file holds them."""
    return {"rows": [list(row) for row in measure(weights, attribute, dose)]}


def rows(out: Path, compared: dict[str, Weights]) -> list[dict[str, str]]:
    """Return all rows, computing those that are not in RUN."""
    found = []
    made: dict[str, Any] = {"clips": CLIPS, "frames": FRAMES, "seed": FIRST_SEED, "textures": list(TEXTURES)}
    made["code"] = code_of(clip, track_sequence, run_overlaps, robustness, load_tracker("udt").update)
    for name, weights in compared.items():
        for attribute in ATTRIBUTES:
            for dose in DOSES:
                shared = ATTRIBUTES[0] if dose == 0 else attribute
                path = out / f"{weights.fingerprint}-{shared}-{dose:.2f}.json"
                made_of = made | {"weights": weights.fingerprint, "attribute": shared, "dose": dose}
                if stored(path, made_of) is None:
                    print(f"{name}, {shared} {dose:g}", flush=True)
                kept = measured(path, made_of, partial(measured_rows, weights, shared, dose))["rows"]
                for number, overlap, robust in kept:
                    values = (name, attribute, f"{dose:g}", str(number), f"{overlap:.4f}", f"{robust:.4f}")
                    found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def main() -> None:
    """Measure what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="DIR", help="the authors' networks")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN")
    parser.add_argument("--table", type=Path, required=True, metavar="FILE.csv")
    arguments = parser.parse_args()
    compared = networks(arguments.weights)
    origin = provenance("make results-doses")
    found = [COLUMNS, *(row.values() for row in rows(arguments.out, compared))]
    about = origin | {
        "what": f"overlap and robustness over {FRAMES} frames of {CLIPS} clips, one knob turned at a time",
        "networks": {name: weights.fingerprint for name, weights in compared.items()},
        "weights": {"udt": default().fingerprint},
    }
    write_csv(arguments.table, found, about)


if __name__ == "__main__":
    main()
