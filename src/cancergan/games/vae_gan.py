"""A variational autoencoder whose likeness of images is measured by a discriminator's features.

Source: Larsen et al. 2016 ("Autoencoding beyond pixels using a learned similarity metric"), eq. 5-8
and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor

from cancergan.games import builders
from cancergan.games.adversaries import (
    AugmentationSettings,
    Augmenter,
    PenaltySettings,
    PlainLoss,
    paid,
    seen_in,
)
from cancergan.games.base import (
    Batch,
    Description,
    ImageShape,
    NetworkSettings,
    Objective,
    OptimiserSettings,
    Player,
    Request,
    Settings,
    Turn,
    games,
)
from cancergan.games.latent import LatentGame, features_seen, normal
from cancergan.losses.adversarial import adversarial_losses
from cancergan.networks.discriminators import Judgement


class VaeGanSettings(Settings):
    """The choices of the game.

    Errors are means, over features or latent numbers, so that their weights mean the same at any
    size: ``feature_weight`` of the error in the discriminator's features, ``pixel_weight`` of that
    in pixels (0 as published), ``prior_weight`` of the divergence from the standard normal.
    """

    loss: PlainLoss = "non_saturating"
    penalty: PenaltySettings | None = None
    latent_size: int = Field(default=64, ge=1)
    feature_weight: float = Field(default=1.0, ge=0)
    pixel_weight: float = Field(default=0.0, ge=0)
    prior_weight: float = Field(default=0.1, ge=0)
    encoder: NetworkSettings = NetworkSettings()
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings()
    encoder_optimiser: OptimiserSettings = OptimiserSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    discriminator_optimiser: OptimiserSettings = OptimiserSettings()
    augmentation: AugmentationSettings = AugmentationSettings()


def divergence_from_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)), the mean over samples and latent numbers.

    Source: Kingma and Welling 2014, appendix B. Shapes (B, L); returns a scalar.
    """
    return (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2


@games.register("vae_gan")
class VaeGan(LatentGame):
    """An autoencoder whose decoder is a generator, judged by a discriminator (VAE-GAN).

    Reads: ``image`` (B, C, *spatial) in [-1, 1].
    """

    schema = VaeGanSettings

    def __init__(
        self, settings: VaeGanSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        self.augmenter = Augmenter(settings.augmentation)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> VaeGan:
        """Return the game for data of one shape."""
        assert isinstance(settings, VaeGanSettings)
        size = settings.latent_size
        encoder = builders.encoder(settings.encoder, shape, outputs=2 * size)
        generator = builders.generator(settings.generator, shape, latent_size=size)
        discriminator = builders.discriminator(settings.discriminator, shape)
        players = {
            "discriminator": Player(
                discriminator, settings.discriminator_optimiser, touches_real=True
            ),
            "encoder": Player(
                encoder, settings.encoder_optimiser, touches_real=True, synthesises=True
            ),
            "generator": Player(
                generator, settings.generator_optimiser, touches_real=True, synthesises=True
            ),
        }
        return cls(settings, shape, players)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, VaeGanSettings)
        penalty = "" if settings.penalty is None else f" + {settings.penalty.name}"
        return Description(
            task="noise to image, and image to latent",
            inputs={
                "encoder": "image",
                "generator": "noise, or the latent of an image",
                "discriminator": "image, real, reconstructed or from noise",
            },
            losses={
                "encoder": "error in the discriminator's features + divergence from the prior",
                "generator": f"error in the discriminator's features + {settings.loss}",
                "discriminator": settings.loss + penalty,
            },
            data="images",
            source="Larsen et al. 2016",
        )

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image"."""
        return ("image",)

    def turns(self) -> list[Turn]:
        """Return: the discriminator moves, then the encoder, then the generator."""
        turns = [
            Turn("discriminator", self.discriminator_objective),
            Turn("encoder", self.encoder_objective),
            Turn("generator", self.generator_objective),
        ]
        penalty = self.settings.penalty
        if penalty is not None:
            turns.append(Turn("discriminator", self.penalty_objective, every=penalty.every))
        return turns

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell real images from reconstructed ones and from those of noise."""
        with torch.no_grad():
            again, made = self._reconstruct(batch)[0], self._from_noise(batch)
        on_real = self._judge(self._augment(batch.image, batch)).score
        on_fake = self._scores_of_both(again, made, batch)
        seen = seen_in(self.loss, on_real, on_fake)
        return Objective({"adversarial": self.loss.critic(on_real, on_fake)}, seen)

    def encoder_objective(self, batch: Batch) -> Objective:
        """Find latents that the generator decodes to the same image, and that are like noise."""
        again, mean, log_variance = self._reconstruct(batch)
        prior = self.settings.prior_weight * divergence_from_normal(mean, log_variance)
        return Objective({**self._errors(again, batch), "prior": prior})

    def generator_objective(self, batch: Batch) -> Objective:
        """Decode to the same image, and make both kinds of images pass for real."""
        again, made = self._reconstruct(batch)[0], self._from_noise(batch)
        scores = self._scores_of_both(again, made, batch)
        adversarial = self.loss.generator(scores, None)
        return Objective({"adversarial": adversarial, **self._errors(again, batch)})

    def penalty_objective(self, batch: Batch) -> Objective:
        """Pay the penalty for all the rounds since the last one."""
        assert self.settings.penalty is not None
        with torch.no_grad():
            made = self._augment(self._from_noise(batch), batch)
        real = self._augment(batch.image, batch)
        return Objective(
            paid(
                self.settings.penalty,
                lambda image: self._judge(image).score,
                real,
                made,
                batch.generator,
            )
        )

    def latents(self, request: Request) -> Tensor:
        """Return noise (cases, latent_size)."""
        return normal(request, self.settings.latent_size)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged generator where there is one."""
        image: Tensor = self.players["generator"].best(latents)
        return image

    def encode(self, image: Tensor, label: Tensor | None) -> Tensor | None:
        """Return the means that the encoder gives."""
        code: Tensor = self.players["encoder"].best(image)
        return code.chunk(2, dim=1)[0]

    def features(self, image: Tensor, label: Tensor | None) -> Tensor:
        """Return what the discriminator's layers see, (B, F)."""
        return features_seen(self.players["discriminator"].network, image, None)

    def memory(self) -> dict[str, Tensor]:
        """Return the augmentation probability."""
        return self.augmenter.memory()

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Let adaptive augmentation follow how sure the critic was."""
        self.augmenter.observe(observations)

    def _reconstruct(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return reconstructions of the batch, and the mean and log variance of its latents."""
        mean, log_variance = self.players["encoder"].network(batch.image).chunk(2, dim=1)
        log_variance = log_variance.clamp(-10, 10)  # beyond, its exponential is no use to anyone
        noise = torch.randn(mean.shape, generator=batch.generator, device=mean.device)
        latents = mean + (log_variance / 2).exp() * noise
        return self.players["generator"].network(latents), mean, log_variance

    def _from_noise(self, batch: Batch) -> Tensor:
        size = (len(batch.image), self.settings.latent_size)
        noise = torch.randn(size, generator=batch.generator, device=batch.image.device)
        made: Tensor = self.players["generator"].network(noise)
        return made

    def _scores_of_both(self, again: Tensor, made: Tensor, batch: Batch) -> Tensor:
        judged = [self._judge(self._augment(image, batch)).score for image in (again, made)]
        return torch.cat(judged)

    def _judge(self, image: Tensor) -> Judgement:
        judgement: Judgement = self.players["discriminator"].network(image)
        return judgement

    def _augment(self, image: Tensor, batch: Batch) -> Tensor:
        return self.augmenter(image, batch.generator)

    def _errors(self, again: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted errors of reconstructions, in features and, if asked, in pixels."""
        weights, terms = self.settings, {}
        if weights.feature_weight:
            wanted, found = self._judge(batch.image).features, self._judge(again).features
            errors = [
                (one - two.detach()).square().mean() / 2
                for one, two in zip(found, wanted, strict=True)
            ]
            terms["feature_error"] = weights.feature_weight * torch.stack(errors).mean()
        if weights.pixel_weight:
            error = (again - batch.image).square().mean()
            terms["pixel_error"] = weights.pixel_weight * error
        return terms
