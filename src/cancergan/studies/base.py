"""What a study is: how one kind of recipe is compared with its baselines on held-out patients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from cancergan.core.registry import Registry

if TYPE_CHECKING:
    from cancergan.recipes.schema import Recipe
    from cancergan.studies.bench import Bench
    from cancergan.studies.evidence import Evidence


class StudySettings(BaseModel):
    """Base of a study's settings: frozen, and unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Chosen = TypeVar("Chosen", bound=StudySettings)


@dataclass(frozen=True)
class Method:
    """One competitor of a study.

    Attributes:
        name: as it stands in the table.
        words: one sentence that says what it does.
        baseline: whether the others have to be better than it.
        trainings: how many networks it trains for one seed, for the dry run.
    """

    name: str
    words: str
    baseline: bool = False
    trainings: int = 1


class Study(ABC, Generic[Chosen]):
    """How a recipe is shown to work, or not to: methods, baselines, figures of held-out patients.

    A concrete study is one file: its settings (``schema``), its methods, what it runs, and one
    ``@studies.register(name)`` line. It returns the figures of every test case; intervals,
    differences, tables and pages are made in one place (``evidence.py``, ``page.py``).
    """

    schema: ClassVar[type[StudySettings]]

    def __init__(self, settings: Chosen) -> None:
        self.settings = settings

    def requires(self, recipe: Recipe) -> tuple[str, ...]:
        """Return the cohort's columns that the study reads beside those of the recipe's game."""
        return ()

    def makes(self) -> tuple[str, ...]:
        """Return the arrays that the recipe reads and the study makes of the cohort's others."""
        return ()

    @abstractmethod
    def methods(self, recipe: Recipe) -> tuple[Method, ...]:
        """Return the competitors, baselines among them, in the order of the table."""

    @abstractmethod
    def run(self, bench: Bench) -> Evidence:
        """Train what is to be compared, measure it on ``bench.test``, and return the figures."""


studies: Registry[type[Study]] = Registry("study")  # type: ignore[type-arg]
