"""Solutions of chapter 10, and the mistakes its checks must catch."""

import numpy as np


def frame_motion(peak, frame_shape):
    """Return (dx, dy): 124 steps span half of the frame, along each side.

    A motion along the frame's diagonal has dx : dy = width : height. One step is width / 248 pixels across and
    height / 248 down, so the motion is equally many steps across and down: in the patch it has 45 degrees, for every
    frame shape.
    """
    (dy, dx), (height, width) = peak, frame_shape
    return np.array([dx * width, dy * height]) / 2 / 124


def coincide(left, span):
    """Return the sum of squared probabilities: each frame but the last 1 / span, the last what remains.

    Both draws are independent and have the same distribution, so they agree in a frame of probability p in p^2 of the
    triplets. Each of the reach - 1 frames before the last has p = 1 / span. The last one has the draws that reach it or
    pass the end, p = (span - reach + 1) / span.
    """
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


def half_gone(window, direction, frames):
    """Return the smaller root v of (1 - a v)(1 - b v) = 1/2, with a and b the shares lost at speed 1.

    The equation is ab v^2 - (a + b) v + 1/2 = 0, with the discriminant (a + b)^2 - 2ab = a^2 + b^2. Written with
    the root in the denominator the solution also holds for ab = 0.

    Along a side of the window v = side / (2 frames), which is highest for the long side. Along the window's diagonal
    a = b and v = diagonal / ((2 + sqrt(2)) frames): for 4:3 this is 0.73 of the highest speed, and the short side has 0.75.
    """
    a, b = frames * np.abs(direction) / np.asarray(window, float)
    return float(1 / (a + b + np.hypot(a, b)))


def _axes_swapped(peak, frame_shape):
    return frame_motion(peak, frame_shape)[::-1]


def _cells_counted(peak, frame_shape):
    return frame_motion(peak, frame_shape) * 124 / 125


def _whole_frame(peak, frame_shape):
    return 2 * frame_motion(peak, frame_shape)


def _one_scale(peak, frame_shape):
    return frame_motion(peak, (frame_shape[1], frame_shape[1]))


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


def _video_before(lengths, template, draws):
    ends = np.cumsum(lengths)
    last = int(ends[np.searchsorted(ends, template)]) - 1
    return (template, *(min(template + draw, last) for draw in draws))


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


def _perhaps_none(groups, share, seed):
    different = sorted(set(groups))
    held = np.random.default_rng(seed).permutation(different)[: round(share * len(different))]
    return np.isin(groups, held)


def _counted_twice(window, direction, frames):
    return float(0.5 / (frames * np.abs(direction) / np.asarray(window, float)).sum())


def _larger_root(window, direction, frames):
    a, b = frames * np.abs(direction) / np.asarray(window, float)
    return (a + b + np.hypot(a, b)) / (2 * a * b) if a * b else 0.5 / max(a, b)


def _distance(window, direction, frames):
    return half_gone(window, direction, frames) * frames


def _sideways_only(window, direction, frames):
    return window[0] / (2 * frames * abs(direction[0]))


WRONG = {
    "frame_motion": [_axes_swapped, _cells_counted, _whole_frame, _one_scale],
    "coincide": [_far_from_the_end, _equally_likely, _last_forgotten],
    "triplet_at": [_into_the_next_video, _one_too_far, _video_before, _sorted],
    "hold_out": [_copies_apart, _always_the_first, _share_turned, _perhaps_none],
    "half_gone": [_counted_twice, _larger_root, _distance, _sideways_only],
}
