"""The five verbs, the public face: train, synthesise, assess, gate, release."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_folder, write_text

if TYPE_CHECKING:
    from pandas import DataFrame

    from cancergan.anomaly_detection import Detected
    from cancergan.assessment.compare import Gap
    from cancergan.assessment.gate import Verdict
    from cancergan.assessment.policy import Policy
    from cancergan.assessment.report import Report
    from cancergan.assessment.settings import AssessmentSettings
    from cancergan.cohort import Cohort
    from cancergan.hallucination_audit import Audit
    from cancergan.privacy.audit import Audit as PrivacyAudit
    from cancergan.studies.evidence import Evidence
    from cancergan.studies.runner import Proposal
    from cancergan.training.latent import Inversion
    from cancergan.training.plan import Plan
    from cancergan.training.run import Run
    from cancergan.translations import Comparison

Place = str | Path


def open_cohort(cohort: Cohort | Place) -> Cohort:
    """Return the cohort, opened where a path was given."""
    from cancergan.cohort import Cohort

    return cohort if isinstance(cohort, Cohort) else Cohort.open(cohort)


def _opened(run: Run | Place) -> Run:
    from cancergan.training.run import Run

    return run if isinstance(run, Run) else Run.open(run)


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


def run_study(
    recipe: Place,
    cohort: Cohort | Place | None,
    out: Place,
    *,
    seeds: int = 3,
    say: Callable[[str], None] = print,
    command: str = "",
    **settings: Any,
) -> Evidence:
    """Run the study that a recipe names: train it and its baselines, and compare on held-out cases.

    Args:
        recipe: a recipe's name, its number in the review's families ("R14"), or a YAML file.
        cohort: real cases, divided by their ``split`` column or by patient; None draws the
            recipe's example, a phantom.
        out: folder for runs, ``evidence.json``, ``table.md`` and ``index.html``; an interrupted
            study goes on there.
        seeds: how many trainings of every method.
        say: prints a line of progress.
        command: what to quote on the page as the way to repeat it.
        **settings: recipe settings, as for ``train``.

    Raises:
        BadInputError: the recipe names no study, or the cohort lacks what it reads.
    """
    from cancergan.studies import runner

    return runner.run(
        propose_study(recipe, cohort, seeds=seeds, **settings), Path(out), command=command, say=say
    )


def propose_study(
    recipe: Place, cohort: Cohort | Place | None = None, *, seeds: int = 3, **settings: Any
) -> Proposal:
    """Return what ``run_study`` would do, having checked the cohort, without training."""
    from cancergan.recipes.loader import load_recipe
    from cancergan.studies import runner

    if seeds < 1:
        raise BadInputError(f"{seeds} seeds: give at least 1.")
    cases = None if cohort is None else open_cohort(cohort)
    return runner.propose(load_recipe(recipe, settings), cases, range(seeds))


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

    opened = _opened(run)
    folder = None if out is None else Path(out)
    start = None if source is None else open_cohort(source)
    return synthesis.synthesise(opened, cases, folder, condition=condition, seed=seed, source=start)


def film(
    run: Run | Place, out: Place, *, kind: str = "interpolation", rows: int = 4, seed: int = 0
) -> Path:
    """Write a film of a run's latent space, a .png strip or a .gif, and return its path.

    ``kind``: "interpolation" between images, "truncation" from the mean image to rare ones, or
    "classes" of the same latent. ``rows`` walks are shown one below the other.
    """
    from cancergan.training import latent, latent_pictures

    frames = latent.film(_opened(run), kind, rows=rows, seed=seed)
    latent_pictures.save_film(Path(out), frames)
    return Path(out)


def invert(
    run: Run | Place, cohort: Cohort | Place, out: Place, *, steps: int = 200, seed: int = 0
) -> Inversion:
    """Find the latents of real images, by the run's encoder where it has one and by optimisation.

    Writes pictures of both, errors and latents to the folder ``out``. ``steps`` 0 only encodes.
    """
    from cancergan.training import latent_pictures

    cases = open_cohort(cohort)
    return latent_pictures.invert_cohort(_opened(run), cases, Path(out), steps=steps, seed=seed)


def anomaly(
    run: Run | Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    normal: str | None = None,
    validation: Cohort | Place | None = None,
    steps: int | None = None,
    encode: bool = True,
    kappa: float = 1.0,
    seed: int = 0,
) -> Detected:
    """Score how far cases are from the healthy ones that a run has learnt, and map where.

    Writes ``scores.csv``, a cohort of ``maps``, ``maps.png`` (image, healthy image, map, mask) and
    ``anomaly.json`` to the folder ``out``.

    Args:
        run: trained on healthy cases, with a latent space (f_anogan, vae_gan, dcgan) or
            translating to healthy ones.
        cohort: cases to score.
        out: folder to create.
        normal: a query that picks the normal ones ("label == 'normal'", "lesion_pixels == 0"); with
            it figures of detection are measured, on patients that the run has not seen.
        validation: cases with lesions whose masks choose the threshold of Dice.
        steps: of a search in latent space; None takes the encoder, or 200 steps without one.
        encode: begin the search where the encoder points.
        kappa: weight of the discriminator's features in search and score.
        seed: of every draw.

    Raises:
        BadInputError: the run makes nothing to compare with, was trained on these patients, or all
            cases are of one kind.
    """
    from cancergan.anomaly_detection import Search, detect

    search = Search(steps, encode=encode, kappa=kappa, seed=seed)
    held_out = None if validation is None else open_cohort(validation)
    return detect(
        _opened(run), open_cohort(cohort), Path(out),
        normal=normal, validation=held_out, search=search,
    )  # fmt: skip


def neighbours(
    run: Run | Place,
    query: Cohort | Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    k: int = 5,
    space: str = "latent",
) -> DataFrame:
    """Find the cases that a run sees nearest to each query, and write a table and a picture.

    Args:
        run: with an encoder ("latent") or a discriminator of images ("discriminator").
        query: the cases to look up.
        cohort: the known cases; those of a query's own patient do not count.
        out: folder to create, for ``neighbours.csv`` and ``neighbours.png``.
        k: how many neighbours.
        space: "latent" or "discriminator".

    Raises:
        BadInputError: the run has no such space, or there are fewer than k cases.
    """
    from cancergan.similarity_search import find_neighbours

    cases = open_cohort(query), open_cohort(cohort)
    return find_neighbours(_opened(run), *cases, Path(out), k=k, space=space)


def compare_translations(
    runs: Mapping[str, Run | Place],
    cohort: Cohort | Place,
    out: Place | None = None,
    *,
    seed: int = 0,
) -> Comparison:
    """Translate held-out pairs by several runs, and say how far each is from the truth.

    The first run's grid and units are the common ones. Where the source can stand for the image,
    copying it (interpolating it, where it is coarser) is compared too. With ``out``, a folder with
    ``comparison.json``, ``comparison.md`` and ``comparison.png`` is written.

    Args:
        runs: by the name that the table shall show; differences are from the first.
        cohort: pairs that no run has seen; patients in training are refused.
        out: folder to create.
        seed: of synthesis and resampling.

    Raises:
        BadInputError: no run, a run that does not translate pairs, or patients it was trained on.
    """
    from cancergan.translations import compare

    opened = {name: _opened(run) for name, run in runs.items()}
    return compare(opened, open_cohort(cohort), None if out is None else Path(out), seed=seed)


def audit_hallucination(
    recipe: Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    ratios: Sequence[float] | None = None,
    seed: int = 0,
    classifier_steps: int = 600,
    say: Callable[[str], None] = lambda line: None,
    **settings: Any,
) -> Audit:
    """Ask whether a translator adds or removes tumours, by training it on several shares of them.

    See ``cancergan.hallucination_audit.audit``, whose arguments these are.
    """
    from cancergan.hallucination_audit import RATIOS, audit

    return audit(
        recipe,
        open_cohort(cohort),
        Path(out),
        ratios=RATIOS if ratios is None else ratios,
        seed=seed,
        classifier_steps=classifier_steps,
        say=say,
        **settings,
    )


def audit_privacy(
    recipe: Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    canaries: int = 100,
    **settings: Any,
) -> list[PrivacyAudit]:
    """Train a private recipe once with canaries in the cohort; return what attacks prove was spent.

    Each canary, a made-up patient, is in training by a coin of its own. A bound above the claimed
    epsilon refutes the claim. The run in ``out`` is for the audit alone.

    Raises:
        BadInputError: the recipe is not private, or fewer than 20 canaries.
    """
    from cancergan.recipes.loader import load_recipe
    from cancergan.training.canaries import audit_training

    resolved = load_recipe(recipe, settings)
    return audit_training(resolved, open_cohort(cohort), Path(out), canaries=canaries)


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
    from cancergan.assessment.report import Report

    opened = report if isinstance(report, Report) else Report.open(Path(report))
    verdict = gate(opened, policy)
    if not verdict.accepted:
        raise BadInputError(f"not released: {verdict}".splitlines()[0])
    synthetic = open_cohort(cohort)
    assessed = opened.provenance.get("synthetic", {}).get("fingerprint")
    if assessed != synthetic.fingerprint:
        raise BadInputError(
            f"not released: the report is about cohort {assessed}, this one is "
            f"{synthetic.fingerprint}. Assess the cohort that you release."
        )
    with whole_folder(Path(out)) as folder:
        synthetic.save(folder / "cohort")
        shown = opened if real_pictures else opened.without_real_pictures()
        shown.save(folder / "report", verdict=verdict)
        write_text(folder / "verdict.json", json.dumps(verdict.to_json(), indent=2) + "\n")
    return Path(out)
