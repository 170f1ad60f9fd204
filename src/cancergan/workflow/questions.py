"""What a run can be asked: what it shows, finds, invents, and gives away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cancergan.workflow.opening import Place, open_cohort, opened_run

if TYPE_CHECKING:
    from pandas import DataFrame

    from cancergan.anomaly_detection import Detected
    from cancergan.cohort import Cohort
    from cancergan.hallucination_audit import Audit
    from cancergan.privacy.audit import Audit as PrivacyAudit
    from cancergan.studies.leakage import Leakage
    from cancergan.training.latent import Inversion
    from cancergan.training.run import Run
    from cancergan.translations import Comparison


def film(
    run: Run | Place, out: Place, *, kind: str = "interpolation", rows: int = 4, seed: int = 0
) -> Path:
    """Write a film of a run's latent space, a .png strip or a .gif, and return its path.

    ``kind``: "interpolation" between images, "truncation" from the mean image to rare ones, or
    "classes" of the same latent. ``rows`` walks are shown one below the other.
    """
    from cancergan.training import latent, latent_pictures

    frames = latent.film(opened_run(run), kind, rows=rows, seed=seed)
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
    return latent_pictures.invert_cohort(opened_run(run), cases, Path(out), steps=steps, seed=seed)


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
        opened_run(run), open_cohort(cohort), Path(out),
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
    return find_neighbours(opened_run(run), *cases, Path(out), k=k, space=space)


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

    opened = {name: opened_run(run) for name, run in runs.items()}
    return compare(opened, open_cohort(cohort), None if out is None else Path(out), seed=seed)


def audit_hallucination(
    recipe: Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    ratios: Sequence[float] | None = None,
    seed: int = 0,
    classifier_steps: int = 600,
    resume: bool = False,
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
        resume=resume,
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


def audit(
    run: Run | Place,
    members: Cohort | Place,
    others: Cohort | Place,
    out: Place | None = None,
    *,
    say: Callable[[str], None] = print,
    **settings: Any,
) -> Leakage:
    """Attack a run as an adversary would, and say whether it may be released.

    ``members`` are its training cases, ``others`` real cases of other patients from the same
    source. ``settings`` are those of ``studies.leakage.AuditSettings``: cases, most_auc, rates,
    attributes, shadows, shadow_folder, seed.
    """
    from cancergan.studies.leakage import AuditSettings, audit_leakage

    return audit_leakage(
        opened_run(run), open_cohort(members), open_cohort(others),
        None if out is None else Path(out), AuditSettings(**settings), say=say,
    )  # fmt: skip
