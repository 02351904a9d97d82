# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 08 Three frames are better than two
#
# **Goals.** After this chapter you can *stage* a tracker that leaves its target and still returns to its start,
# *prove* why two frames must miss this, *write* Eq. 8 and check it, *decide* which way back tells more, *measure*
# how well a loss separates good trips from bad ones, with an interval, and *name* what no number of frames will
# notice.
#
# **Prerequisites.** [Chapter 04](04_siamese_dcf.ipynb) (the filter, Eq. 4 and 5) and chapter 07 (forward and back, the
# pseudo-label, Eq. 6). Weights are the library's own, `weights.default()`.
#
# Run time: about 27 s on two cores. Downloads: none.

# %%
from udtlib.pipeline import you_are_here

you_are_here("label", "loss")

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import torch

from udtlib import viz
from udtlib.check import ch08 as check
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.motion import KNOBS, Motion
from udtlib.data.synthetic.textures import FAMILIES, texture
from udtlib.dcf import gaussian_label
from udtlib.dcf.spectra import make_transform
from udtlib.labels import peak_displacement
from udtlib.patches import crop
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep
from udtlib.unsupervised import round_trip_errors, track_forward_backward
from udtlib.weights import default, random_weights
from udtlib.widgets import deflection
import itertools

torch.set_num_threads(1)
torch.set_grad_enabled(False)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10, "font.size": 9})

# %% [markdown]
# ## 8.1 On the wrong path, and back at the start
#
# Chapter 07 rests on a simple idea: track from T to S and back; a tracker that returns to its start cannot have gone
# far wrong. The paper itself names the problem with it ([Wang et al. 2019](#References "wang2019"), its Fig. 3). A
# tracker may leave its target on the way out, follow something else, and *still* return to its start.
#
# We build such a scene. T shows a target, alone. In S1 it is hidden for a moment, and a similar object, the
# lookalike, is to its right. In S2 the target is back, and the lookalike has moved on. The backgrounds are faint and
# different in each frame, so that there is nothing else to follow. For comparison we also show the same scene in
# which the target is never hidden. Circles are the truth, crosses where the tracker puts the target.

# %%
target, other, grounds = deflection.materials()  # two surfaces and three faint grounds, of mean 0
lookalike = deflection.contrasted(0.8 * target + 0.6 * other, deflection.OBJECT_CONTRAST)


def stage(hidden):
    """Return T, S1 and S2; ``hidden`` says how far the target has faded in S1 and in S2, 1: it is gone."""
    pictures = grounds.copy()
    for picture, place in zip(pictures[1:], deflection.LOOKALIKE, strict=True):
        deflection.stand(picture, lookalike, place, radius=20, cover=1)
    places = (0, 0), deflection.IN_S1, deflection.IN_S2
    for picture, place, cover in zip(pictures, places, (1, 1 - hidden[0], 1 - hidden[1]), strict=True):
        deflection.stand(picture, target, place, radius=24, cover=cover)
    patches = np.clip(np.rint(pictures + 118), 0, 255).astype(np.uint8)
    return deflection.Stage(patches, places[1:], deflection.LOOKALIKE)


# %% [markdown]
# The trained network makes features of the three patches, and the tracker goes from T to S1 and back (`"two"`), over
# S2 and straight back (`"direct"`, section 8.3), and back the way it came (`"chained"`, section 8.4):


# %%
def send(scene):
    """Return three trips over a scene, their losses, where they end, and where the tracker was in S1 and S2."""
    template, *searches = deflection.features(scene.patches).split(1)
    label = gaussian_label(121, 121, deflection.SIGMA)
    trips = {
        "two": track_forward_backward(template, searches[:1], label),
        "direct": track_forward_backward(template, searches, label),
        "chained": track_forward_backward(template, searches, label, backward="chained"),
    }
    losses = {way: float(round_trip_errors(trip.back, trip.label, "paper")) for way, trip in trips.items()}
    homes = {way: peak_displacement(trip.back[0].numpy()) for way, trip in trips.items()}
    found = tuple(peak_displacement(response[0].numpy()) for response in trips["direct"].responses)
    return deflection.Verdict(trips, losses, homes, found)


# %% alt="The staged scene in T, S1 and S2, twice: the tracker stays on the target if it is visible, and moves to the lookalike if it is hidden in S1" tags=["slide"]
good_scene, bad_scene = stage(hidden=(0, 0)), stage(hidden=(1, 0))
good, bad = send(good_scene), send(bad_scene)

for title, scene, verdict in (("good trip", good_scene, good), ("deflected", bad_scene, bad)):
    places = zip(scene.patches, [(0, 0), *scene.target], [(0, 0), *verdict.found], strict=True)
    row = [deflection.marked(*place) for place in places]
    viz.show(viz.contact_sheet(row, 3, labels=[f"{title}: {name}" for name in ("T", "S1", "S2")]))
strayed = {
    "good trip, from the target": np.abs(np.subtract(good.found, good_scene.target)).max(),
    "deflected, from the lookalike": np.abs(np.subtract(bad.found, bad_scene.lookalike)).max(),
}
print({name: f"at most {cells:.0f} cells" for name, cells in strayed.items()})

# %% [markdown]
# Only the first two patches matter for Eq. 6. **Predict:** how does the loss of the deflected trip compare with
# that of the good one? Is it at most about the same (`1`), `2` times as high, or `10` times? And where is the peak
# of the last response?

# %%
my_guess = 10

# %%
ratio_two = bad.losses["two"] / good.losses["two"]
print(f"you said {my_guess} times; the deflected trip has {ratio_two:.1f} times the loss of the good one")
print(f"its last response peaks {np.hypot(*bad.homes['two']):.0f} cells from home")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The good trip follows the target, the deflected one the lookalike, and it comes home at no higher loss.
assert max(strayed.values()) <= 3
assert ratio_two < 1.5
assert np.abs(bad.homes["two"]).max() <= 2

# %% [markdown]
# ## 8.2 Why two frames return to the start
#
# The deflected trip did not return by luck. Over two frames nearly *every* trip returns, because the response on the way
# back is nearly the mirror image of the response on the way out. We derive this in three steps.
#
# **The way out.** Let $\hat{\mathbf X}_c$ be the spectra of $\varphi_\theta(\mathbf T)$
# and $\hat{\mathbf Z}_c$ those of $\varphi_\theta(\mathbf S)$. T is the template; put Eq. 4 into Eq. 5:
#
# $$\hat{\mathbf R}_{\mathbf S}=\frac{\hat{\mathbf C}\odot\hat{\mathbf Y}}{\hat{\mathbf K}_{\mathbf T}},\qquad
# \hat{\mathbf C}=\sum_c\hat{\mathbf X}_c^\star\odot\hat{\mathbf Z}_c,\qquad
# \hat{\mathbf K}_{\mathbf T}=\sum_c|\hat{\mathbf X}_c|^2+\lambda .$$
#
# The response peaks at some $d$, right or wrong. The pseudo-label is the Gaussian shifted there, and by the shift theorem
# (section 2.2) its spectrum is $\hat{\mathbf Y}_{\mathbf S}=\hat{\mathbf Y}\,e^{-\mathrm i\omega d}$.
#
# **The way back.** Now the roles are exchanged, which conjugates $\hat{\mathbf C}$. The label is symmetric about $(0,0)$,
# so its spectrum is real, $\hat{\mathbf Y}^\star=\hat{\mathbf Y}$, and we can write
#
# $$\hat{\mathbf R}_{\mathbf T}=\frac{\hat{\mathbf C}^\star\odot\hat{\mathbf Y}}{\hat{\mathbf K}_{\mathbf S}}\,e^{-\mathrm i\omega d}
# \;\approx\;\hat{\mathbf R}_{\mathbf S}^\star\,e^{-\mathrm i\omega d}
# \qquad\Longrightarrow\qquad \mathbf R_{\mathbf T}(u)\approx\mathbf R_{\mathbf S}(d-u).$$
#
# The only approximation is $\hat{\mathbf K}_{\mathbf T}\approx\hat{\mathbf K}_{\mathbf S}$: both patches have about
# the same energy at each frequency, as neighbouring frames do.
#
# **The mirror.** So the response on the way back is the response on the way out, *mirrored at its own peak*. Its highest
# value is at $u=0$, whatever $d$ was. And mirroring changes no distance:
#
# $$\|\mathbf R_{\mathbf T}-\mathbf Y_{\mathbf T}\|_2^2\;\approx\;\|\mathbf R_{\mathbf S}-\mathbf Y_{\mathbf S}\|_2^2 .$$
#
# So Eq. 6 does not depend on *where* the peak was. It measures how far the response on the way out was from a clean
# Gaussian at its own peak. We first check the exact statement, on noise, with one energy for both ways:


# %%
def hop(template, search, label, lam, energy=None):
    """Return the response (H, W) to search features (C, H, W): Eq. 4 and 5, plain lambda."""
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    energy = (np.abs(x) ** 2).sum(axis=0) if energy is None else energy
    filters = x * y.conj() / (energy + lam)
    return np.fft.ifft2((filters.conj() * z).sum(axis=0)).real


def mirror(response, place):
    """Return ``u -> response(place - u)``, wrap-around."""
    return np.roll(response[::-1, ::-1], (place[0] + 1, place[1] + 1), axis=(0, 1))


rng = np.random.default_rng(1)
t, s = rng.standard_normal((2, 3, 12, 11))
small = np.asarray(gaussian_label(12, 11, 1.2), np.float64)
shared = (np.abs(np.fft.fft2(np.concatenate([t, s]))) ** 2).sum(axis=0) / 2
out = hop(t, s, small, 0.1, shared)
d = np.unravel_index(out.argmax(), out.shape)
back = hop(s, t, np.roll(small, d, (0, 1)), 0.1, shared)
end = np.unravel_index(back.argmax(), back.shape)
print(f"two patches of pure noise: out to {tuple(map(int, d))}, and back to {tuple(map(int, end))}")
print(
    f"largest difference between the way back and the mirrored way out: {np.abs(back - mirror(out, d)).max():.6f}"
)

# %% [markdown]
# The two patches have *nothing* in common, and still the tracker returns to its start. Now the deflected trip, with
# the network's features and each patch's own energy. Compare the second map with the third. Zero displacement is in
# the middle, and what is above 0.5 is drawn as 0.5:

# %% alt="Three maps with a colour bar: the response of S1, the same mirrored at its peak, and the response of T on the way back, which looks like the second" tags=["slide"]
there = bad.trips["two"].responses[0][0].numpy()
returned = bad.trips["two"].back[0].numpy()
expected = mirror(there, np.unravel_index(there.argmax(), there.shape))
panels = {"out: response of S1": there, "mirrored at its peak": expected, "back: response of T": returned}
shown = [viz.resize_nearest(viz.heatmap(panel, limits=(-0.1, 0.5)), 180) for panel in panels.values()]
sheet = viz.contact_sheet(shown, 3, labels=list(panels))
viz.show(viz.side_by_side(sheet, viz.caption(viz.color_bar((-0.1, 0.5), 180), "")))
likeness = np.corrcoef(expected.ravel(), returned.ravel())[0, 1]
print(f"correlation of the mirrored response with the one that came back: {likeness:.1f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The way back is the mirrored way out: exactly for one energy, nearly for the deflected trip.
assert np.allclose(back, mirror(out, d), atol=1e-12)
assert back.argmax() == 0 != out.argmax()
assert likeness > 0.5

# %% [markdown]
# ## 8.3 Equation 8: one more frame
#
# The paper adds a later frame, $\mathbf S_2$. Track from T to S1, from S1 to S2, and then back to T:
#
# > **Paper, Eq. 8.** The loss over three frames: Eq. 6 with the response at T after the way through S1 and S2.
# >
# > $$\mathcal L_{un}=\|\widetilde{\mathbf R}_{\mathbf T}-\mathbf Y_{\mathbf T}\|_2^2\tag{8}$$
#
# The equation looks like Eq. 6. Only the tilde differs: $\widetilde{\mathbf R}_{\mathbf T}$ is the response at T when
# the extra frame takes part. The paper leaves one question open: *how* does the tracker go back from S2? The authors'
# code goes straight from S2 to T; we call this `"direct"`. One could also go back through S1, `"chained"`. We write
# both, literally, one sample after the other:


# %%
def pseudo_label(response, label):
    """Return the clean Gaussian at the response's highest cell."""
    return np.roll(label, np.unravel_index(response.argmax(), response.shape), axis=(0, 1))


def validate_slowly(patches, label, backward, lam):
    """Return Eq. 8 for features T, S1, S2 ... (C, H, W) of one sample: any number of frames."""
    path = list(patches)
    path += path[-2::-1] if backward == "chained" else path[:1]
    current = label
    for template, search in itertools.pairwise(path):
        response = hop(template, search, current, lam)
        current = pseudo_label(response, label)
    return ((response - label) ** 2).sum()


# %% [markdown]
# `path` is the whole trip: `T, S1, S2, T` or `T, S1, S2, S1, T`. This is the good trip of section 8.1, step by step. Zero
# displacement is in the middle of each map:

# %%
from udtlib.animation import animation
from udtlib.moving import passing_pictures

going = good.trips["direct"]
animation(
    passing_pictures(
        good_scene.patches,
        going.label[0],
        [response[0] for response in going.responses],
        [wanted[0] for wanted in going.pseudo_labels],
        going.back[0],
    ),
    "Three patches, T, S1 and S2, with a map below each. T's label gives a filter, the filter's response at S1 becomes "
    "S1's pseudo-label, S1's filter is applied to S2, and S2's filter to T, where the response is compared with T's "
    "label.",
    milliseconds=1500,
)

# %% [markdown]
# The library does the same for a batch in one call, with every spectrum computed once:

# %%
samples = rng.standard_normal((5, 4, 3, 12, 11))  # five trips of up to four frames
differences = {}
for frames in (2, 3, 4):
    for backward in ("direct", "chained"):
        template, *searches = torch.from_numpy(samples[:, :frames]).unbind(1)
        trip = track_forward_backward(
            template,
            searches,
            torch.from_numpy(small),
            backward=backward,
            regularisation=0.1,
            normalise=False,
        )
        fast = round_trip_errors(trip.back, trip.label, "paper").numpy()
        slow = [validate_slowly(sample[:frames], small, backward, 0.1) for sample in samples]
        differences[frames, backward] = np.abs(fast / slow - 1).max()
        print(
            f"{frames} frames, {backward:7}: loss of the first trip {slow[0]:.3f}, by the library {fast[0]:.3f}"
        )

# %% [markdown]
# How do the two staged trips compare now, going straight back from S2? The figure shows the last response of each trip,
# zero displacement in the middle: in which of the four is the peak elsewhere?

# %% alt="Four last responses with a colour bar: the peak is in the middle in three of them and far away for the deflected trip over three frames" tags=["slide"]
ratio_direct = bad.losses["direct"] / good.losses["direct"]
shown = [
    viz.resize_nearest(viz.heatmap(trips.trips[way].back[0].numpy(), limits=(-0.1, 0.5)), 150)
    for trips in (good, bad)
    for way in ("two", "direct")
]
labels = ["good: two", "good: three", "deflected: two", "deflected: three"]
sheet = viz.contact_sheet(shown, 4, labels=labels)
viz.show(viz.side_by_side(sheet, viz.caption(viz.color_bar((-0.1, 0.5), 150), "")))
away = {name: np.hypot(*trips.homes["direct"]) for name, trips in {"good": good, "deflected": bad}.items()}
print("three frames, cells from home:", {name: f"{cells:.0f}" for name, cells in away.items()})
print(f"the deflected trip has {ratio_direct:.1f} times the loss of the good one")

# %% [markdown]
# Now the deflected trip has the higher loss, and it ends far from the start. Section 8.2 explains this. S2 and T are
# the last pair, so the last response is the mirror image of the response that T would give to S2 *directly*. But it
# is mirrored at $d_2$, the place where the way *through S1* ended:
#
# $$\widetilde{\mathbf R}_{\mathbf T}(u)\approx\mathbf R_{\mathbf T\to\mathbf S_2}(d_2-u).$$
#
# The trip returns to its start if both ways arrive at the same place. So Eq. 8 compares two answers about S2: the
# one from T directly and the one from T through S1. In our scene the first says that the target is further down, and
# the second that it moved to the right with the lookalike.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The library computes the slow transcription of Eq. 8, and three frames tell the deflected trip from the good one.
assert max(differences.values()) < 1e-9
assert ratio_direct > 1.5
assert away["good"] <= 2
assert away["deflected"] > 20

# %% [markdown]
# ## 8.4 Straight back, or back through S1?
#
# **Predict:** the chained way visits S1 once more on its way back. Does this extra step give another chance to
# notice the deflection? Will its loss for the deflected trip be `"higher"` than the direct one, about the `"same"`,
# or `"lower"`?

# %%
my_answer = "higher"

# %%
print(f"you said '{my_answer}'; the deflected trip:")
for way, name in deflection.WAYS.items():
    print(f"{name:15} loss {bad.losses[way]:3.0f}, ends {np.hypot(*bad.homes[way]):.0f} cells from home")
same = abs(bad.losses["chained"] / bad.losses["two"] - 1)

# %% [markdown]
# The chained loss is lower than the direct one. It equals the loss of *two* frames, because the extra step is
# undone. Going back from S2 to S1 is the mirror of going from S1 to S2, so it peaks where that began, at $d_1$. The
# pseudo-label there is the *same clean Gaussian* as on the way out, and what remains is the way from S1 to T of
# Eq. 6. So going back the same way always returns to the start, and only a different way back tests the way out:
#
# | trip | its loss compares | gradient reaches |
# |---|---|---|
# | two frames, Eq. 6 | the response of S1 with a clean Gaussian *at its own peak* | T, S1 |
# | three, direct | the response of T to S2 directly, with a Gaussian *where the way through S1 ended* | T, S2 |
# | three, chained | the same as two frames, unless a step's peak changes on the way back | T, S1 |
#
# Section 8.5 counts how often "unless" happens. First we look at the gradients, because these train the network.
# Each step of the trip is solved in closed form, but only the last one carries a gradient (chapter 07). We take 24
# triplets of rendered clips and compare the gradients that arrive at $\varphi_\theta(\mathbf T)$.

# %%
SIDE, SIGMA, REACH = 121, deflection.SIGMA, deflection.SIGMA
CLIPS, EACH, SPAN, FRAME = 60, 3, 20, (240, 320)
DIFFICULTIES = [
    name for name in KNOBS.values() if name not in ("out_of_view", "low_resolution", "motion_blur")
]
SCALE = np.array([125 / (FRAME[0] / 2), 125 / (FRAME[1] / 2)])  # patch pixels per frame pixel, (y, x)
WINDOW = np.array([FRAME[1] / 4, FRAME[0] / 4, FRAME[1] / 2, FRAME[0] / 2])  # the middle, half of the frame


def draw_triplets(number):
    """Return patches (3, 4, 125, 125, 3) of T, S1, S2, S3 from one clip, and where target and background went."""
    random = np.random.default_rng([8, number])
    knobs = {
        str(name): float(random.uniform(0.4, 1)) for name in random.choice(DIFFICULTIES, 3, replace=False)
    }
    family = str(random.choice(sorted(FAMILIES)))
    clip = render_clip(SPAN + 31, seed=50_000 + number, texture=family, camera_shake=0.5, **knobs)
    motion = Motion(clip.frames.settings)
    patches, moves = [], []
    for _ in range(EACH):
        start = int(random.integers(30))
        times = [start, *(start + np.sort(random.choice(np.arange(1, SPAN + 1), 3, replace=False)))]
        patches.append([crop(clip.frames[time], WINDOW, (125, 125)) for time in times])
        target = np.array([clip.boxes[time][:2] + clip.boxes[time][2:] / 2 for time in times])
        ground = np.array([motion.background(float(time)) for time in times])
        moves.append([(track - track[0])[1:, ::-1] * SCALE for track in (target, ground)])
    return np.array(patches), np.array(moves)


rendered = [draw_triplets(number) for number in range(CLIPS)]
patches = np.concatenate([part for part, _ in rendered])
moves = np.concatenate([part for _, part in rendered])
clip_of = np.repeat(np.arange(CLIPS), EACH)
print(len(patches), "trips; (target or background, S1 to S3, dy dx):", moves.shape[1:])

# %%
label, transform = gaussian_label(SIDE, SIDE, SIGMA), make_transform(SIDE, SIDE, SIGMA)


def gradient(template, *searches, backward="direct"):
    """Return the gradient of each trip's loss at the features of T, flattened."""
    with torch.enable_grad():
        template = template.detach().requires_grad_()
        trip = track_forward_backward(template, searches, label, backward=backward, transform=transform)
        loss = round_trip_errors(trip.back, trip.label, "paper").sum()
        return torch.autograd.grad(loss, template)[0].flatten(1)


T, S1, S2 = (deflection.features(patches[4::7, k][:24]) for k in range(3))
arriving = {
    "two frames (S1)": gradient(T, S1),
    "chained": gradient(T, S1, S2, backward="chained"),
    "direct": gradient(T, S1, S2),
    "two frames (S2)": gradient(T, S2),
}
print("median cosine of gradients  ", *(f"{name:>16}" for name in arriving))
cosine = {
    (a, b): float(torch.cosine_similarity(arriving[a], arriving[b]).median())
    for a in arriving
    for b in arriving
}
for a in arriving:
    print(f"{a:28}", *(f"{cosine[a, b]:16.2f}" for b in arriving))

# %% [markdown]
# Two pairs of gradients are nearly the same. The chained trip gives the gradient of two frames, but costs more.
# And the direct trip gives, for the typical triplet, nearly the gradient of *two frames further apart*, T and S2,
# without S1. S1 makes a difference where the way through it ends elsewhere.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Chained is two frames again, in its loss and in its gradient; direct is not.
assert bad.losses["chained"] < 0.8 * bad.losses["direct"]
assert same < 0.05
assert cosine["chained", "two frames (S1)"] > 0.99
assert cosine["direct", "two frames (S2)"] > cosine["direct", "chained"] + 0.2

# %% [markdown]
# ## 8.5 Measured: does the loss find bad trips?
#
# One staged scene proves that deflections can happen, not that they matter. So we look at many trips that nobody staged:
# the 180 that section 8.4 drew at random from 60 clips. Patches come from the middle of the frame as in training, each
# clip has three difficulties of considerable strength, and S1, S2, S3 follow in order within 20 frames after T. We know
# where everything went.
#
# What is a bad trip? There is no window in training, so the layer may follow whatever fills the patch (chapter 04).
# So we call a place right if it is within one $\sigma$ of where the target went *or where the background went*. A
# trip is deflected if its place in S1 or in S2 is neither.


# %%
def cells(responses):
    """Return the peaks (N, 2) of responses (N, H, W) as displacements."""
    return np.array([peak_displacement(response.numpy()) for response in responses])


def walk(part):
    """Return losses and places of trips, patches (N, 4, 125, 125, 3)."""
    T, S1, S2, S3 = (deflection.features(part[:, k]) for k in range(4))

    def trip(*searches, backward="direct"):
        return track_forward_backward(T, searches, label, backward=backward, transform=transform)

    trips = {
        "two": trip(S1),
        "two, later": trip(S2),
        "direct": trip(S1, S2),
        "chained": trip(S1, S2, backward="chained"),
        "four": trip(S1, S2, S3),
    }
    losses = {name: round_trip_errors(each.back, label, "paper").numpy() for name, each in trips.items()}
    way_out = trips["two"]
    losses["no way back"] = round_trip_errors(way_out.responses[0], way_out.pseudo_labels[0], "paper").numpy()
    places = {
        "S1": cells(trips["direct"].responses[0]),
        "S2": cells(trips["direct"].responses[1]),
        "S2, asked directly": cells(trips["two, later"].responses[0]),
        "home, two": cells(trips["two"].back),
        "home, chained": cells(trips["chained"].back),
        "home, direct": cells(trips["direct"].back),
    }
    return losses, places


walked = [walk(patches[start : start + 4]) for start in range(0, len(patches), 4)]
losses = {name: np.concatenate([part[0][name] for part in walked]) for name in walked[0][0]}
places = {name: np.concatenate([part[1][name] for part in walked]) for name in walked[0][1]}


# %%
def distance(place, truth):
    """Return the larger of the two errors in y and x, in cells."""
    return np.abs(place - truth).max(axis=-1)


def astray(place, step):
    """Return which of the places (N, 2) in S1 (step 0) or S2 (step 1) are right for nothing that moved."""
    return distance(place[:, None], moves[:, :, step]).min(axis=1) > REACH


lost_first = astray(places["S1"], 0)
lost = lost_first | astray(places["S2"], 1)
home = {way: distance(places[f"home, {way}"], 0) <= REACH for way in ("two", "chained", "direct")}
same_loss = np.isclose(losses["chained"], losses["two"], rtol=1e-5)
mirrored = np.corrcoef(np.log(losses["two"]), np.log(losses["no way back"]))[0, 1]
print(
    f"{lost.sum()} of {len(lost)} trips are deflected, {lost_first.sum()} of them in S1; of these end at home:"
)
print({way: f"{100 * at_home[lost].mean():.0f} %" for way, at_home in home.items()})
print(
    f"chained loss equal to that of two frames, to five digits: {100 * same_loss.mean():.0f} % of all trips"
)
print(f"log loss with the way back and without it: correlation {mirrored:.2f}")

# %% [markdown]
# All deflected trips return to the start over two frames, as section 8.2 explained, and about half of them over
# three frames, direct. Two more predictions hold. The loss of Eq. 6 can be computed almost *without any way back*: it is
# nearly the distance of the response on the way out from a Gaussian at its own peak. And the "unless" of section 8.4
# is rare: for most triplets the chained loss *is* the two-frame loss, to five digits.
#
# A loss is a number, so we can ask more than whether the trip returned: does it sort good trips from bad ones? We
# measure the area under the ROC curve, the probability that a deflected trip has a higher loss than a good one;
# guessing gives one half. The trips of one clip resemble each other, so the bootstrap draws whole clips ([Efron
# 1979](#References "efron1979")).


# %%
def area(scores, bad):
    """Return the probability that a bad trip scores higher than a good one, ties half."""
    gap = scores[bad][:, None] - scores[~bad]
    return float(((gap > 0) + 0.5 * (gap == 0)).mean())


def interval(statistic, draws=1000):
    """Return the 95 % bootstrap interval of statistic(trips) over clips."""
    random = np.random.default_rng(0)
    groups = [np.flatnonzero(clip_of == clip) for clip in range(CLIPS)]
    values = []
    while len(values) < draws:
        chosen = np.concatenate([groups[clip] for clip in random.integers(CLIPS, size=CLIPS)])
        if lost_first[chosen].sum() > 0 and not lost[chosen].all():
            values.append(statistic(chosen))
    return np.percentile(values, [2.5, 97.5])


# %% [markdown]
# Two losses are compared by the difference of their areas on the same trips.


# %%
def compare(one, other, bad):
    """Return the difference of two areas and its interval, one loss minus the other."""
    low, high = interval(lambda k: area(losses[one][k], bad[k]) - area(losses[other][k], bad[k]))
    return area(losses[one], bad) - area(losses[other], bad), low, high


def signed(value):
    """Return two digits with a sign, and no minus before a zero."""
    return f"{round(value, 2) + 0.0:+.2f}"


def verdict(low, high):
    """Return what an interval says; one that comes within 0.005 of zero decides nothing."""
    return "better" if low > 0.005 else "worse" if high < -0.005 else "undecided"


# %% [markdown]
# The table has six losses. `two` goes to S1 and back, and `two, later` to S2 and back. `direct` and `chained` go over S1
# and S2, `four` goes over S1, S2 and S3 and straight back. `no way back` compares the response of S1 with its own
# pseudo-label.

# %%
areas = {name: (area(values, lost), area(values, lost_first)) for name, values in losses.items()}
two_alone = interval(lambda k: area(losses["two"][k], lost[k]))
print(f"{'area under the ROC curve':26}{'lost anywhere':>14}{'lost in S1':>12}")
for name, (anywhere, first) in areas.items():
    print(f"{name:26}{anywhere:14.2f}{first:12.2f}")
print(f"interval of two, lost anywhere: {two_alone[0]:.2f} to {two_alone[1]:.2f}")

# %%
contests = {
    "lost anywhere: direct - two": compare("direct", "two", lost),
    "lost anywhere: direct - two, later": compare("direct", "two, later", lost),
    "lost anywhere: chained - two": compare("chained", "two", lost),
    "lost in S1: direct - two": compare("direct", "two", lost_first),
}
for name, (gap, low, high) in contests.items():
    print(f"{name:36} {signed(gap)} [{signed(low)}, {signed(high)}] {verdict(low, high)}")

# %% [markdown]
# Each curve on the left belongs to a loss. It shows, for every limit on this loss, how many deflected trips lie above the
# limit and how many good ones; the higher the curve, the better the loss sorts. On the right each dot is a trip: look for
# the deflected ones that have a low loss over two frames and a high one over three.

# %% alt="Left, ROC curves of four losses, three frames direct highest; right, the loss of three frames against that of two, deflected trips mostly above the diagonal" tags=["slide"]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for name in ("two", "chained", "direct", "two, later"):
    limits = np.sort(losses[name])[::-1]
    hits = [(losses[name][lost] >= limit).mean() for limit in limits]
    alarms = [(losses[name][~lost] >= limit).mean() for limit in limits]
    left.plot([0, *alarms], [0, *hits], label=f"{name}: {areas[name][0]:.2f}")
left.plot([0, 1], [0, 1], ":", color="0.7")
left.set(xlabel="good trips called bad", ylabel="deflected trips found", title="lost in S1 or S2")
left.legend(fontsize=8, loc="lower right")
for which, color, name in ((~lost, "#56b4e9", "good"), (lost, "#d55e00", "deflected")):
    right.loglog(losses["two"][which], losses["direct"][which], "o", ms=4, color=color, label=name)
ends = [losses["two"].min(), losses["direct"].max()]
right.plot(ends, ends, ":", color="0.7")
right.set(xlabel="loss of two frames (Eq. 6)", ylabel="loss of three, direct (Eq. 8)")
right.legend(fontsize=8)
plt.show()

# %% [markdown]
# The table shows more than the staged scene did.
#
# - **Three frames sort trips better than two**, when the question is whether the trip went wrong *anywhere*. For this
#   the paper's choice holds.
# - **Two frames are better than guessing**: the interval of their area lies above one half. Eq. 6 does not depend on
#   places, but it measures how clean a response was ("no way back" is as good), and a tracker that jumps to something
#   else usually has a poor response. The staged lookalike is an exception: it gives a clean response in the wrong place.
# - **Most of the gain comes from the distance in time.** "Two, later" never sees S1. It tracks further, which is
#   harder, and this alone sorts better. What S1 adds is the second line of the contests, and this is little.
# - **Chained stays close to two frames.** The third contest shows the difference.
# - The question of the paper's Fig. 3 is whether the *first* step went wrong. For this the last line shows no gain:
#   its interval contains zero. Eq. 6 looks at this step only, while Eq. 8 sees it indirectly.
#
# What happens where S1 disagrees? We look at the trips in which the way through S1 and the direct way end more than
# a $\sigma$ apart.

# %%
apart = distance(places["S2"], places["S2, asked directly"]) > REACH
dropped = losses["direct"] >= np.quantile(losses["direct"], 0.9)
through, directly = astray(places["S2"], 1), astray(places["S2, asked directly"], 1)
print(f"{apart.sum()} of {len(apart)} trips disagree")
right_one = {
    "only the way through S1 is right": (~through & directly & apart).sum(),
    "only the direct answer is right": (through & ~directly & apart).sum(),
    "neither": (through & directly & apart).sum(),
    "both (one target, one background)": (~through & ~directly & apart).sum(),
}
for name, count in right_one.items():
    print(f"  {name}: {count}")
share = dropped[apart].mean()
print(f"among the tenth of all trips with the highest loss: {share:.0%} of these")

# %% [markdown]
# In such a trip the gradient pulls the features towards the place where the way through S1 ended, as if this were
# right. In most of these trips it is not right (second and third line of the count). Chapter 09 helps:
# $\mathbf A_{drop}$ leaves out the tenth of the batch with the highest loss, and most disagreements are in this tenth.
# So three frames find the disagreements, and dropping keeps most of them out of training.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# What the section measured: who comes home, which loss sorts better, and where the disagreements are.
assert moves.shape == (180, 2, 3, 2)
assert 8 <= lost.sum() <= 90
assert home["two"][lost].mean() > 0.9
assert home["two"][lost].mean() > home["direct"][lost].mean() + 0.2
assert same_loss.mean() > 0.5
assert mirrored > 0.95
assert contests["lost anywhere: direct - two"][0] > 0
assert two_alone[0] > 0.5
assert compare("two, later", "two", lost)[1] > 0
assert contests["lost in S1: direct - two"][1] < 0 < contests["lost in S1: direct - two"][2]
assert through[apart].mean() > 0.5
assert sum(right_one.values()) == apart.sum() > 0
assert share > 0.5

# %% [markdown]
# ## 8.6 What three frames still miss
#
# **A lookalike that stays.** In the staged scene the target was visible again in S2. What if it stays away in S2,
# too?

# %%
gone = send(stage(hidden=(1, 1)))
for way, name in deflection.WAYS.items():
    print(f"{name:15} loss {gone.losses[way]:3.0f}, ends {np.hypot(*gone.homes[way]):.0f} cells from home")

# %% [markdown]
# All three trips return with a low loss, and all three are wrong: S2 shows the same lookalike as S1, so it confirms
# the error.
#
# **The background.** We let the background count as right. How many of the good trips ended on it?

# %%
on_ground = distance(places["S2"], moves[:, 1, 1]) <= REACH
on_target = distance(places["S2"], moves[:, 0, 1]) <= REACH
ground_share, target_share = on_ground[~lost].mean(), on_target[~lost].mean()
print(f"of the good trips {ground_share:.0%} ended on the background, {target_share:.0%} on the target")

# %% [markdown]
# The patch is mostly background, the background moves in one piece, and tracking it is consistent over two, three or
# any number of frames. So a consistent trip need not have followed an object. The paper counts this among its
# limitations; in tracking, the window of chapter 06 selects the target.
#
# **A network that ignores the picture.** T, S1 and S2 are cut at the same place, so "it stayed in the centre" is
# often nearly right, and a network could give this answer without looking at the picture. We build one that returns
# the same 32 maps for every picture, and one that returns a constant. Third, we take a network that does look
# (random weights) at three *unrelated* textures inside one wide black border, as many videos have one, and for
# comparison at the same textures without the border.

# %%
random = np.random.default_rng(1)
leaves = np.stack([texture("leaves", 125, 125, random) for _ in range(3)])
bordered = np.zeros_like(leaves)
bordered[:, 30:-30, 30:-30] = leaves[:, 30:-30, 30:-30]
untrained = random_weights().network(padded=False)
maps = torch.randn(1, 32, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
cheap = {
    "the same maps for every picture": [maps] * 3,
    "a constant": [torch.ones_like(maps)] * 3,
    "unrelated, one border": deflection.features(bordered, untrained).split(1),
    "unrelated, no border": deflection.features(leaves, untrained).split(1),
}
cheats = {}
for name, (T, *searches) in cheap.items():
    trip = track_forward_backward(T, searches, label)
    steps = [peak_displacement(response[0].numpy()) for response in (*trip.responses, trip.back)]
    cheats[name] = float(round_trip_errors(trip.back, label, "paper"))
    if name != "a constant":
        print(f"{name:33} largest move {np.abs(steps).max():2.0f} cells, loss {cheats[name]:2.0f}")

# %% [markdown]
# The bars compare these four losses with that of a typical trip of section 8.5:

# %% alt="Bars of the loss of three frames: zero for equal maps, high for a constant and for unrelated pictures, about half as high if these have one border, and lower for the median of rendered trips" tags=["slide"]
names = [*cheats, "rendered trips, median"]
values = [*cheats.values(), np.median(losses["direct"])]
figure, axis = plt.subplots(figsize=(7, 2.2), layout="constrained")
drawn = axis.barh(names, values, color=["0.6"] * len(cheats) + ["#56b4e9"])
axis.bar_label(drawn, [f"{value:.0f}" for value in values], padding=3)
axis.margins(x=0.1)
axis.invert_yaxis()
axis.set(xlabel="loss of three frames, direct (Eq. 8)")
plt.show()
energy = float(label.double().square().sum())
print(f"a constant: loss {cheats['a constant']:.0f}; no answer at all: {energy:.0f}")

# %% [markdown]
# The loss of maps that never change is zero: by Eq. 8 the best tracker is one that ignores the picture. Maps that
# are constant over the patch do not have this effect: their loss is nearly that of no answer. A black border has a
# part of it: with unrelated pictures inside the same border no peak is more than two cells from the middle,
# because the border stays in place, and the loss is 45. This is far from zero, but about half of the 86 without a
# border.
#
# Training still works, for three reasons:
#
# - The features of convolutions without padding do not depend on where in the patch they are computed (chapter 06).
# - Borders can be cut off (chapter 10).
# - $\mathbf A_{motion}$ gives hardly any weight to triplets in which nothing moves (chapter 09).
#
# Chapter 11 checks that the trained network has not learned such a shortcut.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# What three frames miss: a lookalike for good, the background, and a network that does not look.
assert np.abs(gone.homes["direct"]).max() <= 2
assert gone.losses["direct"] < min(0.85 * bad.losses["direct"], good.losses["direct"])
assert np.abs(np.subtract(gone.found, bad_scene.lookalike)).max() <= 3
assert ground_share > 0.6
assert target_share < 0.5
assert cheats["the same maps for every picture"] < 0.01
assert 0.95 * energy < cheats["a constant"] < energy
assert cheats["unrelated, one border"] < 0.7 * cheats["unrelated, no border"]

# %% [markdown]
# ## 8.7 Four frames
#
# If three frames are better than two, are four better than three? The journal version, LUDT
# ([Wang et al. 2021](#References "wang2021")), adds a third search patch and keeps the shorter trips. It has three
# losses, back from S1, from S2 and from S3, each *directly* to T, added with weight 1. Three details of its code differ:
#
# - It draws each search frame independently from up to 20 frames after T instead of 10 (ours above: up to 20, in order).
# - It keeps four fifths of each loss's samples instead of nine tenths.
# - Its motion weight has a slip: over four frames it compares $\mathbf R_{\mathbf S_1}$ with the last response, where the
#   shorter trips compare it with the label.
#
# `track_forward_backward` takes any number of search patches, so LUDT is a sum:

# %%
losses["LUDT"] = losses["two"] + losses["direct"] + losses["four"]
for name in ("direct", "four", "LUDT"):
    print(
        f"{name:8} lost anywhere {area(losses[name], lost):.2f}, in S1 {area(losses[name], lost_first):.2f}"
    )
four = compare("LUDT", "direct", lost)
print(f"LUDT - direct: {signed(four[0])} [{signed(four[1])}, {signed(four[2])}] {verdict(*four[1:])}")

# %% [markdown]
# How the sum trains is a different question from how it sorts. It sends a gradient to S1 too, and it combines easy
# and hard trips. LUDT claims that this helps; we do not test it here.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The sum of three losses sorts about as well as the direct one.
assert abs(four[0]) < 0.15
assert four[1] < four[0] < four[2]

# %% [markdown]
# ## 8.8 What the extra frame costs
#
# A patch goes through the network once, however many steps visit it, and the steps share its spectrum. Only the last
# pair carries a gradient, so only two patches have to be kept for the backward pass.


# %%
def work(searches, backward):
    """Return patches through the network, patches with gradient, steps."""
    visits = searches + (1 if backward == "direct" else searches)
    return 1 + searches, 2, visits


print(f"{'':20}{'patches':>9}{'with gradient':>15}{'steps':>6}")
for name, trip in {"two": (1, "direct"), "direct": (2, "direct"), "chained": (2, "chained")}.items():
    print(f"{name:20}{work(*trip)[0]:9}{work(*trip)[1]:15}{work(*trip)[2]:6}")

# %% [markdown]
# If the gradient costs two more passes, two frames are $2\cdot3=6$ passes through the network and three are $6+1=7$,
# a sixth more. The paper names the cost of forward and backward tracking as a drawback. Counted in passes through
# the network it is this sixth, because the way back uses features that have been computed already. The next cell
# times one training step on four triplets; the numbers differ between machines and runs:

# %% tags=["nbval-ignore-output"]
batch = Batch(patches[::45, :3])
steps, times = {}, {}
for name, variant, way in (
    ("two", "single-trajectory+weights", "direct"),
    ("direct", "udt", "direct"),
    ("chained", "udt", "chained"),
):
    settings = TrainingSettings(variant=variant, backward=way, batch=4)
    steps[name], times[name] = (
        TrainingStep(default().network(padded=False), settings, torch.device("cpu")),
        [],
    )
with torch.enable_grad():
    for _ in range(6):  # in turn, so that all three meet the same moments of a busy machine
        for name, step in steps.items():
            began = perf_counter()
            step(batch)
            times[name].append(perf_counter() - began)
seconds = {name: min(took[1:]) for name, took in times.items()}  # the first round only warms up
for name, took in seconds.items():
    print(f"{name:8} {took / seconds['two']:.2f} times the two-frame step")

# %% [markdown]
# ## 8.9 Try it yourself
#
# The static picture shows three settings of the scene, as used above: a good trip, the deflection, and the target
# that never comes back. The maps are the last responses, zero displacement in the middle: grey is 0, white is high,
# black is as far below 0. In the second row the direct one has its peak far away, and a fainter one in the middle.
#
# In JupyterLab the sliders below are live. Hide the target a little less and see when the tracker finds it again; make
# the lookalike less similar; move the target of S2 to the right (`S2_right`).

# %% alt="Three rows of the demo: T, S1, S2 and the last responses of three losses in greys; the direct loss of three frames is large only where the target is hidden in S1 and seen again in S2" tags=["nbval-ignore-output"]
deflection.demo()

# %% [markdown]
# ## 8.10 Exercises
#
# Fill in the stub, then run its check. If the check fails, it describes the likely mistake. Solutions are in
# [solutions/08.py](solutions/08.py).
#
# **Exercise 1 (derive).** Section 8.2 assumed that both patches have the same energy. Now S has `q`$^2$ times the energy of T at
# every frequency, and $\lambda=0$. Given the `response` `(H, W)` on the way out and the `label`, what is the loss of Eq. 6?
# Use no Fourier transform. Then explain: which `q` makes the loss of a wrong trip small, and is it a better trip?
#
# <details class="exercise"><summary>A hint</summary>
#
# On the way out the energy of T is below the fraction line, on the way back that of S. Follow the factor `q`
# through both: where does it cancel, and where does it stay? The pseudo-label depends only on where the peak is.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def return_loss(response, label, q):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.return_loss(return_loss)

# %% [markdown]
# **Exercise 2 (predict).** In a direct trip over three frames the way through S1 ended at `chain`, while T directly
# would say `direct`; both are `(dy, dx)` on maps of `size` x `size` cells (odd). Where does the last response peak,
# as `(dy, dx)`?
#
# <details class="exercise"><summary>A hint</summary>
#
# The last leg starts from where the chain ended, so only the difference between the two matters. What is a
# difference of 40 cells to the right on a circle of 41?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def where_home(chain, direct, size):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.where_home(where_home)

# %% [markdown]
# **Exercise 3 (break and fix).** This is Eq. 8, direct, for one sample; `respond(template, search, label)` is Eq. 4
# and 5. The lines have *two* faults. One was in a published port of the method, where it turned vertical moves into
# horizontal ones.
#
# ```python
# def three_frame_loss(respond, template, first, second, label):
#     label_1 = respond(template, first, label)
#     response = respond(first, second, label_1)
#     row, column = np.unravel_index(response.argmax(), response.shape)
#     label_2 = np.roll(np.roll(label, row), column)
#     return ((respond(second, template, label_2) - label) ** 2).sum()
# ```
#
# <details class="exercise"><summary>A hint</summary>
#
# Which of the labels is a response as it came out, and which is a Gaussian that was moved? For the second fault,
# try a map whose peak moved down only.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def three_frame_loss(respond, template, first, second, label):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.three_frame_loss(three_frame_loss)

# %% [markdown]
# **Exercise 4 (derive).** `area` in section 8.5 compares each bad trip with each good one, and a million trips make too
# large a table. Instead, sort all trips by their loss and give them ranks, 1 for the lowest; equal losses share the mean of
# their ranks. `rank_sum` is the sum of the ranks of the `bad` deflected trips; `good` others took part. Derive the area
# under the ROC curve from these three numbers. Where do ties get their half?
#
# <details class="exercise"><summary>A hint</summary>
#
# The rank of a trip is one more than the number of trips below it. Some of these are bad ones, too: if you add up over all
# bad trips, how many pairs of two bad ones have you counted?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def area_from_ranks(rank_sum, bad, good):
    """Return the probability that a bad trip has a higher loss than a good one, ties half."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.area_from_ranks(area_from_ranks)

# %% [markdown]
# **Exercise 5 (compute).** Write LUDT's loss without its motion weights. `errors` `(3, n)` are those of the trips
# back from S1, S2 and S3. Of each row keep the $(1-\text{share})\,n$ smallest errors (this count rounded, a half
# up) and divide their sum by $n$; then add the three results.
#
# <details class="exercise"><summary>A hint</summary>
#
# Count first: how many of the $n$ errors of a row are kept? Python's `round` rounds a half to the even number, and
# $(1-\text{share})\,n$ can lie a hair below the half in floating point.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def ludt_loss(errors, share):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.ludt_loss(ludt_loss)

# %% [markdown]
# **Exercise 6 (open).** Design a loss over T, S1 and S2 that notices the target that never comes back, or argue that
# without labels there is none. What would a fourth frame have to show?
#
# ## 8.11 Summary

# %% tags=["numbers"]
contest, witness = contests["lost anywhere: direct - two"], contests["lost anywhere: direct - two, later"]
early = contests["lost in S1: direct - two"]
print(f"good_two = {good.losses['two']:.0f}")
print(f"bad_two = {bad.losses['two']:.0f}")
print(f"good_direct = {good.losses['direct']:.0f}")
print(f"bad_direct = {bad.losses['direct']:.0f}")
print(f"bad_chained = {bad.losses['chained']:.0f}")
print(f"gone_direct = {gone.losses['direct']:.0f}")
print(f"trips = {len(lost)}")
print(f"clips = {CLIPS}")
print(f"lost_trips = {lost.sum()}")
print(f"lost_first = {lost_first.sum()}")
print(f"same_share = {100 * same_loss.mean():.0f}")
print(f"home_two = {100 * home['two'][lost].mean():.0f}")
print(f"home_direct = {100 * home['direct'][lost].mean():.0f}")
print(f"area_two = {areas['two'][0]:.2f}")
print(f"area_out = {areas['no way back'][0]:.2f}")
print(f"area_later = {areas['two, later'][0]:.2f}")
print(f"area_direct = {areas['direct'][0]:.2f}")
print(f"area_chained = {areas['chained'][0]:.2f}")
print(f"area_ludt = {area(losses['LUDT'], lost):.2f}")
print(f"gap = {signed(contest[0])}")
print(f"gap_low = {signed(contest[1])}")
print(f"gap_high = {signed(contest[2])}")
print(f"witness = {signed(witness[0])}")
print(f"witness_low = {signed(witness[1])}")
print(f"witness_high = {signed(witness[2])}")
print(f"early = {signed(early[0])}")
print(f"early_low = {signed(early[1])}")
print(f"early_high = {signed(early[2])}")
print(f"quarrels = {apart.sum()}")
print(f"quarrels_dropped = {(apart & dropped).sum()}")
print(f"tenth = {dropped.sum()}")
print(f"on_ground = {100 * ground_share:.0f}")
print(f"blind = {cheats['the same maps for every picture']:.2f}")

# %% [markdown] tags=["summary"]
# - Two frames return to the start from anywhere, because the way back mirrors the way out at its own peak. The
#   staged deflection has the loss 8<!-- bad_two -->, the good trip 18<!-- good_two -->.
# - Going straight back from S2 exposes the deflection: 61 <!-- bad_direct --> against 20<!-- good_direct -->.
#   Going back through S1 does not: 8<!-- bad_chained -->. The chained loss equals that of two frames to five digits in 86
#   <!-- same_share --> % of random triplets.
# - Of 180 <!-- trips --> random trips from 60 <!-- clips --> clips 25 <!-- lost_trips --> are deflected. Of these 100
#   <!-- home_two --> % return to the start with two frames and 56 <!-- home_direct --> % with three, direct.
# - The loss finds them with an area under the ROC curve of 0.73 <!-- area_two --> for two frames (0.73
#   <!-- area_out --> with no way back at all), 0.74 <!-- area_chained --> for chained and 0.88 <!-- area_direct -->
#   for direct: a gain of +0.15<!-- gap -->, interval +0.03 <!-- gap_low --> to +0.25<!-- gap_high -->. Two frames
#   as far apart as T and S2 already have 0.85<!-- area_later -->; S1 adds +0.03 <!-- witness --> (interval +0.01
#   <!-- witness_low --> to +0.06<!-- witness_high -->).
# - For the 15 <!-- lost_first --> trips lost on the first step the gain of three frames is -0.01<!-- early -->,
#   interval -0.10 <!-- early_low --> to +0.07<!-- early_high -->.
# - The way through S1 and the direct way differ in 12 <!-- quarrels --> trips, and 9 <!-- quarrels_dropped --> of
#   these are among the 18 <!-- tenth --> that $\mathbf A_{drop}$ would leave out.
# - Three frames still miss a target that never comes back (loss 9<!-- gone_direct -->), the background (followed by
#   97 <!-- on_ground --> % of the good trips), and a network that ignores the picture, whose loss is 0.00<!-- blind -->.
# - LUDT's three losses over four frames sort with an area of 0.87<!-- area_ludt -->.

# %% [markdown]
# **What comes next.** Every triplet has a loss now, but from some of them nothing can be learned. Chapter 09
# decides how much weight each pair gets (Eq. 9 to 11).

# %% [markdown]
# ## References
#
# - B. Efron. *Bootstrap methods: another look at the jackknife*. The Annals of Statistics 7(1), 1979. <!-- efron1979 -->
# - N. Wang, Y. Song, C. Ma, W. Zhou, W. Liu, H. Li. *Unsupervised deep tracking*. CVPR 2019. <!-- wang2019 -->
# - N. Wang, W. Zhou, Y. Song, C. Ma, W. Liu, H. Li. *Unsupervised deep representation learning for real-time tracking*. International Journal of Computer Vision 129, 2021. <!-- wang2021 -->
