"""Two translators and two discriminators: between two kinds of images, without pairs (CycleGAN).

Sources: Zhu et al. 2017 (cycle, identity, image pool); the further terms after Hiasa et al. 2018
(gradient consistency), Ge et al. 2019 (mutual information), Jiang et al. 2018 (tumour-aware: more
weight where the lesion is) and Jin et al. 2019 (supervised where there are pairs).
"""

from __future__ import annotations

from collections.abc import Mapping

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
    build_network,
    games,
)
from cancergan.games.image_pool import ImagePool
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.similarity import l1, similarities
from cancergan.networks.translators import translators

_OPTIMISER = OptimiserSettings(learning_rate=2e-4, betas=(0.5, 0.999))
# Which way a translator goes, and the kind of image that it makes.
_WAYS = {"there": "image", "back": "source"}


class UnpairedTranslationSettings(Settings):
    """The independent choices of the game.

    Attributes:
        loss: the adversarial loss of both discriminators.
        cycle: weight of coming back to where a translation started (L1).
        identity: weight, as a share of ``cycle``, of leaving alone what is of the wanted kind
            already; needs equal channels.
        consistency: weight of each similarity between an image and its translation, by name
            ("mutual_information", "edge_correlation", ...): what must survive.
        lesion: how much more the cycle weighs inside the lesion; reads ``source_mask``.
        supervised: weight of L1 to the true image, where source and image are of the same cases.
        pool: how many earlier translations each discriminator is shown again; 0 for none.
    """

    loss: str = "least_squares"
    cycle: float = Field(default=10.0, ge=0)
    identity: float = Field(default=0.5, ge=0)
    consistency: dict[str, float] = Field(default={})
    lesion: float = Field(default=0.0, ge=0)
    supervised: float = Field(default=0.0, ge=0)
    pool: int = Field(default=50, ge=0)
    generator: NetworkSettings = NetworkSettings(name="resnet")
    discriminator: NetworkSettings = NetworkSettings(name="patch")
    generator_optimiser: OptimiserSettings = _OPTIMISER
    discriminator_optimiser: OptimiserSettings = _OPTIMISER


@games.register("unpaired_translation")
class UnpairedTranslation(Game):
    """Two translators and two discriminators, between two kinds of images, without pairs.

    Reads: ``image`` (B, C, *spatial) in [-1, 1], the kind that synthesis makes; ``source`` (B, C',
    *spatial), the kind that it starts from, of other cases or of the same; ``source_mask`` (B, 1,
    *spatial) where lesions weigh more.
    """

    schema = UnpairedTranslationSettings

    def __init__(
        self, settings: UnpairedTranslationSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        source = shape.given["source"]
        self.pools = {
            "image": ImagePool(settings.pool, (shape.channels, *shape.spatial)),
            "source": ImagePool(settings.pool, (source.channels, *source.spatial)),
        }
        # What the translators made in their turn serves the discriminators in the turn after it.
        self._made: dict[str, Tensor] | None = None

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> UnpairedTranslation:
        """Return the game for data of one shape.

        Raises:
            BadInputError: no source or one of another size, or terms that need equal channels.
        """
        assert isinstance(settings, UnpairedTranslationSettings)
        _check(settings, shape)
        channels = {"image": shape.channels, "source": shape.given["source"].channels}
        generators, judges = {}, {}
        for way, kind in _WAYS.items():
            other = "source" if kind == "image" else "image"
            generators[way] = build_network(
                translators,
                settings.generator,
                inputs=channels[other],
                outputs=channels[kind],
                spatial=shape.spatial,
                latent_size=0,
                enlarge=1,
            )
            judges[kind] = builders.discriminator(
                settings.discriminator, ImageShape(channels[kind], shape.spatial)
            )
        players = {
            "generators": Player(
                nn.ModuleDict(generators),
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
        """Return "image" and "source", and "source_mask" where lesions weigh more."""
        assert isinstance(settings, UnpairedTranslationSettings)
        return ("image", "source", "source_mask") if settings.lesion else ("image", "source")

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "source"."""
        return ("source",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, as its terms make it."""
        assert isinstance(settings, UnpairedTranslationSettings)
        weights = {
            "cycle": settings.cycle,
            "identity": settings.cycle * settings.identity,
            **settings.consistency,
            "lesion": settings.cycle * settings.lesion,
            "supervised L1": settings.supervised,
        }
        terms = [settings.loss] + [
            f"{weight:g} x {name}" for name, weight in weights.items() if weight
        ]
        return Description(
            task="one kind of image to another, without pairs",
            inputs={"generators": "source; image", "discriminators": "image; source"},
            losses={"generators": " + ".join(terms), "discriminators": settings.loss},
            data="images of two kinds, of any cases"
            + ("; lesion masks" if settings.lesion else ""),
            source="Zhu et al. 2017",
        )

    def turns(self) -> list[Turn]:
        """Return: both translators together, then both discriminators on what they made."""
        return [
            Turn("generators", self.generators_objective),
            Turn("discriminators", self.discriminators_objective),
        ]

    def generators_objective(self, batch: Batch) -> Objective:
        """Pass for the other kind, and find the way back."""
        real = {"image": batch.image, "source": batch.columns["source"]}
        made = {
            "image": self.translate("there", real["source"]),
            "source": self.translate("back", real["image"]),
        }
        self._made = {kind: image.detach() for kind, image in made.items()}
        terms: dict[str, Tensor] = {}
        for kind, image in made.items():
            score = self._judge(kind, image)
            beside = self._judge(kind, real[kind]) if self.loss.compares else None
            terms[f"adversarial_{kind}"] = self.loss.generator(score, beside)
        terms |= self._cycle(batch, real, made)
        terms |= self._identity(real)
        for name, weight in self.settings.consistency.items():
            kept = similarities[name](made["image"], real["source"])
            terms[name] = weight * (kept + similarities[name](made["source"], real["image"])) / 2
        if self.settings.supervised:
            error = l1(made["image"], real["image"]) + l1(made["source"], real["source"])
            terms["supervised"] = self.settings.supervised * error
        return Objective(terms)

    def discriminators_objective(self, batch: Batch) -> Objective:
        """Tell each kind's real images from translations, older ones among them."""
        real = {"image": batch.image, "source": batch.columns["source"]}
        if self._made is None:
            with torch.no_grad():
                self._made = {
                    "image": self.translate("there", real["source"]),
                    "source": self.translate("back", real["image"]),
                }
        made, self._made = self._made, None
        terms, seen = {}, {}
        for kind in made:
            shown = self.pools[kind].exchange(made[kind], batch.generator)
            on_real, on_made = self._judge(kind, real[kind]), self._judge(kind, shown)
            terms[f"adversarial_{kind}"] = self.loss.critic(on_real, on_made)
            seen[kind] = observed_scores(on_real, on_made)
        means = {name: (seen["image"][name] + seen["source"][name]) / 2 for name in seen["image"]}
        return Objective(terms, means)

    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the sources in ``request.given`` as images of the other kind."""
        network = self.players["generators"].best
        assert isinstance(network, nn.ModuleDict)
        return {"image": network["there"](request.given["source"])}

    def memory(self) -> dict[str, Tensor]:
        """Return the pools of earlier translations."""
        return {
            f"pool_{kind}_{name}": value
            for kind, pool in self.pools.items()
            for name, value in pool.tensors().items()
        }

    def translate(self, way: str, image: Tensor) -> Tensor:
        """Return images by one of the translators: "there" to the wanted kind, or "back"."""
        network = self.players["generators"].network
        assert isinstance(network, nn.ModuleDict)
        made: Tensor = network[way](image)
        return made

    def _judge(self, kind: str, image: Tensor) -> Tensor:
        network = self.players["discriminators"].network
        assert isinstance(network, nn.ModuleDict)
        score: Tensor = network[kind](image).score
        return score

    def _cycle(
        self, batch: Batch, real: Mapping[str, Tensor], made: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        if not self.settings.cycle:
            return {}
        again = {
            "source": self.translate("back", made["image"]),
            "image": self.translate("there", made["source"]),
        }
        terms = {
            f"cycle_{kind}": self.settings.cycle * l1(image, real[kind])
            for kind, image in again.items()
        }
        if self.settings.lesion:
            inside = (batch.columns["source_mask"].amax(dim=1, keepdim=True) > 0).float()
            error = (again["source"] - real["source"]).abs() * inside
            share = inside.sum().clamp_min(1.0) * real["source"].shape[1]
            terms["lesion"] = self.settings.cycle * self.settings.lesion * error.sum() / share
        return terms

    def _identity(self, real: Mapping[str, Tensor]) -> dict[str, Tensor]:
        weight = self.settings.identity * self.settings.cycle
        if not weight:
            return {}
        return {
            f"identity_{kind}": weight * l1(self.translate(way, real[kind]), real[kind])
            for way, kind in _WAYS.items()
        }


def _check(settings: UnpairedTranslationSettings, shape: ImageShape) -> None:
    source = shape.given.get("source")
    if source is None or source.spatial != shape.spatial:
        raise BadInputError(
            "unpaired translation needs a source of the image's size: say where from, in "
            "data.source, with reduce=1."
        )
    for name in settings.consistency:
        similarities[name]  # an unknown name is answered with the known ones
    if source.channels != shape.channels and settings.identity * settings.cycle:
        raise BadInputError(
            f"source has {source.channels} channels and image {shape.channels}: the identity term "
            "needs equal ones. Set game.identity=0."
        )
