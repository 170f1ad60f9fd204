"""What an assessment may be told; every setting goes into the report's provenance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from cancergan.assessment.vocabulary import FAMILIES
from cancergan.cohort.case import Case
from cancergan.core.errors import BadInputError, unknown

if TYPE_CHECKING:
    from cancergan.downstream.feature_space import FeatureSpace

EFFORTS: dict[str, dict[str, Any]] = {
    "quick": {
        "replicates": 60,
        "bootstrap_replicates": 300,
        "encoder_steps": 60,
        "utility_steps": 50,
        "utility_seeds": (0,),
        "pairs": 100,
    },
    "standard": {},
    "thorough": {
        "replicates": 500,
        "bootstrap_replicates": 2000,
        "encoder_steps": 600,
        "utility_steps": 600,
        "utility_seeds": (0, 1, 2, 3, 4),
        "pairs": 1000,
    },
}


@dataclass(frozen=True, kw_only=True)
class AssessmentSettings:
    """How much effort goes into each figure.

    The defaults take about 75 s of one thread for 900 colour images of 64x64. Where a decision
    hangs on it, raise ``utility_steps``: arms that have not finished learning differ by less.

    Attributes:
        families: which families of metrics to measure.
        k: neighbours of precision, recall, density and coverage.
        replicates: random halves behind the interval of a distance between two cohorts.
        bootstrap_replicates: bootstrap draws behind the interval of a mean or an AUC.
        confidence: of every interval.
        encoder_steps: optimiser steps of the encoder, and of the classifier of the condition.
        utility_steps: optimiser steps of each arm of the utility, equal for all.
        utility_seeds: how often each arm is trained anew.
        batch_size: images in a step of the encoder and of the classifier of the condition.
        pairs: pairs of images in the mean pairwise MS-SSIM.
        copy_quantile: share of unseen patients that may lie nearer than the copy threshold.
        smallest_group: groups with fewer cases on either side are not reported (fairness).
        measurement: a number measured on one case in physical units, at the geometry of the
            synthetic cohort (its spacing is not known); tells the requested classes apart.
        measurement_name: what it measures, for the report.
        spaces: further feature spaces, such as ``open_space("radimagenet/space.yaml")``.
    """

    families: tuple[str, ...] = tuple(FAMILIES)
    k: int = 5
    replicates: int = 200
    bootstrap_replicates: int = 1000
    confidence: float = 0.95
    encoder_steps: int = 150
    utility_steps: int = 100
    utility_seeds: tuple[int, ...] = (0, 1, 2)
    batch_size: int = 32
    pairs: int = 300
    copy_quantile: float = 0.01
    smallest_group: int = 10
    measurement: Callable[[Case], float] | None = None
    measurement_name: str = "measurement"
    spaces: tuple[FeatureSpace, ...] = ()

    def __post_init__(self) -> None:
        for family in self.families:
            if family not in FAMILIES:
                raise unknown("family of metrics", family, FAMILIES)
        for name in ("k", "replicates", "bootstrap_replicates", "encoder_steps", "utility_steps"):
            if getattr(self, name) < 1:
                raise BadInputError(f"settings.{name} is {getattr(self, name)}, must be positive.")
        if not 0 < self.confidence < 1:
            raise BadInputError(f"settings.confidence is {self.confidence}, must be in (0, 1).")

    @classmethod
    def of_effort(cls, effort: str, **settings: Any) -> AssessmentSettings:
        """Return the settings of an effort: "quick" for a look, "thorough" for a decision.

        Raises:
            BadInputError: an effort that is not known.

        >>> AssessmentSettings.of_effort("quick").utility_seeds
        (0,)
        """
        if effort not in EFFORTS:
            raise unknown("effort", effort, EFFORTS)
        return cls(**{**EFFORTS[effort], **settings})

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object; measurement and spaces stand by their names."""
        content = {item.name: getattr(self, item.name) for item in fields(self)}
        content["spaces"] = [f"{space.name} {space.fingerprint}" for space in self.spaces]
        if content.pop("measurement") is None:
            del content["measurement_name"]
        return {key: list(v) if isinstance(v, tuple) else v for key, v in content.items()}
