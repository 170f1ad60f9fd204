"""A federation in one process: for tests, teaching, and a look before the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.federation.agreement import Agreement
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.coordinator import coordinate
from cancergan.federation.hospital import Hospital
from cancergan.federation.policy import HospitalPolicy, Leaving
from cancergan.federation.transport import InProcess
from cancergan.training.progress import progress_bar
from cancergan.training.run import Run


def simulate(
    agreement: Agreement,
    cohorts: Mapping[str, Cohort],
    out: Path,
    settings: CoordinatorSettings | None = None,
    *,
    policies: Mapping[str, HospitalPolicy] | None = None,
    resume: bool = False,
    say: Callable[[str], None] = lambda sentence: None,
) -> Run:
    """Play a federated run with all hospitals in this process; repeats exactly.

    Hospitals keep their states and ledgers in ``out/hospitals/NAME``, which in earnest is theirs.

    Raises:
        BadInputError: fewer than two hospitals, or something that the run refuses.
    """
    if len(cohorts) < 2:
        raise BadInputError(f"{len(cohorts)} hospitals: a federation has at least 2.")
    hospitals = {
        name: Hospital(
            name,
            cohort,
            (policies or {}).get(name, HospitalPolicy(fields=allowed_by_default(agreement))),
            out / "hospitals" / name,
            say=say,
        )
        for name, cohort in cohorts.items()
    }
    transport = InProcess({name: hospital.answer for name, hospital in hospitals.items()})
    with progress_bar(f"{agreement.recipe.name} at {len(cohorts)} hospitals") as progress:
        return coordinate(agreement, transport, out, settings, resume=resume, progress=progress)


def allowed_by_default(agreement: Agreement) -> tuple[Leaving, ...]:
    """Return the fields that a simulated hospital lets leave: those that the method needs."""
    common: tuple[Leaving, ...] = ("figures", "cases", "epsilon")
    if agreement.method == "asyndgan":
        return ("gradient", "label", "source", *common)
    return ("weights", *common)


def split_by(cohort: Cohort, column: str) -> dict[str, Cohort]:
    """Return one cohort for each value of a column: each stands for a hospital.

    Raises:
        BadInputError: there is no such column, or a patient is at two hospitals.
    """
    cohort.require(column)
    table = cohort.table
    places = table.groupby("patient_id")[column].nunique()
    torn = places[places > 1]
    if len(torn):
        raise BadInputError(
            f"{cohort.origin}: patient {torn.index[0]} is at {int(torn.iloc[0])} values of "
            f"{column}. Split by a column that keeps patients together."
        )
    names = sorted(str(value) for value in table[column].unique())
    return {name: cohort.select(f"`{column}`.astype('str') == {name!r}") for name in names}
