"""A table of patients with microRNA and messenger RNA of the same tumours, and an outcome."""

from __future__ import annotations

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.phantoms.base import phantoms, table_of
from cancergan.cohort.phantoms.fields import Generator
from cancergan.cohort.phantoms.people import draw_class, draw_person
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator


@phantoms.register("paired_omics")
def paired_omics(
    cases: int,
    seed: int,
    *,
    mirnas: int = 12,
    genes: int = 30,
    targets: int = 6,
    repression: float = 0.6,
    effect: float = 1.0,
    noise: float = 0.7,
    prevalence: float = 0.5,
    centres: int = 3,
) -> Cohort:
    """Log expressions ``mirna_00`` ... and ``gene_000`` ... of one tumour; label poor or good.

    Each microRNA represses ``targets`` genes, drawn once by the seed: a gene is noise less
    ``repression`` times the sum of its microRNAs, where it has any. The first third of the
    microRNAs are ``effect`` higher where the outcome is poor; genes hear of the outcome through
    their microRNAs alone. Provenance states under ``truth`` the graph: microRNA, then its genes.

    Realistic: repression, genes with several regulators, an outcome that both layers share. Not
    realistic: effects are linear and alike, there is no feedback, no batch, and nothing is missing.

    Args:
        cases: how many patients.
        seed: of all draws.
        mirnas: how many microRNAs.
        genes: how many genes.
        targets: how many genes each microRNA represses.
        repression: change of a gene, in standard deviations of its noise-free microRNA.
        effect: of the outcome on a microRNA of the first third, in standard deviations.
        noise: standard deviation of a gene that no microRNA explains.
        prevalence: share of poor outcomes.
        centres: how many hospitals.
    """
    if mirnas < 1 or genes < 1 or not 1 <= targets <= genes:
        raise BadInputError(
            f"mirnas is {mirnas}, genes {genes}, targets {targets}; give at least one of each, and "
            "no more targets than genes."
        )
    drawn = numpy_generator(seed, "paired_omics", "graph")
    graph = [sorted(drawn.choice(genes, targets, replace=False).tolist()) for _ in range(mirnas)]
    weights = np.zeros((mirnas, genes))
    for regulator, regulated in enumerate(graph):
        weights[regulator, regulated] = -repression
    informative = np.arange(mirnas) < max(1, mirnas // 3)

    def draw(random: Generator, number: int) -> dict[str, object]:
        label = draw_class(random, {"poor": prevalence}, "good")
        person = draw_person(random, centres=centres)
        mirna = random.standard_normal(mirnas) + effect * informative * (label == "poor")
        gene = mirna @ weights + noise * random.standard_normal(genes)
        return {
            "label": label,
            **person,
            **{f"mirna_{i:02d}": float(value) for i, value in enumerate(mirna)},
            **{f"gene_{i:03d}": float(value) for i, value in enumerate(gene)},
        }

    truth = {
        "graph": {
            f"mirna_{i:02d}": [f"gene_{gene:03d}" for gene in regulated]
            for i, regulated in enumerate(graph)
        }
    }
    return table_of(draw, cases, seed, name="paired_omics", truth=truth)
