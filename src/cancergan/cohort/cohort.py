"""A cohort: a table with one row a case, and the images found through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cancergan.cohort import readers, writers
from cancergan.cohort.account import Account
from cancergan.cohort.arrays import sources_of_arrays
from cancergan.cohort.arrays_on_demand import float32_view
from cancergan.cohort.case import Case
from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.edits import told_edits, with_marks
from cancergan.cohort.fingerprints import (
    case_fingerprint,
    cohort_fingerprint,
    row_fingerprint,
)
from cancergan.cohort.pixels import AnyArray, Header, Pixels, Source
from cancergan.cohort.selection import (
    LESION_PIXELS,
    asks_for_lesions,
    chosen_rows,
    matching,
    of_modality,
)
from cancergan.cohort.splitting import split_positions
from cancergan.cohort.table import ARRAY_COLUMNS, PATH_COLUMNS, array_columns, rows_in_words
from cancergan.core.errors import BadInputError, unknown

if TYPE_CHECKING:
    from cancergan.cohort.curation.step import Step
    from cancergan.cohort.shifts.settings import (
        Acquisition,
        Annotation,
        Manifestation,
        Population,
        Prevalence,
    )


class Cohort:
    """Real or synthetic cases, all of one kind: ``Cohort.open(path)`` or ``Cohort.from_arrays``.

    Opening reads tables and headers; pixels are read when a case is asked for. A cohort never
    changes: ``select``, ``split`` and ``with_column`` return others.

    >>> cohort = Cohort.from_arrays(np.zeros((3, 1, 8, 8)), pd.DataFrame({"label": [0, 1, 1]}))
    >>> len(cohort), cohort.classes, cohort[2].image.shape
    (3, ('0', '1'), (1, 8, 8))
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    @classmethod
    def open(cls, path: str | Path) -> Cohort:
        """Open a folder, table or file in any layout that a reader knows.

        Raises:
            BadInputError: there is nothing, nothing known, or something broken at ``path``.
        """
        return cls(with_marks(readers.read(Path(path))))

    @classmethod
    def from_arrays(
        cls,
        images: AnyArray | Sequence[AnyArray] | None,
        table: pd.DataFrame | None = None,
        *,
        masks: AnyArray | Sequence[AnyArray | None] | None = None,
        arrays: Mapping[str, AnyArray | Sequence[AnyArray | None]] | None = None,
        spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
        affine: npt.ArrayLike | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> Cohort:
        """Make a cohort of arrays in memory.

        Args:
            images: (n, C, *spatial), or n arrays of (C, *spatial); None for a table alone.
            table: n rows; ``case_id`` is made up where absent.
            masks: (n, *spatial) or n arrays of (*spatial) or None; whole numbers.
            arrays: further arrays by column name ("dose"), each like ``images``.
            spacing: millimetres per spatial axis, once for all or for each case.
            affine: (4, 4) for all, or (n, 4, 4).
            provenance: where the cohort comes from, as JSON.

        Raises:
            BadInputError: numbers of rows and arrays differ, or a shape does not fit.
        """
        if images is None and table is None:
            raise BadInputError("from_arrays: neither images nor a table. Give at least one.")
        sources = sources_of_arrays(
            images, masks=masks, arrays=arrays or {}, spacing=spacing, affine=affine
        )
        rows = pd.DataFrame(index=range(len(sources))) if table is None else table
        if images is not None and len(rows) != len(sources):
            raise BadInputError(
                f"from_arrays: {len(sources)} images but {len(rows)} rows. Give one row an image."
            )
        return cls(contents_of(rows, sources, origin="table", provenance=provenance))

    @staticmethod
    def concatenate(cohorts: Sequence[Cohort]) -> Cohort:
        """Put cohorts one after another; their provenances are kept as ``parts``.

        Raises:
            BadInputError: no cohort, a case id that two of them have, or only some have images.
        """
        parts = [cohort._contents for cohort in cohorts]
        if not parts:
            raise BadInputError("concatenate: no cohort given. Give at least one.")
        if len({bool(part.sources) for part in parts}) > 1:
            raise BadInputError("concatenate: some cohorts have images and some have none.")
        return Cohort(
            contents_of(
                pd.concat([part.table for part in parts], ignore_index=True),
                [source for part in parts for source in part.sources],
                origin="concatenated cohorts",
                classes=list(dict.fromkeys(name for part in parts for name in part.classes)),
                unit_is_known=all(part.unit_is_known for part in parts),
                provenance={"parts": [dict(part.provenance) for part in parts]},
            )
        )

    def save(self, path: str | Path, format: str = "native") -> None:  # noqa: A002
        """Write the cohort whole or not at all, as native, png, npz, nifti or dicom.

        Raises:
            BadInputError: an unknown format, pixels that it cannot hold, or ``path`` is taken.
        """
        writers.write(self._contents, Path(path), format)

    @property
    def contents(self) -> Contents:
        """What the cohort holds, for code that makes cohorts of cohorts."""
        return self._contents

    @property
    def table(self) -> pd.DataFrame:
        """One row a case, with at least ``case_id`` and ``patient_id``; yours to change."""
        return self._contents.table.reset_index(drop=True)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their codes; selections keep all of them."""
        return self._contents.classes

    @property
    def unit_is_known(self) -> bool:
        """Whether ``patient_id`` names patients, rather than repeating ``case_id``."""
        return self._contents.unit_is_known

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the cohort comes from; of a synthetic one its run, recipe, seed, preparation."""
        return dict(self._contents.provenance)

    @property
    def account(self) -> Account | None:
        """What was taken from a folder of mixed files and what not; None where nobody counted."""
        kept = self._contents.provenance.get("account")
        return None if kept is None else Account.from_json(kept)

    @property
    def origin(self) -> str:
        """The file or folder that messages name."""
        return self._contents.origin

    @property
    def has_images(self) -> bool:
        """Whether there are images, rather than a table alone."""
        return bool(self._contents.sources)

    @property
    def has_masks(self) -> bool:
        """Whether any of 16 cases spread over the cohort has a mask; reads them."""
        return self._contents.has_masks

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of table and pixels, whatever the folder or file format."""
        return cohort_fingerprint(self._contents.table, iter(self))

    def __len__(self) -> int:
        return len(self._contents)

    def __iter__(self) -> Iterator[Case]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Case:
        """Return one case, reading its pixels now; negative indices count from the end."""
        position = range(len(self))[index]
        row = self._contents.row(position)
        hidden = ("case_id", *PATH_COLUMNS)
        attributes = {str(name): value for name, value in row.items() if name not in hidden}
        if not self.has_images:
            return Case(str(row["case_id"]), None, attributes=attributes)
        pixels = self.pixels(position)
        return Case(
            case_id=str(row["case_id"]),
            image=pixels.image.astype(np.float32, copy=False),
            mask=None if pixels.mask is None else pixels.mask.astype(np.int32, copy=False),
            attributes={k: v for k, v in attributes.items() if k not in pixels.arrays},
            spacing=pixels.spacing,
            affine=pixels.affine,
            arrays=float32_view(pixels.arrays) if pixels.arrays else {},
        )

    def __repr__(self) -> str:
        classes = f", classes {', '.join(self.classes)}" if self.classes else ""
        return f"Cohort({self.origin}: {len(self)} cases{classes})"

    def source(self, index: int) -> Source:
        """Return where the pixels of a case come from."""
        return self._contents.source(index)

    def header(self, index: int) -> Header:
        """Return shape (C, *spatial) and stored data type of an image without reading it."""
        return self._contents.header(index)

    def pixels(self, index: int) -> Pixels:
        """Return the arrays of a case in their stored data type."""
        return self._contents.pixels(index)

    def select(
        self, query: str | Sequence[bool] | npt.NDArray[np.bool_] | pd.Series[bool]
    ) -> Cohort:
        """Return the cases that a query ("age > 50 and label == 'benign'") or mask picks.

        A query may ask for ``lesion_pixels``, the pixels inside a case's mask, without a column of
        that name: masks are then read and counted.

        Raises:
            BadInputError: an unknown column, a query that is none, or no case left.
        """
        rows = chosen_rows(self._queried(query), query, origin=self.origin)
        return Cohort(self._contents.rows(rows))

    def matches(self, query: str) -> npt.NDArray[np.bool_]:
        """Return which cases a query picks, (n,), as ``select`` would; perhaps none.

        Raises:
            BadInputError: an unknown column, or a query that is none.
        """
        return matching(self._queried(query), query)

    def _queried(self, query: object) -> pd.DataFrame:
        table = self.table
        if asks_for_lesions(query, table) and self.has_masks:
            masks = [self.pixels(index).mask for index in range(len(self))]
            table[LESION_PIXELS] = [0 if mask is None else np.count_nonzero(mask) for mask in masks]
        return table

    def of_modality(self, wanted: str | None = None) -> Cohort:
        """Return the cases of one modality ("CT"); without ``wanted``, refuse a mixture.

        The account says how many cases of which other modalities were left out.

        Raises:
            BadInputError: no such case, or several modalities and none is wanted.
        """
        return Cohort(of_modality(self._contents, wanted))

    def split(
        self,
        parts: Mapping[str, float],
        by: str = "patient_id",
        seed: int = 0,
        order: str = "random",
    ) -> dict[str, Cohort]:
        """Cut into disjoint parts that hold all cases, patients whole, labels as even as may be.

        ``order="contiguous"`` keeps the units in the order of ``by`` within each label: for data
        whose neighbours are near-duplicates.

        Raises:
            BadInputError: the fractions do not add up to 1, an unknown column, or too few units.
        """
        positions = split_positions(
            self._contents.table, parts, by=by, seed=seed, order=order, origin=self.origin
        )
        return {name: Cohort(self._contents.rows(rows)) for name, rows in positions.items()}

    def with_column(self, name: str, values: Sequence[object] | npt.NDArray[Any]) -> Cohort:
        """Return the cohort with a column added or replaced, one value a case.

        Raises:
            BadInputError: the number of values differs from the number of cases.
        """
        held = self._contents
        if len(values) != len(self):
            raise BadInputError(f'column "{name}": {len(values)} values for {len(self)} cases.')
        changed = contents_of(
            self.table.assign(**{name: list(values)}),
            held.sources,
            origin=held.origin,
            classes=None if name == "label" else held.classes,
            unit_is_known=held.unit_is_known or name == "patient_id",
            provenance=held.provenance,
        )
        changed.table.index = held.table.index
        return Cohort(changed)

    def shifted(
        self,
        *,
        population: float | Population = 0.0,
        prevalence: float | Prevalence = 0.0,
        manifestation: float | Manifestation = 0.0,
        acquisition: float | Acquisition = 0.0,
        annotation: float | Annotation = 0.0,
        seed: int = 0,
    ) -> Cohort:
        """Return the cohort under the five dataset shifts (see ``cohort.shifts``).

        Each is a strength in [0, 1], or settings of ``cohort.shifts`` that name a mechanism too; 0
        changes nothing. Tables change now, pixels when they are read; units and geometry stay.

        Raises:
            BadInputError: a strength outside [0, 1], or the cohort lacks what a shift needs.
        """
        from cancergan.cohort.shifts import shifted_contents

        strengths = {
            "population": population,
            "prevalence": prevalence,
            "manifestation": manifestation,
            "acquisition": acquisition,
            "annotation": annotation,
        }
        return Cohort(shifted_contents(self._contents, strengths, seed=seed))

    def with_provenance(self, **entries: Any) -> Cohort:
        """Return the cohort with entries of its provenance, as JSON, added or replaced.

        Raises:
            BadInputError: the entry that says of images that they are edited would change.
        """
        if told_edits(self.provenance) - told_edits({**self.provenance, **entries}):
            raise BadInputError(
                f"{self.origin}: the provenance says which images are edited; an edited image "
                "keeps that. Leave the entry as it is."
            )
        return Cohort(replace(self._contents, provenance={**self.provenance, **entries}))

    def curated(self, steps: Sequence[Step | str | Mapping[str, Any]]) -> Cohort:
        """Return the cohort after curation steps, which its provenance lists.

        A step is an object (``Resample(spacing=(1, 1, 1))``), text ("resample:spacing=1,1,1") or a
        mapping ({"resample": {"spacing": [1, 1, 1]}}). Cases change when they are read.

        Raises:
            BadInputError: an unknown step or setting, a table without images, or a reference that
                cannot be learnt.
        """
        from cancergan.cohort.curation.curated import curated_contents

        return Cohort(curated_contents(self._contents, steps))

    def require(self, *columns: str) -> None:
        """Check that every case has a value in the columns, or an array of that name.

        Raises:
            BadInputError: names the column, the file and the rows that lack it.
        """
        for column in columns:
            if column == "image" and self.has_images:
                continue
            if column in ("mask", *ARRAY_COLUMNS) and self._holds_arrays(column):
                self._require_arrays(column)
                continue
            self._require_values(column)

    def _require_values(self, column: str) -> None:
        table = self._contents.table
        if column not in table:
            raise BadInputError(
                f"{self.origin}: has no {column}. {unknown('column', column, table.columns)}"
            )
        empty = table[table[column].isna()]
        if len(empty):
            rows, cases = [int(row) for row in empty.index], ", ".join(empty["case_id"].iloc[:3])
            raise BadInputError(
                f"{self.origin}, {rows_in_words(rows)}: no {column} (case {cases}). "
                "Fill it in or remove the row."
            )

    def _holds_arrays(self, column: str) -> bool:
        """Say whether a column stands for arrays, rather than for words of the same name."""
        table = self._contents.table
        return self.has_images and (
            column == "mask" or column not in table or column in array_columns(table)
        )

    def _require_arrays(self, column: str) -> None:
        for index, case_id in enumerate(self._contents.case_ids):
            pixels = self.pixels(index)
            there = pixels.mask is not None if column == "mask" else column in pixels.arrays
            if not there:
                raise BadInputError(f'{self.origin}: case "{case_id}" has no {column}. Add one.')


def check_disjoint(cohorts: Mapping[str, Cohort], by: str = "patient_id") -> None:
    """Check that no unit is in two cohorts.

    Where a cohort's patients are unknown, an equal case id alone proves nothing (every folder has
    its 001.png): there, cases count as the same only if their pixels are equal too.

    Raises:
        BadInputError: names the number of shared units and up to three of them.
    """
    names = list(cohorts)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            shared = _shared_units(cohorts[first], cohorts[second], by)
            if shared:
                raise BadInputError(_overlap_in_words(shared, first, second, by))


def _shared_units(first: Cohort, second: Cohort, by: str) -> list[str]:
    for cohort in (first, second):
        cohort.require(by)
    shared = sorted(set(first.table[by].astype(str)) & set(second.table[by].astype(str)))
    guessed = by == "patient_id" and not (first.unit_is_known and second.unit_is_known)
    if not guessed:
        return shared
    return [unit for unit in shared if _digests(first, unit) & _digests(second, unit)]


def _digests(cohort: Cohort, patient: str) -> set[str]:
    rows = np.flatnonzero((cohort.table["patient_id"] == patient).to_numpy())
    identify = case_fingerprint if cohort.has_images else row_fingerprint
    return {identify(cohort[int(row)]) for row in rows}


def _overlap_in_words(shared: list[str], first: str, second: str, by: str) -> str:
    noun = "patient" if by == "patient_id" else f"value of {by}"
    plural = f"{noun}s are" if by == "patient_id" else f"values of {by} are"
    count = f"1 {noun} is" if len(shared) == 1 else f"{len(shared)} {plural}"
    return (
        f"{count} in both {first} and {second} ({', '.join(shared[:3])}). "
        "Split by patient_id, or name the unit with --by."
    )
