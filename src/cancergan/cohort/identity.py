"""Who a case is of, told without a name: what a run may keep of the patients it was trained on."""

from __future__ import annotations

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.fingerprints import row_fingerprint
from cancergan.core.provenance import fingerprint


def patient_fingerprints(cohort: Cohort) -> tuple[str, ...]:
    """Return 16 hexadecimal digits for each case, equal where two cases are of one patient.

    Of the patient's id where the cohort names patients. Elsewhere ids are made of file names, which
    unrelated folders share and copies do not, so the image alone says who a case is of; all images
    are then read. Of a table without images the row alone says it. A named and an unnamed cohort
    have none in common.

    Raises:
        BadInputError: an image that cannot be read.
    """
    if cohort.unit_is_known:
        return tuple(fingerprint(patient) for patient in cohort.table["patient_id"])
    if not cohort.has_images:
        return tuple(row_fingerprint(case) for case in cohort)
    return tuple(fingerprint(case.image) for case in cohort)
