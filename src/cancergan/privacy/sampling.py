"""Which patients take part in a private step: each by its own coin, as the accountants assume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.core.errors import BadInputError

Indices = npt.NDArray[np.int64]
FEWEST_PATIENTS = 4


@dataclass(frozen=True)
class PatientLots:
    """Poisson-sampled lots of patients, each shown by one of its cases, drawn anew every time.

    One case a patient keeps what a patient contributes to one gradient, whether there are three
    images of it or three hundred.

    Attributes:
        cases: the case numbers of each patient.
        rate: the probability in (0, 1] with which a patient takes part.
    """

    cases: tuple[Indices, ...]
    rate: float

    @classmethod
    def of(cls, patients: Sequence[str], expected_lot: float) -> PatientLots:
        """Return lots of ``expected_lot`` patients on average, from the patient of every case.

        Raises:
            BadInputError: fewer than 4 patients, or fewer than the lot expects.
        """
        names, of_case = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
        if len(names) < max(FEWEST_PATIENTS, expected_lot):
            raise BadInputError(
                f"{len(names)} patients are too few for lots of {expected_lot:g}: lower "
                f"training.batch_size, or add patients (at least {FEWEST_PATIENTS})."
            )
        order = np.argsort(of_case, kind="stable").astype(np.int64)
        ends = np.cumsum(np.bincount(of_case))[:-1]
        return cls(tuple(np.split(order, ends)), expected_lot / len(names))

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return len(self.cases)

    @property
    def expected(self) -> float:
        """How many patients are in a lot on average."""
        return self.rate * self.patients

    def draw(self, generator: np.random.Generator) -> Indices:
        """Return one case of each patient drawn, (B,); B differs from lot to lot and may be 0.

        ``generator`` must be secret: the guarantee rests on nobody knowing who took part.
        """
        taking_part = np.flatnonzero(generator.random(self.patients) < self.rate)
        chosen = [generator.choice(self.cases[patient]) for patient in taking_part]
        return np.array(chosen, np.int64)
