"""De-identify DICOM files (PS3.15, annex E) and deface volumes, with an account of what went."""

from cancergan.cohort.deidentification.face import FaceFinder, deface, voxels_kept
from cancergan.cohort.deidentification.folder import Account, deidentify
from cancergan.cohort.deidentification.pixels import Rectangle
from cancergan.cohort.deidentification.profile import Profile
from cancergan.cohort.deidentification.secret import Secret

__all__ = [
    "Account",
    "FaceFinder",
    "Profile",
    "Rectangle",
    "Secret",
    "deface",
    "deidentify",
    "voxels_kept",
]
