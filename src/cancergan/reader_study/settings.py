"""What a study may be told; all of it is kept in ``study.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cancergan.core.errors import BadInputError
from cancergan.reader_study.designs import Design, designs

Phase = Literal["training", "blind", "informed"]
PHASES: tuple[Phase, ...] = ("training", "blind", "informed")


class StudySettings(BaseModel):
    """Settings of a reader study.

    Attributes:
        design: one of ``designs``.
        readers: how many people read.
        cases: images (of 2afc: pairs) that each reads once; None for as many as the cohorts give.
        ratio: "balanced" is half synthetic, and readers are told so when they are informed;
            "hidden" draws the share of synthetic images in [0.35, 0.65] and never tells it.
        repeats: share of the cases that each reader reads twice, in the blind phase.
        gap: the fewest other cases between a case and its repeat (wash-out).
        informed: whether a second phase follows, in which readers know what ``disclosure`` says.
        disclosure: what they are told then.
        pause_hours: the shortest time between the phases (wash-out).
        training: cases read first, with feedback, and left out of the analysis.
        margin: how far from chance an accuracy may be and still count as indistinguishable.
        correlation: assumed correlation of two readers' answers on one case, for the power.
        title: what readers see above the images.
        image_size: size to which images of both sides are brought; None keeps their own.
        seed: of the choice of cases and of every reader's order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    design: str = "yes-no"
    readers: int = Field(default=5, ge=1, le=500)
    cases: int | None = Field(default=None, ge=2)
    ratio: Literal["balanced", "hidden"] = "balanced"
    repeats: float = Field(default=0.2, ge=0, le=1)
    gap: int = Field(default=8, ge=0)
    informed: bool = True
    disclosure: str = ""
    pause_hours: float = Field(default=0.0, ge=0, le=24 * 365)
    training: int = Field(default=4, ge=0)
    margin: float = Field(default=0.10, gt=0, lt=0.5)
    correlation: float = Field(default=0.1, ge=0, le=1)
    title: str = Field(default="Reader study", max_length=120)
    image_size: int | None = Field(default=None, ge=8, le=4096)
    seed: int = 0

    @field_validator("design")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            designs[name]
        except BadInputError as error:
            raise ValueError(str(error)) from None
        return name

    @property
    def question(self) -> Design:
        """The design itself."""
        return designs[self.design]

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases that readers go through, in order."""
        there = {"training": self.training > 0, "blind": True, "informed": self.informed}
        return tuple(phase for phase in PHASES if there[phase])
