"""How many readings a study needs, and what the planned ones can show, in plain lines."""

from __future__ import annotations

from cancergan.metrics.equivalence import (
    equivalence_power,
    equivalence_sample_size,
    superiority_power,
    superiority_sample_size,
)
from cancergan.reader_study.settings import StudySettings

SEEN_BY_SKILLED = 0.65


def effective_readings(cases: int, readers: int, correlation: float) -> int:
    """Return how many independent readings are worth as much as these.

    Answers of readers on one case are correlated: n r / (1 + (r - 1) rho), the design effect of
    clusters (Kish 1965). What readers differ by among themselves is not in it.

    >>> effective_readings(40, 5, 0.1)
    143
    """
    return int(cases * readers / (1 + (readers - 1) * correlation))


def power_lines(settings: StudySettings, cases: int) -> list[str]:
    """Return what is printed when a study is made: sizes, and the power of both questions."""
    if not settings.question.detects:
        return [f"{settings.readers} readers x {cases} cases; opinion scores have no right answer."]
    margin, readers = settings.margin, settings.readers
    pooled = effective_readings(cases, readers, settings.correlation)
    wanted = equivalence_sample_size(margin=margin)
    skilled = superiority_sample_size(share=SEEN_BY_SKILLED)
    rows = [("one reader", cases), (f"all {readers} readers, pooled", pooled)]
    lines = [
        f"{readers} readers x {cases} cases = {readers * cases} readings, worth {pooled} "
        f"independent ones if answers on a case correlate by {settings.correlation:g}.",
        f"To show that accuracy is within 0.5 +- {margin:g} (two one-sided exact tests, alpha "
        f"0.05, power 0.8) takes {wanted} readings; to show that {SEEN_BY_SKILLED:g} is not "
        f"chance, {skilled}.",
    ]
    for name, n in rows:
        equal = equivalence_power(n, margin=margin)
        better = superiority_power(n, share=SEEN_BY_SKILLED)
        lines.append(
            f"  {name}: power {equal:.2f} for equivalence at chance, "
            f"{better:.2f} for an accuracy of {SEEN_BY_SKILLED:g}"
        )
    if equivalence_power(pooled, margin=margin) < 0.8:
        lines.append(
            "Under-powered for equivalence: more cases or readers, or a wider margin that you can "
            "defend; 'not significant' will not mean 'indistinguishable'."
        )
    return lines
