"""Population and prevalence shifts: which patients stay. Nobody is repeated, nobody is cut."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.shifts.settings import Population, Prevalence
from cancergan.core.errors import BadInputError, unknown
from cancergan.core.seeds import numpy_generator

Positions = npt.NDArray[np.intp]
ATTRIBUTES = ("age", "sex", "centre", "scanner")
# How sharply attributes decide: odds to stay grow by exp(SHARPNESS) from lowest to highest rank.
SHARPNESS = 12.0
LEFT_OUT_AT_MOST = 0.8
RARE = 0.1


def of_population(table: pd.DataFrame, shift: Population, *, seed: int, origin: str) -> Positions:
    """Return the rows of the patients that stay, in their order.

    Raises:
        BadInputError: the column is unknown, absent or the same for everybody, or ``towards`` does
            not fit it.
    """
    column = _deciding_column(table, shift.by, origin)
    patients = _patients(table)
    preference = _preference(patients[column], shift.towards, column=column, origin=origin)
    random = numpy_generator(seed, "population", column)
    # Weighted drawing without replacement by exponential races (Efraimidis and Spirakis 2006).
    race = random.exponential(size=len(patients)) * np.exp(-SHARPNESS * preference)
    stays = np.zeros(len(patients), dtype=bool)
    for members in _by_class(patients).values():
        count = round(len(members) * (1 - LEFT_OUT_AT_MOST * shift.strength))
        stays[members[np.argsort(race[members], kind="stable")[: max(1, count)]]] = True
    return _rows_of(table, patients.index[stays])


def of_prevalence(table: pd.DataFrame, shift: Prevalence, *, seed: int, origin: str) -> Positions:
    """Return the rows of the patients that stay, in their order; a patient's class is the main one.

    Raises:
        BadInputError: there are no labels, one class only, or ``towards`` is none of them.
    """
    patients = _patients(table)
    members = {name: who for name, who in _by_class(patients).items() if name is not None}
    if len(members) < 2:
        raise BadInputError(f"{origin}: a shift of prevalence needs labels of two classes or more.")
    wanted = shift.towards or min(members, key=lambda name: (len(members[name]), str(name)))
    if wanted not in members:
        raise unknown("class", wanted, [str(name) for name in members])
    shares = {name: len(who) / len(patients) for name, who in members.items()}
    shares = {name: share * (1 - shift.strength) for name, share in shares.items()}
    shares[wanted] += shift.strength
    total = min(len(who) / shares[name] for name, who in members.items() if shares[name] > 0)
    random = numpy_generator(seed, "prevalence")
    stays = [
        random.permutation(who)[: round(total * shares[name])] for name, who in members.items()
    ]
    return _rows_of(table, patients.index[np.concatenate(stays)])


def main_labels(table: pd.DataFrame) -> pd.Series[str]:
    """Return each patient's most frequent label, the first by name where several are.

    Indexed by patient, in order of first appearance; missing where no case has a label.
    """
    counts = table.groupby(["patient_id", "label"], sort=False).size().reset_index(name="n")
    counts = counts.sort_values(["n", "label"], ascending=[False, True])
    main = counts.drop_duplicates("patient_id").set_index("patient_id")["label"]
    return main.reindex(table["patient_id"].unique())


def _patients(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a patient, in order of first appearance, with the first values known."""
    first = table.groupby("patient_id", sort=False).first()
    return first.assign(label=main_labels(table)) if "label" in table else first


def _rows_of(table: pd.DataFrame, patients: pd.Index[str]) -> Positions:
    return np.flatnonzero(table["patient_id"].isin(patients).to_numpy())


def _by_class(patients: pd.DataFrame) -> dict[str | None, Positions]:
    """Return the positions of each class's patients; None holds those without a label."""
    if "label" not in patients:
        return {None: np.arange(len(patients))}
    labels = patients["label"]
    groups: dict[str | None, Positions] = {
        str(name): np.flatnonzero((labels == name).to_numpy())
        for name in sorted(labels.dropna().unique())
    }
    unlabelled = np.flatnonzero(labels.isna().to_numpy())
    return groups | ({None: unlabelled} if len(unlabelled) else {})


def _deciding_column(table: pd.DataFrame, by: str | None, origin: str) -> str:
    if by is not None and by not in table:
        raise unknown("column", by, table.columns)
    wanted = ATTRIBUTES if by is None else (by,)
    for column in wanted:
        if column in table and table[column].nunique() > 1:
            return column
    raise BadInputError(
        f"{origin}: no column to choose patients by ({', '.join(wanted)}: absent, or equal for "
        "all). Name one: Population(strength, by=...)."
    )


def _preference(
    values: pd.Series[float], towards: str | None, *, column: str, origin: str
) -> npt.NDArray[np.float64]:
    """Return in [0, 1] how much each patient is preferred; a missing value stands in the middle."""
    if pd.api.types.is_numeric_dtype(values):
        if towards not in (None, "higher", "lower"):
            raise unknown(f"direction of {column}", towards, ("higher", "lower"))
        ranks = values.rank(pct=True).fillna(0.5).to_numpy(dtype=np.float64)
        return np.asarray(1 - ranks if towards == "lower" else ranks)
    names = values.astype(str)
    shares = names[values.notna()].value_counts(normalize=True).sort_index()
    common = shares[shares >= RARE]
    wanted = towards or str(common.idxmin() if len(common) else shares.idxmax())
    if wanted not in shares:
        raise BadInputError(f"{origin}: {unknown(f'value of {column}', wanted, shares.index)}")
    return np.asarray(np.where(values.isna(), 0.5, names == wanted), dtype=np.float64)
