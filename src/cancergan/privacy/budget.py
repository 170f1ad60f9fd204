"""What a private run may spend, and the ledger that is charged before every step that spends."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cancergan.core.errors import BadInputError, CancerganError
from cancergan.core.files import read_json, write_json
from cancergan.privacy.accounting import Accountant, epsilon, noise_for
from cancergan.privacy.votes import Noise, votes_epsilon, votes_noise_for

UNIT = "patient"


class BudgetSpentError(CancerganError):
    """A step was asked for that the budget does not hold."""


@dataclass(frozen=True)
class Budget:
    """A budget and the plan that keeps it.

    Attributes:
        epsilon, delta: the guarantee for one patient more or less, after ``steps`` charges.
        accountant: "rdp" or "prv".
        noise: standard deviation of the noise, in clipping norms (in votes where teachers vote);
            the scale of Laplace noise.
        sampling_rate: probability with which a patient takes part in a step; 1 for votes.
        steps: how many charges the plan holds: steps that see patients, or votes asked for.
        patients: in training; taken to be public.
        kind: of noise, "normal" or "laplace"; the latter for votes alone, accounted by "rdp".
    """

    epsilon: float
    delta: float
    accountant: Accountant
    noise: float
    sampling_rate: float
    steps: int
    patients: int
    kind: Noise = "normal"

    @classmethod
    def planned(
        cls,
        *,
        epsilon: float,
        delta: float,
        sampling_rate: float,
        steps: int,
        patients: int,
        accountant: Accountant = "rdp",
        kind: Noise = "normal",
    ) -> Budget:
        """Return the budget with the least noise that keeps it.

        Raises:
            BadInputError: epsilon not above 0, delta not below one over the number of patients, or
                a budget that no noise keeps.
        """
        if not 0 < delta < 1 / patients:
            raise BadInputError(
                f"delta is {delta:g}: must be above 0 and below 1/{patients} = {1 / patients:.2g}, "
                f"one over the number of patients, or it would allow to publish one of them whole."
            )
        if kind == "laplace":
            noise = votes_noise_for(epsilon=epsilon, votes=steps, delta=delta)
        else:
            noise = noise_for(
                epsilon=epsilon,
                sampling_rate=sampling_rate,
                steps=steps,
                delta=delta,
                accountant=accountant,
            )
        return cls(epsilon, delta, accountant, noise, sampling_rate, steps, patients, kind)

    def spent(self, steps: int) -> float:
        """Return the epsilon of the first ``steps`` charges."""
        if self.kind == "laplace":
            return votes_epsilon(noise=self.noise, votes=steps, delta=self.delta)
        return epsilon(
            noise=self.noise,
            sampling_rate=self.sampling_rate,
            steps=steps,
            delta=self.delta,
            accountant=self.accountant,
        )


class Ledger:
    """Counts charges against a budget, in a file that is written before the step is taken.

    So a run that is killed and goes on has paid for the steps that it lost, and pays again for
    taking them again: what was seen of them counts. Without a path it only counts.
    """

    def __init__(self, budget: Budget, path: Path | None = None, charged: int = 0) -> None:
        self.budget = budget
        self.path = path
        self.charged = charged
        self.more: dict[str, Any] = {}

    @classmethod
    def open(cls, budget: Budget, path: Path) -> Ledger:
        """Begin a ledger, or go on with the one at ``path``.

        Raises:
            BadInputError: it was begun with another budget.
        """
        if not path.is_file():
            ledger = cls(budget, path)
            ledger.write()
            return ledger
        check_budget(budget, path)
        return cls(budget, path, int(read_json(path)["charged"]))

    @property
    def left(self) -> int:
        """How many charges the budget still holds."""
        return self.budget.steps - self.charged

    @property
    def spent(self) -> float:
        """The epsilon spent so far."""
        return self.budget.spent(self.charged)

    def charge(self, steps: int = 1) -> int:
        """Charge before spending; return the number of the first of these charges, from 0.

        Raises:
            BudgetSpentError: the budget does not hold them.
        """
        if steps > self.left:
            raise BudgetSpentError(
                f"the privacy budget of epsilon {self.budget.epsilon:g} holds {self.left} more "
                f"charges, {steps} were asked for. Nothing more can be learnt from these patients."
            )
        first = self.charged
        self.charged += steps
        self.write()
        return first

    def write(self) -> None:
        """Write the record; without the epsilon spent, which takes long to compute (``close``)."""
        if self.path is not None:
            write_json(self.path, self.record())

    def record(self) -> dict[str, Any]:
        """Return the budget, what was charged, and what was noted besides, as JSON."""
        return {**asdict(self.budget), "unit": UNIT, "charged": self.charged, **self.more}

    def note(self, **more: Any) -> None:
        """Keep further facts in the record."""
        self.more |= more
        self.write()


def check_budget(budget: Budget, path: Path) -> None:
    """Refuse to go on with the ledger at ``path``, if there is one, under another budget.

    Raises:
        BadInputError: naming what was planned otherwise.
    """
    record = read_json(path) if path.is_file() else asdict(budget)
    for key, value in asdict(budget).items():
        if record.get(key, "normal" if key == "kind" else None) != value:  # old ones name no kind
            raise BadInputError(
                f"{path}: {key} was {record.get(key)} and is now {value}. A budget cannot "
                "change once patients were seen: resume with the same, or choose another --out."
            )
