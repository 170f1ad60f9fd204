"""Normalise histology stains by Macenko's method: bring both stains to a reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np

from cancergan.cohort.case import Case, Float32, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.reference import Reference, reference_cases
from cancergan.cohort.curation.stain import (
    LEAST_TISSUE,
    optical_density,
    rgb_of,
    tissue,
    to_rgb,
)
from cancergan.cohort.curation.step import Step, steps
from cancergan.core.errors import BadInputError

ANGLE_PERCENTILES = (1.0, 99.0)
STRENGTH_PERCENTILE = 99.0

Matrix = tuple[tuple[float, float, float], tuple[float, float, float]]


@steps.register("macenko")
class Macenko(Step):
    """Separate haematoxylin and eosin, and lay them on again in the reference's colours.

    Source: Macenko et al. 2009. Stain colours are the extreme directions (percentiles 1 and 99 of
    the angle) in the plane of the two largest singular vectors of the tissue's optical density.
    What the two stains do not explain (pigment, pen) is kept as it is.

    Attributes:
        reference: folder of a cohort to learn the reference from; the cohort itself where None.
        stains: reference colours, haematoxylin and eosin, unit vectors of optical density.
        strengths: the reference's 99th percentile of the amount of each stain.
    """

    reference: Reference = None
    stains: Matrix | None = None
    strengths: tuple[float, float] | None = None

    def fitted(self, cohort: Cohort) -> Self:
        """Return the step with the median stains and strengths of up to 50 reference cases.

        Raises:
            BadInputError: no case of the reference holds enough stained tissue.
        """
        if self.stains is not None and self.strengths is not None:
            return self
        found = []
        for case in reference_cases(cohort, self.reference):
            try:
                found.append(stains_of(case))
            except NoTissueError:
                continue
        if not found:
            raise BadInputError(f"{self.reference or cohort.origin}: no stained tissue to learn.")
        stains = np.median([matrix for matrix, _ in found], axis=0)
        stains /= np.linalg.norm(stains, axis=1, keepdims=True)
        strengths = np.median([strength for _, strength in found], axis=0)
        return self.model_copy(update={"stains": _plain(stains), "strengths": _plain(strengths)})

    def apply(self, case: Case) -> Case:
        """Return the case in the reference's stains.

        Raises:
            BadInputError: no colour picture, too little stained tissue, or a step not fitted.
        """
        if self.stains is None or self.strengths is None:
            raise BadInputError("macenko: has no reference yet. Call fitted(cohort) first.")
        own, strengths = stains_of(case)
        density = optical_density(rgb_of(case))
        pixels = density.reshape(3, -1).T
        amounts = np.maximum(pixels @ np.linalg.pinv(own), 0.0)
        rest = pixels - amounts @ own
        scale = np.asarray(self.strengths) / np.maximum(strengths, 1e-6)
        changed = (amounts * scale) @ np.asarray(self.stains) + rest
        return replace(case, image=to_rgb(changed.T.reshape(density.shape)))


class NoTissueError(BadInputError):
    """A picture holds too little stain to tell its colours."""


def stains_of(case: Case) -> tuple[Float64, Float64]:
    """Return the stain colours (2, 3), haematoxylin first, and their 99th percentiles (2,).

    Raises:
        NoTissueError: fewer than 200 pixels are stained.
    """
    density = optical_density(rgb_of(case))
    pixels = tissue(density)
    if len(pixels) < LEAST_TISSUE:
        raise NoTissueError(
            f'case "{case.case_id}": only {len(pixels)} stained pixels, {LEAST_TISSUE} are needed. '
            "Leave it out."
        )
    _, _, directions = np.linalg.svd(pixels, full_matrices=False)
    plane = directions[:2] * np.sign(directions[:2].sum(axis=1, keepdims=True) + 1e-12)
    along = pixels @ plane.T
    low, high = np.percentile(np.arctan2(along[:, 1], along[:, 0]), ANGLE_PERCENTILES)
    extremes = np.array([[np.cos(a), np.sin(a)] for a in (low, high)]) @ plane
    extremes = np.maximum(extremes, 0.0)
    extremes /= np.linalg.norm(extremes, axis=1, keepdims=True)
    # Haematoxylin, a blue dye, absorbs more red in proportion to green and blue than eosin does.
    stains = extremes[np.argsort(-extremes[:, 0] / extremes.sum(axis=1))]
    amounts = np.maximum(pixels @ np.linalg.pinv(stains), 0.0)
    return stains, np.percentile(amounts, STRENGTH_PERCENTILE, axis=0)


def _plain(array: Float64 | Float32) -> object:
    rounded = np.round(array, 6).tolist()
    return tuple(tuple(row) if isinstance(row, list) else row for row in rounded)
