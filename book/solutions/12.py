"""Answers to chapter 12's exercises, and the mistakes its checks must catch."""

import numpy as np


def _closest(samples):
    """Return the closest pair (heavier or first one first is up to the caller) and its squared distance."""
    apart = ((samples[:, None] - samples) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    first, second = np.unravel_index(apart.argmin(), apart.shape)
    return first, second, apart.min()


def remember(samples, weights, new, rate):
    samples, weights = samples.copy(), (1 - rate) * weights
    to_new = ((samples - new) ** 2).sum(axis=1)
    first, second, between = _closest(samples)
    if to_new.min() < between:
        place, other, weight = to_new.argmin(), new, rate
    else:
        place, freed = (first, second) if weights[first] >= weights[second] else (second, first)
        other, weight = samples[freed].copy(), weights[freed]
        samples[freed], weights[freed] = new, rate
    total = weights[place] + weight
    samples[place] = (weights[place] * samples[place] + weight * other) / total
    weights[place] = total
    return samples, weights


def _without_fading(samples, weights, new, rate):
    return remember(samples, weights / (1 - rate), new, rate)


def _always_into_the_nearest(samples, weights, new, rate):
    samples, weights = samples.copy(), (1 - rate) * weights
    place = ((samples - new) ** 2).sum(axis=1).argmin()
    total = weights[place] + rate
    samples[place] = (weights[place] * samples[place] + rate * new) / total
    weights[place] = total
    return samples, weights


def _halfway(samples, weights, new, rate):
    held, shares = remember(samples, weights, new, rate)
    to_new = ((samples - new) ** 2).sum(axis=1)
    first, second, between = _closest(samples)
    if to_new.min() < between:
        held[to_new.argmin()] = (samples[to_new.argmin()] + new) / 2
    else:
        place = first if weights[first] >= weights[second] else second
        held[place] = (samples[first] + samples[second]) / 2
    return held, shares


def _into_the_later(samples, weights, new, rate):
    first, second, between = _closest(samples)
    if ((samples - new) ** 2).sum(axis=1).min() < between:
        return remember(samples, weights, new, rate)
    samples, weights = samples.copy(), (1 - rate) * weights
    total = weights[first] + weights[second]
    samples[second] = (weights[first] * samples[first] + weights[second] * samples[second]) / total
    weights[second] = total
    samples[first], weights[first] = new, rate
    return samples, weights


def _weight_left_out(samples, weights, new, rate):
    return remember(samples, weights, new, rate)[0], (1 - rate) * weights


def _memory_overwritten(samples, weights, new, rate):
    held, shares = remember(samples, weights, new, rate)
    samples[:], weights[:] = held, shares
    return held, shares


def _kernel_slope(xi):
    # The kernel is a function of |xi|, and the derivative of |xi| is the sign of xi.
    size = np.abs(xi)
    near = 3.75 * size**2 - 4.5 * size
    far = -0.75 * (3 * size**2 - 10 * size + 8)
    return np.sign(xi) * np.where(size <= 1, near, np.where(size < 2, far, 0))


def slope(values, u):
    # x(u) = sum x[j] chi(n u - j - 1/2), so x'(u) = n sum x[j] chi'(n u - j - 1/2): the chain rule gives the n.
    count = len(values)
    distances = count * u - np.arange(count) - 0.5
    distances = (distances + count / 2) % count - count / 2  # the nearest copy on the circle
    return float(count * values @ _kernel_slope(distances))


def _at_the_edge(values, u):
    return slope(values, u + 0.5 / len(values))


def _not_around(values, u):
    return float(len(values) * values @ _kernel_slope(len(values) * u - np.arange(len(values)) - 0.5))


def _without_sign(values, u):
    count = len(values)
    distances = np.abs((count * u - np.arange(count) - 0.5 + count / 2) % count - count / 2)
    return float(count * values @ _kernel_slope(distances))


def _by_cells(values, u):
    return slope(values, u) / len(values)


def _the_value(values, u):
    count = len(values)
    t = np.abs((count * u - np.arange(count) - 0.5 + count / 2) % count - count / 2)
    far = -0.75 * (t**3 - 5 * t**2 + 8 * t - 4)
    return float(values @ np.where(t <= 1, 1.25 * t**3 - 2.25 * t**2 + 1, np.where(t < 2, far, 0)))


def newton_step(coefficients, u):
    # r(u) = c_0 + 2 Re sum c_k e^(2 pi i k u). Each derivative multiplies the wave k by 2 pi i k:
    # r' = 2 Re sum (2 pi i k) c_k e^(2 pi i k u), r'' = 2 Re sum (2 pi i k)^2 c_k e^(2 pi i k u), both without c_0.
    # In the step u - r' / r'' the 2 cancels.
    k = 2j * np.pi * np.arange(len(coefficients))
    waves = coefficients * np.exp(k * u)
    return u - (k * waves).sum().real / (k**2 * waves).sum().real


def _uphill(coefficients, u):
    return 2 * u - newton_step(coefficients, u)


def _upside_down(coefficients, u):
    return u - 1 / (u - newton_step(coefficients, u))


def _step_only(coefficients, u):
    return newton_step(coefficients, u) - u


def _one_factor_missing(coefficients, u):
    return u - (u - newton_step(coefficients, u)) / (2 * np.pi)


def _gradient_only(coefficients, u):
    k = 2j * np.pi * np.arange(len(coefficients))
    return u - (k * coefficients * np.exp(k * u)).sum().real


def solve(matrix, target, iterations):
    x = np.zeros_like(target)
    residual = target - matrix @ x
    direction = residual
    for _ in range(iterations):
        image = matrix @ direction
        norm = residual @ residual
        step = norm / (direction @ image)
        x = x + step * direction
        residual = residual - step * image
        direction = residual + residual @ residual / norm * direction
    return x


def _as_found(matrix, target, iterations):
    x = np.zeros_like(target)
    residual = target - matrix @ x
    direction = residual
    for _ in range(iterations):
        image = matrix @ direction
        norm = residual @ residual
        step = norm / (direction @ image)
        x = x + step * direction
        residual = residual - step * direction
        direction = residual + norm / (residual @ residual) * direction
    return x


def _residual_of_the_direction(matrix, target, iterations):
    x = np.zeros_like(target)
    residual = direction = target
    for _ in range(iterations):
        norm = residual @ residual
        step = norm / (direction @ matrix @ direction)
        x = x + step * direction
        residual = residual - step * direction
        direction = residual + residual @ residual / norm * direction
    return x


def _quotient_inverted(matrix, target, iterations):
    x = np.zeros_like(target)
    residual = direction = target
    for _ in range(iterations):
        image, norm = matrix @ direction, residual @ residual
        step = norm / (direction @ image)
        x, residual = x + step * direction, residual - step * image
        direction = residual + norm / (residual @ residual) * direction
    return x


def _steepest_descent(matrix, target, iterations):
    x = np.zeros_like(target)
    for _ in range(iterations):
        residual = target - matrix @ x
        x = x + residual @ residual / (residual @ matrix @ residual) * residual
    return x


def doubt(peaks, ratios):
    frames = np.stack([peaks, ratios], axis=1)
    ordinary, trusts = np.median(frames[:5], axis=0), []
    for k, frame in enumerate(frames):
        trusts.append(min(1, 2 * np.minimum(frame / ordinary, 1).prod()))
        if k >= 5:
            ordinary = ordinary + 0.05 * trusts[-1] * (frame - ordinary)
    return np.array(trusts)


def _trusts(peaks, ratios, ordinary, most=1.0, times=2.0, rate=0.05, by_trust=True):
    frames, trusts = np.stack([peaks, ratios], axis=1), []
    for k, frame in enumerate(frames):
        trusts.append(min(1, times * np.minimum(frame / ordinary, most).prod()))
        if k >= 5:
            ordinary = ordinary + rate * (trusts[-1] if by_trust else 1) * (frame - ordinary)
    return np.array(trusts)


def _five(peaks, ratios):
    return np.median(np.stack([peaks, ratios], axis=1)[:5], axis=0)


def _first_frame(peaks, ratios):
    return _trusts(peaks, ratios, np.array([peaks[0], ratios[0]]))


def _all_frames(peaks, ratios):
    return _trusts(peaks, ratios, np.median([peaks, ratios], axis=1))


def _not_capped(peaks, ratios):
    return _trusts(peaks, ratios, _five(peaks, ratios), most=np.inf)


def _not_tolerant(peaks, ratios):
    return _trusts(peaks, ratios, _five(peaks, ratios), times=1)


def _mean_of_five(peaks, ratios):
    return _trusts(peaks, ratios, np.mean([peaks[:5], ratios[:5]], axis=1))


def _never_moves(peaks, ratios):
    return _trusts(peaks, ratios, _five(peaks, ratios), rate=0)


def _learns_what_it_doubts(peaks, ratios):
    return _trusts(peaks, ratios, _five(peaks, ratios), by_trust=False)


WRONG = {
    "remember": [
        _without_fading,
        _always_into_the_nearest,
        _halfway,
        _into_the_later,
        _weight_left_out,
        _memory_overwritten,
    ],
    "slope": [_at_the_edge, _not_around, _without_sign, _by_cells, _the_value],
    "newton_step": [_uphill, _upside_down, _step_only, _one_factor_missing, _gradient_only],
    "solve": [_as_found, _residual_of_the_direction, _quotient_inverted, _steepest_descent],
    "doubt": [
        _first_frame,
        _all_frames,
        _not_capped,
        _not_tolerant,
        _mean_of_five,
        _never_moves,
        _learns_what_it_doubts,
    ],
}
