"""Real images reach private players alone; games that do otherwise are refused by one line."""

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.games import games
from cancergan.games.base import Batch, ImageShape, Objective
from cancergan.games.noise_to_image import NoiseToImage
from cancergan.privacy.taint import check_private, private_players

SHAPE = ImageShape(1, (16, 16), ("benign", "malignant"))
ALONE = {"width": 4, "normalise": "group", "minibatch_deviation": False}


def make(kind=NoiseToImage, critic=None, **settings):
    chosen = {
        "latent_size": 8,
        "generator": {"options": {"width": 4}},
        "discriminator": {"options": ALONE | (critic or {})},
    }
    return kind.build(kind.schema.model_validate(chosen | settings), SHAPE)


def check(game, further=()):
    private = private_players(game, further)
    check_private(game, private)
    return private


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": "wasserstein", "penalty": {"name": "gradient_penalty"}},
        {"penalty": {"name": "r1", "every": 4}},
        {"conditioning": "auxiliary"},
        {"conditioning": "projection", "discriminators": 2},
        {"critic": {"spectral": True}, "loss": "hinge"},
        {"encoder": {"options": {"width": 4}}},
        {"augmentation": {"operations": ["brightness", "translation"]}},
    ],
)
def test_adversarial_games_pass_with_private_discriminators(settings):
    assert all(name.startswith("discriminator") for name in check(make(**settings)))


@pytest.mark.parametrize("critic", [{"normalise": "batch"}, {"minibatch_deviation": True}])
def test_a_private_player_must_not_judge_images_together(critic):
    with pytest.raises(BadInputError, match=r"judges images together \((Batch|Minibatch)"):
        check(make(critic=critic))


def test_adaptive_augmentation_listens_to_real_scores():
    adaptive = {"operations": ["brightness"], "probability": "adaptive"}
    with pytest.raises(BadInputError, match="augmentation_probability follows"):
        check(make(augmentation=adaptive))


def test_a_generator_whose_loss_reads_real_scores_must_be_named():
    game = make(loss="relativistic_average")
    with pytest.raises(BadInputError, match=r"privacy\.players=\[generator\]"):
        check(game)
    game = make(loss="relativistic_average", generator={"options": {"normalise": "group"}})
    assert check(game, ("generator",)) == ("discriminator", "generator")


@pytest.mark.parametrize("name", ["paired_translation", "vae_gan", "content_style"])
def test_generators_that_compare_with_real_pixels_are_refused(name):
    """L1, reconstruction, cycle: the game says so itself."""
    kind = games[name]
    given = {"source": ImageShape(1, (16, 16))} if name != "vae_gan" else {}
    shape = ImageShape(1, (16, 16), SHAPE.classes, given)
    with pytest.raises(BadInputError, match="would carry patients out"):
        private_players(kind.build(kind.schema(), shape), ())


class Liar(NoiseToImage):
    """Declares its generator free of real images; the mean image of the batch is in its loss."""

    def generator_objective(self, batch: Batch) -> Objective:
        terms = dict(super().generator_objective(batch).terms)
        fake = self._generate(batch)
        return Objective(terms | {"l1": (fake - batch.image).abs().mean()})


class FeatureMatcher(NoiseToImage):
    """Matches the mean score of real images."""

    def generator_objective(self, batch: Batch) -> Objective:
        real = self._judge(batch.image, batch, "discriminator").score.mean()
        fake = self._judge(self._generate(batch), batch, "discriminator").score.mean()
        return Objective({"matching": (real - fake).square()})


class Rememberer(NoiseToImage):
    """Reads no real image in the generator's turn, but keeps those of the turn before."""

    seen = None

    def discriminator_objective(self, batch: Batch, judge: str = "discriminator") -> Objective:
        self.seen = batch.image.mean(dim=0, keepdim=True)
        return super().discriminator_objective(batch, judge)

    def generator_objective(self, batch: Batch) -> Objective:
        objective = super().generator_objective(batch)
        far = (self._generate(batch) - self.seen).square().mean()
        return Objective({**objective.terms, "style": far})


class Normaliser(NoiseToImage):
    """Scales by a running mean of real images, which it remembers."""

    def __init__(self, *given):
        super().__init__(*given)
        self.mean = torch.zeros(())

    def memory(self):
        return {**super().memory(), "mean_of_real": self.mean}

    def discriminator_objective(self, batch: Batch, judge: str = "discriminator") -> Objective:
        self.mean.lerp_(batch.image.mean(), 0.1)
        return super().discriminator_objective(batch, judge)


class Pooler(NoiseToImage):
    """Shows its critic the images of the turn before."""

    pool = None

    def discriminator_objective(self, batch: Batch, judge: str = "discriminator") -> Objective:
        before, self.pool = self.pool, batch.image
        return super().discriminator_objective(
            batch if before is None else Batch({"image": before}, batch.generator), judge
        )


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Liar, '"generator" learns openly, and what it learns depends on real images'),
        (FeatureMatcher, '"generator" learns openly'),
        (Rememberer, '"generator" learns openly'),
        (Normaliser, "keeps mean_of_real"),
        (Pooler, "an earlier turn left behind"),
    ],
)
def test_what_a_game_does_not_say_is_found_by_trial(kind, message):
    with pytest.raises(BadInputError, match=message):
        check(make(kind))


def test_a_game_of_open_players_alone_has_nothing_to_keep_private():
    game = make()
    game.players["discriminator"].touches_real = False
    with pytest.raises(BadInputError, match="nothing to keep private"):
        private_players(game, ())


def test_a_player_that_does_not_exist_is_named():
    with pytest.raises(BadInputError, match='did you mean "generator"'):
        private_players(make(), ("generatr",))
