# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 17 Where next
#
# **Goals.** After this chapter you can *write down* how the journal version of the paper, LUDT, extends its loss, and
# compute that loss with parts you know; *estimate* how long training on ten million videos would take, and which resource
# limits it; *export* the network, run the tracker without PyTorch, and show that its boxes are the same; and *say*
# what trackers after 2019 do differently.
#
# **Prerequisites.** The loss of chapters 07 to 09, training ([chapter 11](11_training.ipynb)), patches ([chapter
# 10](10_raw_video_to_triplets.ipynb)) and the tracker of [chapter 06](06_tracking_online.ipynb).
#
# Run time: about 10 s on two cores. Downloads: none.

# %%
import csv
import json
import os
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import torch

from udtlib import load_tracker, viz, weights
from udtlib.boxes import iou
from udtlib.bench.scaling import PARAMETERS, Plan, Rates, bill, exchange_seconds, speed_up, step_bytes
from udtlib.check import ch17 as check
from udtlib.data.raw_video.patch_selection import entropy, most_varied_place
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.patches import render_patches
from udtlib.dcf import dcf_response, default_sigma, gaussian_label
from udtlib.export.graph import operations, write_onnx
from udtlib.export.tracker import OnnxTracker
from udtlib.network import MEAN_RGB
from udtlib.unsupervised import consistency_loss, pseudo_labels, round_trip_errors, track_forward_backward
from udtlib.widgets import scaling

torch.set_num_threads(1)
torch.set_grad_enabled(False)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10, "font.size": 9})

# %% [markdown]
# ## 17.1 LUDT: one frame more, and a better place to look
#
# Two years after the paper, its authors published a longer version, LUDT ([Wang et al.
# 2021](#References "wang2021")). The network and the tracker stay as they are; the training changes in three ways.
#
# **Four frames.** A triplet has two search patches. LUDT adds a third, and draws all three from the 20 frames after the
# template, not from 10. The tracker follows through all of them,
# $\mathbf T\to\mathbf S_1\to\mathbf S_2\to\mathbf S_3$, and from each of the three it also returns directly to
# $\mathbf T$. As before, $\mathbf R_{\mathbf S_j}$ is the response at $\mathbf S_j$ on the way out; write
# $\mathbf R^{(k)}_{\mathbf T}$ for the response at $\mathbf T$ after the way back from $\mathbf S_k$. With $i$ for the
# sample in the batch, the loss is
#
# $$\mathcal L_{un}=\sum_{k=1}^{3}\sum_i\mathbf A^{(k)}_{norm,i}\,\big\|\mathbf R^{(k)}_{\mathbf T,i}-\mathbf Y_{\mathbf T}\big\|^2. \tag{17.1}$$
#
# Without the weights, the first term is Eq. 6 of the paper, the second Eq. 8, and the third is new. So the loss contains
# short ways, on which little goes wrong, as well as longer and harder ones.
#
# **More is dropped.** $\mathbf A^{(k)}_{norm,i}$ is the weight of Eq. 10. It now leaves out the worst 20 % of the
# samples instead of 10 %, for each term separately. Its motion weight sums what moved on the way to $\mathbf S_k$,
#
# $$\mathbf A^{(k)}_{motion}=\big\|\mathbf R_{\mathbf S_1}-\mathbf Y_{\mathbf T}\big\|^2+\sum_{j=2}^{k}\big\|\mathbf R_{\mathbf S_{j-1}}-\mathbf R_{\mathbf S_j}\big\|^2. \tag{17.2}$$
#
# For $k=3$ the released code has $\mathbf R^{(3)}_{\mathbf T}$ in the place of $\mathbf Y_{\mathbf T}$, probably by
# mistake.
#
# **Patches with something in them.** The centre of a frame often shows sky. LUDT looks at 25 places in the first frame and
# takes the one with the greatest entropy
#
# $$\text{entropy}=-\sum_v p_v\log_2 p_v, \tag{17.3}$$
#
# where $p_v$ is the share of the value $v$, 0 to 255, among the values of all pixels and colours. KCF then follows that
# place through the video.
#
# We need no new code for any of this. `track_forward_backward` takes as many search patches as you give it,
# `consistency_loss` takes the share to drop, and `most_varied_place` finds the place by Eq. 17.3. `consistency_loss` has
# the form of the authors' code, which multiplies each squared difference by $e^{\mathbf Y}$ first (section 9.11), so its
# terms are larger than those of Eq. 17.1. Here are eight samples of four patches from our procedural clips. Which of the
# three terms do you expect to be the largest?

# %% tags=["closed-loop"]
made = render_patches(clips=8, frames=21, seed=3)
random = np.random.default_rng(0)
offsets = np.sort(random.integers(1, 21, (8, 3)), axis=1)
numbers = 21 * np.arange(8)[:, None] + np.concatenate([np.zeros((8, 1), int), offsets], axis=1)
pixels = torch.from_numpy(made.patches[numbers]).permute(1, 0, 4, 2, 3).float()
pixels = pixels - torch.tensor(MEAN_RGB).view(3, 1, 1)
label = gaussian_label(121, 121, default_sigma(125, 125))


def three_losses(network):
    """Return the three terms of Eq. 17.1 in the form of the authors' code, and the mean error of each, unweighted."""
    template, *searches = (network(patches) for patches in pixels)
    trips = [track_forward_backward(template, searches[:k], label) for k in (1, 2, 3)]
    losses = [float(consistency_loss(trip, drop=0.2)) for trip in trips]
    errors = [float(round_trip_errors(trip.back, trip.label, "paper").mean()) for trip in trips]
    return losses, errors


results = {}
for name, found in {"random": weights.random_weights(), "trained": weights.shipped("udt")}.items():
    results[name] = three_losses(found.network(padded=False))
    print(f"{name:8} terms of the loss:          ", *(f"{loss:6.1f}" for loss in results[name][0]))
    print(f"{name:8} error home from S1, S2, S3: ", *(f"{error:6.1f}" for error in results[name][1]))
print(f"the label's own energy: {float(label.square().sum()):.1f}")

# %% [markdown]
# For both networks the terms grow with the length of the way, so the term of $\mathbf S_3$ is the largest. The error is
# the mean of $\|\mathbf R^{(k)}_{\mathbf T}-\mathbf Y_{\mathbf T}\|^2$ without any weight, not even $e^{\mathbf Y}$. A
# response of zeros would have an error equal to the label's energy, and the random network does worse than that.
#
# **Check.** The chain is a loop that uses nothing but the layer of [chapter 04](04_siamese_dcf.ipynb). We write it out for
# $k=3$ and compare the responses.


# %%
def home_by_hand(network):
    """Track T to S1, S2, S3 and straight back to T, hop by hop."""
    features = [network(patches) for patches in pixels]
    answer = label
    for here, there in pairwise(features):
        answer = pseudo_labels(dcf_response(here, there, answer), label)
    return dcf_response(features[3], features[0], answer)


network = weights.shipped("udt").network(padded=False)
template, *searches = (network(patches) for patches in pixels)
library = track_forward_backward(template, searches, label).back
by_hand = float((home_by_hand(network) - library).abs().max())
print(f"largest difference of two responses whose peak is {float(library.max()):.1f}: below 0.0001")

# %% [markdown]
# Entropy is high where many grey values occur about equally often, and low on an even background. LUDT computes it in
# boxes of a sixth of the frame's width and height; the patch is then cut three times as wide and high, around the chosen
# box. Below is the first frame of a clip, with the box at the centre in blue and the one of greatest entropy in orange.

# %% alt="The first frame of a clip with two boxes: one at the centre, on even background, and below it, on dark overlapping things, the place of greatest entropy" tags=["slide"]
clip = render_clip(2, seed=12, texture="mixed", background_clutter=0.6)
frame = clip.frames[0]
height, width = frame.shape[:2]
places = {"centre": np.array([width / 2, height / 2]), "most varied": most_varied_place(frame)}
variety, picture = {}, frame
for (name, place), color in zip(places.items(), (viz.SECOND, viz.PREDICTION), strict=True):
    x, y = (place - np.array([width, height]) / 12).astype(int)
    box = frame[y : y + height // 6, x : x + width // 6]
    variety[name] = entropy(box)
    picture = viz.draw_box(picture, np.array([x, y, width / 6, height / 6]), color)
    print(f"{name:12} entropy {variety[name]:.2f} bits")
viz.show(viz.resize_area(picture, 220))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The chain by hand is the library's, terms and errors grow with the way, the most varied place is at least as varied.
assert by_hand < 1e-4
for values in (*results["random"], *results["trained"]):
    assert values[0] < values[1] < values[2]
assert max(results["trained"][1]) < min(results["random"][1])
assert variety["most varied"] >= variety["centre"]
# The code's terms are larger than those of Eq. 17.1 as printed, and Eq. 17.3 counts the values of all colours.
for k in (1, 2, 3):
    trip = track_forward_backward(template, searches[:k], label)
    as_coded = results["trained"][0][k - 1]
    assert abs(as_coded - float(consistency_loss(trip, drop=0.2))) < 1e-3 * as_coded
    # The form "paper" divides by the number of samples, and Eq. 17.1 does not.
    assert as_coded > 1.05 * len(trip.back) * float(consistency_loss(trip, form="paper", drop=0.2))
_, counts = np.unique(box, return_counts=True)
shares = counts / box.size
assert abs(variety["most varied"] + (shares * np.log2(shares)).sum()) < 1e-9

# %% [markdown]
# ## 17.2 Ten million videos
#
# Video without labels is free, and there is plenty of it. The authors' code trains on
# 494,211 frames, which we count as 4942 videos of 100 frames. What would ten million such videos take? We count time, disk
# and network, and leave out money, since prices change.
#
# Four things are done to a frame. Each has a rate that can be measured on one machine.
#
# | stage | what happens | rate |
# |---|---|---|
# | decode | a video is decoded and its patches are cut, once | frames a second and core |
# | read | the three patches of a triplet are read from the disk | bytes a second |
# | compute | the triplet goes through the network, there and back | triplets a second and machine |
# | exchange | all machines add up their gradients after each step | latency of a message, bytes a second |
#
# Every frame is a template once an epoch, so there are as many triplets to learn from as videos times frames times
# epochs, and $n$ machines share them evenly. With the frames, triplets and steps of *one* of these machines, the stages
# take
#
# $$\begin{aligned}
# t_{\text{decode}}&=\frac{\text{frames}}{\text{frames a second and core}\cdot\text{cores}}\\
# t_{\text{read}}&=\frac{3\cdot\text{triplets}\cdot\text{bytes of a patch}}{\text{bytes a second}}\\
# t_{\text{compute}}&=\frac{\text{triplets}}{\text{triplets a second}}\\
# t_{\text{exchange}}&=\text{steps}\cdot\Big(3(n-1)\cdot\text{latency}+\frac{\text{bytes of a step}}{\text{bytes a second}}\Big)
# \end{aligned}\tag{17.4}$$
#
# Each of the first three is an amount of work over a rate. The steps are a machine's triplets over its batch, and the
# bytes of a step are what it sends. In a *ring*, each machine passes parts of the gradient on to its neighbour, $n-1$
# times to add them up and $n-1$ times to hand out the sums; exercise 1 asks for the bytes. The weights of Eq. 10 need
# three numbers of every triplet in the batch, and passing these on takes another $n-1$ messages.
# `udtlib.bench.scaling.bill` computes Eq. 17.4.
#
# **Assumptions.** Patches are read while the previous step is computed, so only the longer of the two times counts. Every
# machine keeps its share of the patches on its own disk. The disk reads 500 MB a second, the network carries 10 Gbit
# a second, and a message takes 50 microseconds; these three are assumed, not measured. All machines are equal,
# nothing fails, and no stage slows another one down. The batch grows with $n$, and we assume that the network learns
# as much from a triplet as before, which is not true for large batches.
#
# The other rates were measured by `make results-costs` and are stored with the processor's name. The cell after the
# next measures on *your* machine how fast the forward part of a step is.

# %%
costs = json.loads(stored_result("ch17_costs.json").read_text("utf-8"))
per_core = 1 / (1 / costs["decoded"] + 1 / costs["cut"])
one, two = (costs["triplets"][count] for count in ("1", "2"))
size = "x".join(str(side) for side in costs["size"])
print(f"measured on {costs['hardware']['cores']} cores of an {costs['hardware']['cpu']}, {costs['date']}")
print(f"decoded: {costs['decoded']:.0f} frames a second and core ({size}); cut: {costs['cut']:.0f}")
print(f"so both: {per_core:.0f} frames a second and core")
print(f"a patch: {costs['patch_bytes']['raw']:,.0f} bytes, compressed {costs['patch_bytes']['webp 80']:,.0f}")
print(f"learned: {one:.1f} triplets a second in one process, {two:.1f} in two (torchrun, gloo)")

# %% tags=["nbval-ignore-output"]
batch = pixels[:3, :4]
three_losses(network)  # the first call is slower
begin = perf_counter()
for _ in range(4):
    template, *searches = (network(patches) for patches in batch)
    track_forward_backward(template, searches, label)
print(f"here: {16 / (perf_counter() - begin):.0f} triplets a second on one thread, forward only")
print(f"cores: {os.cpu_count()}")

# %% [markdown]
# **Check.** Two processes on one machine are like two machines with a very fast network, so we can compare the
# speed-up that the model predicts for two machines with the measured one.

# %%
local = Rates(frames=per_core, triplets=one, cores=1, patch=costs["patch_bytes"]["raw"])
pair = Plan(videos=1, machines=2, batch=costs["batch"] // 2)
print(f"speed-up of two over one: predicted {speed_up(pair, local):.2f}, measured {two / one:.2f}")
print(
    f"a step of two exchanges {step_bytes(pair):,.0f} bytes in {1e3 * exchange_seconds(pair, local):.2f} ms"
)
print(f"the whole gradient: {PARAMETERS:,} numbers, {4 * PARAMETERS:,} bytes")

# %% [markdown]
# The model leaves out that two processes share the memory, and that other programs ran on the machine. So the measured
# speed-up is smaller. Take the times below as rough estimates: a machine that runs nothing else is faster than ours was,
# and many machines lose more time than the model says. We compute the times first for the paper's own size, then for ten
# million videos, on one machine and on more. A year has 8766 hours. The last word of each line is the stage that
# takes longest. **Predict:** which stage takes longest on 10,000 machines?

# %%
machine = Rates(
    frames=per_core, triplets=two, cores=2, patch=costs["patch_bytes"]["raw"]
)  # both cores, network of 10 Gbit/s, disk of 500 MB/s
plans = {
    "the paper, 1 machine": Plan(videos=4942, machines=1),
    "10 million, 1 machine": Plan(videos=10**7, machines=1),
    "10 million, 100 machines": Plan(videos=10**7, machines=100),
    "10 million, 10,000 machines": Plan(videos=10**7, machines=10_000),
}
bills = {name: bill(plan, machine) for name, plan in plans.items()}
stages = list(bills["the paper, 1 machine"].seconds)
print(f"{'hours':28}" + "".join(f"{stage:>12}" for stage in (*stages, "total")))
for name, found in bills.items():
    cells = [*found.seconds.values(), found.total]
    print(f"{name:28}" + "".join(f"{cell / 3600:12,.1f}" for cell in cells) + f"  {found.bottleneck}")
million = bills["10 million, 1 machine"]
print(f"disk for ten million videos: {million.disk / 1e12:.0f} TB, compressed", end=" ")
print(f"{million.disk * costs['patch_bytes']['webp 80'] / costs['patch_bytes']['raw'] / 1e12:.1f} TB")

# %% [markdown]
# On one machine computing takes nearly all of the time, and decoding almost none, because a frame is decoded once and
# is part of 150 triplets in the mean, three in each of 50 epochs. With more machines all stages get shorter except the
# *exchange*, which stays at 65 hours: there are $n$ times fewer steps, but each has $n-1$ times as many messages. So on
# 10,000 machines it is the largest part.
#
# A GPU changes one number, the triplets a second. We had none, so its rows in our stored table are empty, and the table
# names the command that fills them:

# %%
devices = stored_result("training_devices.csv").read_text("utf-8").splitlines()
for row in csv.DictReader(devices):
    if row["device"] == "cuda":
        print(f"triplets a second on a GPU, {row['step']}: {row['triplets_per_second'] or 'not measured'}")
        print(f"  {row['command']}")

# %% [markdown]
# But we can compute how fast a GPU may be before another stage becomes the bottleneck. In the picture, find the place
# where the falling line of computing meets the higher of the two level lines:

# %% alt="Hours of three parts of the work over the speed of computing, on logarithmic axes: computing falls in a straight line and meets the level lines of reading and decoding" tags=["slide"]
faster = np.geomspace(1, 1e5, 26)
gpu_bills = [
    bill(Plan(videos=10**7), Rates(frames=per_core, triplets=two * by, cores=2, patch=machine.patch))
    for by in faster
]
following = next(found.bottleneck for found in gpu_bills if found.bottleneck != "compute")
hours = {name: [found.seconds[name] / 3600 for found in gpu_bills] for name in ("decode", "read", "compute")}
limit = hours["compute"][0] / hours[following][0]  # so many times as fast, both take as long
at_limit = bill(
    Plan(videos=10**7), Rates(frames=per_core, triplets=two * limit, cores=2, patch=machine.patch)
)
_, axis = plt.subplots(figsize=(5.4, 2.8), layout="constrained")
for (name, values), color in zip(hours.items(), ("#0072B2", "#E69F00", "#D55E00"), strict=True):
    axis.loglog(faster, values, color=color, label=name)
axis.set(xlabel="times as fast as our two cores", ylabel="hours", title="ten million videos, one machine")
axis.legend()
plt.show()
print(f"computing is the bottleneck up to {limit:.0f} times our two cores; then: {following}")
print(f"at that speed ten million videos take {at_limit.total / 3600:,.0f} hours, decoding included")


# %% [markdown]
# With a faster GPU than that, the *disk* is the bottleneck, because every triplet needs three patches of 46,875 bytes.
# Compressed patches are about 20 times smaller, but then decoding them is a fifth stage. Keeping the patches in memory, as
# `udt train` does on a GPU that has room for them, removes the stage altogether.
#
# In the demo you choose videos and machines yourself. The lengths of the bars are logarithms, from one hour on, and the
# orange bar is the bottleneck.

# %% alt="Three plans of the cost model as bars of decoding, reading, computing and exchange: computing dominates on one machine, and with a thousand machines the exchange becomes noticeable" tags=["slide", "nbval-ignore-output"]
scaling.demo(machine)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# What the text says about bottlenecks, and that the model is near what was measured for two processes.
assert bills["the paper, 1 machine"].bottleneck == "compute"
assert million.bottleneck == "compute"
assert million.seconds["decode"] < 0.1 * million.seconds["compute"]
assert bills["10 million, 10,000 machines"].bottleneck == "exchange"
assert following == "read"
assert 1.2 < two / one < 2.2
assert 1.5 < speed_up(pair, local) <= 2

# %% [markdown]
# ## 17.3 The network without PyTorch
#
# A trained network should also run where it is needed. A phone or a web page has no PyTorch. Programs there run a *graph*:
# a file with a list of operations and the numbers they need. Two formats matter here. `torch.export` captures a module as
# PyTorch's own graph, and ONNX is a format that many programs read. Our network needs ten operations, so the graph can be
# read in full. In each line a name is computed from the names in the brackets:

# %%
import onnx.helper  # with the extra `export`

for node in operations(onnx.helper):
    print(f"{node.output[0]:9} = {node.op_type}({', '.join(node.input)})")

# %% [markdown]
# The lines after `raw` are the local response normalisation. ONNX has an operation for it, but many programs that run
# graphs do not, so we write it with common operations. With $x_c$ for channel $c$ of `raw`, the normalisation divides
# $x_c$ by
#
# $$\Big(1+2\cdot10^{-5}\sum_{|c'-c|\le2}x_{c'}^2\Big)^{3/4}. \tag{17.5}$$
#
# The sum over neighbouring channels is a $1\times1$ convolution with a band of ones, times $2\cdot10^{-5}$, plus 1:
# `Conv(squares, band, one)`. The power of $\tfrac34$ is the square root times its own square root; the last four lines
# compute these two roots and divide by each.
#
# `udtlib.export.graph.exported_program` gives the same ten operations as a program of `torch.export`. It takes
# several seconds, so we do not run it here. We write the ONNX file, as `udt weights export udt.safetensors udt.onnx`
# does.

# %%
file = write_onnx(Path(mkdtemp()) / "udt.onnx", "udt")
print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB for {PARAMETERS:,} parameters")

# %% [markdown]
# `udtlib.export.tracker.OnnxTracker` runs the file in onnxruntime and does the rest, sampling and correlation filter,
# in numpy, without PyTorch. **Check.** Are its boxes those of chapter 06's tracker? The tolerance is a thousandth of
# a pixel. If rounding made one of the two choose another cell or scale just once, their boxes would be much farther
# apart. Losses and overlaps printed in this chapter may differ in the last digit on another processor.

# %% tags=["closed-loop"]
clip = render_clip(30, seed=3, scale_variation=0.6, fast_motion=0.4, texture="mixed")
frames = list(clip.frames)


def run(tracker, change=lambda frame: frame):
    """Return the boxes of a tracker on the clip, whose frames are changed first."""
    tracker.init(change(frames[0]), clip.boxes[0])
    return np.array([clip.boxes[0], *(tracker.update(change(frame)) for frame in frames[1:])])


with_torch = run(load_tracker("udt", weights="udt", preset="released"))
without = run(OnnxTracker(file))
apart = np.abs(with_torch - without).max(axis=1)
print(f"frames: {len(frames)}, of which less than 0.001 px apart: {(apart < 1e-3).sum()}")
print(f"mean overlap with the truth: {iou(without, clip.boxes).mean():.2f}")

# %% [markdown]
# **What goes wrong in practice.** The file says that its input is called `pixels` and has three channels. It does not
# say which channel is red, or that white is 255. Programs that read images with OpenCV get blue first, many others
# divide by 255, and *no error is raised*. We compare the features:

# %% tags=["closed-loop"]
tracker = OnnxTracker(file)
right = frames[0].astype(np.float32).transpose(2, 0, 1)[None]
inputs = {"RGB, 0..255": right, "BGR, 0..255": right[:, ::-1], "RGB, 0..1": right / 255}
maps = {
    name: tracker.session.run(None, {"pixels": np.ascontiguousarray(one)})[0] for name, one in inputs.items()
}
alike, spreads = {}, {}
for name, found in maps.items():
    alike[name] = np.corrcoef(found.ravel(), maps["RGB, 0..255"].ravel())[0, 1]
    spreads[name] = float(found[:, :, 3:-3, 3:-3].std((2, 3)).mean())  # away from the padded border
    print(
        f"{name:12} correlation with the right features {alike[name]:.2f}, spread over the image {spreads[name]:.1f}"
    )
blue_first = iou(run(OnnxTracker(file), lambda frame: frame[:, :, ::-1]), clip.boxes).mean()
print(f"mean overlap with blue first: {blue_first:.2f}")

# %% [markdown]
# With values in 0..1 the mean of 104 to 123 is subtracted from almost nothing, and the features hardly depend on the
# image: their spread is near 0. Their correlation with the right features is still above a half, because the channels'
# mean levels are similar. With red and blue exchanged the features differ, and yet the tracker still follows, since
# the same mistake is made in the template and in the search patch. Here even the mean overlap is about the same, so a
# test by the score alone would not find the mistake. Comparing the boxes of the two programs frame by frame, as we did
# above, finds it.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The same boxes, and what the two mistakes do.
assert apart.max() < 1e-3
assert alike["RGB, 0..255"] > 0.999
assert alike["BGR, 0..255"] < 0.95
assert spreads["RGB, 0..1"] < 0.02 * spreads["RGB, 0..255"]
levels = {name: found.mean((2, 3)).ravel() for name, found in maps.items()}
assert alike["RGB, 0..1"] > 0.5
assert np.corrcoef(levels["RGB, 0..1"], levels["RGB, 0..255"])[0, 1] > 0.7
assert blue_first > 0.3

# %% [markdown]
# ## 17.4 Trackers after 2019
#
# The paper appeared in 2019. Since then most trackers have left correlation filters on hand-made or shallow features.
# Five changes:
#
# **Deep backbones.** Siamese trackers with a deep network preferred the middle of their window, because the padding of
# many layers gives away the position. This is the shortcut "stay at the centre" of [chapter 11](11_training.ipynb).
# SiamRPN++ ([Li et al. 2019](#References "li2019")) placed the target at random positions in its training patches, and
# then deep backbones worked.
#
# **Learning how to compute the filter.** DiMP ([Bhat et al. 2019](#References "bhat2019")) keeps the idea of this
# book, to compute a filter from the template and apply it to the search patch. In place of the closed form it takes a
# few iterations, as the tracker of [chapter 12](12_udt_plus.ipynb) does. In DiMP they are steps of gradient descent,
# and the network is trained through them.
#
# **Attention.** In STARK ([Yan et al. 2021](#References "yan2021")) a transformer takes features of template and
# search patch together, and a head predicts the corners of the box. OSTrack ([Ye et al. 2022](#References "ye2022"))
# computes the features and compares the patches in one and the same transformer. Neither computes a filter from the
# template.
#
# **Masks and memory.** SAM 2 ([Ravi et al. 2024](#References "ravi2024")) follows an object by its mask, with a
# memory of features of earlier frames; a click takes the place of the box. VOT measures masks by now, too ([chapter
# 14](14_evaluating_on_vot.ipynb)).
#
# **Unsupervised learning went on.** [Wang, Jabri and Efros 2019](#References "wang2019time") trained features by cycles
# in time in the same year as this paper, and [Jabri et al. 2020](#References "jabri2020") made the cycle a random walk
# over patches, which takes all paths with their probabilities instead of the best path alone.
#
# PUL ([Wu et al. 2021](#References "wu2021")) first learns to tell an object from its background, then finds that
# object in other frames, and trains on these positions as noisy labels. ULAST ([Shen et al. 2022](#References "shen2022"))
# trains a Siamese tracker with box regression by going forward and back, and reports results on par with
# supervised trackers on large benchmarks.
#
# The argument of [chapter 07](07_forward_and_back.ipynb) has remained: consistency over time can replace labels, if the
# training excludes the shortcuts that satisfy it without tracking. So have the questions of chapters 13 to 16: how large
# is the difference, how certain is it, and what does it cost?
#
# ## 17.5 Exercises
#
# Fill in the stub, then run its check. A check that fails says what the mistake looks like. Solutions are in
# [solutions/17.py](solutions/17.py).
#
# **Exercise 1 (derive).** A ring of `machines` adds up gradients of `numbers` float32 numbers, as section 17.2 describes.
# Every gradient is cut into as many equal parts as there are machines, and a message is one part. How many bytes does
# *each* machine send in all?
#
# <details class="exercise"><summary>A hint</summary>
#
# Count the messages that one machine sends in both rounds, then the bytes of one message.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def ring_bytes(machines, numbers):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.ring_bytes(ring_bytes)

# %% [markdown]
# **Exercise 2 (compute).** Return the hours that a plan takes in all, under the assumptions of section 17.2.
# `seconds` is a dictionary with the keys `decode`, `read`, `compute` and `exchange`.
#
# <details class="exercise"><summary>A hint</summary>
#
# Which stages follow one another, and which two run side by side? And in which unit is the answer?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def wall_hours(seconds):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.wall_hours(wall_hours)

# %% [markdown]
# **Exercise 3 (break and fix).** A colleague feeds images `(H, W, 3)` of `uint8`, blue first, to the exported network, and
# writes
#
# ```python
# def network_input(image):
#     return (image / 255).transpose(2, 0, 1)[None]
# ```
#
# The file takes float32 `(1, 3, H, W)`, red first, in 0..255. Write the function as it should be, without changing
# `image`.
#
# <details class="exercise"><summary>A hint</summary>
#
# Print type, shape and range of what the function returns for an image with one red pixel, and compare them with the
# sentence after the code, word by word.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def network_input(image):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.network_input(network_input)

# %% [markdown]
# **Exercise 4 (compute).** From how many machines on does the exchange take longer than computing a step?
# `step` is the seconds that a machine computes, and each of the $3(n-1)$ messages of $n$ machines takes `latency`
# seconds; leave the bytes out. Return the smallest $n$.
#
# <details class="exercise"><summary>A hint</summary>
#
# Write the condition as an inequality and solve it for $n$. "Longer than" is not "as long as": what does that mean
# when the division has no remainder?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def too_many_machines(step, latency):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.too_many_machines(too_many_machines)

# %% [markdown]
# **Exercise 5 (open).** Train with the loss of Eq. 17.1 for as long as chapter 11 trains (three calls of
# `track_forward_backward` in the step), from several seeds, and compare it with the loss of Eq. 8. Write down before
# you start which difference, with which interval, would convince you.
#
# ## 17.6 Summary

# %% tags=["numbers", "closed-loop"]
print(f"home_1 = {results['trained'][1][0]:.0f}")
print(f"home_3 = {results['trained'][1][2]:.0f}")
print(f"cores = {per_core:.0f}")
print(f"triplets_1 = {one:.0f}")
print(f"triplets_2 = {two:.0f}")
print(f"years = {million.total / 3600 / 8766:.0f}")
print(f"disk = {million.disk / 1e12:.0f}")
print(f"predicted = {speed_up(pair, local):.2f}")
print(f"measured = {two / one:.2f}")
print(f"faster = {limit:.0f}")
print(f"agree = {(apart < 1e-3).sum()}")
print(f"operations = {len(operations(onnx.helper))}")

# %% [markdown] tags=["summary"]
# - LUDT adds a fourth frame and two more ways home, drops more samples, and chooses patches of greater entropy. The
#   mean error of the trained network is 26 <!-- home_1 --> after the way home from the first search patch and
#   36 <!-- home_3 --> after that from the third.
# - One core decodes and cuts 188 <!-- cores --> frames a second; two processes learn from 39 <!-- triplets_2 --> triplets a
#   second where one learns from 24<!-- triplets_1 -->.
# - The model predicts a speed-up of 2.00 <!-- predicted --> for two processes, and 1.65 <!-- measured --> was measured.
# - Ten million videos for fifty epochs would take this machine 40 <!-- years --> years and 47 <!-- disk --> TB of disk, and
#   computing is the bottleneck. With a processor more than 90 <!-- faster --> times as fast it is the disk, and on ten
#   thousand machines the exchange.
# - The network is 10 <!-- operations --> operations in an ONNX file; the tracker without PyTorch gives the same box in all
#   30 <!-- agree --> frames. Exchanged colours and another range of values raise no error.

# %% [markdown]
# **What comes next.** Your own videos. `udt train my-videos --out runs/mine` starts where this book ends.

# %% [markdown]
# ## References
#
# - G. Bhat, M. Danelljan, L. Van Gool, R. Timofte. *Learning discriminative model prediction for tracking*. ICCV 2019. <!-- bhat2019 -->
# - A. Jabri, A. Owens, A. A. Efros. *Space-time correspondence as a contrastive random walk*. NeurIPS 2020. <!-- jabri2020 -->
# - B. Li et al. *SiamRPN++: Evolution of Siamese visual tracking with very deep networks*. CVPR 2019. <!-- li2019 -->
# - N. Ravi et al. *SAM 2: Segment anything in images and videos*. arXiv:2408.00714, 2024. <!-- ravi2024 -->
# - Q. Shen et al. *Unsupervised learning of accurate Siamese tracking*. CVPR 2022. <!-- shen2022 -->
# - N. Wang et al. *Unsupervised deep representation learning for real-time tracking*. IJCV 129, 2021. <!-- wang2021 -->
# - X. Wang, A. Jabri, A. A. Efros. *Learning correspondence from the cycle-consistency of time*. CVPR 2019. <!-- wang2019time -->
# - Q. Wu, J. Wan, A. B. Chan. *Progressive unsupervised learning for visual object tracking*. CVPR 2021. <!-- wu2021 -->
# - B. Yan et al. *Learning spatio-temporal transformer for visual tracking*. ICCV 2021. <!-- yan2021 -->
# - B. Ye et al. *Joint feature learning and relation modeling for tracking: a one-stream framework*. ECCV 2022. <!-- ye2022 -->
