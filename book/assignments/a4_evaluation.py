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
# # A4. Two trackers, compared honestly
#
# **You need** chapters 01 and 13. **Points:** 24, of which 17 are counted by a program. **Time:** about five hours.
#
# You write the measures of a benchmark and two tests that say how sure a comparison is. You repair a score that
# flatters, and use all of it on two trackers of the book.
#
# What counts for all functions:
#
# - Use `numpy` and `scipy` only. The grader runs your functions in a process of its own, and `udtlib` cannot be
#   imported there.
# - The grader takes your functions, your imports, and constants with names in capitals. Nothing else of the
#   notebook is run. You may add functions and cells.
# - A box is `(x, y, w, h)` in pixels, x to the right, y down, and its centre is `(x + w/2, y + h/2)`. Arrays are
#   `float64`. Do not change an array that you are given.

# %%
import matplotlib.pyplot as plt
import numpy as np

from udtlib import load_dataset, load_tracker
from udtlib.boxes import iou
from udtlib.check import a4

# %% [markdown]
# ## 1. The success curve (3 points)
#
# `success_curve(overlaps, thresholds)` returns, for each of the thresholds, the share of frames whose overlap is
# **larger** than the threshold, shape as `thresholds`. `overlaps` is `(n,)` in 0..1. A frame without a visible
# target has the overlap `nan`. Such a frame is not counted, neither as a success nor as a failure.


# %% tags=["answer"]
def success_curve(overlaps, thresholds):
    ### BEGIN SOLUTION
    known = overlaps[~np.isnan(overlaps)]
    return (known > thresholds[:, None]).mean(axis=1)
    ### END SOLUTION


# %% [markdown]
# ## 2. Precision (3 points)
#
# `precision(truth, found, limit)` returns the share of frames, one number in 0..1, in which the centres of the two
# boxes are **at most** `limit` pixels apart. `truth` and `found` are `(n, 4)`.


# %% tags=["answer"]
def precision(truth, found, limit):
    ### BEGIN SOLUTION
    apart = (truth[:, :2] + truth[:, 2:] / 2) - (found[:, :2] + found[:, 2:] / 2)
    return (np.hypot(apart[:, 0], apart[:, 1]) <= limit).mean()
    ### END SOLUTION


# %% [markdown]
# ## 3. Break and fix: a score that flatters (4 points)
#
# The function below gives one number for a tracker on several sequences. It is too kind in **three** ways.


# %%
def broken_score(runs):
    overlaps = np.concatenate(runs)
    return np.nanmean(overlaps)


# %% [markdown]
# `repaired_score(runs)` takes a list with one array of overlaps per sequence. The first frame of a sequence is where
# the tracker was started with the true box, so it is not counted. `nan` means that the tracker reported no box although
# the target is there: its overlap is 0. All sequences count the same, however long they are. It returns one number in 0..1.


# %% tags=["answer"]
def repaired_score(runs):
    ### BEGIN SOLUTION
    return np.mean([np.nan_to_num(run)[1:].mean() for run in runs])
    ### END SOLUTION


# %% [markdown]
# ## 4. How sure is the difference? (4 points)
#
# `paired_interval(first, second, z)` returns two numbers, the lower and the upper end of an interval for the mean
# difference *first minus second*. `first` and `second` are the scores `(n,)` of two trackers on the **same** n
# sequences. The interval reaches `z` standard errors of the mean difference to each side. The standard deviation of a
# sample divides by `n - 1`.


# %% tags=["answer"]
def paired_interval(first, second, z):
    ### BEGIN SOLUTION
    gaps = first - second
    error = gaps.std(ddof=1) / np.sqrt(len(gaps))
    return gaps.mean() - z * error, gaps.mean() + z * error
    ### END SOLUTION


# %% [markdown]
# ## 5. Who wins more often? (3 points)
#
# `sign_test(first, second)` returns a probability: if both trackers were equally good, so that each sequence is won by
# the first with probability 1/2, how likely is a result **at least as uneven** as this one, in either direction?
# Sequences with equal scores are left out. With as many wins as losses the probability is 1.


# %% tags=["answer"]
def sign_test(first, second):
    ### BEGIN SOLUTION
    wins, losses = (first > second).sum(), (first < second).sum()
    count, most = wins + losses, max(wins, losses)
    row = np.ones(1)
    for _ in range(count):
        row = np.convolve(row, [0.5, 0.5])
    return min(1.0, 2 * row[most:].sum())
    ### END SOLUTION


# %% [markdown]
# ## 6. Measure and explain (7 points)
#
# Run `load_tracker("mosse")` and `load_tracker("kcf")` on all sequences of `load_dataset("synthetic")`. It takes a few
# minutes at most. Draw both success curves in one figure, print both scores of problem 3, the interval of problem 4 for `z = 2`
# and the probability of problem 5.
#
# Then write a paragraph of at most 200 words, as you would for a paper: which tracker is better, how sure are you, and what would you
# need to be surer? Say in it what you decided *before* you saw the numbers, and one way in which you could have made
# the worse tracker look better without lying.


# %% tags=["work"]
### BEGIN SOLUTION
def overlaps_of(name, sequence):
    tracker = load_tracker(name)
    tracker.init(sequence.frames[0], sequence.boxes[0])
    boxes = [sequence.boxes[0], *(tracker.update(sequence.frames[k]) for k in range(1, len(sequence.boxes)))]
    return iou(np.array(boxes), sequence.boxes)


runs = {
    name: [overlaps_of(name, sequence) for sequence in load_dataset("synthetic")] for name in ("mosse", "kcf")
}
thresholds = np.linspace(0, 1, 21)
for name, found in runs.items():
    plt.plot(thresholds, np.mean([success_curve(run, thresholds) for run in found], axis=0), label=name)
    print(name, round(repaired_score(found), 3))
plt.xlabel("overlap threshold")
plt.ylabel("success")
plt.legend()
means = [np.array([repaired_score([run]) for run in found]) for found in runs.values()]
print(
    "interval",
    np.round(paired_interval(means[1], means[0], 2.0), 3),
    "sign test",
    round(sign_test(*means), 3),
)
### END SOLUTION

# %% [markdown] tags=["explain"] points=7
# The figure is complete, and the five numbers are printed: scores of 0.31 for MOSSE and 0.46 for KCF, an interval of
# KCF minus MOSSE from 0.01 to 0.28, and a probability of 0.13. (2 points) The verdict follows from the interval, not
# from the two means alone. (1) Here the interval just misses 0, in favour of KCF, and the sign test finds such a result
# likely enough by chance: the text says that the two disagree, and that KCF is probably better and not surely. (1) The
# text names what was fixed beforehand: sequences, thresholds, z, settings of both trackers. (1) To be surer one needs
# more sequences, with the root of their number in the formula, not more frames of the same ones. (1) A way to flatter
# is named: choosing sequences, thresholds or settings after seeing the numbers, or counting frames instead of
# sequences. (1)
#
# For the grader: the scores of another machine may differ a little. Then hold the verdict against the numbers that the
# student printed. MOSSE minus KCF, from -0.28 to -0.01, is as good.
