"""The cases that a normalisation learns its reference from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort

Reference = str | None
MOST_CASES = 50


def reference_cases(cohort: Cohort, reference: Reference) -> Iterator[Case]:
    """Yield up to 50 cases spread evenly over the reference cohort, or over the cohort itself.

    Raises:
        BadInputError: there is no cohort at ``reference``.
    """
    source = cohort if reference is None else Cohort.open(reference)
    spread = np.linspace(0, len(source) - 1, min(len(source), MOST_CASES)).round().astype(int)
    return (source[int(index)] for index in sorted(set(spread.tolist())))
