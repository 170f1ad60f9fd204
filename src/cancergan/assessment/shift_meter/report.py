"""What the meter says: a verdict on each kind with its evidence, and how far the cohorts differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cancergan.core.estimates import Estimate
from cancergan.core.files import write_json

Status = Literal["shifted", "not shifted", "may follow", "not tested"]


@dataclass(frozen=True)
class Evidence:
    """A figure and how probable one as extreme would be if the cohorts did not differ.

    ``p`` is adjusted for everything that was looked at for the same kind.
    """

    estimate: Estimate
    p: float

    def to_json(self) -> dict[str, Any]:
        """Return both as a JSON object."""
        return {**self.estimate.to_json(), "p": self.p}


@dataclass(frozen=True)
class KindFinding:
    """The verdict on one kind of shift.

    Attributes:
        kind: population, prevalence, manifestation, acquisition or annotation.
        status: "may follow" where a stronger shift of another kind could have caused it.
        sentence: the verdict for people.
        p: of the kind, adjusted for the kinds too (Holm 1979); None where it was not tested.
        effect: the surest difference, in standard deviations of the reference; None likewise.
        evidence: every figure, the surest first.
    """

    kind: str
    status: Status
    sentence: str
    p: float | None = None
    effect: float | None = None
    evidence: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object."""
        return {
            "kind": self.kind,
            "status": self.status,
            "sentence": self.sentence,
            "p": self.p,
            "effect": self.effect,
            "evidence": [one.to_json() for one in self.evidence],
        }


@dataclass(frozen=True)
class ShiftReport:
    """How far two cohorts differ and in which kind.

    Attributes:
        findings: one for each of the five kinds.
        overall: the classifier two-sample test; None without images in both.
        frequencies: black-box estimates of the other cohort's class frequencies; they hold where
            neither acquisition nor manifestation is shifted.
        reference, other: names of the cohorts.
    """

    findings: tuple[KindFinding, ...]
    overall: Evidence | None
    frequencies: tuple[Evidence, ...]
    reference: str
    other: str

    def __getitem__(self, kind: str) -> KindFinding:
        """Return the finding of one kind by its name."""
        return {finding.kind: finding for finding in self.findings}[kind]

    @property
    def shifted(self) -> tuple[str, ...]:
        """The kinds that are shifted in their own right."""
        return tuple(found.kind for found in self.findings if found.status == "shifted")

    def lines(self) -> list[str]:
        """Return the verdicts, one sentence a line."""
        lines = [f"{self.other} against {self.reference}", ""]
        if self.overall is not None:
            lines.append(_overall_in_words(self.overall))
        return lines + [found.sentence for found in self.findings]

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "reference": self.reference,
            "other": self.other,
            "shifted": list(self.shifted),
            "overall": None if self.overall is None else self.overall.to_json(),
            "findings": [found.to_json() for found in self.findings],
            "frequencies": [one.to_json() for one in self.frequencies],
        }

    def save(self, path: Path) -> None:
        """Write the report as JSON, whole or not at all."""
        write_json(path, self.to_json())


def _overall_in_words(overall: Evidence) -> str:
    found = overall.estimate
    sure = "tells" if overall.p <= 0.05 else "does not tell"
    interval = "" if found.low is None else f" [{found.low:.2f}, {found.high:.2f}]"
    return (
        f"Overall: a classifier {sure} the cohorts apart "
        f"(AUC {found.value:.2f}{interval}, p = {overall.p:.4f})."
    )


def in_words(found: Evidence) -> str:
    """Return a figure for people: "background fine detail +3.1 SD [2.7, 3.5], p = 0.0005"."""
    figure = found.estimate
    name = figure.name.replace(".", " ").replace("_", " ")
    return (
        f"{name} {figure.value:+.2f} SD of the reference "
        f"[{figure.low:.2f}, {figure.high:.2f}], p = {found.p:.4f}"
    )
