"""Which rows of a table a query or a boolean mask picks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.account import Account
from cancergan.cohort.contents import Contents
from cancergan.core.errors import BadInputError, unknown

LESION_PIXELS = "lesion_pixels"


def asks_for_lesions(query: object, table: pd.DataFrame) -> bool:
    """Say whether a query reads the size of lesions, which no column of the table tells."""
    return isinstance(query, str) and LESION_PIXELS in query and LESION_PIXELS not in table


def chosen_rows(
    table: pd.DataFrame,
    query: str | Sequence[bool] | npt.NDArray[np.bool_] | pd.Series[bool],
    *,
    origin: str,
) -> npt.NDArray[np.intp]:
    """Return the positions of the chosen rows.

    Raises:
        BadInputError: an unknown column, a query that is none, or no row chosen.
    """
    mask = matching(table, query)
    positions = np.flatnonzero(mask)
    if not positions.size:
        raise BadInputError(f"{origin}: no case where {query}. Loosen the selection.")
    return positions


def matching(
    table: pd.DataFrame, query: str | Sequence[bool] | npt.NDArray[np.bool_] | pd.Series[bool]
) -> npt.NDArray[np.bool_]:
    """Return which rows a query or mask picks, perhaps none.

    Raises:
        BadInputError: an unknown column, or a query that is none.
    """
    mask = _evaluated(table, query) if isinstance(query, str) else np.asarray(query)
    if mask.dtype != bool or mask.shape != (len(table),):
        raise BadInputError(
            f"select: needs one true or false for each of {len(table)} cases, "
            f"got {mask.dtype} of shape {mask.shape}."
        )
    return mask


def of_modality(contents: Contents, wanted: str | None) -> Contents:
    """Return the rows of one modality; see ``Cohort.of_modality``."""
    table = contents.table
    counts = table["modality"].value_counts() if "modality" in table else pd.Series(dtype="int64")
    in_words = ", ".join(f"{name} ({count} cases)" for name, count in counts.sort_index().items())
    if wanted is None:
        if len(counts) > 1:
            raise BadInputError(
                f"{contents.origin}: holds several modalities: {in_words}. Choose with --modality."
            )
        return contents
    if wanted not in counts:
        raise BadInputError(
            f'{contents.origin}: no case of modality "{wanted}". There is {in_words or "none"}.'
        )
    kept = contents.rows(np.flatnonzero(table["modality"] == wanted))
    account = Account.from_json(contents.provenance.get("account", Account().to_json()))
    others = [
        (f"{count} cases of {name}", f"--modality {wanted}")
        for name, count in counts.sort_index().items()
        if name != wanted
    ]
    account = replace(account, left_out=(*account.left_out, *others))
    return replace(kept, provenance={**contents.provenance, "account": account.to_json()})


def _evaluated(table: pd.DataFrame, query: str) -> npt.NDArray[np.bool_]:
    try:
        # Empty scopes: a query sees the columns and nothing of the program around it.
        result = table.eval(query, local_dict={}, global_dict={})
    except pd.errors.UndefinedVariableError as error:
        name = str(error).split("'")[1]
        raise unknown("column", name, table.columns) from None
    except (SyntaxError, TypeError, ValueError, KeyError, NotImplementedError) as error:
        raise BadInputError(f'select: "{query}" is not a query ({error}).') from None
    return np.asarray(result)
