"""A segmenter and a discriminator of maps: from an image to its labels, where the adversary looks.

Sources: Luc et al. 2016 and the fifteen segmenters of the review's family R33 (an adversary judges
image and map); Xue et al. 2018 (SegAN: multi-scale L1 on features of the image masked by a map);
Hung et al. 2018 and Nie and Shen 2020 (a confidence for every pixel, which weighs the pixel loss
and picks what to learn of images without labels).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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
from cancergan.losses.adversarial import adversarial_losses, observed_scores
from cancergan.losses.segmentation import (
    cross_entropy_map,
    label_probabilities,
    multiscale_l1,
    soft_dice_loss,
)
from cancergan.networks.augmentation import augment
from cancergan.networks.discriminators import Judgement, discriminators
from cancergan.networks.segmenters import segmenters

_PER_PIXEL = "pixel"


class AdversarialSegmentationSettings(Settings):
    """The independent choices of the game.

    Attributes:
        adversary: "scores" lets the discriminator tell true maps from made ones by ``loss``;
            "features" lets it find features in which they differ, which the segmenter brings
            together (SegAN; clip its weights).
        adversarial_weight: 0 leaves the discriminator out: the same segmenter by the pixel loss
            alone, the baseline of every claim that the adversary helps.
        sees: what the discriminator sees: "pair" image and map, "masked" the image times the map
            (one image a label), "map" the map alone.
        pixel: weight of cross-entropy plus soft Dice.
        softened: the discriminator sees true maps with this much taken from 1 and added to 0, since
            a made map is never sharp, and sharpness alone would tell.
        difficulty: exponent b of the weight (2 - confidence)^b of each pixel's cross-entropy (Nie
            and Shen 2020 weigh what the discriminator doubts); needs the discriminator "pixel".
        unlabelled: weight of the adversary on images without labels, the column ``unlabelled``.
        self_training: weight of the cross-entropy of these with the segmenter's own labels, at
            pixels that the discriminator "pixel" trusts more than ``trusted``.
        trusted: that confidence, in [0, 1].
        after: rounds before images without labels are learnt from.
        moves: augmentations of image and map together; ``lights``: of the image alone.
        draws: of how many networks with dropout the synthetic map is the mean; 1 for none.
    """

    adversary: Literal["scores", "features"] = "scores"
    loss: str = "non_saturating"
    adversarial_weight: float = Field(default=0.1, ge=0)
    sees: Literal["pair", "masked", "map"] = "pair"
    pixel: float = Field(default=1.0, ge=0)
    softened: float = Field(default=0.0, ge=0, lt=0.5)
    difficulty: float = Field(default=0.0, ge=0)
    unlabelled: float = Field(default=0.0, ge=0)
    self_training: float = Field(default=0.0, ge=0)
    trusted: float = Field(default=0.5, ge=0, le=1)
    after: int = Field(default=0, ge=0)
    moves: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    draws: int = Field(default=1, ge=1)
    segmenter: NetworkSettings = NetworkSettings(name="unet")
    discriminator: NetworkSettings = NetworkSettings(name="patch")
    segmenter_optimiser: OptimiserSettings = OptimiserSettings(betas=(0.9, 0.999))
    discriminator_optimiser: OptimiserSettings = OptimiserSettings(
        learning_rate=2e-4, betas=(0.5, 0.999)
    )

    @property
    def semi_supervised(self) -> bool:
        """Whether images without labels are read."""
        return self.unlabelled > 0 or self.self_training > 0


@games.register("adversarial_segmentation")
class AdversarialSegmentation(Game):
    """A segmenter of images, and a discriminator of the maps that it makes.

    Reads: ``image`` (B, K, *spatial), the true map, 1 where a label is and -1 elsewhere (a view of
    the mask); ``source`` (B, C, *spatial) in [-1, 1], the image to segment; ``unlabelled`` like
    ``source``, of other cases, where it is semi-supervised. Synthesis gives 2 p - 1 of each label's
    probability p.
    """

    schema = AdversarialSegmentationSettings

    def __init__(
        self,
        settings: AdversarialSegmentationSettings,
        shape: ImageShape,
        players: dict[str, Player],
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses[settings.loss]
        self.rounds = torch.tensor(0)
        # What the segmenter made in its turn serves the discriminator in the turn after it.
        self._shown: tuple[Tensor, Tensor, Tensor] | None = None

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> AdversarialSegmentation:
        """Return the game for data of one shape.

        Raises:
            BadInputError: no source of the map's size, or choices that contradict each other.
        """
        assert isinstance(settings, AdversarialSegmentationSettings)
        source = _checked_source(settings, shape)
        network = build_network(
            segmenters,
            settings.segmenter,
            inputs=source.channels,
            outputs=shape.channels,
            spatial=shape.spatial,
        )
        players = {
            "segmenter": Player(
                network, settings.segmenter_optimiser, touches_real=True, synthesises=True
            )
        }
        if settings.adversarial_weight:
            seen = {
                "pair": source.channels + shape.channels,
                "masked": source.channels * shape.channels,
                "map": shape.channels,
            }
            judge = build_network(
                discriminators,
                settings.discriminator,
                channels=seen[settings.sees],
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
        """Return "image" (the map) and "source", "unlabelled" where it is semi-supervised."""
        assert isinstance(settings, AdversarialSegmentationSettings)
        further = ("unlabelled",) if settings.semi_supervised else ()
        return ("image", "source", *further)

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "source"."""
        return ("source",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words, as its terms make it."""
        assert isinstance(settings, AdversarialSegmentationSettings)
        inputs = {"segmenter": "image"}
        terms, losses = [f"{settings.pixel:g} x (cross-entropy + Dice)"] * (settings.pixel > 0), {}
        if settings.adversarial_weight:
            kind = {"scores": settings.loss, "features": "multi-scale L1 of features"}
            losses["discriminator"] = kind[settings.adversary]
            if settings.adversary == "features":
                losses["discriminator"] = "-" + losses["discriminator"]
            terms.append(f"{settings.adversarial_weight:g} x {kind[settings.adversary]}")
            inputs["discriminator"] = {
                "pair": "image, map",
                "masked": "image times map",
                "map": "map",
            }[settings.sees]
        return Description(
            task="image to a map of labels",
            inputs=inputs,
            losses={"segmenter": " + ".join(terms), **losses},
            data="images, masks" + ("; images without" if settings.semi_supervised else ""),
            source="Luc et al. 2016; Xue et al. 2018; Nie and Shen 2020",
        )

    def turns(self) -> list[Turn]:
        """Return: the segmenter, then the discriminator on what it made."""
        turns = [Turn("segmenter", self.segmenter_objective)]
        if "discriminator" in self.players:
            turns.append(Turn("discriminator", self.discriminator_objective))
        return turns

    def segmenter_objective(self, batch: Batch) -> Objective:
        """Give every pixel its label, and maps that pass for true ones."""
        source, target = self._augmented(batch)
        logits = self.players["segmenter"].network(source)
        made = label_probabilities(logits)
        self._shown = (source, target, made.detach())
        settings = self.settings
        terms: dict[str, Tensor] = {}
        judged = self._judge(source, made) if settings.adversarial_weight else None
        if settings.pixel:
            each = cross_entropy_map(logits, target) * self._doubt(judged, made)
            terms["pixel"] = settings.pixel * (each.mean() + soft_dice_loss(made, target))
        if judged is not None:
            passing = self._passing(judged, source, target)
            terms["adversarial"] = settings.adversarial_weight * passing
        if settings.semi_supervised and int(self.rounds) >= settings.after:
            terms |= self._without_labels(batch.columns["unlabelled"])
        return Objective(terms)

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Tell true maps from made ones, or find features in which they differ."""
        if self._shown is None:
            with torch.no_grad():
                source, target = self._augmented(batch)
                made = label_probabilities(self.players["segmenter"].network(source))
            self._shown = (source, target, made)
        (source, target, made), self._shown = self._shown, None
        on_made = self._judge(source, made)
        on_true = self._judge(source, self._soft(target))
        if self.settings.adversary == "features":
            distance = multiscale_l1(on_made.features, on_true.features)
            return Objective({"feature_distance": -distance})
        terms = {"adversarial": self.loss.critic(on_true.score, on_made.score)}
        return Objective(terms, observed_scores(on_true.score, on_made.score))

    @torch.no_grad()
    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return the maps of the sources in ``request.given``, 2 p - 1."""
        network, source = self.players["segmenter"].best, request.given["source"]
        if self.settings.draws == 1:
            return {"image": 2 * label_probabilities(network(source)) - 1}
        training = network.training
        seed = int(torch.randint(2**31, (1,), generator=request.generator, device=source.device))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network.train()
            draws = [label_probabilities(network(source)) for _ in range(self.settings.draws)]
            network.train(training)
        return {"image": 2 * torch.stack(draws).mean(dim=0) - 1}

    def memory(self) -> dict[str, Tensor]:
        """Return the number of rounds played, on which learning without labels depends."""
        return {"rounds": self.rounds}

    def observe(self, observations: Mapping[str, Tensor]) -> None:
        """Count the round."""
        self.rounds += 1

    def _augmented(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the image, and its true map of 0 and 1, moved and lit alike for both players."""
        source, target = batch.columns["source"], batch.image
        channels = source.shape[1]
        if self.settings.moves:
            both = torch.cat([source, target], dim=1)
            both = augment(both, self.settings.moves, probability=1.0, generator=batch.generator)
            source, target = both[:, :channels], both[:, channels:]
        if self.settings.lights:
            lit = augment(source, self.settings.lights, probability=1.0, generator=batch.generator)
            source = lit.clamp(-1, 1)
        return source, (target > 0).float()

    def _soft(self, target: Tensor) -> Tensor:
        return target * (1 - 2 * self.settings.softened) + self.settings.softened

    def _judge(self, source: Tensor, chance: Tensor) -> Judgement:
        """Judge a map of probabilities (B, K, *spatial) beside its image, as the settings say."""
        if self.settings.sees == "pair":
            shown = torch.cat([source, 2 * chance - 1], dim=1)
        elif self.settings.sees == "map":
            shown = 2 * chance - 1
        else:  # black outside, where the image is -1
            labels = range(chance.shape[1])
            shown = torch.cat([(source + 1) * chance[:, k : k + 1] - 1 for k in labels], dim=1)
        judgement: Judgement = self.players["discriminator"].network(shown)
        return judgement

    def _passing(self, judged: Judgement, source: Tensor, target: Tensor) -> Tensor:
        """Return what the segmenter minimises of the adversary."""
        if self.settings.adversary == "features":
            true = self._judge(source, self._soft(target))
            return multiscale_l1(judged.features, tuple(f.detach() for f in true.features))
        beside = self._judge(source, self._soft(target)).score if self.loss.compares else None
        return self.loss.generator(judged.score, beside)

    def _doubt(self, judged: Judgement | None, like: Tensor) -> Tensor | float:
        """Return the weight of every pixel, from 1 (trusted) to 2^difficulty (doubted)."""
        if judged is None or not self.settings.difficulty:
            return 1.0
        trust = judged.score.detach().sigmoid().view(len(like), 1, *like.shape[2:])
        return (2 - trust) ** self.settings.difficulty

    def _without_labels(self, source: Tensor) -> dict[str, Tensor]:
        logits = self.players["segmenter"].network(source)
        made = label_probabilities(logits)
        judged = self._judge(source, made)
        terms = {}
        if self.settings.unlabelled:
            passing = self.loss.generator(judged.score, None)
            terms["unlabelled"] = self.settings.unlabelled * passing
        if self.settings.self_training:
            trust = judged.score.detach().sigmoid().view(len(made), 1, *made.shape[2:])
            trusted = (trust > self.settings.trusted).float()
            own = hard_labels(made.detach())
            error = (cross_entropy_map(logits, own) * trusted).mean()
            terms["self_training"] = self.settings.self_training * error
        return terms


def hard_labels(chance: Tensor) -> Tensor:
    """Return the likeliest label of every pixel as 0 and 1, (B, K, *spatial); none: background."""
    background = 1 - chance.sum(dim=1, keepdim=True)
    best = torch.cat([background, chance], dim=1).argmax(dim=1, keepdim=True)
    places = torch.arange(1, chance.shape[1] + 1, device=chance.device)
    return (best == places.view(1, -1, *[1] * (chance.ndim - 2))).float()


def _checked_source(settings: AdversarialSegmentationSettings, shape: ImageShape) -> ImageShape:
    source = shape.given.get("source")
    if source is None or source.spatial != shape.spatial:
        raise BadInputError(
            "segmentation needs a source of the map's size: --set data.source.read=image and "
            "--set data.image.read=mask, with reduce=1."
        )
    if not settings.pixel and not settings.adversarial_weight:
        raise BadInputError("the segmenter has nothing to learn from: give game.pixel a weight.")
    per_pixel = settings.discriminator.name == _PER_PIXEL
    reads_pixels = settings.difficulty > 0 or settings.self_training > 0
    trusts = per_pixel and settings.adversary == "scores"
    if settings.adversarial_weight and reads_pixels and not trusts:
        raise BadInputError(
            "game.difficulty and game.self_training read a confidence of every pixel: set "
            "game.discriminator.name=pixel and game.adversary=scores."
        )
    if settings.semi_supervised and not settings.adversarial_weight:
        raise BadInputError(
            "images without labels are learnt from through the discriminator, and "
            "game.adversarial_weight 0 leaves it out. Set game.unlabelled and "
            "game.self_training to 0 too."
        )
    if settings.semi_supervised and adversarial_losses[settings.loss].compares:
        raise BadInputError(
            f"game.loss {settings.loss} compares with true maps, which unlabelled images lack."
        )
    if settings.adversary == "features" and per_pixel:
        raise BadInputError("discriminator pixel tells no features: take patch for them.")
    return source
