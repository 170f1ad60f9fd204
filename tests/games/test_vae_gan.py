"""VAE-GAN: its divergence is the textbook's, and each player has the terms of its own."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from cancergan.core.seeds import torch_generator
from cancergan.games.base import Batch, ImageShape
from cancergan.games.contract import check_game, noise_columns
from cancergan.games.vae_gan import VaeGan, VaeGanSettings, divergence_from_normal

SHAPE = ImageShape(1, (8, 8))
SMALL = {"options": {"width": 4}}


def build(shape=SHAPE, **choices):
    torch.manual_seed(0)
    networks = dict.fromkeys(("encoder", "generator", "discriminator"), SMALL)
    settings = VaeGanSettings.model_validate({**networks, "latent_size": 6, **choices})
    return VaeGan.build(settings, shape)


def batch(cases=8):
    return Batch(noise_columns(SHAPE, cases), torch_generator(0))


def test_the_divergence_is_torchs():
    torch.manual_seed(0)
    mean, log_variance = torch.randn(4, 3), torch.randn(4, 3)
    theirs = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).mean()
    assert divergence_from_normal(mean, log_variance).item() == pytest.approx(theirs.item())
    assert divergence_from_normal(torch.zeros(2, 3), torch.zeros(2, 3)).item() == 0


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
@pytest.mark.parametrize("loss", ["least_squares", "hinge"])
def test_losses_and_weights_are_independent_choices(weights, loss):
    features, pixels = weights
    check_game(
        lambda shape: build(shape, loss=loss, feature_weight=features, pixel_weight=pixels,
                            penalty={"name": "r1", "every": 4}),
        shapes=(SHAPE,),
    )  # fmt: skip


def test_the_encoder_never_hears_the_adversary_and_the_generator_never_the_prior():
    """Larsen et al. 2016, algorithm 1: the gradients of the three players."""
    game = build()
    assert set(game.encoder_objective(batch()).terms) == {"feature_error", "prior"}
    assert set(game.generator_objective(batch()).terms) == {"adversarial", "feature_error"}
    assert set(game.discriminator_objective(batch()).terms) == {"adversarial"}


def test_both_kinds_of_synthetic_images_are_judged():
    game = build()
    again, made = game._reconstruct(batch())[0], game._from_noise(batch())
    assert game._scores_of_both(again, made, batch()).shape == (16,)


def test_encoding_and_decoding_is_reconstruction_by_the_mean():
    game = build()
    image = batch().image
    code = game.encode(image, None)
    assert code.shape == (8, 6)
    assert torch.equal(code, game.players["encoder"].network(image)[:, :6])
    assert game.decode(code, None, None).shape == image.shape
