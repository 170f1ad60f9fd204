"""The table of protocols: one family of metrics, one function, one file."""

from __future__ import annotations

from collections.abc import Callable

from cancergan.assessment.context import Context
from cancergan.assessment.findings import Skipped
from cancergan.core.estimates import Estimate
from cancergan.core.registry import Registry

Outcome = list[Estimate | Skipped]
Protocol = Callable[[Context], Outcome]

PROTOCOLS: Registry[Protocol] = Registry("family of metrics")

NO_CLASSES = "Needs a label column with two classes or more in the real and synthetic cohorts."
NO_TRAINING = "Needs the cohort that the generator was trained on: give it as training."
