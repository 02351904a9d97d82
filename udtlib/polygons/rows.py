"""Which pixels of a row a region fills, by the rules of VOT's toolkit. Book: chapter 14.

A row of a polygon is filled between the places where its edges cross the row, cut to whole pixels, both ends
included. Through a corner go two edges: of two equal crossings one counts.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def row_spans(regions: Ints, bounds: Ints, pair: Ints, row: Ints) -> tuple[Ints, Ints, Mask]:
    """Return the first and the last filled pixel of rows, counted from the left bound.

    Args:
        regions: ``(N, 4)`` boxes or ``(N, 2 k)`` polygons in whole pixels.
        bounds: ``(N, 4)`` left, top, right, bottom: the pixels that count.
        pair: ``(R,)`` which region each row is of.
        row: ``(R,)`` which row, counted from the top bound.

    Returns:
        First and last pixel ``(R,)``, the last before the first where nothing is filled, and which rows have
        more than one part, so that these say nothing.
    """
    width = (bounds[:, 2] - bounds[:, 0])[pair]
    if regions.shape[1] == 4:
        low = regions[:, :2] - bounds[:, :2]
        high = low + regions[:, 2:] - 1
        is_filled = (low[pair, 1] <= row) & (row <= high[pair, 1])
        first, last, odd = low[pair, 0], np.where(is_filled, high[pair, 0], -1), np.zeros(len(row), np.bool_)
    else:
        points = regions.reshape(len(regions), -1, 2) - bounds[:, None, :2]
        crossings, count = _crossings(points[pair], row)
        first, last, odd = _one_span(crossings, count)
    return np.maximum(first, 0), np.minimum(last, width), odd


def _crossings(points: Ints, row: Ints) -> tuple[Ints, Ints]:
    """Return where the edges of polygons ``(R, k, 2)`` cross the rows ``(R,)``, sorted, and how many do."""
    x, y = np.moveaxis(points.astype(np.float64), 2, 0)
    x_before, y_before, at = np.roll(x, 1, axis=1), np.roll(y, 1, axis=1), row[:, None]
    crosses = (np.minimum(y, y_before) <= at) & (at <= np.maximum(y, y_before))
    rise = y_before - y
    with np.errstate(all="ignore"):
        places = np.where(rise == 0, x, x + (at - y) / rise * (x_before - x))
    whole = np.where(crosses, np.trunc(places), np.inf)
    whole.sort(axis=1)
    return np.where(np.isfinite(whole), whole, -1).astype(np.int64), crosses.sum(axis=1)


def _one_span(crossings: Ints, count: Ints) -> tuple[Ints, Ints, Mask]:
    """Return what `spans` gives for up to four crossings, where that is one part."""
    a, b, c = crossings[:, :3].T
    d = crossings[:, min(3, crossings.shape[1] - 1)]
    doubled, four = a == b, count == 4
    first = np.where(four & doubled, np.where(b == c, c, b), a)
    last = np.where(four, np.where(doubled & (b < c), c, d), np.where((count == 3) & doubled, c, b))
    odd = (count > 4) | (four & (a < b) & (c > b + 1))
    return first, np.where(count > 1, last, -1), odd


def spans(crossings: list[int]) -> list[tuple[int, int]]:
    """Return the filled parts of a row, first and last pixel each, from its sorted crossings."""
    found, index, last = [], 0, len(crossings) - 1
    while index < last:
        if crossings[index] == crossings[index + 1] and index < last - 1:
            index += 1
            continue
        found.append((crossings[index], crossings[index + 1]))
        index += 2
    return found


def filled(region: Ints, bounds: Ints) -> Mask:
    """Return which pixels within ``bounds`` a region ``(4,)`` or ``(2 k,)`` fills, ``(H, W)``."""
    left, top, right, bottom = bounds.tolist()
    mask, rows = np.zeros((bottom - top + 1, right - left + 1), dtype=np.bool_), np.arange(bottom - top + 1)
    if len(region) == 4:
        low, high, _ = row_spans(region[None], bounds[None], np.zeros(len(rows), np.int64), rows)
        parts = [[pair] for pair in zip(low, high, strict=True)]
    else:
        points = np.broadcast_to(region.reshape(-1, 2) - (left, top), (len(rows), len(region) // 2, 2))
        crossings, count = _crossings(points, rows)
        parts = [spans(one[:number].tolist()) for one, number in zip(crossings, count, strict=True)]
    for row, found in zip(mask, parts, strict=True):
        for first, last in found:
            row[max(0, first) : max(0, last + 1)] = True
    return mask
