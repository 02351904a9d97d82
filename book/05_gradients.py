# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05. Gradients through a Fourier transform
#
# The filter of chapter 04 is solved, not learned: no weights, one division per frequency. What is learned are
# the features in front of it, and for that the loss must travel back through a division, a sum over channels
# and three Fourier transforms. Frameworks do this for you. Here you do it yourself once, find that it is four
# lines long, and see what the gradient wants.
#
# **You will** differentiate a real loss by a complex number, derive the paper's Eq. 7 term by term, check it
# against two witnesses that know nothing of each other, look at a gradient as a picture, and find out why a
# video in which nothing moves can teach a tracker nothing.
#
# **You need** [chapter 02](02_correlation_filters.ipynb) (spectra, the filter in closed form) and the partial
# derivative. Chapter 04 helps; the two formulas used here are repeated.
#
# Run time: about 8 s on two cores. Downloads: none.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.autograd.graph import saved_tensors_hooks

from udtlib.check import ch05 as check
from udtlib.data.synthetic import render_clip
from udtlib.dcf import DCFLayer, dcf_response, gaussian_label
from udtlib.environment import banner
from udtlib.network import MEAN_RGB, FeatureNetwork
from udtlib.patches import crop
from udtlib.widgets import gradient

torch.set_num_threads(1)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10})
banner()

# %% [markdown]
# ## What we are after
#
# A template teaches the filter, the filter answers a search patch, and the loss compares the answer with a
# wish: half the sum of squared differences. The wish is a Gaussian; where its peak should be is the
# loss's business (in chapter 07 it will come from tracking backward). The gradient that *arrives* at the
# response map is then just answer minus wish. The question of this chapter: what gradient *leaves* at the two
# patches?

# %%
step = gradient.solve(down=3, right=5, asked_down=0, asked_right=0, log10_lambda=-3)
limit = max(np.abs(step.d_template).max(), np.abs(step.d_search).max())
maps = {
    "template": (step.template, "gray", None),
    "search patch,\nmoved by (3, 5)": (step.search, "gray", None),
    "response": (np.fft.fftshift(step.response), "viridis", None),
    "arriving gradient": (np.fft.fftshift(step.error), "RdBu_r", 0.8),
    "d loss / d template": (step.d_template, "RdBu_r", limit),
    "d loss / d search": (step.d_search, "RdBu_r", limit),
}
figure, axes = plt.subplots(1, 6, figsize=(13, 2.6), layout="constrained")
for axis, (title, (values, colours, top)) in zip(axes, maps.items(), strict=True):
    axis.imshow(values, cmap=colours, vmin=None if top is None else -top, vmax=top)
    axis.set_title(title, fontsize=10)
    axis.set_axis_off()
plt.show()

# %% [markdown]
# The tracker found the shift; the loss wished it had stayed at home. So the arriving gradient pushes down
# where the peak is (red) and up where it should be (blue). The two pictures on the right say which pixels of
# the two patches to darken or brighten to make the loss larger; learning walks the other way. They look like
# nothing you would draw by hand: waves, spread over the whole patch, and the template's much stronger than the
# search patch's. By the end of the chapter each of these facts has a formula.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The picture: the response peaks at the shift, and the template's gradient is the stronger one.
assert np.unravel_index(step.response.argmax(), step.response.shape) == (3, 5)
assert np.linalg.norm(step.d_template) > 2 * np.linalg.norm(step.d_search)

# %% [markdown]
# ## A derivative for complex numbers
#
# The loss $L$ is real, the spectra it depends on are complex. The usual complex derivative does not exist for
# such functions: of $|w|^2$, say, the limit depends on the direction from which you approach. But nothing
# stops us from moving the real part $a$ and the imaginary part $b$ of $w=a+ib$ separately. Wirtinger's two
# derivatives are bookkeeping for just that ([Brandwood 1983](#References "brandwood1983")):
#
# $$\frac{\partial L}{\partial w}=\frac12\Big(\frac{\partial L}{\partial a}-i\frac{\partial L}{\partial b}\Big),
# \qquad \frac{\partial L}{\partial w^\star}=\frac12\Big(\frac{\partial L}{\partial a}+i\frac{\partial L}{\partial b}\Big).$$
#
# Their charm: in every rule of differentiation you may treat $w$ and $w^\star$ as if they were two independent
# variables. For $|w|^2=w\,w^\star$ that gives $\partial L/\partial w^\star=w$ at sight. And for real $L$ the two are
# each other's conjugate, so one of them is enough. The change of $L$ under a small step $dw$ is
#
# $$dL=2\,\mathrm{Re}\Big[\Big(\frac{\partial L}{\partial w^\star}\Big)^{\!\star}dw\Big],$$
#
# largest when $dw$ points along $\partial L/\partial w^\star$: the gradient of a complex variable is the derivative by
# its *conjugate*.


# %%
def wirtinger(function, w, h=1e-6):
    """Return dL/dw* by finite differences along the real and the imaginary axis."""
    by_real = (function(w + h) - function(w - h)) / (2 * h)
    by_imaginary = (function(w + 1j * h) - function(w - 1j * h)) / (2 * h)
    return (by_real + 1j * by_imaginary) / 2


w = 0.6 - 1.1j
print("|w|^2      :", np.round(wirtinger(lambda w: abs(w) ** 2, w), 4), " rule:", w)
print("Re(w^2)    :", np.round(wirtinger(lambda w: (w**2).real, w), 4), " rule:", np.conj(w))

# %% [markdown]
# (For the second line write $\mathrm{Re}(w^2)=\frac12(w^2+w^{\star2})$ and differentiate by $w^\star$.) PyTorch stores
# *twice* this, $\partial L/\partial a+i\,\partial L/\partial b$, in `.grad`, so that a step against `.grad` is the step you would
# take on $a$ and $b$.

# %%
leaf = torch.tensor(w, requires_grad=True)
(leaf.abs() ** 2).backward()
print("PyTorch's .grad of |w|^2:", np.round(leaf.grad.item(), 4), " 2w:", 2 * w)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# PyTorch stores twice Wirtinger's derivative.
assert np.isclose(leaf.grad.item(), 2 * wirtinger(lambda w: abs(w) ** 2, w))
assert np.isclose(leaf.grad.item(), 2 * w)

# %% [markdown]
# ## Crossing the transform
#
# One identity carries a gradient across a Fourier transform. Sums of products are the same on both sides,
# up to the number of pixels (Parseval): for real maps $\mathbf P,\mathbf Q$ of $H\times W$ pixels
#
# $$\sum_{u,v}\mathbf P\,\mathbf Q=\frac1{HW}\,\mathrm{Re}\sum\hat{\mathbf P}^\star\hat{\mathbf Q}
# \;=:\;\langle\hat{\mathbf P},\hat{\mathbf Q}\rangle .$$
#
# The loss changes by $dL=\sum \mathbf G\,d\mathbf R$, where $\mathbf G=\partial L/\partial\mathbf R$ is the arriving gradient, so
#
# $$dL=\langle\hat{\mathbf G},d\hat{\mathbf R}\rangle .\tag{a}$$
#
# Read it backward and it is a recipe. *Whenever you manage to write $dL$ as $\langle\hat{\mathbf Q},d\hat{\mathbf X}\rangle$ for some
# map $\mathbf X$, then $\hat{\mathbf Q}$ is the spectrum of $\partial L/\partial\mathbf X$*, and one inverse transform finishes the job. No
# factors of two or $HW$ to lose: they sit inside the bracket. To move things across the bracket we need two rules,
# which you can check in your head from $\mathrm{Re}(u)=\mathrm{Re}(u^\star)$:
#
# $$\langle\hat{\mathbf G},\,\hat{\mathbf M}\odot d\hat{\mathbf X}\rangle=\langle\hat{\mathbf M}^\star\odot\hat{\mathbf G},\,d\hat{\mathbf X}\rangle,
# \qquad
# \langle\hat{\mathbf G},\,\hat{\mathbf N}\odot d\hat{\mathbf X}^\star\rangle=\langle\hat{\mathbf N}\odot\hat{\mathbf G}^\star,\,d\hat{\mathbf X}\rangle .\tag{b}$$
#
# The second rule is Wirtinger's $w^\star$ at work: a conjugated variable sends back a conjugated gradient.


# %%
def inner(p, q):
    """Return <P, Q> of two full spectra (H, W): the sum of products of the maps behind them."""
    return (p.conj() * q).sum().real / p.size


rng = np.random.default_rng(0)
P, Q = rng.standard_normal((2, 7, 6))
p, q = np.fft.fft2(P), np.fft.fft2(Q)
m, n = np.fft.fft2(rng.standard_normal((2, 7, 6)))
sides = {
    "Parseval": (inner(p, q), (P * Q).sum()),
    "rule one": (inner(p, m * q), inner(m.conj() * p, q)),
    "rule two": (inner(p, n * q.conj()), inner(n * p.conj(), q)),
}
for name, (left, right) in sides.items():
    print(f"{name}: left {left:.4f}, right {right:.4f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Parseval and both rules of (b) hold on these maps.
for left, right in sides.values():
    assert np.isclose(left, right)

# %% [markdown]
# ## Equation 7, term by term
#
# The layer, once more (Eq. 4 and 5 with their sum over channels, [Wang et al. 2019](#References "wang2019")):
# $\mathbf X_c$ are the template's features, $\mathbf Z_c$ the search patch's, $\mathbf Y$ the label,
#
# $$\hat{\mathbf K}=\sum_c|\hat{\mathbf X}_c|^2+\lambda,\qquad \hat{\mathbf W}_c=\frac{\hat{\mathbf X}_c\odot\hat{\mathbf Y}^\star}{\hat{\mathbf K}},\qquad
# \hat{\mathbf R}=\sum_c\hat{\mathbf W}_c^\star\odot\hat{\mathbf Z}_c .$$


# %%
def forward(x, z, y, ridge):
    """Return the spectra of filter and response for spectra x, z of shape (C, H, W) and y of (H, W)."""
    energy = (np.abs(x) ** 2).sum(0) + ridge
    filter_spectrum = x * y.conj() / energy
    return filter_spectrum, (filter_spectrum.conj() * z).sum(0), energy


# %% [markdown]
# **Search patch.** $\hat{\mathbf R}$ is linear in $\hat{\mathbf Z}_c$, so $d\hat{\mathbf R}=\hat{\mathbf W}_c^\star\odot d\hat{\mathbf Z}_c$. Put it into (a), move
# $\hat{\mathbf W}_c^\star$ across with the first rule of (b), done:
#
# $$\frac{\partial L}{\partial\mathbf Z_c}=\mathscr F^{-1}\big(\hat{\mathbf G}\odot\hat{\mathbf W}_c\big).\tag{7, search}$$
#
# Forward we *correlate* the search patch with the filter; backward we *convolve* the arriving gradient with it.


# %%
def search_gradient(g, filter_spectrum):
    """Return dL/dZ (C, H, W) from the arriving gradient's spectrum (H, W) and the filter's (C, H, W)."""
    return np.fft.ifft2(g * filter_spectrum).real


# %% [markdown]
# **Template.** It enters twice: through $\hat{\mathbf X}_c^\star$ in the numerator and through $\hat{\mathbf K}$ below. Write
# $\hat{\mathbf R}=\hat{\mathbf Y}\sum_c\hat{\mathbf X}_c^\star\hat{\mathbf Z}_c/\hat{\mathbf K}$ and use the quotient rule, with
# $d\hat{\mathbf K}=\hat{\mathbf X}_c^\star d\hat{\mathbf X}_c+\hat{\mathbf X}_c\,d\hat{\mathbf X}_c^\star$:
#
# $$d\hat{\mathbf R}=\underbrace{-\frac{\hat{\mathbf R}\hat{\mathbf X}_c^\star}{\hat{\mathbf K}}}_{\hat{\mathbf M}}\,d\hat{\mathbf X}_c
# +\underbrace{\frac{\hat{\mathbf Y}\hat{\mathbf Z}_c-\hat{\mathbf R}\hat{\mathbf X}_c}{\hat{\mathbf K}}}_{\hat{\mathbf N}}\,d\hat{\mathbf X}_c^\star .$$
#
# Rule one for the first term, rule two for the second:
#
# $$\frac{\partial L}{\partial\mathbf X_c}=\mathscr F^{-1}\big(\hat{\mathbf M}^\star\odot\hat{\mathbf G}+\hat{\mathbf N}\odot\hat{\mathbf G}^\star\big).\tag{7, template}$$
#
# These are the two terms of the paper's Eq. 7: one derivative by the conjugated spectrum, and one by the spectrum,
# conjugated. The search patch needs one term only because $\hat{\mathbf R}$ does not contain $\hat{\mathbf Z}_c^\star$.


# %%
def template_gradient(g, x, z, y, ridge):
    """Return dL/dX (C, H, W): both terms of Eq. 7, as derived."""
    _, response, energy = forward(x, z, y, ridge)
    m = -response * x.conj() / energy
    n = (y * z - response * x) / energy
    return np.fft.ifft2(m.conj() * g + n * g.conj()).real


# %% [markdown]
# Both terms contain $\hat{\mathbf X}_c/\hat{\mathbf K}$, once with $-\hat{\mathbf G}\hat{\mathbf R}^\star$ and once with its conjugate. A number plus its
# conjugate is twice its real part, so they collect into the form the library computes:
#
# $$\frac{\partial L}{\partial\mathbf X_c}=\mathscr F^{-1}\Big(\frac{\hat{\mathbf G}^\star\hat{\mathbf Y}\hat{\mathbf Z}_c-2\,\mathrm{Re}(\hat{\mathbf G}\hat{\mathbf R}^\star)\,\hat{\mathbf X}_c}{\hat{\mathbf K}}\Big).\tag{7, collected}$$


# %%
def template_gradient_collected(g, x, z, y, ridge):
    """Return dL/dX (C, H, W) with the two terms collected."""
    _, response, energy = forward(x, z, y, ridge)
    pull = 2 * (g * response.conj()).real
    return np.fft.ifft2((g.conj() * y * z - pull * x) / energy).real


# %% [markdown]
# ## Three witnesses
#
# A derivation that only agrees with itself proves little. Take three channels of 9 x 8 random numbers, an arriving
# gradient from a squared error, and ask: our NumPy lines on full spectra; PyTorch's autograd, which
# differentiates every operation one by one; and finite differences, which know no calculus at all.

# %%
X, Z = rng.standard_normal((2, 3, 9, 8))
Y = np.asarray(gaussian_label(9, 8, 1.5), dtype=np.float64)
x, z, y, ridge = np.fft.fft2(X), np.fft.fft2(Z), np.fft.fft2(Y), 0.5


def loss_of(X, Z):
    """Return half the squared distance of the response to the label."""
    _, response, _ = forward(np.fft.fft2(X), np.fft.fft2(Z), y, ridge)
    return 0.5 * ((np.fft.ifft2(response).real - Y) ** 2).sum()


filter_spectrum, response, _ = forward(x, z, y, ridge)
g = np.fft.fft2(np.fft.ifft2(response).real - Y)
by_hand = template_gradient(g, x, z, y, ridge), search_gradient(g, filter_spectrum)
collected = template_gradient_collected(g, x, z, y, ridge)
print(
    f"gradients up to {np.abs(by_hand[0]).max():.3f}; collected, off by {np.abs(by_hand[0] - collected).max():.6f}"
)


# %%
def by_framework(backward):
    """Return dL/dX, dL/dZ from `udtlib.dcf` with one of its two backward passes."""
    leaves = [torch.tensor(a[None], requires_grad=True) for a in (X, Z)]
    answer = dcf_response(*leaves, torch.tensor(Y), ridge, normalise=False, backward=backward)
    (0.5 * (answer - torch.tensor(Y)).square().sum()).backward()
    return [leaf.grad[0].numpy() for leaf in leaves]


def by_differences(h=1e-5):
    """Return dL/dX, dL/dZ by moving one number at a time."""
    found = [np.zeros_like(X), np.zeros_like(Z)]
    for index in np.ndindex(X.shape):
        bump = np.zeros_like(X)
        bump[index] = h
        found[0][index] = (loss_of(X + bump, Z) - loss_of(X - bump, Z)) / (2 * h)
        found[1][index] = (loss_of(X, Z + bump) - loss_of(X, Z - bump)) / (2 * h)
    return found


# %%
witnesses = {
    "PyTorch, operation by operation": by_framework("autograd"),
    "udtlib, closed form on half spectra": by_framework("closed-form"),
    "finite differences": by_differences(),
}
off = {}
for name, gradients in witnesses.items():
    off[name] = [np.abs(a - b).max() / np.abs(a).max() for a, b in zip(by_hand, gradients, strict=True)]
    print("{:36s} off by {:.6f} (template) and {:.6f} (search) of the largest".format(name, *off[name]))

# %% [markdown]
# The library works on half spectra (`rfft2`): the other half of a real map's spectrum is its mirror image. You
# might fear that each mirrored frequency must then be counted twice. It must in the *bracket*, which is a sum over
# frequencies (exercise 4). It must not in Eq. 7, which never sums over frequencies: it is a recipe for the
# gradient's spectrum, one frequency at a time, and `irfft2` restores the mirrored half.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# All witnesses agree: to rounding, finite differences to what their step allows.
assert np.allclose(by_hand[0], collected, rtol=1e-12, atol=1e-14)
for name, errors in off.items():
    assert max(errors) <= (1e-6 if name == "finite differences" else 1e-10), name

# %% [markdown]
# ## Why the template shouts
#
# In the first picture the template's gradient was far stronger. Read the formulas: both carry $1/\hat{\mathbf K}$ once,
# but $\hat{\mathbf R}\hat{\mathbf X}_c/\hat{\mathbf K}$ in the template's is a *second* division (there is one inside $\hat{\mathbf R}$). Where the template
# has little energy, at frequencies it hardly contains, $\hat{\mathbf K}$ is barely more than $\lambda$ and the loss is very sensitive to it. The
# waves in the picture are those few frequencies. $\lambda$ sets the volume:

# %%
exponents = np.arange(-5, 3)
strength = {"template": [], "search patch": []}
for exponent in exponents:
    solved = gradient.solve(3, 5, 3, 5, float(exponent))
    strength["template"].append(np.linalg.norm(solved.d_template))
    strength["search patch"].append(np.linalg.norm(solved.d_search))
ratio = np.divide(strength["template"], strength["search patch"])

figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for (name, norms), marker in zip(strength.items(), "os", strict=True):
    axis.loglog(10.0**exponents, norms, marker=marker, label=name)
axis.set(xlabel=r"$\lambda$, relative to the number of pixels", ylabel="norm of the gradient")
axis.legend()
plt.show()
print("template over search patch, smallest lambda:", f"{ratio[0]:.0f}", " largest:", f"{ratio[-1]:.1f}")

# %% [markdown]
# Raise $\lambda$ and the template quietens down, until the two speak with one voice. In training $\lambda$ is small; what
# keeps the template's gradient in bounds there is that 32 channels share one $\hat{\mathbf K}$: a frequency must be missing from all of
# them before it becomes loud.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plot: for small lambda the template's gradient is far the larger, for large lambda the smaller.
assert ratio[0] > 10 > 1 > ratio[-1]

# %% [markdown]
# ## A surprise: nothing moved
#
# Now the network comes in: $\varphi_\theta$, two convolutions, random weights, the *same* weights for both patches. Its
# gradient is the sum of what template and search patch send back. Three pairs of patches from one clip, and for
# each the loss asks for a peak 6 cells away from the truth, so all three losses are large:
#
# 1. the target in frames 10 frames apart,
# 2. in neighbouring frames,
# 3. twice the very same patch.
#
# **Predict** before you run the cell: compared with pair 1, the weights' gradient of pair 3 is …
# `"larger"`, `"about the same"`, `"a tenth"`, or `"almost nothing"`?

# %%
my_guess = "about the same"

# %%
clip = render_clip(frames=20, seed=3, deformation=0.5, in_plane_rotation=0.5)


def patch(index):
    """Return frame ``index`` around the target as network input (1, 3, 125, 125)."""
    left, top, width, height = clip.boxes[0]
    side = 3 * (width * height) ** 0.5
    box = (left + width / 2 - side / 2, top + height / 2 - side / 2, side, side)
    rgb = crop(clip.frames[index], box, (125, 125)).astype(np.float32) - np.float32(MEAN_RGB)
    return torch.from_numpy(rgb).permute(2, 0, 1)[None]


plt.figure(figsize=(9, 3.1))
for k, index in enumerate((0, 1, 10)):
    plt.subplot(1, 3, k + 1)
    plt.imshow((patch(index)[0].permute(1, 2, 0).numpy() + MEAN_RGB).astype(np.uint8))
    plt.title(f"frame {index}")
    plt.axis("off")
plt.show()

# %%
network = FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0))
layer = DCFLayer(network)
wish = gaussian_label(121, 121, layer.sigma).roll(6, dims=1)


def weight_gradient(first, second):
    """Return loss and norm of the weights' gradient for one pair of frames."""
    network.zero_grad()
    loss = 0.5 * (layer(patch(first), patch(second))[0] - wish).square().sum()
    loss.backward()
    return loss.item(), torch.cat([p.grad.flatten() for p in network.parameters()]).norm().item()


pairs = {"frames 0 and 10": (0, 10), "frames 0 and 1": (0, 1), "frame 0 twice": (0, 0)}
losses, norms = zip(*(weight_gradient(*pair) for pair in pairs.values()), strict=True)

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained", sharey=True)
for axis, values, title in zip(axes, (losses, norms), ("loss", "norm of the weights' gradient"), strict=True):
    axis.barh(list(pairs), values, color=["#0072b2", "#56b4e9", "#d55e00"])
    axis.set_title(title)
axes[0].invert_yaxis()
plt.show()
share = norms[2] / norms[0]
answer = "almost nothing" if share < 0.03 else "a tenth" if share < 0.3 else "about the same"
for name, loss, norm in zip(pairs, losses, norms, strict=True):
    print(f"{name:15} loss {loss:.0f}, gradient {norm:.1f}")
print(f"You said {my_guess!r}; it is {answer!r}, though the loss is still large.")

# %% [markdown]
# If you guessed from the size of the loss you are in good company. Here is the reason, in one line of the algebra above: with
# $\mathbf Z=\mathbf X$ and small $\lambda$, $\hat{\mathbf R}=\hat{\mathbf Y}\,|\hat{\mathbf X}|^2/(|\hat{\mathbf X}|^2+\lambda)\approx\hat{\mathbf Y}$ *whatever the features are*. No change of
# $\varphi$ that acts on both patches alike moves the response, so the two gradients cancel. Look at the
# bottom row of the demo below: one is the negative of the other.
#
# A still video therefore costs computing time and returns nothing. This is why the paper weighs pairs by how much
# they move ($\mathbf A_{motion}$, chapter 09), and why the loss on its own says little about how much a network can still
# learn.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The bars: the loss of the still pair is large, and its gradient next to nothing.
assert losses[2] > 0.3 * losses[0]
assert answer == "almost nothing"

# %% [markdown]
# ## See it move
#
# Each row of the static picture is one setting; in JupyterLab the sliders below it are live. Try: equal shift and wish
# (top), a wish the patches contradict (middle), no motion (bottom); then raise $\lambda$.

# %% tags=["nbval-ignore-output"]
gradient.demo()

# %% [markdown]
# ## Where it goes wrong
#
# Three mistakes that look harmless in code. **No conjugate**: $\hat{\mathbf G}$ where $\hat{\mathbf G}^\star$ belongs in the template's formula.
# **Frozen denominator**: $\hat{\mathbf K}$ treated as a constant, as if the filter's normaliser were not made of features.
# **One term only**: the search formula's shape used for the template. We let each of them walk downhill on the template's
# own pixels, 60 steps of a fixed length, and record the loss.

# %%
wanted = np.roll(np.asarray(gaussian_label(64, 64, 3.0), np.float64), (2, 3), (0, 1))
Y64, start, seen = np.roll(wanted, (-2, -3), (0, 1)), gradient.look(0, 0), gradient.look(3, 5)
z, y, ridge = np.fft.fft2(seen), np.fft.fft2(Y64), 40.0


def candidates(x, g):
    """Return the correct template gradient and three wrong ones, each (H, W)."""
    _, response, energy = forward(x[None], z[None], y, ridge)
    pull = 2 * (g * response.conj()).real * x
    spectra = {
        "Eq. 7": (g.conj() * y * z - pull) / energy,
        "no conjugate": (g * y * z - pull) / energy,
        "frozen denominator": g.conj() * y * z / energy,
        "one term only": -g * response.conj() * x / energy,
    }
    return {name: np.fft.ifft2(spectrum).real for name, spectrum in spectra.items()}


def descend(name, steps=60, length=0.2):
    """Return the losses while walking down the gradient called ``name``, ``length`` a step."""
    template, losses = start.copy(), []
    for _ in range(steps):
        x = np.fft.fft2(template)
        error = np.fft.ifft2(forward(x[None], z[None], y, ridge)[1]).real - wanted
        direction = candidates(x, np.fft.fft2(error))[name]
        losses.append(0.5 * (error**2).sum())
        template = template - length * direction / np.linalg.norm(direction)
    return np.array(losses)


# %%
curves = {name: descend(name) for name in ("Eq. 7", "no conjugate", "frozen denominator", "one term only")}
figure, axis = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
for (name, curve), style in zip(curves.items(), ("-", "--", "-.", ":"), strict=True):
    axis.plot(curve, style, linewidth=2, label=name)
axis.set(xlabel="steps", ylabel="loss")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
last = {name: curve[-1] for name, curve in curves.items()}
print("last:", {name: f"{value:.1f}" for name, value in last.items()})
print(f"with the denominator frozen the loss had been down to {min(curves['frozen denominator']):.1f}")

# %% [markdown]
# Two of the three stall or climb. But look at the third: with half of Eq. 7 missing the loss goes down almost as it should. The
# formula says why. The missing term is $\hat{\mathbf Y}\hat{\mathbf Z}_c-\hat{\mathbf R}\hat{\mathbf X}_c$ over $\hat{\mathbf K}$, and for two patches that resemble each other
# $\hat{\mathbf Z}\approx\hat{\mathbf X}$ up to a shift, $\hat{\mathbf R}\approx\hat{\mathbf Y}$ up to the same shift: the difference is small. A falling loss is no proof of a right
# gradient. The finite difference is, which is why it is the first test to write.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The curves: Eq. 7 goes lowest, one term nearly as low; the other two stall, or climb again.
assert last["Eq. 7"] == min(last.values())
assert last["one term only"] < 2 * last["Eq. 7"]
assert min(last["no conjugate"], last["frozen denominator"]) > 3 * last["Eq. 7"]
assert last["frozen denominator"] > min(curves["frozen denominator"])

# %% [markdown]
# ## What the closed form is good for
#
# If autograd gives the same numbers, why write Eq. 7 at all? Because autograd keeps what every small step will
# need on the way back: each product, each conjugate, the filter. Eq. 7 needs the two spectra and three single-channel
# maps. We count what is kept, for a batch of 8 pairs of the size used in training:

# %%
features = torch.randn(2, 8, 32, 121, 121, generator=torch.Generator().manual_seed(1))
label = gaussian_label(121, 121, 4.1667)


def kept_bytes(backward):
    """Return how many bytes of tensors the backward pass holds on to, each stored block counted once."""
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage
        return tensor

    template, search = (f.clone().requires_grad_() for f in features)
    with saved_tensors_hooks(note, lambda tensor: tensor):
        answer = dcf_response(template, search, label, backward=backward)
    total = sum(storage.nbytes() for storage in kept.values())
    assert answer.requires_grad
    return total


memory = {name: kept_bytes(name) / 2**20 for name in ("autograd", "closed-form")}
print({name: f"{size:.0f} MiB" for name, size in memory.items()})

# %% [markdown]
# Time is a closer race, since the transforms dominate and both need them. The ratio depends on the machine; here is yours,
# medians of interleaved runs:

# %% tags=["nbval-ignore-output"]
from time import perf_counter


def seconds(backward):
    """Return the duration of one pass forward and back."""
    template, search = (f.clone().requires_grad_() for f in features)
    start = perf_counter()
    dcf_response(template, search, label, backward=backward).square().sum().backward()
    return perf_counter() - start


runs = np.array([[seconds(name) for name in memory] for _ in range(6)])[1:]
print(f"autograd takes {np.median(runs[:, 0] / runs[:, 1]):.2f} times as long as the closed form")

# %% [markdown]
# The price: a closed form can be differentiated once. Ask for a second derivative and it says so instead of
# returning a silent zero; `backward="autograd"` is there for those who need one.

# %%
pair = [features[k, :1, :2, :9, :9].clone().requires_grad_() for k in range(2)]
loss = dcf_response(*pair, gaussian_label(9, 9, 1.0)).square().sum()
(first,) = torch.autograd.grad(loss, pair[0], create_graph=True)
try:
    first.sum().backward()
    second_derivative = "silent"
except RuntimeError:
    second_derivative = "refused"
print("second derivative through the closed form:", second_derivative)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The closed form says that it cannot be differentiated twice.
assert second_derivative == "refused"

# %% [markdown]
# ## Exercises
#
# Fill in a stub, run it and the cell below it: silence is success. Solutions are in
# [solutions/05.py](solutions/05.py).
#
# **1. Both axes (compute).** Return $\partial L/\partial w^\star$ of a real function of one complex number by central differences.


# %% tags=["exercise", "raises-exception"]
def conjugate_derivative(function, w):
    """Return dL/dw* of ``function(w)`` -> float at the complex number ``w``, to 1e-5."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.conjugate_derivative(conjugate_derivative)

# %% [markdown]
# **2. The regulariser has a gradient too (derive).** How does the loss change with $\lambda$? Start from (a) with
# $d\hat{\mathbf R}=-\hat{\mathbf R}\,d\lambda/\hat{\mathbf K}$.


# %% tags=["exercise", "raises-exception"]
def lambda_gradient(g, response, energy):
    """Return dL/dlambda (a float) from full spectra (H, W) of arriving gradient and response, and K (H, W)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.lambda_gradient(lambda_gradient)

# %% [markdown]
# **3. Find the bug (break and fix).** A colleague's template gradient passes on one channel and fails on three:
# he used $\hat{\mathbf R}_c=\hat{\mathbf W}_c^\star\hat{\mathbf Z}_c$, each channel's own response, where the sum belongs. Write it so that it is right for any
# number of channels.


# %% tags=["exercise", "raises-exception"]
def template_gradient_any(g, x, z, y, ridge):
    """Return dL/dX (C, H, W) from full spectra g, y (H, W) and x, z (C, H, W)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.template_gradient_any(template_gradient_any)

# %% [markdown]
# **4. Half a spectrum (compute).** Return the bracket $\langle\hat{\mathbf P},\hat{\mathbf Q}\rangle$ from the half planes that `rfft2` gives. Which
# columns stand for two frequencies, which for one? (It depends on whether the width is even.)


# %% tags=["exercise", "raises-exception"]
def inner_half(p, q, width):
    """Return <P, Q> from half planes (H, width//2 + 1) of two real maps (H, width)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.inner_half(inner_half)

# %% [markdown]
# **5. (Open)** The still pair has no gradient for shared weights. Give template and search patch *different* networks:
# does the argument still hold? What could such a pair of networks learn from still video, and would you want it?

# %% tags=["numbers"]
print(f"autograd_mib = {memory['autograd']:.0f}")
print(f"closed_mib = {memory['closed-form']:.0f}")
print(f"memory_ratio = {memory['autograd'] / memory['closed-form']:.1f}")
print(f"parameters = {sum(p.numel() for p in network.parameters()):,}")
print(f"still_percent = {int(np.ceil(100 * share))}")

# %% [markdown] tags=["summary"]
# ## Summary
#
# - The gradient of a real loss by a complex number is the derivative by its conjugate; with the bracket
#   $\langle\cdot,\cdot\rangle$ it crosses a Fourier transform without a stray factor.
# - Eq. 7 is one term for the search patch and two for the template, because the template's spectrum appears with its
#   conjugate. By hand, by autograd, by half spectra and by finite differences it is the same gradient.
# - The template's gradient is the louder one, at frequencies where it has little energy; $\lambda$ turns it down.
# - A pair in which nothing moved sends less than 1 <!-- still_percent --> % of the gradient of a moving one to the shared weights.
# - Kept for the way back: autograd 87 <!-- autograd_mib --> MiB, the closed form 30 <!-- closed_mib --> MiB.
#
# **Next:** chapter 06 puts the layer to work frame after frame.

# %% [markdown]
# ## References
#
# - D. H. Brandwood. *A complex gradient operator and its application in adaptive array theory*. IEE Proceedings F and H 130, 1983. <!-- brandwood1983 -->
# - N. Wang et al. *Unsupervised Deep Tracking*. CVPR 2019. <!-- wang2019 -->
