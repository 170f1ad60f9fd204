"""What a feature is called: here, by the IBSI and by pyradiomics; from ``names.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cancergan.metrics.arrays import Float64


@dataclass(frozen=True)
class Name:
    """One feature's names; empty where the other has no such feature.

    Attributes:
        ibsi: the tag in the IBSI's tables, without the suffix that tells the aggregation.
        pyradiomics: class and name, without the "original" in front.
    """

    ibsi: str
    pyradiomics: str


@cache
def feature_names() -> Mapping[str, Name]:
    """Return the names of every feature that the library knows.

    >>> feature_names()["glcm_contrast"]
    Name(ibsi='cm_contrast', pyradiomics='glcm_Contrast')
    """
    with Path(__file__).with_name("names.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return MappingProxyType({row["feature"]: Name(row["ibsi"], row["pyradiomics"]) for row in rows})


def as_pyradiomics(columns: Mapping[str, Float64], *, dimensions: int) -> dict[str, Float64]:
    """Return the features that pyradiomics has, under its names, kurtosis as it counts it.

    A constant of the library decides which: its first-order class knows neither mode nor gradient.
    """
    known = feature_names()
    renamed = {
        f"original_{_of_dimensions(known[name].pyradiomics, dimensions)}": column
        for name, column in columns.items()
        if known[name].pyradiomics
    }
    if "original_firstorder_Kurtosis" in renamed:
        renamed["original_firstorder_Kurtosis"] = renamed["original_firstorder_Kurtosis"] + 3
    return renamed


def _of_dimensions(name: str, dimensions: int) -> str:
    if dimensions == 3:
        return name
    return name.replace("shape_Maximum3D", "shape_Maximum").replace("shape_", "shape2D_")
