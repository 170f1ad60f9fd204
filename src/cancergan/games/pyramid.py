"""An adversarial game at each level of a Laplacian pyramid: a coarse image, then detail on detail.

Source: Denton et al. 2015 ("Deep generative image models using a Laplacian pyramid of adversarial
networks", LAPGAN), section 3.2. Every level learns by itself, from real coarse images.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import interpolate

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
from cancergan.games.latent import LatentGame, normal, run_generator
from cancergan.losses.adversarial import adversarial_losses
from cancergan.networks.discriminators import Judgement
from cancergan.networks.laplacian import DetailPainter
from cancergan.networks.layers import LINEAR, Spatial, halve, pyramid


class PyramidSettings(Settings):
    """The choices of the game.

    ``smallest`` bounds the least side of the coarsest image from below. ``generator`` makes that
    image from noise; the detail of each finer level is painted by ``painter_width`` channels.
    """

    loss: PlainLoss = "non_saturating"
    penalty: PenaltySettings | None = None
    conditioning: Literal["none", "concatenate", "projection"] = "none"
    smallest: int = Field(default=8, ge=4)
    latent_size: int = Field(default=64, ge=1)
    painter_width: int = Field(default=32, ge=1)
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    discriminator_optimiser: OptimiserSettings = OptimiserSettings()
    augmentation: AugmentationSettings = AugmentationSettings()


@games.register("pyramid")
class Pyramid(LatentGame):
    """A generator and a discriminator at every size, each adding detail to the size below (LAPGAN).

    Reads: ``image`` (B, C, *spatial) in [-1, 1]; ``label`` (B,) where the conditioning needs it.
    """

    schema = PyramidSettings

    def __init__(
        self, settings: PyramidSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.sizes = sizes_of(settings, shape)
        self.loss = adversarial_losses[settings.loss]
        self.augmenter = Augmenter(settings.augmentation)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> Pyramid:
        """Return the game for data of one shape.

        Raises:
            BadInputError: a conditioning without classes.
        """
        assert isinstance(settings, PyramidSettings)
        players: dict[str, Player] = {}
        for level, size in enumerate(sizes_of(settings, shape)):
            players |= _level(settings, shape, level, size)
        return cls(settings, shape, players)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, PyramidSettings)
        classes = settings.conditioning != "none"
        penalty = "" if settings.penalty is None else f" + {settings.penalty.name}"
        return Description(
            task="noise" + " and a class" * classes + " to image, size by size",
            inputs={
                "generator": "noise" + ", class" * classes + ", and the image of the size below",
                "discriminator": "image and the image of the size below" + ", class" * classes,
            },
            losses={"generator": settings.loss, "discriminator": settings.loss + penalty},
            data="images" + " with a class" * classes,
            source="Denton et al. 2015",
        )

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", and "label" where the class takes part."""
        assert isinstance(settings, PyramidSettings)
        return ("image",) if settings.conditioning == "none" else ("image", "label")

    def turns(self) -> list[Turn]:
        """Return: at each level, coarsest first, the discriminator moves, then the generator."""
        turns = []
        for level in range(len(self.sizes)):
            judge, maker = f"discriminator_{level}", f"generator_{level}"
            turns += [
                Turn(judge, partial(self.discriminator_objective, level=level)),
                Turn(maker, partial(self.generator_objective, level=level)),
            ]
            penalty = self.settings.penalty
            if penalty is not None:
                pay = partial(self.penalty_objective, level=level)
                turns.append(Turn(judge, pay, every=penalty.every))
        return turns

    def discriminator_objective(self, batch: Batch, level: int) -> Objective:
        """Tell real detail from synthetic detail upon the same coarse image."""
        with torch.no_grad():
            fake = self._augmented_fake(batch, level)
        real = self._augment(self._real(batch, level), batch)
        on_real = self._judge(real, batch, level).score
        on_fake = self._judge(fake, batch, level).score
        seen = seen_in(self.loss, on_real, on_fake)
        return Objective({"adversarial": self.loss.critic(on_real, on_fake)}, seen)

    def generator_objective(self, batch: Batch, level: int) -> Objective:
        """Paint detail that passes for real upon real coarse images."""
        on_fake = self._judge(self._augmented_fake(batch, level), batch, level)
        return Objective({"adversarial": self.loss.generator(on_fake.score, None)})

    def penalty_objective(self, batch: Batch, level: int) -> Objective:
        """Pay the penalty for all the rounds since the last one."""
        assert self.settings.penalty is not None
        with torch.no_grad():
            fake = self._augmented_fake(batch, level)
        real = self._augment(self._real(batch, level), batch)
        return Objective(
            paid(
                self.settings.penalty,
                lambda image: self._judge(image, batch, level).score,
                real,
                fake,
                batch.generator,
            )
        )

    def latents(self, request: Request) -> Tensor:
        """Return the noise of all levels, coarsest first, in one row for each case."""
        painted = sum(math.prod(size) for size in self.sizes[1:])
        return normal(request, self.settings.latent_size + painted)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged generators where there are any."""
        sizes = [math.prod(size) for size in self.sizes[1:]]
        noise, *maps = torch.split(latents, [self.settings.latent_size, *sizes], dim=1)
        image = run_generator(self.players["generator_0"].best, noise, label, generator)
        for level, (size, flat) in enumerate(zip(self.sizes[1:], maps, strict=True), start=1):
            coarse = _enlarged(image, size)
            painter = self.players[f"generator_{level}"].best
            image = (coarse + painter(coarse, flat.view(-1, 1, *size), label)).clamp(-1, 1)
        return image

    def memory(self) -> dict[str, Tensor]:
        """Return the augmentation probability, one for all levels."""
        return self.augmenter.memory()

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Let adaptive augmentation follow how sure the finest critic was."""
        self.augmenter.observe(observations)

    def _at(self, image: Tensor, level: int) -> Tensor:
        for _ in range(len(self.sizes) - 1 - level):
            image = halve(image)
        return image

    def _real(self, batch: Batch, level: int) -> Tensor:
        """Return real images of a level; above the coarsest, joined with what lies below them."""
        image = self._at(batch.image, level)
        if level == 0:
            return image
        return torch.cat([image, _enlarged(halve(image), self.sizes[level])], dim=1)

    def _augmented_fake(self, batch: Batch, level: int) -> Tensor:
        draws, device = batch.generator, batch.image.device
        network = self.players[f"generator_{level}"].network
        if level == 0:
            size = (len(batch.image), self.settings.latent_size)
            noise = torch.randn(size, generator=draws, device=device)
            return self._augment(run_generator(network, noise, batch.label, draws), batch)
        coarse = _enlarged(self._at(batch.image, level - 1), self.sizes[level])
        shape = (len(coarse), 1, *self.sizes[level])
        detail = network(coarse, torch.randn(shape, generator=draws, device=device), batch.label)
        return self._augment(torch.cat([coarse + detail, coarse], dim=1), batch)

    def _augment(self, image: Tensor, batch: Batch) -> Tensor:
        return self.augmenter(image, batch.generator)

    def _judge(self, image: Tensor, batch: Batch, level: int) -> Judgement:
        network = self.players[f"discriminator_{level}"].network
        judgement: Judgement = network(image, batch.label)
        return judgement


def sizes_of(settings: PyramidSettings, shape: ImageShape) -> list[Spatial]:
    """Return the sizes of the levels, coarsest first."""
    return pyramid(shape.spatial, smallest=settings.smallest)[::-1]


def _enlarged(image: Tensor, size: Spatial) -> Tensor:
    return interpolate(image, size=size, mode=LINEAR[len(size)])


def _level(
    settings: PyramidSettings, shape: ImageShape, level: int, size: Spatial
) -> dict[str, Player]:
    """Return the two players of one level; all but the coarsest see the image below as well."""
    classes = builders.classes_of(settings.conditioning, shape)
    discriminator = builders.discriminator(
        settings.discriminator,
        ImageShape(shape.channels * (2 if level else 1), size),
        classes=classes,
        conditioning=settings.conditioning,
    )
    if level:
        generator = DetailPainter(
            channels=shape.channels, spatial=size, classes=classes, width=settings.painter_width
        )
    else:
        generator = builders.generator(
            settings.generator,
            ImageShape(shape.channels, size),
            latent_size=settings.latent_size,
            classes=classes,
        )  # type: ignore[assignment]
    return {
        f"discriminator_{level}": Player(
            discriminator, settings.discriminator_optimiser, touches_real=True
        ),
        # Above the coarsest, what it paints upon is a real image.
        f"generator_{level}": Player(
            generator, settings.generator_optimiser, touches_real=level > 0, synthesises=True
        ),
    }
