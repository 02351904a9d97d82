"""Plausible wrong answers to the assignments, each with the points left to it and words of its hint."""

from itertools import pairwise
from math import comb, sqrt

import numpy as np


def wrap(distance, length):
    return np.minimum(np.abs(distance), length - np.abs(distance))


# A1


def label(height, width, row, column, sigma):
    rows, columns = wrap(np.arange(height) - row, height), wrap(np.arange(width) - column, width)
    return np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * sigma**2))


def label_at_the_corner(height, width, row, column, sigma):
    return label(height, width, 0, 0, sigma)


def label_in_the_middle(height, width, row, column, sigma):
    return label(height, width, height // 2, width // 2, sigma)


def label_without_wrapping(height, width, row, column, sigma):
    rows, columns = np.arange(height) - row, np.arange(width) - column
    return np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * sigma**2))


def label_rounded(height, width, row, column, sigma):
    return label(height, width, round(row), round(column), sigma)


def label_off_by_one(height, width, row, column, sigma):
    return label(height, width, (row + 1) % height, (column + 1) % width, sigma)


def label_of_variance(height, width, row, column, sigma):
    return label(height, width, row, column, sqrt(sigma))


def label_one_way(height, width, row, column, sigma):
    rows, columns = (np.arange(height) - row) % height, (np.arange(width) - column) % width
    return np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * sigma**2))


def label_wrapped_once(height, width, row, column, sigma):
    rows, columns = wrap(np.arange(height) - row, height), np.arange(width) - column
    return np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * sigma**2))


def label_sums_to_one(height, width, row, column, sigma):
    right = label(height, width, row, column, sigma)
    return right / right.sum()


def label_cut_off(height, width, row, column, sigma):
    return label(height, width, int(row), int(column), sigma)


def weights_spectrum(x, y, lam):
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return X * Y / (np.abs(X) ** 2 + lam)


def weights_absolute(x, y, lam):
    return np.abs(weights_complex(x, y, lam))


def chapter_02(x, y, lam):
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return np.fft.ifft(X * Y.conj() / (np.abs(X) ** 2 + lam)).real


def convolution(x, y, lam):
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return np.fft.ifft(X.conj() * Y / (np.abs(X) ** 2 + lam)).real


def both_conjugates(x, y, lam):
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return np.fft.ifft((X * Y).conj() / (np.abs(X) ** 2 + lam)).real


def lambda_forgotten(x, y, lam):
    return np.fft.ifft(np.fft.fft(y) / np.fft.fft(x).conj()).real  # X / |X|^2 is 1 / conj(X)


def lambda_for_each_shift(x, y, lam):
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return np.fft.ifft(X * Y / (np.abs(X) ** 2 + lam * len(x))).real


def weights_complex(x, y, lam):
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return np.fft.ifft(X * Y / (np.abs(X) ** 2 + lam)) + 0j


def dense(x, y, lam):
    rows = np.array([np.roll(x, k) for k in range(len(x))])
    return np.linalg.solve(rows.T @ rows + lam * np.eye(len(x)), rows.T @ y)


def dense_if_short(x, y, lam):
    if len(x) > 100:
        raise MemoryError("17 GB")
    return dense(x, y, lam)


def update(A, B, F, G, old, new):
    return old * A + new * G * F.conj(), old * B + new * F * F.conj()


def update_unconjugated(A, B, patch, label, rate):
    F, G = np.fft.fft2(patch), np.fft.fft2(label)
    return (1 - rate) * A + rate * G * F, (1 - rate) * B + rate * F * F.conj()


def update_mirrored(A, B, patch, label, rate):
    F, G = np.fft.fft2(patch), np.fft.fft2(label)
    return (1 - rate) * A + rate * G.conj() * F, (1 - rate) * B + rate * F * F.conj()


def update_turned(A, B, patch, label, rate):
    return update(A, B, np.fft.fft2(patch), np.fft.fft2(label), rate, 1 - rate)


def update_without_fading(A, B, patch, label, rate):
    return update(A, B, np.fft.fft2(patch), np.fft.fft2(label), 1, rate)


def update_numerator_only(A, B, patch, label, rate):
    new = update(A, B, np.fft.fft2(patch), np.fft.fft2(label), 1 - rate, rate)[0]
    return new, np.abs(np.fft.fft2(patch)) ** 2


def update_in_place(A, B, patch, label, rate):
    A *= 1 - rate
    A += rate * np.fft.fft2(label) * np.fft.fft2(patch).conj()
    return A, (1 - rate) * B + rate * np.abs(np.fft.fft2(patch)) ** 2


def update_root(A, B, patch, label, rate):
    new = update(A, B, np.fft.fft2(patch), np.fft.fft2(label), 1 - rate, rate)[0]
    return new, (1 - rate) * B + rate * np.abs(np.fft.fft2(patch))


def update_square(A, B, patch, label, rate):
    new = update(A, B, np.fft.fft2(patch), np.fft.fft2(label), 1 - rate, rate)[0]
    return new, (1 - rate) * B + rate * np.fft.fft2(patch) ** 2


def update_old_denominator(A, B, patch, label, rate):
    return update(A, B, np.fft.fft2(patch), np.fft.fft2(label), 1 - rate, rate)[0], B


def update_exchanged(A, B, patch, label, rate):
    return update(A, B, np.fft.fft2(patch), np.fft.fft2(label), 1 - rate, rate)[::-1]


def read_peak(response, absolute=False, strict=False, last=0, index=False):
    row, column = np.unravel_index(np.argmax(np.abs(response) if absolute else response), response.shape)
    height, width = response.shape
    if index:
        return row, column

    def signed(place, length):
        near = place < length / 2 if strict else place <= length / 2
        return place if near else place - length + last

    return signed(row, height), signed(column, width)


def peak_as_index(response):
    return read_peak(response, index=True)


def peak_absolute(response):
    return read_peak(response, absolute=True)


def peak_half_is_negative(response):
    return read_peak(response, strict=True)


def peak_off_by_one(response):
    return read_peak(response, last=1)


def peak_exchanged(response):
    return read_peak(response)[::-1]


def peak_from_the_middle(response):
    row, column = read_peak(response, index=True)
    return row - response.shape[0] // 2, column - response.shape[1] // 2


def peak_of_a_square_map(response):
    row, column = read_peak(response, index=True)
    height = response.shape[0]
    return row - height * (row > height / 2), column - height * (column > height / 2)


def peak_whole_half_is_negative(response):
    row, column = read_peak(response, index=True)
    height, width = response.shape
    return row - height * (row >= height // 2), column - width * (column >= width // 2)


# A2


def spectra(template, search, label, lam):
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    return x, z, y, (np.abs(x) ** 2).sum(0) + lam


def real(spectrum):
    return np.fft.ifft2(spectrum).real


def response_unconjugated(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, lam)
    return real((x * z).sum(0) * y / energy)


def response_mirrored(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, lam)
    return real(((x.conj() * z).sum(0) * y).conj() / energy)


def response_label_conjugated(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, lam)
    return real((x.conj() * z).sum(0) * y.conj() / energy)


def response_own_energies(template, search, label, lam):
    x, z, y, _ = spectra(template, search, label, lam)
    return real((x.conj() * z * y / (np.abs(x) ** 2 + lam)).sum(0))


def response_lambda_a_channel(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, lam * len(template))
    return real((x.conj() * z).sum(0) * y / energy)


def response_relative_lambda(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, lam * template.size)
    return real((x.conj() * z).sum(0) * y / energy)


def response_centred(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, lam)
    return np.fft.fftshift(real((x.conj() * z).sum(0) * y / energy))


def response_without_label(template, search, label, lam):
    x, z, _, energy = spectra(template, search, label, lam)
    return real((x.conj() * z).sum(0) / energy)


def response_without_lambda(template, search, label, lam):
    x, z, y, energy = spectra(template, search, label, 0.0)
    return real((x.conj() * z).sum(0) * y / energy)


def gradient_parts(template, search, label, lam, arriving):
    x, z, y, energy = spectra(template, search, label, lam)
    g = np.fft.fft2(arriving)
    response = (x.conj() * z).sum(0) * y / energy
    return x, z, y, g, energy, (g * response.conj()).real / energy


def search_right(template, search, label, lam, arriving):
    x, _, y, g, energy, _ = gradient_parts(template, search, label, lam, arriving)
    return real(g * y.conj() * x / energy)


def search_mirrored(template, search, label, lam, arriving):
    x, _, y, g, energy, _ = gradient_parts(template, search, label, lam, arriving)
    return real((g * y.conj() * x / energy).conj())


def search_like_forward(template, search, label, lam, arriving):
    x, _, y, g, energy, _ = gradient_parts(template, search, label, lam, arriving)
    return real(g * y * x.conj() / energy)


def search_label_unconjugated(template, search, label, lam, arriving):
    x, _, y, g, energy, _ = gradient_parts(template, search, label, lam, arriving)
    return real(g * y * x / energy)


def search_negative(*arguments):
    return -search_right(*arguments)


def search_unscaled(template, search, label, lam, arriving):
    return search_right(template, search, label, lam, arriving) * arriving.size


def search_mean_of_channels(*arguments):
    right = search_right(*arguments)
    return right.mean(0) + 0 * right


def template_with(factor, template, search, label, lam, arriving):
    x, z, y, g, energy, pull = gradient_parts(template, search, label, lam, arriving)
    return real(g.conj() * y * z / energy - factor * pull * x)


def template_first_term(*arguments):
    return template_with(0, *arguments)


def template_without_two(*arguments):
    return template_with(1, *arguments)


def template_plus(*arguments):
    return template_with(-2, *arguments)


def template_doubled(*arguments):
    return 2 * template_with(2, *arguments)


def half_planes(template, search, label, lam, *, size=True, conjugate=True, apart=False, shift=False):
    x, z, y = np.fft.rfft2(template), np.fft.rfft2(search), np.fft.rfft2(label)
    energy = (np.abs(x) ** 2 + lam).sum(0) if apart else (np.abs(x) ** 2).sum(0) + lam
    products = x.conj() * z if conjugate else x * z.conj()
    response = np.fft.irfft2(products.sum(0) * y / energy, s=label.shape if size else None)
    return np.fft.fftshift(response) if shift else response


def repaired_without_size(*arguments):
    return half_planes(*arguments, size=False)


def repaired_lambda_a_channel(*arguments):
    return half_planes(*arguments, apart=True)


def repaired_conjugate_left(*arguments):
    return half_planes(*arguments, conjugate=False)


def repaired_still_shifted(*arguments):
    return half_planes(*arguments, shift=True)


def repaired_roles(template, search, label, lam):
    return half_planes(search, template, label, lam)


def repaired_without_lambda(template, search, label, lam):
    with np.errstate(all="ignore"):
        return half_planes(template, search, label, 0.0 * lam)


# A3


def hop(template, search, label, lam):
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    return np.fft.ifft2(x.conj() * z * y / (np.abs(x) ** 2 + lam)).real


def at_peak(response, label):
    return np.roll(label, np.unravel_index(response.argmax(), response.shape), (0, 1))


def way_out(patches, label, lam, clean=True):
    labels = [label]
    for before, after in pairwise(patches):
        response = hop(before, after, labels[-1], lam)
        labels.append(at_peak(response, label) if clean else response)
    return labels, response


def squares(response, label):
    return ((response - label) ** 2).sum()


def trip_mean(patches, label, lam):
    return squares(hop(patches[-1], patches[0], way_out(patches, label, lam)[0][-1], lam), label) / label.size


def trip_chained(patches, label, lam):
    believed = way_out(patches, label, lam)[0][-1]
    for before, after in zip(patches[:0:-1], patches[-2::-1], strict=True):
        response = hop(before, after, believed, lam)
        believed = at_peak(response, label)
    return squares(response, label)


def trip_one_way(patches, label, lam):
    return squares(way_out(patches, label, lam)[1], label)


def trip_label_of_t(patches, label, lam):
    return squares(hop(patches[-1], patches[0], label, lam), label)


def trip_half(*arguments):
    return trip_right(*arguments) / 2


def trip_right(patches, label, lam, place=lambda row, column: (row, column)):
    believed = label
    for before, after in pairwise(patches):
        response = hop(before, after, believed, lam)
        believed = np.roll(label, place(*np.unravel_index(response.argmax(), response.shape)), (0, 1))
    return squares(hop(patches[-1], patches[0], believed, lam), label)


def trip_turned(patches, label, lam):
    return trip_right(patches, label, lam, lambda row, column: (-row, -column))


def trip_exchanged(patches, label, lam):
    return trip_right(patches, label, lam, lambda row, column: (column, row))


def trip_label_of_t_each_time(patches, label, lam):
    response = hop(patches[-2], patches[-1], label, lam)
    return squares(hop(patches[-1], patches[0], at_peak(response, label), lam), label)


def trip_first_only(patches, label, lam):
    labels = way_out(patches[:2], label, lam)[0]
    return squares(hop(patches[1], patches[0], labels[1], lam), label)


def trip_from_t(patches, label, lam):
    believed = at_peak(hop(patches[0], patches[-1], label, lam), label)
    return squares(hop(patches[-1], patches[0], believed, lam), label)


def keep_lowest(errors, share, extra=0):
    count = len(errors)
    kept = np.zeros(count)
    kept[np.argsort(errors)[: count - int(share * count) - extra]] = 1
    return kept


def weigh(errors, products):
    weights = products / products.sum()
    return (weights * errors).sum(), weights


def weights_not_normalised(errors, motions, share):
    products = keep_lowest(errors, share) * motions
    return (products * errors).sum(), products


def weights_nothing_dropped(errors, motions, share):
    return weigh(errors, motions if motions.any() else np.ones(len(errors)))


def weights_one_too_many(errors, motions, share):
    kept = keep_lowest(errors, share, 1)
    return weigh(errors, kept * (motions if motions.any() else 1))


def weights_by_motion(errors, motions, share):
    return weigh(errors, keep_lowest(motions, share) * (motions if motions.any() else 1))


def weights_lowest_dropped(errors, motions, share):
    return weigh(errors, keep_lowest(-errors, share) * (motions if motions.any() else 1))


def weights_divided_twice(errors, motions, share):
    loss, weights = weigh(errors, keep_lowest(errors, share) * (motions if motions.any() else 1))
    return loss / len(errors), weights / len(errors)


def weights_zero_over_zero(errors, motions, share):
    with np.errstate(all="ignore"):
        return weigh(errors, keep_lowest(errors, share) * motions)


def weights_times_errors(errors, motions, share):
    loss, weights = weigh(errors, keep_lowest(errors, share) * (motions if motions.any() else 1))
    return loss, weights * errors


def weights_sorted(errors, motions, share):
    loss, weights = weigh(errors, keep_lowest(errors, share) * (motions if motions.any() else 1))
    return loss, weights[np.argsort(errors)]


def misses(start, end, height, width):
    return wrap(end - start, np.array([height, width]))


def trusted_at_most(start, end, height, width, limit):
    return np.hypot(*misses(start, end, height, width).T) <= limit


def trusted_straight(start, end, height, width, limit):
    return np.hypot(*(end - start).T) < limit


def trusted_one_way(start, end, height, width, limit):
    return np.hypot(*((end - start) % (height, width)).T) < limit


def trusted_city_blocks(start, end, height, width, limit):
    return misses(start, end, height, width).sum(1) < limit


def trusted_larger_side(start, end, height, width, limit):
    return misses(start, end, height, width).max(1) < limit


def trusted_turned(start, end, height, width, limit):
    return np.hypot(*misses(start, end, height, width).T) >= limit


# A4


def curve_not_strict(overlaps, thresholds):
    known = overlaps[~np.isnan(overlaps)]
    return (known >= thresholds[:, None]).mean(axis=1)


def curve_absent_missed(overlaps, thresholds):
    return (np.nan_to_num(overlaps) > thresholds[:, None]).mean(axis=1)


def curve_percent(overlaps, thresholds):
    return 100 * (overlaps[~np.isnan(overlaps)] > thresholds[:, None]).mean(axis=1)


def curve_of_failures(overlaps, thresholds):
    return (overlaps[~np.isnan(overlaps)] <= thresholds[:, None]).mean(axis=1)


def center(boxes):
    return boxes[:, :2] + boxes[:, 2:] / 2


def precision_strict(truth, found, limit):
    return (np.hypot(*(center(truth) - center(found)).T) < limit).mean()


def precision_of_corners(truth, found, limit):
    return (np.hypot(*(truth - found)[:, :2].T) <= limit).mean()


def precision_city_blocks(truth, found, limit):
    return (np.abs(center(truth) - center(found)).sum(1) <= limit).mean()


def precision_squared(truth, found, limit):
    return (((center(truth) - center(found)) ** 2).sum(1) <= limit).mean()


def precision_count(truth, found, limit):
    return (np.hypot(*(center(truth) - center(found)).T) <= limit).sum()


def precision_far_corners(truth, found, limit):
    apart = (truth[:, :2] + truth[:, 2:]) - (found[:, :2] + found[:, 2:])
    return (np.hypot(*apart.T) <= limit).mean()


def precision_mean_distance(truth, found, limit):
    return np.hypot(*(center(truth) - center(found)).T).mean()


def score_pooled(runs):
    return np.concatenate([np.nan_to_num(run)[1:] for run in runs]).mean()


def score_with_the_start(runs):
    return np.mean([np.nan_to_num(run).mean() for run in runs])


def score_without_losses(runs):
    return np.mean([np.nanmean(run[1:]) for run in runs])


def score_pooled_without_losses(runs):
    return np.nanmean(np.concatenate([run[1:] for run in runs]))


def score_one_start_left_out(runs):
    return np.nan_to_num(np.concatenate(runs))[1:].mean()


def score_median(runs):
    return np.median([np.nan_to_num(run)[1:].mean() for run in runs])


def interval(gaps, error, z):
    return gaps.mean() - z * error, gaps.mean() + z * error


def interval_unpaired(first, second, z):
    error = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(first))
    return interval(first - second, error, z)


def interval_of_a_sequence(first, second, z):
    return interval(first - second, (first - second).std(ddof=1), z)


def interval_variance(first, second, z):
    gaps = first - second
    return interval(gaps, gaps.var(ddof=1) / np.sqrt(len(gaps)), z)


def interval_own_z(first, second, z):
    gaps = first - second
    return interval(gaps, gaps.std(ddof=1) / np.sqrt(len(gaps)), 1.96)


def interval_population(first, second, z):
    return interval(first - second, (first - second).std() / np.sqrt(len(first)), z)


def interval_turned(first, second, z):
    return interval(second - first, (first - second).std(ddof=1) / np.sqrt(len(first)), z)


def counts(first, second):
    return (first > second).sum(), (first < second).sum(), (first == second).sum()


def tail(least, count):
    return sum(comb(count, k) for k in range(least, count + 1)) / 2**count


def sign_one_sided(first, second):
    wins, losses, _ = map(int, counts(first, second))
    return tail(max(wins, losses), wins + losses)


def sign_ties_counted(first, second):
    wins, losses, ties = map(int, counts(first, second))
    return min(1.0, 2 * tail(max(wins, losses), wins + losses + ties))


def sign_ties_are_wins(first, second):
    wins, losses, ties = map(int, counts(first, second))
    return min(1.0, 2 * tail(max(wins, losses) + ties, wins + losses + ties))


def sign_off_by_one(first, second):
    wins, losses, _ = map(int, counts(first, second))
    return min(1.0, 2 * tail(max(wins, losses) + 1, wins + losses))


def sign_above_one(first, second):
    wins, losses, _ = map(int, counts(first, second))
    return 2 * tail(max(wins, losses), wins + losses)


def sign_of_the_first(first, second):
    wins, count = int((first > second).sum()), int((first != second).sum())
    return min(1.0, 2 * sum(comb(count, k) for k in range(wins, count + 1)) / 2**count)


# assignment, function: (wrong answer, points left, words of the hint)
MUTANTS = {
    ("a1", "placed_label"): [
        (label_at_the_corner, 0, r"not at \(row, column\)"),
        (label_in_the_middle, 0, "in the middle"),
        (label_without_wrapping, 0, "wraps around"),
        (label_rounded, 2, "rounded to a cell"),
        (label_off_by_one, 0, "one cell too far"),
        (label_of_variance, 0, "not the variance"),
        (label_one_way, 0, "the shorter way"),
        (label_wrapped_once, 0, "in both directions"),
        (label_sums_to_one, 0, "not the sum"),
        (label_cut_off, 2, "cut off|rounded"),
    ],
    ("a1", "ridge_over_shifts"): [
        (chapter_02, 0, "as in chapter 02"),
        (convolution, 0, "correlation, not a convolution"),
        (both_conjugates, 0, "are mirrored"),
        (lambda_forgotten, 0, "lambda is not used"),
        (lambda_for_each_shift, 0, "no such factor"),
        (weights_complex, 0, "imaginary"),
        (weights_spectrum, 0, "still a spectrum"),
        (weights_absolute, 0, "not the absolute value"),
        (dense_if_short, 3, "MemoryError"),
    ],
    ("a1", "update_filter"): [
        (update_unconjugated, 0, "the conjugate is missing"),
        (update_mirrored, 0, "wrong spectrum"),
        (update_turned, 0, r"share of the \*new\* patch"),
        (update_without_fading, 0, "must fade"),
        (update_numerator_only, 0, "the denominator is averaged"),
        (update_in_place, 0, "overwritten"),
        (update_root, 0, r"\*squared\* modulus"),
        (update_square, 0, "missing in the denominator"),
        (update_old_denominator, 0, "still the old one"),
        (update_exchanged, 0, "are exchanged"),
    ],
    ("a1", "peak_shift"): [
        (peak_as_index, 2, "means a move up or left"),
        (peak_absolute, 3, "no absolute value"),
        (peak_half_is_negative, 3, "half the length means"),
        (peak_off_by_one, 2, "the last index means -1"),
        (peak_exchanged, 0, "rows first"),
        (peak_from_the_middle, 0, "not the middle"),
        (peak_of_a_square_map, 1, "the width is not the height"),
        (peak_whole_half_is_negative, 3, "odd length"),
    ],
    ("a2", "layer_response"): [
        (response_unconjugated, 0, "that is a convolution"),
        (response_mirrored, 0, "the response is mirrored"),
        (response_label_conjugated, 0, "the label is mirrored"),
        (response_own_energies, 3, "its own denominator"),
        (response_lambda_a_channel, 3, "added once"),
        (response_relative_lambda, 0, "plain one of the paper"),
        (response_centred, 0, "for drawing only"),
        (response_without_label, 0, "the label is not used"),
        (response_without_lambda, 0, r"three channels: .*lambda is not used"),
    ],
    ("a2", "search_gradient"): [
        (search_mirrored, 0, "mirrored"),
        (search_like_forward, 0, "conjugate of the other factors"),
        (search_label_unconjugated, 0, "conjugate of the other factors"),
        (search_negative, 0, "sign"),
        (search_unscaled, 0, r"H\*W is left over"),
        (search_mean_of_channels, 2, "mean of all"),
        (template_first_term, 0, "expected"),
        (template_with, 0, "TypeError"),
    ],
    ("a2", "template_gradient"): [
        (template_first_term, 0, "the first term only"),
        (template_without_two, 0, "lacks its factor 2"),
        (template_plus, 0, "wrong sign"),
        (template_doubled, 0, "twice too much"),
        (search_right, 0, "of the other patch"),
    ],
    ("a2", "repaired_response"): [
        (repaired_without_size, 2, "expected odd"),
        (repaired_lambda_a_channel, 3, "once for each channel"),
        (repaired_still_shifted, 0, "shifted for drawing"),
        (repaired_roles, 0, "exchanged"),
        (repaired_conjugate_left, 0, "still on the wrong spectrum"),
        (repaired_without_lambda, 0, "lambda is not used"),
    ],
    ("a3", "round_trip_loss"): [
        (trip_mean, 0, "not a mean"),
        (trip_chained, 2, "straight to T"),
        (trip_one_way, 0, "go back to T"),
        (trip_label_of_t, 0, "must be at its peak"),
        (trip_first_only, 2, "nor from the first"),
        (trip_from_t, 2, "not from T"),
        (trip_half, 0, "not half of it"),
        (trip_turned, 0, "moved the other way"),
        (trip_exchanged, 0, "columns of the peak are exchanged"),
        (trip_label_of_t_each_time, 2, "only T's label"),
    ],
    ("a3", "sample_gradient"): [
        (weights_not_normalised, 0, "not normalised"),
        (weights_nothing_dropped, 1, "nothing was dropped"),
        (weights_one_too_many, 0, "`>=` where"),
        (weights_by_motion, 1, "not by the motion"),
        (weights_lowest_dropped, 1, r"\*highest\* errors"),
        (weights_divided_twice, 0, "divided by n once more"),
        (weights_zero_over_zero, 4, "expected"),
        (weights_times_errors, 0, "no error in it"),
        (weights_sorted, 0, "not of their errors"),
    ],
    ("a3", "trusted"): [
        (trusted_at_most, 2, "`<`, not `<=`"),
        (trusted_straight, 3, "wraps around"),
        (trusted_city_blocks, 0, "not the sum"),
        (trusted_larger_side, 0, "not the larger"),
        (trusted_turned, 0, "turned round"),
        (trusted_one_way, 0, "shorter of the two ways"),
    ],
    ("a4", "success_curve"): [
        (curve_not_strict, 0, "not `>=`"),
        (curve_absent_missed, 2, "left out of the count"),
        (curve_percent, 0, "not a percentage"),
        (curve_of_failures, 0, "not of failures"),
    ],
    ("a4", "precision"): [
        (precision_strict, 1, "`<=`"),
        (precision_of_corners, 2, "not of the corners"),
        (precision_city_blocks, 1, "not the sum"),
        (precision_squared, 0, "root of the sum"),
        (precision_mean_distance, 0, "not the mean distance"),
        (precision_count, 0, "not a number of frames"),
        (precision_far_corners, 2, "half the size away|not of the corners"),
    ],
    ("a4", "repaired_score"): [
        (score_pooled, 3, "counts no more than a short one"),
        (score_with_the_start, 0, "is not counted"),
        (score_without_losses, 2, "flatters"),
        (score_median, 0, "not the median"),
        (score_pooled_without_losses, 1, "overlaps by 0, and the mean is taken"),
        (score_one_start_left_out, 0, r"\*each\* sequence"),
    ],
    ("a4", "paired_interval"): [
        (interval_unpaired, 0, "paired"),
        (interval_of_a_sequence, 0, "root of n"),
        (interval_population, 0, "n - 1"),
        (interval_turned, 0, "first minus second"),
        (interval_variance, 0, "not the variance"),
        (interval_own_z, 0, "z is given"),
    ],
    ("a4", "sign_test"): [
        (sign_one_sided, 0, "two-sided"),
        (sign_ties_counted, 2, "ties say nothing"),
        (sign_ties_are_wins, 2, "ties are no wins"),
        (sign_off_by_one, 0, "off by one"),
        (sign_above_one, 2, "at most 1"),
        (sign_of_the_first, 1, "the second tracker may be the one"),
    ],
}
