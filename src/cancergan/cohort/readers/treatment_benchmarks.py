"""The two tables on which treatment effects are usually tried: IHDP and Twins, as published.

IHDP (Hill 2011): covariates of real infants, simulated outcomes; ``outcome_0`` and ``outcome_1``
are the expected ones, without noise. Twins (Almond et al. 2005; Yoon et al. 2018): the first year
of both; the treatment is to be the heavier one, ``outcome`` is death within the year. Both outcomes
are known; which one is seen is drawn here, by the covariates, from a fixed seed.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd

from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.tables_on_disk import parse_csv
from cancergan.core.errors import BadInputError
from cancergan.core.seeds import numpy_generator

LAYOUT = "the treatment benchmarks IHDP (ihdp_npci_1.csv) and Twins (Twin_data.csv.gz)"
IHDP = re.compile(r"ihdp_npci_\d+\.csv")
TWINS = "Twin_data.csv.gz"
_IHDP_COLUMNS = ["treatment", "outcome", "unseen_outcome", "outcome_0", "outcome_1"]
_ALIVE = 9999
_LARGEST = 32 * 2**20


def detects(path: Path) -> bool:
    """Say whether the path is one of the two files, by its name, or a folder with Twins."""
    return bool(IHDP.fullmatch(path.name)) or path.name == TWINS or (path / TWINS).is_file()


def read(path: Path) -> Contents:
    """Return the patients (Twins: pairs) with treatment, outcome and both potential outcomes.

    Raises:
        BadInputError: the file is not what its name says.
    """
    if path.is_dir():
        path = path / TWINS
    table = _twins(path) if path.name == TWINS else _ihdp(path)
    names = [f"{path.name.partition('.')[0]}_{row:05d}" for row in range(len(table))]
    table.insert(0, "case_id", names)
    table.insert(1, "patient_id", names)
    return contents_of(table, origin=str(path))


def _ihdp(path: Path) -> pd.DataFrame:
    names = [*_IHDP_COLUMNS, *(f"x{number}" for number in range(1, 26))]
    text = path.read_text(encoding="utf-8")
    table = parse_csv(",".join(names) + "\n" + text, path)
    numbers = all(map(pd.api.types.is_numeric_dtype, table.dtypes))
    if table.shape[1] != len(names) or not numbers or table.isna().any(axis=None):
        raise BadInputError(f"{path}: is not IHDP: expected 30 columns of numbers, no header.")
    return table.drop(columns="unseen_outcome")


def _twins(path: Path) -> pd.DataFrame:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = file.read(_LARGEST).splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: is damaged ({error}). Fetch it again.") from None
    # The file's own header mixes straight and curly quotes around its names.
    names = [re.sub(r"[^A-Za-z0-9_]", "", name) for name in lines[0].split(",")]
    table = parse_csv("\n".join([",".join(names), *lines[1:]]) + "\n", path)
    if table.shape[1] != 32 or names[-2:] != ["outcomet0", "outcomet1"]:
        raise BadInputError(f"{path}: is not Twins: expected 30 covariates and two outcomes.")
    died = (table[names[-2:]].to_numpy() < _ALIVE).astype(np.float64)
    covariates = table.drop(columns=names[-2:])
    treatment = _assigned(covariates.to_numpy(np.float64))
    return covariates.assign(
        treatment=treatment,
        outcome=died[np.arange(len(died)), treatment],
        outcome_0=died[:, 0],
        outcome_1=died[:, 1],
    )


def _assigned(covariates: np.ndarray) -> np.ndarray:
    """Draw who is seen as the heavier twin: sigmoid(w x + n), w uniform in -0.1 to 0.1.

    As Yoon et al. 2018, section 5 describe it (their program draws w in -0.01 to 0.01, unseeded).
    """
    random = numpy_generator(0, "twins")
    rows = (covariates - covariates.mean(0)) / (covariates.std(0) + 1e-9)
    odds = rows @ random.uniform(-0.1, 0.1, rows.shape[1]) + random.normal(0.0, 0.1, len(rows))
    return np.asarray(random.random(len(rows)) < 1.0 / (1.0 + np.exp(-odds)), np.int64)
