"""What others get: a synthetic cohort with its report and the verdict that let it go."""

from __future__ import annotations

from pathlib import Path

from cancergan.assessment.gate import Verdict
from cancergan.assessment.report import Report
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_folder, write_json


def write_bundle(
    synthetic: Cohort, report: Report, verdict: Verdict, out: Path, *, real_pictures: bool = True
) -> Path:
    """Write ``cohort/``, ``report/`` and ``verdict.json`` into a new folder, whole or not at all.

    Raises:
        BadInputError: the verdict refuses, or the report is about another cohort.
    """
    if not verdict.accepted:
        raise BadInputError(f"not released: {verdict}".splitlines()[0])
    assessed = report.provenance.get("synthetic", {}).get("fingerprint")
    if assessed != synthetic.fingerprint:
        raise BadInputError(
            f"not released: the report is about cohort {assessed}, this one is "
            f"{synthetic.fingerprint}. Assess the cohort that you release."
        )
    with whole_folder(out) as folder:
        synthetic.save(folder / "cohort")
        shown = report if real_pictures else report.without_real_pictures()
        shown.save(folder / "report", verdict=verdict)
        write_json(folder / "verdict.json", verdict.to_json())
    return out
