"""Translation that keeps the content and draws the style: many answers for one source (MUNIT).

Source: Huang et al. 2018, "Multimodal unsupervised image-to-image translation". Each kind of image
has an encoder of content, an encoder of style and a decoder; contents are shared, styles are not.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

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
    games,
)
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.similarity import l1
from cancergan.networks.content_style import ContentEncoder, GlobalStyleEncoder, StyledDecoder

_OTHER = {"image": "source", "source": "image"}
_OPTIMISER = OptimiserSettings(learning_rate=2e-4, betas=(0.5, 0.999))


class ContentStyleSettings(Settings):
    """The independent choices of the game.

    Attributes:
        loss: the adversarial loss of both discriminators.
        reconstruction: weight of an image from its own content and style (the paper's 10).
        latent: weight of finding content and style again in a translation (the paper's 1).
        cycle: weight of coming back with one's own style; the paper's optional term.
        style_size: length of a style.
        width, halvings, blocks: of encoders and decoders.
    """

    loss: str = "least_squares"
    reconstruction: float = Field(default=10.0, ge=0)
    latent: float = Field(default=1.0, ge=0)
    cycle: float = Field(default=0.0, ge=0)
    style_size: int = Field(default=8, ge=1)
    width: int = Field(default=16, ge=1)
    halvings: int = Field(default=2, ge=1)
    blocks: int = Field(default=2, ge=1)
    discriminator: NetworkSettings = NetworkSettings(name="patch")
    generator_optimiser: OptimiserSettings = _OPTIMISER
    discriminator_optimiser: OptimiserSettings = _OPTIMISER


@games.register("content_style")
class ContentStyle(Game):
    """Translation between two kinds of images that keeps the content and draws the style.

    Reads: ``image`` (B, C, *spatial) in [-1, 1], the kind that synthesis makes; ``source`` (B, C',
    *spatial), the kind that it starts from, of other cases or of the same.
    """

    schema = ContentStyleSettings

    def __init__(
        self, settings: ContentStyleSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        # What the translators made in their turn serves the discriminators in the turn after it.
        self._made: dict[str, Tensor] | None = None

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> ContentStyle:
        """Return the game for data of one shape.

        Raises:
            BadInputError: no source, or one of another size.
        """
        assert isinstance(settings, ContentStyleSettings)
        source = shape.given.get("source")
        if source is None or source.spatial != shape.spatial:
            raise BadInputError(
                "content and style need a source of the image's size: say where from, in "
                "data.source, with reduce=1."
            )
        channels = {"image": shape.channels, "source": source.channels}
        translators = {
            kind: _translator(settings, count, shape.spatial) for kind, count in channels.items()
        }
        judges = {
            kind: builders.discriminator(settings.discriminator, ImageShape(count, shape.spatial))
            for kind, count in channels.items()
        }
        players = {
            "translators": Player(
                nn.ModuleDict(translators),
                settings.generator_optimiser,
                touches_real=True,
                synthesises=True,
            ),
            "discriminators": Player(
                nn.ModuleDict(judges), settings.discriminator_optimiser, touches_real=True
            ),
        }
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
        """Return the game in words, as its terms make it."""
        assert isinstance(settings, ContentStyleSettings)
        weights = {
            "reconstruction": settings.reconstruction,
            "content and style found again": settings.latent,
            "cycle": settings.cycle,
        }
        terms = [settings.loss] + [
            f"{weight:g} x {name}" for name, weight in weights.items() if weight
        ]
        return Description(
            task="one kind of image to another in many styles, without pairs",
            inputs={"translators": "source; image; style", "discriminators": "image; source"},
            losses={"translators": " + ".join(terms), "discriminators": settings.loss},
            data="images of two kinds, of any cases",
            source="Huang et al. 2018",
        )

    def turns(self) -> list[Turn]:
        """Return: all encoders and decoders together, then both discriminators."""
        return [
            Turn("translators", self.translators_objective),
            Turn("discriminators", self.discriminators_objective),
        ]

    def translators_objective(self, batch: Batch) -> Objective:
        """Rebuild each image, and pass for the other kind with a style that was drawn."""
        network = self._network()
        real = _real(batch)
        content = {kind: network[kind]["content"](image) for kind, image in real.items()}
        style = {kind: network[kind]["style"](image) for kind, image in real.items()}
        drawn = {kind: self._style(len(real[kind]), batch.generator, real[kind]) for kind in real}
        made: dict[str, Tensor] = {}
        terms: dict[str, Tensor] = {}
        for kind, other in _OTHER.items():
            rebuilt = network[kind]["decode"](content[kind], style[kind])
            terms[f"reconstruction_{kind}"] = self.settings.reconstruction * l1(rebuilt, real[kind])
            made[kind] = network[kind]["decode"](content[other], drawn[kind])
            again = network[kind]["content"](made[kind])
            found = l1(again, content[other]) + l1(network[kind]["style"](made[kind]), drawn[kind])
            terms[f"latent_{kind}"] = self.settings.latent * found
            if self.settings.cycle:
                back = network[other]["decode"](again, style[other])
                terms[f"cycle_{other}"] = self.settings.cycle * l1(back, real[other])
            beside = self._judge(kind, real[kind]) if self.loss.compares else None
            score = self._judge(kind, made[kind])
            terms[f"adversarial_{kind}"] = self.loss.generator(score, beside)
        self._made = {kind: image.detach() for kind, image in made.items()}
        return Objective(terms)

    def discriminators_objective(self, batch: Batch) -> Objective:
        """Tell each kind's real images from translations."""
        real = _real(batch)
        if self._made is None:
            with torch.no_grad():
                self._made = {kind: self._translate(kind, batch) for kind in real}
        made, self._made = self._made, None
        scores = {
            kind: (self._judge(kind, real[kind]), self._judge(kind, image))
            for kind, image in made.items()
        }
        terms = {f"adversarial_{kind}": self.loss.critic(*pair) for kind, pair in scores.items()}
        return Objective(terms, observed_scores(*scores["image"]))

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the sources in ``request.given``, each in a style drawn for it."""
        network = self.players["translators"].best
        assert isinstance(network, nn.ModuleDict)
        source = request.given["source"]
        content = network["source"]["content"](source)  # type: ignore[index]
        style = self._style(len(source), request.generator, source)
        return {"image": network["image"]["decode"](content, style)}  # type: ignore[index]

    def _network(self) -> dict[str, dict[str, nn.Module]]:
        return self.players["translators"].network  # type: ignore[return-value]

    def _translate(self, kind: str, batch: Batch) -> Tensor:
        network, source = self._network(), _real(batch)[_OTHER[kind]]
        content = network[_OTHER[kind]]["content"](source)
        style = self._style(len(source), batch.generator, source)
        made: Tensor = network[kind]["decode"](content, style)
        return made

    def _style(self, count: int, generator: torch.Generator, like: Tensor) -> Tensor:
        size = (count, self.settings.style_size)
        return torch.randn(size, generator=generator, device=like.device)

    def _judge(self, kind: str, image: Tensor) -> Tensor:
        network = self.players["discriminators"].network
        assert isinstance(network, nn.ModuleDict)
        score: Tensor = network[kind](image).score
        return score


def _real(batch: Batch) -> dict[str, Tensor]:
    return {"image": batch.image, "source": batch.columns["source"]}


def _translator(
    settings: ContentStyleSettings, channels: int, spatial: tuple[int, ...]
) -> nn.ModuleDict:
    """Return the encoders and the decoder of one kind of image."""
    dims, width, halvings = len(spatial), settings.width, settings.halvings
    return nn.ModuleDict(
        {
            "content": ContentEncoder(
                dims, channels, width=width, halvings=halvings, blocks=settings.blocks
            ),
            "style": GlobalStyleEncoder(
                dims, channels, width=width, halvings=halvings, style=settings.style_size
            ),
            "decode": StyledDecoder(
                channels,
                spatial,
                width=width,
                halvings=halvings,
                blocks=settings.blocks,
                style=settings.style_size,
            ),
        }
    )
