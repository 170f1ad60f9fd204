"""Undersampling is a projection, and what was measured is kept."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.networks.reconstruction import Reconstruction, measured_part, sampled_lines


@pytest.mark.parametrize("side", [16, 17, 64])
@pytest.mark.parametrize("acceleration", [1.0, 2.0, 4.0])
def test_lines_are_as_many_as_asked_for_with_their_conjugates_and_the_centre(side, acceleration):
    lines = sampled_lines(side, acceleration, 0.1, seed=0)
    assert 0 <= int(lines.sum()) - round(side / acceleration) <= 1
    assert torch.equal(lines[1:], lines[1:].flip(0))
    assert lines[0]
    assert lines[: int(0.05 * side) + 1].all()


@pytest.mark.parametrize("spatial", [(16, 12), (9, 8, 5)])
def test_undersampling_is_a_projection_of_real_images(spatial):
    image = torch.randn(2, 3, *spatial)
    lines = sampled_lines(spatial[0], 3.0, 0.1, seed=1)
    once = measured_part(image, lines)
    assert torch.allclose(measured_part(once, lines), once, atol=1e-5)
    spectrum = torch.fft.fft(once, dim=2)
    assert spectrum[:, :, ~lines].abs().max() < 1e-4
    exact = torch.fft.fft(image, dim=2)[:, :, lines]
    assert torch.allclose(spectrum[:, :, lines], exact, atol=1e-4)


def network(**options):
    torch.manual_seed(0)
    made = Reconstruction(inputs=1, outputs=1, spatial=(16, 16), width=4, depth=2, **options)
    for weight in made.fill.end.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    return made.eval()


def test_measured_lines_are_kept_and_the_source_may_be_either_image():
    image = torch.rand(2, 1, 16, 16) * 0.5 - 0.25
    consistent, free = network(acceleration=4), network(acceleration=4, consistent=False)
    made = consistent(image)
    assert torch.allclose(consistent.measured(made), consistent.measured(image), atol=1e-5)
    assert (made - consistent.measured(image)).abs().max() > 1e-3
    assert not torch.allclose(free.measured(free(image)), free.measured(image), atol=1e-3)
    assert torch.allclose(consistent(consistent.measured(image)), made, atol=1e-5)


def test_before_training_it_is_the_zero_filled_image():
    torch.manual_seed(0)
    fresh = Reconstruction(inputs=1, outputs=1, spatial=(16, 16), width=4, depth=2)
    torch.nn.init.zeros_(fresh.fill.end.bias)
    image = torch.rand(1, 1, 16, 16) * 0.5
    assert torch.allclose(fresh(image), fresh.measured(image), atol=1e-6)


def test_source_and_image_have_one_grid():
    with pytest.raises(BadInputError, match="both are the same image"):
        Reconstruction(inputs=1, outputs=2, spatial=(16, 16))
