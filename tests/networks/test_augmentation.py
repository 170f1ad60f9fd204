"""Augmentations do what they say, differentiably, one draw a sample."""

import pytest
import torch

from cancergan.networks.augmentation import augment, augmentations


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


IMAGE = torch.rand(16, 3, 16, 16, generator=draws()) * 2 - 1


@pytest.mark.parametrize("name", sorted(augmentations))
@pytest.mark.parametrize("shape", [(6, 1, 9, 12), (4, 2, 8, 9, 10)])
def test_shape_is_kept_and_gradients_pass(name, shape):
    image = torch.randn(shape, generator=draws()).requires_grad_()
    changed = augmentations[name](image, draws(1))
    assert changed.shape == image.shape
    (gradient,) = torch.autograd.grad(changed.square().sum(), image)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().sum() > 0


def test_brightness_moves_the_mean_alone():
    change = augmentations["brightness"](IMAGE, draws()) - IMAGE
    assert change.flatten(1).std(dim=1).max() < 1e-6
    assert change.abs().max() <= 0.5
    assert len(change[:, 0, 0, 0].unique()) == 16


def test_contrast_keeps_the_mean_and_scales_the_deviation():
    changed = augmentations["contrast"](IMAGE, draws())
    torch.testing.assert_close(changed.flatten(1).mean(1), IMAGE.flatten(1).mean(1))
    ratio = changed.flatten(1).std(1) / IMAGE.flatten(1).std(1)
    assert ratio.min() >= 0.5
    assert ratio.max() <= 1.5


def test_saturation_keeps_the_grey_image():
    changed = augmentations["saturation"](IMAGE, draws())
    torch.testing.assert_close(changed.mean(dim=1), IMAGE.mean(dim=1))


def test_translation_moves_whole_pixels_and_fills_with_zero():
    single = torch.zeros(32, 1, 16, 16)
    single[:, 0, 8, 8] = 1
    moved = augmentations["translation"](single, draws())
    assert moved.flatten(1).sum(dim=1).tolist() == [1.0] * 32  # nothing interpolated or lost
    places = moved.flatten(1).argmax(dim=1)
    rows, columns = places // 16 - 8, places % 16 - 8
    assert rows.abs().max() <= 2
    assert columns.abs().max() <= 2
    assert len(places.unique()) > 5


def test_flip_mirrors_about_half_of_the_samples():
    flipped = augmentations["flip"](IMAGE.repeat(8, 1, 1, 1), draws())
    originals = IMAGE.repeat(8, 1, 1, 1)
    same = (flipped == originals).flatten(1).all(1)
    mirrored = (flipped == originals.flip(-1)).flatten(1).all(1)
    assert (same | mirrored).all()
    assert 40 < same.sum() < 88


def test_probability_is_the_share_of_samples_touched():
    image = IMAGE.repeat(32, 1, 1, 1)
    changed = augment(image, ["brightness"], probability=0.25, generator=draws())
    touched = (changed != image).flatten(1).any(1).float().mean()
    assert touched.item() == pytest.approx(0.25, abs=0.07)
    assert torch.equal(augment(image, ["brightness"], probability=0, generator=draws()), image)


def test_the_same_generator_repeats():
    names = sorted(augmentations)
    one = augment(IMAGE, names, probability=1, generator=draws(3))
    two = augment(IMAGE, names, probability=1, generator=draws(3))
    assert torch.equal(one, two)
