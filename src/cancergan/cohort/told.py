"""What is known of a patient beside images, as maps of one value each that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cancergan.cohort.attributes import Attribute, encoded, window_of
from cancergan.cohort.case import Float32
from cancergan.cohort.cohort import Cohort
from cancergan.cohort.pixels import Header, Pixels, Source

TOLD = "told"


@dataclass(frozen=True)
class ToldSource:
    """The pixels of a case with ``told``, (K, *spatial): in each channel one number everywhere."""

    case: Source
    values: Float32

    def header(self) -> Header:
        """Return shape and data type of the image."""
        return self.case.header()

    def pixels(self) -> Pixels:
        """Return the arrays of the case, ``told`` among them."""
        own = self.case.pixels()
        spatial = own.image.shape[1:]
        column = self.values.reshape(-1, *(1,) * len(spatial))
        told = np.broadcast_to(column, (len(self.values), *spatial)).copy()
        return replace(own, arrays={**own.arrays, TOLD: told})


def with_told(cohort: Cohort, attributes: Sequence[Attribute]) -> Cohort:
    """Return the cohort with an array ``told`` of columns of its table, -1 to 1 by their range.

    ``attributes`` are measured (``measured_attributes``) on the training cases: a number is one
    channel, each category another. A network that is all convolutions so hears of them everywhere.

    Raises:
        BadInputError: a column or value is missing, or a category that was not there in training.
    """
    rows = encoded(cohort.table, attributes, origin=cohort.origin)
    window = window_of(attributes)
    sources = tuple(
        ToldSource(source, window.to_network(row))
        for source, row in zip(cohort.contents.sources, rows, strict=True)
    )
    return Cohort(replace(cohort.contents, sources=sources))
