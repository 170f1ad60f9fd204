"""Audits a private training by canaries: patients made up to be remembered, in by a coin each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.files import write_json
from cancergan.core.seeds import numpy_generator
from cancergan.privacy.attacks import discriminator_scores, distance_scores
from cancergan.privacy.audit import Audit, audited
from cancergan.recipes.schema import Recipe
from cancergan.training.material import training_part
from cancergan.training.run import Run
from cancergan.training.session import train
from cancergan.training.synthesis import synthesise

_FEWEST = 20
_SYNTHETIC = 1000


@dataclass(frozen=True)
class Canaries:
    """Made-up patients, and which of them are in training.

    Attributes:
        images: (n, C, *spatial) in the units of the training cohort.
        labels: their classes, None without labels.
        included: (n,) the outcome of each one's coin.
    """

    images: npt.NDArray[Any]
    labels: list[str] | None
    included: npt.NDArray[np.bool_]

    @classmethod
    def like(cls, cohort: Cohort, number: int, seed: int) -> Canaries:
        """Return canaries in the format of the cohort's first case: coarse random checkers.

        Nothing in a cohort resembles them or each other, so that a training which remembers any
        patient remembers these.
        """
        random = numpy_generator(seed, "canaries", number)
        first = cohort[0].image
        assert first is not None
        kind = cohort.header(0).dtype
        low, high = (0, 255) if kind == np.uint8 else (float(first.min()), float(first.max()))
        coarse = random.random((number, first.shape[0], *(8,) * (first.ndim - 1))) < 0.5
        images = np.where(coarse, high, low).astype(kind)
        for axis, side in enumerate(first.shape[1:], start=2):
            images = images.take(np.arange(side) * 8 // side, axis=axis)
        labels = None
        if "label" in cohort.table:
            labels = [str(name) for name in random.choice(cohort.classes, number)]
        return cls(images, labels, random.random(number) < 0.5)

    def joined(self, cohort: Cohort) -> Cohort:
        """Return the cohort with the included canaries, each a patient of its own."""
        rows = np.flatnonzero(self.included)
        names = [f"canary_{row:04d}" for row in rows]
        table = pd.DataFrame({"case_id": names, "patient_id": names})
        if self.labels is not None:
            table["label"] = [self.labels[row] for row in rows]
        made = Cohort.from_arrays(self.images[rows], table, spacing=cohort.header(0).spacing)
        return Cohort.concatenate([cohort, made])


def audit_training(
    recipe: Recipe,
    cohort: Cohort,
    out: Path,
    *,
    canaries: int = 100,
) -> list[Audit]:
    """Train a private recipe once on a cohort with canaries, and say what is proved to be spent.

    The training is the one to be claimed (same recipe, same budget), with a few patients more; its
    run must not be used otherwise. Two attacks: on the discriminators' weights (white box), and on
    the synthetic images alone. ``audit.json`` in the run folder says the same.

    Raises:
        BadInputError: the recipe is not private, or fewer than 20 canaries.
    """
    if recipe.privacy is None:
        raise BadInputError(f'recipe "{recipe.name}" claims no privacy. Give it epsilon and delta.')
    if canaries < _FEWEST:
        raise BadInputError(f"{canaries} canaries prove nothing: give at least {_FEWEST}.")
    training = training_part(cohort)
    made = Canaries.like(training, canaries, recipe.seed)
    run = train(recipe, made.joined(training), out)
    audits = [
        audited(
            attack,
            scores,
            made.included,
            claim=recipe.privacy.epsilon,
            delta=recipe.privacy.delta,
        )
        for attack, scores in _scores(run, made, recipe.seed).items()
    ]
    found = [vars(audit) | {"refutes": audit.refutes} for audit in audits]
    write_json(out / "audit.json", {"canaries": canaries, "audits": found})
    return audits


def _scores(run: Run, made: Canaries, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return how much each attack takes every canary for a member."""
    names = [f"canary_{row:04d}" for row in range(len(made.images))]
    table = pd.DataFrame({"case_id": names, "patient_id": names})
    cases = Cohort.from_arrays(made.images, table)
    preparation = run.trained_on.preparation
    images = np.stack([preparation.apply(case) for case in cases])
    classes = run.trained_on.classes
    labels = None
    if classes and made.labels is not None:
        labels = np.array([classes.index(name) for name in made.labels])
    flat = images.reshape(len(images), -1)
    synthetic = [preparation.apply(case) for case in synthesise(run, _SYNTHETIC, seed=seed)]
    return {
        "discriminator": discriminator_scores(run.game(), images, labels),
        "distance": distance_scores(flat, np.stack(synthetic).reshape(_SYNTHETIC, -1)),
    }
