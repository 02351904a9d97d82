# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 04 The Siamese DCF layer
#
# Chapters 02 and 03 computed a filter from pixels or from hand-made features. Now the features come from a small
# network, and the filter becomes a *layer*: two patches go in, one response map comes out, and everything between
# can be differentiated. The layer itself has no weights. The rest of the book builds on it.
#
# **Goals.** After this chapter you can *follow* two patches through the layer array by array, *derive* why 32 channels
# share one denominator, *check* the solution against dense solvers, *say* what $\lambda$, $\sigma$ and the window do,
# and *recognise* a layer that follows the background instead of the target, with a high peak.
#
# **Prerequisites.** [Chapter 02](02_correlation_filters.ipynb): the filter of one channel in closed form.
#
# Run time: about 7 s on two cores. Downloads: none.

# %%
from udtlib.pipeline import you_are_here

you_are_here("network", "filter", "response")

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch

from udtlib import load_dataset, viz
from udtlib.boxes import center, from_center
from udtlib.check import ch04 as check
from udtlib.data import find_data
from udtlib.data.synthetic import render_clip
from udtlib.dcf import (
    DCFLayer,
    default_sigma,
    effective_regularisation,
    gaussian_label,
    learn_filter,
    response_map,
)
from udtlib.environment import banner
from udtlib.figures import filter_sheet, map_sheet_and_bar
from udtlib.labels import peak_displacement, peak_to_sidelobe
from udtlib.network import FeatureNetwork
from udtlib.patches import crop, hann_window
from udtlib.signed_maps import grey_bar
from udtlib.weights import default
from udtlib.widgets import layer as demo

torch.set_num_threads(1)
torch.set_grad_enabled(False)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10})
banner()

# %% [markdown]
# ## 4.1 The whole layer in one picture
#
# Two patches are cut at the same place of two frames: the **template**, where we know the target, and the **search
# patch**, where we do not. One network $\varphi_\theta$ with two convolutions turns each into 32 feature maps. It is
# the *same* network for both; this is what "Siamese" means. From the template's maps the filter is solved, one map
# per channel. The filter is applied to the search patch's maps, and the 32 results are added.
#
# The weights in this chapter are random. Trained ones come with the book, and chapters 07 to 11 explain how they were
# trained. The layer's formulas are the same for any weights, and random weights already find the target.
#
# Each panel below shows the actual array. The upper row goes from the template to the filters, the lower row from the
# search patch to the response. One place of a feature map is called a *cell*. Here a cell is as large as a pixel of the
# patch; a $3\times3$ convolution without padding loses a cell at each border, so two of them turn 125 pixels into 121
# cells. The feature maps are multiplied by the Hann window of chapter 02, which fades their borders. The response is
# drawn with zero displacement in the middle.

# %%
pair = demo.cut(render_clip(frames=5, seed=11, in_plane_rotation=0.1), 4)
network = FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0))
window = torch.from_numpy(hann_window(121, 121))
label = gaussian_label(121, 121, 4.1667)

features_template = network(demo.as_input(pair.template)) * window
features_search = network(demo.as_input(pair.search)) * window
learned = learn_filter(features_template, label)
response = response_map(learned, features_search)[0]
print("patch", pair.template.shape, "-> features", tuple(features_template.shape))
print("filter", tuple(learned.shape), learned.dtype, "-> response", tuple(response.shape))


# %% alt="Template and search patch, the 32 feature maps of each, the 32 filters, and one response map with a single peak" tags=["slide"]
filters = torch.fft.irfft2(learned, s=(121, 121))[0]
pictures = {
    "template": pair.template,
    "its 32 channels": map_sheet_and_bar(features_template[0, :, ::2, ::2], 250),
    "the 32 filters, their middle": map_sheet_and_bar(filters[:, 30:91, 30:91], 250),
    "search patch": pair.search,
    "its 32 channels ": map_sheet_and_bar(features_search[0, :, ::2, ::2], 250),
    "response": viz.map_and_bar(response, 250),
}
drawn = [viz.caption(viz.resize_nearest(p, 250), title) for title, p in pictures.items()]
viz.show(viz.side_by_side(*drawn[:3]), zoom=0.72)
viz.show(viz.side_by_side(*drawn[3:]), zoom=0.72)

# %%
found = peak_displacement(response.numpy(), subpixel=True)
print("the target moved (dy, dx):", pair.moved.round(1).tolist(), "cells")
print("the response peaks at:    ", np.round(found, 1).tolist())

# %% [markdown]
# The peak is about a cell short of the target's displacement. The reason is the background. The window fades it but does
# not remove it, so the template contains some background. It has moved by another displacement, and its peak merges
# with the target's. To test this we keep only the part of the template's features that shows the target, a third of
# the patch in each direction, and set the rest to zero:

# %%
target_only = torch.zeros(121, 121)
target_only[40:81, 40:81] = 1
cut_out = learn_filter(network(demo.as_input(pair.template)) * target_only, label)
unpulled = peak_displacement(response_map(cut_out, features_search)[0].numpy(), subpixel=True)
print("without background in the template the peak is at:", np.round(unpulled, 1).tolist())

# %% [markdown]
# Now the peak is at the target's displacement within a fraction of a cell. A tracker does not know the target's
# exact shape, so it uses the window. The filter of [chapter 12](12_udt_plus.ipynb) suppresses the
# background by a penalty instead.
#
# What would learned weights change? The next picture shows the 32 filters of the first layer, each $3\times3$ and in
# colour. Ours are random; the *learned* ones are those of `weights.default()`, trained on raw video without labels.
# Grey is 0; the bar gives a weight as a share of its filter's largest.


# %% alt="Two sheets of 32 first-layer filters of 3 by 3 coloured pixels, random and learned; neither shows a recognisable shape" tags=["slide"]
def agreement(weight):
    """Return the correlation of weights (32, 3, 3, 3) with their neighbours to the right."""
    return float(np.corrcoef(weight[..., 1:].flatten(), weight[..., :-1].flatten())[0, 1])


first_layers = {
    "random": network.state_dict()["conv1.weight"],
    "learned": default().tensors["conv1.weight"],
}
drawn = [viz.caption(filter_sheet(weight), f"first layer, {name}") for name, weight in first_layers.items()]
bar = viz.caption(grey_bar(drawn[0].shape[0] - viz.TEXT_HEIGHT), "share")
viz.show(viz.side_by_side(*drawn, bar))
agreements = {name: agreement(weight) for name, weight in first_layers.items()}
print("correlation of neighbouring weights:", {name: round(r, 2) for name, r in agreements.items()})

# %% [markdown]
# Filters of three by three pixels show little to recognise. But neighbouring weights in the learned filters tend to
# agree, which random weights do not. The second layer, which mixes the 32 channels, cannot be drawn as colours.
# [Chapter 06](06_tracking_online.ipynb) measures what the learned weights are worth to a tracker.
# Here we continue with the random ones.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The pictures: the peak is near the target, nearer without background; neighbours agree in learned filters only.
off, off_unpulled = (np.abs(np.subtract(place, pair.moved)).max() for place in (found, unpulled))
assert off_unpulled < 0.3 < 1 < off < 2
assert abs(agreements["random"]) < 0.1
assert agreements["learned"] > agreements["random"] + 0.02

# %% [markdown]
# ## 4.2 Why all channels share one denominator
#
# Chapter 02 solved for one channel. Now there are 32, and the question is how they share the work. We want filters
# $\mathbf W_1,\dots,\mathbf W_C$ whose *summed* response to the template is the label:
#
# $$\min_{\mathbf W}\ \Big\|\sum_{c}\mathbf W_c*\mathbf X_c-\mathbf Y\Big\|_2^2+\lambda\sum_c\|\mathbf W_c\|_2^2 ,$$
#
# where $*$ is correlation. In the Fourier domain the pixels separate (chapter 02): each frequency can be solved by
# itself. The channels do not separate, because their responses are added. At one frequency collect them into vectors
# $\hat{\mathbf x},\hat{\mathbf w}\in\mathbb C^C$; $\mathsf H$ means transposed and conjugated. The response there is
# $\hat{\mathbf w}^{\mathsf H}\hat{\mathbf x}$, a single number that should equal $\hat y$: one equation with $C$
# unknowns. Ridge regression, the normal equations of section 2.4 for a single row, gives
#
# $$\hat{\mathbf w}=\big(\hat{\mathbf x}\hat{\mathbf x}^{\mathsf H}+\lambda\mathbf I\big)^{-1}\hat{\mathbf x}\,\hat y^\star .$$
#
# Do we need to solve a $32\times32$ system at each of 14,641 frequencies? No. $\hat{\mathbf x}$ is an eigenvector of
# that matrix, with the eigenvalue $\hat{\mathbf x}^{\mathsf H}\hat{\mathbf x}+\lambda$, as you see by multiplying.
# So the inverse divides it by this number, which is a sum over *all* channels. The filter of channel $c$ is its own
# numerator over this shared sum:
#
# > **Paper, Eq. 4.** The filters, computed from the template's features; the sum over the channels is added.
# >
# > $$\hat{\mathbf W}_c=\frac{\hat{\mathbf X}_c\odot\hat{\mathbf Y}^\star}{\sum_k|\hat{\mathbf X}_k|^2+\lambda}\tag{4}$$
#
# > **Paper, Eq. 5.** The response to the search patch's features; the sum over the channels is added.
# >
# > $$\hat{\mathbf R}=\sum_c\hat{\mathbf W}_c^\star\odot\hat{\mathbf Z}_c\tag{5}$$
#
# The paper prints both for one channel ([Wang et al. 2019](#References "wang2019")), as chapter 07 shows; its code,
# like that of other trackers, has both sums ([Wang et al. 2017](#References "wang2017")). We now compute the layer in
# three ways that share nothing but the problem, and compare them with the library's. The first two are the formulas
# above, and a dense system at each frequency:


# %%
def layer_by_hand(template, search, label, ridge):
    """Return the response (H, W) for features (C, H, W): Eq. 4 and 5, line by line."""
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    energy = (np.abs(x) ** 2).sum(axis=0) + ridge
    filters = x * y.conj() / energy
    return np.fft.ifft2((filters.conj() * z).sum(axis=0)).real


def layer_by_solver(template, search, label, ridge):
    """Return the same from a dense C x C system at every frequency."""
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    answer = np.zeros(label.shape, complex)
    for u, v in np.ndindex(label.shape):
        here = x[:, u, v]
        matrix = np.outer(here, here.conj()) + ridge * np.eye(len(here))
        answer[u, v] = np.linalg.solve(matrix, here * y[u, v].conj()).conj() @ z[:, u, v]
    return np.fft.ifft2(answer).real


# %% [markdown]
# A third version uses no Fourier transform at all. It writes down *every* cyclic shift of every channel as a row of
# one tall matrix, and solves the regression over pixels.


# %%
def layer_by_pixels(template, search, label, ridge):
    """Return the same from one dense system over all channels and pixels."""

    def shifts(features):
        rows, columns = label.shape
        return np.array(
            [np.roll(features, (-i, -j), (1, 2)).ravel() for i in range(rows) for j in range(columns)]
        )

    A = shifts(template)
    w = np.linalg.solve(A.T @ A + ridge * np.eye(A.shape[1]), A.T @ label.ravel())
    return (shifts(search) @ w).reshape(label.shape)


rng = np.random.default_rng(0)
small = rng.standard_normal((2, 3, 6, 5))
target = np.asarray(gaussian_label(6, 5, 1.0), np.float64)
by_hand = layer_by_hand(*small, target, 0.7)
library = response_map(
    learn_filter(torch.from_numpy(small[:1]), torch.from_numpy(target), 0.7, normalise=False),
    torch.from_numpy(small[1:]),
)
methods = {"3 x 3 systems": layer_by_solver(*small, target, 0.7), "udtlib": library[0].numpy()}
methods["one 90 x 90 system"] = layer_by_pixels(*small, target, 0.7)
print(f"responses by hand reach {by_hand.max():.3f}; largest difference from them:")
print({name: f"{np.abs(other - by_hand).max():.6f}" for name, other in methods.items()})

# %% [markdown]
# What if each channel had its own denominator, as if it were alone? Then each would try to produce the whole label
# by itself, and the peak of the sum would be about $C$. Worse, a channel with next to nothing at some frequency
# would divide by almost nothing there, and its noise would be as strong as the signal of the others. With the shared
# denominator each channel counts in proportion to its energy.

# %%
own = [layer_by_hand(f[None], f[None], np.asarray(label), 46.85).max() for f in features_template[0].numpy()]
together = response_map(learned, features_template)[0]
print(
    f"peak on the template itself: shared denominator {together.max():.2f}, own ones, added up, {sum(own):.1f}"
)

# %% [markdown]
# In code the layer is a module around any network `phi`. Its arguments are called `template` and `search` rather
# than by the paper's letters T and S, because on the way back, in chapter 07, T and S exchange these roles.

# %%
layer = DCFLayer(network)
plain = layer(demo.as_input(pair.template), demo.as_input(pair.search))[0]
unwindowed = response_map(
    learn_filter(network(demo.as_input(pair.template)), label), network(demo.as_input(pair.search))
)[0]
print("parameters in phi:", sum(p.numel() for p in network.parameters()), " in the layer itself: 0")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# One response from every method, the height of a sum with a denominator each, and the layer as a module.
for other in methods.values():
    assert np.allclose(by_hand, other, atol=1e-12)
assert 0.99 < together.max() <= 1.0
assert sum(own) > 25
assert torch.allclose(plain, unwindowed, atol=1e-4)

# %% [markdown]
# ## 4.3 Sigma: how sharp a peak to ask for
#
# The label is the response we ask for. The authors' code, which we call the *reference*, makes its width a tenth of the
# target's side: the patch is
# three targets wide, 125 cells, so $\sigma=125/3/10$ cells. A narrow label contains high frequencies, in which two
# frames differ by noise and by the slightest deformation. A wide label is easy to match, but the position of its
# flat peak is less certain.
#
# The figure has a cut through label and response for four widths. Look at how high each response is, and how far its
# peak lies from the dotted line, the truth.

# %% alt="Sections through label and response for sigma 1, 4, 8 and 16: the peak grows higher and wider and moves to the left of the truth" tags=["slide"]
sigma = default_sigma(125, 125)
print(f"sigma of the reference: {sigma:.4f} cells")

figure, axes = plt.subplots(1, 4, figsize=(11, 2.6), layout="constrained", sharey=True)
cells, tops = np.arange(-60, 61), {}
for axis, width in zip(axes, (1, 4, 8, 16), strict=True):
    section = np.fft.fftshift(demo.respond(32, -4, width, 1))[60]
    tops[width] = section.max(), cells[section.argmax()]
    wished = np.exp(-((cells - pair.moved[1]) ** 2) / (2 * width**2))
    axis.plot(cells, wished, color="0.7", label="label, moved to the truth")
    axis.plot(cells, section, label="response")
    axis.axvline(pair.moved[1], color="#009e73", linestyle=":", label="truth")
    axis.set(title=f"sigma {width}", xlabel="cells to the right")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()
print(f"the truth is {pair.moved[1]:.1f} cells to the right")
print("highest:", ", ".join(f"{top:.2f} at {place} (sigma {width})" for width, (top, place) in tops.items()))

# %% [markdown]
# At $\sigma=1$ the peak is sharp but low, because the fine detail that it needs has changed in four frames. At 16
# it is high and wide, and the background pulls it to the left. The $\sigma$ of the reference code, about 4.2, lies
# between. In tracking the patch
# is 2.8 targets wide and $\sigma$ is 4.46, again a tenth of the target.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The curves: the wider the label, the higher the response and the further to the left its peak.
assert 4 < sigma < 4.2
assert tops[1][0] < 0.6 < tops[4][0] < tops[8][0] < tops[16][0]
assert tops[16][1] < tops[8][1] < tops[4][1] < pair.moved[1]
assert abs(tops[1][1] - pair.moved[1]) < 1

# %% [markdown]
# ## 4.4 Lambda: a surprise
#
# $\lambda$ keeps the division from amplifying noise. The reference code divides the template's energy by $N=CHW$, the
# number of values in its features, before it adds its $\lambda_N=10^{-4}$. The plain form of Eq. 4 needs another
# $\lambda$ for the same response, $N\lambda_N$, which a cell below prints.
#
# **Predict:** multiply $\lambda_N$ by 10,000. By how many cells does the response's peak move? Less than `0.1`, about `1`, or
# more than `10`?

# %%
my_guess = 1

# %%
x, z = features_template, features_search
print(f"1e-4 acts as {effective_regularisation(x, 1e-4, normalise=True):.1f} in the plain form of Eq. 4")

exponents = np.arange(-8, 5)
swept = [response_map(learn_filter(x, label, 10.0**e), z)[0].numpy() for e in exponents]
peaks = np.array([peak_displacement(r, subpixel=True) for r in swept])
heights = np.array([r.max() for r in swept])
drift = np.abs(peaks[exponents == 0] - peaks[exponents == -4]).max()
print(f"you said {my_guess}; the peak moved by {drift:.2f} cells")

# %% [markdown]
# The left plot shows the height of the peak for values of $\lambda_N$ over twelve decades. The right plot counts how much
# energy the template has at its frequencies, in all channels together and in one of them alone. How far to the right of
# the dashed line, the reference's $\lambda_N$, does each histogram begin?

# %% alt="Left, the height of the peak stays the same over many lambdas and falls above 100; right, histograms of the template's energy: the 32 channels together have no weak frequencies, channel 1 alone does" tags=["slide"]
spectrum_energy = torch.fft.rfft2(x).abs().square()
energies = {
    "32 channels": spectrum_energy.sum(1) / x[0].numel(),
    "channel 1 alone": spectrum_energy[:, 0] / 121**2,
}
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 2.9), layout="constrained")
left.semilogx(10.0**exponents, heights, "o-")
left.axvline(1e-4, color="0.6", linestyle="--")
left.set(xlabel=r"$\lambda_N$ (dashed: the reference)", ylabel="height of the peak", ylim=(0, None))
for name, values in energies.items():
    right.hist(np.log10(values.numpy().ravel()), bins=60, histtype="step", label=name)
right.legend(fontsize=8)
right.axvline(-4, color="0.6", linestyle="--")
right.set(
    xlabel=r"$\log_{10}$ of $\frac{1}{N}\sum_c|\hat X_c|^2$, to which $\lambda_N$ is added",
    ylabel="frequencies",
)
plt.show()
weakest = {name: float(values.min()) / 1e-4 for name, values in energies.items()}
print(
    f"the weakest frequency of 32 channels: {weakest['32 channels'] / 1000:.1f} thousand times lambda_N,",
    end=" ",
)
print(f"of channel 1 alone: {weakest['channel 1 alone']:.0f} times")

# %% [markdown]
# $\lambda_N$ matters at frequencies where the template's energy is not much larger than $\lambda_N$. One channel alone
# has frequencies whose energy is only a few times the reference's $\lambda_N$. In all 32 together, on this rendered
# clip, the weakest frequency has more than a thousand times as much: what one channel lacks another has.
#
# But the peak also stays with 10,000 times the reference's $\lambda_N$, which is more than the energy of the weakest
# frequencies. These are fine waves. How many of them does the label contain, with its $\sigma$ of 4.2 cells?

# %%
asked = torch.fft.rfft2(label).abs()
asked = asked > 0.01 * asked.max()
weakest_asked = float(energies["32 channels"][0, asked].min())
print(
    f"of the half plane's {asked.numel()} frequencies the label has {int(asked.sum())} with more than 1 % of its largest;"
)
print(f"there the template's energy is at least {weakest_asked:.0f}")

# %% [markdown]
# So the response is made of coarse waves, in which the template is strong, and the left curve falls only where
# $\lambda_N$ comes near their energy.
#
# Real frames can be emptier. On the small, blurred target of OTB's *Crossing*, for example, the weakest frequency has
# only 24 times the reference's $\lambda_N$. Where the sequence is found, the next cell checks this.

# %% tags=["outside-data"]
if find_data("otb"):
    (real,) = load_dataset("otb", names=["Crossing"])
    real_patch = crop(
        real.frames[0],
        from_center(center(real.boxes[0]), 2 * [3 * real.boxes[0, 2:].prod() ** 0.5]),
        (125, 125),
    )
    real_energy = (
        torch.fft.rfft2(network(demo.as_input(real_patch)) * window).abs().square().sum(1) / x[0].numel()
    )
    assert 20 < float(real_energy.min()) / 1e-4 < 28

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plot: lambda hardly moves the peak, no frequency is empty in all channels, and those of the label are strong.
assert drift < 0.1
assert weakest_asked > 100
assert 1000 < weakest["32 channels"] < 10_000
assert weakest["32 channels"] > 100 * weakest["channel 1 alone"]

# %% [markdown]
# ## 4.5 What many channels improve
#
# On our pair more channels also make the peak clearer. The peak-to-sidelobe ratio (chapter 02) tells by how many
# standard deviations the peak stands out from the rest of the response.

# %% alt="The peak-to-sidelobe ratio rises with the number of channels, steeply at first" tags=["slide"]
counts = [1, 2, 4, 8, 16, 32]
psr = [peak_to_sidelobe(demo.respond(count, -4, 4.1667, 1)) for count in counts]
figure, axis = plt.subplots(figsize=(5.5, 2.8), layout="constrained")
axis.plot(counts, psr, "o-")
axis.set_xscale("log", base=2)
axis.set_xticks(counts, counts)
axis.set(xlabel="channels (random weights)", ylabel="peak-to-sidelobe ratio", ylim=(0, None))
plt.show()
print(f"ratio with one channel {psr[0]:.0f}, with 32 channels {psr[-1]:.0f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plot: many channels raise the ratio.
assert psr[-1] > 1.5 * psr[0]

# %% [markdown]
# ## 4.6 Where it fails: what is being tracked?
#
# A patch shows the target and its background. Which of the two does the layer follow? We take the window away and
# compare, on 24 clips in which target and background move differently. A hit is a peak within four cells of the
# target's true displacement.

# %%
clips = [render_clip(frames=5, seed=seed, in_plane_rotation=0.1) for seed in range(24)]
pairs = [demo.cut(clip, 4) for clip in clips]


def peaks_of(template_fade, search_fade):
    """Return the displacement (24, 2) and ratio (24,) that the layer reports with features times the fades."""
    places, ratios = [], []
    for each in pairs:
        first = network(demo.as_input(each.template)) * template_fade
        second = network(demo.as_input(each.search)) * search_fade
        answer = response_map(learn_filter(first, label), second)[0].numpy()
        places.append(peak_displacement(answer, subpixel=True))
        ratios.append(peak_to_sidelobe(answer))
    return np.array(places), np.array(ratios)


truth = np.array([each.moved for each in pairs])
everything = torch.ones_like(window)
with_window, ratio_with = peaks_of(window, window)
without, ratio_without = peaks_of(everything, everything)
hits = {
    "Hann window": int((np.abs(with_window - truth).max(1) <= 4).sum()),
    "no window": int((np.abs(without - truth).max(1) <= 4).sum()),
}
print(hits, "of", len(pairs))

# %% [markdown]
# In the plots a grey line joins the true displacement of each target with the peak. Which displacement do the peaks
# show without the window? To find out, we also compute the filter from the background alone, with a hole in the
# template where the target is.

# %% alt="True displacements and peaks of 24 clips: with the window they lie close together, without it most peaks are far from the truth" tags=["slide"]
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharex=True, sharey=True)
for axis, (name, places) in zip(
    axes, {"Hann window": with_window, "no window": without}.items(), strict=True
):
    axis.plot([truth[:, 1], places[:, 1]], [truth[:, 0], places[:, 0]], color="0.8")
    axis.plot(truth[:, 1], truth[:, 0], "o", mfc="none", color="#009e73", label="truth")
    axis.plot(places[:, 1], places[:, 0], "x", color="#d55e00", label="peak")
    axis.set(title=f"{name}: {hits[name]} of {len(pairs)}", xlabel="dx (cells)", aspect="equal")
axes[0].set_ylabel("dy (cells)")
axes[0].invert_yaxis()  # positive is down, as in the picture
axes[0].legend()
plt.show()
louder = int((ratio_without > ratio_with).sum())
print("clips in which the version without window has the higher ratio:", louder, "of", len(pairs))
hole = everything.clone()
hole[36:85, 36:85] = 0
apart = np.abs(peaks_of(hole, everything)[0] - without).max()
print(
    f"peaks without window and of the background alone: less than {np.ceil(10 * apart) / 10:.1f} cells apart"
)

# %% [markdown]
# Without the window the layer follows the background: in all 24 clips the background alone gives nearly the same
# peak. This is what the formula computes. Eight ninths of the patch are background, the filter is fitted to *all* of
# it, and without the window nothing marks the ninth that is the target. The window does mark it: by fading the border
# it gives the target in the middle the most weight.
#
# The peak-to-sidelobe ratio does not warn us, since it is higher without the window in almost every clip.
#
# The training in chapter 07 uses **no** window. There, patches are cut from the middle of raw video, and nobody
# has marked what is target and what is background; the network learns by following the whole patch.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plot: the window decides what is tracked; without it, it is the background.
assert louder > 20
assert apart < 1
assert hits["Hann window"] >= 20
assert hits["no window"] <= 10

# %% [markdown]
# ## 4.7 Try it yourself
#
# Each row of the static picture is one setting; in JupyterLab the sliders below it are live. The circle is the
# truth, the cross the peak; `log10_lambda` is the logarithm of $\lambda_N$. Channel 1 is drawn before the window. Try
# one channel with $\sigma=1$, then no window, then $\lambda_N=10^4$.

# %% alt="Three settings of the demo, with template, search patch, one channel of each, and the response: a wide label makes a broad peak, and without a window the peak misses the ring" tags=["nbval-ignore-output"]
demo.demo()

# %% [markdown]
# ## 4.8 Exercises
#
# Fill in a stub, then run it and the cell below it. The check says "correct", or gives a hint. Solutions are
# in [solutions/04.py](solutions/04.py).
#
# **1. A channel of noise (derive, then explain).** At one frequency some channels show the target, with the energy
# `signal`, equally in template and search patch. Another channel holds noise: of the energy `noise` in the template, and
# in the search patch *other*, independent noise. What is $\hat{\mathbf R}/\hat{\mathbf Y}$ of Eq. 4 and 5, on average
# over the noise in the search patch? Then explain what such a channel does to the height of the peak, and what would be
# different with a denominator for each channel.
#
# <details class="exercise"><summary>A hint</summary>
#
# Write the sum over channels of Eq. 5 in two parts. What is the average of the part that belongs to the noise?
# Which of the two patches is in the denominator?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def noisy_channel(signal, noise, lam):
    """Return the mean of R / Y at this frequency, for the plain lambda ``lam``."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.noisy_channel(noisy_channel)

# %% [markdown]
# **2. Break and fix.** A colleague writes Eq. 4 and 5 with the reference's $\lambda_N$. With one channel and the label
# at $(0,0)$ the response is right; with several channels, or with a label that was moved, it is not. Find *two* faults.
# How many times too large is $\lambda_N$ in effect, with 32 channels?
#
# ```python
# def relative_response(template, search, label, regularisation):
#     x, z, y = (np.fft.fft2(maps) for maps in (template, search, label))
#     energy = (np.abs(x) ** 2 / x.size + regularisation).sum(axis=0)
#     return np.fft.ifft2((x.conj() * z).sum(axis=0) / x.size * y.conj() / energy).real
# ```
#
# <details class="exercise"><summary>A hint</summary>
#
# Write out the denominator for two channels, and compare it with Eq. 4. For the other fault put Eq. 4 into Eq. 5: how
# often is the label conjugated?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def relative_response(template, search, label, regularisation):
    """Return the response (H, W) to ``search`` (C, H, W), learned from ``template`` (C, H, W) and ``label`` (H, W)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.relative_response(relative_response)

# %% [markdown]
# **3. Counting (compute).** How many parameters does a chain of $3\times3$ convolutions with biases through the
# given channels have? For `[3, 32, 32]` it is the number printed above for $\varphi_\theta$.
#
# <details class="exercise"><summary>A hint</summary>
#
# One output channel of a $3\times3$ convolution looks at all input channels. How many weights is that, and how many
# biases?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def parameter_count(channels):
    """Return the number of weights and biases of 3x3 convolutions ``channels[0] -> channels[1] -> ...``."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.parameter_count(parameter_count)

# %% [markdown]
# **4. Break and fix.** A colleague normalises each channel of the search patch to norm one, but computes the
# filters from features that are not normalised. Then the response to the template itself is no longer the label.
# In effect channel $c$ of the search patch is multiplied by a number, `scales[c]`. Return filters that give for the
# multiplied channels of *any* search patch exactly the response that `filters` give for the channels as they were.
#
# <details class="exercise"><summary>A hint</summary>
#
# A channel's contribution is a product of the filter and the patch. If one factor is multiplied by a number, what
# must happen to the other, in each channel by itself?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def corrected_filters(filters, scales):
    """Return the filter spectra (C, H, W) for a search patch whose channel c is multiplied by scales[c] (C,)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.corrected_filters(corrected_filters)

# %% [markdown]
# **5. (Derive)** Show that with $C$ copies of the same channel the response is that of one channel with $\lambda/C$.
# What does this say about adding redundant features?
#
# ## 4.9 Summary

# %% tags=["numbers"]
print(f"hits_with = {hits['Hann window']}")
print(f"hits_without = {hits['no window']}")
print(f"clips = {len(pairs)}")
print(f"parameters = {sum(p.numel() for p in network.parameters()):,}")
print(f"acts_as = {effective_regularisation(x, 1e-4, normalise=True):.1f}")
print(f"factor = {10 ** (0 - -4):,}")
print(f"drift_below = {np.ceil(10 * drift) / 10:.1f}")

# %% [markdown] tags=["summary"]
# - The layer uses one network for both patches, with 10,144 <!-- parameters --> parameters; the layer between
#   features and response has none.
# - The responses of the channels are added, so the channels share one denominator. This is the exact ridge solution
#   at each frequency, equal to dense solves.
# - The reference's $\lambda_N$ corresponds to $\lambda$ = 46.9 <!-- acts_as --> in the plain form and hardly matters on our clip:
#   10,000 <!-- factor --> times as much moves the peak by less than 0.1 <!-- drift_below --> cells, because the
#   template is strong at the coarse frequencies that the label contains.
# - The window decides *what* is tracked: 23 <!-- hits_with --> of 24 <!-- clips --> targets are found with it, 3
#   <!-- hits_without --> without it, where the layer follows the background.
#
# **Next:** [chapter 05](05_gradients.ipynb) sends a gradient back through this layer.

# %% [markdown]
# ## References
#
# - N. Wang et al. *Unsupervised Deep Tracking*. CVPR 2019. <!-- wang2019 -->
# - Q. Wang et al. *DCFNet: Discriminant Correlation Filters Network for Visual Tracking*. arXiv:1704.04057, 2017. <!-- wang2017 -->
