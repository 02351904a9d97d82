"""The training step as one would write it first: PyTorch's own layers, every map in full, no tricks.

An independent transcription of the paper's section 3 (reference form) for one batch; tests compare loss
and gradient with the library's step, and `python plain_training.py` measures both side by side.
"""

import torch
from torch import nn


class PlainNetwork(nn.Sequential):
    def __init__(self):
        lrn = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
        super().__init__(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3), lrn)


def dcf(template, search, label):
    x, z, y = (torch.fft.rfft2(maps) for maps in (template, search, label))
    energy = (x * x.conj()).real.sum(1) + 1e-4 * template[0].numel()
    return torch.fft.irfft2((x.conj() * z).sum(1) * y / energy, s=template.shape[-2:])


def shift_to_peak(label, response):
    peaks = response.flatten(1).argmax(1).tolist()
    width = response.shape[-1]
    return torch.stack([label.roll((peak // width, peak % width), (0, 1)) for peak in peaks])


def plain_loss(network, batch, label):
    """Eq. 8 to 11 for uint8 ``(n, 3, 125, 125, 3)``, the authors' form."""
    patches = torch.from_numpy(batch).permute(1, 0, 4, 2, 3).float()
    patches = patches - torch.tensor([123.0, 117.0, 104.0]).view(3, 1, 1)
    template, search1, search2 = (network(patch) for patch in patches)
    with torch.no_grad():
        r1 = dcf(template, search1, label[None])
        y1 = shift_to_peak(label, r1)
        r2 = dcf(search1, search2, y1)
        y2 = shift_to_peak(label, r2)
    back = dcf(search2, template, y2)
    errors = (back - label).square().sum((1, 2))
    keep = errors.argsort()[: round(0.9 * len(errors))]
    motion = ((r1 - label).square() + (r1 - r2).square()).sum((1, 2))
    weights = torch.zeros_like(errors)
    weights[keep] = motion[keep] / motion[keep].sum()
    weighted = (label.exp() * (back - label).square()).sum((1, 2))
    return (weights.detach() * weighted).sum()


def plain_step(network, optimiser, batch, label):
    loss = plain_loss(network, batch, label)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def measure(repeats=5):
    """Seconds of both steps, one after the other, at the same weights and data."""
    from time import perf_counter

    from training_job import moving_patches

    from udtlib.training.run import start, take_step
    from udtlib.training.settings import TrainingSettings
    from udtlib.training.workers import Workers

    cpu = torch.device("cpu")
    runs = {p: start(TrainingSettings(precision=p), cpu) for p in ("float32", "bfloat16")}
    network = PlainNetwork()
    optimiser = torch.optim.SGD(network.parameters(), 1e-3, 0.9, weight_decay=5e-4)
    label = runs["float32"].step.label
    times = {"plain": [], "float32": [], "bfloat16": []}
    for repeat in range(repeats):
        batch = moving_patches(repeat, 32)
        for name in times:
            begin = perf_counter()
            if name == "plain":
                plain_step(network, optimiser, batch.patches, label)
            else:
                take_step(runs[name], batch, Workers(cpu), 0)
            times[name].append(perf_counter() - begin)
    return times


if __name__ == "__main__":
    from statistics import median

    found = measure()
    for name, seconds in found.items():
        ratio = median(p / s for p, s in zip(found["plain"][1:], seconds[1:], strict=True))
        print(
            f"{name:9} {median(seconds[1:]):.2f} s a step, {ratio:.2f} x plain's speed, "
            f"{torch.get_num_threads()} threads"
        )
