"""A gate at a site's door: simulated cases that a model must pass before it sees a patient.

``suites`` makes the tests, ``folder`` keeps them with their truth apart, ``calibration`` knows how
far they can be trusted, ``admission`` decides.
"""

from cancergan.assessment.gatekeeper.admission import (
    Admission,
    Calibration,
    admit,
    suite_score,
)
from cancergan.assessment.gatekeeper.folder import Gatekeeper
from cancergan.assessment.gatekeeper.suites import EDGE_CASES, Suite, suites_of

__all__ = [
    "EDGE_CASES",
    "Admission",
    "Calibration",
    "Gatekeeper",
    "Suite",
    "admit",
    "suite_score",
    "suites_of",
]
