"""The audit's re-identification: a matcher of patients, shown to work before it is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator
from cancergan.privacy.reidentification import (
    Matcher,
    Pairs,
    several_images,
    train_matcher,
    verification_auc,
)
from cancergan.studies.base import Method
from cancergan.studies.evidence import Outcome
from cancergan.studies.membership import Side, Sides

REAL = "patient matching, real pairs"
MOST_CASES = 80  # every pair of them is compared a thousand times for the interval
STEPS = 400


@dataclass(frozen=True)
class Matching:
    """A matcher where one could be trained, how it does on real pairs, and why there is none."""

    matcher: Matcher | None
    outcomes: list[Outcome]
    notes: list[str]

    @property
    def methods(self) -> tuple[Method, ...]:
        """Return the check on real pairs, where it was made."""
        words = "two real images of unseen patients: of one or of two?"
        return (Method(REAL, words),) if self.outcomes else ()


def matching(sides: Sides, seed: int) -> Matching:
    """Train a matcher on known others, and try it on real pairs of unseen others.

    Where too few patients have two images there is no matcher, and a note says so.
    """
    known = sides.known
    try:
        matcher = train_matcher(known.images, known.patients, seed=seed, steps=STEPS)
    except BadInputError as error:
        return Matching(None, [], [f"Re-identification is not tried: among known others {error}"])
    shown = _some(sides.outside, seed)
    patients = [sides.outside.patients[row] for row in shown]
    if not several_images(patients).any():
        return Matching(None, [], ["Re-identification is not tried: no unseen other has a pair."])
    rows = Pairs.of(matcher, sides.outside.images[shown], patients).rows
    real = Outcome(
        REAL, "auc", rows[None], patients, direction="lower", space="membership",
        strata=several_images(patients).tolist(), statistic=verification_auc,
    )  # fmt: skip
    return Matching(matcher, [real], [
        "Patient matching is worth what it does on real pairs: near 0.5 there, it says nothing of "
        "the release."
    ])  # fmt: skip


def _some(side: Side, seed: int) -> list[int]:
    """Return the cases of as many whole patients as may be compared, those with pairs first."""
    names = np.array(side.patients)
    repeated = set(names[several_images(names)])
    order = numpy_generator(seed, "verification").permutation(np.unique(names))
    chosen: list[int] = []
    for name in sorted(order, key=lambda name: name not in repeated):
        rows = np.flatnonzero(names == name).tolist()
        if len(chosen) + len(rows) <= MOST_CASES:
            chosen += rows
    return chosen
