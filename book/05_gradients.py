# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 05 Gradients through a Fourier transform
#
# The filter of chapter 04 is not learned by gradient descent. It has a closed form, one division per frequency. What
# training changes are the features in front of it, so the gradient of the loss must travel back through a division,
# a sum over channels and three Fourier transforms. Deep-learning frameworks do this for you. In this chapter you do
# it yourself once. The result is four lines of code, and it shows what the gradient depends on.
#
# **Goals.** After this chapter you can *differentiate* a real loss by a complex number, *derive* the paper's Eq. 7 term
# by term, *check* it against autograd and against finite differences, *read* a gradient as a picture, and *explain*
# which pairs of patches can change a network.
#
# **Prerequisites.** [Chapter 02](02_correlation_filters.ipynb) (spectra, the filter in closed form) and partial
# derivatives. Chapter 04 helps, but the two formulas used here are repeated.
#
# Run time: about 7 s on two cores. Downloads: none.

# %%
from udtlib.pipeline import you_are_here

you_are_here("filter", "response")

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.autograd.graph import saved_tensors_hooks

from udtlib.boxes import center
from udtlib.check import ch05 as check
from udtlib.data.synthetic import render_clip
from udtlib.dcf import DCFLayer, dcf_response, gaussian_label
from udtlib.environment import banner
from udtlib.network import MEAN_RGB, FeatureNetwork
from udtlib.patches import crop
from udtlib.widgets import gradient
from udtlib.widgets.in_browser import one_frequency

torch.set_num_threads(1)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10})
banner()

# %% [markdown]
# ## 5.1 What we are after
#
# The filter is computed from a template and applied to a search patch. The loss compares the response with the
# response we wanted: it is half the sum of squared differences. The wanted response is a Gaussian. Where its peak
# should be is part of the loss; in chapter 07 this place will come from tracking backward.
#
# The gradient of this loss with respect to the response map is the response minus the wanted response. We call it the
# *arriving* gradient. This chapter asks what gradient reaches the two patches from there. In the figure the upper row
# is the way forward, the lower row the three gradients: red is positive, blue negative. Zero displacement is in the
# middle of the response and of the arriving gradient.

# %% alt="Template, search patch, response and the gradients at the response, the template and the search patch, each with a colour bar" tags=["slide"]
step = gradient.solve(down=3, right=5, asked_down=0, asked_right=0, log10_lambda=-3)
maps = {
    "template": (step.template, "gray"),
    "search patch, moved by (3, 5)": (step.search, "gray"),
    "response": (np.fft.fftshift(step.response), "viridis"),
    "arriving gradient": (np.fft.fftshift(step.error), "RdBu_r"),
    "d loss / d template": (step.d_template, "RdBu_r"),
    "d loss / d search": (step.d_search, "RdBu_r"),
}
figure, axes = plt.subplots(2, 3, figsize=(10, 6.4), layout="constrained")
for axis, (title, (values, colours)) in zip(axes.flat, maps.items(), strict=True):
    signed = colours == "RdBu_r"  # zero is white; every map has its own scale
    top = np.abs(values).max()
    drawn = axis.imshow(values, cmap=colours, vmin=-top if signed else None, vmax=top if signed else None)
    norm = f"\nnorm {np.linalg.norm(values):.1f}" if signed else ""
    axis.set_title(title + norm, fontsize=10)
    axis.set_axis_off()
    figure.colorbar(drawn, ax=axis, shrink=0.8)
plt.show()

# %% [markdown]
# The response peaks at the shift, but this loss asked for a peak at zero displacement. So the arriving gradient is
# positive at the peak (red: lower the response here) and negative at zero displacement (blue: raise it here). The
# two pictures beside it show which pixels of the two patches to brighten or darken to make the loss larger;
# learning goes the opposite way.
#
# By the end of the chapter you can explain three observations with a formula. The template's gradient looks like one
# wave that covers the whole patch. The search patch's looks like several waves on top of each other. And the template's
# gradient is much stronger, as the norms above the maps say.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The picture: the response peaks at the shift, and the template's gradient is the stronger one.
assert np.unravel_index(step.response.argmax(), step.response.shape) == (3, 5)
assert np.linalg.norm(step.d_template) > 2 * np.linalg.norm(step.d_search)

# %% [markdown]
# ## 5.2 A derivative for complex numbers
#
# What is a gradient with respect to a spectrum? This section defines it for one complex number, and shows what PyTorch
# stores for it.
#
# The loss $L$ is real and the spectra it depends on are complex. The usual complex derivative does not exist for such
# functions: for $|w|^2$, for example, the limit depends on the direction from which you approach. But we can move the
# real part $a$ and the imaginary part $b$ of $w=a+\mathrm ib$ separately. *Wirtinger's* two derivatives combine the two
# partial derivatives ([Brandwood 1983](#References "brandwood1983")):
#
# $$\frac{\partial L}{\partial w}=\frac12\Big(\frac{\partial L}{\partial a}-\mathrm i\frac{\partial L}{\partial b}\Big),
# \qquad \frac{\partial L}{\partial w^\star}=\frac12\Big(\frac{\partial L}{\partial a}+\mathrm i\frac{\partial L}{\partial b}\Big).$$
#
# They are convenient because in every rule of differentiation you may treat $w$ and $w^\star$ as if they were two
# independent variables. For $|w|^2=w\,w^\star$ this gives $\partial L/\partial w^\star=w$ immediately. For real $L$
# the two derivatives are each other's conjugates, so one of them is enough. The change of $L$ under a small step
# $dw$ is
#
# $$dL=2\,\mathrm{Re}\Big[\Big(\frac{\partial L}{\partial w^\star}\Big)^{\!\star}dw\Big].$$
#
# For a step of fixed length this is largest when $dw$ points along $\partial L/\partial w^\star$. So the gradient
# with respect to a complex variable is the derivative by its *conjugate*.


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
# The rule in the second line follows from $\mathrm{Re}(w^2)=\frac12(w^2+w^{\star2})$, differentiated by $w^\star$.
# PyTorch stores *twice* Wirtinger's derivative, $\partial L/\partial a+\mathrm i\,\partial L/\partial b$, in `.grad`. A
# step against `.grad` is then the same as a gradient step on $a$ and $b$.

# %%
leaf = torch.tensor(w, requires_grad=True)
(leaf.abs() ** 2).backward()
print("PyTorch's .grad of |w|^2:", np.round(leaf.grad.item(), 4), " 2w:", 2 * w)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# PyTorch stores twice Wirtinger's derivative.
assert np.isclose(leaf.grad.item(), 2 * wirtinger(lambda w: abs(w) ** 2, w))
assert np.isclose(leaf.grad.item(), 2 * w)

# %% [markdown]
# ## 5.3 Crossing the transform
#
# The loss is computed from the response, a map of pixels, but the filter in the Fourier domain. So the gradient has to
# cross a Fourier transform, and this section finds the rules for it.
#
# One identity is enough. By Parseval's theorem the sum of products of two maps
# equals the sum of products of their spectra, divided by the number of pixels. For real maps $\mathbf U,\mathbf V$
# of $H\times W$ pixels
#
# $$\sum_{u,v}\mathbf U\,\mathbf V=\frac1{HW}\,\mathrm{Re}\sum\hat{\mathbf U}^\star\hat{\mathbf V}
# \;=:\;\langle\hat{\mathbf U},\hat{\mathbf V}\rangle .$$
#
# The loss changes by $dL=\sum \mathbf G\,d\mathbf R$, where $\mathbf G=\partial L/\partial\mathbf R$ is the arriving gradient, so
#
# $$dL=\langle\hat{\mathbf G},d\hat{\mathbf R}\rangle .\tag{5.1}$$
#
# Read backward, this is a recipe. *If you can write $dL$ as $\langle\hat{\mathbf V},d\hat{\mathbf X}\rangle$, where
# $\hat{\mathbf V}$ is the spectrum of a real map, then that map is $\partial L/\partial\mathbf X$*, and one inverse
# transform computes it. The factor $1/HW$ is inside the bracket, so it cannot be lost on the way.
#
# The condition matters: for a real $\mathbf X$ the bracket does not see the part of
# $\hat{\mathbf V}$ that belongs to an imaginary map, so without it $\hat{\mathbf V}$ is not unique. It holds below
# because every $\hat{\mathbf V}$ is made from spectra of real maps by products, quotients and conjugates.
#
# To use the recipe we must get $d\hat{\mathbf X}$ alone on the right side of the bracket. Two rules move a factor across
# it; they follow from $\mathrm{Re}(z)=\mathrm{Re}(z^\star)$:
#
# $$\langle\hat{\mathbf G},\,\hat{\mathbf M}\odot d\hat{\mathbf X}\rangle=\langle\hat{\mathbf M}^\star\odot\hat{\mathbf G},\,d\hat{\mathbf X}\rangle,
# \qquad
# \langle\hat{\mathbf G},\,\hat{\mathbf N}\odot d\hat{\mathbf X}^\star\rangle=\langle\hat{\mathbf N}\odot\hat{\mathbf G}^\star,\,d\hat{\mathbf X}\rangle .\tag{5.2}$$
#
# The second rule has the same reason as Wirtinger's derivative by $w^\star$: where a variable enters through its
# conjugate, the gradient comes back conjugated.


# %%
def inner(u, v):
    """Return <U, V> of two full spectra (H, W): the sum of products of the maps behind them."""
    return (u.conj() * v).sum().real / u.size


rng = np.random.default_rng(0)
U, V = rng.standard_normal((2, 7, 6))
u, v = np.fft.fft2(U), np.fft.fft2(V)
m, n = np.fft.fft2(rng.standard_normal((2, 7, 6)))
sides = {
    "Parseval": (inner(u, v), (U * V).sum()),
    "rule one": (inner(u, m * v), inner(m.conj() * u, v)),
    "rule two": (inner(u, n * v.conj()), inner(n * u.conj(), v)),
}
for name, (left, right) in sides.items():
    print(f"{name}: left {left:.4f}, right {right:.4f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Parseval and both rules of Eq. 5.2 hold on these maps.
for left, right in sides.values():
    assert np.isclose(left, right)

# %% [markdown]
# ## 5.4 Equation 7, term by term
#
# This is the equation that the chapter is about, as the paper prints it ([Wang et al. 2019](#References "wang2019")).
# $\mathbf T$ is the template, $\mathbf S$ the search patch, and $\varphi_\theta$ the network:
#
# > **Paper, Eq. 7.** The gradient at the template's features has two terms, the one at the search patch's has one.
# >
# > $$\begin{aligned}\frac{\partial\mathcal L_{un}}{\partial\varphi_\theta(\mathbf T)}&=\mathscr F^{-1}\Big(\frac{\partial\mathcal L_{un}}{\partial(\mathscr F(\varphi_\theta(\mathbf T)))^\star}+\Big(\frac{\partial\mathcal L_{un}}{\partial\mathscr F(\varphi_\theta(\mathbf T))}\Big)^{\!\star}\Big)\\ \frac{\partial\mathcal L_{un}}{\partial\varphi_\theta(\mathbf S)}&=\mathscr F^{-1}\Big(\frac{\partial\mathcal L_{un}}{\partial(\mathscr F(\varphi_\theta(\mathbf S)))^\star}\Big)\end{aligned}\tag{7}$$
#
# The paper leaves the derivatives on the right as they are. We want to know what they *are*: formulas that a few lines
# of code can compute. In this chapter's letters $\mathbf X_c$ are the template's features, $\mathbf Z_c$ the search
# patch's, $\mathbf Y$ is the label, and the layer (Eq. 4 and 5 with their sum over channels) is
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
# **Search patch.** $\hat{\mathbf R}$ is linear in $\hat{\mathbf Z}_c$, so
# $d\hat{\mathbf R}=\hat{\mathbf W}_c^\star\odot d\hat{\mathbf Z}_c$. Put this into Eq. 5.1 and move
# $\hat{\mathbf W}_c^\star$ across with the first rule of Eq. 5.2:
#
# $$\frac{\partial L}{\partial\mathbf Z_c}=\mathscr F^{-1}\big(\hat{\mathbf G}\odot\hat{\mathbf W}_c\big).\tag{5.3}$$
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
# $$\frac{\partial L}{\partial\mathbf X_c}=\mathscr F^{-1}\big(\hat{\mathbf M}^\star\odot\hat{\mathbf G}+\hat{\mathbf N}\odot\hat{\mathbf G}^\star\big).\tag{5.4}$$
#
# These are the two terms of Eq. 7, in the same order: $\partial L/\partial\hat{\mathbf X}_c^\star$ and
# $(\partial L/\partial\hat{\mathbf X}_c)^\star$. The first is what arrives through $d\hat{\mathbf X}_c$, the second
# what arrives through $d\hat{\mathbf X}_c^\star$. The search patch needs one term only, because $\hat{\mathbf R}$ does
# not contain $\hat{\mathbf Z}_c^\star$.
#
# *A trap in the notation.* If the two were Wirtinger's derivatives of the real $L$, they would be equal, as we saw
# above, and one of them would be enough. They are not equal, because the paper differentiates through the conjugated
# response $\hat{\mathbf R}^\star$ only and treats $\hat{\mathbf R}$ as a constant. In this convention both terms are
# needed; the next section shows their values at one frequency.


# %%
def template_gradient(g, x, z, y, ridge):
    """Return dL/dX (C, H, W): both terms of Eq. 7, as derived."""
    _, response, energy = forward(x, z, y, ridge)
    m = -response * x.conj() / energy
    n = (y * z - response * x) / energy
    return np.fft.ifft2(m.conj() * g + n * g.conj()).real


# %% [markdown]
# Eq. 5.4 can be written with one real factor. Both terms contain $\hat{\mathbf X}_c/\hat{\mathbf K}$, once with $-\hat{\mathbf G}\hat{\mathbf R}^\star$ and once with its conjugate. A number plus its
# conjugate is twice its real part, so they collect into the form the library computes:
#
# $$\frac{\partial L}{\partial\mathbf X_c}=\mathscr F^{-1}\Big(\frac{\hat{\mathbf G}^\star\hat{\mathbf Y}\hat{\mathbf Z}_c-2\,\mathrm{Re}(\hat{\mathbf G}\hat{\mathbf R}^\star)\,\hat{\mathbf X}_c}{\hat{\mathbf K}}\Big).\tag{5.5}$$


# %%
def template_gradient_collected(g, x, z, y, ridge):
    """Return dL/dX (C, H, W) with the two terms collected."""
    _, response, energy = forward(x, z, y, ridge)
    pull = 2 * (g * response.conj()).real
    return np.fft.ifft2((g.conj() * y * z - pull * x) / energy).real


# %% [markdown]
# ## 5.5 Three independent checks
#
# We check the derivation on three channels of 9 x 8 random numbers, with an arriving gradient from a squared error.
# Our NumPy lines on full spectra are compared with PyTorch's autograd, which differentiates every operation one by
# one, with the library's closed form on half spectra, and with finite differences, which use no calculus at all.

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
methods = {
    "PyTorch, operation by operation": by_framework("autograd"),
    "udtlib, closed form on half spectra": by_framework("closed-form"),
    "finite differences": by_differences(),
}
off = {}
for name, gradients in methods.items():
    off[name] = [np.abs(a - b).max() / np.abs(a).max() for a, b in zip(by_hand, gradients, strict=True)]
    print("{:36s} off by {:.6f} (template) and {:.6f} (search) of the largest".format(name, *off[name]))

# %% [markdown]
# Now the two terms of Eq. 7 at one frequency. We change this one number of the template's spectrum and leave its mirror
# image as it is, so that $L$ is a function of one complex number, and take Wirtinger's derivative (times $HW$, the
# factor in the bracket).

# %%
at = (0, 2, 1)  # channel 0, frequency (2, 1)
_, response, energy = forward(x, z, y, ridge)
terms = [-response.conj() * x[0] / energy * g, (y * z[0] - response * x[0]) / energy * g.conj()]
first, second = (term[at[1:]] for term in terms)


def loss_at(value):
    """Return the loss when one number of the template's spectrum is ``value``."""
    changed = x.copy()
    changed[at] = value
    return 0.5 * ((np.fft.ifft2(forward(changed, z, y, ridge)[1]).real - Y) ** 2).sum()


print(f"the two terms of Eq. 7: {first:.4f} and {second:.4f}")
print(
    f"half their sum: {(first + second) / 2:.4f}; finite differences: {wirtinger(loss_at, x[at]) * g.size:.4f}"
)

# %% [markdown]
# The two terms differ, and the derivative by one number of the spectrum is *half* their sum. In a real template the mirror
# image changes too and contributes the other half, so the gradient of a real map is the whole sum, as Eq. 7 says.
#
# The library works on half spectra (`rfft2`): the other half of a real map's spectrum is its mirror image. Must each
# mirrored frequency then be counted twice? In the *bracket*, yes, because it is a sum over frequencies (exercise 4).
# In Eq. 7, no: it gives the gradient's spectrum one frequency at a time, without a sum, and `irfft2` restores the
# mirrored half.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# All methods agree: to rounding, finite differences to what their step allows. The terms of Eq. 7 differ.
assert np.allclose(by_hand[0], collected, rtol=1e-12, atol=1e-14)
assert np.isclose(wirtinger(loss_at, x[at]) * g.size, (first + second) / 2, rtol=1e-5)
assert abs(first - second) > 0.1 * abs(first)
for name, errors in off.items():
    assert max(errors) <= (1e-6 if name == "finite differences" else 1e-10), name

# %% [markdown]
# ## 5.6 Why the template's gradient is larger
#
# In the first picture the template's gradient was about 16 times the search patch's. We shall see that a few frequencies
# do this, at which the template has almost no energy and the search patch has some.
#
# Take the formulas with one channel and look at one frequency. The search patch's gradient is Eq. 5.3 with the filter
# written out, $\hat{\mathbf G}\hat{\mathbf X}\hat{\mathbf Y}^\star/\hat{\mathbf K}$. For the template's, put
# $\hat{\mathbf R}=\hat{\mathbf Y}\hat{\mathbf X}^\star\hat{\mathbf Z}/\hat{\mathbf K}$ into both terms of Eq. 5.4. The absolute values are
#
# $$|\hat{\mathbf M}|=\frac{|\hat{\mathbf Y}\hat{\mathbf Z}|}{\hat{\mathbf K}}\cdot\frac{|\hat{\mathbf X}|^2}{\hat{\mathbf K}},\qquad
# |\hat{\mathbf N}|=\frac{|\hat{\mathbf Y}\hat{\mathbf Z}|}{\hat{\mathbf K}}\cdot\frac{\lambda}{\hat{\mathbf K}} .$$
#
# The second fractions add up to 1, because $|\hat{\mathbf X}|^2+\lambda=\hat{\mathbf K}$. So at each frequency
#
# $$\text{template: at most }\frac{|\hat{\mathbf G}\hat{\mathbf Y}|}{\hat{\mathbf K}}\,|\hat{\mathbf Z}|,\qquad
# \text{search patch: }\frac{|\hat{\mathbf G}\hat{\mathbf Y}|}{\hat{\mathbf K}}\,|\hat{\mathbf X}| .$$
#
# The template's gradient grows with the strength of the *search patch*, and the other way round. So it can be much
# larger than the other at frequencies where the template is weak and the search patch is not; and since the template is
# weak, $\hat{\mathbf K}$ is small there too. We look for such frequencies in the opening figure, and repeat the
# experiment with a search patch that is the template itself, rolled by (3, 5) with wrap-around, so that
# $|\hat{\mathbf Z}|=|\hat{\mathbf X}|$ everywhere.

# %%
template, moved = gradient.look(0, 0), gradient.look(3, 5)
y64, ridge64 = np.fft.fft2(np.asarray(gaussian_label(64, 64, 3.0), np.float64)), 1e-3 * 64 * 64


def both_gradients(search):
    """Return the spectra (64, 64) of dL/dX and dL/dZ when the loss asks for a peak at zero displacement."""
    x, z = (np.fft.fft2(patch)[None] for patch in (template, search))
    filter_spectrum, response, _ = forward(x, z, y64, ridge64)
    g = response - y64
    return np.fft.fft2(template_gradient(g, x, z, y64, ridge64)[0]), g * filter_spectrum[0]


times = {}
for name, search in {"opening figure": moved, "template, rolled": np.roll(template, (3, 5), (0, 1))}.items():
    d_x, d_z = both_gradients(search)
    times[name] = np.linalg.norm(d_x) / np.linalg.norm(d_z)
    print(f"{name}: the template's gradient is {times[name]:.2f} times the search patch's")

power = np.abs(both_gradients(moved)[0]) ** 2
loudest = np.unravel_index(power.argmax(), power.shape)
pair_share = 2 * power[loudest] / power.sum()
energies = [np.abs(np.fft.fft2(patch)[loudest]) ** 2 for patch in (template, moved)]
print(f"one pair of frequencies holds {100 * pair_share:.1f} % of the power of the template's gradient")
print("there |X|^2 = {:.2f}, |Z|^2 = {:.0f}, lambda = {:.1f}".format(*energies, ridge64))

# %% [markdown]
# One pair of conjugate frequencies explains nearly everything, which is why the gradient looks like a single wave. The
# template has almost no energy at this pair, less than $\lambda$; the search patch has several hundred times as
# much. This is possible because the search patch is not the template rolled: it is another cut of the frame, where
# some content entered and some left. With a pure
# circular shift the two gradients are about equally large.
#
# $\lambda$ limits the effect, because it is the smallest value that $\hat{\mathbf K}$ can have. We vary it, written as
# $\lambda_N=\lambda/N$ with the $N=64^2$ pixels of a patch; this time the loss asks for a peak at the true shift, (3, 5).
# Look at where the two curves cross:

# %% alt="Norms of the two gradients against lambda, both falling: the template's is the larger one up to 0.01, the smaller one from 0.1 on" tags=["slide"]
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
axis.set(xlabel=r"$\lambda_N$", ylabel="norm of the gradient")
axis.legend()
plt.show()
print("template over search patch, lambda_N from 1e-5 to 100:", *(f"{value:.1f}" for value in ratio))

# %% [markdown]
# For small $\lambda_N$ the template's gradient is several times larger. The curves cross between 0.01 and 0.1, and for
# large $\lambda_N$ the template's gradient is the smaller one, a little more than half of the search patch's. In
# training $\lambda$ is small. There 32 channels share one $\hat{\mathbf K}$, which sums their energies, so
# $\hat{\mathbf K}$ is close to $\lambda$ only where all the channels are missing a frequency.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# One pair of frequencies, where X is nearly empty and Z is not; rolled patches give gradients alike.
assert pair_share > 0.99
assert energies[0] < ridge64 < 0.05 * energies[1]
assert times["opening figure"] > 10
assert 0.8 < times["template, rolled"] < 1.1
# The plot: the curves cross between 0.01 and 0.1, and end at a little more than half.
assert ratio[0] > 10
assert ratio[3] > 1 > ratio[4]
assert 0.5 < ratio[-1] < 0.6

# %% [markdown]
# ## 5.7 One frequency in your hand
#
# Equations 2, 3 and 7 work on each frequency by itself, so one frequency shows all of them. Below, the template
# $\hat{\mathbf X}$, the search patch $\hat{\mathbf Z}$ and the label $\hat{\mathbf Y}$ are three arrows in the complex plane.
# Drag their tips, or go to a tip with Tab and use the arrow keys. The filter $w$, the response $r$, the arriving
# gradient $g=r-y$ and the two gradients of Eq. 7 follow. The right plane shows a step of gradient descent: how
# training would change $\hat{\mathbf X}$ and $\hat{\mathbf Z}$.
#
# Everything is computed in your browser; the picture above the arrows shows their starting position, computed by the
# library.
#
# Three things to try:
#
# - Turn $\hat{\mathbf Z}$ about the origin, which is what a shift does to one frequency: $r$ turns by the same angle.
# - Make the template short with the button "template nearly empty": its gradient grows, and raising $\lambda$ shrinks it.
# - Choose "nothing moved", where $\hat{\mathbf Z}=\hat{\mathbf X}$, and make $\lambda$ small: $r$ lies on $y$. Move both
#   arrows to another common place: $r$ stays on $y$ as long as the square of their length is well above $\lambda$.

# %% alt="Three complex planes with arrows: the given x, z and y; the filter w and the response r; the changes of x and z by a training step" tags=["nbval-ignore-output"]
one_frequency.demo()

# %%
settings = {
    "the target moved": (1, 1),
    "template nearly empty": (0.1, 1.8),
    "search patch nearly empty": (1.8, 0.1),
}
length_ratio = {}
for name, (x_length, z_length) in settings.items():
    x, z = x_length * np.exp(0.6j), z_length * np.exp(1.6j)
    found = one_frequency.solve(x, z, 1.2, ridge=0.04)
    length_ratio[name] = abs(found.template) / abs(found.search)
    print(
        f"{name}: |x| = {x_length}, |z| = {z_length}, the template's gradient is {length_ratio[name]:.2f} times the other"
    )

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# At one frequency the gradient of the shorter arrow is the longer one, and at most |Z| / |X| times the other.
assert 0.8 < length_ratio["the target moved"] <= 1
assert 10 < length_ratio["template nearly empty"] <= 18 + 1e-9
assert length_ratio["search patch nearly empty"] <= 0.1 / 1.8 + 1e-9

# %% [markdown]
# ## 5.8 Three pairs, three gradients
#
# Now we add the network $\varphi_\theta$: two convolutions with random weights, the *same* weights for both patches.
# The gradient of its weights is the sum of what arrives through the template and through the search patch. We take
# three pairs of patches from one clip. For each pair the loss asks for a peak 6 cells to the right of zero
# displacement, which is several cells away from where the target really is (a cell below prints how far),
# so all three losses are large:
#
# 1. the target in frames 10 frames apart,
# 2. in neighbouring frames,
# 3. twice the very same patch.
#
# **Predict** before you run the cell. Compared with pair 1, the gradient of the weights for pair 3 is `"larger"`,
# `"about the same"`, `"a tenth"`, or `"almost nothing"`?

# %%
my_guess = "about the same"

# %% [markdown]
# These are the patches that the pairs are made of:

# %% alt="The patch around the target in frames 0, 1 and 10; the target turns and changes its shape" tags=["slide"]
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
cells = 125 / (3 * (clip.boxes[0, 2] * clip.boxes[0, 3]) ** 0.5)  # a cell is a pixel of the patch
for name, (_, later) in pairs.items():
    right, down = (center(clip.boxes[later]) - center(clip.boxes[0])) * cells
    print(
        f"{name:15} the target moved ({right:.0f}, {down:.0f}), {np.hypot(right - 6, down):.0f} cells from (6, 0)"
    )
losses, norms = zip(*(weight_gradient(*pair) for pair in pairs.values()), strict=True)

# %% alt="Bars of three pairs: the losses are of similar size, the gradient is large for frames 0 and 10, small for neighbouring frames, and too small to see for one frame twice" tags=["slide"]
figure, axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained", sharey=True)
for axis, values, title in zip(axes, (losses, norms), ("loss", "norm of the weights' gradient"), strict=True):
    axis.barh(list(pairs), values, color=["#0072b2", "#56b4e9", "#d55e00"])
    axis.set_title(title)
axes[0].invert_yaxis()
plt.show()
share = norms[2] / norms[0]
answer = "almost nothing" if share < 0.03 else "a tenth" if share < 0.3 else "about the same"
for name, loss, norm in zip(pairs, losses, norms, strict=True):
    print(f"{name:15} loss {loss:.0f}, gradient {norm:.2f}")
print(f"You said {my_guess!r}; it is {answer!r}, though the loss is still large.")

# %% [markdown]
# A large loss suggests a large gradient, but for the still pair there is almost none. The formulas above give the reason. With
# $\mathbf Z=\mathbf X$ and small $\lambda$,
# $\hat{\mathbf R}=\hat{\mathbf Y}\,|\hat{\mathbf X}|^2/(|\hat{\mathbf X}|^2+\lambda)\approx\hat{\mathbf Y}$
# *whatever the features are*. A change of $\varphi$ that acts on both patches alike cannot move the response, so in
# the gradient of the weights what arrives through the template cancels what arrives through the search patch.
#
# So training on a video in which nothing moves costs computing time and changes almost nothing. This is one reason
# why the paper weighs
# pairs by how much they move ($\mathbf A_{motion}$, chapter 09), and why the loss alone says little about how much a
# network can still learn.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The bars: the loss of the still pair is large, and its gradient next to nothing.
assert losses[2] > 0.3 * losses[0]
assert answer == "almost nothing"

# %% [markdown]
# ## 5.9 See it move
#
# Each row of the static picture is one setting; in JupyterLab the sliders below it are live. In the top row the loss
# asks for a peak where the patch moved, in the middle row for one elsewhere, and in the bottom row nothing moved.
# With the sliders you can also raise $\lambda_N$, whose logarithm is `log10_lambda`.

# %% alt="Three rows of the demo: template, search patch, response, and the gradients at response, template and search patch; where the label asks for another place, the arriving gradient has a bright and a dark spot" tags=["nbval-ignore-output"]
gradient.demo()

# %% [markdown]
# The bottom row is a still pair. The gradients at its two patches are nearly each other's negative:

# %%
still = gradient.solve(down=0, right=0, asked_down=3, asked_right=5, log10_lambda=-2)
still_maps = {
    "template": still.d_template,
    "search patch": still.d_search,
    "sum": still.d_template + still.d_search,
}
still_norms = {name: np.linalg.norm(values) for name, values in still_maps.items()}
print("norms in the bottom row:", ", ".join(f"{name} {norm:.1f}" for name, norm in still_norms.items()))

# %% [markdown]
# The sum is not zero, because these patches have frequencies with less energy than $\lambda$, at which
# $\hat{\mathbf R}\approx\hat{\mathbf Y}$ does not hold. In section 5.8 $\lambda_N$ was smaller, $10^{-4}$, and 32
# channels shared one $\hat{\mathbf K}$, so next to nothing was left.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# In the bottom row the two gradients nearly cancel.
assert still_norms["sum"] < 0.3 * min(still_norms["template"], still_norms["search patch"])
assert np.mean(np.abs(np.fft.fft2(still.template)) ** 2 < 1e-2 * 64 * 64) > 0.5

# %% [markdown]
# ## 5.10 Where it goes wrong
#
# Here are three mistakes that look harmless in code:
#
# - **No conjugate**: $\hat{\mathbf G}$ is written where $\hat{\mathbf G}^\star$ belongs in the template's formula.
# - **Frozen denominator**: $\hat{\mathbf K}$ is treated as a constant, although it is computed from the features.
# - **One term only**: the template gets a formula with one term, like the search patch's.
#
# **Predict:** with which of them does the loss still fall? We use each for gradient descent on the template's own
# pixels, 60 steps of a fixed length, and record the loss. The search patch is the opening figure's, moved by (3, 5),
# and the loss asks for a peak at (2, 3).

# %%
Y64 = np.asarray(gaussian_label(64, 64, 3.0), np.float64)
wanted, start, seen = np.roll(Y64, (2, 3), (0, 1)), gradient.look(0, 0), gradient.look(3, 5)
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


# %% alt="Loss against steps of descent: Eq. 7 falls lowest, one term only nearly as low, no conjugate stalls, the frozen denominator oscillates and rises" tags=["slide"]
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
# With the first two mistakes the loss stalls or rises. With the third, where one of the two terms of Eq. 7 is
# missing, the loss falls almost as it should. The formula explains why. The missing term is
# $\hat{\mathbf N}\odot\hat{\mathbf G}^\star$, and $\hat{\mathbf N}$ is
# $\hat{\mathbf Y}\hat{\mathbf Z}-\hat{\mathbf R}\hat{\mathbf X}$ over $\hat{\mathbf K}$. If the two patches
# resemble each other, $\hat{\mathbf Z}\approx\hat{\mathbf X}$ up to a shift and
# $\hat{\mathbf R}\approx\hat{\mathbf Y}$ up to the same shift, so the difference is small.
#
# **A falling loss does not prove that the gradient is right.** Compare every entry with finite differences, and write
# that test first.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The curves: Eq. 7 goes lowest, one term nearly as low; the other two stall, or climb again.
assert last["Eq. 7"] == min(last.values())
assert last["one term only"] < 2 * last["Eq. 7"]
assert min(last["no conjugate"], last["frozen denominator"]) > 3 * last["Eq. 7"]
assert last["frozen denominator"] > min(curves["frozen denominator"])

# %% [markdown]
# ## 5.11 What the closed form is good for
#
# If autograd gives the same numbers, why do we write Eq. 7 at all? Because autograd keeps everything that each small
# step needs on the way back: each product, each conjugate, the filter. Eq. 7 needs only the two spectra and three
# maps of one channel. We count the bytes kept for a batch of 8 pairs of the size used in training:

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
# The times differ less, because both spend most of their time on the same transforms. The ratio depends on the
# machine. The next cell measures yours, as the median of interleaved runs:

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
# The closed form has one drawback: it can be differentiated only once. If you ask for a second derivative, it raises
# an error instead of returning a wrong zero. Use `backward="autograd"` if you need one.

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
# ## 5.12 Exercises
#
# Fill in a stub, then run it and the cell below it. The check says "correct", or gives a hint. Solutions are
# in [solutions/05.py](solutions/05.py).
#
# **1. Which way is down? (break and fix)** A complex parameter $w=a+\mathrm ib$ is trained by gradient descent.
# `derivative(w)` returns $\partial L/\partial w^\star$, and somebody writes:
#
# ```python
# def descend(derivative, w, rate, steps):
#     for _ in range(steps):
#         w = w - rate * np.conj(derivative(w))
#     return w
# ```
#
# The steps must be those of ordinary gradient descent with this rate on the two real numbers $a$ and $b$. On
# $L=|w-w_0|^2$ the imaginary part runs away instead, and the real part is too slow. Explain both, then repair it.
#
# <details class="exercise"><summary>A hint</summary>
#
# How is $\partial L/\partial w^\star$ made of the derivatives by $a$ and by $b$? Write both for $L=|w-w_0|^2$ and
# compare them with what the loop subtracts, once for the real and once for the imaginary part.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def descend(derivative, w, rate, steps):
    """Return the complex ``w`` after so many steps of gradient descent on its real and its imaginary part."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.descend(descend)

# %% [markdown]
# **2. The regulariser has a gradient too (derive).** How does the loss change with $\lambda$? Find how much a small
# $d\lambda$ changes $\hat{\mathbf R}$ at one frequency, then use Eq. 5.1.
#
# <details class="exercise"><summary>A hint</summary>
#
# Where in $\hat{\mathbf R}$ does $\lambda$ stand? The bracket of Eq. 5.1 has a factor that depends on the number of
# cells; and which part of a complex number is a change of the loss?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def lambda_gradient(g, response, energy):
    """Return dL/dlambda (a float) from full spectra (H, W) of arriving gradient and response, and K (H, W)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.lambda_gradient(lambda_gradient)

# %% [markdown]
# **3. A check that passes too much (break and fix).** Somebody checks gradients like this:
#
# ```python
# def gradient_error(loss, gradient, at, h=1e-5):
#     length = np.linalg.norm(gradient)
#     step = h * gradient / length
#     return abs((loss(at + step) - loss(at - step)) / (2 * h) - length) / length
# ```
#
# A gradient in which half of the entries are missing (0) passes. Explain why. Then write a check that compares every
# entry with central differences and returns the largest difference, as a share of the largest entry of `gradient`.
#
# <details class="exercise"><summary>A hint</summary>
#
# Along which direction does this check measure? What is that direction's entry where the gradient's entry is
# missing? A check of every entry needs as many steps as there are entries.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def gradient_error(loss, gradient, at):
    """Return how wrong ``gradient`` is at the point ``at``, an array of the same shape; ``loss(at)`` is a float."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.gradient_error(gradient_error)

# %% [markdown]
# **4. Half a spectrum (compute).** Return the bracket $\langle\hat{\mathbf U},\hat{\mathbf V}\rangle$ from the half
# planes that `rfft2` gives. Which columns stand for two frequencies and which for one? The answer depends on whether
# the width is even.
#
# <details class="exercise"><summary>A hint</summary>
#
# Write the columns of a full spectrum for width 6 and for width 5, and cross out those that `rfft2` leaves out.
# Each one crossed out is the mirror of one that is kept.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def inner_half(u, v, width):
    """Return <U, V> from half planes (H, width//2 + 1) of two real maps (H, width)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.inner_half(inner_half)

# %% [markdown]
# **5. (Open)** With shared weights the still pair has no gradient. Suppose that template and search patch had
# *different* networks: does the argument still hold? What could such a pair of networks learn from still video, and
# would you want it to?
#
# ## 5.13 Summary

# %% tags=["numbers"]
print(f"autograd_mib = {memory['autograd']:.0f}")
print(f"closed_mib = {memory['closed-form']:.0f}")
print(f"memory_ratio = {memory['autograd'] / memory['closed-form']:.1f}")
print(f"parameters = {sum(p.numel() for p in network.parameters()):,}")
print(f"template_over_search = {times['opening figure']:.0f}")
print(f"rolled_over_search = {times['template, rolled']:.2f}")
print(f"still_percent = {int(np.ceil(100 * share))}")

# %% [markdown] tags=["summary"]
# - The gradient of a real loss with respect to a complex number is the derivative by its conjugate. With the bracket
#   $\langle\cdot,\cdot\rangle$ it crosses a Fourier transform without extra factors.
# - Eq. 7 has one term for the search patch and two for the template, because the response contains the template's
#   spectrum also conjugated. By hand, by autograd, on half spectra and by finite differences the gradient is the
#   same.
# - In the opening figure the template's gradient is 16 <!-- template_over_search --> times the search patch's,
#   because at one pair of frequencies the search patch has energy and the template almost none. If the search patch
#   is the template rolled, the ratio is 0.94<!-- rolled_over_search -->. A larger $\lambda$ limits the effect.
# - The gradient of the shared weights for a pair in which nothing moved is less than 1 <!-- still_percent --> % of
#   that for a moving pair.
# - For the backward pass autograd keeps 87 <!-- autograd_mib --> MiB, the closed form 30 <!-- closed_mib --> MiB.
#
# **Next:** chapter 06 puts the layer to work frame after frame.

# %% [markdown]
# ## References
#
# - D. H. Brandwood. *A complex gradient operator and its application in adaptive array theory*. IEE Proceedings F and H 130, 1983. <!-- brandwood1983 -->
# - N. Wang et al. *Unsupervised Deep Tracking*. CVPR 2019. <!-- wang2019 -->
