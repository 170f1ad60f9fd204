"""A figure that a person will read: its value, its interval, and what it was measured in."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from cancergan.core.errors import BadInputError

Direction = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One finding of an assessment.

    Attributes:
        family: fidelity, diversity, condition, utility, privacy, fairness, hallucination, ...
        name: the metric, by its standard name in full (``frechet_distance``).
        space: what it was measured in (``pixels``, ``encoder``, ``random_convolution``, ``task``).
        value: the point estimate.
        low, high: the ends of the interval of ``confidence``; both None where none can be had.
        n_real, n_synthetic: cases on either side.
        unit: what the interval resampled (``patient``).
        direction: which way is better.
        fingerprint: identifies feature space, preprocessing and settings; two estimates compare
            only if it is equal.
        floor: what the same metric says of real against real at the same size, where that is
            not zero.
        note: one sentence that a reader needs beside the figure.
    """

    family: str
    name: str
    space: str
    value: float
    low: float | None = None
    high: float | None = None
    n_real: int = 0
    n_synthetic: int = 0
    unit: str = "patient"
    direction: Direction = "neither"
    fingerprint: str = ""
    floor: float | None = None
    confidence: float = 0.95
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "floor"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.family}.{self.name}: {name} is {number}, not a number")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.family}.{self.name}: interval [{self.low}, {self.high}]")

    def bad_end(self) -> float | None:
        """Return the end of the interval that is worse for the data; None without an interval.

        A gate judges by it, so that few cases (a wide interval) never make a pass easier.
        """
        return {"higher": self.low, "lower": self.high, "neither": None}[self.direction]

    def to_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object; what is None or empty is left out."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}

    @classmethod
    def from_json(cls, finding: dict[str, Any]) -> Estimate:
        """Rebuild a finding from its JSON object.

        Raises:
            BadInputError: a key is missing, unknown or not a finite number.
        """
        known = {field.name for field in fields(cls)}
        try:
            return cls(**{key: value for key, value in finding.items() if key in known})
        except (TypeError, ValueError) as error:
            raise BadInputError(f"finding {finding.get('name', finding)}: {error}") from None


def difference(first: Estimate, second: Estimate) -> float:
    """Return ``first - second`` where the two may be compared at all.

    Raises:
        BadInputError: they differ in metric, space or fingerprint.
    """
    for key in ("family", "name", "space", "fingerprint"):
        if getattr(first, key) != getattr(second, key):
            raise BadInputError(
                f"{first.name} and {second.name} do not compare: {key} is "
                f'"{getattr(first, key)}" in one and "{getattr(second, key)}" in the other. '
                "Measure both in one space with the same settings."
            )
    return first.value - second.value
