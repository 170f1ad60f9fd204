"""What gives a synthetic cohort away: findings that unseen real cases would not show.

Read as a test: an alarm is a finding that lies beyond its reference by more than its interval,
widened so that all findings together raise a false alarm in at most 5 % of assessments of real
cases against real cases (Bonferroni). No alarm means "indistinguishable with so many cases", no
more: few cases raise few alarms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from cancergan.assessment.findings import Findings
from cancergan.core.estimates import Estimate

ERROR = 0.05
Reference = Literal["zero", "half", "expected", "measured"]


@dataclass(frozen=True)
class Sign:
    """How a metric gives synthetic cases away.

    Attributes:
        bad: on which side of its reference a finding is worse than real cases.
        reference: 0; 1/2; the floor, where it is an expectation; or the floor, where it was
            measured on real cases and varies as the finding does.
    """

    bad: Literal["above", "below"]
    reference: Reference


SIGNS = {
    "frechet_excess": Sign("above", "zero"),
    "kernel_distance": Sign("above", "zero"),
    "spectral_distance": Sign("above", "expected"),
    "precision": Sign("below", "measured"),
    "recall": Sign("below", "measured"),
    "coverage": Sign("below", "expected"),
    "mean_pairwise_ms_ssim": Sign("above", "measured"),
    "balanced_accuracy": Sign("below", "measured"),
    "copy_rate": Sign("above", "expected"),
    "data_copying_statistic": Sign("above", "half"),
    "auc_loss_of_replacing": Sign("below", "zero"),
}


@dataclass(frozen=True)
class Alarm:
    """A finding that gives the synthetic cases away, and how many half-widths beyond it lies."""

    finding: Estimate
    reference: float
    widths: float


def judged(report: Findings) -> tuple[Estimate, ...]:
    """Return the findings that can raise an alarm: a known sign, an interval and a reference."""
    return tuple(f for f in report.findings if f.name in SIGNS and _comparison(f) is not None)


def alarms(report: Findings) -> tuple[Alarm, ...]:
    """Return the findings that give the synthetic cases away, the plainest first."""
    tests = judged(report)
    raised = []
    for finding in tests:
        comparison = _comparison(finding)
        assert comparison is not None
        reference, widths = comparison
        needed = half_widths(len(tests), finding.confidence)
        if SIGNS[finding.name].reference == "measured":
            needed *= math.sqrt(2)
        if widths > needed:
            raised.append(Alarm(finding, reference, widths))
    return tuple(sorted(raised, key=lambda alarm: -alarm.widths))


def half_widths(tests: int, confidence: float) -> float:
    """Return how many half-widths of its interval one of so many tests must lie beyond.

    All of them together then err in at most 5 % (Bonferroni, normal quantiles).

    >>> round(half_widths(1, 0.95), 3), round(half_widths(10, 0.95), 3)
    (1.0, 1.432)
    """
    from scipy.stats import norm

    return float(norm.ppf(1 - ERROR / (2 * tests)) / norm.ppf(1 - (1 - confidence) / 2))


def indistinguishable(report: Findings) -> bool:
    """Return whether fidelity and diversity were measured and nothing at all raised an alarm."""
    families = {finding.family for finding in judged(report)}
    return {"fidelity", "diversity"} <= families and not alarms(report)


def _comparison(finding: Estimate) -> tuple[float, float] | None:
    """Return the reference and how far beyond it a finding lies, in widths of its nearer half."""
    sign = SIGNS[finding.name]
    fixed = {"zero": 0.0, "half": 0.5}
    reference = fixed.get(sign.reference, finding.floor)
    end = finding.low if sign.bad == "above" else finding.high
    if reference is None or end is None:
        return None
    beyond = finding.value - reference if sign.bad == "above" else reference - finding.value
    half = abs(finding.value - end)
    if beyond <= 0:
        return reference, 0.0
    return reference, beyond / half if half else math.inf
