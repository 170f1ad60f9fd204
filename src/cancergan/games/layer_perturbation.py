"""Records made unlike themselves: a generator told of a record, whose layers are shaken afterwards.

Sources: Bae et al. 2020 (AnomiGAN: a record's class is kept for a classifier, and each layer is
disturbed by the variance that its weights had in training); Yoon et al. 2020 (ADS-GAN: a generator
told of a record is paid for being far from it). Neither is a guarantee of privacy.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor
from torch.func import functional_call, vmap
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.games.base import (
    Batch,
    Description,
    Game,
    ImageShape,
    NetworkSettings,
    Objective,
    OptimiserSettings,
    Player,
    Request,
    Settings,
    Turn,
    build_network,
    games,
)
from cancergan.games.builders import discriminator, encoder
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.networks.translators import translators

_FORGETS = 0.01  # of what a layer's variance was, each round
_OPTIMISER = OptimiserSettings(betas=(0.5, 0.99))


class LayerPerturbationSettings(Settings):
    """The choices of the game.

    Attributes:
        loss: adversarial loss.
        likeness: weight of the absolute difference from the record.
        task: weight of the classifier's cross-entropy on what is made.
        identifiability: weight of being far from the record, squared (ADS-GAN, eq. 9, its distance
            unweighted); it works against ``likeness``, so set that to 0 beside it.
        layer_noise: by how many of its own standard deviations each layer is shaken for a record.
        latent_size: numbers of noise beside the record.
        generator, discriminator, classifier: networks for tables.
    """

    loss: str = "least_squares"
    likeness: float = Field(default=5.0, ge=0)
    task: float = Field(default=1.0, ge=0)
    identifiability: float = Field(default=0.0, ge=0)
    layer_noise: float = Field(default=1.0, ge=0)
    latent_size: int = Field(default=4, ge=1)
    generator: NetworkSettings = NetworkSettings(name="dense", options={"width": 64})
    discriminator: NetworkSettings = NetworkSettings(name="dense", options={"width": 64})
    classifier: NetworkSettings = NetworkSettings(name="dense", options={"width": 32, "depth": 1})
    generator_optimiser: OptimiserSettings = _OPTIMISER
    discriminator_optimiser: OptimiserSettings = _OPTIMISER
    classifier_optimiser: OptimiserSettings = _OPTIMISER


@games.register("layer_perturbation")
class LayerPerturbation(Game):
    """A generator of records like a given one, a discriminator, and a classifier to be kept right.

    Reads: ``image`` and ``source`` (B, d), the same columns of a table in [-1, 1]; ``label`` (B,).
    """

    schema = LayerPerturbationSettings

    def __init__(
        self, settings: LayerPerturbationSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        weights = dict(players["generator"].network.named_parameters())
        self.centre = {name: weight.detach().clone() for name, weight in weights.items()}
        self.variance = {name: torch.zeros(()) for name in weights}

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> LayerPerturbation:
        """Return the game for data of one shape.

        Raises:
            BadInputError: images, a source of other columns, or fewer than two classes.
        """
        assert isinstance(settings, LayerPerturbationSettings)
        source = shape.given.get("source")
        if shape.spatial or source is None or source.channels != shape.channels or source.spatial:
            raise BadInputError(
                "this game reads records twice: set data.image.read=table and data.source.read="
                "table, with the same attributes."
            )
        if len(shape.classes) < 2:
            raise BadInputError(
                f"the cohort has {len(shape.classes)} classes; the classifier needs 2. Add a label."
            )
        translator = build_network(
            translators, settings.generator, inputs=shape.channels, outputs=shape.channels,
            spatial=(), latent_size=settings.latent_size,
        )  # fmt: skip
        classifier = encoder(settings.classifier, shape, outputs=len(shape.classes))
        return cls(settings, shape, {
            "generator": Player(translator, settings.generator_optimiser, touches_real=True,
                                synthesises=True),
            "discriminator": Player(discriminator(settings.discriminator, shape),
                                    settings.discriminator_optimiser, touches_real=True),
            "classifier": Player(classifier, settings.classifier_optimiser, touches_real=True),
        })  # fmt: skip

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", "source" and "label"."""
        return ("image", "source", "label")

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "source", the records to be made unlike themselves."""
        return ("source",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, LayerPerturbationSettings)
        weighed = {"likeness": settings.likeness, "classification": settings.task,
                   "- distance": settings.identifiability}  # fmt: skip
        terms = [f"{weight:g} {name}" for name, weight in weighed.items() if weight]
        return Description(
            task="record to a record like it, layers shaken at synthesis",
            inputs={"generator": "record, noise", "discriminator": "record",
                    "classifier": "record"},
            losses={"generator": " + ".join([settings.loss, *terms]),
                    "discriminator": settings.loss, "classifier": "cross-entropy"},
            data="a table with a label",
            source="Bae et al. 2020; Yoon et al. 2020",
        )  # fmt: skip

    def turns(self) -> list[Turn]:
        """Return: the discriminator, the classifier, then the generator."""
        return [
            Turn("discriminator", self.discriminator_objective),
            Turn("classifier", self.classifier_objective),
            Turn("generator", self.generator_objective),
        ]

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell real records from made ones."""
        with torch.no_grad():
            made = self._made(batch)
        judge = self.players["discriminator"].network
        real, fake = judge(batch.image).score, judge(made).score
        return Objective({"adversarial": self.loss.critic(real, fake)}, observed_scores(real, fake))

    def classifier_objective(self, batch: Batch) -> Objective:
        """Name the class of real records."""
        return Objective({"class": self._misread(batch.image, batch)})

    def generator_objective(self, batch: Batch) -> Objective:
        """Pass for real, stay of the record's class, and be like it, or unlike it."""
        made, chosen, record = self._made(batch), self.settings, batch.columns["source"]
        judge = self.players["discriminator"].network
        real = judge(batch.image).score if self.loss.compares else None
        terms = {"adversarial": self.loss.generator(judge(made).score, real)}
        if chosen.likeness:
            terms["likeness"] = chosen.likeness * (made - record).abs().mean()
        if chosen.task:
            terms["class"] = chosen.task * self._misread(made, batch)
        if chosen.identifiability:
            terms["identifiability"] = -chosen.identifiability * (made - record).square().mean()
        return Objective(terms)

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return records like those in ``request.given``, layers shaken by ``layer_noise``."""
        made = self.perturbed(request.given["source"], self.settings.layer_noise, request.generator)
        return {"image": made}

    @torch.no_grad()
    def perturbed(self, source: Tensor, noise: float, generator: torch.Generator) -> Tensor:
        """Return records like ``source`` (B, d), each by a generator shaken for it alone.

        Every weight gets Gaussian noise of ``noise`` times the standard deviation that its layer's
        weights had about their running mean in training.
        """
        network, device = self.players["generator"].best, source.device
        weights = dict(network.named_parameters())
        beside = torch.randn(
            len(source), self.settings.latent_size, generator=generator, device=device
        )
        shaken = {
            name: weight + noise * self.variance[name].sqrt().to(device) * torch.randn(
                len(source), *weight.shape, generator=generator, device=device
            )
            for name, weight in weights.items()
        }  # fmt: skip

        def one(own: dict[str, Tensor], record: Tensor, drawn: Tensor) -> Tensor:
            made: Tensor = functional_call(network, own, (record[None], drawn[None]))
            return made[0]

        result: Tensor = vmap(one)(shaken, source, beside)
        return result

    def memory(self) -> dict[str, Tensor]:
        """Return each layer's running mean and variance."""
        centres = {f"centre.{name}": value for name, value in self.centre.items()}
        return centres | {f"variance.{name}": value for name, value in self.variance.items()}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Follow the generator's weights."""
        for name, weight in self.players["generator"].network.named_parameters():
            centre, variance = self.centre[name], self.variance[name]
            away = weight.detach().to(centre.device) - centre
            centre.add_(away, alpha=_FORGETS)
            variance.lerp_(away.square().mean(), _FORGETS)

    def _misread(self, records: Tensor, batch: Batch) -> Tensor:
        logits = self.players["classifier"].network(records)
        return functional.cross_entropy(logits, batch.columns["label"])

    def _made(self, batch: Batch) -> Tensor:
        source = batch.columns["source"]
        noise = torch.randn(
            len(source), self.settings.latent_size, generator=batch.generator, device=source.device
        )
        made: Tensor = self.players["generator"].network(source, noise)
        return made
