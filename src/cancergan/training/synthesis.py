"""From a trained run to a synthetic cohort, in physical units, marked as synthetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.provenance import environment
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Game, Request
from cancergan.training.run import Run, TrainedOn

_VALUES_AT_ONCE = 2**22

Condition = str | Mapping[str, float] | None


def synthesise(
    run: Run, cases: int, out: Path | None = None, *, condition: Condition = None, seed: int = 0
) -> Cohort:
    """Return a cohort of ``cases`` synthetic cases, saved to ``out`` where that is given.

    ``condition`` says which classes: None keeps the prevalence of the training cohort, a class name
    asks for that class alone, "balanced" for equal shares, a mapping for shares by class. The same
    seed gives the same cohort.

    Raises:
        BadInputError: no cases, an unknown class, or a condition for a game without classes.
    """
    if cases < 1:
        raise BadInputError(f"cases is {cases}; ask for at least 1.")
    game = run.game()
    labels = requested_labels(run.trained_on, cases, condition)
    images = _images(game, cases, labels, seed)
    preparation = run.trained_on.preparation
    names = [f"synthetic_{number:06d}" for number in range(cases)]
    table = pd.DataFrame({"case_id": names, "patient_id": names, "synthetic": True})
    if labels is not None:
        table["label"] = [run.trained_on.classes[code] for code in labels]
    cohort = Cohort.from_arrays(
        [preparation.invert(image) for image in images],
        table,
        spacing=run.trained_on.spacing,
        provenance=_provenance(run, seed),
    )
    if out is not None:
        cohort.save(out)
    return cohort


def requested_labels(
    trained_on: TrainedOn, cases: int, condition: Condition
) -> npt.NDArray[np.int64] | None:
    """Return class codes (cases,) by largest remainder, or None for a game without classes."""
    classes = trained_on.classes
    if not classes:
        if condition is not None:
            raise BadInputError(
                f'condition "{condition}": this run has no classes. Train a conditional recipe '
                "(cgan, acgan), or leave the condition out."
            )
        return None
    wanted = np.array(_shares(trained_on, condition)) * cases
    counts = np.floor(wanted).astype(int)
    most_owed = np.argsort(-(wanted - counts), kind="stable")
    counts[most_owed[: cases - counts.sum()]] += 1
    return np.repeat(np.arange(len(classes)), counts).astype(np.int64)


def _shares(trained_on: TrainedOn, condition: Condition) -> list[float]:
    classes = trained_on.classes
    if condition is None:
        return list(trained_on.prevalence)
    if condition == "balanced":
        return [1 / len(classes)] * len(classes)
    shares = {condition: 1.0} if isinstance(condition, str) else dict(condition)
    for name in shares:
        if name not in classes:
            raise unknown("class", name, classes)
    total = sum(shares.values())
    if total <= 0 or min(shares.values()) < 0:
        raise BadInputError(
            f"condition {shares}: shares must be positive. Give one for each class."
        )
    return [shares.get(name, 0.0) / total for name in classes]


@torch.no_grad()
def _images(
    game: Game, cases: int, labels: npt.NDArray[np.int64] | None, seed: int
) -> npt.NDArray[np.float32]:
    """Synthesise in portions of bounded memory, each from a generator of its own."""
    values = game.shape.channels * math.prod(game.shape.spatial)
    at_once = max(1, min(64, _VALUES_AT_ONCE // values))
    portions = []
    for start in range(0, cases, at_once):
        size = min(at_once, cases - start)
        label = None if labels is None else torch.from_numpy(labels[start : start + size])
        request = Request(size, torch_generator(seed, "synthesis", start), label)
        portions.append(game.synthesise(request)["image"].float().numpy())
    return np.concatenate(portions)


def _provenance(run: Run, seed: int) -> dict[str, object]:
    return {
        "synthetic": True,
        "run": run.path.name,
        "recipe": run.recipe.model_dump(mode="json"),
        "step": run.step,
        "seed": seed,
        "preparation": run.trained_on.preparation.to_json(),
        "training_cohort": run.trained_on.fingerprint,
        "training_cases": run.trained_on.cases,
        "training_patients": list(run.trained_on.patients),
        "environment": environment(),
    }
