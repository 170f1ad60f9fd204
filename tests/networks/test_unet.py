import pytest
import torch

from cancergan.networks.unet import UNet

SIZES = [(16, 16), (13, 22), (3, 5), (9, 8, 11), (17,)]


@pytest.mark.parametrize("spatial", SIZES, ids=str)
@pytest.mark.parametrize("norm", ["group", "batch", "none"])
def test_the_map_has_the_size_of_the_image(spatial, norm):
    torch.manual_seed(0)
    network = UNet(2, 3, spatial, width=4, depth=3, norm=norm, dropout=0.1)
    assert network(torch.randn(2, 2, *spatial)).shape == (2, 3, *spatial)


def test_every_weight_has_a_part_in_the_map():
    network = UNet(1, 1, (16, 16), width=4)
    network(torch.randn(2, 1, 16, 16)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_samples_do_not_see_one_another_and_only_dropout_is_random():
    torch.manual_seed(0)
    network = UNet(1, 2, (12, 12), width=4, dropout=0.5)
    batch = torch.randn(3, 1, 12, 12)
    assert not torch.equal(network(batch), network(batch))
    network.eval()
    assert torch.equal(network(batch), network(batch))
    assert torch.allclose(network(batch)[1:2], network(batch[1:2]), atol=1e-4)


def test_fine_detail_passes_beside_the_coarse_path():
    # One pixel changes: the map changes most at that pixel, which a bottleneck could not place.
    torch.manual_seed(0)
    network = UNet(1, 1, (32, 32), width=8).eval()
    image = torch.zeros(1, 1, 32, 32)
    spot = image.clone()
    spot[..., 11, 20] = 1
    gap = (network(spot) - network(image)).abs()[0, 0]
    row, column = divmod(int(gap.argmax()), 32)
    assert abs(row - 11) <= 3
    assert abs(column - 20) <= 3


def test_depth_and_width_are_bounded():
    network = UNet(1, 1, (8, 8), width=16, depth=9, widest=32)
    assert len(network.down) == 2
    assert max(p.shape[0] for p in network.parameters() if p.ndim == 4) == 32


def test_it_learns_to_mark_what_is_bright():
    torch.manual_seed(0)
    image = torch.rand(8, 1, 12, 12)
    network = UNet(1, 1, (12, 12), width=4, depth=2)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            network(image), (image > 0.5).float()
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
