"""Which cases are read, and in which order by whom: all of it follows from the recorded seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.metrics.arrays import Integers
from cancergan.reader_study.settings import Phase, StudySettings

HIDDEN_SHARES = (0.35, 0.65)


@dataclass(frozen=True)
class Item:
    """What one trial shows: positions in the real and the synthetic cohort.

    A yes-no item has one of the two; a pair of 2afc has both.
    """

    training: bool
    real: int | None
    synthetic: int | None

    @property
    def truth(self) -> int:
        """1 where a synthetic image is in it, else 0."""
        return int(self.synthetic is not None)


@dataclass(frozen=True)
class Trial:
    """One trial of one reader: ``item`` is a position in the list of items.

    ``swapped`` says that the synthetic image of a pair stands on the left.
    """

    phase: Phase
    item: int
    repeat: bool = False
    swapped: bool = False


def choose_items(settings: StudySettings, real: Cohort, synthetic: Cohort) -> list[Item]:
    """Return training items, then those that are read, one case a patient at most.

    Raises:
        BadInputError: too few patients for the cases asked for, or for any study at all.
    """
    generator = numpy_generator(settings.seed, "reader-study", "items")
    pools = [_one_a_patient(cohort, generator) for cohort in (real, synthetic)]
    paired = settings.question.images == 2
    trained = settings.training if paired else -(-settings.training // 2)
    there = [len(pool) - trained for pool in pools]
    if min(there) < 2:
        raise BadInputError(
            f"{len(pools[0])} real and {len(pools[1])} synthetic patients: with {settings.training}"
            " training cases fewer than 2 of a side are left to read. Give larger cohorts."
        )
    share = 0.5
    if settings.ratio == "hidden" and not paired:
        share = float(generator.uniform(*HIDDEN_SHARES))
    counts = _counts(settings, there, share, paired)
    real_at, synthetic_at = (iter(pool.tolist()) for pool in pools)
    items = []
    for training, (n_real, n_synthetic) in ((True, (trained, trained)), (False, counts)):
        if paired:
            items += [Item(training, next(real_at), next(synthetic_at)) for _ in range(n_real)]
        else:
            items += [Item(training, next(real_at), None) for _ in range(n_real)]
            items += [Item(training, None, next(synthetic_at)) for _ in range(n_synthetic)]
    return items


def _counts(
    settings: StudySettings, there: list[int], share: float, paired: bool
) -> tuple[int, int]:
    """Return how many real and synthetic images are read."""
    if paired:
        pairs = settings.cases or min(there)
        counts = pairs, pairs
    else:
        most = min(int(there[0] / (1 - share)), int(there[1] / share))
        total = settings.cases or most
        n_synthetic = min(max(round(share * total), 1), total - 1)
        counts = total - n_synthetic, n_synthetic
    for name, wanted, found in zip(("real", "synthetic"), counts, there, strict=True):
        if wanted > found:
            raise BadInputError(
                f"{wanted} {name} patients are needed beside the training cases, there are "
                f"{found}. Ask for fewer --cases, or give a larger cohort."
            )
    return counts


def _one_a_patient(cohort: Cohort, generator: np.random.Generator) -> Integers:
    """Return the position of one case of each patient, in random order."""
    order = generator.permutation(len(cohort))
    patients = cohort.table["patient_id"].astype(str).to_numpy()[order]
    _, first = np.unique(patients, return_index=True)
    return np.asarray(order[np.sort(first)], dtype=np.int64)


def schedule(settings: StudySettings, items: list[Item], reader: int) -> list[Trial]:
    """Return the trials of one reader, numbered from 0, in the order of reading.

    Raises:
        BadInputError: the gap leaves no room for the repeats.
    """
    training = [index for index, item in enumerate(items) if item.training]
    reading = [index for index, item in enumerate(items) if not item.training]
    trials: list[Trial] = []
    for phase in settings.phases:
        generator = numpy_generator(settings.seed, "reader-study", "order", reader, phase)
        pool = training[: settings.training] if phase == "training" else reading
        if phase == "training" and settings.question.images == 1:
            pool = training
        order = [pool[i] for i in generator.permutation(len(pool))]
        placed = [(item, False) for item in order]
        if phase == "blind":
            placed = _with_repeats(order, settings, generator)
        trials += [
            Trial(phase, item, repeat, bool(generator.integers(2))) for item, repeat in placed
        ]
    return trials


def _with_repeats(
    order: list[int], settings: StudySettings, generator: np.random.Generator
) -> list[tuple[int, bool]]:
    """Insert repeats, each with at least ``gap`` other trials after its first reading."""
    count = round(settings.repeats * len(order))
    room = len(order) - settings.gap
    if count > max(room, 0):
        raise BadInputError(
            f"{count} repeats with a gap of {settings.gap} do not fit into {len(order)} cases. "
            "Ask for fewer repeats, a smaller gap or more cases."
        )
    if room <= 0:  # no repeats are wanted, and there would be no place for one
        return [(item, False) for item in order]
    after: dict[int, list[int]] = {}
    for position in sorted(generator.choice(room, size=count, replace=False).tolist()):
        place = int(generator.integers(position + settings.gap, len(order)))
        after.setdefault(place, []).append(order[position])
    placed: list[tuple[int, bool]] = []
    for position, item in enumerate(order):
        placed.append((item, False))
        placed += [(repeated, True) for repeated in after.get(position, [])]
    return placed
