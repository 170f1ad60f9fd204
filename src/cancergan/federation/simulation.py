"""A federation on one machine: in this process, or as processes over the real engine."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.federation.agreement import Agreement
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.coordinator import coordinate
from cancergan.federation.hospital import Hospital
from cancergan.federation.kits import provision
from cancergan.federation.policy import HospitalPolicy, Leaving
from cancergan.federation.processes import bind, hospital_process, run_coordinator
from cancergan.federation.transport import InProcess
from cancergan.training.progress import progress_bar
from cancergan.training.run import Run

Say = Callable[[str], None]


def simulate(
    agreement: Agreement,
    cohorts: Mapping[str, Cohort],
    out: Path | str,
    settings: CoordinatorSettings | None = None,
    *,
    policy: HospitalPolicy | None = None,
    resume: bool = False,
    say: Say = lambda sentence: None,
) -> Run:
    """Play a federated run with all hospitals in this process; repeats exactly.

    Hospitals keep their states and ledgers in ``out/hospitals/NAME``, which in earnest is theirs.

    Raises:
        BadInputError: fewer than two hospitals, or something that the run refuses.
    """
    out = Path(out)
    _check_enough(cohorts)
    allowed = policy or HospitalPolicy(fields=allowed_by_default(agreement))
    hospitals = {
        name: Hospital(name, cohort, allowed, ledger_of(out, name).parent, say=say)
        for name, cohort in cohorts.items()
    }
    transport = InProcess({name: hospital.answer for name, hospital in hospitals.items()})
    with progress_bar(f"{agreement.recipe.name} at {len(cohorts)} hospitals") as progress:
        return coordinate(agreement, transport, out, settings, resume=resume, progress=progress)


def simulate_processes(
    agreement: Agreement,
    cohorts: Mapping[str, Cohort],
    out: Path | str,
    settings: CoordinatorSettings | None = None,
    *,
    policy: HospitalPolicy | None = None,
    resume: bool = False,
    say: Say = lambda sentence: None,
) -> Run:
    """Play a federated run with every hospital in processes of its own, over mutual TLS.

    Kits, cohorts and states lie in ``OUT_federation`` beside the run folder.

    Raises:
        BadInputError: fewer than two hospitals, or something that the run refuses.
    """
    out = Path(out)
    _check_enough(cohorts)
    allowed = policy or HospitalPolicy(fields=allowed_by_default(agreement))
    place = out.with_name(f"{out.name}_federation")
    if not resume:
        provision(place, sorted(cohorts), port=free_port())
    with ExitStack() as stack:
        for name, cohort in cohorts.items():
            if not (place / "cohorts" / name).exists():
                cohort.save(place / "cohorts" / name)
            bind(place / "kits" / name, place / "cohorts" / name, allowed)
            stack.enter_context(hospital_process(place / "kits" / name))
        return run_coordinator(
            place / "kits" / "coordinator",
            agreement,
            out,
            settings or CoordinatorSettings(),
            resume=resume,
            sites=sorted(cohorts),
            say=say,
        )


def ledger_of(out: Path | str, site: str) -> Path:
    """Return where a simulated hospital's ledger is."""
    out = Path(out)
    apart = out.with_name(f"{out.name}_federation") / "kits" / site / "hospital"
    folder = apart if apart.is_dir() else out / "hospitals" / site
    return folder / "ledger.jsonl"


def allowed_by_default(agreement: Agreement) -> tuple[Leaving, ...]:
    """Return the fields that a simulated hospital lets leave: those that the method needs."""
    common: tuple[Leaving, ...] = ("figures", "cases", "epsilon")
    if agreement.method == "asyndgan":
        return ("gradient", "label", "source", *common)
    return ("weights", *common)


def hospitals_of(cohort: Path | None, by: str | None, sites: Sequence[str]) -> dict[str, Cohort]:
    """Return cohorts by hospital: of one cohort divided by a column, or of folders with names.

    Raises:
        BadInputError: neither, or both, or a name without a folder.
    """
    if (cohort is None) == (not sites) or (cohort is None) != (by is None):
        raise BadInputError(
            "give --cohort FOLDER --by COLUMN, or --site NAME=FOLDER for each hospital."
        )
    if cohort is not None and by is not None:
        return divided(Cohort.open(cohort), by)
    named = [site.partition("=") for site in sites]
    for name, equals, _ in named:
        if not equals:
            raise BadInputError(f'--site "{name}": write NAME=FOLDER.')
    return {name: Cohort.open(folder) for name, _, folder in named}


def divided(cohort: Cohort, column: str) -> dict[str, Cohort]:
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
            f"{cohort.origin}: patient {torn.index[0]} is at {int(torn.iloc[0])} hospitals by "
            f"{column}. Divide by a column that keeps patients together."
        )
    values = sorted(table[column].unique(), key=str)
    return {_as_name(value): cohort.select(f"{column} == {value!r}") for value in values}


def classes_of(cohorts: Mapping[str, Cohort]) -> list[str]:
    """Return all classes of all hospitals; a simulation may look, a coordinator may not."""
    return sorted({name for cohort in cohorts.values() for name in cohort.classes})


def window_of(cohorts: Mapping[str, Cohort]) -> str:
    """Return the window of 8-bit images, as the option is written.

    Raises:
        BadInputError: images of other types, whose window has to be agreed.
    """
    header = next(iter(cohorts.values())).header(0)
    if header.dtype != np.uint8:
        raise BadInputError("the images have more than 8 bit: agree on a window with --window.")
    return ",".join(["0:255"] * header.shape[0])


def free_port() -> int:
    """Return a port that is free now, and whose next one is too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("", port + 1))
            except OSError:
                continue
            return port


def _as_name(value: object) -> str:
    name = re.sub(r"\W", "_", str(value))
    return name if name[:1].isalpha() else f"site_{name}"


def _check_enough(cohorts: Mapping[str, Cohort]) -> None:
    if len(cohorts) < 2:
        raise BadInputError(f"{len(cohorts)} hospitals: a federation has at least 2.")
