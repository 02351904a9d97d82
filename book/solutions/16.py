"""Answers to chapter 16's exercises, and the mistakes its checks must catch."""

import numpy as np


def keep(before, after, energy):
    # A comparison with NaN is False, so a failed training is thrown away.
    return bool(0.01 * energy < before < 0.9 * energy and after < before)


def _lower_alone(before, after, energy):
    return bool(after < before)


def _not_higher(before, after, energy):
    return bool(0.01 * energy < before < 0.9 * energy and not after > before)


def _equal_too(before, after, energy):
    return bool(0.01 * energy < before < 0.9 * energy and after <= before)


def _numbers_not_shares(before, after, energy):
    return bool(0.5 < before < 45 and after < before)


def _no_upper_limit(before, after, energy):
    return bool(0.01 * energy < before and after < before)


def _always(before, after, energy):
    return True


def count_triplets(frames):
    # A template with k frames after it has k choices for S1 and k for S2; k goes from frames - 1 down to 0.
    return (frames - 1) * frames * (2 * frames - 1) // 6


def _any_three(frames):
    return frames**3


def _in_order(frames):
    return frames * (frames - 1) * (frames - 2) // 6


def _never_the_same(frames):
    return sum(k * (k - 1) for k in range(frames))


def _without_order(frames):
    return sum(k * (k + 1) // 2 for k in range(frames))


def _one_too_many(frames):
    return sum(k**2 for k in range(1, frames + 1))


def split(triplets, frames, count):
    first = frames - count
    learned = [one for one in triplets if max(one) < first]
    judged = [(t, a, b) for t, a, b in triplets if max(t, a) < first <= b]
    return learned, judged


def _shuffled(triplets, frames, count):
    order = np.random.default_rng(0).permutation(len(triplets))
    quarter = len(triplets) // 4
    return [triplets[k] for k in order[quarter:]], [triplets[k] for k in order[:quarter]]


def _anything_else_is_judged(triplets, frames, count):
    first = frames - count
    return [one for one in triplets if max(one) < first], [one for one in triplets if max(one) >= first]


def _any_that_ends_there(triplets, frames, count):
    first = frames - count
    return [one for one in triplets if max(one) < first], [one for one in triplets if one[2] >= first]


def _only_s2_is_looked_at(triplets, frames, count):
    first = frames - count
    return [one for one in triplets if one[2] < first], split(triplets, frames, count)[1]


def _one_frame_short(triplets, frames, count):
    return split(triplets, frames, count + 1)


def _exchanged(triplets, frames, count):
    return split(triplets, frames, count)[::-1]


def beyond_shaking(adapted, shaken, shipped):
    # A gain that is no larger than the control's says nothing about what was learned: any change would have made it.
    gain = np.mean(adapted - shipped)
    return gain, gain - np.mean(shaken - shipped)


def _sign(adapted, shaken, shipped):
    return tuple(-value for value in beyond_shaking(adapted, shaken, shipped))


def _the_control_itself(adapted, shaken, shipped):
    return np.mean(adapted - shipped), np.mean(shaken - shipped)


def _added(adapted, shaken, shipped):
    return np.mean(adapted - shipped), np.mean(adapted - shipped) + np.mean(shaken - shipped)


def _reversed(adapted, shaken, shipped):
    return beyond_shaking(adapted, shaken, shipped)[::-1]


def _not_paired(adapted, shaken, shipped):
    return np.mean(adapted), np.mean(adapted - shaken)


WRONG = {
    "keep": [_lower_alone, _not_higher, _equal_too, _numbers_not_shares, _no_upper_limit, _always],
    "count_triplets": [_any_three, _in_order, _never_the_same, _without_order, _one_too_many],
    "split": [
        _shuffled,
        _anything_else_is_judged,
        _any_that_ends_there,
        _only_s2_is_looked_at,
        _one_frame_short,
        _exchanged,
    ],
    "beyond_shaking": [_sign, _the_control_itself, _added, _reversed, _not_paired],
}
