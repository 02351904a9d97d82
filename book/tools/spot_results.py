"""Measure adaptation and more data for chapter 16: `make results-adaptation`, `make results-more-data`.

    python book/tools/spot_results.py adaptation --out RUN --table FILE.json [--real DIR]
    python book/tools/spot_results.py more-data  --out RUN --table FILE.json --patches FILE [--real DIR] [--seeds N]

``adaptation``: on the synthetic benchmark, and on the sequences in DIR (laid out as OTB's are), the success of the
tracker with the network as it ships, adapted to all sequences together, adapted to each alone, the same with the
library's smaller rate, and moved as far as by the larger one in a random direction. ``more-data``: networks trained
for equally many steps on parts of the videos in a patch cache (`udt data pack`), and on all of them mixed with
procedural clips.

Resumable: what is measured lies in RUN, one file each, and is used again if it was measured with the same settings,
weights, code, and content of sequences and patches. With ``--so-far`` nothing is measured, and the table is made of what there is.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from kept import code_of, content_of, measured, stored

from udtlib.adaptation import RATE as CAREFUL, Adapted, adapt_to
from udtlib.data import load_dataset
from udtlib.data.raw_video.augmentation import augment
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.raw_video.triplets import TripletLoader, split_videos
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic.patches import render_patches
from udtlib.evaluation import score_sequence, track_sequence
from udtlib.evaluation.running.measured import provenance
from udtlib.files import write_whole
from udtlib.trackers import load_tracker
from udtlib.training.data import contents
from udtlib.training.run import start, take_step
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch
from udtlib.training.workers import Workers
from udtlib.weights import Weights, default, load_weights, save_weights

EVERY, FRAMES = 2, 40
"""Every how many sequences, and how many of their frames at most, are tracked."""
OWN, POOLED = 12, 5  # frames learned from: of one sequence, and of each of all (the paper's)
ITERATIONS = 100
RATE = 1e-4  # moves weights as far as the authors' finetuning did; ``careful`` has the library's own, a tenth of it
SHARES = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 32)
MIXED = "raw + procedural"
STEPS, BATCH, HELD_OUT = 120, 8, 0.1
CLIPS, CLIP_FRAMES = 24, 15
STRENGTH, SMEAR = 1.0, 12.0  # of augmentation, as for the network that ships


def beginning(sequence: Sequence) -> Sequence:
    """Return the first `FRAMES` frames of a sequence."""
    count = min(FRAMES, len(sequence.frames))
    shown = [sequence.frames[index] for index in range(count)]
    return replace(sequence, frames=shown, boxes=sequence.boxes[:count])


def datasets(real: str | None) -> dict[str, list[Sequence]]:
    """Return the sequences whose beginnings are tracked, by the name of their dataset."""
    found = {"synthetic": load_dataset("synthetic")}
    if real:
        found["real"] = load_dataset("otb", real)
    return {kind: group[::EVERY] for kind, group in found.items()}


def measure_into(path: Path, made_of: dict[str, Any], measure: Callable[[], dict[str, Any]]) -> None:
    """Measure, write and print what is not there yet."""
    if stored(path, made_of) is None:
        print(path.stem, measured(path, made_of, measure), flush=True)


def success(weights: Weights, sequence: Sequence) -> float:
    """Return the area under the success curve of the released tracker with these weights, on a beginning."""
    boxes, _ = track_sequence(load_tracker("udt", weights=weights, preset="released"), sequence)
    return round(float(score_sequence(boxes, sequence.boxes).auc), 4)


def shaken(weights: Weights, like: Weights, seed: int) -> Weights:
    """Return weights moved in a random direction, each tensor as far as in ``like``."""
    generator = torch.Generator().manual_seed(seed)
    moved = {}
    for name, tensor in weights.tensors.items():
        noise = torch.randn(tensor.shape, generator=generator)
        moved[name] = tensor + noise * ((like.tensors[name] - tensor).norm() / noise.norm())
    return Weights(moved, {"name": "shaken"})


def facts(adapted: Adapted, weights: Weights, seconds: float) -> dict[str, Any]:
    """Return what is kept of an adaptation."""
    far = max(float((adapted.weights.tensors[key] - one).abs().max()) for key, one in weights.tensors.items())
    losses = {"before": adapted.before, "after": adapted.after}
    found = {name: None if np.isnan(loss) else round(loss, 4) for name, loss in losses.items()}
    return found | {"kept": adapted.kept, "moved": round(far, 5), "seconds": round(seconds, 1)}


def clip_of(sequence: Sequence, frames: int) -> tuple[list[Any], Any]:
    """Return what is adapted to: the first frames, and the first box."""
    return [sequence.frames[index] for index in range(frames)], sequence.boxes[0]


def adaptation(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure every sequence that is not measured yet, of the datasets in turn; return the table."""
    weights, out = default(), Path(arguments.out)
    made_of = {
        "weights": weights.fingerprint,
        "code": code_of(adapt_to, load_tracker("udt").update),
    }
    made_of |= {
        "frames": FRAMES,
        "own": OWN,
        "pooled": POOLED,
        "iterations": ITERATIONS,
        "rates": [RATE, CAREFUL],
    }
    groups = datasets(arguments.real)
    # every row's, because one network is adapted to all sequences together
    keys = {kind: made_of | {"sequences": content_of(group)} for kind, group in groups.items()}
    if not arguments.so_far:
        pooled = {
            kind: adapted_to_all(out / kind, keys[kind], group, weights) for kind, group in groups.items()
        }
        for one, kind in in_turn(groups):
            measure = partial(compare, one, weights, pooled[kind])
            measure_into(out / kind / f"{one.name}.json", keys[kind], measure)
    table: dict[str, Any] = {"network": weights.fingerprint, "frames": FRAMES}
    table |= {"own_frames": OWN, "pooled_frames": POOLED}
    table |= {"iterations": ITERATIONS, "auc": {}, "own": {}, "careful": {}, "pooled": {}}
    table["together"] = {kind: len(group) for kind, group in groups.items()}
    for kind, group in groups.items():
        table["pooled"][kind] = stored(out / kind / "_pooled.json", keys[kind])
        rows = {one.name: stored(out / kind / f"{one.name}.json", keys[kind]) for one in group}
        for key in ("auc", "own", "careful"):
            table[key][kind] = {name: row[key] for name, row in rows.items() if row}
    return table


def in_turn(groups: dict[str, list[Sequence]]) -> Iterator[tuple[Sequence, str]]:
    """Yield every sequence with its dataset's name: the first of each dataset, the second of each ..."""
    for row in zip_longest(*([(one, kind) for one in group] for kind, group in groups.items())):
        yield from (pair for pair in row if pair is not None)


def adapted_to_all(
    out: Path, made_of: dict[str, Any], sequences: AbstractSequence[Sequence], weights: Weights
) -> Weights:
    """Return what comes of adapting one network to all sequences together; it is kept beside its facts."""
    kept = out / "_pooled.safetensors"

    def adapt_once() -> dict[str, Any]:
        begin = perf_counter()
        clips = [clip_of(sequence, POOLED) for sequence in sequences]
        found = adapt_to(weights, clips, ITERATIONS, rate=RATE)
        save_weights(kept, found.weights)
        return facts(found, weights, perf_counter() - begin)

    out.mkdir(parents=True, exist_ok=True)
    measure_into(out / "_pooled.json", made_of, adapt_once)
    return load_weights(kept)


def compare(sequence: Sequence, weights: Weights, pooled: Weights) -> dict[str, Any]:
    """Return the success of the five networks on a sequence, and how its own two adaptations went."""
    sequence = beginning(sequence)
    own, about = adapted_to_own(sequence, weights, RATE)
    careful, about_careful = adapted_to_own(sequence, weights, CAREFUL)
    networks = {"as it ships": weights, "pooled": pooled, "own": own, "careful": careful}
    networks["shaken"] = shaken(weights, own, seed=0)
    different = {one.fingerprint: one for one in networks.values()}  # what was not kept is as it ships
    auc = {key: success(one, sequence) for key, one in different.items()}
    scores = {name: auc[one.fingerprint] for name, one in networks.items()}
    return {"auc": scores, "own": about, "careful": about_careful}


def adapted_to_own(sequence: Sequence, weights: Weights, rate: float) -> tuple[Weights, dict[str, Any]]:
    """Return the network after adapting to the first frames of a sequence, and the facts."""
    begin, clip = perf_counter(), clip_of(sequence, min(OWN, len(sequence.frames)))
    found = adapt_to(weights, [clip], ITERATIONS, rate=rate)
    return found.weights, facts(found, weights, perf_counter() - begin)


def more_data(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train and judge every network that is not there yet; return the table."""
    patches, out = PatchCache(Path(arguments.patches)), Path(arguments.out)
    made_of = {"code": code_of(start, take_step, load_tracker("udt").update), "steps": STEPS}
    groups = datasets(arguments.real)
    made_of |= {"batch": BATCH, "patches": contents(patches), "frames": FRAMES}
    made_of |= {"sequences": {kind: content_of(group) for kind, group in groups.items()}}
    videos, _ = split_videos(patches, HELD_OUT, 0)
    table: dict[str, Any] = {"auc": {}, "videos": {}, "steps": STEPS, "batch": BATCH}
    for seed in range(arguments.seeds):
        for share in (*SHARES, MIXED):
            name = share if isinstance(share, str) else f"1/{round(1 / share)}"
            path = out / f"{name.replace('/', '-').replace(' ', '')}-seed{seed}.json"
            if not arguments.so_far:
                judge = partial(train_and_judge, patches, videos, share, seed, groups)
                measure_into(path, made_of, judge)
            found = stored(path, made_of)
            if found:
                table["videos"][name] = found["videos"]
                for kind, auc in found["auc"].items():
                    table["auc"].setdefault(kind, {}).setdefault(name, []).append(auc)
    return table


def train_and_judge(
    patches: PatchCache,
    videos: AbstractSequence[Any],
    share: float | str,
    seed: int,
    groups: dict[str, list[Sequence]],
) -> dict[str, Any]:
    """Return the success of one network on every sequence, and how many videos it learned from."""
    count = len(videos) if isinstance(share, str) else max(1, round(share * len(videos)))
    order = np.random.default_rng([seed, 16]).permutation(len(videos))[:count]
    chosen = [videos[index] for index in sorted(order)]
    batches = [TripletLoader(patches, chosen, BATCH, seed)]
    if isinstance(share, str):
        clips = render_patches(CLIPS, CLIP_FRAMES, seed)
        batches.append(TripletLoader(clips.patches, clips.videos, BATCH, seed))
    weights = train(mixed(batches, seed), seed)
    auc = {
        kind: {one.name: success(weights, beginning(one)) for one in group} for kind, group in groups.items()
    }
    return {"videos": count, "auc": auc}


def mixed(loaders: AbstractSequence[TripletLoader], seed: int) -> Iterator[Batch]:
    """Yield batches, as large a part from every loader, augmented."""
    for step in range(STEPS):
        parts = []
        for loader in loaders:
            epoch, place = divmod(step, len(loader))
            parts.append(loader.read(loader.indices(epoch)[place])[: BATCH // len(loaders)])
        yield Batch(augment(np.concatenate(parts), STRENGTH, np.random.default_rng([seed, step]), SMEAR))


def train(batches: Iterator[Batch], seed: int) -> Weights:
    """Return the network after `STEPS` steps of chapter 11's first recipe, with doubled first weights."""
    settings = TrainingSettings(
        steps=STEPS,
        batch=BATCH,
        optimiser="muon",
        first_rate=2e-2,
        last_rate=2e-3,
        schedule="cosine",
        warm_up=10,
        weight_decay=0.0,
        gain=2.0,
        average=0.98,
        precision="bfloat16",
        seed=seed,
    )
    device = torch.device("cpu")
    run, workers = start(settings, device), Workers(device)
    for batch in batches:
        take_step(run, batch, workers, 0)
        run.done += 1
    return run.weights({"name": f"more data, seed {seed}"})


def main() -> None:
    """Measure what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["adaptation", "more-data"])
    parser.add_argument("--out", required=True)
    parser.add_argument("--table", required=True, metavar="FILE.json")
    parser.add_argument("--real", metavar="DIR")
    parser.add_argument("--patches", metavar="FILE")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--so-far", action="store_true", help="measure nothing, collect what there is")
    arguments = parser.parse_args()
    if arguments.what == "more-data" and not arguments.patches:
        parser.error("more-data needs --patches FILE, which `udt data pack VIDEOS --out FILE` writes")
    origin = provenance(f"make results-{arguments.what}")
    document = origin | {"threads": torch.get_num_threads()}
    document |= adaptation(arguments) if arguments.what == "adaptation" else more_data(arguments)
    write_whole(arguments.table, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
