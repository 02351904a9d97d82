"""Solutions of chapter 10, and the mistakes its checks must catch."""

import numpy as np


def sample_points(extent, size):
    """Return the points from edge to edge of the window around extent / 2."""
    return extent / 2 + np.linspace(-0.5, 0.5, size) * extent / 2


def coincide(left, span):
    """Return the sum of squared probabilities: each frame but the last 1 / span, the last what remains."""
    reach = min(left, span)
    return (reach - 1) / span**2 + ((span - reach + 1) / span) ** 2


def triplet_at(lengths, template, draws):
    """Return the triplet, its search frames no later than the video's last."""
    ends = np.cumsum(lengths)
    last = int(ends[np.searchsorted(ends, template, side="right")]) - 1
    return (template, *(min(template + draw, last) for draw in draws))


def hold_out(groups, share, seed):
    """Return which videos are held out: whole groups."""
    different = sorted(set(groups))
    count = max(1, round(share * len(different)))
    held = np.random.default_rng(seed).permutation(different)[:count]
    return np.isin(groups, held)


def stays(window, velocity, frames):
    """Return the product of what stays along x and along y."""
    moved = np.abs(velocity) * frames / np.asarray(window, float)
    return float(np.prod(np.maximum(1 - moved, 0)))


def _pixel_middle(extent, size):
    return sample_points(extent, size) - 0.5


def _whole_frame(extent, size):
    return extent / 2 + np.linspace(-0.5, 0.5, size) * extent


def _cells(extent, size):
    return extent / 4 + (np.arange(size) + 0.5) * extent / 2 / size - 0.5


def _far_from_the_end(left, span):
    return 1 / span


def _equally_likely(left, span):
    return 1 / min(left, span)


def _last_forgotten(left, span):
    return min(left, span) / span**2


def _into_the_next_video(lengths, template, draws):
    return (template, *(min(template + draw, sum(lengths) - 1) for draw in draws))


def _one_too_far(lengths, template, draws):
    ends = np.cumsum(lengths)
    end = int(ends[np.searchsorted(ends, template, side="right")])
    return (template, *(min(template + draw, end) for draw in draws))


def _sorted(lengths, template, draws):
    return tuple(sorted(triplet_at(lengths, template, draws)))


def _copies_apart(groups, share, seed):
    held = np.random.default_rng(seed).permutation(len(groups))[: round(share * len(groups))]
    return np.isin(np.arange(len(groups)), held)


def _always_the_first(groups, share, seed):
    different = sorted(set(groups))
    return np.isin(groups, different[: round(share * len(different))])


def _share_turned(groups, share, seed):
    return hold_out(groups, 1 - share, seed)


def _counted_twice(window, velocity, frames):
    moved = np.abs(velocity) * frames / np.asarray(window, float)
    return float(max(0.0, 1 - moved.sum()))


def _not_clipped(window, velocity, frames):
    return float(np.prod(1 - np.abs(velocity) * frames / np.asarray(window, float)))


def _signs_kept(window, velocity, frames):
    return float(np.prod(np.clip(1 - np.asarray(velocity) * frames / np.asarray(window, float), 0, 1)))


WRONG = {
    "sample_points": [_pixel_middle, _whole_frame, _cells],
    "coincide": [_far_from_the_end, _equally_likely, _last_forgotten],
    "triplet_at": [_into_the_next_video, _one_too_far, _sorted],
    "hold_out": [_copies_apart, _always_the_first, _share_turned],
    "stays": [_counted_twice, _not_clipped, _signs_kept],
}
