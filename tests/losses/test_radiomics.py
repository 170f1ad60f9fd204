import numpy as np
import pytest
import torch

from cancergan.losses.radiomics import (
    SoftBins,
    co_occurrence,
    first_order,
    radiomic_features,
    radiomics_loss,
    soft_co_occurrence,
)
from cancergan.metrics.radiomics import radiomics


def noise(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=torch.float64) * 1.98 - 0.99


def test_shares_of_a_value_add_up_to_one_and_lie_at_its_level():
    shares = SoftBins(number=4, softness=0.05).shares(torch.tensor([[-0.75, 0.25, 5.0, -5.0]]))
    assert shares.sum(dim=1).tolist() == [pytest.approx([1.0] * 4)]
    assert shares.argmax(dim=1).tolist() == [[0, 2, 3, 0]]


@pytest.mark.parametrize("shape", [(2, 9, 8), (2, 5, 4, 6)])
def test_features_become_the_exact_ones_as_the_edges_sharpen(shape):
    images = noise(*shape)
    errors = []
    for softness in (0.3, 0.03, 0.003, 1e-5):
        bins = SoftBins(number=6, softness=softness)
        soft = first_order(images, bins) | co_occurrence(images, bins)
        worst = 0.0
        for row, image in enumerate(images.numpy()):
            exact = radiomics(
                image,
                bin_width=2 / 6,
                resegment=(-1, 1),
                families=["intensity", "histogram", "glcm"],
            )
            differences = [
                abs(float(soft[name][row]) - exact[name]) / max(abs(exact[name]), 0.1)
                for name in soft
            ]
            worst = max(worst, *differences)
        errors.append(worst)
    assert errors[-1] < 1e-9 < 0.01 < errors[0]


@pytest.mark.parametrize("shape", [(1, 1, 5, 4), (1, 2, 3, 3, 2)])
def test_every_gradient_is_that_of_the_function(shape):
    images = noise(*shape, seed=1).requires_grad_()
    bins = SoftBins(number=4, softness=0.4)

    def features(x):
        return torch.stack(list(radiomic_features(x, bins).values()))

    assert torch.autograd.gradcheck(features, images)


def test_the_gradient_of_the_loss_is_that_of_the_function():
    real, fake = noise(3, 1, 4, 4, seed=2), noise(2, 1, 4, 4, seed=3).requires_grad_()
    bins = SoftBins(number=4, softness=0.4)
    assert torch.autograd.gradcheck(lambda x: radiomics_loss(x, real, bins), fake)


def test_the_matrix_is_symmetric_and_sums_to_one():
    joint = soft_co_occurrence(noise(3, 6, 7))
    torch.testing.assert_close(joint, joint.transpose(1, 2))
    torch.testing.assert_close(joint.sum(dim=(1, 2)), torch.ones(3, dtype=torch.float64))


def test_a_flat_image_has_finite_features_and_gradients():
    flat = torch.zeros(2, 1, 5, 5, requires_grad=True)
    features = torch.stack(list(radiomic_features(flat).values()))
    features.sum().backward()
    assert torch.isfinite(features).all()
    assert torch.isfinite(flat.grad).all()


def test_the_loss_is_zero_for_equal_batches_and_grows_with_the_change():
    real = noise(6, 1, 12, 12)
    losses = [float(radiomics_loss(real * contrast, real)) for contrast in (1, 0.9, 0.7, 0.4)]
    assert losses[0] == 0
    assert (np.diff(losses) > 0).all()


def test_descending_the_loss_gives_an_image_the_texture_of_another():
    real = noise(4, 1, 16, 16, seed=4)
    made = (0.1 * noise(4, 1, 16, 16, seed=5)).requires_grad_()
    before = radiomics_loss(made, real).item()
    optimiser = torch.optim.Adam([made], lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        radiomics_loss(made, real).backward()
        optimiser.step()
    assert radiomics_loss(made, real).item() < 0.05 * before


@pytest.mark.parametrize("wrong", [{"number": 1}, {"low": 1.0}, {"softness": 0.0}])
def test_bins_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="needs 2 bins or more"):
        SoftBins(**wrong)
