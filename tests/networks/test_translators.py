"""Translators accept any size, give the wanted one, and stay within [-1, 1]."""

import pytest
import torch

from cancergan.networks.translators import AttentionGate, UNetTranslator, translators

SIZES = [(16, 16), (17, 30), (8, 12, 11)]
# "dense" is for tables, and "reconstruction" has one grid and as many channels on both sides.
OF_IMAGES = sorted(set(translators) - {"dense", "reconstruction"})
ENLARGING = sorted(set(OF_IMAGES) - {"super_resolution"})


def make(name, spatial, inputs=2, outputs=1, **options):
    torch.manual_seed(0)
    settings = {"inputs": inputs, "outputs": outputs, "spatial": spatial, "width": 4, **options}
    return translators[name](**settings)


@pytest.mark.parametrize("name", ENLARGING)
@pytest.mark.parametrize("spatial", SIZES)
def test_any_size_and_channels(name, spatial):
    image = make(name, spatial)(torch.rand(2, 2, *spatial) * 2 - 1)
    assert image.shape == (2, 1, *spatial)
    assert image.abs().max() <= 1


@pytest.mark.parametrize("name", ENLARGING)
def test_noise_changes_the_image(name):
    network = make(name, (16, 16), latent_size=3).eval()
    source = torch.rand(1, 2, 16, 16)
    one, two = (network(source, torch.full((1, 3), value)) for value in (-1.0, 1.0))
    assert (one - two).abs().max() > 1e-4


@pytest.mark.parametrize("name", OF_IMAGES)
def test_a_coarse_source_gives_a_fine_image(name):
    image = make(name, (16, 24), inputs=1, enlarge=4)(torch.zeros(1, 1, 4, 6))
    assert image.shape == (1, 1, 16, 24)


@pytest.mark.parametrize("name", ["unet", "resnet"])
def test_it_is_convolutional(name):
    """What is trained on parts translates the whole: far from the border nothing else is seen."""
    network = make(name, (32, 32), normalise="none").eval()
    source = torch.rand(1, 2, 160, 160)
    whole = network(source)
    changed = source.clone()
    changed[..., -2:, -2:] = -1
    torch.testing.assert_close(network(changed)[..., :40, :40], whole[..., :40, :40])


@pytest.mark.parametrize("name", ["resnet", "unet"])
def test_a_residual_translator_starts_from_the_identity(name):
    network = make(name, (16, 16), inputs=3, outputs=3, residual=True)
    source = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(network(source), source)


@pytest.mark.parametrize("spatial", [(16, 16), (13, 22), (9, 8, 11)], ids=str)
def test_attention_weighs_what_passes_between_equal_levels(spatial):
    torch.manual_seed(0)
    plain, gated = (
        UNetTranslator(inputs=2, outputs=1, spatial=spatial, width=4, depth=2, attention=attention)
        for attention in (False, True)
    )
    source = torch.randn(2, 2, *spatial)
    gated(source).square().mean().backward()
    assert all(p.grad is not None for p in gated.parameters())
    # Gates that are open wide leave the plain network; gates that are shut let nothing pass.
    gated.load_state_dict(plain.state_dict(), strict=False)
    for shift, same in ((50.0, True), (-50.0, False)):
        for gate in gated.gates:
            torch.nn.init.zeros_(gate.weigh.weight)
            torch.nn.init.constant_(gate.weigh.bias, shift)
        assert torch.allclose(gated(source), plain(source), atol=1e-5) == same


def test_a_gate_gives_one_coefficient_to_each_pixel():
    gate = AttentionGate(2, 3, 5)
    beside, above = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 4, 4)
    share = gate.coefficient(beside, above)
    assert share.shape == (2, 1, 4, 4)
    assert ((share > 0) & (share < 1)).all()
    torch.testing.assert_close(gate(beside, above) / beside, share.expand(-1, 3, -1, -1))
