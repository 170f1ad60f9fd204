"""Similarities: zero for equal images, exact on cases worked out by hand, right about change."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.metrics import structural_similarity

from cancergan.losses.similarity import (
    correlation,
    edge,
    gradient_difference,
    l1,
    l2,
    local,
    mutual_information,
    similarities,
    sobel,
    structure,
)


def smooth(shape=(2, 1, 24, 20), seed=0):
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    image = ndimage.gaussian_filter(values.numpy(), (0, 0, *[2] * (len(shape) - 2)))
    return torch.from_numpy(image / np.abs(image).max())


@pytest.mark.parametrize("name", sorted(set(similarities) - {"mutual_information"}))
@pytest.mark.parametrize("shape", [(2, 1, 24, 20), (2, 3, 10, 9, 8)])
def test_equal_images_are_at_zero_and_others_are_not(name, shape):
    image = smooth(shape)
    assert similarities[name](image, image).item() == pytest.approx(0, abs=2e-5)
    assert similarities[name](image, smooth(shape, seed=1)).item() > 1e-4


def test_a_vanished_lesion_moves_the_local_difference_and_hardly_the_mean():
    image = torch.zeros(1, 1, 64, 64)
    lesion = image.clone()
    lesion[..., 8:32, 8:32] = 1.0  # 25 of 225 windows lie in it whole, and a tenth is 23
    assert l1(lesion, image).item() == pytest.approx(24**2 / 64**2)
    assert local(lesion, image).item() == 1.0


def test_differences_by_hand():
    zero, half = torch.zeros(1, 1, 4, 4), torch.full((1, 1, 4, 4), 0.5)
    assert (l1(zero, half).item(), l2(zero, half).item()) == (0.5, 0.25)
    slope = torch.arange(4.0).expand(1, 1, 4, 4)
    assert gradient_difference(slope, zero).item() == 1.0
    assert gradient_difference(slope, -slope).item() == 0.0


def test_sobel_equals_scipys():
    image = smooth((1, 1, 24, 20))
    parts = [ndimage.sobel(image[0, 0].numpy(), axis, mode="nearest") / 8 for axis in (0, 1)]
    np.testing.assert_allclose(sobel(image)[0, 0], np.hypot(*parts), atol=2e-4)
    assert edge(image, image + 0.3).item() == pytest.approx(0, abs=1e-4)


def test_structure_equals_scikit_images():
    one, two = smooth((1, 1, 24, 20)), smooth((1, 1, 24, 20), seed=1)
    _, full = structural_similarity(
        one[0, 0].numpy(), two[0, 0].numpy(), win_size=7, data_range=2.0, full=True,
        use_sample_covariance=False,
    )  # fmt: skip
    assert structure(one, two).item() == pytest.approx(1 - full[3:-3, 3:-3].mean(), abs=1e-4)


def test_correlation_ignores_scale_and_shift():
    image = smooth()
    assert correlation(image, 0.3 * image + 0.2).item() == pytest.approx(0, abs=1e-5)
    assert correlation(image, -image).item() == pytest.approx(2, abs=1e-5)


def test_mutual_information_survives_inversion_and_not_shuffling():
    image = smooth((1, 1, 48, 48))
    order = torch.randperm(48 * 48, generator=torch.Generator().manual_seed(0))
    shuffled = image.flatten()[order].view_as(image)
    inverted, strange = mutual_information(-image, image), mutual_information(shuffled, image)
    assert inverted.item() == pytest.approx(mutual_information(image, image).item(), abs=1e-4)
    assert inverted.item() < 0.5 < 0.9 < strange.item() < 1


@pytest.mark.parametrize("name", sorted(similarities))
def test_a_step_down_the_gradient_brings_images_nearer(name):
    made, wanted = smooth(seed=1).requires_grad_(), smooth()
    before = similarities[name](made, wanted)
    (slope,) = torch.autograd.grad(before, made)
    after = similarities[name](made - 1e-3 * slope / slope.norm(), wanted)
    assert torch.isfinite(slope).all()
    assert after < before
