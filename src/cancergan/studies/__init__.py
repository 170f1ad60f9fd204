"""Studies: what a recipe of the review is worth on a cohort, against stated baselines.

Importing this package registers every study; a new one is a file here and a line below.
"""

from cancergan.studies import (  # noqa: F401  these fill the registry
    anomaly,
    asymmetry,
    classification,
    domain_adaptation,
    dose_prediction,
    dose_response,
    fair_encoder,
    hallucination,
    layer_perturbation,
    lesion_infill,
    molecules,
    network_biomarkers,
    obfuscation,
    omics_translation,
    pipeline,
    progression,
    reconstruction,
    robustness,
    segmentation,
    semi_supervised,
    similarity,
    synthetic_ct,
    synthetic_masks,
    table_augmentation,
    tampering,
    translation,
    treatment_effect,
    treatment_response,
    unpaired,
)
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.evidence import Evidence, Outcome

__all__ = ["Evidence", "Method", "Outcome", "Study", "StudySettings", "studies"]
