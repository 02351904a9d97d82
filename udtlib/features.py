"""Hand-made features: grey, colour and fHOG, from RGB patches to channels. Book: chapter 03.

Each function takes ``(..., H, W, 3)`` RGB, 0..255, ``uint8`` or float, and returns ``(..., C, h, w)``
float32: leading axes are kept, so a stack of patches costs one call. numpy only.
"""

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import FrameError

Features = NDArray[np.float32]

ORIENTATIONS = 18
SIDES = (slice(None, -1), slice(1, None))
CORNERS = [(..., rows, columns) for rows in SIDES for columns in SIDES]
"""Of a grid, all but the last or all but the first row and column: the four corners of its 2 x 2 blocks."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def check_patch(patch: NDArray, cell: int = 1) -> NDArray:
    """Return ``patch`` if it is RGB and holds at least one cell.

    Raises:
        FrameError: another shape than ``(..., H, W, 3)``, or a side shorter than ``cell``.
    """
    if patch.ndim < 3 or patch.shape[-1] != 3 or min(patch.shape[-3:-1]) < cell:
        raise FrameError(
            f"features need (..., H, W, 3) with sides of at least {cell} pixels, found {patch.shape}"
        )
    return patch


def grey(patch: NDArray) -> Features:
    """Return brightness (ITU-R 601) over 255 minus its mean, ``(..., 1, H, W)``.

    Raises:
        FrameError: see `check_patch`.
    """
    luma = (check_patch(patch).astype(np.float32) @ LUMA)[..., None, :, :] / 255
    return luma - luma.mean(axis=(-2, -1), keepdims=True)


def colour(patch: NDArray) -> Features:
    """Return R, G and B over 255, each minus its mean, ``(..., 3, H, W)``.

    Raises:
        FrameError: see `check_patch`.
    """
    channels = np.moveaxis(check_patch(patch).astype(np.float32), -1, -3) / 255
    return channels - channels.mean(axis=(-2, -1), keepdims=True)


def fhog(patch: NDArray, cell: int = 4, clip: float = 0.2) -> Features:
    """Return the 31 channels of Felzenszwalb et al. (PAMI 2010): histograms of gradients, normalised.

    Channels 0..17 keep the sign of the gradient (orientation k points to ``20 k`` degrees, y down),
    18..26 forget it (k and k + 9 summed), 27..30 sum each normalisation over the 18 (texture).

    Args:
        patch: ``(..., H, W, 3)``.
        cell: side of a cell in pixels.
        clip: no normalised histogram entry exceeds this.

    Returns:
        ``(..., 31, H // cell, W // cell)`` float32, 0..2 * clip, texture channels up to about 0.85.

    Raises:
        FrameError: see `check_patch`.
    """
    stack = check_patch(patch, cell).reshape(-1, *patch.shape[-3:])
    histograms = cell_histograms(*strongest_gradient(stack), cell)
    channels = normalise(histograms, clip)
    return channels.reshape(*patch.shape[:-3], *channels.shape[1:])


def strongest_gradient(stack: NDArray) -> tuple[Features, Features]:
    """Return ``(dx, dy)`` of the colour channel in which the gradient is longest, per pixel.

    ``stack`` is ``(N, H, W, 3)``; differences are central (no half), one-sided at the border; both
    results are ``(N, H, W)`` float32. Where channels tie, the first wins.
    """
    padded = np.pad(stack, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge").astype(np.float32)
    planes = np.ascontiguousarray(np.moveaxis(padded, -1, 0))
    dx = planes[..., 1:-1, 2:] - planes[..., 1:-1, :-2]
    dy = planes[..., 2:, 1:-1] - planes[..., :-2, 1:-1]
    squared = dx * dx + dy * dy
    best_dx, best_dy, best = dx[0], dy[0], squared[0]
    for channel in (1, 2):
        longer = squared[channel] > best
        best_dx = np.where(longer, dx[channel], best_dx)
        best_dy = np.where(longer, dy[channel], best_dy)
        best = np.maximum(best, squared[channel])
    return best_dx, best_dy


def cell_histograms(dx: Features, dy: Features, cell: int) -> Features:
    """Return gradient histograms ``(N, 18, H // cell, W // cell)``: length summed by direction.

    Each pixel votes for the nearest of 18 directions, in the four nearest cells, with bilinear weights;
    votes beyond the grid of whole cells are lost.

    Args:
        dx: ``(N, H, W)`` float32.
        dy: likewise, down.
        cell: side of a cell in pixels.
    """
    count, height, width = dx.shape
    rows, columns = height // cell, width // cell
    length = np.sqrt(dx * dx + dy * dy)
    turn = np.arctan2(dy, dx) * np.float32(ORIENTATIONS / (2 * np.pi))
    orientation = np.rint(turn).astype(np.int64) % ORIENTATIONS
    bins = (np.arange(count)[:, None, None] * ORIENTATIONS + orientation) * ((rows + 2) * (columns + 2))
    votes = np.zeros(count * ORIENTATIONS * (rows + 2) * (columns + 2))
    for row, row_weight in neighbour_cells(height, cell):
        for column, column_weight in neighbour_cells(width, cell):
            place = bins + row[:, None] * (columns + 2) + column
            weight = length * np.outer(row_weight, column_weight)
            votes += np.bincount(place.ravel(), weight.ravel(), minlength=votes.size)
    grid = votes.reshape(count, ORIENTATIONS, rows + 2, columns + 2)
    return grid[:, :, 1:-1, 1:-1].astype(np.float32)


def neighbour_cells(length: int, cell: int) -> list[tuple[NDArray[np.int64], Features]]:
    """Return, twice, a cell index and a weight for each of ``length`` pixels: the cells it lies between.

    Index 0 is a cell before the first and the last one lies after the last, so none is out of range.
    """
    position = (np.arange(length) + 0.5) / cell + 0.5
    before = np.floor(position)
    after_weight = position - before
    last = length // cell + 1
    return [
        (np.minimum(before, last).astype(np.int64), (1 - after_weight).astype(np.float32)),
        (np.minimum(before + 1, last).astype(np.int64), after_weight.astype(np.float32)),
    ]


def normalise(histograms: Features, clip: float = 0.2) -> Features:
    """Return fHOG's 31 channels ``(N, 31, h, w)`` from histograms ``(N, 18, h, w)``.

    Every cell is divided by the norms of the four 2 x 2 blocks that hold it, which gives four versions;
    each is clipped, and their half sum is the feature. The grid's edge is repeated outward.
    """
    unsigned = histograms[:, :9] + histograms[:, 9:]
    energy = (unsigned * unsigned).sum(axis=1, keepdims=True)
    energy = np.pad(energy, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    block = sum(energy[corner] for corner in CORNERS)
    inverse = 1 / np.sqrt(block + np.float32(1e-4))
    both = np.concatenate([histograms, unsigned], axis=1)
    total, texture = np.zeros_like(both), []
    for corner in CORNERS:
        clipped = np.minimum(both * inverse[corner], np.float32(clip))
        total += clipped
        texture.append(np.float32(0.2357) * clipped[:, :ORIENTATIONS].sum(axis=1, keepdims=True))
    return np.concatenate([total * np.float32(0.5), *texture], axis=1)
