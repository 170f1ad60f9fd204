"""What verbs take: objects, or paths that are opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cancergan.cohort import Cohort
    from cancergan.training.run import Run

Place = str | Path


def open_cohort(cohort: Cohort | Place) -> Cohort:
    """Return the cohort, opened where a path was given."""
    from cancergan.cohort import Cohort

    return cohort if isinstance(cohort, Cohort) else Cohort.open(cohort)


def opened_run(run: Run | Place) -> Run:
    """Return the run, opened where the path of its folder was given."""
    from cancergan.training.run import Run

    return run if isinstance(run, Run) else Run.open(run)
