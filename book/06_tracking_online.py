# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 06 Tracking online
#
# **Goals.** After this chapter you can *build* the paper's tracker in seven steps and get the library's boxes,
# *explain* what Eq. 12 interpolates and what the code interpolates instead, *explain* a scale "penalty" that rewards
# change, *compare* random, hand-made and learned features with intervals, and *judge* what a tracker's score means.
#
# **Prerequisites.** [Chapter 02](02_correlation_filters.ipynb), [chapter 04](04_siamese_dcf.ipynb) (Eq. 4 and 5);
# [chapter 03](03_kernels_channels_scale.ipynb) for fHOG. The network's weights in this chapter are **random**,
# except in section 6.5, where they are compared with weights learned from raw video, and in sections 6.7 and 6.8. The
# following chapters explain how these are learned; the tracker around them stays the same.
#
# Run time: about 55 s on two cores. Downloads: none.

# %%
from udtlib.pipeline import you_are_here

you_are_here("patches", "network", "filter", "response", "peak")

# %%
import json
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.nn import functional

from udtlib import load_dataset, load_tracker, viz
from udtlib import features as handmade
from udtlib.boxes import center, from_center, iou
from udtlib.check import ch06 as check
from udtlib.data import find_data
from udtlib.data.box_files import read_boxes
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.dcf import default_sigma, gaussian_label, learn_filter
from udtlib.evaluation import paired_difference, score_sequence
from udtlib.labels import peak_displacement
from udtlib.network import MEAN_RGB, FeatureNetwork
from udtlib.patches import crop, hann_window
from udtlib.trackers.flow import ASTRAY, TargetFlow, follow_points
from udtlib.weights import default, load_weights, shipped
from udtlib.widgets import response
from udtlib.widgets.in_browser import network_tracker

torch.set_num_threads(1)
torch.set_grad_enabled(False)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10, "font.size": 9})

# %% [markdown]
# ## 6.1 One frame, seven steps
#
# Chapter 04 answered one question: here is a target, where is it a moment later? A tracker answers it in every
# frame, starting from its own last answer. Three things are new. The tracker looks around its own last box, which
# may be wrong; it must notice when the target changes its size; and it must update its filter although nobody
# tells it which of its boxes were right. We write one step after the other, on this clip.

# %% alt="Frames 0, 7 and 15 of a clip, with the true box around the target" tags=["slide"]
clip = render_clip(frames=16, seed=7, in_plane_rotation=0.2, scale_variation=0.2)
frames, truth = list(clip.frames), clip.boxes
shots = [viz.resize_area(viz.draw_box(frames[k], truth[k], viz.TRUTH), 180) for k in (0, 7, 15)]
viz.show(viz.contact_sheet(shots, columns=3, labels=["frame 0: the box is given", "frame 7", "frame 15"]))

# %% [markdown]
# **Step 1: sample a patch.** Take a *window* of $1+p$ times the target's width and height ($p=1.8$, the padding) and
# read the frame at $125\times125$ points spread evenly over it, from edge to edge. A target of any size becomes
# about 45 points wide. Between pixels we interpolate, and values stay floats: rounding them to whole grey levels is
# enough to change the boxes a hundred frames later. Windows come in batches, because we shall need three at once.
#
# This step follows the authors' code, and it differs from `crop` of chapter 01 in three ways:
#
# - Whole coordinates are pixel *centres* here (the third habit in chapter 01's table), so the square of pixels 28 to 152
#   has its centre at 90, not at 90.5.
# - The outermost points lie *on* the edges of the window, while Eq. 1.2 of chapter 01 reads at the centres of equal cells.
# - Outside the frame there is black instead of the repeated border.
#
# The first two only move and stretch each patch a little, in the same way in every frame. The third draws an
# edge at the frame's border, as chapter 01 warned. We keep all three, because the authors' published boxes depend on
# them.

# %%
SIDE = 125
line = torch.linspace(-0.5, 0.5, SIDE, dtype=torch.float64)


def sample(frame, middle, windows):
    """Return patches (N, 3, 125, 125) of windows (N, 2), width and height in pixels, around middle (x, y)."""
    height, width = frame.shape[:2]
    x = 2 * (middle[0] + windows[:, :1] * line) / (width - 1) - 1  # grid_sample counts from -1 to 1
    y = 2 * (middle[1] + windows[:, 1:] * line) / (height - 1) - 1
    columns, rows = x[:, None, :].expand(-1, SIDE, -1), y[:, :, None].expand(-1, -1, SIDE)
    image = torch.from_numpy(frame).permute(2, 0, 1)[None].float().expand(len(windows), -1, -1, -1)
    return functional.grid_sample(image, torch.stack([columns, rows], 3).float(), align_corners=True)


window = torch.tensor([[124.0, 124.0]])  # 125 points, one pixel apart: the patch is a piece of the frame
patch = sample(frames[0], torch.tensor([90.0, 100.0]), window)[0].permute(1, 2, 0)
piece = frames[0][38:163, 28:153]
print(f"patch and piece of the frame differ by {np.abs(patch.numpy() - piece).max():.1f} grey levels")
same_box = np.array([28.0, 38.0, 125.0, 125.0])  # of chapter 01: its crop is this piece, too
print("centre here (90, 100), in chapter 01", tuple(center(same_box).tolist()), end="; ")
print(
    f"its crop differs by {np.abs(crop(frames[0], same_box, (125, 125)) - patch.numpy()).max():.1f} grey levels"
)

# %% [markdown]
# The points are $1/124$ of a window apart, but step 6 will divide by 125, as the authors' code does. So the
# tracker moves 0.8 % too little, and the next frame corrects it.
#
# **Step 2: features.** $\varphi_\theta$ is the network of chapter 04 with zero-padded convolutions, so that 125 cells
# stay 125. Its features are multiplied with a Hann window, and we keep only their spectra.

# %%
network = FeatureNetwork(generator=torch.Generator().manual_seed(0))  # random weights, always the same
mean = torch.tensor(MEAN_RGB).view(1, 3, 1, 1)


def random_features(patches):
    return network(patches - mean)


def spectra(features):
    """Return the half-plane spectra of windowed features (N, C, n, n)."""
    n = features.shape[-1]
    return torch.fft.rfft2(features * torch.from_numpy(hann_window(n, n)))


middle, size = torch.tensor(center(truth[0])), torch.tensor(truth[0, 2:])
x = spectra(random_features(sample(frames[0], middle, size[None] * 2.8)))
print("template spectrum:", tuple(x.shape), "for", tuple(random_features(torch.zeros(1, 3, 125, 125)).shape))

# %% [markdown]
# **Step 3: learn.** This is Eq. 4 of chapter 04, written in two parts. With $N=CHW$, $\lambda_N=\lambda/N$ and the energy
# $\hat E=\frac1N\sum_c|\hat{\mathbf X}_c|^2$,
#
# $$\hat\alpha=\frac{\hat{\mathbf Y}}{\hat E+\lambda_N},\qquad
# \hat{\mathbf W}_c=\frac1N\,\hat\alpha^\star\odot\hat{\mathbf X}_c .$$
#
# The $\hat\alpha$ are the *dual coefficients*, one map for all channels: the filter is a sum of shifted copies of
# the template, and $\alpha$ holds the weight of each shift. KCF ([Henriques et al.
# 2015](#References "henriques2015")) needs this form, because with a kernel there is no $\mathbf W$. With a linear
# kernel it is the same filter as Eq. 4. It makes a difference only when the filter is updated, in section 6.3.

# %%
label = gaussian_label(SIDE, SIDE, SIDE / 2.8 / 10)
y = torch.fft.rfft2(label)
N, lam = 32 * SIDE**2, 1e-4
alpha = y / (x.abs().square().sum(1, keepdim=True) / N + lam)
features = random_features(sample(frames[0], middle, size[None] * 2.8)) * torch.from_numpy(
    hann_window(125, 125)
)
cut, whole = alpha.conj() * x / N, learn_filter(features, label, lam)
print(
    f"filters in two parts and in one differ by {float((cut - whole).abs().max() / whole.abs().max()):.4f} of the largest value"
)

# %% [markdown]
# **Step 4: respond at three sizes.** In the next frame sample three windows at the *old* place, $a^{-1}$, $1$ and
# $a$ times as large, with $a=1.015$, as in SRDCF ([Danelljan et al. 2015](#References "danelljan2015")). All three
# become $125\times125$ points, so a target that has grown by 1.5 % looks like the template in the largest window.
# The network runs once over all three, then Eq. 5 is applied to each.

# %%
factors = torch.tensor([1 / 1.015, 1.0, 1.015], dtype=torch.float64)
windows = factors[:, None] * size * 2.8
z = spectra(random_features(sample(frames[1], middle, windows)))
answers = torch.fft.irfft2(alpha * (z * x.conj()).sum(1, keepdim=True) / N, s=(SIDE, SIDE))[:, 0]
peaks = answers.amax((1, 2))

# %% alt="Response maps of three window sizes on one scale: each has one bright spot at the same place, and the peaks differ in the third digit" tags=["slide"]
figure, axes = plt.subplots(1, 3, figsize=(8.2, 2.6), layout="constrained")
for axis, answer, factor in zip(axes, answers.numpy(), factors, strict=True):
    drawn = axis.imshow(np.fft.fftshift(answer), vmin=0, vmax=float(peaks.max()))
    axis.set(title=f"window x {factor:.3f}: peak {answer.max():.3f}", xticks=[], yticks=[])
figure.colorbar(drawn, ax=axes, shrink=0.8)
plt.show()
print("peaks:", peaks.numpy().round(3))

# %% [markdown]
# The three maps look the same, and their peaks differ in the third digit. Section 6.4 will need this.
#
# **Step 5: choose a size.** The outer two peaks are multiplied by a constant, usually called the *scale penalty*,
# and then the largest peak wins.
#
# **Step 6: move.** The peak's index tells by how many cells the target moved; an
# index beyond the half means left or up (chapter 02). One cell is $1/125$ of the chosen *window*, not one pixel. The
# new size is the window over $1+p$, within limits.
#
# **Step 7: learn again** at the new place, and blend what was learned into the model, with a small weight:
#
# > **Paper, Eq. 12.** The new filter is blended into the old one; the paper writes $\alpha_t$ for the rate $\eta$.
# >
# > $$\mathbf W_t=(1-\eta)\,\mathbf W_{t-1}+\eta\,\mathbf W\tag{12}$$
#
# Since $\hat\alpha$ has another meaning here, we keep chapter 02's letter $\eta$. The released settings have $\eta=0.01$.
#
# Here is the whole tracker as one class. `look` has steps 1 and 2, `learn` step 3, `update` steps 4 to 7:


# %%
class Tracker:
    def __init__(self, phi=random_features, padding=1.8, penalty=1.2, rate=0.01, subpixel=False):
        self.phi, self.padding, self.rate, self.subpixel = phi, padding, rate, subpixel
        self.penalties = torch.tensor([penalty, 1, penalty])

    def place(self, box):
        self.middle, self.size = torch.tensor(center(box)), torch.tensor(box[2:])

    def look(self, frame, windows):
        """Steps 1 and 2: the spectra of windows (N, 2) around the present place."""
        features = self.phi(sample(frame, self.middle, windows))
        self.cells, self.count = features.shape[-1], features[0].numel()
        return spectra(features)

    def label(self):
        sigma = self.cells / (1 + self.padding) / 10
        return torch.fft.rfft2(gaussian_label(self.cells, self.cells, sigma))

    def energy(self, x):
        return x.abs().square().sum(1, keepdim=True) / self.count + 1e-4

    def learn(self, x):
        """Step 3: what is kept of a template spectrum."""
        return [self.label() / self.energy(x), x]

    def filter(self):
        alpha, x = self.model
        return alpha.conj() * x / self.count

    def init(self, frame, box):
        self.place(box)
        self.smallest = (0.2 * self.size).clamp(min=4)
        self.largest = torch.minimum(5 * self.size, torch.tensor(frame.shape[1::-1]))
        self.model = self.learn(self.look(frame, self.size[None] * (1 + self.padding)))

    def update(self, frame):
        windows = factors[:, None] * self.size * (1 + self.padding)
        z = self.look(frame, windows)
        answers = torch.fft.irfft2((self.filter().conj() * z).sum(1), s=(self.cells, self.cells))  # step 4
        self.peaks = answers.amax((1, 2))
        self.best = int((self.peaks * self.penalties).argmax())  # step 5
        self.score = float(self.peaks[self.best])
        dy, dx = peak_displacement(answers[self.best].numpy(), self.subpixel)  # step 6
        window = windows[self.best]
        self.middle = self.middle + torch.tensor([dx, dy]) * window / self.cells
        self.size = (window / (1 + self.padding)).clamp(self.smallest, self.largest)
        self.adapt(self.look(frame, window[None]))  # step 7
        return from_center(self.middle.numpy(), self.size.numpy())

    def adapt(self, x):
        pairs = zip(self.model, self.learn(x), strict=True)
        self.model = [(1 - self.rate) * old + self.rate * new for old, new in pairs]


# %% [markdown]
# Is this the tracker whose boxes the authors published? The library has two versions: a plain one, which is this
# class with the defaults written in, and a fast one that leaves out every frequency in which the label is zero. With
# the authors' weights the fast one reproduces the authors' boxes, which the library's tests check. So we compare our
# class with both.


# %%
def follow(tracker, frames, first):
    """Return the boxes (F, 4) of one run; the first is given."""
    tracker.init(frames[0], first)
    return np.array([first, *map(tracker.update, frames[1:])])


mine = follow(Tracker(), frames, truth[0])
plain = follow(load_tracker("udt-plain", weights="random"), frames, truth[0])
fast = follow(load_tracker("udt", weights="random", preset="released"), frames, truth[0])
apart = {"the plain one": np.abs(mine - plain).max(), "the fast one": np.abs(mine - fast).max()}
print(f"{len(mine)} boxes, off by (px):", {name: f"{pixels:.2f}" for name, pixels in apart.items()})
print(f"overlap with the truth at least {iou(mine, truth).min():.1f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Steps 1, 3 and 4, and the three trackers: the same patch, filter and boxes, and peaks that hardly differ.
assert np.abs(patch.numpy() - piece).max() < 0.01
assert torch.allclose(cut, whole, rtol=1e-3, atol=1e-6)
assert float(peaks.max() / peaks.min()) < 1.05
assert max(apart.values()) < 0.01
assert iou(mine, truth).min() > 0.7

# %% [markdown]
# One difference remains: a peak at index 62 of 0 to 124 is +62 here and -63 in the authors' MATLAB code. A target
# that jumps half a window is lost either way.
#
# ## 6.2 Two sigmas, two borders, one window
#
# The network is trained (from chapter 07 on) with the same layer but with other settings. The table lists them with
# the reasons.
#
# | | in training | in tracking | why |
# |---|---|---|---|
# | window over target | 3 ($p=2.0$) | 2.8 ($p=1.8$) | no reason is given; the target gets more of the cells |
# | $\sigma$ | 4.1667 | 4.464 | both are a tenth of the target's side *inside the patch* |
# | convolutions | not padded, 125 to 121 | padded, 125 to 125 | padding shows the network where the border is, and in training it would learn positions instead of targets |
# | Hann window | none | on features | in training we do not know which part of the patch is the target; in tracking it is in the middle (chapter 04) |
#
# So $\sigma$ follows one rule:

# %%
for name, padding in {"training": 2.0, "tracking": 1.8}.items():
    print(
        f"{name}: target {SIDE / (1 + padding):.2f} cells wide, sigma {default_sigma(SIDE, SIDE, padding):.4f}"
    )

# %% [markdown]
# The label is fitted to the *target*, not to the patch. If you change $p$ and leave $\sigma$ as it is, the peak is wider
# or narrower than a tenth of the target, and no line of the code reports it. Section 4.3 shows what the width changes.
#
# ## 6.3 What exactly is interpolated?
#
# Step 7 blends something old with something new. There are three candidates for what this something is:
#
# - the *filter*, as Eq. 12 says;
# - the *dual coefficients* and the template's spectrum, each by itself, as the authors' code does;
# - the *two sums*, numerator and denominator of the filter, as MOSSE and DSST do (chapters 02 and 03).
#
# On a single frame the three agree. Later they do not: this section shows that the boxes hardly differ, but that the
# height of the peak does, and with it every score that is compared with a threshold.
#
# After $t$ updates frame 0 has the weight $w_0=(1-\eta)^t$ and frame $i$ the weight $w_i=\eta(1-\eta)^{t-i}$. These sum
# to 1, and at $\eta=0.01$ a weight halves every 69 frames. Then the filter is, per frequency and up to
# $\hat{\mathbf Y}^\star/N$:
#
# $$\text{filters: }\sum_i w_i\frac{\hat{\mathbf X}_i}{\hat E_i+\lambda_N},\qquad
# \text{dual: }\Big(\sum_i w_i\hat{\mathbf X}_i\Big)\Big(\sum_i \frac{w_i}{\hat E_i+\lambda_N}\Big),\qquad
# \text{sums: }\frac{\sum_i w_i\hat{\mathbf X}_i}{\sum_i w_i\hat E_i+\lambda_N}.$$
#
# If the energy at this frequency never changes, all three are the same. If it does, the first gives most weight to
# frames with *little* energy, that is, to dark or blurred ones.
#
# Now compare the second with the third. Both contain $\sum_iw_i\hat{\mathbf X}_i$. The other factor is a mean of
# reciprocals in the one and the reciprocal of a mean in the other, and the former is never smaller (Jensen's
# inequality). So dual coefficients give the filter of the two sums, multiplied at every frequency by a real factor
#
# $$\hat g=\Big(\sum_i\frac{w_i}{\hat E_i+\lambda_N}\Big)\Big(\sum_i w_i(\hat E_i+\lambda_N)\Big)\ \ge 1 .$$
#
# We give all three the same templates, cut at the true boxes of a clip in which the camera shakes. Sharp and blurred
# frames alternate, so the energy changes from frame to frame.


# %%
class FilterMean(Tracker):  # Eq. 12 to the letter
    def learn(self, x):
        return [self.label().conj() * x / self.energy(x) / self.count]

    def filter(self):
        return self.model[0]


class TwoSums(Tracker):  # MOSSE, DSST
    def learn(self, x):
        return [self.label().conj() * x / self.count, self.energy(x)]

    def filter(self):
        return self.model[0] / self.model[1]


# %%
shaken = render_clip(frames=30, seed=1, motion_blur=0.8)
shaken_frames = list(shaken.frames)
kinds = {"filters (Eq. 12)": FilterMean, "dual (the code)": Tracker, "sums (MOSSE)": TwoSums}
templates = []
for frame, box in zip(shaken_frames, shaken.boxes, strict=True):
    cutter = Tracker()
    cutter.place(box)
    templates.append(cutter.look(frame, cutter.size[None] * 2.8))


def learn_all(kind, rate):
    """Return the filter after all templates, and each next frame's peak before it is learned."""
    tracker, heights = kind(rate=rate), []
    tracker.cells, tracker.count = SIDE, N
    tracker.model = tracker.learn(templates[0])
    for x in templates[1:]:
        heights.append(torch.fft.irfft2((tracker.filter().conj() * x).sum(1), s=(SIDE, SIDE)).max().item())
        tracker.adapt(x)
    return tracker.filter(), np.array(heights)


learned = {(name, rate): learn_all(kind, rate) for name, kind in kinds.items() for rate in (0.01, 0.1)}

# %%
energies = torch.stack([cutter.energy(x) for x in templates])


def turned_up(rate):
    """Return the factor g of the dual filter over the filter of the sums, at each frequency."""
    weights = torch.tensor([(1 - rate) ** 29] + [rate * (1 - rate) ** (29 - i) for i in range(1, 30)])
    weights = weights[:, None, None, None, None]
    return (weights / energies).sum(0) * (weights * energies).sum(0)


for rate in (0.01, 0.1):
    g = turned_up(rate)
    print(
        f"rate {rate}: the dual filter is {g.median():.1f} times that of the sums in the median, at least {g.min():.2f} times"
    )

# %% [markdown]
# The left plot shows the peak of the response in each frame; the label that all three are fitted to has the peak 1. The
# right plot counts the factor $\hat g$ over all frequencies; at the rate 0.1 about 6 % of the values are above 4, beyond
# its right edge.

# %% alt="Left, the peak of the response in each frame: that of dual coefficients is the highest and exceeds 1; right, histograms of the factor g, all above 1 and larger at rate 0.1" tags=["slide"]
_, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
for name, color in zip(kinds, ("0.5", "#e69f00", "#56b4e9"), strict=True):
    left.plot(range(1, 30), learned[name, 0.1][1], color=color, label=name)
left.axhline(1, color="0.8", linewidth=1)
left.set(xlabel="frame", ylabel="peak of the response", title="rate 0.1")
left.legend(fontsize=8)
for rate, color in {0.01: "#009e73", 0.1: "#e69f00"}.items():
    values = turned_up(rate).numpy().ravel()
    right.hist(values, bins=np.linspace(1, 4, 61), color=color, alpha=0.6, label=f"rate {rate}")
right.set(xlabel="g, dual over sums, at each frequency", ylabel="frequencies")
right.legend(fontsize=8)
plt.show()

# %%
last = {name: learned[name, 0.1][1][-1] for name in kinds}
for name, height in last.items():
    print(f"{name:17}: peak on the last frame {height:.2f}")

# %% [markdown]
# The factor is at least 1 everywhere, as Jensen's inequality says. So a peak *above* 1 does not mean that the
# tracker is especially sure: with dual coefficients, energy that changes from frame to frame is enough to raise
# it. If you compare a tracker's score with a threshold, this factor is part of what you compare.
#
# Does the choice change the boxes? We let all three track.

# %%
runs = {name: follow(kind(), shaken_frames[:20], shaken.boxes[0]) for name, kind in kinds.items()}
for name, boxes in runs.items():
    print(f"{name:17}: mean overlap {iou(boxes, shaken.boxes[:20]).mean():.1f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plots: dual coefficients are the sums' filter turned up, never down, and only their peak exceeds 1.
for rate in (0.01, 0.1):
    dual, sums = learned["dual (the code)", rate][0], learned["sums (MOSSE)", rate][0]
    assert torch.allclose(dual, turned_up(rate) * sums, rtol=1e-3, atol=1e-9)
    assert turned_up(rate).min() > 1 - 1e-6
assert last["dual (the code)"] > 1 > max(last["filters (Eq. 12)"], last["sums (MOSSE)"])
assert 0.05 < (turned_up(0.1) > 4).float().mean() < 0.07
assert (turned_up(0.01) > 4).float().mean() < 0.002
assert max(np.ptp(list(runs.values()), axis=0).ravel()) < 2

# %% [markdown]
# At the released rate the three mean overlaps on this clip agree to the digit we print, and no number of a box differs
# by 2 px or more. So the boxes alone do not show that a paper's equation and its code differ.
# `load_tracker("udt", preset="paper")` follows the paper's equation, and `preset="released"` follows the code.
#
# ## 6.4 A penalty that rewards
#
# By default the code of DCFNet ([Wang et al. 2017](#References "wang2017")) multiplies the outer peaks by 0.9925.
# This is a real penalty: the size changes only for a reason. The settings that reproduce the published UDT boxes
# multiply them by **1.2**.
#
# **Predict first.** We render 30 frames of a target that keeps its size exactly and run the released settings. In
# how many of the 29 steps will the tracker keep the size as it was? `0`, about `15`, or nearly `29`?

# %%
my_guess = 15

# %%
still = render_clip(frames=30, seed=7)
still_frames = list(still.frames)


def watch(tracker):
    """Return the boxes, the scale chosen in each step (0, 1, 2), and the three peaks."""
    tracker.init(still_frames[0], still.boxes[0])
    seen = [(tracker.update(frame), tracker.best, tracker.peaks.numpy()) for frame in still_frames[1:]]
    return tuple(map(np.array, zip(*seen, strict=True)))


boxes, chosen, heights = watch(Tracker(penalty=1.2))
kept = int((chosen == 1).sum())
print(f"kept its size in {kept} of {len(chosen)} steps; you said {my_guess}")

# %% [markdown]
# The left plot shows the width that the tracker found, with this factor and with the factor 1. The right plot shows how
# the better of the two outer peaks compares with the middle one. The size would stay if this ratio fell below the dashed
# line.

# %% alt="Left, found over true width: with factor 1.2 it changes in every step, with factor 1 it often stays; right, the best outer peak over the middle peak is close to 1 and far above 1 / 1.2" tags=["slide"]
neutral_boxes, neutral, _ = watch(Tracker(penalty=1.0))
outer = heights[:, [0, 2]].max(axis=1) / heights[:, 1]
_, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
left.plot(boxes[:, 2] / still.boxes[1:, 2], color="#e69f00", label="factor 1.2")
left.plot(neutral_boxes[:, 2] / still.boxes[1:, 2], color="#56b4e9", label="factor 1.0")
left.axhline(1, color="0.7", linewidth=1)
left.set(xlabel="step", ylabel="found width over true width")
left.legend(fontsize=8)
right.plot(outer, "o-", color="0.4", markersize=3)
right.axhline(1 / 1.2, color="#e69f00", linestyle="--", label="1 / 1.2: below it the size stays")
right.set(xlabel="step", ylabel="best outer peak over middle peak", ylim=(0.8, 1.05))
right.legend(fontsize=8)
plt.show()
print(f"best outer peak over middle peak: {outer.min():.2f} to {outer.max():.2f}")

# %% [markdown]
# The tracker never keeps its size. A window 1.5 % larger shows almost the same picture, so its peak is within
# about 1 % of the middle one (right-hand plot). A factor of 1.2 outweighs any such difference, and the middle
# scale *cannot* win. The size changes by 1.5 % in every frame. Only the direction still depends on the peaks, and that
# is enough to follow a growing target.
#
# It also follows that the value of the factor does not matter, as long as its product with each ratio in the
# right-hand plot is above 1. The ratios are all close to 1, so any factor clearly above 1 gives the same boxes.
# From published boxes we can conclude that the factor was above 1, but not that it was 1.2:

# %%
others = {other: watch(Tracker(penalty=other))[0] for other in (1.1, 1.5)}
for other, found in others.items():
    print(f"factor {other}: {(found != boxes).any(axis=1).sum()} of {len(boxes)} boxes differ")
neutral_kept = int((neutral == 1).sum())
print(f"factor 1.0: keeps its size in about {10 * round(neutral_kept / 10)} steps")

# %% [markdown]
# Do the published boxes show this? In the boxes that the authors released for OTB-2015 we counted how often a target
# changed its size by one step. The count is stored with the book; where the files are found, the second cell counts
# again.

# %%
stored = json.loads(stored_result("ch06_online.json").read_text("utf-8"))
steps = stored["released_scale_steps"]
print(f"{steps['one_step']:,} of {steps['transitions']:,} transitions changed the size by one step")
print(f"{steps['unchanged']:,} left it as it was")


# %% tags=["outside-data"]
def count_steps(path):
    """Return the transitions of a result file between sides above 10 px: all, one step, unchanged."""
    side = read_boxes(path, index_base=1)[:, 2:].max(axis=1)
    large = (side[:-1] > 10) & (side[1:] > 10)
    moved = np.abs(np.log(side[1:] / side[:-1])[large] / np.log(1.015))
    return np.array([large.sum(), (np.abs(moved - 1) < 0.25).sum(), (moved < 0.25).sum()])


if find_data("published/udt_otb100"):
    counts = sum(count_steps(path) for path in find_data("published/udt_otb100").glob("*.txt"))
    assert counts.tolist() == [steps["transitions"], steps["one_step"], steps["unchanged"]]

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plots: the target keeps its size, the tracker never does, and any factor above the ratios gives its boxes.
assert np.ptp(still.boxes[:, 2:], axis=0).max() < 0.01
assert kept == 0
assert 0.95 < outer.min() < outer.max() < 1.05
for found in others.values():
    assert np.array_equal(found, boxes)
assert neutral_kept > 5

# %% [markdown]
# In the transitions without a change the target was at the upper limit of the size: five times the start, or the
# height of the frame. So the published sizes change by one step up or down in almost every frame, and a tracker
# with the factor 1 would give other boxes. `udtlib` has both: `preset="released"` changes the size in every frame,
# `preset="paper"` has the factor 1.
#
# ## 6.5 Random, hand-made, learned
#
# Nothing in `Tracker` depends on what the channels are, so we can exchange them. We compare one grey channel, three
# of colour, 31 of fHOG (chapter 03, one cell for $4\times4$ points), the 32 of our random network, and the 32 of the
# network that comes with the book, which has the same two layers but was *trained* on raw video without labels. We use
# twelve clips with a turning target, changing light and similar objects nearby.
#
# Two settings differ from the released ones. All get sub-pixel peaks (chapter 02), because fHOG would otherwise move in
# steps of four points. And the factor on the outer scales is 0, so that the size stays fixed and adds no noise of
# its own.


# %%
def handmade_features(extract):
    return lambda patches: torch.from_numpy(extract(patches.permute(0, 2, 3, 1).numpy()))


contenders = {name: handmade_features(getattr(handmade, name)) for name in ("grey", "colour", "fhog")}
contenders["random"] = random_features
learned_network = default().network()
contenders["learned"] = lambda patches: learned_network(patches - mean)

overlaps = {name: np.zeros(12) for name in contenders}
for number in range(12):
    hard = render_clip(
        frames=20,
        seed=5 + number,
        in_plane_rotation=0.4,
        background_clutter=0.5,
        illumination_variation=0.4,
    )
    hard_frames = list(hard.frames)
    for name, phi in contenders.items():
        boxes = follow(Tracker(phi, penalty=0, subpixel=True), hard_frames, hard.boxes[0])
        overlaps[name][number] = iou(boxes, hard.boxes).mean()

# %% [markdown]
# Each dot below is a clip, each bar the mean of a row. See how far the dots of one row lie apart before you compare the
# bars.

# %% alt="Mean overlaps of five kinds of features on twelve clips, spread from 0.1 to 0.95, with their means: grey lowest, the other four higher" tags=["slide", "closed-loop"]
_, axis = plt.subplots(figsize=(8, 2.6), layout="constrained")
for place, values in enumerate(overlaps.values()):
    axis.plot(values, np.full(12, place), "o", alpha=0.6, color="#56b4e9")
    axis.plot(values.mean(), place, "|", markersize=18, markeredgewidth=3, color="#e69f00")
axis.set(xlabel="mean overlap on each of twelve clips, and its mean", xlim=(0, 1), ylim=(4.5, -0.5))
axis.set(yticks=range(5), yticklabels=list(contenders))
plt.show()


def verdict(one, other):
    """Return the paired difference with its 95 % interval, and what it means in a word."""
    gap = paired_difference(overlaps[one], overlaps[other])
    word = "better" if gap.low > 0 else "worse" if gap.high < 0 else "undecided"
    return f"{gap.mean:+.2f}, 95 % interval {gap.low:+.2f} to {gap.high:+.2f}: {word}"


for one, other in (("random", "grey"), ("fhog", "random"), ("learned", "random")):
    print(f"{one + ' - ' + other:16} {verdict(one, other)}")
gaps = np.sort(overlaps["fhog"] - overlaps["random"])
print(
    f"fhog - random on its six best clips: {gaps[6:].mean():+.2f}, on the other six: {gaps[:6].mean():+.2f}"
)

# %% [markdown]
# Random weights are better than plain grey: 32 random mixtures of colours and edges contain more than one
# brightness, and many channels regularise well (chapter 04).
#
# Between fHOG and random weights the twelve clips decide nothing. It is easy to draw a wrong conclusion here: on the
# six clips where fHOG does best it is well ahead, and on the other six it is behind (last line). Somebody who had
# drawn only six clips could have got either result. A paired interval over clips costs nothing and protects against
# this. The trackers run along the edge of losing some of these targets, so on another processor the numbers differ a
# little.
#
# And what does *learning* add? The interval of learned against random weights contains zero too, so these twelve
# clips do not decide it. But they were drawn by a program, and the network has learned from real video.
#
# **On real video.** So the next table was measured on the first 100 frames of six real sequences. It is stored with the
# book, because we may not redistribute the benchmark and the authors' networks; where the data is found, a small part
# is computed again. It was made with the same class, with sub-pixel peaks as above but with the released factor of 1.2,
# so that the size follows the target, and it gives the area under the success curve. `ours` is the network above, `udt`
# the authors', and `dcfnet` the same architecture trained *with* labels.

# %%
released = stored["features"]
names = ["grey", "colour", "random", "ours", "udt", "dcfnet", "fhog"]
sequences = list(released["auc"])
table = np.array([[released["auc"][sequence][name] for name in names] for sequence in sequences])
print(f"{'':13}", *(f"{name:>7}" for name in names))
for sequence, line_of_table in zip([*sequences, "mean"], [*table, table.mean(axis=0)], strict=True):
    print(f"{sequence:13}", *(f"{value:7.2f}" for value in line_of_table))

# %%
columns = dict(zip(names, table.T, strict=True))
for one, other in (
    ("fhog", "random"),
    ("udt", "random"),
    ("ours", "random"),
    ("ours", "udt"),
    ("udt", "fhog"),
    ("udt", "dcfnet"),
):
    gap = paired_difference(columns[one], columns[other])
    print(f"{one + ' - ' + other:13} {gap.mean:+.2f}, 95 % interval {gap.low:+.2f} to {gap.high:+.2f}")

# %% tags=["outside-data"]
if find_data("otb") and find_data("weights/UDT_Unsupervised.mat"):
    assert shipped("udt").fingerprint in released["weights"]["ours"], "measure the column 'ours' again"
    udt = load_weights(find_data("weights/UDT_Unsupervised.mat")).network()
    ours = shipped("udt").network()
    rerun = {
        ("Crossing", "fhog"): contenders["fhog"],
        ("Couple", "colour"): contenders["colour"],
        ("Football1", "udt"): lambda patches: udt(patches - mean),
        ("Crossing", "ours"): lambda patches: ours(patches - mean),
    }
    for (sequence_name, name), phi in rerun.items():
        (sequence,) = load_dataset("otb", names=[sequence_name])
        real_frames = list(sequence.frames[: released["frames"]])
        boxes = follow(Tracker(phi, subpixel=True), real_frames, sequence.boxes[0])
        auc = score_sequence(boxes, sequence.boxes[: len(boxes)]).auc
        assert abs(auc - released["auc"][sequence_name][name]) < 0.02, (sequence_name, name, auc)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# What the text says of the twelve clips, of two ways to draw six of them, and of the six real sequences.
assert overlaps["random"].mean() > overlaps["grey"].mean() + 0.1
assert gaps[:6].mean() < 0 < gaps[6:].mean()
assert columns["ours"].mean() > columns["random"].mean() + 0.05
assert paired_difference(columns["udt"], columns["random"]).low > 0
assert 0 < paired_difference(columns["ours"], columns["random"]).low < 0.05
assert paired_difference(columns["ours"], columns["udt"]).high < 0
lag = dict(zip(sequences, columns["udt"] - columns["ours"], strict=True))
assert sorted(lag, key=lambda name: lag[name])[-2:] == ["Football1", "Couple"]
assert lag["Football1"] + lag["Couple"] > 0.5 * sum(lag.values())
lead = dict(zip(sequences, columns["udt"] - columns["dcfnet"], strict=True))
assert lead.pop("Jumping") > 0.4
assert sum(lead.values()) < 0
assert len(shipped("udt").card["videos"].split("; ")) == 82

# %% [markdown]
# **Training without a single label raises the same architecture above its random start.** This is the paper's
# result, and chapter 07 begins to derive it. It holds for the authors' network and for ours. Ours was trained on 82
# videos and theirs on thousands. On these six sequences ours is behind theirs, mostly because of Couple and
# Football1, and its lead over random weights has an interval that begins just above zero.
#
# On real video fHOG is clearly ahead of random weights too, which our rendered clips could not show. Two other
# differences in the table are not resolved, because both intervals contain zero: the lead of UDT over DCFNet, which
# was trained *with* labels, and the lead of fHOG over UDT. The first comes from one sequence alone: in Jumping DCFNet
# lost the target and UDT did not.
#
# ## 6.6 A failure: learning the wrong thing
#
# A textured object passes slowly in front of the target. Two trackers have the same features, but one learns at the
# released rate, $\eta=0.01$, and the other ten times as fast. **Predict:** in frame 30 the target is almost hidden.
# One tracker has a score of 0.5, the other of 0.2. Which of the two will be off the target when it comes out again,
# the one with the `"high"` or with the `"low"` score?

# %%
my_answer = "low"

# %%
hidden = render_clip(frames=45, seed=0, occlusion=0.6)
hidden_frames = list(hidden.frames)


def scores_of(rate):
    """Return boxes (45, 4), scores (44,) and responses of one run."""
    tracker = load_tracker("udt", weights="random", preset="released", learning_rate=rate)
    tracker.init(hidden_frames[0], hidden.boxes[0])
    seen = [(tracker.update(frame), tracker.score, tracker.response) for frame in hidden_frames[1:]]
    boxes, scores, maps = zip(*seen, strict=True)
    return np.array([hidden.boxes[0], *boxes]), np.array(scores), maps


slow, slow_score, slow_maps = scores_of(0.01)
fast, fast_score, fast_maps = scores_of(0.1)
slow_overlap, fast_overlap = iou(slow, hidden.boxes), iou(fast, hidden.boxes)

# %% [markdown]
# The upper row shows the target in four frames, from before it is hidden until it is free again, the lower row what the
# *fast* tracker (orange) responds. Compare its first response with its last, and its first box with its last.

# %% alt="Four frames with the truth and the boxes of two learning rates, and below them the fast tracker's responses: at the end its box is on the wrong object and its response is sharp" tags=["slide"]
times = (8, 24, 30, 42)
shots, maps = [], []
for time in times:
    shot = viz.draw_box(hidden_frames[time], hidden.boxes[time], viz.TRUTH)
    shot = viz.draw_box(viz.draw_box(shot, slow[time], viz.SECOND), fast[time], viz.PREDICTION)
    shots.append(crop(shot, from_center(center(hidden.boxes[time]), (210, 210)), (160, 160)))
    maps.append(viz.resize_nearest(viz.heatmap(fast_maps[time - 1], limits=(-0.1, 0.8)), 160))
labels = [f"frame {time}" for time in times] + [f"fast, score {fast_score[time - 1]:.1f}" for time in times]
sheet = viz.contact_sheet(shots + maps, columns=4, labels=labels)
bar = np.full((sheet.shape[0], viz.BAR, 3), 255, np.uint8)
bar[-160:] = viz.color_bar((-0.1, 0.8), 160)  # beside the maps
sheet = viz.side_by_side(sheet, bar)
colors = {"truth": viz.TRUTH, "rate 0.01": viz.SECOND, "rate 0.1": viz.PREDICTION}
viz.show(np.vstack([sheet, viz.legend(colors, sheet.shape[1])]))

# %% alt="Left, the overlap of two learning rates: the slow one recovers after the occlusion, the fast one falls to 0; right, their scores: low for the slow one during the occlusion, equal at the end"
_, axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained", sharex=True)
for name, color, overlap, score in (
    ("rate 0.01", "#56b4e9", slow_overlap[1:], slow_score),
    ("rate 0.1", "#e69f00", fast_overlap[1:], fast_score),
):
    axes[0].plot(range(1, 45), overlap, color=color, label=name)
    axes[1].plot(range(1, 45), score, color=color, label=name)
axes[0].set(xlabel="frame", ylabel="overlap with the truth", ylim=(0, 1))
axes[1].set(xlabel="frame", ylabel="score", ylim=(0, 1.1))
axes[0].legend(fontsize=8)
plt.show()
for name, overlap, score in (("0.01", slow_overlap, slow_score), ("0.1", fast_overlap, fast_score)):
    print(
        f"rate {name:4}: score {score[29]:.1f} in frame 30, {score[-1]:.1f} at the end; final overlap {overlap[-1]:.1f}"
    )
print(f"the tracker that lost the target is the one whose score was high; you said '{my_answer}'")

# %% [markdown]
# The occluder covers more and more of the patch, and Eq. 12 learns whatever is in the patch. After twenty such
# frames the occluder makes up $1-0.9^{20}\approx88$ % of the fast model, which then moves away with it; of the slow
# one it makes up $1-0.99^{20}\approx18$ %. The slow tracker has a low score for a good reason, drifts a little, and
# returns to the target when it comes out.
#
# In the end both scores are the same, and one of the trackers is on the wrong object. **A low score means that the
# image does not fit the model; either of the two may be wrong. A high score does not mean that the model is right.**
#
# Slow learning has a drawback too: at $\eta=0.01$ half of the model is older than 69 frames, so a target that changes
# its look within a second does not fit it any more.
# [Chapter 12](12_udt_plus.ipynb) keeps several past templates instead of choosing one rate.
#
# In the next clip you can see what each tracker follows. A toy bus overtakes a toy car and hides most of it for a
# while. The experiment is the same:

# %%
from udtlib.data.cast import render_cast
from udtlib.evaluation import track_sequence
from udtlib.widgets.on_real import on_real, side_by_side, tracks_picture

road = render_cast("car", frames=50, seed=4, occlusion=0.8)


def at_rate(rate):
    """Return a tracker that learns at this rate."""
    return load_tracker("udt", weights="random", preset="released", learning_rate=rate)


two_rates = {"rate 0.01": lambda: at_rate(0.01), "rate 0.1": lambda: at_rate(0.1)}
drives = {name: track_sequence(make(), road)[0] for name, make in two_rates.items()}
drive_overlaps = {name: iou(boxes, road.boxes) for name, boxes in drives.items()}

# %% tags=["closed-loop"]
for name, overlap in drive_overlaps.items():
    print(f"{name}: overlap {overlap.min():.1f} at least, {overlap[-5:].mean():.1f} in the last five frames")

# %% [markdown]
# The true box is dashed. The fast tracker leaves with the bus, and its box ends on the road ahead; the slow one
# waits for the car. We chose this clip because it shows the difference; in several others both trackers lost their
# target. On a real video both may follow the target, or lose it for another reason. If there are real sequences on
# this machine, the menu below lists them; choose one, and the same two trackers run through its first 60 frames.

# %% alt="Five moments of a toy car that a yellow bus overtakes, with the boxes of two learning rates, and their overlaps below: the fast one falls to 0 behind the bus and stays there" tags=["nbval-ignore-output"]
on_real("toy car", tracks_picture(road, drives), side_by_side(two_rates))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The pictures and plots: who is lost at the end, who was unsure in frame 30, and that both scores end alike.
assert slow_overlap.min() > 0.3
assert slow_overlap[-5:].min() > 0.7 > 0.1 > fast_overlap[-5:].max()
assert slow_score[29] < 0.3 < 0.4 < fast_score[29]
assert abs(slow_score[-1] - fast_score[-1]) < 0.1
assert f"{slow_score[-1]:.1f}" == f"{fast_score[-1]:.1f}"
# The car: the slow tracker keeps it, the fast one leaves with the bus.
assert drive_overlaps["rate 0.01"].min() > 0.3
assert drive_overlaps["rate 0.01"][-5:].min() > 0.8 > 0.1 > drive_overlaps["rate 0.1"][-5:].max()

# %% [markdown]
# ## 6.7 The response-map explorer
#
# Place the template anywhere on frame 0 (blue), slide the search patch over a later frame, and change every setting
# of this chapter and of chapter 04. The static picture shows four cases:
#
# - the start;
# - the search patch moved 30 px right and 20 px up, so that the peak moves *left and down*;
# - one grey channel;
# - a template on the background, for which there is no true displacement to compare with: it moves only because the
#   camera shakes a little.
#
# In JupyterLab the controls below are live, and both squares can be dragged on their frames; `log10_lambda` is the
# logarithm of $\lambda_N$. Try $\sigma=1$; `fhog` with $\sigma=16$; a template of 16 px; no window on
# frame 12; and the learned network beside the random one.

# %% alt="The demo in four settings: two frames with template and search patch, then rows of patches, strongest filter and response for a random network, a moved window, grey features, and a place beside the target" tags=["nbval-ignore-output"]
response.demo()

# %%
start = {name: control.start for name, control in response.demo().sliders.items()}
steps_seen = {
    "as it starts": response.solve(**start),
    "search patch moved": response.solve(**start | {"right": 30, "down": -20}),
    "grey": response.solve(**start | {"features": "grey"}),
}
for name, step in steps_seen.items():
    found, true = (tuple(round(pixels) for pixels in place) for place in (step.found, step.truth))
    print(f"{name}: peak {found}, truth {true}")  # px to the right, px down

# %% [markdown]
# Next comes the whole tracker of this chapter, running in your browser. Press "track" to follow the target through a
# short clip. Or choose your camera, a picture or a video of your own, draw a box around something, and track that. A
# picture is moved about in a circle, so that there is something to follow.
#
# The network has the weights learned from raw video that come with the book. Nothing is uploaded: network, filter and
# scale search run in the page, without Python. The static picture shows the library's boxes on the clip in orange, the
# true ones in green.

# %% alt="Three frames of a clip in which the tracker's box follows the true one" tags=["nbval-ignore-output"]
network_tracker.demo()

# %%
clip_frames, clip_boxes = list(network_tracker.clip().frames), network_tracker.clip().boxes
overlap_in_page = iou(np.array(network_tracker.track(clip_frames, clip_boxes[0])), clip_boxes[1:])
print(f"mean overlap of the library's boxes on this clip: {overlap_in_page.mean():.2f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The four settings of the static picture: three find the target, and a template on the background has no truth.
for step in steps_seen.values():
    assert np.abs(step.found - step.truth).max() < 4
assert steps_seen["search patch moved"].found[0] < 0 < steps_seen["search patch moved"].found[1]
assert response.solve(**start | {"x": 170, "y": 110}).truth is None
# The clip for the page: the tracker stays on its target.
assert overlap_in_page.mean() > 0.6
assert overlap_in_page.min() > 0.3

# %% [markdown]
# ## 6.8 Follow points on the target first
#
# The tracker so far looks around the last box. If the target moves far between two frames, it is near the border of
# the patch, where the window is almost zero (section 6.2), and if it grows quickly, three scales of 1.5 % do not
# follow. But two neighbouring frames can also be compared directly, without any filter:
#
# 1. Lay a grid of points on the target, and find each of them in the next frame by *optical flow*, which matches the
#    small piece of image around the point.
# 2. Follow each point back from there to the earlier frame, and keep only those that return to where they began
#    ([Kalal et al. 2012](#References "kalal2012")).
# 3. Take the shift and zoom on which most of these agree as the target's.
#
# The search window is moved and resized by both, and then the seven steps follow as before. In code this is one line:
#
# ```python
# center, size = center + shift, size * zoom
# ```
#
# If too few points return or agree, the window stays where it was. The released settings with this one line are
# the preset `points`. The preset `book`, which `load_tracker("udt")` uses, also has a smaller window, $p=1.5$; section
# 11.13 says why. `"udt-released"` is the tracker without either.
# [Chapter 12](12_udt_plus.ipynb) uses the same points in UDT+.

# %%
quick = render_clip(24, seed=5, scale_variation=0.8, fast_motion=0.5)
quick_frames = list(quick.frames)
flow = TargetFlow(quick_frames[0], quick.boxes[0])
there, back = follow_points(flow.before, flow.grey(quick_frames[1]), flow.points)
returned = np.linalg.norm(back - flow.points, axis=1) <= ASTRAY
shift, zoom = flow.follow(quick_frames[1])
true_shift = center(quick.boxes[1]) - center(quick.boxes[0])
true_zoom = np.sqrt(quick.boxes[1, 2:].prod() / quick.boxes[0, 2:].prod())
print(f"{returned.sum()} of {len(returned)} points came back")
print(
    "shift:", *(f"{found:.0f} (true {true:.0f})" for found, true in zip(shift, true_shift, strict=True)), "px"
)
print(f"zoom: {zoom:.2f} (true {true_zoom:.2f})")

# %% [markdown]
# Now the points of the first step, and then two presets on the whole clip, `released` in blue and `points` in orange:

# %% alt="Points on the target with arrows to where they went and crosses where they did not come back; then four frames in which the preset points keeps the target and the released one loses it"
paths = {
    name: follow(load_tracker("udt", preset=name), quick_frames, quick.boxes[0])
    for name in ("released", "points")
}
kept_up = {name: iou(boxes, quick.boxes) for name, boxes in paths.items()}
_, axis = plt.subplots(figsize=(5.2, 4.4), layout="constrained")
axis.imshow(flow.before, cmap="gray")
axis.quiver(
    *flow.points[returned].T,
    *(there - flow.points)[returned].T,
    color="#e69f00",
    angles="xy",
    scale=1,
    scale_units="xy",
)
axis.plot(*flow.points[~returned].T, "x", color="#56b4e9")
(left, top), (right, bottom) = flow.points.min(axis=0) - 20, flow.points.max(axis=0) + 20
axis.set(xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
axis.set_title("arrows: points that came back, and where they went;\ncrosses: points that did not come back")
plt.show()
times = (2, 6, 12, 23)
shots = []
for time in times:
    shot = viz.draw_box(quick_frames[time], quick.boxes[time], viz.TRUTH)
    shot = viz.draw_box(shot, paths["released"][time], viz.SECOND)
    shots.append(viz.draw_box(shot, paths["points"][time], viz.PREDICTION))
sheet = viz.contact_sheet(shots, columns=4, labels=[f"frame {time}" for time in times])
colors = {"truth": viz.TRUTH, "released": viz.SECOND, "points": viz.PREDICTION}
viz.show(np.vstack([sheet, viz.legend(colors, sheet.shape[1])]))
for name, values in kept_up.items():
    print(f"{name}: mean overlap {values.mean():.1f}, in the last frame {values[-1]:.1f}")

# %% [markdown]
# This clip was chosen because the two presets differ on it. Whether the line helps in general is measured on 22
# short sequences of real video on which nothing was trained, from three start frames each. Two numbers come out
# (section 11.13): the mean *overlap* of a run, and its *robustness*, the share of the run before the target is lost.
# Both presets were chosen on these sequences, so expect a smaller gain on others. On the ten sequences of OTB in
# section 13.7 of chapter 13 the interval of what `book` gains contains zero.
#
# Here are the stored numbers, and the speed on one thread of one processor. For `points` the intervals of both gains lie
# above zero, that of the overlap only just.

# %%
choice = json.loads(stored_result("ch11_choice.json").read_text(encoding="utf-8"))
measured = {
    name: {
        key: np.array([one[key] for one in choice["networks"][name]["sequences"].values()])
        for key in ("overlap", "robustness")
    }
    for name in ("udt", "points", "book")
}
gains = {}
for key in ("overlap", "robustness"):
    print(f"{key}: released {measured['udt'][key].mean():.3f}")
    for name in ("points", "book"):
        gains[name, key] = gap = paired_difference(measured[name][key], measured["udt"][key])
        found = measured[name][key].mean()
        print(f"   {name:6} {found:.3f}, gain {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")
per_second = {name: 1000 / choice["ms"][name] for name in ("udt-released", "udt")}
print(f"frames/s: {per_second['udt-released']:.0f} released, {per_second['udt']:.0f} with the points")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The pictures: most points come back and agree with the truth, and only one of the two runs keeps the target.
assert returned.mean() > 0.5
assert np.abs(shift - true_shift).max() < 2
assert abs(zoom / true_zoom - 1) < 0.03
assert kept_up["points"].min() > 0.6 > 0.3 > kept_up["released"][-1]
assert 0 < gains["points", "overlap"].low < 0.01 < gains["points", "robustness"].low
assert load_tracker("udt").settings == replace(load_tracker("udt", preset="points").settings, padding=1.5)
on_otb = json.loads(stored_result("trackers_otb10.json").read_text("utf-8"))["trackers"]
aucs = {name: [one["auc"] for one in found["sequences"].values()] for name, found in on_otb.items()}
gain_on_otb = paired_difference(np.array(aucs["udt"]), np.array(aucs["udt-released"]))
assert gain_on_otb.low < 0 < gain_on_otb.high

# %% [markdown]
# ## 6.9 Exercises
#
# Fill in the stub, then run its check. If the check fails, it describes the likely mistake. Solutions are in
# [solutions/06.py](solutions/06.py).
#
# **Exercise 1 (derive, then explain).** Without sub-pixels the tracker moves by whole cells. Even if it finds the right
# cell and the right size in every frame, its box can be half a cell off, both sideways and down. What is its overlap with
# the true box then, for a response of `cells` x `cells` and the padding $p$? Explain why the target's size does not
# matter. Then compare 125 cells with the 31 of fHOG (section 6.5): which tracker needs sub-pixels?
#
# <details class="exercise"><summary>A hint</summary>
#
# How wide is a cell, as a share of the target's width? The window is wider than the target. Then use Eq. 1.1 of chapter 01,
# with shares of the side in place of pixels.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def worst_overlap(cells, padding):
    """Return the overlap (IoU) of a box that is half a cell off in both directions."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.worst_overlap(worst_overlap)

# %% [markdown]
# **Exercise 2 (derive, then explain).** With the factor 1.2 of section 6.4 the size goes up or down by one `step` (a factor
# such as 1.015) in *every* frame. A target grows by the factor `growth` in each frame, and the tracker follows its size on
# average. In which share of the frames does it step up? If the target grows or shrinks too fast to follow, the share is 1
# or 0. Then explain: by how much may a target grow in a second of 30 frames? What would a tracker with the factor 1 do
# with a target that keeps its size?
#
# <details class="exercise"><summary>A hint</summary>
#
# Take logarithms: steps then add up instead of multiplying. If a share of the frames goes up, how many go down, and by
# how much has the size grown after $n$ frames?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def steps_up(growth, step):
    """Return the share of frames, 0 to 1, in which the size goes up."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.steps_up(steps_up)

# %% [markdown]
# **Exercise 3 (break and fix).** These lines limit the size and have *two* faults, which show on small targets and
# in frames that are not square. One of them was in a widely used port of the tracker. A side should be at least 4 px
# and at least a fifth of its start, and at most five times its start and at most the frame's.
#
# ```python
# def clamp_size(size, start, frame_shape):
#     smallest = 0.2 * np.asarray(start)
#     largest = np.minimum(frame_shape[:2], 5 * np.asarray(start))
#     return np.clip(size, smallest, largest)
# ```
#
# <details class="exercise"><summary>A hint</summary>
#
# Read the four limits of the text one after the other, and look for each in the lines. A shape is (height, width):
# in which order is a size?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def clamp_size(size, start, frame_shape):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.clamp_size(clamp_size)

# %% [markdown]
# **Exercise 4 (compute).** Write the update of the authors' code. Learn from `templates` `(T, C, H, W)` one after the
# other (the first starts the model), interpolate dual coefficients and spectra with `rate`, and return the response
# `(H, W)` to `search` `(C, H, W)`. `lam` is $\lambda$, so nothing is divided by $N$. Full `np.fft.fft2` is enough.
#
# <details class="exercise"><summary>A hint</summary>
#
# Two things are interpolated, each by itself, and the response uses only these. What is the model after the first
# template?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def online_response(templates, label, rate, lam, search):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.online_response(online_response)

# %% [markdown]
# **Exercise 5 (derive).** A target does not change, but the light does: frame $i$ shows the template times
# `contrasts[i]`, for all frequencies alike. Let $\lambda=0$. After all frames have been learned with `rate`, what is
# the peak of the response of the *authors' code* to the template at contrast 1? Use section 6.3 with
# $\hat{\mathbf X}_i=q_i\hat{\mathbf X}$; the label's peak is 1. Why can it exceed 1, and by how much, if the light
# goes on and off?
#
# <details class="exercise"><summary>A hint</summary>
#
# Compute what each of the two interpolated quantities becomes for contrast $q_i$: one grows with it, the other
# shrinks with its square. The weights of the frames are those of section 6.3, and the first frame's is special.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def score_after(contrasts, rate):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.score_after(score_after)

# %% [markdown]
# **Exercise 6 (open).** Let `Tracker` skip step 7 while its score is below a threshold. Find a good threshold on
# `hidden` at rate 0.1, then try it on `shaken` and with other features. What should a threshold be relative to?
#
# ## 6.10 Summary

# %% tags=["numbers"]
print(f"sigma_training = {default_sigma(SIDE, SIDE, 2.0):.4f}")
print(f"sigma_tracking = {default_sigma(SIDE, SIDE, 1.8):.3f}")
print(f"half_life = {np.log(2) / -np.log(0.99):.0f}")
print(f"score_dual = {last['dual (the code)']:.1f}")
print(f"score_sums = {last['sums (MOSSE)']:.1f}")
print(f"kept = {kept}")
print(f"still_steps = {len(chosen)}")
print(f"released_share = {100 * steps['one_step'] / steps['transitions']:.1f}")
print(f"clips = {len(gaps)}")
for name in ("random", "ours", "udt", "fhog"):
    print(f"real_{name} = {columns[name].mean():.2f}")
print(f"score_slow = {slow_score[29]:.1f}")
print(f"score_fast = {fast_score[29]:.1f}")
print(f"score_end = {slow_score[-1]:.1f}")
print(f"flow_sequences = {len(choice['sequences'])}")
print(f"flow_gain = {gains['points', 'overlap'].mean:+.3f}")
print(f"flow_low = {gains['points', 'overlap'].low:+.3f}")
print(f"flow_high = {gains['points', 'overlap'].high:+.3f}")
print(f"flow_slower = {100 * (1 - per_second['udt'] / per_second['udt-released']):.0f}")

# %% [markdown] tags=["summary"]
# - The UDT tracker consists of seven steps, written here as one class, which gives the boxes of the library's plain
#   and fast versions.
# - The label fits the target, a tenth of its side: $\sigma$ is 4.1667 <!-- sigma_training --> cells in training and
#   4.464 <!-- sigma_tracking --> in tracking, because the window is smaller.
# - At the released rate a frame's weight halves in 69 <!-- half_life --> frames. Eq. 12 interpolates the filter; the
#   code interpolates dual coefficients and spectra. The boxes hardly differ, but the scores do: 1.1
#   <!-- score_dual --> against 0.7 <!-- score_sums --> on the same frame at the faster rate.
# - The released "scale penalty" rewards change: the size stayed the same in 0 <!-- kept --> of 29
#   <!-- still_steps --> steps on a target of fixed size, and in the published boxes 99.1 <!-- released_share --> %
#   of the transitions are one step up or down.
# - Random weights are better than grey, and 12 <!-- clips --> of our clips cannot tell them from fHOG. On six short
#   real sequences training without labels raises the AUC of the network from 0.37 <!-- real_random --> to 0.63
#   <!-- real_udt --> for the authors' weights and to 0.57 <!-- real_ours --> for ours. fHOG has 0.65<!-- real_fhog -->,
#   and six sequences cannot tell it from the authors'.
# - Behind an occluder the tracker with the score 0.2 <!-- score_slow --> later returned to its target; the one with
#   0.5 <!-- score_fast --> had learned the occluder and left with it. At the end both scores were 0.7<!-- score_end -->.
# - The preset `points` moves and resizes the window with points followed on the target before the filter is applied.
#   On 22 <!-- flow_sequences --> real sequences it adds +0.028 <!-- flow_gain --> overlap (+0.003 <!-- flow_low --> to
#   +0.057<!-- flow_high -->) and costs 12 <!-- flow_slower --> % of the frames per second.

# %% [markdown]
# **What comes next.** The tracker is complete, and its features can be learned. Chapter 07 shows how: it tracks
# forward and then backward, and trains the network with the distance to the start, the idea of [Wang et al.
# 2019](#References "wang2019"). What UDT+ adds to this online part is
# [chapter 12](12_udt_plus.ipynb).

# %% [markdown]
# ## References
#
# - M. Danelljan, G. Häger, F. S. Khan, M. Felsberg. *Learning spatially regularized correlation filters for visual tracking*. ICCV 2015. <!-- danelljan2015 -->
# - J. F. Henriques, R. Caseiro, P. Martins, J. Batista. *High-speed tracking with kernelized correlation filters*. IEEE TPAMI 37(3), 2015. <!-- henriques2015 -->
# - Z. Kalal, K. Mikolajczyk, J. Matas. *Tracking-learning-detection*. IEEE TPAMI 34(7), 2012. <!-- kalal2012 -->
# - Q. Wang, J. Gao, J. Xing, M. Zhang, W. Hu. *DCFNet: Discriminant correlation filters network for visual tracking*. arXiv:1704.04057, 2017. <!-- wang2017 -->
# - N. Wang, Y. Song, C. Ma, W. Zhou, W. Liu, H. Li. *Unsupervised deep tracking*. CVPR 2019. <!-- wang2019 -->
