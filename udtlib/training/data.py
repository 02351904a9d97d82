"""From videos, a patch cache or procedural clips to the batch of each step. Book: chapters 10 and 11."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from udtlib.data.kinds import check_video_start, read_head
from udtlib.data.raw_video.augmentation import augment
from udtlib.data.raw_video.cache_index import PackedVideo
from udtlib.data.raw_video.dull_videos import dull_lines, find_dull
from udtlib.data.raw_video.leak_check import Measured
from udtlib.data.raw_video.packing import pack_videos
from udtlib.data.raw_video.patch_cache import MAGIC, PatchCache
from udtlib.data.raw_video.triplets import TripletLoader, Triplets, draw_triplets, split_videos
from udtlib.data.synthetic.cache import synthetic_name
from udtlib.data.synthetic.patches import render_patches
from udtlib.errors import DataError, OptionError
from udtlib.files import make_folder, user_path
from udtlib.training.settings import VARIANTS, Variant
from udtlib.training.step import Batch

CACHE = "patches.raw"
HELD_OUT = 128
"""Triplets that a network is measured on: they take the time of less than two steps."""


@dataclass
class TrainingData:
    """Triplets to train on; called with a step, it gives its batch, as `udtlib.training.train` asks.

    Attributes:
        loader: draws the triplets of each epoch.
        name: what they are drawn from, enough to tell other data from these.
        card: lines for the weights' card.
        resident: all patches on the device that computes, uint8 ``(F, 125, 125, 3)``; None reads them.
        displacements: gives the true displacements ``(n, 2, 2)`` of triplets ``(n, 3)``, where known.
        augment: strength of `udtlib.data.raw_video.augmentation`, which works on the processor.
        smear: its longest motion blur, in pixels.
        held_out: batches of videos that no triplet above is drawn from, see `held_out_batches`.
        warnings: lines about videos that teach nothing.
    """

    loader: TripletLoader
    name: str
    card: dict[str, str] = field(default_factory=dict)
    resident: Tensor | None = None
    displacements: Callable[[Triplets], NDArray[np.float64]] | None = None
    augment: float = 0.0
    smear: float = 0.0
    held_out: Sequence[Batch] = ()
    warnings: Sequence[str] = ()

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self.loader)

    def __call__(self, step: int) -> Batch:
        """Return the batch of ``step`` (0-indexed)."""
        triplets = self.loader.triplets(step)
        truth = self.displacements(triplets) if self.displacements else None
        if self.augment:
            random = np.random.default_rng([self.loader.seed, step])
            return Batch(augment(self.loader.read(triplets), self.augment, random, self.smear), truth)
        if self.resident is None:
            return Batch(self.loader.read(triplets), truth)
        return Batch(self.resident[torch.from_numpy(triplets).to(self.resident.device)], truth)


def is_cache(path: str | Path) -> bool:
    """Say whether a file ends like a patch cache, which ``udt data pack`` writes."""
    path = user_path(path)
    if not path.is_file() or path.stat().st_size < len(MAGIC):
        return False
    with path.open("rb") as file:
        file.seek(-len(MAGIC), 2)
        return file.read() == MAGIC


def prepare_cache(videos: Sequence[str | Path], folder: Path, measured: Measured | None) -> Path:
    """Return the patch cache of ``videos``: the one they name, or ``folder/patches.raw``, made if needed.

    Raises:
        OptionError: a cache beside other arguments.
        MissingDataError, DataError, StorageError: see `udtlib.data.raw_video.packing.pack_videos`.
    """
    caches = [video for video in videos if is_cache(video)]
    if caches and len(videos) > 1:
        raise OptionError(f"{caches[0]} is a patch cache: give one cache, or videos, not several")
    if caches:
        return user_path(caches[0])
    folder = user_path(folder)
    _check_alone(videos)
    make_folder(folder)
    return pack_videos(videos, folder / CACHE, measured=measured, progress=True).path


def _check_alone(videos: Sequence[str | Path]) -> None:
    """Refuse one file that is no video; a cache that was cut off has lost the end by which it is known.

    Raises:
        DataError: it is none.
    """
    path = user_path(videos[0]) if len(videos) == 1 else None
    if path is None or not path.is_file():
        return
    try:
        check_video_start(path, read_head(path))
    except DataError as error:
        raise DataError(
            f"{error}; if it was a patch cache, it was cut off: remove it, and make it again with "
            "`udt data pack`"
        ) from error


def cached_data(
    path: Path,
    batch: int,
    seed: int,
    scheme: str,
    device: torch.device,
    hold_out: float = 0.0,
    variant: Variant = VARIANTS["udt"],
) -> TrainingData:
    """Return the triplets of a patch cache, with as many search patches as the variant has.

    A raw cache is read in place. A compressed one is decoded once, into memory; and on a GPU with room
    for twice the patches, they stay there. ``hold_out`` is the share of videos that no triplet is drawn
    from, see `udtlib.data.raw_video.triplets.split_videos`; the card names them, and the network is
    measured on them.

    Raises:
        OptionError: a share that leaves nothing for one side.
    """
    cache = PatchCache(path)
    videos, held = split_videos(cache, hold_out, seed) if hold_out else (list(cache.videos), [])
    patches = cache if cache.settings["webp"] is None else cache.load()
    loader = TripletLoader(patches, videos, batch, seed, scheme, variant.span, variant.drawn)
    name = f"{contents(cache)}, {scheme}, seed {seed}"
    made = synthetic_name(cache)
    name = f"{made}: {name}" if made else name
    name = f"{name}, {len(held)} videos held out ({hold_out:g})" if held else name
    card = {"data": name} if made else {"data": name, "videos": video_list(videos)}
    card |= {"held out": video_list(held)} if held else {}
    resident = None
    if device.type == "cuda" and len(cache) * 2 * 125 * 125 * 3 < torch.cuda.mem_get_info(device)[0]:
        stored = patches if isinstance(patches, np.ndarray) else cache.load()
        resident = torch.from_numpy(stored).to(device)
    measured = held_out_batches(patches, held, batch, seed, scheme, variant) if held else ()
    told = dull_lines(find_dull(cache, videos), len(videos))
    return TrainingData(loader, name, card, resident, held_out=measured, warnings=told)


def contents(cache: PatchCache) -> str:
    """Return what is in a patch cache, in words that differ where the patches do."""
    digest = hashlib.sha256("".join(video.sha256 for video in cache.videos).encode()).hexdigest()[:16]
    return f"{len(cache)} patches of {len(cache.videos)} videos, checksum {digest}"


def held_out_batches(
    patches: PatchCache | NDArray[np.uint8],
    videos: Sequence[PackedVideo],
    batch: int,
    seed: int,
    scheme: str,
    variant: Variant,
) -> list[Batch]:
    """Return what a network is measured on: about `HELD_OUT` triplets of these videos, always the same.

    They are as those of training, but for augmentation: as many a batch, drawn by the same scheme. Where
    there are not enough for one batch, all there are make one.

    Raises:
        OptionError: no video is long enough for a triplet.
    """
    try:
        triplets = draw_triplets(videos, [seed, HELD_OUT], scheme, variant.span, variant.drawn)
    except OptionError as error:
        raise OptionError(f"{error} that are held out: use a larger --hold-out, or longer videos") from error
    batch = min(batch, len(triplets))
    count = min(max(1, HELD_OUT // batch), len(triplets) // batch)
    source = patches.read if isinstance(patches, PatchCache) else patches.__getitem__
    return [Batch(source(triplets[i * batch : (i + 1) * batch])) for i in range(count)]


def video_list(videos: Sequence[PackedVideo]) -> str:
    """Return the names and checksums of videos, for a card."""
    return "; ".join(f"{video.name} {video.source_sha256[:16]}".strip() for video in videos)


def synthetic_data(
    batch: int,
    seed: int,
    scheme: str,
    variant: Variant = VARIANTS["udt"],
    clips: int = 64,
    frames: int = 30,
) -> TrainingData:
    """Return the triplets of procedural clips; a variant cut around boxes knows their true displacements.

    Raises:
        OptionError: see `udtlib.data.synthetic.patches.render_patches`.
    """
    made = render_patches(clips, frames, seed, variant.crops)
    loader = TripletLoader(made.patches, made.videos, batch, seed, scheme, variant.span, variant.drawn)
    digest = hashlib.sha256(made.patches.data).hexdigest()[:16]
    name = f"{made.name}, checksum {digest}, {scheme}"
    displacements = made.displacements if variant.crops == "boxes" else None
    return TrainingData(loader, name, {"data": name}, None, displacements)
