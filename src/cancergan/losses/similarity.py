"""How far a translated image is from the one it should be, or from the one it came from.

Each function takes two tensors (B, C, *spatial) of equal shape in [-1, 1] and returns a scalar that
grows with their difference; it is 0 for equal images, but for mutual information, whose soft bins
overlap.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from cancergan.core.registry import Registry

Similarity = Callable[[Tensor, Tensor], Tensor]
similarities: Registry[Similarity] = Registry("similarity")

_AVERAGES = {3: functional.avg_pool1d, 4: functional.avg_pool2d, 5: functional.avg_pool3d}
_CONVOLUTIONS = {3: functional.conv1d, 4: functional.conv2d, 5: functional.conv3d}


@similarities.register("l1")
def l1(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference (Isola et al. 2017, eq. 3)."""
    return (made - wanted).abs().mean()


@similarities.register("l2")
def l2(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared difference."""
    return (made - wanted).square().mean()


@similarities.register("local")
def local(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference in the worst tenth of windows of 8 pixels a side, half overlapping.

    A lesion that vanished is a small part of an image, and hardly moves its mean; it is all of the
    windows that lie in it.
    """
    window = min(8, *made.shape[2:])
    error = (made - wanted).abs().mean(dim=1, keepdim=True)
    places = _AVERAGES[made.ndim](error, window, max(1, window // 2)).flatten(1)
    worst: Tensor = places.topk(-(-places.shape[1] // 10), dim=1).values
    return worst.mean()


@similarities.register("gradient_difference")
def gradient_difference(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared difference of the sizes of neighbours' differences, over the axes.

    Source: Nie et al. 2017 ("Medical image synthesis with context-aware GANs"), eq. 4.
    """
    axes = range(2, made.ndim)
    parts = [(made.diff(dim=a).abs() - wanted.diff(dim=a).abs()).square().mean() for a in axes]
    return torch.stack(parts).sum()


@similarities.register("edge")
def edge(made: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference of Sobel edge maps (Yu et al. 2019, Ea-GAN, eq. 5)."""
    return (sobel(made) - sobel(wanted)).abs().mean()


def sobel(image: Tensor) -> Tensor:
    """Return the size of the Sobel gradient of (B, C, *spatial), same shape, borders repeated."""
    dims, channels = image.ndim - 2, image.shape[1]
    smooth, slope = image.new_tensor([1.0, 2.0, 1.0]) / 4, image.new_tensor([-1.0, 0.0, 1.0]) / 2
    padded = functional.pad(image, [1] * 2 * dims, mode="replicate")
    squares = []
    for axis in range(dims):
        kernel = torch.ones([1] * dims, device=image.device, dtype=image.dtype)
        for other in range(dims):
            part = slope if other == axis else smooth
            kernel = kernel * part.view([3 if n == other else 1 for n in range(dims)])
        weight = kernel.expand(channels, 1, *kernel.shape)
        squares.append(_CONVOLUTIONS[image.ndim](padded, weight, groups=channels).square())
    return (torch.stack(squares).sum(dim=0) + 1e-8).sqrt()


@similarities.register("structure")
def structure(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - SSIM with a uniform window of 7, data range 2 (Wang et al. 2004, eq. 13)."""
    window = min(7, *made.shape[2:])
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    average = _AVERAGES[made.ndim]

    def local(values: Tensor) -> Tensor:
        return average(values, window, 1)

    mean_made, mean_wanted = local(made), local(wanted)
    variance_made = local(made * made) - mean_made.square()
    variance_wanted = local(wanted * wanted) - mean_wanted.square()
    covariance = local(made * wanted) - mean_made * mean_wanted
    luminance = (2 * mean_made * mean_wanted + c1) / (mean_made**2 + mean_wanted**2 + c1)
    contrast = (2 * covariance + c2) / (variance_made + variance_wanted + c2)
    return 1 - (luminance * contrast).mean()


@similarities.register("correlation")
def correlation(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - Pearson's correlation of each image's mean over channels, averaged over the batch.

    For images of two modalities or stains, whose values differ but whose structure should not
    (Ge et al. 2019; Hiasa et al. 2018 use it of gradients).
    """
    one, two = (image.mean(dim=1).flatten(1) for image in (made, wanted))
    one, two = one - one.mean(dim=1, keepdim=True), two - two.mean(dim=1, keepdim=True)
    product = (one * two).mean(dim=1)
    size = (one.square().mean(dim=1) * two.square().mean(dim=1) + 1e-12).sqrt()
    return 1 - (product / size).mean()


@similarities.register("edge_correlation")
def edge_correlation(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - correlation of edge maps: keeps where things end, whatever their brightness."""
    return correlation(
        sobel(made.mean(dim=1, keepdim=True)), sobel(wanted.mean(dim=1, keepdim=True))
    )


@similarities.register("mutual_information")
def mutual_information(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - I(made; wanted) / min(H(made), H(wanted)), of soft histograms with 16 bins.

    Parzen windows make it differentiable (Thevenaz and Unser 2000); of each image's mean over
    channels, averaged over the batch. Small where either image determines the other, 1 where they
    have nothing to do with each other.
    """
    bins = 16
    centres = torch.linspace(-1, 1, bins, device=made.device, dtype=made.dtype)
    width = float(centres[1] - centres[0]) / 2

    def membership(image: Tensor) -> Tensor:
        values = image.mean(dim=1).flatten(1)
        weight = torch.exp(-((values[:, :, None] - centres) ** 2) / (2 * width**2))
        return weight / weight.sum(dim=2, keepdim=True)

    one, two = membership(made), membership(wanted)
    joint = one.transpose(1, 2) @ two / one.shape[1]

    def entropy(share: Tensor) -> Tensor:
        return -(share * (share + 1e-10).log()).flatten(1).sum(dim=1)

    first, second = entropy(joint.sum(dim=2)), entropy(joint.sum(dim=1))
    information = first + second - entropy(joint)
    return 1 - (information / torch.minimum(first, second).clamp_min(1e-6)).mean()
