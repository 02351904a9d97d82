# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A1. MOSSE and the circulant trick
#
# **You need** chapter 02. **Points:** 20, of which 15 are counted by a program. **Time:** about four hours.
#
# You write four functions and answer one question. Below each function stands a cell that says how many of its
# points you have on some example numbers. For the grade, other numbers are drawn.
#
# What counts for all functions:
#
# - Use `numpy` and `scipy` only. The grader runs your functions in a process of its own, and `udtlib` cannot be
#   imported there.
# - The grader takes your functions, your imports, and constants with names in capitals. Nothing else of the
#   notebook is run, so a function must not use other variables of the notebook. You may add functions and cells.
# - Arrays are `float64`. Do not change an array that you are given: work on a copy.
# - A map has shape `(H, W)`, rows first. It wraps around: the row after the last one is row 0. A displacement of
#   zero is cell `(0, 0)`.
# - Fourier transforms are numpy's, without any extra factor: `np.fft.fft2` sums, `np.fft.ifft2` divides by `H*W`.

# %%
import matplotlib.pyplot as plt
import numpy as np

from udtlib import load_dataset
from udtlib.check import a1

# %% [markdown]
# ## 1. A label anywhere (3 points)
#
# A correlation filter is computed from a template and a label, which is the response that we want. In the book the
# label's peak is at cell `(0, 0)`. Write the general one.
#
# `placed_label(height, width, row, column, sigma)` returns an array `(height, width)`: a Gaussian whose peak is 1 and
# lies at `(row, column)`, `exp(-d^2 / (2 sigma^2))`. Here `d` is the distance of a cell from the peak **on the
# wrapped map**: in each of the two directions, the shorter way round. `row` and `column` are floats from 0 up to
# `height` and `width`, and need not be whole. `sigma` is in cells.


# %% tags=["answer"]
def placed_label(height, width, row, column, sigma):
    ### BEGIN SOLUTION
    rows = np.abs(np.arange(height) - row)
    columns = np.abs(np.arange(width) - column)
    rows, columns = np.minimum(rows, height - rows), np.minimum(columns, width - columns)
    return np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * sigma**2))
    ### END SOLUTION


# %% [markdown]
# ## 2. The circulant trick (5 points)
#
# Take a signal `x` of length `n` and *all* its cyclic shifts: row `k` of a matrix `X` is `np.roll(x, k)`. We look for
# weights `w` with
#
# $$\min_w \; \sum_k \left( (Xw)_k - y_k \right)^2 + \lambda \sum_j w_j^2 .$$
#
# `ridge_over_shifts(x, y, lam)` returns these weights, real, shape `(n,)`, for `x` and `y` of shape `(n,)` and
# `lam > 0`. It must also work for 50,000 samples within a few seconds, for which `X` has 2.5 billion entries. So
# first find out what the Fourier transform of `X w` is. Careful: entry `k` is the sum over `j` of `x[j - k] w[j]`, which
# is a correlation and not a convolution. The rows of chapter 02 move the other way, so its formula is not the answer.
#
# A good way to start: build `X` for five samples, solve the dense system with `np.linalg.solve`, and compare.


# %% tags=["answer"]
def ridge_over_shifts(x, y, lam):
    ### BEGIN SOLUTION
    X, Y = np.fft.fft(x), np.fft.fft(y)
    return np.fft.ifft(X * Y / (np.abs(X) ** 2 + lam)).real
    ### END SOLUTION


# %% [markdown]
# ## 3. A filter that keeps learning (3 points)
#
# MOSSE keeps a numerator `A` and a denominator `B`, two spectra of shape `(H, W)`. From a patch `f` and a label `g`,
# with spectra `F` and `G`, one patch gives `G * conj(F)` and `F * conj(F)`. With each new frame both are averaged
# with the old ones: `rate` is the share of the new patch, `1 - rate` the share of what was there.
#
# `update_filter(A, B, patch, label, rate)` returns the new pair `(A, B)`. `A` and `B` are complex `(H, W)` (full
# planes, `np.fft.fft2`), `patch` and `label` real `(H, W)`, and `rate` is between 0 and 1.


# %% tags=["answer"]
def update_filter(A, B, patch, label, rate):
    ### BEGIN SOLUTION
    F, G = np.fft.fft2(patch), np.fft.fft2(label)
    return (1 - rate) * A + rate * G * F.conj(), (1 - rate) * B + rate * F * F.conj()
    ### END SOLUTION


# %% [markdown]
# ## 4. Break and fix (4 points)
#
# The function below reads a displacement from a response map. It has **three faults**. On an easy map you see none of
# them, and in a tracker it loses the target within a few frames.


# %%
def broken_peak_shift(response):
    row, column = np.unravel_index(np.argmax(np.abs(response)), response.shape)
    height, width = response.shape
    dy = row if row < height / 2 else row - height
    dx = column if column < width / 2 else column - width + 1
    return dy, dx


# %% [markdown]
# `peak_shift(response)` returns `(dy, dx)`, the displacement that belongs to the **highest** value of a map `(H, W)`:
# rows (down is positive) first. An index up to and including half the length is a move down or right;
# a larger index is a move up or left, and the last index means -1. At exactly half of an even length both ways are
# equally long; the library counts it as down or right, and so do we.


# %% tags=["answer"]
def peak_shift(response):
    ### BEGIN SOLUTION
    row, column = np.unravel_index(np.argmax(response), response.shape)
    height, width = response.shape
    dy = row if row <= height / 2 else row - height
    dx = column if column <= width / 2 else column - width
    return dy, dx
    ### END SOLUTION


# %% [markdown]
# ## 5. Measure and explain (5 points)
#
# Put your functions together. Take the sequence `occ-2` of `load_dataset("synthetic")`, in which something covers the
# target for a while. From each of its first 60 frames cut a grey patch around the centre of the **true** box, twice as
# wide and high as the first box, and normalise and window it as chapter 02 does. Compute a filter from frame 0. In each
# later frame apply the filter `A / (B + 0.1)` first, note the height of the response's peak, and then update the
# filter. The label has its peak at `(0, 0)` and a sigma of two cells. Do so for the rates 0, 0.02, 0.1 and 0.5.
#
# Plot the peak's height over the frames, four curves in one figure, with labelled axes. Then answer in the cell below,
# in at most 200 words. Which rate has the highest peak, and is its filter always one of the target? What happens when
# the cover goes away? Which share of the first filter is left after 20 covered frames, for each rate? Which rate would
# you take, and what is its price?

# %% tags=["work"]
### BEGIN SOLUTION
sequence = next(one for one in load_dataset("synthetic") if one.name == "occ-2")
w, h = (round(side) for side in sequence.boxes[0][2:])
window = np.outer(np.hanning(2 * h), np.hanning(2 * w))
label = placed_label(2 * h, 2 * w, 0, 0, 2.0)


def patch_of(index):
    grey = np.asarray(sequence.frames[index], float).mean(2)
    x, y = (round(place) for place in sequence.boxes[index][:2] + sequence.boxes[index][2:] / 2)
    rows = np.clip(np.arange(y - h, y + h), 0, grey.shape[0] - 1)
    columns = np.clip(np.arange(x - w, x + w), 0, grey.shape[1] - 1)
    patch = grey[np.ix_(rows, columns)]
    return window * (patch - patch.mean()) / (np.linalg.norm(patch - patch.mean()) + 1e-9)


for rate in (0.0, 0.02, 0.1, 0.5):
    A, B = update_filter(0j, 0j, patch_of(0), label, 1.0)
    peaks = []
    for index in range(1, 60):
        patch = patch_of(index)
        peaks.append(np.fft.ifft2(np.fft.fft2(patch) * A / (B + 0.1)).real.max())
        A, B = update_filter(A, B, patch, label, rate)
    plt.plot(range(1, 60), peaks, label=f"rate {rate}")
plt.xlabel("frame")
plt.ylabel("height of the peak")
plt.legend()
### END SOLUTION

# %% [markdown] tags=["explain"] points=5
# The figure is complete, and its axes are labelled. (1 point) The target is covered in frames 15 to 32, and again from
# frame 54 on. In most frames, and in nearly all covered ones, rate 0.5 has the highest peak (up to 0.65, while the
# others stay below 0.4): the filter has learned the cover, so a high peak is no proof of the target. (1) When the cover
# goes away, at frame 35, the peak of rate 0 is back at once, from 0.2 to 0.6, because its filter is still that of frame
# 0; rate 0.1 needs some ten frames to learn the target again. (1) After 20 covered frames (1 - rate)^20 of the first
# filter is left: all of it at rate 0, then 0.67, 0.12 and one millionth. (1) The answer takes a rate, or none while the
# peak is low, gives a reason that its figure bears out, and names the price: a filter that learns fast learns the
# cover, and one that learns slowly or not at all does not follow a target that changes its look. (1)
#
# For the grader: numbers within 0.1 of these are as good. Rate 0.02 has the lowest peak after the cover, so "a small
# rate" alone is no reason. The target also turns: after the cover the peak of rate 0 lies some eight cells beside the
# target.
