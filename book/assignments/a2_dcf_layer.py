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
# # A2. The DCF layer and its gradient
#
# **You need** chapters 04 and 05. **Points:** 20, of which 16 are counted by a program. **Time:** about five hours.
#
# You write the filter layer of the Siamese network and both of its gradients in numpy, repair a layer that somebody
# else wrote, and measure where a gradient is large.
#
# What counts for all functions:
#
# - Use `numpy` and `scipy` only. The grader runs your functions in a process of its own, and neither `udtlib` nor
#   `torch` can be imported there.
# - The grader takes your functions, your imports, and constants with names in capitals. Nothing else of the
#   notebook is run. You may add functions and cells.
# - Features have shape `(C, H, W)`, one template and one search patch at a time, `float64`. Labels, responses and
#   gradients of responses have shape `(H, W)`. Do not change an array that you are given.
# - A response map wraps around, and a displacement of zero is cell `(0, 0)`. Nothing is shifted for drawing.
# - `lam` is the plain lambda of the paper, with numpy's transforms: `np.fft.fft2` sums, `np.fft.ifft2` divides by `H*W`.

# %%
import matplotlib.pyplot as plt
import numpy as np

from udtlib.check import a2

# %% [markdown]
# ## 1. The layer (5 points)
#
# The filter of Eq. 1 is found by ridge regression over all cyclic shifts of the template, so that it answers the
# shift by `(i, j)` with the label's value there. All channels answer together: their responses are summed.
#
# `layer_response(template, search, label, lam)` returns the response `(H, W)`, real, of that filter applied to the
# search patch. If the search patch is the template moved down by `a` and right by `b`, the label appears in the
# response moved by `(a, b)`. The label is any real map; it need not be symmetric and its peak may be anywhere.


# %% tags=["answer"]
def layer_response(template, search, label, lam):
    ### BEGIN SOLUTION
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    energy = (np.abs(x) ** 2).sum(0) + lam
    return np.fft.ifft2((x.conj() * z).sum(0) * y / energy).real
    ### END SOLUTION


# %% [markdown]
# ## 2. Back to the search patch (3 points)
#
# A loss depends on the response, and `arriving` is the loss's gradient by the response, `(H, W)`.
#
# `search_gradient(template, search, label, lam, arriving)` returns the loss's gradient by the search patch, real,
# `(C, H, W)`. Chapter 05 tells how to check it: move one entry by a hair, and compare.


# %% tags=["answer"]
def search_gradient(template, search, label, lam, arriving):
    ### BEGIN SOLUTION
    x, y, g = np.fft.fft2(template), np.fft.fft2(label), np.fft.fft2(arriving)
    energy = (np.abs(x) ** 2).sum(0) + lam
    return np.fft.ifft2(g * y.conj() * x / energy).real
    ### END SOLUTION


# %% [markdown]
# ## 3. Back to the template (4 points)
#
# The template enters twice: in the numerator and in the energy below it.
#
# `template_gradient(template, search, label, lam, arriving)` returns the loss's gradient by the template, real,
# `(C, H, W)`.


# %% tags=["answer"]
def template_gradient(template, search, label, lam, arriving):
    ### BEGIN SOLUTION
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    g = np.fft.fft2(arriving)
    energy = (np.abs(x) ** 2).sum(0) + lam
    response = (x.conj() * z).sum(0) * y / energy
    pull = 2 * (g * response.conj()).real / energy
    return np.fft.ifft2(g.conj() * y * z / energy - pull * x).real
    ### END SOLUTION


# %% [markdown]
# ## 4. Break and fix (4 points)
#
# Somebody wanted to save half of the work and wrote the layer with `rfft2`. On a square patch with one channel, and
# a picture shifted for drawing, all looked well. There are **four faults**.


# %%
def broken_response(template, search, label, lam):
    x, z, y = np.fft.rfft2(template), np.fft.rfft2(search), np.fft.rfft2(label)
    energy = (np.abs(x) ** 2 + lam).sum(0)
    spectrum = (x * z.conj()).sum(0) * y / energy
    return np.fft.fftshift(np.fft.irfft2(spectrum))


# %% [markdown]
# `repaired_response(template, search, label, lam)` returns what `layer_response` returns, **with half planes**, for
# even and odd widths and any number of channels. A template of zeros gives a response of zeros.


# %% tags=["answer"]
def repaired_response(template, search, label, lam):
    ### BEGIN SOLUTION
    x, z, y = np.fft.rfft2(template), np.fft.rfft2(search), np.fft.rfft2(label)
    energy = (np.abs(x) ** 2).sum(0) + lam
    spectrum = (x.conj() * z).sum(0) * y / energy
    return np.fft.irfft2(spectrum, s=label.shape)
    ### END SOLUTION


# %% [markdown]
# ## 5. Measure and explain (4 points)
#
# Take random features of 1, 2, 4 and 8 channels, `(C, 32, 32)`, a search patch equal to the template, a label with its
# peak at `(0, 0)` and a sigma of two cells, and `lam` from 0.01 to 1,000,000 in powers of ten. The loss is half the squared
# distance of the response from the label moved by three cells. Plot the norm of both gradients over `lam` with logarithmic
# axes.
#
# Then answer in at most 150 words: what happens to both gradients for a very large `lam` and why, which of the two is
# larger, and what does this mean for a network that is trained with a lambda that is far too large?

# %% tags=["work"]
### BEGIN SOLUTION
offsets = np.minimum(np.arange(32), 32 - np.arange(32))
label = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 2.0**2))
wanted = np.roll(label, 3, 1)
lams = 10.0 ** np.arange(-2, 7)
for channels in (1, 2, 4, 8):
    x = np.random.default_rng(0).standard_normal((channels, 32, 32))
    norms = []
    for lam in lams:
        arriving = layer_response(x, x, label, lam) - wanted
        norms.append(
            [
                np.linalg.norm(function(x, x, label, lam, arriving))
                for function in (search_gradient, template_gradient)
            ]
        )
    plt.loglog(lams, norms, label=[f"search, {channels} channels", f"template, {channels} channels"])
plt.xlabel("lambda")
plt.ylabel("norm of the gradient")
plt.legend()
### END SOLUTION

# %% [markdown] tags=["explain"] points=4
# The figure has eight curves, and its axes are labelled. (1 point) For a very large lambda both gradients fall as
# 1/lambda: the energy of the template no longer matters in the denominator, so the response and its slopes are divided
# by lambda. (1) For small and for very large lambda the two norms are equal, because template and search patch are: for
# small lambda the response is nearly the label, and the two gradients cancel each other; for large lambda the second
# term of the template's is of order 1/lambda^2. Between them, where lambda is about as large as the energy (1,000 a
# channel), the search patch's is larger, by a fifth to a quarter. It is enough to say that the search patch's is larger
# there, and that the two meet at both ends. (1) A network trained with a lambda far too large gets tiny gradients, and
# its filter is a plain correlation with the template that suppresses nothing of what is not the target. Tiny gradients,
# or nothing suppressed, with the reason, is enough. (1)
