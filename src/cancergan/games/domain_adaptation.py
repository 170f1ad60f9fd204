"""A segmenter for images without labels, by way of another kind that has them (domain adaptation).

Sources: Hoffman et al. 2018 (CyCADA: translate, then segment); Jiang et al. 2018 (tumour-aware:
what the segmenter finds must survive the translation); Xie et al. 2020 (mutual information); Tsai
et al. 2018 (an adversary that tells maps of one kind from maps of the other).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor

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
from cancergan.games.unpaired_translation import UnpairedTranslation, UnpairedTranslationSettings
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.segmentation import cross_entropy_map, label_probabilities, soft_dice_loss
from cancergan.networks.discriminators import discriminators
from cancergan.networks.segmenters import segmenters


class DomainAdaptationSettings(Settings):
    """The independent choices of the game.

    Attributes:
        translated: weight of segmenting labelled images in the look of the others, by the
            translators that play for it; 0 leaves the translators out.
        untranslated: weight of segmenting them as they are.
        tumour: weight, for the translators, of the segmenter's error on what they made: labels must
            survive (Jiang et al. 2018; the segmenter stands still in their turn).
        outputs: weight of passing maps of images without labels for maps of the labelled ones.
        translation: the game of the translators; its ``consistency`` takes mutual information.
    """

    translated: float = Field(default=1.0, ge=0)
    untranslated: float = Field(default=0.5, ge=0)
    tumour: float = Field(default=1.0, ge=0)
    outputs: float = Field(default=0.0, ge=0)
    loss: str = "least_squares"
    translation: UnpairedTranslationSettings = UnpairedTranslationSettings()
    segmenter: NetworkSettings = NetworkSettings(name="unet")
    discriminator: NetworkSettings = NetworkSettings(name="patch")
    segmenter_optimiser: OptimiserSettings = OptimiserSettings(betas=(0.9, 0.999))
    discriminator_optimiser: OptimiserSettings = OptimiserSettings(
        learning_rate=2e-4, betas=(0.5, 0.999)
    )


@games.register("domain_adaptation")
class DomainAdaptation(Game):
    """A segmenter, two translators and their discriminators, and perhaps a discriminator of maps.

    Reads: ``source`` (B, C, *spatial) in [-1, 1], images with labels; ``image`` (B, K, *spatial),
    their maps, 1 where a label is and -1 elsewhere; ``other``, images of the kind that has none, of
    other cases. Synthesis gives 2 p - 1 of each label's probability p, of ``other``.
    """

    schema = DomainAdaptationSettings

    def __init__(
        self, settings: DomainAdaptationSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        self.translation: UnpairedTranslation | None = None

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> DomainAdaptation:
        """Return the game for data of one shape.

        Raises:
            BadInputError: a column is missing or of another size or number of channels, or nothing
                to learn from.
        """
        assert isinstance(settings, DomainAdaptationSettings)
        source, other = _checked_columns(settings, shape)
        network = build_network(
            segmenters,
            settings.segmenter,
            inputs=other.channels,
            outputs=shape.channels,
            spatial=shape.spatial,
        )
        players = {
            "segmenter": Player(
                network, settings.segmenter_optimiser, touches_real=True, synthesises=True
            )
        }
        game = cls(settings, shape, players)
        if settings.translated:
            seen = ImageShape(other.channels, other.spatial, given={"source": source})
            game.translation = UnpairedTranslation.build(settings.translation, seen)
            players.update(game.translation.players)
        if settings.outputs:
            judge = build_network(
                discriminators,
                settings.discriminator,
                channels=shape.channels,
                spatial=shape.spatial,
                classes=0,
                conditioning="none",
            )
            players["discriminator"] = Player(
                judge, settings.discriminator_optimiser, touches_real=True
            )
        return game

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image" (the maps), "source" and "other"."""
        return ("image", "source", "other")

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "other"."""
        return ("other",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, as its terms make it."""
        assert isinstance(settings, DomainAdaptationSettings)
        inputs = {"segmenter": "image with labels, image without"}
        weights = {"translated": settings.translated, "untranslated": settings.untranslated}
        terms = [f"{w:g} x (cross-entropy + Dice) {name}" for name, w in weights.items() if w]
        losses: dict[str, str] = {}
        if settings.translated:
            said = UnpairedTranslation.describe(settings.translation)
            inputs |= {"generators": "image with labels; image without",
                       "discriminators": "image with labels; image without"}  # fmt: skip
            losses |= dict(said.losses)
            losses["generators"] += f" + {settings.tumour:g} x the segmenter's"
        if settings.outputs:
            inputs["discriminator"] = "map"
            losses["discriminator"] = settings.loss
            terms.append(f"{settings.outputs:g} x {settings.loss}")
        return Description(
            task="image to a map of labels, learnt from labels of another kind of image",
            inputs=inputs,
            losses={"segmenter": " + ".join(terms), **losses},
            data="images with masks; images of another kind without",
            source="Hoffman et al. 2018; Jiang et al. 2018; Tsai et al. 2018",
        )

    def turns(self) -> list[Turn]:
        """Return: translators, their discriminators, the segmenter, the discriminator of maps."""
        turns = []
        if self.translation is not None:
            turns.append(Turn("generators", self.generators_objective))
            turns.append(Turn("discriminators", self.discriminators_objective))
        turns.append(Turn("segmenter", self.segmenter_objective))
        if self.settings.outputs:
            turns.append(Turn("discriminator", self.discriminator_objective))
        return turns

    def generators_objective(self, batch: Batch) -> Objective:
        """Translate both ways, and keep what the segmenter has to find."""
        assert self.translation is not None
        found = self.translation.generators_objective(_between(batch))
        if not self.settings.tumour:
            return found
        made = self.translation.translate("there", batch.columns["source"])
        error = self._error(made, batch.image)
        return Objective({**found.terms, "tumour": self.settings.tumour * error})

    def discriminators_objective(self, batch: Batch) -> Objective:
        """Tell translations from real images of either kind."""
        assert self.translation is not None
        return self.translation.discriminators_objective(_between(batch))

    def segmenter_objective(self, batch: Batch) -> Objective:
        """Find the labels, in the look of either kind, and give the others maps like theirs."""
        source, terms = batch.columns["source"], {}
        if self.settings.untranslated:
            error = self._error(source, batch.image)
            terms["untranslated"] = self.settings.untranslated * error
        if self.translation is not None:
            error = self._error(self._in_the_others_look(batch), batch.image)
            terms["translated"] = self.settings.translated * error
        if self.settings.outputs:
            score = self._judge(self._maps(batch.columns["other"]))
            terms["outputs"] = self.settings.outputs * self.loss.generator(score, None)
        return Objective(terms)

    @torch.no_grad()
    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the maps of the images in ``request.given``, 2 p - 1."""
        network = self.players["segmenter"].best
        return {"image": 2 * label_probabilities(network(request.given["other"])) - 1}

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell maps of labelled images from maps of the others."""
        with torch.no_grad():
            shown = batch.columns["source"]
            if self.translation is not None:
                shown = self._in_the_others_look(batch)
            known, others = self._maps(shown), self._maps(batch.columns["other"])
        on_known, on_others = self._judge(known), self._judge(others)
        terms = {"adversarial": self.loss.critic(on_known, on_others)}
        return Objective(terms, observed_scores(on_known, on_others))

    def memory(self) -> dict[str, Tensor]:
        """Return what the game of the translators remembers."""
        return {} if self.translation is None else self.translation.memory()

    def _in_the_others_look(self, batch: Batch) -> Tensor:
        assert self.translation is not None
        with torch.no_grad():
            return self.translation.translate("there", batch.columns["source"])

    def _error(self, source: Tensor, image: Tensor) -> Tensor:
        logits, target = self.players["segmenter"].network(source), (image > 0).float()
        dice = soft_dice_loss(label_probabilities(logits), target)
        return cross_entropy_map(logits, target).mean() + dice

    def _maps(self, image: Tensor) -> Tensor:
        return label_probabilities(self.players["segmenter"].network(image))

    def _judge(self, chance: Tensor) -> Tensor:
        score: Tensor = self.players["discriminator"].network(2 * chance - 1).score
        return score


def _between(batch: Batch) -> Batch:
    """Return the batch as the game of the translators reads it."""
    columns: Mapping[str, Tensor] = {
        "image": batch.columns["other"],
        "source": batch.columns["source"],
    }
    return Batch(columns, batch.generator)


def _checked_columns(
    settings: DomainAdaptationSettings, shape: ImageShape
) -> tuple[ImageShape, ImageShape]:
    source, other = shape.given.get("source"), shape.given.get("other")
    if source is None or other is None:
        raise BadInputError(
            "domain adaptation needs images with labels (data.source, data.image) and images "
            "without (data.other): say where each comes from."
        )
    if {source.spatial, other.spatial} != {shape.spatial}:
        raise BadInputError(
            f"maps of {shape.spatial}, their images of {source.spatial} and the others of "
            f"{other.spatial} must have one size: leave reduce at 1."
        )
    if source.channels != other.channels and (settings.untranslated or settings.translated == 0):
        raise BadInputError(
            f"images with labels have {source.channels} channels and the others {other.channels}: "
            "one segmenter cannot read both. Choose channels in data.source and data.other, or set "
            "game.untranslated=0."
        )
    if not settings.translated and not settings.untranslated:
        raise BadInputError("the segmenter has nothing to learn from: give it a weight.")
    if settings.outputs and adversarial_losses[settings.loss].compares:
        raise BadInputError(f"game.loss {settings.loss} compares pairs, which there are not here.")
    return source, other
