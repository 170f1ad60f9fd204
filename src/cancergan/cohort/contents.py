"""What a cohort holds: its table, where the pixels of each row come from, and its history.

Readers return it, writers take it, and ``Cohort`` is the face that users see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort.lazy import LazySources
from cancergan.cohort.pixels import Header, Pixels, Source
from cancergan.cohort.table import as_name, classes_of, complete_table
from cancergan.core.errors import BadInputError

LOOKED_AT = 16


@dataclass(frozen=True, eq=False)
class Contents:
    """A validated table with a source of pixels per row.

    Attributes:
        table: one row a case; its index counts the rows of ``origin`` from 1.
        sources: one per row, or empty for a cohort without images.
        classes: names of all classes, also of those that a selection has lost, in order of code.
        unit_is_known: whether ``patient_id`` says more than ``case_id``.
        origin: the file or folder to name where a row is at fault.
        provenance: where the cohort comes from, as JSON.
    """

    table: pd.DataFrame
    sources: Sequence[Source] = ()
    classes: tuple[str, ...] = ()
    unit_is_known: bool = False
    origin: str = "table"
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def case_ids(self) -> list[str]:
        """The case ids in the order of the rows."""
        return [str(name) for name in self.table["case_id"]]

    def header(self, index: int) -> Header:
        """Return shape and data type of a case's image."""
        return self.source(index).header()

    def pixels(self, index: int) -> Pixels:
        """Return the arrays of a case in their own data type."""
        return self.source(index).pixels()

    @cached_property
    def has_masks(self) -> bool:
        """Whether any of 16 cases spread over the cohort has a mask; reads them."""
        looked_at = np.unique(np.linspace(0, len(self) - 1, LOOKED_AT).astype(int))
        return bool(self.sources) and any(
            self.pixels(int(index)).mask is not None for index in looked_at
        )

    def rows(self, positions: npt.NDArray[np.intp]) -> Contents:
        """Return the chosen rows, in the given order."""
        sources = self.sources
        if isinstance(sources, LazySources):
            sources = sources.take(positions)
        elif sources:
            sources = tuple(sources[i] for i in positions)
        return replace(self, table=self.table.iloc[positions], sources=sources)

    def row(self, index: int) -> dict[str, Any]:
        """Return one row of the table; column by column, for a row of pandas' own is slow."""
        return {name: values[index] for name, values in self._values.items()}

    @cached_property
    def _values(self) -> dict[str, Any]:
        return {str(name): self.table[name].array for name in self.table.columns}

    def source(self, index: int) -> Source:
        """Return where the pixels of a case come from."""
        if not self.sources:
            raise BadInputError(
                f"{self.origin}: is a table without images. Add a column `image` with their paths."
            )
        return self.sources[index]


def contents_of(
    table: pd.DataFrame,
    sources: Sequence[Source] = (),
    *,
    origin: str,
    classes: Sequence[object] | None = None,
    unit_is_known: bool | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Contents:
    """Check a table and its sources and put them together.

    ``classes`` and ``unit_is_known`` follow from the table where they are None.

    Raises:
        BadInputError: no row, a case id missing or there twice, or a label outside ``classes``.
    """
    table, patients_known = complete_table(table, origin=origin)
    found = classes_of(table)
    names = found if classes is None else tuple(str(as_name(name)) for name in classes)
    if strange := sorted(set(found) - set(names)):
        raise BadInputError(f'{origin}: label "{strange[0]}" is not among the classes {names}.')
    return Contents(
        table=table,
        sources=sources if isinstance(sources, LazySources) else tuple(sources),
        classes=names,
        unit_is_known=patients_known if unit_is_known is None else unit_is_known,
        origin=origin,
        provenance=dict(provenance or {}),
    )
