"""Teachers that share no patient, and the noisy votes by which alone they are heard (PATE).

Source: Papernot et al. 2017 and 2018; for adversarial networks Jordon et al. 2019 (PATE-GAN).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator, torch_generator
from cancergan.privacy.budget import Ledger

Indices = npt.NDArray[np.int64]
_FEWEST = 2  # patients of a teacher


@dataclass(frozen=True)
class Partition:
    """The cases of each teacher; every patient is one teacher's alone."""

    cases: tuple[Indices, ...]

    @classmethod
    def of(cls, patients: Sequence[str], teachers: int, seed: int) -> Partition:
        """Deal patients out to teachers, as evenly as can be.

        Raises:
            BadInputError: fewer than 2 patients for each teacher.
        """
        names, of_case = np.unique(np.asarray(patients, str), return_inverse=True)
        if len(names) < _FEWEST * teachers:
            raise BadInputError(
                f"{len(names)} patients cannot teach {teachers} teachers: each needs {_FEWEST} of "
                "its own. Take fewer teachers (game.teachers), or add patients."
            )
        dealt = numpy_generator(seed, "teachers").permutation(len(names)) % teachers
        parts = tuple(np.flatnonzero(dealt[of_case] == number) for number in range(teachers))
        made = cls(tuple(part.astype(np.int64) for part in parts))
        made.check(patients)
        return made

    def check(self, patients: Sequence[str]) -> None:
        """Refuse parts that share a patient: one patient would change several votes.

        Raises:
            BadInputError: naming the patient.
        """
        teacher: dict[str, int] = {}
        for number, part in enumerate(self.cases):
            for case in part:
                name = str(patients[case])
                if teacher.setdefault(name, number) != number:
                    raise BadInputError(
                        f"patient {name} teaches two teachers, {teacher[name]} and {number}: then "
                        "one patient changes two votes. Deal patients out, not images."
                    )


class Votes:
    """Passes counts of votes on with noise; every count is a query, charged before it is told."""

    def __init__(self, ledger: Ledger, key: int) -> None:
        self.ledger = ledger
        self.key = key

    def __call__(self, counts: Tensor) -> Tensor:
        """Return counts (B,) with noise: one patient changes each by one vote at most."""
        number, budget = self.ledger.charge(counts.numel()), self.ledger.budget
        generator = torch_generator(self.key, "votes", number, device=counts.device)
        if budget.kind == "laplace":  # the difference of two exponential draws
            draws = torch.empty(2, *counts.shape, device=counts.device)
            draws.exponential_(generator=generator)
            return counts + budget.noise * (draws[0] - draws[1])
        noise = torch.randn(counts.shape, generator=generator, device=counts.device)
        return counts + budget.noise * noise


class CountedVotes:
    """Counts the queries of a trial, and tells the same of every ensemble of teachers."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, counts: Tensor) -> Tensor:
        """Return made-up counts that say nothing of the teachers."""
        self.queries += counts.numel()
        return torch.arange(counts.numel(), device=counts.device).view(counts.shape).float() % 3
