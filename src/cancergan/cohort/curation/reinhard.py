"""Normalise histology colours by Reinhard's method: mean and spread in a perceptual space."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np

from cancergan.cohort.case import Case, Float64
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.reference import Reference, reference_cases
from cancergan.cohort.curation.stain import rgb_of
from cancergan.cohort.curation.step import Step, steps
from cancergan.core.errors import BadInputError

Triple = tuple[float, float, float]


@steps.register("reinhard")
class Reinhard(Step):
    """Give every picture the reference's mean and standard deviation in CIE L*a*b*.

    Source: Reinhard et al. 2001, with CIE L*a*b* for their l-alpha-beta, as is usual in histology.
    It moves background and tissue together: prefer ``macenko`` where tiles hold much glass.

    Attributes:
        reference: folder of a cohort to learn the reference from; the cohort itself where None.
        mean, deviation: the reference's L*, a*, b*.
    """

    reference: Reference = None
    mean: Triple | None = None
    deviation: Triple | None = None

    def fitted(self, cohort: Cohort) -> Self:
        """Return the step with the median statistics of up to 50 reference cases."""
        if self.mean is not None and self.deviation is not None:
            return self
        found = [_statistics(_lab(case)) for case in reference_cases(cohort, self.reference)]
        mean, deviation = np.round(np.median(np.array(found), axis=0), 6).tolist()
        return self.model_copy(update={"mean": tuple(mean), "deviation": tuple(deviation)})

    def apply(self, case: Case) -> Case:
        """Return the case with the reference's colours.

        Raises:
            BadInputError: no colour picture, or a step not fitted.
        """
        from skimage.color import lab2rgb

        if self.mean is None or self.deviation is None:
            raise BadInputError("reinhard: has no reference yet. Call fitted(cohort) first.")
        lab = _lab(case)
        mean, deviation = _statistics(lab)
        scale = np.asarray(self.deviation) / np.maximum(deviation, 1e-6)
        changed = (lab - mean) * scale + np.asarray(self.mean)
        changed[..., 0] = np.clip(changed[..., 0], 0.0, 100.0)
        rgb = np.clip(lab2rgb(changed), 0.0, 1.0) * 255.0
        return replace(case, image=np.moveaxis(rgb, -1, 0).astype(np.float32))


def _lab(case: Case) -> Float64:
    from skimage.color import rgb2lab

    return np.asarray(rgb2lab(np.moveaxis(rgb_of(case), 0, -1).astype(np.float64) / 255.0))


def _statistics(lab: Float64) -> tuple[Float64, Float64]:
    return lab.mean(axis=(0, 1)), lab.std(axis=(0, 1))
