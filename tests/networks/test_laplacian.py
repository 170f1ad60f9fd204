"""The painter of detail hears the coarse image, the noise and the class."""

import pytest
import torch

from cancergan.networks.laplacian import DetailPainter


@pytest.mark.parametrize("spatial", [(12, 9), (6, 7, 8)])
def test_detail_has_the_size_of_the_image_and_depends_on_all_that_it_is_given(spatial):
    torch.manual_seed(0)
    painter = DetailPainter(channels=2, spatial=spatial, classes=2, width=4).eval()
    coarse, noise = torch.randn(1, 2, *spatial), torch.randn(1, 1, *spatial)
    label = torch.tensor([0])
    detail = painter(coarse, noise, label)
    assert detail.shape == coarse.shape
    assert not torch.equal(detail, painter(coarse + 1, noise, label))
    assert not torch.equal(detail, painter(coarse, noise + 1, label))
    assert not torch.equal(detail, painter(coarse, noise, label + 1))
