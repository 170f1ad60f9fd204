"""The recipe's game beside its generator alone: what an adversary adds to a translator."""

from __future__ import annotations

from collections.abc import Iterator

from cancergan.cohort import Cohort
from cancergan.studies.base import Method
from cancergan.studies.bench import Bench
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise

ADVERSARIAL, ALONE = "adversarial", "similarity alone"
WITHOUT = {"game": {"adversarial_weight": 0.0}}
METHODS = (
    Method(ADVERSARIAL, "the recipe's game"),
    Method(ALONE, "the same generator, steps and data, without the adversary", True),
)


def with_and_without(bench: Bench) -> Iterator[tuple[str, Run, Cohort]]:
    """Yield the method, its run, and the test cases as it translates them, seed by seed."""
    for seed in bench.seeds:
        for name, changes in ((ADVERSARIAL, None), (ALONE, WITHOUT)):
            run = bench.trained(name, seed, settings=changes)
            yield name, run, synthesise(run, source=bench.test, seed=seed)
