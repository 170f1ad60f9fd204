"""PATE-GAN: teachers who share no patient vote on synthetic images, and a student learns from them.

Source: Jordon, Yoon and van der Schaar 2019. The student, and through it the generator, sees
synthetic images alone, each labelled by a noisy majority of the teachers.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

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
from cancergan.games.latent import LatentGame, image_of, normal, points_of, run_generator
from cancergan.losses.adversarial import adversarial_losses
from cancergan.networks.discriminators import discriminators
from cancergan.networks.generators import generators


class TeacherEnsembleSettings(Settings):
    """How many teachers, and the networks: teachers and student are of one kind.

    ``conditional`` gives all of them the class.
    """

    teachers: int = Field(default=10, ge=1)
    teacher_steps: int = Field(default=1, ge=1)
    student_steps: int = Field(default=1, ge=1)
    conditional: bool = False
    latent_size: int = Field(default=128, ge=1)
    generator: NetworkSettings = NetworkSettings()
    discriminator: NetworkSettings = NetworkSettings()
    generator_optimiser: OptimiserSettings = OptimiserSettings()
    student_optimiser: OptimiserSettings = OptimiserSettings()
    teacher_optimiser: OptimiserSettings = OptimiserSettings()


@games.register("teacher_ensemble")
class TeacherEnsemble(LatentGame):
    """Teachers apart vote on synthetic images; a student learns their noisy majority (PATE-GAN).

    Reads: ``image`` (B, C, *spatial) in [-1, 1], and ``label`` (B,) where conditional.
    """

    schema: ClassVar[type[Settings]] = TeacherEnsembleSettings

    def __init__(
        self, settings: TeacherEnsembleSettings, shape: ImageShape, players: dict[str, Player]
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.players = players
        self.loss = adversarial_losses["non_saturating"]

    @classmethod
    def build(cls, settings: Settings, shape: ImageShape) -> TeacherEnsemble:
        """Return the game for data of one shape.

        Raises:
            BadInputError: conditional without two classes.
        """
        assert isinstance(settings, TeacherEnsembleSettings)
        if settings.conditional and len(shape.classes) < 2:
            raise BadInputError(
                f"game.conditional needs at least 2 classes, the cohort has {len(shape.classes)}. "
                "Add a label column, or set game.conditional=false."
            )
        described = {
            "channels": shape.channels,
            "spatial": shape.spatial,
            "classes": len(shape.classes) if settings.conditional else 0,
        }
        conditioning = "projection" if settings.conditional else "none"

        def judge() -> torch.nn.Module:
            return build_network(
                discriminators, settings.discriminator, conditioning=conditioning, **described
            )

        players = {
            name: Player(judge(), settings.teacher_optimiser, touches_real=True, confined=True)
            for name in teachers(settings.teachers)
        }
        players["student"] = Player(judge(), settings.student_optimiser, touches_real=False)
        players["generator"] = Player(
            build_network(
                generators, settings.generator, latent_size=settings.latent_size, **described
            ),
            settings.generator_optimiser,
            touches_real=False,
            synthesises=True,
        )
        return cls(settings, shape, players)

    @classmethod
    def requires(cls, settings: Settings) -> tuple[str, ...]:
        """Return "image", and "label" where conditional."""
        assert isinstance(settings, TeacherEnsembleSettings)
        return ("image", "label") if settings.conditional else ("image",)

    @classmethod
    def describe(cls, settings: Settings) -> Description:
        """Return the game in words."""
        assert isinstance(settings, TeacherEnsembleSettings)
        given = " and class" if settings.conditional else ""
        return Description(
            f"noise{given} to image, under a budget for patients",
            {
                "teachers": f"real images of their own patients, synthetic images{given}",
                "student": f"synthetic images{given}, each with the teachers' noisy majority",
                "generator": f"noise{given}",
            },
            {
                "teachers": "telling real from synthetic (cross-entropy)",
                "student": "disagreement with the noisy majority (cross-entropy)",
                "generator": "being told from real by the student (non-saturating)",
            },
            ", ".join(f"column {name}" for name in cls.requires(settings)),
            "Jordon et al. 2019",
        )

    def turns(self) -> list[Turn]:
        """Return: every teacher, then the student, then the generator."""
        settings = self.settings
        taught = [
            Turn(name, partial(self.teacher_objective, teacher=name), settings.teacher_steps)
            for name in teachers(settings.teachers)
        ]
        student = Turn("student", self.student_objective, settings.student_steps)
        return [*taught, student, Turn("generator", self.generator_objective)]

    def teacher_objective(self, batch: Batch, teacher: str) -> Objective:
        """Tell the teacher's own patients from synthetic images."""
        with torch.no_grad():
            fake = self._generate(batch)
        real = batch.image
        on_real, on_fake = (self._score(teacher, image, batch) for image in (real, fake))
        return Objective({"adversarial": self.loss.critic(on_real, on_fake)})

    def student_objective(self, batch: Batch) -> Objective:
        """Agree with the majority of the teachers, as far as it is released."""
        names = teachers(self.settings.teachers)
        with torch.no_grad():
            fake = self._generate(batch)
            votes = sum((self._score(name, fake, batch) > 0).float() for name in names)
        assert isinstance(votes, Tensor)
        real = batch.release(votes) > len(names) / 2
        error = binary_cross_entropy_with_logits(self._score("student", fake, batch), real.float())
        return Objective({"agreement": error}, {"share_taken_for_real": real.float().mean()})

    def generator_objective(self, batch: Batch) -> Objective:
        """Make what the student takes for real."""
        score = self._score("student", self._generate(batch), batch)
        return Objective({"adversarial": self.loss.generator(score, None)})

    def latents(self, request: Request) -> Tensor:
        """Return noise (cases, latent_size), or the styles (cases, W) that a styled one makes."""
        noise = normal(request, self.settings.latent_size)
        return points_of(self.players["generator"].best, noise, request.label)

    def decode(
        self, latents: Tensor, label: Tensor | None, generator: torch.Generator | None
    ) -> Tensor:
        """Return images in [-1, 1], by the averaged generator where there is one."""
        return image_of(self.players["generator"].best, latents, label, generator)

    def _generate(self, batch: Batch) -> Tensor:
        size = (len(batch.image), self.settings.latent_size)
        noise = torch.randn(size, generator=batch.generator, device=batch.image.device)
        network = self.players["generator"].network
        return run_generator(network, noise, batch.label, batch.generator)

    def _score(self, player: str, image: Tensor, batch: Batch) -> Tensor:
        score: Tensor = self.players[player].network(image, batch.label).score
        return score


def teachers(number: int) -> list[str]:
    """Return the names of the teachers.

    >>> teachers(2)
    ['teacher_1', 'teacher_2']
    """
    return [f"teacher_{place}" for place in range(1, number + 1)]
