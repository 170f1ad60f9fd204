"""One protocol for each family of metrics; importing this room enters them all."""

from cancergan.assessment.protocols import (
    condition,
    diversity,
    fairness,
    fidelity,
    privacy,
    uncertainty,
    utility,
)
from cancergan.assessment.protocols.registry import PROTOCOLS, Outcome

__all__ = [
    "PROTOCOLS",
    "Outcome",
    "condition",
    "diversity",
    "fairness",
    "fidelity",
    "privacy",
    "uncertainty",
    "utility",
]
