"""The public face: the five verbs, and what else cohorts, runs and recipes can be asked."""

from cancergan.workflow.opening import (
    open_cohort,
)
from cancergan.workflow.questions import (
    anomaly,
    audit,
    audit_hallucination,
    audit_privacy,
    compare_translations,
    film,
    invert,
    neighbours,
)
from cancergan.workflow.splitting import (
    encode_split,
    export_split,
    return_split,
    segment_split,
)
from cancergan.workflow.studies import (
    propose_study,
    run_study,
)
from cancergan.workflow.verbs import (
    assess,
    compare,
    gate,
    plan,
    release,
    synthesise,
    train,
)

__all__ = [
    "anomaly",
    "assess",
    "audit",
    "audit_hallucination",
    "audit_privacy",
    "compare",
    "compare_translations",
    "encode_split",
    "export_split",
    "film",
    "gate",
    "invert",
    "neighbours",
    "open_cohort",
    "plan",
    "propose_study",
    "release",
    "return_split",
    "run_study",
    "segment_split",
    "synthesise",
    "train",
]
