"""Studies: what a recipe of the review is worth on a cohort, against stated baselines."""

from cancergan.studies import classification as _classification  # noqa: F401  to register
from cancergan.studies import domain_adaptation as _domain_adaptation  # noqa: F401  to register
from cancergan.studies import hallucination as _hallucination  # noqa: F401
from cancergan.studies import reconstruction as _reconstruction  # noqa: F401
from cancergan.studies import segmentation as _segmentation  # noqa: F401  these fill the registry
from cancergan.studies import synthetic_masks as _synthetic_masks  # noqa: F401
from cancergan.studies import translation as _translation  # noqa: F401
from cancergan.studies import unpaired as _unpaired  # noqa: F401
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.evidence import Evidence, Outcome

__all__ = ["Evidence", "Method", "Outcome", "Study", "StudySettings", "studies"]
