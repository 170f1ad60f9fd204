"""What readers are asked: the designs of a study, by name."""

from __future__ import annotations

from dataclasses import dataclass

from cancergan.core.registry import Registry


@dataclass(frozen=True)
class Design:
    """One kind of question.

    Attributes:
        question: what the reader is asked at every case.
        scale: what the ratings 1, 2, ... mean, from real (or left, or bad) upwards.
        images: how many images one trial shows, side by side.
        marks: whether a reader who sees something points at it.
        detects: whether there is a right answer; opinion scores have none.
        source: where the design comes from.
    """

    question: str
    scale: tuple[str, ...]
    images: int = 1
    marks: bool = False
    detects: bool = True
    source: str = ""

    @property
    def yes_from(self) -> int:
        """The lowest rating that says synthetic, edited or right."""
        return len(self.scale) // 2 + 1


designs: Registry[Design] = Registry("design of a reader study")

designs.register("yes-no")(
    Design(
        question="Is this image real or synthetic?",
        scale=("Certainly real", "Probably real", "Perhaps real", "Perhaps synthetic",
               "Probably synthetic", "Certainly synthetic"),
        source="rating experiment (Green and Swets 1966); Turing tests of the review, 4.1.6",
    )
)  # fmt: skip
designs.register("2afc")(
    Design(
        question="Which of the two images is synthetic?",
        scale=("Certainly left", "Probably left", "Perhaps left", "Perhaps right",
               "Probably right", "Certainly right"),
        images=2,
        source="two-alternative forced choice (Green and Swets 1966)",
    )
)  # fmt: skip
designs.register("mos")(
    Design(
        question="How realistic is this image?",
        scale=("Bad", "Poor", "Fair", "Good", "Excellent"),
        detects=False,
        source="mean opinion score, ITU-T P.800",
    )
)
designs.register("find-the-edit")(
    Design(
        question="Was something in this image put in or taken out? If so, click on it.",
        scale=("Certainly untouched", "Probably untouched", "Perhaps untouched", "Perhaps edited",
               "Probably edited", "Certainly edited"),
        marks=True,
        source="tampering study, Mirsky et al. 2019 (the review, 4.2.5)",
    )
)  # fmt: skip
