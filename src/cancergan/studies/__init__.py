"""Studies: what a recipe of the review is worth on a cohort, against stated baselines."""

from cancergan.studies import fair_encoder as _fair_encoder  # noqa: F401  fills the registry
from cancergan.studies import obfuscation as _obfuscation  # noqa: F401
from cancergan.studies import robustness as _robustness  # noqa: F401
from cancergan.studies import translation as _translation  # noqa: F401
from cancergan.studies.base import Method, Study, StudySettings, studies
from cancergan.studies.evidence import Evidence, Outcome

__all__ = ["Evidence", "Method", "Outcome", "Study", "StudySettings", "studies"]
