"""A table of patients: clinical columns, gene expression in correlated modules, two classes."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import phantoms, table_of
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.people import draw_class, draw_person, style_of
from cancergan.core.errors import BadInputError

STAGES = ("I", "II", "III", "IV")
FOLLOW_UP = 1825.0


@phantoms.register("clinical_omics")
def clinical_omics(
    cases: int,
    seed: int,
    *,
    genes: int = 40,
    informative: int = 8,
    effect: float = 1.0,
    module: int = 8,
    correlation: float = 0.5,
    batch: float = 0.3,
    prevalence: float = 0.4,
    centres: int = 3,
) -> Cohort:
    """Clinical and gene-expression records without images; label indolent or aggressive.

    Columns ``gene_000`` ... are log expressions of standard deviation 1 within a class and centre.
    The first ``informative`` genes are ``effect`` higher in aggressive cancers. Genes of one module
    (as many as ``module`` in a row) correlate by ``correlation``, others do not. ``stage``,
    ``tumour_mm``, ``marker`` (log), ``survival_days`` and ``event`` hang on the class, too.

    Realistic: correlated blocks, a batch shift of every gene in every centre, a tumour that grows
    with stage, survival that falls with stage, class and age, cut off after five years. Not
    realistic: expressions are Gaussian with one common correlation and no pathways; effects are
    alike and additive; nothing is missing; censoring is administrative alone.

    Args:
        cases: how many patients.
        seed: of all draws.
        genes: how many.
        informative: how many of them differ between the classes.
        effect: by how many standard deviations.
        module: genes per correlated block.
        correlation: within a block, from 0 to below 1.
        batch: standard deviation of a centre's shift of a gene.
        prevalence: share of aggressive cancers.
        centres: how many hospitals.
    """
    if not 0 <= correlation < 1 or module < 1 or not 0 <= informative <= genes or genes < 1:
        raise BadInputError(
            f"genes is {genes}, informative {informative}, module {module}, correlation "
            f"{correlation}; give at least 1 gene, as many informative at most, blocks of at least "
            "1, and a correlation from 0 to below 1."
        )
    blocks = np.arange(genes) // module
    shifts = np.where(np.arange(genes) < informative, effect, 0.0)

    def draw(random: Generator, number: int) -> dict[str, object]:
        label = draw_class(random, {"aggressive": prevalence}, "indolent")
        person = draw_person(random, age=(62.0, 11.0), centres=centres)
        common = random.standard_normal(blocks.max() + 1)[blocks]
        own = random.standard_normal(genes)
        level = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
        level = level + shifts * (label == "aggressive")
        level = level + batch * style_of(person["centre"], "omics").standard_normal(genes)
        clinical = _clinical(random, label == "aggressive", float(str(person["age"])))
        expression = {f"gene_{gene:03d}": float(value) for gene, value in enumerate(level)}
        return {"label": label, **person, **clinical, **expression}

    truth = {
        "informative": [f"gene_{gene:03d}" for gene in range(informative)],
        "effect": effect,
        "correlation_within_module": correlation,
    }
    return table_of(draw, cases, seed, name="clinical_omics", truth=truth)


def _clinical(random: Generator, aggressive: bool, age: float) -> dict[str, object]:
    """Return stage, size, marker and survival of one patient.

    Survival is exponential with a hazard of exp(-8.2 + 0.5 stage + 0.7 aggressive + 0.02 (age -
    60)) per day, stage counted from 0.
    """
    stage = int(np.searchsorted([-0.3, 0.5, 1.2], random.standard_normal() + 0.8 * aggressive))
    hazard = np.exp(-8.2 + 0.5 * stage + 0.7 * aggressive + 0.02 * (age - 60.0))
    survival = random.exponential(1.0 / hazard)
    return {
        "stage": STAGES[stage],
        "tumour_mm": float(random.lognormal(np.log(14.0) + 0.35 * stage, 0.3)),
        "marker": float(random.normal(1.0 + 0.4 * stage + 0.3 * aggressive, 0.7)),
        "survival_days": float(np.ceil(min(survival, FOLLOW_UP))),
        "event": int(survival <= FOLLOW_UP),
    }
