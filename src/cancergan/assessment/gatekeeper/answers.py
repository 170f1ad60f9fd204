"""What candidate models answer: one probability a case, read from tables and checked."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

import pandas as pd

from cancergan.core.errors import BadInputError


def checked_answers(answers: pd.DataFrame, wanted: Set[str]) -> pd.Series[float]:
    """Return the probability of each case, by its name.

    Raises:
        BadInputError: a case is missing, double or unknown, or an answer is not in [0, 1].
    """
    for column in ("case_id", "probability"):
        if column not in answers:
            raise BadInputError(f'answers: no column "{column}". Give case_id and probability.')
    names = answers["case_id"].astype(str)
    for wrong, what in (
        (names[names.duplicated()], "was answered twice"),
        (names[~names.isin(wanted)], "is not one of this gate"),
        (pd.Series(sorted(wanted - set(names)), dtype=str), "has no answer"),
    ):
        if len(wrong):
            raise BadInputError(f'answers: case "{wrong.iloc[0]}" {what} ({len(wrong)} such).')
    chances = pd.to_numeric(answers["probability"], errors="coerce")
    broken = ~chances.between(0, 1).to_numpy()
    if broken.any():
        raise BadInputError(
            f'answers: case "{names[broken].iloc[0]}": probability is '
            f"{answers['probability'][broken].iloc[0]}, must lie in [0, 1]."
        )
    return pd.Series(chances.to_numpy(dtype=float), index=names.to_numpy())


def read_answers(path: Path) -> pd.DataFrame:
    """Read a model's answers.

    Raises:
        BadInputError: no such file, or no table.
    """
    try:
        return pd.read_csv(path, dtype={"case_id": str})
    except FileNotFoundError:
        raise BadInputError(f"{path}: not found. Check the path.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: is no CSV table ({' '.join(str(error).split())}).") from None


def read_models(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """Read a table of models with known real scores: columns model, real, answers (a CSV file).

    Raises:
        BadInputError: a column or file is missing, a score is none, or a model is there twice.
    """
    table = read_answers(path)
    for column in ("model", "real", "answers"):
        if column not in table:
            raise BadInputError(f'{path}: no column "{column}". It needs model, real and answers.')
    names = table["model"].astype(str)
    if names.duplicated().any():
        raise BadInputError(f'{path}: model "{names[names.duplicated()].iloc[0]}" is there twice.')
    scores = pd.to_numeric(table["real"], errors="coerce")
    for name, score, given in zip(names, scores, table["real"], strict=True):
        if not 0 <= score <= 1:
            raise BadInputError(f'{path}: model "{name}": real is {given}, must lie in [0, 1].')
    answers = {
        name: read_answers(path.parent / str(file))
        for name, file in zip(names, table["answers"], strict=True)
    }
    return answers, dict(zip(names, map(float, scores), strict=True))
