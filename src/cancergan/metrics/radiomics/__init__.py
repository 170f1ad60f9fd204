"""Radiomics: what a region of an image measures, after the IBSI-1 reference manual.

Source: Zwanenburg et al., The Image Biomarker Standardization Initiative, Radiology 295(2), 2020.
"IBSI 3.6" in a docstring is a section of its reference manual.
"""

from cancergan.metrics.radiomics.measure import (
    Measurement,
    Measurements,
    radiomics,
    radiomics_of_regions,
)
from cancergan.metrics.radiomics.names import feature_names
from cancergan.metrics.radiomics.region import Region, region_of
from cancergan.metrics.radiomics.settings import FAMILIES, RadiomicsSettings

__all__ = [
    "FAMILIES",
    "Measurement",
    "Measurements",
    "RadiomicsSettings",
    "Region",
    "feature_names",
    "radiomics",
    "radiomics_of_regions",
    "region_of",
]
