"""The five verbs: train, synthesise, assess, gate, release; and which of two is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cancergan.core.errors import BadInputError
from cancergan.workflow.opening import Place, open_cohort, opened_run

if TYPE_CHECKING:
    from cancergan.assessment.compare import Gap
    from cancergan.assessment.gate import Verdict
    from cancergan.assessment.policy import Policy
    from cancergan.assessment.report import Report
    from cancergan.assessment.settings import AssessmentSettings
    from cancergan.cohort import Cohort
    from cancergan.training.plan import Plan
    from cancergan.training.run import Run


def train(
    recipe: Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    validation: Cohort | Place | None = None,
    resume: bool = False,
    **settings: Any,
) -> Run:
    """Train a recipe on a real cohort and return the run.

    Args:
        recipe: a recipe's name ("cgan") or the path of a YAML file.
        cohort: a cohort or anything that ``Cohort.open`` reads; where it has a ``split`` column,
            only its "train" cases are seen, and its "validation" cases choose the checkpoint.
        out: the run folder to create, or to go on with when ``resume`` is true.
        validation: real cases of other patients that choose the checkpoint which synthesis uses,
            and, with ``training.patience``, when to stop.
        resume: go on with an interrupted run.
        **settings: recipe settings laid over the recipe's own, nested or dotted:
            ``image_size=64, training={"steps": 2000}`` or ``**{"training.steps": 2000}``; with
            ``privacy={"epsilon": 8, "delta": 1e-4}`` training keeps that budget for each patient.

    Raises:
        BadInputError: something is wrong with recipe, settings, cohort or folder; says what.
    """
    from cancergan.recipes.loader import load_recipe
    from cancergan.training import session

    resolved = load_recipe(recipe, settings)
    return session.train(
        resolved,
        open_cohort(cohort),
        Path(out),
        validation=None if validation is None else open_cohort(validation),
        resume=resume,
    )


def plan(recipe: Place, cohort: Cohort | Place, **settings: Any) -> Plan:
    """Return what training would cost (networks, operations, memory, time), without training."""
    from cancergan.recipes.loader import load_recipe
    from cancergan.training import session

    return session.plan(load_recipe(recipe, settings), open_cohort(cohort))


def synthesise(
    run: Run | Place,
    cases: int | None = None,
    out: Place | None = None,
    *,
    condition: str | Mapping[str, float] | None = None,
    seed: int = 0,
    source: Cohort | Place | None = None,
) -> Cohort:
    """Return a synthetic cohort of ``cases`` from a trained run, saved to ``out`` where given.

    ``condition``: None for the prevalence of the training cohort, a class name, "balanced", or
    shares by class. Images are in the physical units and spacing of the training cohort. A run that
    translates starts from the cases of ``source``, each once where ``cases`` is None.
    """
    from cancergan.training import synthesis

    opened = opened_run(run)
    folder = None if out is None else Path(out)
    start = None if source is None else open_cohort(source)
    return synthesis.synthesise(opened, cases, folder, condition=condition, seed=seed, source=start)


def assess(
    *,
    real: Cohort | Place,
    synthetic: Cohort | Place,
    training: Cohort | Place | None = None,
    out: Place | None = None,
    seed: int = 0,
    settings: AssessmentSettings | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    reader_study: Place | None = None,
) -> Report:
    """Return the report on a synthetic cohort, written to ``out`` where given.

    Args:
        real: real cases that the generator has never seen; figures are measured against these.
        synthetic: the cohort to judge.
        training: the real cases that the generator was trained on; without them memorisation and
            utility cannot be measured, and the report says so.
        out: folder for report.html, report.json and card.md.
        seed: of every draw in the assessment.
        settings: effort and options.
        progress: called with what is measured next, how many steps are done, and of how many.
        reader_study: the folder of an analysed reader study of this cohort; its findings join.
    """
    from cancergan.assessment.assess import assess as measure

    report = measure(
        real=open_cohort(real),
        synthetic=open_cohort(synthetic),
        training=None if training is None else open_cohort(training),
        out=None if out is None else Path(out),
        seed=seed,
        settings=settings,
        progress=progress,
    )
    if reader_study is None:
        return report
    from cancergan.assessment.readers import with_reader_study

    report = with_reader_study(report, reader_study)
    if out is not None:
        report.save(out)
    return report


def compare(
    first: Report | Cohort | Place,
    second: Report | Cohort | Place,
    *,
    real: Cohort | Place | None = None,
    training: Cohort | Place | None = None,
    seed: int = 0,
    settings: AssessmentSettings | None = None,
) -> tuple[Gap, ...]:
    """Return the difference of every figure that two synthetic cohorts, or two reports, share.

    Args:
        first, second: two synthetic cohorts where ``real`` is given, else two reports.
        real: real cases that neither generator has seen. With them every difference has an
            interval over the patients that both cohorts are compared with.
        training: the real cases that both generators were trained on.
        seed, settings: as of ``assess``.

    Raises:
        BadInputError: fingerprints differ, so that the figures do not compare; or as ``assess``.
    """
    from cancergan.assessment import compare as comparing
    from cancergan.assessment.report import Report

    if real is None:
        pair = [one if isinstance(one, Report) else _report(one) for one in (first, second)]
        return comparing.compare_reports(*pair)
    cohorts = [_not_a_report(one) for one in (first, second)]
    return comparing.compare_cohorts(
        real=open_cohort(real),
        first=open_cohort(cohorts[0]),
        second=open_cohort(cohorts[1]),
        training=None if training is None else open_cohort(training),
        seed=seed,
        settings=settings,
    )


def _report(place: object) -> Report:
    from cancergan.assessment.report import Report

    if not isinstance(place, str | Path):
        raise BadInputError("two cohorts compare on real cases: give real=, or two reports.")
    return Report.open(Path(place))


def _not_a_report(cohort: Report | Cohort | Place) -> Cohort | Place:
    from cancergan.assessment.report import Report

    if isinstance(cohort, Report):
        raise BadInputError("reports compare without real=; with it, give two synthetic cohorts.")
    return cohort


def gate(report: Report | Place, policy: Policy | Place | None = None) -> Verdict:
    """Return whether the report satisfies the policy (the library's own where none is given)."""
    from cancergan.assessment import gate as gates
    from cancergan.assessment.policy import Policy
    from cancergan.assessment.report import Report

    opened = report if isinstance(report, Report) else Report.open(Path(report))
    if not isinstance(policy, Policy):
        policy = Policy.open(Path(policy)) if policy is not None else Policy.default()
    return gates.gate(opened, policy)


def release(
    cohort: Cohort | Place,
    report: Report | Place,
    out: Place,
    policy: Policy | Place | None = None,
    *,
    real_pictures: bool = True,
) -> Path:
    """Write a bundle that others may use: the cohort, its report, and the verdict that let it go.

    The report shows real patients beside synthetic ones; with ``real_pictures`` false it does not,
    for those who may see the synthetic cases alone.

    Raises:
        BadInputError: the policy refuses the report, or the report is about another cohort.
    """
    from cancergan.assessment.bundle import write_bundle
    from cancergan.assessment.report import Report

    opened = report if isinstance(report, Report) else Report.open(Path(report))
    verdict = gate(opened, policy)
    return write_bundle(
        open_cohort(cohort), opened, verdict, Path(out), real_pictures=real_pictures
    )
