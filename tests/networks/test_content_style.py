"""Content does not hear brightness and contrast, style does, and both make an image of any size."""

import pytest
import torch

from cancergan.networks.content_style import (
    AdaptiveInstanceNormalisation,
    ContentEncoder,
    GlobalStyleEncoder,
    StyledDecoder,
)


@pytest.mark.parametrize("spatial", [(16, 16), (17, 30), (9, 8, 12)])
def test_content_and_style_make_an_image_of_the_size_they_came_from(spatial):
    torch.manual_seed(0)
    dims, settings = len(spatial), {"width": 4, "halvings": 2}
    image = torch.rand(2, 3, *spatial) * 2 - 1
    content = ContentEncoder(dims, 3, blocks=1, **settings)(image)
    style = GlobalStyleEncoder(dims, 3, style=5, **settings)(image)
    assert style.shape == (2, 5)
    made = StyledDecoder(1, spatial, blocks=1, style=5, **settings)(content, style)
    assert made.shape == (2, 1, *spatial)
    assert made.abs().max() <= 1


def test_content_is_deaf_to_contrast_and_style_is_not():
    torch.manual_seed(0)
    image = torch.randn(1, 1, 32, 32)
    content = ContentEncoder(2, 1, width=4, halvings=1, blocks=0)
    for layer in content.modules():  # a bias would be normalised away only together with the rest
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.zeros_(layer.bias)
    style = GlobalStyleEncoder(2, 1, width=4, halvings=1, style=3)
    torch.testing.assert_close(content(3 * image), content(image), rtol=1e-3, atol=1e-3)
    assert (style(3 * image) - style(image)).abs().max() > 0.01


def test_the_style_sets_mean_and_deviation():
    layer = AdaptiveInstanceNormalisation(2, 3, 2)
    torch.nn.init.zeros_(layer.modulate.weight)
    with torch.no_grad():
        layer.modulate.bias.copy_(torch.tensor([0.0, 1.0, 2.0, 5.0, 6.0, 7.0]))
    made = layer(torch.randn(1, 3, 20, 20) * 9 + 4, torch.zeros(1, 2))[0].flatten(1)
    torch.testing.assert_close(made.mean(dim=1), torch.tensor([5.0, 6.0, 7.0]))
    torch.testing.assert_close(
        made.std(dim=1, correction=0), torch.tensor([1.0, 2.0, 3.0]), rtol=1e-3, atol=1e-3
    )
