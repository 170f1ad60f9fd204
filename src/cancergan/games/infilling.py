"""An image with a hole and what belongs there, to the whole image.

Sources: Pathak et al. 2016 (context encoders: a hole, L1 and an adversary); Wu et al. 2018 (class
and region of the lesion are given); Jin et al. 2018 (errors weigh apart inside the hole and around
it). With random holes the game learns what belongs anywhere, as anomaly scores by completion
need it (Benson and Beets-Tan 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
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
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.regions import error_inside, random_boxes, widened
from cancergan.networks.discriminators import discriminators
from cancergan.networks.translators import translators

_OPTIMISER = OptimiserSettings(learning_rate=2e-4, betas=(0.5, 0.999))


class InfillingSettings(Settings):
    """The independent choices of the game.

    Attributes:
        loss: the adversarial loss.
        adversarial_weight: 0 leaves the discriminator out.
        holes: "region" takes holes from the column ``region`` (a map of labels, which also tells
            what belongs where); "random" draws one box an image, and needs no masks.
        margin: by how many pixels the hole reaches beyond the region.
        smallest, largest: sides of random boxes, as shares of the image's.
        inside: weight of the mean absolute error in the hole.
        border: weight of that in a ring of ``ring`` pixels around it, of what the network itself
            made there, so that the seam fits.
        ring: width of the ring, in pixels.
        context: weight of that everywhere outside the hole.
        conditioning: "label" tells both players the class of the case.
        noise: numbers drawn for variety; 0 for one answer to each hole.
    """

    loss: str = "hinge"
    adversarial_weight: float = Field(default=1.0, ge=0)
    holes: Literal["region", "random"] = "region"
    margin: int = Field(default=0, ge=0)
    smallest: float = Field(default=0.25, gt=0, le=1)
    largest: float = Field(default=0.5, gt=0, le=1)
    inside: float = Field(default=20.0, ge=0)
    border: float = Field(default=20.0, ge=0)
    ring: int = Field(default=3, ge=1)
    context: float = Field(default=0.0, ge=0)
    conditioning: Literal["none", "label"] = "none"
    noise: int = Field(default=0, ge=0)
    generator: NetworkSettings = NetworkSettings(name="unet")
    discriminator: NetworkSettings = NetworkSettings(name="patch")
    generator_optimiser: OptimiserSettings = _OPTIMISER
    discriminator_optimiser: OptimiserSettings = _OPTIMISER


@games.register("infilling")
class Infilling(Game):
    """A generator that fills the hole of an image, and a discriminator of whole images.

    Reads: ``image`` (B, C, *spatial) in [-1, 1], the whole; ``source`` of equal shape, in which the
    hole is made (in training the same image); ``region`` (B, K, *spatial), 1 where a label is and
    -1 elsewhere, unless holes are random; ``label`` where the class is told. Synthesis fills holes
    in ``source`` where ``region`` says (a ``region`` is heeded with random holes too), and leaves
    every other pixel as it was. A case with an empty region comes back unchanged.
    """

    schema = InfillingSettings

    def __init__(
        self, settings: InfillingSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        # What the generator made in its turn serves the discriminator in the turn after it.
        self._made: tuple[Tensor, Tensor] | None = None

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> Infilling:
        """Return the game for data of one shape.

        Raises:
            BadInputError: source and image differ, no classes to tell, or nothing to learn from.
        """
        assert isinstance(settings, InfillingSettings)
        _check(settings, shape)
        labels = shape.given["region"].channels if settings.holes == "region" else 1
        classes = len(shape.classes) if settings.conditioning == "label" else 0
        generator = build_network(
            translators,
            settings.generator,
            inputs=shape.channels + labels + 1 + classes,
            outputs=shape.channels,
            spatial=shape.spatial,
            latent_size=settings.noise,
            enlarge=1,
        )
        players = {
            "generator": Player(
                generator, settings.generator_optimiser, touches_real=True, synthesises=True
            )
        }
        if settings.adversarial_weight:
            judge = build_network(
                discriminators,
                settings.discriminator,
                channels=shape.channels + labels + 1 + classes,
                spatial=shape.spatial,
                classes=0,
                conditioning="none",
            )
            players["discriminator"] = Player(
                judge, settings.discriminator_optimiser, touches_real=True
            )
        return cls(settings, shape, players)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image" and "source", "region" and "label" where they are read."""
        assert isinstance(settings, InfillingSettings)
        region = ("region",) if settings.holes == "region" else ()
        label = ("label",) if settings.conditioning == "label" else ()
        return ("image", "source", *region, *label)

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "source", and "region" where holes are not random."""
        assert isinstance(settings, InfillingSettings)
        return ("source", "region") if settings.holes == "region" else ("source",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, as its terms make it."""
        assert isinstance(settings, InfillingSettings)
        told = ", class" if settings.conditioning == "label" else ""
        errors = {name: getattr(settings, name) for name in ("inside", "border", "context")}
        terms = [f"{weight:g} x L1 ({name})" for name, weight in errors.items() if weight]
        inputs, losses = {"generator": f"image with a hole, hole{told}"}, {}
        if settings.adversarial_weight:
            terms.append(f"{settings.adversarial_weight:g} x {settings.loss}")
            inputs["discriminator"] = f"whole image, hole{told}"
            losses["discriminator"] = settings.loss
        return Description(
            task="an image with a hole to the whole image",
            inputs=inputs,
            losses={"generator": " + ".join(terms), **losses},
            data="images" + (", masks" if settings.holes == "region" else "") + told,
            source="Pathak et al. 2016; Jin et al. 2018",
        )

    def turns(self) -> list[Turn]:
        """Return: the generator fills, then the discriminator sees what it made."""
        turns = [Turn("generator", self.generator_objective)]
        if "discriminator" in self.players:
            turns.append(Turn("discriminator", self.discriminator_objective))
        return turns

    def generator_objective(self, batch: Batch) -> Objective:
        """Make what was there, and a whole that passes for real."""
        region, hole = self._region(batch.columns, batch.generator)
        real = batch.image
        made, whole = self._fill(batch.columns, region, hole, batch.generator)
        told = self._told(region, hole, batch.label)
        self._made = (whole.detach(), told)
        ring = widened(hole, self.settings.ring) - hole
        places = {"inside": hole, "border": ring, "context": 1 - hole}
        terms = {
            name: getattr(self.settings, name) * error_inside(made, real, where)
            for name, where in places.items()
            if getattr(self.settings, name)
        }
        if self.settings.adversarial_weight:
            beside = self._judge(real, told) if self.loss.compares else None
            passing = self.loss.generator(self._judge(whole, told), beside)
            terms["adversarial"] = self.settings.adversarial_weight * passing
        return Objective(terms)

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell whole images from filled ones, at the same holes."""
        if self._made is None:
            with torch.no_grad():
                region, hole = self._region(batch.columns, batch.generator)
                _, whole = self._fill(batch.columns, region, hole, batch.generator)
                self._made = (whole, self._told(region, hole, batch.label))
        (whole, told), self._made = self._made, None
        on_real, on_made = self._judge(batch.image, told), self._judge(whole, told)
        terms = {"adversarial": self.loss.critic(on_real, on_made)}
        return Objective(terms, observed_scores(on_real, on_made))

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the sources with their holes filled; all else is as it was."""
        columns = dict(request.given)
        if request.label is not None:
            columns["label"] = request.label
        region, hole = self._region(columns, request.generator)
        network = self.players["generator"].best
        return {"image": self._fill(columns, region, hole, request.generator, network)[1]}

    def _region(
        self, columns: Mapping[str, Tensor], generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return what belongs where (B, K, *spatial) and the hole (B, 1, *spatial), 0 and 1."""
        if "region" in columns:
            region = (columns["region"] > 0).float()
            if self.settings.holes == "random":  # which label it is has not been learnt
                region = region.amax(dim=1, keepdim=True)
        else:
            sides = (self.settings.smallest, self.settings.largest)
            region = random_boxes(columns["source"], sides, generator)
        hole = region.amax(dim=1, keepdim=True)
        return region, widened(hole, self.settings.margin)

    def _told(self, region: Tensor, hole: Tensor, label: Tensor | None) -> Tensor:
        """Return what both players are told, as channels beside the image."""
        parts = [2 * region - 1, 2 * hole - 1]
        if self.settings.conditioning == "label":
            assert label is not None
            classes = functional.one_hot(label.long(), len(self.shape.classes)).float()
            spread = classes.view(*classes.shape, *[1] * (region.ndim - 2))
            parts.append(2 * spread.expand(-1, -1, *region.shape[2:]) - 1)
        return torch.cat(parts, dim=1)

    def _fill(
        self,
        columns: Mapping[str, Tensor],
        region: Tensor,
        hole: Tensor,
        generator: torch.Generator,
        network: nn.Module | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return what the network makes everywhere, and the source with that in its hole."""
        source = columns["source"]
        told = self._told(region, hole, columns.get("label"))
        noise = None
        if self.settings.noise:
            size = (len(source), self.settings.noise)
            noise = torch.randn(size, generator=generator, device=source.device)
        network = network or self.players["generator"].network
        made: Tensor = network(torch.cat([source * (1 - hole), told], dim=1), noise)
        return made, torch.where(hole > 0, made, source)

    def _judge(self, image: Tensor, told: Tensor) -> Tensor:
        network = self.players["discriminator"].network
        score: Tensor = network(torch.cat([image, told], dim=1)).score
        return score


def _check(settings: InfillingSettings, shape: ImageShape) -> None:
    source = shape.given.get("source")
    if source is None or (source.channels, source.spatial) != (shape.channels, shape.spatial):
        raise BadInputError(
            "infilling needs a source like the image: leave data.source as data.image, or set both."
        )
    if settings.holes == "region":
        region = shape.given.get("region")
        if region is None or region.spatial != shape.spatial:
            raise BadInputError(
                "infilling needs a region of the image's size: --set data.region.read=mask, or "
                "--set game.holes=random."
            )
    if settings.conditioning == "label" and not shape.classes:
        raise BadInputError("game.conditioning is label, and the cases have no classes.")
    if settings.smallest > settings.largest:
        raise BadInputError(
            f"game.smallest {settings.smallest} is above game.largest {settings.largest}."
        )
    if not (settings.adversarial_weight or settings.inside or settings.border or settings.context):
        raise BadInputError("the generator has nothing to learn from: give it a weight.")
