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
# a larger index is a move up or left, and the last index means -1.


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
# Put your functions together. Take the grey values of the first frame of `load_dataset("synthetic")[0]`, cut a patch
# of the target and its surroundings, normalise and window it as chapter 02 does, and compute a filter. Apply the filter
# to the same place in frames 1 to 40 **without** learning on, then once more with `rate` 0.02, 0.1 and 0.5.
#
# Plot the peak's height over the frames, four curves in one figure, with labelled axes. Then answer in the cell below,
# in at most 200 words: which rate keeps the highest peak, which rate would you take for a target that is covered for
# ten frames, and how do you see both in your figure?

# %% tags=["work"]
### BEGIN SOLUTION
sequence = load_dataset("synthetic")[0]
x, y, w, h = (round(value) for value in sequence.boxes[0])
window = np.outer(np.hanning(2 * h), np.hanning(2 * w))


def patch_of(index):
    grey = np.asarray(sequence.frames[index], float).mean(2)
    rows = np.clip(np.arange(y - h // 2, y - h // 2 + 2 * h), 0, grey.shape[0] - 1)
    columns = np.clip(np.arange(x - w // 2, x - w // 2 + 2 * w), 0, grey.shape[1] - 1)
    patch = np.log1p(grey[np.ix_(rows, columns)])
    return window * (patch - patch.mean()) / (np.linalg.norm(patch - patch.mean()) + 1e-5)


label = placed_label(2 * h, 2 * w, 0, 0, 2.0)
for rate in (0.0, 0.02, 0.1, 0.5):
    A, B = update_filter(0j, 0j, patch_of(0), label, 1.0)
    peaks = []
    for index in range(1, 41):
        patch = patch_of(index)
        peaks.append(np.fft.ifft2(np.fft.fft2(patch) * A / (B + 0.1)).real.max())
        A, B = update_filter(A, B, patch, label, rate)
    plt.plot(range(1, 41), peaks, label=f"rate {rate}")
plt.xlabel("frame")
plt.ylabel("height of the peak")
plt.legend()
### END SOLUTION

# %% [markdown] tags=["explain"] points=5
# A high rate keeps the highest peak: the filter follows what is seen now. (1 point) The curve of rate 0 falls as the
# target and what is around it change, and does not recover unless the old view returns. (1) While something covers the
# target, a high rate learns the cover: the peak is high again soon, on the wrong thing, so the height alone is no
# proof. (1) For a cover of ten frames the share of the old filter that is left is (1 - rate)^10: 0.82, 0.35 and 0.001
# for the three rates. (1) So 0.02 is the safe choice, at the price of a lower peak. (1)
