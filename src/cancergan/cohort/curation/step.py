"""What a curation step is: frozen settings and a change of one case, entered by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from cancergan.cohort.case import Case, Float32
from cancergan.cohort.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.registry import Registry

# What becomes of a file's data type: "same" where values are only moved or left out, "rounded"
# where an 8-bit picture stays one and all else becomes float32, "float32" where units change.
Stored = Literal["same", "rounded", "float32"]


class Step(BaseModel, ABC):
    """Settings of a step, and what it does to a case; a case is never changed in place."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    stored: ClassVar[Stored] = "rounded"

    def fitted(self, cohort: Cohort) -> Self:
        """Return the step with what it has to learn from the cohort filled in; most learn nothing.

        Raises:
            BadInputError: the cohort cannot teach it.
        """
        return self

    @abstractmethod
    def apply(self, case: Case) -> Case:
        """Return the changed case; its image is (C, *spatial) in physical units.

        Raises:
            BadInputError: the case cannot be treated; names it and says why.
        """

    def record(self) -> dict[str, Any]:
        """Return name and settings as JSON, for the provenance of the cohort."""
        return {"step": name_of(self), **self.model_dump(mode="json", exclude_none=True)}


steps: Registry[type[Step]] = Registry("curation step")


def name_of(step: Step) -> str:
    """Return the name under which the kind of a step is registered."""
    return next(name for name, kind in steps.items() if kind is type(step))


def image_of(case: Case) -> Float32:
    """Return the image of a case.

    Raises:
        BadInputError: the case has none.
    """
    if case.image is None:
        raise BadInputError(f'case "{case.case_id}": has no image. Curate cohorts with images.')
    return case.image
