"""Send a cohort case by case and fetch series, with an account of what arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cancergan.cohort.pacs.arrivals import Arrivals, check_free
from cancergan.cohort.pacs.errors import PacsError
from cancergan.cohort.pacs.parcels import Parcel
from cancergan.cohort.pacs.server import FoundSeries, Query, Server
from cancergan.core.errors import BadInputError
from cancergan.core.files import whole_folder

Tell = Callable[[str], None]


def push(server: Server, parcels: Sequence[Parcel], *, tell: Tell = lambda line: None) -> int:
    """Send every case and return how many files went; ``tell`` hears a line for each.

    A case that the server refuses does not stop the others; a server that is gone does.

    Raises:
        PacsError: not every case arrived; says which did, and why the first of the others did not.
    """
    arrived: list[str] = []
    refused: dict[str, str] = {}
    for parcel in parcels:
        try:
            failed = server.store(parcel.files)
        except PacsError as error:
            if not arrived and not refused:
                raise
            raise PacsError(f"{error} {_account(arrived, len(parcels))}") from None
        if failed:
            first, reason = next(iter(failed.items()))
            refused[parcel.name] = f"{len(failed)} of {len(parcel.files)} files, {reason}"
            tell(f"{parcel.name}: refused {first.name} ({reason})")
        else:
            arrived.append(parcel.name)
            tell(f"{parcel.name}: {len(parcel.files)} files arrived")
    if refused:
        name, reason = next(iter(refused.items()))
        raise PacsError(
            f'{server.address}: refused {len(refused)} cases, first "{name}" ({reason}). '
            f"{_account(arrived, len(parcels))}"
        )
    return sum(len(parcel.files) for parcel in parcels)


def fetch(
    server: Server, query: Query, folder: str | Path, *, tell: Tell = lambda line: None
) -> list[FoundSeries]:
    """Retrieve the series that match into a new folder that ``Cohort.open`` reads; whole or not.

    Raises:
        BadInputError: the query matches everything or nothing, or the folder holds something.
        PacsError: the server failed, or sent fewer instances than it said it has.
    """
    if query.is_empty:
        raise BadInputError("fetch: would take everything. Name a patient, study or series.")
    folder = Path(folder)
    check_free(folder)
    found = server.search(query)
    if not found:
        raise BadInputError(f"{server.address}: no series matches. Try `cancergan pacs query`.")
    with whole_folder(folder) as partial:
        arrivals = Arrivals(partial)
        for series in found:
            before = len(arrivals)
            server.retrieve(series, arrivals.keep_dataset)
            count = len(arrivals) - before
            if count < max(series.instances, 1):
                raise PacsError(
                    f"{server.address}: sent {count} of {series.instances or 'its'} instances of "
                    f"series {series.series}. Nothing was kept; try again."
                )
            tell(f"{series.series}: {count} instances")
    return found


def _account(arrived: Sequence[str], total: int) -> str:
    if not arrived:
        return f"None of {total} cases arrived."
    shown = ", ".join(arrived[:10]) + (f" and {len(arrived) - 10} more" * (len(arrived) > 10))
    return f"{len(arrived)} of {total} cases arrived: {shown}."
