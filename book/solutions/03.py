"""Answers to chapter 03's exercises, and the mistakes its checks must catch."""

import numpy as np
from scipy.fft import fft2, ifft2, rfft2

from udtlib.boxes import center, from_center
from udtlib.features import LUMA
from udtlib.labels import gaussian_label, peak_displacement
from udtlib.patches import crop, hann_window
from udtlib.trackers import kcf


def polynomial_map(x, z, offset, power):
    inner = ifft2((fft2(x).conj() * fft2(z)).sum(axis=0)).real
    return (inner / x.size + offset) ** power


def _mirrored(x, z, offset, power):
    return polynomial_map(z, x, offset, power)


def _channel_by_channel(x, z, offset, power):
    inner = ifft2(fft2(x).conj() * fft2(z)).real
    return ((inner / x[0].size + offset) ** power).sum(axis=0)


def _channels_not_counted(x, z, offset, power):
    inner = ifft2((fft2(x).conj() * fft2(z)).sum(axis=0)).real
    return (inner / x[0].size + offset) ** power


def _offset_outside(x, z, offset, power):
    return polynomial_map(x, z, 0, power) + offset


def _not_divided(x, z, offset, power):
    return (polynomial_map(x, z, 0, 1) * x.size + offset) ** power


def contrast_gain(energy, lam, template, search):
    """Return r / y with x = template * x0, z = search * x0 and |x0|^2 = energy in Eq. 3.1.

    The sum above becomes template * search * energy; below, the template's own energy is template^2 * energy. For
    small lambda the quotient is search / template: learned in the dark and found in the light, the peak is too high by
    this factor.
    """
    return template * search * energy / (template**2 * energy + lam)


def _search_only(energy, lam, template, search):
    return search * energy / (energy + lam)


def _lambda_forgotten(energy, lam, template, search):
    return search / template


def _contrast_once(energy, lam, template, search):
    return template * search * energy / (template * energy + lam)


def _squared(energy, lam, template, search):
    return template**2 * search**2 * energy / (template**2 * energy + lam)


def sizes_needed(largest, off):
    """Return 2 n + 1 for the least n with step**n * off >= largest, where step = off**2.

    A growth in the middle of two sizes is wrong by the root of the step. Sizes up to step**16 of step 1.02 cover growth
    up to 1.386, wrong by at most 1 %. Half of `off - 1` takes nearly twice as many sizes.
    """
    steps = (np.log(largest) / np.log(off) - 1) / 2
    return 2 * max(0, int(np.ceil(steps))) + 1


def _step_is_off(largest, off):
    return 2 * max(0, int(np.ceil(np.log(largest) / np.log(off) - 0.5))) + 1


def _up_to_the_last_size(largest, off):
    return 2 * int(np.ceil(np.log(largest) / np.log(off) / 2)) + 1


def _growing_only(largest, off):
    return sizes_needed(largest, off) // 2 + 1


def _without_the_middle(largest, off):
    return sizes_needed(largest, off) - 1


def _equal_differences(largest, off):
    return 2 * max(0, int(np.ceil(((largest - 1) / (off - 1) - 1) / 2))) + 1


def half_life(rate):
    """Return the first n with (1 - rate)^n < 1/2.

    Each update leaves the share 1 - rate of what was there, so (1 - rate)^n is left after n. Taking logarithms, both
    negative, turns the inequality into n > log(1/2) / log(1 - rate). If the right side is a whole number, exactly half
    is left there, and one more update is needed: so round down and add 1.
    """
    return int(np.floor(np.log(0.5) / np.log(1 - rate))) + 1


def _of_the_whole(rate):
    return 0.5 / rate


def _one_over(rate):
    return 1 / rate


def _rounded_down(rate):
    return int(np.log(0.5) / np.log(1 - rate))


def _exactly_half(rate):
    return int(np.ceil(np.log(0.5) / np.log(1 - rate)))


def _one_more(rate):
    return half_life(rate) + 1


def follow(frames, box, kernel):
    return _follow(frames, box, kernel)


def _follow(frames, box, kernel, first=None, whole=None, mean_on_update=0.0):
    y, window = gaussian_label(64, 64, 3.0), hann_window(64, 64)
    middle, size = center(box), np.array(box[2:])

    def look(frame, keep=0.0):
        patch = crop(frame, from_center(middle, 2 * size), (64, 64)) @ LUMA / 255
        return rfft2(window * (patch - (1 - keep) * patch.mean())[None])

    x = look(frames[0])
    alpha = kcf.train((first or kernel)(x, x), y, 1e-4)
    boxes = [box]
    for frame in frames[1:]:
        dy, dx = peak_displacement(kcf.respond(alpha, kernel(x, look(frame))), subpixel=True)
        middle = middle + np.array([dx, dy]) * 2 * size / 64
        middle = whole(middle) if whole else middle
        new = look(frame, mean_on_update)
        alpha = 0.925 * alpha + 0.075 * kcf.train(kernel(new, new), y, 1e-4)
        x = 0.925 * x + 0.075 * new
        boxes.append(from_center(middle, size))
    return np.array(boxes)


def _gaussian(x_hat, z_hat):
    return kcf.gaussian_correlation(x_hat, z_hat, (64, 64), 0.2)


def _kernel_omitted_at_first(frames, box, kernel):
    return _follow(frames, box, kernel, first=_gaussian)


def _centre_floored(frames, box, kernel):
    return _follow(frames, box, kernel, whole=np.floor)


def _centre_rounded(frames, box, kernel):
    return _follow(frames, box, kernel, whole=np.round)


def _mean_kept_on_update(frames, box, kernel):
    return _follow(frames, box, kernel, mean_on_update=1.0)


def _not_repaired(frames, box, kernel):
    return _follow(frames, box, kernel, _gaussian, np.floor, 1.0)


WRONG = {
    "polynomial_map": [
        _mirrored,
        _channel_by_channel,
        _channels_not_counted,
        _offset_outside,
        _not_divided,
    ],
    "contrast_gain": [_search_only, _lambda_forgotten, _contrast_once, _squared],
    "sizes_needed": [
        _step_is_off,
        _up_to_the_last_size,
        _growing_only,
        _without_the_middle,
        _equal_differences,
    ],
    "half_life": [_of_the_whole, _one_over, _rounded_down, _exactly_half, _one_more],
    "follow": [
        _kernel_omitted_at_first,
        _centre_floored,
        _centre_rounded,
        _mean_kept_on_update,
        _not_repaired,
    ],
}
