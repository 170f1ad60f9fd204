"""A translator and a discriminator of pairs: from an image or a map to the image it belongs to.

Sources: Isola et al. 2017 (pix2pix); Wang et al. 2018 (pix2pixHD: several scales, feature
matching); Park et al. 2019 (SPADE: label maps, encoded style); Ledig et al. 2017 (SRGAN: a coarse
source, a content-only phase); Yu et al. 2019 (Ea-GAN: edges). They are this one game with other
choices of networks, losses and weights; the recipes of those names state them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.errors import BadInputError
from cancergan.games import builders
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
from cancergan.games.content import ContentNetworkSettings, content_network
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.similarity import similarities
from cancergan.networks.content import content_distance
from cancergan.networks.discriminators import Judgement
from cancergan.networks.spatially_adaptive import StyleEncoder
from cancergan.networks.translators import translators

_OPTIMISER = OptimiserSettings(learning_rate=2e-4, betas=(0.5, 0.999))


class PairedTranslationSettings(Settings):
    """The independent choices of the game.

    Attributes:
        loss: the adversarial loss.
        adversarial_weight: 0 leaves the discriminator out: the same network with the similarities
            alone, the baseline of every claim that the adversary helps.
        similarities: weight of each similarity to the real image, by name; 0 leaves out one that a
            recipe inherits.
        content: weight of the difference in features of fixed random convolutions, or of
            ``content_network``.
        feature_matching: weight of the difference in the discriminator's features (pix2pixHD).
        sees_source: whether the discriminator judges pairs, rather than images alone.
        style: "none"; "noise" for variety; "encoded" for noise that an encoder also draws from real
            images, so that a style can be asked for (weight of its divergence: ``divergence``).
        content_rounds: so many rounds without the adversary first; then its weight grows to the
            full over ``ramp_rounds``.
    """

    loss: str = "least_squares"
    adversarial_weight: float = Field(default=1.0, ge=0)
    similarities: dict[str, float] = Field(default={"l1": 100.0})
    content: float = Field(default=0.0, ge=0)
    content_network: ContentNetworkSettings | None = None
    feature_matching: float = Field(default=0.0, ge=0)
    sees_source: bool = True
    style: Literal["none", "noise", "encoded"] = "none"
    latent_size: int = Field(default=32, ge=1)
    divergence: float = 0.05
    content_rounds: int = Field(default=0, ge=0)
    ramp_rounds: int = Field(default=0, ge=0)
    generator: NetworkSettings = NetworkSettings(name="unet")
    discriminator: NetworkSettings = NetworkSettings(name="patch")
    generator_optimiser: OptimiserSettings = _OPTIMISER
    discriminator_optimiser: OptimiserSettings = _OPTIMISER

    @property
    def weighed(self) -> dict[str, float]:
        """The similarities that have a weight."""
        return {name: weight for name, weight in self.similarities.items() if weight}

    @property
    def compares_with_real(self) -> bool:
        """Whether the generator's objective reads the real images that belong to its sources."""
        compares = self.adversarial_weight > 0 and adversarial_losses[self.loss].compares
        judged = bool(self.feature_matching) or self.style == "encoded" or compares
        return bool(self.weighed) or self.content > 0 or judged


@games.register("paired_translation")
class PairedTranslation(Game):
    """A translator and a discriminator of pairs: from an image or map to the image it belongs to.

    Reads: ``image`` (B, C, *spatial) in [-1, 1], what is to be made; ``source`` (B, C', *spatial /
    reduce) of the same cases, from which it is made.
    """

    schema = PairedTranslationSettings

    def __init__(
        self, settings: PairedTranslationSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        self.rounds = torch.tensor(0)
        self.content: nn.Module | None = None
        # What the generator made in its turn serves the discriminator in the turn after it.
        self._made: tuple[Tensor, Tensor] | None = None

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> PairedTranslation:
        """Return the game for data of one shape.

        Raises:
            BadInputError: no source, a grid that does not divide that of the image, an unknown
                loss or network, or feature matching without an adversary.
        """
        assert isinstance(settings, PairedTranslationSettings)
        source = _checked_source(settings, shape)
        latent = 0 if settings.style == "none" else settings.latent_size
        translator = build_network(
            translators,
            settings.generator,
            inputs=source.channels,
            outputs=shape.channels,
            spatial=shape.spatial,
            latent_size=latent,
            enlarge=shape.spatial[0] // source.spatial[0] if shape.spatial else 1,
        )
        parts: dict[str, nn.Module] = {"translate": translator}
        if settings.style == "encoded":
            parts["style"] = StyleEncoder(
                channels=shape.channels, spatial=shape.spatial, latent_size=latent, width=16
            )
        players = {
            "generator": Player(
                nn.ModuleDict(parts),
                settings.generator_optimiser,
                touches_real=settings.compares_with_real,
                synthesises=True,
            )
        }
        if settings.adversarial_weight:
            channels = shape.channels + (source.channels if settings.sees_source else 0)
            judge = builders.discriminator(
                settings.discriminator, ImageShape(channels, shape.spatial)
            )
            players["discriminator"] = Player(
                judge, settings.discriminator_optimiser, touches_real=True
            )
        return cls(settings, shape, players)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image" and "source"."""
        return ("image", "source")

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "source"."""
        return ("source",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, as its losses, style and phases make it."""
        assert isinstance(settings, PairedTranslationSettings)
        terms = [f"{weight:g} x {name}" for name, weight in settings.weighed.items()]
        seen_by = "" if settings.content_network is None else " by VGG19"
        terms += [f"{settings.content:g} x content{seen_by}"] if settings.content else []
        inputs = {"generator": "source" + ("" if settings.style == "none" else ", style")}
        losses = {}
        if settings.adversarial_weight:
            terms += [f"{settings.adversarial_weight:g} x {settings.loss}"]
            if settings.feature_matching:
                terms += [f"{settings.feature_matching:g} x feature matching"]
            inputs["discriminator"] = "source and image" if settings.sees_source else "image"
            losses["discriminator"] = settings.loss
        losses["generator"] = " + ".join(terms)
        return Description(
            task="image or map to the image it belongs to",
            inputs=inputs,
            losses=losses,
            data="pairs: image and source of the same cases",
            source="Isola et al. 2017; Wang et al. 2018; Park et al. 2019; Ledig et al. 2017",
        )

    def turns(self) -> list[Turn]:
        """Return: the generator, then the discriminator on what it made, unless that rests."""
        turns = [Turn("generator", self.generator_objective)]
        if "discriminator" in self.players:
            rests = int(self.rounds) < self.settings.content_rounds
            turns.append(Turn("discriminator", self.discriminator_objective, rests=rests))
        return turns

    def generator_objective(self, batch: Batch) -> Objective:
        """Make the image that belongs to the source, and one that passes for real."""
        source, real = batch.columns["source"], batch.image
        made, terms = self._translate(source, real, batch.generator)
        self._made = (source, made.detach())
        for name, weight in self.settings.weighed.items():
            terms[name] = weight * similarities[name](made, real)
        if self.settings.content:
            terms["content"] = self.settings.content * self._content_distance(made, real)
        weight = self._adversarial_weight()
        if weight:
            terms |= self._adversarial(source, real, made, weight)
        return Objective(terms)

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell real pairs from made ones."""
        if self._made is None:
            with torch.no_grad():
                made, _ = self._translate(batch.columns["source"], None, batch.generator)
            self._made = (batch.columns["source"], made)
        (source, made), self._made = self._made, None
        on_real = self._judge(batch.columns["source"], batch.image).score
        on_made = self._judge(source, made).score
        terms = {"adversarial": self.loss.critic(on_real, on_made)}
        return Objective(terms, observed_scores(on_real, on_made))

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the images of the sources in ``request.given``."""
        source = request.given["source"]
        network = self.players["generator"].best
        assert isinstance(network, nn.ModuleDict)
        noise = self._noise(len(source), request.generator, source.device)
        return {"image": network["translate"](source, noise)}

    def make(self, batch: Batch) -> Tensor:
        """Return the translations of the batch's sources, with gradients."""
        made, _ = self._translate(batch.columns["source"], None, batch.generator)
        return made

    def standing_in(self, network: nn.Module) -> nn.Module:
        """Return the network as the part that translates."""
        return nn.ModuleDict({"translate": network})

    def get_ready(self) -> None:
        """Make the network whose features are compared; weights from a file are checked."""
        if self.settings.content:
            self.content = content_network(self.settings.content_network, self.shape)

    def memory(self) -> dict[str, Tensor]:
        """Return the number of rounds played, on which the adversary's weight depends."""
        return {"rounds": self.rounds}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Count the round."""
        self.rounds += 1

    def _translate(
        self, source: Tensor, real: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return translated images and, where a style is encoded, its divergence term."""
        network = self.players["generator"].network
        assert isinstance(network, nn.ModuleDict)
        noise = self._noise(len(source), generator, source.device)
        terms = {}
        if real is not None and "style" in network and noise is not None:
            mean, log_variance = network["style"](real)
            noise = mean + (log_variance / 2).exp() * noise
            spread = mean.square() + log_variance.exp() - 1 - log_variance
            terms["divergence"] = self.settings.divergence * spread.mean() / 2
        made: Tensor = network["translate"](source, noise)
        return made, terms

    def _noise(self, count: int, generator: torch.Generator, device: torch.device) -> Tensor | None:
        if self.settings.style == "none":
            return None
        return torch.randn(count, self.settings.latent_size, generator=generator, device=device)

    def _judge(self, source: Tensor, image: Tensor) -> Judgement:
        if self.settings.sees_source:
            if source.shape[2:] != image.shape[2:]:
                source = functional.interpolate(source, size=image.shape[2:], mode="nearest")
            image = torch.cat([source, image], dim=1)
        judgement: Judgement = self.players["discriminator"].network(image)
        return judgement

    def _content_distance(self, made: Tensor, real: Tensor) -> Tensor:
        if self.content is None:
            self.get_ready()
        assert self.content is not None
        wanted = self.settings.content_network
        distance = "l1" if wanted is None else wanted.distance
        return content_distance(self.content.to(made.device), made, real, distance)

    def _adversarial_weight(self) -> float:
        """Return the weight of the adversary in this round: 0, then a ramp, then the full."""
        since = int(self.rounds) - self.settings.content_rounds
        if since < 0 or "discriminator" not in self.players:
            return 0.0
        share = min(1.0, (since + 1) / (self.settings.ramp_rounds + 1))
        return self.settings.adversarial_weight * share

    def _adversarial(
        self, source: Tensor, real: Tensor, made: Tensor, weight: float
    ) -> dict[str, Tensor]:
        on_made = self._judge(source, made)
        on_real: Judgement | None = None
        if self.loss.compares or self.settings.feature_matching:
            with torch.set_grad_enabled(self.loss.compares):
                on_real = self._judge(source, real)
        score = None if on_real is None else on_real.score
        terms = {"adversarial": weight * self.loss.generator(on_made.score, score)}
        if self.settings.feature_matching and on_real is not None:
            pairs = zip(on_made.features, on_real.features, strict=True)
            distances = [(ours - theirs.detach()).abs().mean() for ours, theirs in pairs]
            matching = torch.stack(distances).mean()
            terms["feature_matching"] = self.settings.feature_matching * matching
        return terms


def _checked_source(settings: PairedTranslationSettings, shape: ImageShape) -> ImageShape:
    """Return the shape of the source, once the settings fit it and each other."""
    source = shape.given.get("source")
    if source is None:
        raise BadInputError("paired translation needs a source: say where from, in data.source.")
    ratios = {whole / part for whole, part in zip(shape.spatial, source.spatial, strict=True)}
    if shape.spatial and (len(ratios) != 1 or not ratios.pop().is_integer()):
        raise BadInputError(
            f"source of {source.spatial} does not divide images of {shape.spatial}."
        )
    for name in settings.similarities:
        similarities[name]  # an unknown name is answered with the known ones
    if settings.content and not shape.spatial:
        raise BadInputError("game.content compares textures, and a table has none. Set it to 0.")
    if settings.feature_matching and not settings.adversarial_weight:
        raise BadInputError(
            "game.feature_matching compares the discriminator's features, and adversarial_weight 0 "
            "leaves the discriminator out. Set one of them otherwise."
        )
    if not settings.adversarial_weight and not settings.weighed and not settings.content:
        raise BadInputError("the generator has nothing to learn from: give it similarities.")
    return source
