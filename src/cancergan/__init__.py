"""Adversarial networks for cancer imaging: real cohort in, synthetic cohort and report out.

>>> import cancergan
>>> run = cancergan.train("cgan", "busi/", "runs/busi")            # doctest: +SKIP
>>> synthetic = cancergan.synthesise(run, 500, "synthetic/busi")   # doctest: +SKIP
>>> report = cancergan.assess(real=test, synthetic=synthetic)      # doctest: +SKIP
>>> cancergan.gate(report).accepted                                # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Where each public name lives. Attributes load on first use, so that `import cancergan` is instant.
_HOMES = {
    "Cohort": "cancergan.cohort",
    "Case": "cancergan.cohort",
    "Estimate": "cancergan.core.estimates",
    "Report": "cancergan.assessment.report",
    "Run": "cancergan.training.run",
    "assess": "cancergan.workflow",
    "compare": "cancergan.workflow",
    "gate": "cancergan.workflow",
    "plan": "cancergan.workflow",
    "release": "cancergan.workflow",
    "synthesise": "cancergan.workflow",
    "train": "cancergan.workflow",
    "check_game": "cancergan.games.contract",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from cancergan.assessment.report import Report as Report
    from cancergan.cohort import Case as Case
    from cancergan.cohort import Cohort as Cohort
    from cancergan.core.estimates import Estimate as Estimate
    from cancergan.games.contract import check_game as check_game
    from cancergan.training.run import Run as Run
    from cancergan.workflow import assess as assess
    from cancergan.workflow import compare as compare
    from cancergan.workflow import gate as gate
    from cancergan.workflow import plan as plan
    from cancergan.workflow import release as release
    from cancergan.workflow import synthesise as synthesise
    from cancergan.workflow import train as train


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    try:
        return import_module(f"cancergan.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"cancergan.{name}":
            raise
        raise AttributeError(f"module 'cancergan' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted(__all__)
