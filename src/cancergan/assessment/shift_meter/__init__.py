"""How far two cohorts differ, and in which of the five kinds of dataset shift.

The kinds are told apart by what they may touch: attributes given the class (population), class
frequencies (prevalence), tissue outside the masks (acquisition), lesions against their own
surroundings (manifestation), outlines against the edges in the image and labels against what a
classifier of the reference expects (annotation).
"""

from cancergan.assessment.shift_meter.meter import compare_cohorts
from cancergan.assessment.shift_meter.report import Evidence, KindFinding, ShiftReport

__all__ = ["Evidence", "KindFinding", "ShiftReport", "compare_cohorts"]
