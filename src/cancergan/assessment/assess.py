"""The verb ``assess``: cohorts in, protocols over them, a report out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cancergan.assessment.cautions import cautions
from cancergan.assessment.context import Context
from cancergan.assessment.curves import curves
from cancergan.assessment.division import Division, divide
from cancergan.assessment.findings import Skipped
from cancergan.assessment.pictures import panels
from cancergan.assessment.protocols import PROTOCOLS, Outcome
from cancergan.assessment.report import Report
from cancergan.assessment.settings import AssessmentSettings
from cancergan.assessment.sides import context_of
from cancergan.assessment.vocabulary import FAMILIES
from cancergan.cohort.cohort import Cohort
from cancergan.core.estimates import Estimate
from cancergan.core.provenance import environment

Progress = Callable[[str, int, int], None]
LEFT_OUT = "Left out by the settings of this assessment."


def assess(
    *,
    real: Cohort,
    synthetic: Cohort,
    training: Cohort | None = None,
    out: Path | str | None = None,
    seed: int = 0,
    settings: AssessmentSettings | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure how far a synthetic cohort can be trusted.

    Args:
        real: real cases that the generator never saw. Without ``training``, its rows of split
            "train" and "test" play both parts; without a split it is halved by patient, and what
            needs the training cases is skipped, with the reason.
        synthetic: the cases under assessment.
        training: the real cases that the generator was trained on.
        out: a folder for ``report.json``, ``report.html``, ``card.md`` and the pictures.
        seed: of every draw; the same seed gives the same report.
        settings: the effort; see ``AssessmentSettings``.
        progress: called with what is measured next, how many steps are done, and of how many.

    Raises:
        BadInputError: the cohorts overlap, do not fit together, or hold too few cases.
    """
    settings = settings or AssessmentSettings()
    report_progress = progress or (lambda step, done, total: None)
    steps = ["reading images", *settings.families, "pictures"]
    report_progress(steps[0], 0, len(steps))
    division = divide(real=real, synthetic=synthetic, training=training, seed=seed)
    context = context_of(division, settings, seed)
    outcomes: Outcome = [
        Skipped(family, "*", LEFT_OUT) for family in FAMILIES if family not in settings.families
    ]
    for done, family in enumerate(settings.families, 1):
        report_progress(family, done, len(steps))
        outcomes += PROTOCOLS[family](context)
    report_progress(steps[-1], len(steps) - 1, len(steps))
    report = Report(
        findings=tuple(item for item in outcomes if isinstance(item, Estimate)),
        skipped=tuple(item for item in outcomes if isinstance(item, Skipped)),
        provenance=_provenance(division, context),
        pictures=panels(context),
        curves=curves(context) if "fidelity" in settings.families else (),
        cautions=cautions(division, context),
    )
    if out is not None:
        report.save(out)
    return report


def _provenance(division: Division, context: Context) -> dict[str, Any]:
    made = {
        key: value
        for key, value in division.synthetic.provenance.items()
        if key not in ("training_patients", "preparation", "view")
    }
    part = "training" if division.generator_saw_learning else "learning"
    return {
        "format": "cancergan-report/1",
        "division": division.account,
        "patients_disjoint": "not known: the hospitals keep their patients"
        if made.get("training_sites")
        else "no patient of the reference is among the training patients",
        "real": _described(division.real),
        part: _described(division.learning),
        "synthetic": _described(division.synthetic) | {"provenance": made},
        "preparation": context.preparation.to_json(),
        "spaces": {space.name: space.fingerprint for space in context.spaces},
        "radiomics_left_out": {} if context.is_table else dict(context.radiomics_space.left_out),
        "settings": context.settings.to_json() | {"seed": context.seed},
        "environment": environment(),
    }


def _described(cohort: Cohort) -> dict[str, Any]:
    table = cohort.table
    described: dict[str, Any] = {"cases": len(cohort), "fingerprint": cohort.fingerprint}
    if cohort.unit_is_known:
        described["patients"] = int(table["patient_id"].nunique())
    if "label" in table:
        counts = table["label"].astype(str).value_counts().sort_index()
        described["classes"] = {str(name): int(count) for name, count in counts.items()}
    return described
