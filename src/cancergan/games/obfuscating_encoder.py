"""An encoder that keeps what a task needs and hides what an adversary looks for.

Sources: Kim et al. 2019 (PrivacyNet: a segmenter reads codes in which a siamese discriminator
cannot tell whose they are); Li et al. 2021, Edwards and Storkey 2016 (a classifier, age or sex).
The noise on codes is that of Mireshghallah et al. 2020 (Shredder), of one fixed size.
"""

from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from cancergan.core.errors import BadInputError
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
    build_network,
    games,
)
from cancergan.games.rounds import CountsRounds
from cancergan.losses.segmentation import cross_entropy_map, label_probabilities, soft_dice_loss
from cancergan.networks.encoders import encoders
from cancergan.networks.segmenters import segmenters
from cancergan.networks.siamese import SiameseComparison, pairs_of
from cancergan.networks.translators import translators


class ObfuscatingEncoderSettings(Settings):
    """The choices of the game.

    Attributes:
        adversary: "pairs" tells whether two codes are of the same patient; "attribute" reads the
            secret off one code.
        weight: of hiding against the task, 0 for an encoder that hides nothing.
        code_channels: channels of a code, which has the size of the image.
        code_reduce: a code's side is the image's divided by this; a map is read at that size.
        code_noise: standard deviation of the Gaussian noise that every code gets, drawn anew each
            time. What an encoder hides in differences far smaller than this is gone; without it a
            fresh adversary reads codes that look flat.
        warm_rounds: so many rounds of encoder and reader alone, before the adversary enters.
        adversary_steps: moves of the adversary in every round. It has to be quick and the encoder
            slow: an encoder that outruns its adversary only moves the secret about, where a fresh
            adversary finds it (on planted secrets it then read 0.88 to 0.99 of them, against 0.63).
        encoder, task, discriminator: networks from image to code, from code to what the task asks,
            and from code to the adversary's features.
    """

    adversary: str = Field(default="pairs", pattern="^(pairs|attribute)$")
    weight: float = Field(default=1.0, ge=0)
    code_channels: int = Field(default=4, ge=1)
    code_reduce: int = Field(default=1, ge=1)
    code_noise: float = Field(default=0.0, ge=0)
    warm_rounds: int = Field(default=0, ge=0)
    adversary_steps: int = Field(default=4, ge=1)
    encoder: NetworkSettings = NetworkSettings(name="unet", options={"width": 8, "depth": 2})
    task: NetworkSettings | None = None
    discriminator: NetworkSettings = NetworkSettings(options={"width": 16, "widest": 64})
    encoder_optimiser: OptimiserSettings = OptimiserSettings(learning_rate=3e-4, betas=(0.5, 0.99))
    task_optimiser: OptimiserSettings = OptimiserSettings(betas=(0.5, 0.99))
    discriminator_optimiser: OptimiserSettings = OptimiserSettings(betas=(0.5, 0.99))


@games.register("obfuscating_encoder")
class ObfuscatingEncoder(CountsRounds):
    """An encoder, a reader that does the task on its codes, and an adversary that reads the secret.

    Reads: ``source`` (B, C, *spatial) in [-1, 1], the picture; ``image``, what the task asks, 1
    where a category holds and -1 elsewhere: a map of labels (B, K, *spatial), or rows of a table
    (B, K); ``secret`` (B, S), rows of a table: the patient, or an attribute. Synthesis gives
    2 p - 1.
    """

    schema = ObfuscatingEncoderSettings

    def __init__(
        self, settings: ObfuscatingEncoderSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.rounds = torch.tensor(0)

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> ObfuscatingEncoder:
        """Return the game for data of one shape.

        Raises:
            BadInputError: source or secret missing, or a map of another size than the source.
        """
        assert isinstance(settings, ObfuscatingEncoderSettings)
        source, secret = _checked(shape, settings)
        spatial = code_size(settings, source.spatial)
        encoder = build_network(
            translators, settings.encoder, inputs=source.channels,
            outputs=settings.code_channels, spatial=source.spatial,
        )  # fmt: skip
        if shape.spatial:
            wanted = settings.task or NetworkSettings(name="unet", options={"width": 8})
            reader = build_network(
                segmenters, wanted, inputs=settings.code_channels, outputs=shape.channels,
                spatial=spatial,
            )  # fmt: skip
        else:
            wanted = settings.task or NetworkSettings(options={"width": 16, "widest": 64})
            reader = build_network(
                encoders, wanted, channels=settings.code_channels, spatial=spatial,
                outputs=shape.channels,
            )  # fmt: skip
        pairs = settings.adversary == "pairs"
        looking = build_network(
            encoders, settings.discriminator, channels=settings.code_channels, spatial=spatial,
            outputs=32 if pairs else secret.channels,
        )  # fmt: skip
        judge: nn.Module = SiameseComparison(looking, 32) if pairs else looking
        return cls(settings, shape, {
            "encoder": Player(encoder, settings.encoder_optimiser, touches_real=True,
                              synthesises=True),
            "task": Player(reader, settings.task_optimiser, touches_real=True, synthesises=True),
            "discriminator": Player(judge, settings.discriminator_optimiser, touches_real=True),
        })  # fmt: skip

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image" (what the task asks), "source" and "secret"."""
        return ("image", "source", "secret")

    @classmethod
    def starts_from(cls, settings: Settings) -> tuple[str, ...]:
        """Return "source": whose it is, synthesis does not ask."""
        return ("source",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, ObfuscatingEncoderSettings)
        seen = "two codes" if settings.adversary == "pairs" else "code"
        return Description(
            task="image to a code that does the task and hides the secret",
            inputs={"encoder": "image", "task": "code", "discriminator": seen},
            losses={
                "encoder": f"task + {settings.weight:g} x confusion",
                "task": "cross-entropy (+ Dice of a map)",
                "discriminator": "cross-entropy of the secret",
            },
            data="images, masks or labels, and the patient or attribute of each",
            source="Kim et al. 2019; Li et al. 2021",
        )

    def turns(self) -> list[Turn]:
        """Return: the adversary, then the encoder, then the reader of its codes."""
        steps, rests = self.settings.adversary_steps, not self.hides
        return [
            Turn("discriminator", self.discriminator_objective, steps, rests=rests),
            Turn("encoder", self.encoder_objective),
            Turn("task", self.task_objective),
        ]

    @property
    def hides(self) -> bool:
        """Whether the adversary is in the game by now."""
        return bool(self.settings.weight) and int(self.rounds) >= self.settings.warm_rounds

    def stages(self) -> tuple[int, ...]:
        """Return when the adversary enters."""
        warm = self.settings.warm_rounds
        return (0, warm) if warm and self.settings.weight else (0,)

    def code(self, source: Tensor, generator: torch.Generator, *, best: bool = False) -> Tensor:
        """Return codes (B, code_channels, *reduced) of pictures (B, C, *spatial), in [-1, 1].

        ``generator`` draws the noise; a noisy code is cut to [-1, 1] again.
        """
        player = self.players["encoder"]
        code: Tensor = (player.best if best else player.network)(source)
        if self.settings.code_reduce > 1:
            pool = functional.avg_pool2d if code.ndim == 4 else functional.avg_pool3d
            code = pool(code, self.settings.code_reduce, ceil_mode=True)
        if self.settings.code_noise:
            noise = torch.randn(code.shape, generator=generator, device=code.device)
            code = (code + self.settings.code_noise * noise).clamp(-1, 1)
        return code

    def answer(self, code: Tensor, *, best: bool = False) -> Tensor:
        """Return the reader's logits for codes: (B, K, *spatial) of a map, (B, K) of a table.

        A map is read at the size of the codes and enlarged linearly.
        """
        player = self.players["task"]
        logits: Tensor = (player.best if best else player.network)(code)
        if not self.shape.spatial or logits.shape[2:] == self.shape.spatial:
            return logits
        mode = "bilinear" if code.ndim == 4 else "trilinear"
        return functional.interpolate(logits, size=self.shape.spatial, mode=mode)

    def discriminator_objective(self, batch: Batch) -> Objective:
        """Read the secret off codes as they are now."""
        with torch.no_grad():
            code = self.code(batch.columns["source"], batch.generator)
        logits, truth = self._read(code, batch.columns["secret"])
        return Objective(
            {"secret": _balanced(logits, truth)},
            {"right": ((logits > 0) == (truth > 0.5)).float().mean()},
        )

    def encoder_objective(self, batch: Batch) -> Objective:
        """Do the task, and leave the adversary as unsure as a coin: cross-entropy with 1/2.

        Confusion has a floor where the adversary knows nothing, unlike its loss turned round, which
        has no end and would teach the encoder to mislead instead of to hide.
        """
        code = self.code(batch.columns["source"], batch.generator)
        terms = {"task": self._task(self.answer(code), batch.image)}
        if self.hides:
            logits, truth = self._read(code, batch.columns["secret"])
            confused = _balanced(logits, truth, aim=torch.full_like(truth, 0.5))
            terms["confusion"] = self.settings.weight * confused
        return Objective(terms)

    def task_objective(self, batch: Batch) -> Objective:
        """Read off codes what the task asks."""
        with torch.no_grad():
            code = self.code(batch.columns["source"], batch.generator)
        return Objective({"task": self._task(self.answer(code), batch.image)})

    @torch.no_grad()
    def synthesise(self, request: Request) -> dict[str, Tensor]:
        """Return 2 p - 1 of what the task asks of the sources in ``request.given``."""
        code = self.code(request.given["source"], request.generator, best=True)
        logits = self.answer(code, best=True)
        chance = label_probabilities(logits) if self.shape.spatial else logits.softmax(dim=1)
        return {"image": 2 * chance - 1}

    def _task(self, logits: Tensor, target: Tensor) -> Tensor:
        truth = (target > 0).float()
        if not self.shape.spatial:
            loss: Tensor = functional.cross_entropy(logits, truth)
            return loss
        dice = soft_dice_loss(label_probabilities(logits), truth)
        return cross_entropy_map(logits, truth).mean() + dice

    def _read(self, code: Tensor, secret: Tensor) -> tuple[Tensor, Tensor]:
        """Return the adversary's logits and the truth, one for each pair or each category."""
        network = self.players["discriminator"].network
        if self.settings.adversary == "attribute":
            return network(code), (secret > 0).float()
        one, two = pairs_of(len(code), device=code.device)
        same = (secret[one] - secret[two]).abs().amax(dim=1) < 1e-4
        return network(code, one, two), same.float()


def _balanced(logits: Tensor, truth: Tensor, *, aim: Tensor | None = None) -> Tensor:
    """Return binary cross-entropy in which the true and the untrue count equally."""
    loss = functional.binary_cross_entropy_with_logits(
        logits, truth if aim is None else aim, reduction="none"
    )
    sides = [(loss * side).sum() / side.sum().clamp_min(1) for side in (truth, 1 - truth)]
    there = sum((side.sum() > 0).float() for side in (truth, 1 - truth))
    return torch.stack(sides).sum() / there


def _checked(
    shape: ImageShape, settings: ObfuscatingEncoderSettings
) -> tuple[ImageShape, ImageShape]:
    source, secret = shape.given.get("source"), shape.given.get("secret")
    if source is None or not source.spatial or secret is None or secret.spatial:
        raise BadInputError(
            "an obfuscating encoder needs data.source (pictures) and data.secret (a table with the "
            "attribute to hide, such as patient_id)."
        )
    if shape.spatial and shape.spatial != source.spatial:
        raise BadInputError(
            f"the map has size {shape.spatial}, the picture {source.spatial}: they must be equal."
        )
    return source, secret


def code_size(settings: ObfuscatingEncoderSettings, spatial: tuple[int, ...]) -> tuple[int, ...]:
    """Return the size of a code of pictures of a size; a rest at the edge makes a pixel too."""
    return tuple(math.ceil(side / settings.code_reduce) for side in spatial)
