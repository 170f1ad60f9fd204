"""What people said of a cohort: the findings of a reader study enter the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cancergan.assessment.findings import Findings
from cancergan.core.errors import BadInputError
from cancergan.reader_study.analysis import estimates_of

FAMILY = "reader_study"
Report = TypeVar("Report", bound=Findings)


def with_reader_study(report: Report, folder: Path | str) -> Report:
    """Return the report with the findings of an analysed reader study, which a policy can bind.

    Args:
        report: of the synthetic cohort that was read.
        folder: what ``cancergan reader-study analyse --out`` wrote.

    Raises:
        BadInputError: the folder holds no analysis, or readers saw another synthetic cohort.
    """
    found, made_of = estimates_of(folder)
    assessed = dict(report.provenance.get("synthetic", {})).get("fingerprint")
    read = made_of["synthetic"]["fingerprint"]
    if assessed != read:
        raise BadInputError(
            f"{folder}: its readers saw the synthetic cohort {read}, the report is of {assessed}. "
            "Assess the cohort that was read, or have this one read."
        )
    others = tuple(finding for finding in report.findings if finding.family != FAMILY)
    return replace(
        report,
        findings=others + found,
        provenance={**report.provenance, FAMILY: made_of},
    )
