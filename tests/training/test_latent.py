"""Walks, truncation, sweeps and inversion, on generators whose latent space is known."""

import numpy as np
import pytest
import torch

from cancergan import workflow
from cancergan.core.errors import BadInputError
from cancergan.games.base import ImageShape
from cancergan.games.latent import LatentGame
from cancergan.training.latent import (
    between,
    class_sweep,
    interpolation,
    invert,
    latent_game,
    mean_point,
    truncation,
)
from tests.data import blobs

SMALL = {"training.steps": 2, "training.batch_size": 8, "image_size": 8,
         "game.generator.options.width": 4, "game.discriminator.options.width": 4}  # fmt: skip


class Known(LatentGame):
    """Latents are two numbers, normal around (3, 0); they are the brightness of two halves."""

    def __init__(self, classes=(), encoder=False):
        self.shape = ImageShape(1, (8, 8), classes)
        self.players = {}
        self.encoder = encoder

    @classmethod
    def build(cls, settings, shape):
        raise NotImplementedError

    @classmethod
    def requires(cls, settings):
        return ("image",)

    def turns(self):
        return []

    def latents(self, request):
        noise = torch.randn(request.cases, 2, generator=request.generator)
        return noise + torch.tensor([3.0, 0.0])

    def decode(self, latents, label, generator):
        halves = latents.view(-1, 1, 2, 1).repeat_interleave(4, dim=2).expand(-1, 1, 8, 8)
        shift = 0 if label is None else label.view(-1, 1, 1, 1)
        return torch.tanh(halves / 8 + shift)

    def encode(self, image, label):
        if not self.encoder:
            return None
        halves = torch.stack([image[:, 0, :4].mean(dim=(1, 2)), image[:, 0, 4:].mean(dim=(1, 2))])
        return 8 * torch.atanh(halves.T) + 0.1  # nearly right


def test_a_walk_begins_and_ends_at_images_of_the_run_and_stays_as_far_out():
    middle = torch.zeros(2, 3)
    one, two = torch.tensor([[2.0, 0, 0], [1, 0, 0]]), torch.tensor([[0.0, 2, 0], [-1, 0, 0.001]])
    torch.testing.assert_close(between(one, two, middle, 0.0), one)
    torch.testing.assert_close(between(one, two, middle, 1.0), two, atol=1e-3, rtol=1e-3)
    half = between(one, two, middle, 0.5)
    torch.testing.assert_close(half[0], torch.tensor([2.0, 2.0, 0]) / 2**0.5)
    same = between(one, one, middle, 0.3)
    torch.testing.assert_close(same, one)


def test_the_way_turns_around_the_middle_of_the_space_not_around_zero():
    middle = torch.tensor([[10.0, 0.0]])
    half = between(torch.tensor([[11.0, 0.0]]), torch.tensor([[10.0, 1.0]]), middle, 0.5)
    assert (half - middle).norm().item() == pytest.approx(1.0)


def test_the_middle_is_the_mean_of_the_space():
    torch.testing.assert_close(
        mean_point(Known(), None, 2, seed=0), torch.tensor([[3.0, 0], [3, 0]]), atol=0.15, rtol=0
    )


def test_truncation_goes_from_the_mean_image_through_the_image_itself():
    game = Known()
    frames = truncation(game, rows=3, frames=6, seed=0)
    assert frames.shape == (3, 6, 1, 8, 8)
    mean = game.decode(mean_point(game, None, 3, seed=0), None, None).numpy()
    np.testing.assert_allclose(frames[:, 0], mean)
    walk = interpolation(game, rows=3, frames=4, seed=0)
    np.testing.assert_allclose(frames[:, 4], walk[:, 0], atol=1e-6)  # 4 / 5 of 1.25 is 1


def test_a_class_sweep_changes_nothing_but_the_class():
    frames = class_sweep(Known(("a", "b", "c")), rows=2, seed=0)
    assert frames.shape == (2, 3, 1, 8, 8)
    np.testing.assert_allclose(np.arctanh(frames[:, 2]) - np.arctanh(frames[:, 0]), 2, atol=1e-3)
    with pytest.raises(BadInputError, match="no classes to sweep"):
        class_sweep(Known(), rows=2, seed=0)


def test_the_seed_decides_a_film():
    one, same, other = (interpolation(Known(), rows=2, frames=3, seed=s) for s in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("encoder", [False, True])
def test_inversion_finds_the_latents_that_an_image_was_made_of(encoder):
    game = Known(encoder=encoder)
    truth = torch.tensor([[1.0, -2.0], [4.0, 0.5], [-3.0, 3.0]])
    images = game.decode(truth, None, None).numpy()
    found = invert(game, images, steps=300, rate=0.1)
    np.testing.assert_allclose(found.latents, truth.numpy(), atol=0.05)
    assert found.errors.max() < 0.01
    assert found.encoded is encoder
    assert (found.errors <= found.first).all()


def test_what_cannot_be_made_keeps_its_distance():
    stripes = np.tile(np.array([-0.5, 0.5], np.float32), (1, 1, 8, 4))
    found = invert(Known(), stripes, steps=200, rate=0.1)
    assert found.errors[0] == pytest.approx(0.5, abs=0.02)  # grey is the best that there is


def test_without_steps_the_encoder_has_the_last_word():
    game = Known(encoder=True)
    images = game.decode(torch.tensor([[1.0, 1.0]]), None, None).numpy()
    found = invert(game, images, steps=0)
    np.testing.assert_allclose(found.latents, [[1.1, 1.1]], atol=1e-4)
    with pytest.raises(BadInputError, match="steps is -1"):
        invert(game, images, steps=-1)


def test_only_games_with_a_latent_space_have_films(tmp_path):
    run = workflow.train("dcgan", blobs(8), tmp_path / "run", **SMALL)
    with pytest.raises(BadInputError, match='unknown kind of film "clases"; did you mean'):
        workflow.film(run, tmp_path / "film.png", kind="clases")
    with pytest.raises(BadInputError, match="ask for 1 row"):
        workflow.film(run, tmp_path / "film.png", rows=0)
    with pytest.raises(BadInputError, match="no latent space"):
        latent_game(object(), "runs/a")


def test_a_search_need_not_begin_where_the_encoder_points():
    game = Known(encoder=True)
    image = game.decode(torch.tensor([[1.0, -2.0]]), None, None).numpy()
    assert invert(game, image, steps=0).encoded
    assert not invert(game, image, steps=0, encode=False).encoded


def test_features_lead_a_search_where_pixels_do_not():
    """With features of the second half weighed heavily, a search of few steps gets that right."""
    game = Known()
    game.features = lambda image, label: image[:, :, 4:].flatten(1)
    image = game.decode(torch.tensor([[3.0, -6.0]]), None, None).numpy()
    plain = invert(game, image, steps=30, rate=0.3)
    led = invert(game, image, steps=30, rate=0.3, feature_weight=50.0)
    assert led.errors[0] < 0.05
    assert np.isfinite(plain.errors).all()
