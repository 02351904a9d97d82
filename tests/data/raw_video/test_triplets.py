"""Triplets: the two ways to draw them, the split by video, batches."""

from types import SimpleNamespace

import numpy as np
import pytest
from video_files import frames_of, write_folder

from udtlib.data.raw_video.packing import pack_videos
from udtlib.data.raw_video.triplets import (
    MEAN_RGB,
    SCHEMES,
    TripletLoader,
    draw_triplets,
    split_videos,
    to_network_input,
)
from udtlib.errors import OptionError, UnknownNameError


def clips(*lengths):
    starts = np.cumsum([0, *lengths])
    return [
        SimpleNamespace(start=start, frames=frames) for start, frames in zip(starts, lengths, strict=False)
    ]


def video_of(videos, frames):
    return np.searchsorted([video.start for video in videos], frames, side="right")


@pytest.mark.parametrize(("scheme", "last"), [("reference", 1), ("ordered", 2)])
def test_every_possible_template_once_and_all_three_in_one_video(scheme, last):
    videos = clips(30, 1, 2, 3, 12)
    triplets = draw_triplets(videos, 0, scheme)
    expected = [frame for v in videos for frame in range(v.start, v.start + max(0, v.frames - last))]
    np.testing.assert_array_equal(np.sort(triplets[:, 0]), expected)
    owners = video_of(videos, triplets)
    assert (owners == owners[:, :1]).all()
    assert not (triplets[:, 0] == expected).all()
    assert triplets.dtype == np.int64


def drawn(scheme, length, template, rounds=4000, span=10):
    """The offsets of S1 and S2 from one template, over many epochs."""
    random, video = np.random.default_rng(5), clips(length)
    triplets = np.concatenate([draw_triplets(video, random, scheme, span) for _ in range(rounds)])
    chosen = triplets[triplets[:, 0] == template]
    return chosen[:, 1:] - template


def frequencies(offsets, size):
    table = np.zeros((size + 1, size + 1))
    np.add.at(table, tuple(offsets.T), 1)
    return table / len(offsets)


@pytest.mark.parametrize(("length", "template"), [(15, 2), (15, 9), (15, 13)])
def test_reference_scheme(length, template):
    """Both offsets are min(U{1..10}, left), independent: the last frame gets all the rest."""
    left = length - 1 - template
    share = np.zeros(11)
    for draw in range(1, 11):
        share[min(draw, left)] += 0.1
    np.testing.assert_allclose(
        frequencies(drawn("reference", length, template), 10), np.outer(share, share), atol=0.02
    )


@pytest.mark.parametrize(("length", "template"), [(15, 2), (15, 9), (15, 12)])
def test_ordered_scheme(length, template):
    """All pairs S1 < S2 within ten consecutive frames that begin with T are equally likely."""
    reach = min(9, length - 1 - template)
    expected = np.triu(np.ones((11, 11)), 1)
    expected[0], expected[:, reach + 1 :] = 0, 0
    np.testing.assert_allclose(
        frequencies(drawn("ordered", length, template), 10), expected / expected.sum(), atol=0.02
    )


def test_span():
    assert set(map(tuple, drawn("ordered", 9, 3, 50, span=3))) == {(1, 2)}
    assert set(map(tuple, drawn("reference", 9, 3, 50, span=1))) == {(1, 1)}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_seed(scheme):
    videos = clips(40, 50)
    np.testing.assert_array_equal(
        draw_triplets(videos, [1, 2], scheme), draw_triplets(videos, [1, 2], scheme)
    )
    assert (draw_triplets(videos, [1, 2], scheme) != draw_triplets(videos, [1, 3], scheme)).any()


@pytest.mark.parametrize(
    ("videos", "options", "error", "text"),
    [
        (clips(5), {"scheme": "best"}, UnknownNameError, "known: reference, ordered"),
        (clips(5), {"scheme": "ordered", "span": 2}, OptionError, "span of 2"),
        (clips(5), {"span": 0}, OptionError, "span: expected a whole number from 1 to 100,000, found 0"),
        (clips(1, 1), {}, OptionError, "2 frames or more, found none among 2"),
        (clips(2, 2), {"scheme": "ordered"}, OptionError, "3 frames or more"),
        ([], {}, OptionError, "none among 0"),
    ],
)
def test_bad_requests(videos, options, error, text):
    with pytest.raises(error, match=text):
        draw_triplets(videos, 0, **options)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Six videos of 12 frames; ``copy`` is ``clip0`` at another size."""
    root = tmp_path_factory.mktemp("videos")
    for seed in range(5):
        write_folder(root / f"clip{seed}", frames_of(seed, 12))
    write_folder(root / "copy", np.repeat(frames_of(0, 12), 2, axis=2))
    return pack_videos([root], root / "patches")


def test_split_is_by_video_and_keeps_copies_together(cache):
    sides = [split_videos(cache, 0.4, seed) for seed in range(30)]
    for training, validation in sides:
        assert sorted([*training, *validation], key=lambda video: video.start) == list(cache.videos)
        names = {video.name for video in validation}
        assert ("clip0" in names) == ("copy" in names)
        assert len(names - {"copy"}) == 2
    assert len({tuple(video.name for video in validation) for _, validation in sides}) > 5
    assert split_videos(cache, 0.4, seed=3) == sides[3]


@pytest.mark.parametrize("share", [0, 1, 0.99])
def test_split_that_leaves_nothing(cache, share):
    with pytest.raises(OptionError, match="of 5 different videos leaves one side empty"):
        split_videos(cache, share)
    with pytest.raises(OptionError, match="share: expected a number from 0 to 1, found -1"):
        split_videos(cache, -1)


def test_loader(cache):
    videos = cache.videos[1:4]
    loader = TripletLoader(cache, videos, batch=8, seed=7)
    assert len(loader) == 33 // 8
    indices = loader.indices(epoch=2)
    assert indices.shape == (4, 8, 3)
    assert indices.min() >= 12
    assert indices.max() < 48
    batches = list(loader.epoch(2))
    assert [batch.shape for batch in batches] == [(8, 3, 125, 125, 3)] * 4
    assert batches[0].dtype == np.uint8
    np.testing.assert_array_equal(batches[1][5, 2], cache.read(indices[1, 5, 2]))
    in_memory = TripletLoader(cache.load(), videos, batch=8, seed=7)
    np.testing.assert_array_equal(list(in_memory.epoch(2)), batches)
    assert (loader.indices(1) != indices).any()
    for step in (2 * len(loader) + 3, 0, len(loader) - 1, len(loader)):
        epoch, place = divmod(step, len(loader))
        np.testing.assert_array_equal(loader.triplets(step), loader.indices(epoch)[place])
    assert len(TripletLoader(cache)) == 66 // 32


def test_bad_loaders(cache):
    with pytest.raises(OptionError, match="1 to 33 triplets"):
        TripletLoader(cache, cache.videos[:3], batch=34)
    with pytest.raises(OptionError, match="batch: expected a whole number from 1 to 100,000, found 0"):
        TripletLoader(cache, cache.videos[:3], batch=0)
    with pytest.raises(OptionError, match="pass videos="):
        TripletLoader(cache.load())


def test_network_input():
    from udtlib.network import MEAN_RGB as NETWORK_MEAN

    assert MEAN_RGB == NETWORK_MEAN
    batch = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 4, 3), dtype=np.uint8)
    before = batch.copy()
    template, search1, search2 = to_network_input(batch)
    for role, patches in enumerate((template, search1, search2)):
        assert (patches.shape, patches.dtype) == ((2, 3, 5, 4), np.float32)
        assert patches.flags.c_contiguous
        for channel, mean in enumerate((123, 117, 104)):
            np.testing.assert_array_equal(
                patches[:, channel], batch[:, role, :, :, channel] - np.float32(mean)
            )
    np.testing.assert_array_equal(batch, before)
