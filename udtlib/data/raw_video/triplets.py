"""Triplets of patches to learn from: a template T, search patches S1 and S2. Section 3.4. Book: chapter 10.

The paper takes three of ten consecutive frames, in order; its code draws S1 and S2 independently of each
other within ten frames after T, so that they may come in either order or coincide. Both are here.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import LARGEST_SEED, Between, check_name, checked
from udtlib.data.raw_video.cache_index import PackedVideo
from udtlib.data.raw_video.leak_check import group_copies, perceptual_hash
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.errors import OptionError

MEAN_RGB = (123.0, 117.0, 104.0)
"""Subtracted from patches before the network, as everywhere."""

SCHEMES = {"reference": 2, "ordered": 3}
"""Ways to draw, and how many frames a video needs for each."""
LONGEST_SPAN = 100_000  # frames
MOST_SEARCHES = 16

Triplets = NDArray[np.int64]


class Clip(Protocol):
    """What is needed of a video: its first frame's number in the cache, and how many frames it has."""

    @property
    def start(self) -> int:
        """Number of the first frame."""

    @property
    def frames(self) -> int:
        """Number of frames."""


@checked
def draw_triplets(
    videos: Sequence[Clip],
    seed: Annotated[int, Between(0, LARGEST_SEED)] | Sequence[int] | np.random.Generator,
    scheme: str = "reference",
    span: Annotated[int, Between(1, LONGEST_SPAN)] = 10,
    searches: Annotated[int, Between(2, MOST_SEARCHES)] = 2,
) -> Triplets:
    """Return one triplet for every frame that can be a template, in random order: one epoch.

    ``"reference"``: T is any frame t but a video's last; S1 and S2 are ``t + min(u, left)`` with u uniform
    in 1 ... span and ``left`` frames after T, drawn independently, so the end of a video is drawn more often.
    ``"ordered"``: T < S1 < S2 among ``span`` consecutive frames of which T is the first, S1 and S2
    uniform among the pairs; T is any frame but the last two.

    Args:
        videos: where the frames of each are in the cache.
        seed: whole numbers, or a generator that is drawn from.
        scheme: a key of `SCHEMES`.
        span: as above, at least 1, and 3 for ``"ordered"``.
        searches: how many search patches a template has; LUDT's three need ``"reference"``.

    Returns:
        ``(N, 1 + searches)`` int64, frame numbers in the cache of T, S1, S2 ...

    Raises:
        UnknownNameError: an unknown scheme.
        OptionError: a span too small, no video long enough, or more than two searches in order.
    """
    check_name("scheme for triplets:", scheme, SCHEMES)
    if scheme == "ordered" and span < 3:
        raise OptionError(f"a span of {span} frames is too short for {scheme!r} triplets")
    if scheme == "ordered" and searches != 2:
        raise OptionError(f"{scheme!r} draws two search patches, found searches={searches}: use 'reference'")
    random = np.random.default_rng(seed)
    templates, left = _templates(videos, SCHEMES[scheme])
    if scheme == "ordered":
        ahead = _draw_ordered(random, left, span)
    else:
        ahead = np.minimum(random.integers(1, span + 1, (len(left), searches)), left[:, None])
    triplets = np.column_stack([templates, templates[:, None] + ahead])
    return random.permutation(triplets)


def _templates(videos: Sequence[Clip], needed: int) -> tuple[Triplets, Triplets]:
    """Return the templates, and how many frames each has after it in its video."""
    usable = [video for video in videos if video.frames >= needed]
    if not usable:
        raise OptionError(f"triplets need a video of {needed} frames or more, found none among {len(videos)}")
    starts = [np.arange(video.start, video.start + video.frames - needed + 1) for video in usable]
    left = [np.arange(video.frames - 1, needed - 2, -1) for video in usable]
    return np.concatenate(starts), np.concatenate(left)


def _draw_ordered(random: np.random.Generator, left: Triplets, span: int) -> Triplets:
    choices = np.minimum(left, span - 1)
    one, other = random.integers(1, choices + 1), random.integers(1, choices)
    other += other >= one
    return np.sort(np.column_stack([one, other]), axis=1)


@checked
def split_videos(
    cache: PatchCache,
    share: Annotated[float, Between(0, 1)] = 0.1,
    seed: Annotated[int, Between(0, LARGEST_SEED)] = 0,
) -> tuple[list[PackedVideo], list[PackedVideo]]:
    """Return the videos to train on and those to validate with.

    No video is in both, and no scene: videos that have a picture in common, such as a video and its
    re-encoded copy, stay together (`udtlib.data.raw_video.leak_check.group_copies`, on every eighth frame).

    Args:
        cache: the videos.
        share: of the groups that goes to validation, rounded, at least one.
        seed: of the choice.

    Returns:
        Both lists, in the cache's order.

    Raises:
        OptionError: a share that leaves nothing for one side.
    """
    hashes = [perceptual_hash(cache.read(np.arange(video.start, video.end, 8))) for video in cache.videos]
    groups = group_copies(hashes)
    different = sorted(set(groups))
    count = max(1, round(share * len(different)))
    if not 0 < share < 1 or count >= len(different):
        raise OptionError(f"a share of {share} of {len(different)} different videos leaves one side empty")
    held_back = set(np.random.default_rng(seed).permutation(different)[:count].tolist())
    sides: tuple[list[PackedVideo], list[PackedVideo]] = ([], [])
    for video, group in zip(cache.videos, groups, strict=True):
        sides[group in held_back].append(video)
    return sides


class TripletLoader:
    """Batches of triplets, the same for the same seed and epoch whatever was drawn before.

    Attributes:
        patches: where patches are read from.
        videos: which are used.
        batch: triplets in a batch.
    """

    @checked
    def __init__(
        self,
        patches: PatchCache | NDArray[np.uint8],
        videos: Sequence[Clip] | None = None,
        batch: Annotated[int, Between(1, 100_000)] = 32,
        seed: Annotated[int, Between(0, LARGEST_SEED)] = 0,
        scheme: str = "reference",
        span: Annotated[int, Between(1, LONGEST_SPAN)] = 10,
        searches: Annotated[int, Between(2, MOST_SEARCHES)] = 2,
    ) -> None:
        """Choose what to draw and how; see `draw_triplets`.

        Args:
            patches: a cache, or all its patches in memory, ``(N, 125, 125, 3)``.
            videos: those to draw from; None takes all of a cache.
            batch: triplets in a batch, at least 1; what is left over at the end of an epoch is not used.
            seed: of all epochs.
            scheme: a key of `SCHEMES`.
            span: how far apart the frames may be.
            searches: how many search patches a template has.

        Raises:
            OptionError: no videos, or not one full batch in an epoch.
        """
        if videos is None:
            if not isinstance(patches, PatchCache):
                raise OptionError("patches in memory do not say where videos begin: pass videos=")
            videos = patches.videos
        self.patches, self.videos, self.batch = patches, videos, batch
        self.seed, self.scheme, self.span, self.searches = seed, scheme, span, searches
        count = len(draw_triplets(videos, seed, scheme, span, searches))
        if not 1 <= batch <= count:
            raise OptionError(f"a batch is 1 to {count} triplets, as many as an epoch has; found {batch}")
        self._batches, self._drawn = count // batch, (-1, np.empty(0, np.int64))

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self._batches

    def indices(self, epoch: int) -> Triplets:
        """Return the frame numbers of an epoch's batches, ``(len(self), batch, 1 + searches)``."""
        triplets = draw_triplets(self.videos, [self.seed, epoch], self.scheme, self.span, self.searches)
        return triplets[: len(self) * self.batch].reshape(len(self), self.batch, 1 + self.searches)

    def triplets(self, step: int) -> Triplets:
        """Return the frame numbers of the batch of ``step``, from 0, over all epochs: always the same."""
        epoch, place = divmod(step, len(self))
        if epoch != self._drawn[0]:
            self._drawn = epoch, self.indices(epoch)
        return self._drawn[1][place]

    def epoch(self, epoch: int) -> Iterator[NDArray[np.uint8]]:
        """Yield the batches of an epoch: uint8 ``(batch, 3, 125, 125, 3)``.

        The second axis is T, S1, S2; the last is RGB.
        """
        for triplets in self.indices(epoch):
            yield self.read(triplets)

    def read(self, indices: ArrayLike) -> NDArray[np.uint8]:
        """Return the patches of these frames, ``(*indices.shape, 125, 125, 3)``, a new array."""
        if isinstance(self.patches, PatchCache):
            return self.patches.read(indices)
        return np.asarray(self.patches[np.asarray(indices)])


def to_network_input(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a batch as the network takes it: unpack it into T, S1 and S2.

    Args:
        batch: uint8 ``(n, 3, H, W, 3)``, as `TripletLoader.epoch` yields it.

    Returns:
        float32 ``(3, n, 3, H, W)``, `MEAN_RGB` subtracted from 0 ... 255; a new contiguous array.
    """
    by_role = np.moveaxis(batch, (1, 4), (0, 2))
    result = np.empty(by_role.shape, np.float32)
    np.subtract(by_role, np.array(MEAN_RGB, np.float32)[:, None, None], out=result)
    return result
