"""The five dataset shifts, applied to any cohort: who, how often, how it looks, is seen, is marked.

After Castro, Walker and Glocker 2020 ("Causality matters in medical imaging", table 1). ``shifted``
of a cohort applies them in the order in which they arise: who is in the cohort (population), how
often each class is (prevalence), how the disease looks (manifestation), how it is imaged
(acquisition), how it is marked (annotation). A new mechanism is one function under
``@acquisitions.register("name")``, or of the other two registries.
"""

from cancergan.cohort.shifts.acquisition import acquisitions
from cancergan.cohort.shifts.annotation import outlines
from cancergan.cohort.shifts.apply import shifted_contents
from cancergan.cohort.shifts.manifestation import manifestations
from cancergan.cohort.shifts.settings import (
    KINDS,
    Acquisition,
    Annotation,
    Manifestation,
    Population,
    Prevalence,
    Shift,
)

__all__ = [
    "KINDS",
    "Acquisition",
    "Annotation",
    "Manifestation",
    "Population",
    "Prevalence",
    "Shift",
    "acquisitions",
    "manifestations",
    "outlines",
    "shifted_contents",
]
