"""From a trained run to a synthetic cohort, in physical units, marked as synthetic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from cancergan.cohort import Cohort
from cancergan.cohort.attributes import decoded
from cancergan.cohort.columns import IMAGE
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.files import read_json
from cancergan.core.provenance import environment
from cancergan.core.seeds import torch_generator
from cancergan.games.base import Game, Request
from cancergan.recipes.loader import game_settings
from cancergan.training.run import Run, TrainedOn
from cancergan.training.sliding import Windows
from cancergan.training.starting import Started, start_from

_VALUES_AT_ONCE = 2**22

Condition = str | Mapping[str, float] | None


def synthesise(
    run: Run,
    cases: int | None = None,
    out: Path | None = None,
    *,
    condition: Condition = None,
    seed: int = 0,
    source: Cohort | None = None,
) -> Cohort:
    """Return a cohort of ``cases`` synthetic cases, saved to ``out`` where that is given.

    ``condition`` says which classes: None keeps the prevalence of the training cohort, a class name
    asks for that class alone, "balanced" for equal shares, a mapping for shares by class. A game
    that translates starts from the cases of ``source``, each once where ``cases`` is None and else
    in turn; the result keeps their patients, masks and places. Of a game that makes maps of labels
    (its image is a view of the mask) the result holds the source images with those maps as masks;
    without a source the maps are image and mask. The same seed gives the same cohort.

    Raises:
        BadInputError: no cases, an unknown class, a condition for a game without classes, or a
            source missing, or given to a game that starts from noise.
    """
    starts = starts_of(run)
    if bool(starts) != (source is not None):
        raise BadInputError(
            f"{run.path}: this run translates images; name the cases to start from with --source."
            if starts
            else f"{run.path}: this run starts from noise, not from images. Leave --source out."
        )
    started = None if source is None else start_from(run.trained_on, starts, source)
    if cases is None:
        if started is None:
            raise BadInputError("cases is missing: say how many, as in --cases 500.")
        cases = len(started)
    if cases < 1:
        raise BadInputError(f"cases is {cases}; ask for at least 1.")
    labels = _labels(run.trained_on, cases, condition, started)
    images = _images(run, run.game(), cases, labels, seed, started)
    cohort = _cohort(run, images, labels, seed, started)
    if out is not None:
        cohort.save(out)
    return cohort


def translated(run: Run, source: Cohort, *, seed: int = 0) -> npt.NDArray[np.float32]:
    """Return what a run makes of each case of a cohort, (n, C, *spatial) in [-1, 1], on its grid.

    As ``synthesise``, for whoever measures what the network says rather than what it depicts: maps
    of labels are probabilities here, 2 p - 1.

    Raises:
        BadInputError: the run starts from noise, or the cases lack what it starts from.
    """
    starts = starts_of(run)
    if not starts:
        raise BadInputError(f"{run.path}: this run starts from noise, not from images.")
    started = start_from(run.trained_on, starts, source)
    labels = _labels(run.trained_on, len(started), None, started)
    return np.stack(list(_images(run, run.game(), len(started), labels, seed, started)))


def starts_of(run: Run) -> tuple[str, ...]:
    """Return the columns of images that a run starts from; none where it starts from noise."""
    game, settings = game_settings(run.recipe)
    return game.starts_from(settings)


def _labels(
    trained_on: TrainedOn, cases: int, condition: Condition, started: Started | None
) -> npt.NDArray[np.int64] | None:
    """Return class codes: as asked for, else those of the source, else as in training."""
    if condition is None and started is not None and trained_on.classes:
        own = started.codes(trained_on.classes)
        if own is not None:
            return own[np.arange(cases) % len(started)]
    return requested_labels(trained_on, cases, condition)


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
    run: Run,
    game: Game,
    cases: int,
    labels: npt.NDArray[np.int64] | None,
    seed: int,
    started: Started | None,
) -> Iterator[npt.NDArray[np.float32]]:
    """Synthesise in portions of bounded memory, each from a generator of its own."""
    values = game.shape.channels * math.prod(game.shape.spatial)
    at_once = max(1, min(64, _VALUES_AT_ONCE // values))
    if run.trained_on.patch is not None and started is not None:
        yield from _by_windows(run.trained_on, game, cases, labels, seed, started, at_once)
        return
    for start in range(0, cases, at_once):
        rows = np.arange(start, min(start + at_once, cases))
        label = None if labels is None else torch.from_numpy(labels[rows])
        given = {} if started is None else started.columns(rows)
        generator = torch_generator(seed, "synthesis", start)
        request = Request(len(rows), generator, label, _tensors(given))
        yield from game.synthesise(request)["image"].float().numpy()


def _by_windows(
    trained_on: TrainedOn,
    game: Game,
    cases: int,
    labels: npt.NDArray[np.int64] | None,
    seed: int,
    started: Started,
    at_once: int,
) -> Iterator[npt.NDArray[np.float32]]:
    """Translate each whole image window by window."""
    assert trained_on.patch is not None
    reduce = {name: trained_on.columns[name].view.reduce for name in started.arrays}
    windows = Windows(trained_on.preparation.spatial, trained_on.patch, reduce)
    for row in range(cases):
        generator = torch_generator(seed, "synthesis", row)

        def translate(
            given: Mapping[str, npt.NDArray[np.float32]],
            row: int = row,
            generator: torch.Generator = generator,
        ) -> npt.NDArray[np.float32]:
            count = len(next(iter(given.values())))
            label = None if labels is None else torch.from_numpy(labels[[row] * count])
            request = Request(count, generator, label, _tensors(given))
            return game.synthesise(request)["image"].float().numpy()

        columns = {name: values[0] for name, values in started.columns(np.array([row])).items()}
        yield windows.translate(columns, translate, at_once)


def _tensors(given: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in given.items()}


def _cohort(
    run: Run,
    images: Iterable[npt.NDArray[np.float32]],
    labels: npt.NDArray[np.int64] | None,
    seed: int,
    started: Started | None,
) -> Cohort:
    """Put synthetic images in physical units together with a table that says what they are.

    Where the game makes a table, its columns join that table, in their own units.
    """
    preparation = run.trained_on.preparation
    view = run.trained_on.columns[IMAGE].view
    physical = [preparation.invert(image) for image in images]
    names = [f"synthetic_{number:06d}" for number in range(len(physical))]
    rows = np.arange(len(physical))
    table = pd.DataFrame({"case_id": names, "patient_id": names})
    if started is not None:
        table = started.table(rows).assign(case_id=names)
    table["synthetic"] = True
    if labels is not None:
        table["label"] = [run.trained_on.classes[code] for code in labels]
    provenance = _provenance(run, seed)
    if started is not None:
        provenance["source_cohort"] = started.fingerprint
    if run.trained_on.sites:  # what left each hospital, and what budget it spent
        provenance["federation"] = read_json(run.path / "federation.json")
    if view.is_table:
        made = decoded(np.stack(physical), view.attributes)
        table = table.assign(**{str(name): made[name].to_numpy() for name in made})
        return Cohort.from_arrays(None, table, provenance=provenance)
    placed: dict[str, Any] = {"spacing": run.trained_on.spacing}
    if started is not None:
        placed = started.placed(rows, preparation)
    if view.is_mask:
        placed["masks"] = [
            label_map(preparation.window.to_network(m), view.values) for m in physical
        ]
        if started is not None:
            physical = started.images(rows, run.trained_on)
    return Cohort.from_arrays(physical, table, provenance=provenance, **placed)


def label_map(made: npt.NDArray[np.float32], values: Sequence[int]) -> npt.NDArray[np.int32]:
    """Return the likeliest label of every pixel, (*spatial), of a map (K, *spatial) in [-1, 1].

    A channel holds 2 p - 1 of one of the ``values``; what is left of 1 is background, 0.
    """
    chance = (made + 1) / 2
    best = np.concatenate([1 - chance.sum(axis=0, keepdims=True), chance]).argmax(axis=0)
    labels: npt.NDArray[np.int32] = np.array([0, *values], np.int32)[best]
    return labels


def _provenance(run: Run, seed: int) -> dict[str, object]:
    claimed = {} if run.privacy is None else {"privacy": run.privacy}
    return {
        **claimed,
        "synthetic": True,
        "run": run.path.name,
        "recipe": run.recipe.model_dump(mode="json"),
        "step": run.step,
        "seed": seed,
        "preparation": run.trained_on.preparation.to_json(),
        "view": run.trained_on.columns[IMAGE].view.model_dump(mode="json"),
        "training_cohort": run.trained_on.fingerprint,
        "training_cases": run.trained_on.cases,
        "training_patients": list(run.trained_on.patients),
        "training_sites": list(run.trained_on.sites),
        "environment": environment(),
    }
