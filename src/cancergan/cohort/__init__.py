"""Cases, readers, writers, splits and preparation: the board on which games are played."""

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort, check_disjoint
from cancergan.cohort.preparation import IntensityWindow, Preparation
from cancergan.cohort.prepared import PreparedCohort, prepare

__all__ = [
    "Case",
    "Cohort",
    "IntensityWindow",
    "Preparation",
    "PreparedCohort",
    "check_disjoint",
    "prepare",
]
