"""OpenKBP patients: a folder of sparse CSV files each (ct, dose, structures), or an .npz each.

Source: Babier et al. 2021, Medical Physics 48:5549. Arrays are (128, 128, 128) in the order of the
files; where they lie in the patient is not known.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cancergan.cohort.arrays_on_demand import ArraysOnDemand
from cancergan.cohort.contents import Contents, contents_of
from cancergan.cohort.folders import refuse_links_out
from cancergan.cohort.npz import member_header, member_names
from cancergan.cohort.pixels import AnyArray, Header, Pixels, narrow
from cancergan.cohort.readers.open_kbp_patients import SHAPE, CsvPatient, NpzPatient, Patient
from cancergan.cohort.structures import channels, label_map

LAYOUT = "OpenKBP patients (folders of ct.csv, dose.csv, ..., or .npz with ct, dose, structures)"
# Where dose may be: a region beside the structures, and larger than all of them.
_REGION = "possible_dose_mask"
_PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class OpenKbpSource:
    """One patient; ``codes`` numbers the structures of the whole cohort from 1."""

    patient: Patient
    shape: tuple[int, ...]
    codes: Mapping[str, int] = field(default_factory=dict)

    def header(self) -> Header:
        """Return shape and spacing; CT numbers are kept in 16 bit."""
        return Header((1, *self.shape), np.dtype(np.int16), self.patient.spacing())

    def pixels(self) -> Pixels:
        """Return the CT, the structures as a mask, and on demand the further arrays."""
        makers: dict[str, Callable[[], AnyArray]] = {
            "dose": lambda: self.patient.dose()[None],
            "structures": partial(self._painted, channels),
        }
        if _REGION in self.patient.names:
            makers["region"] = lambda: dict(self.patient.drawn())[_REGION][None].astype(np.uint8)
        return Pixels(
            narrow(self.patient.ct()[None]),
            self._painted(label_map),
            self.patient.spacing(),
            arrays=ArraysOnDemand(makers),
        )

    def _painted(self, paint: Callable[..., AnyArray]) -> AnyArray:
        drawn = (
            (self.codes[name], inside)
            for name, inside in self.patient.drawn()
            if name in self.codes
        )
        return paint(drawn, self.shape, len(self.codes))


def detects(path: Path) -> bool:
    """Say whether the path is a patient, or a folder of patients."""
    return bool(_patients(path))


def read(path: Path) -> Contents:
    """Return a case for each patient; ``provenance["structures"]`` names the mask's numbers.

    Raises:
        BadInputError: a file is missing, broken, or of another shape.
    """
    patients = _patients(path)
    names = sorted({name for patient in patients for name in patient.names} - {_REGION})
    codes = {name: code for code, name in enumerate(names, start=1)}
    sources = [OpenKbpSource(one, _shape(one), codes) for one in patients]
    table = pd.DataFrame({"case_id": [_name(one.path) for one in patients]})
    parts = [_split_of(name) for name in table["case_id"]]
    table["patient_id"] = [
        name.removeprefix(f"{part}_") for name, part in zip(table["case_id"], parts, strict=True)
    ]
    if any(parts):
        table["split"] = [part or None for part in parts]
    return contents_of(table, sources, origin=str(path), provenance={"structures": names})


def _patients(path: Path) -> Sequence[Patient]:
    if path.is_file():
        return [NpzPatient(path)] if _is_archive(path) else []
    if _is_patient(path):
        refuse_links_out(path.iterdir(), path)
        return [CsvPatient(path)]
    with os.scandir(path) as entries:
        children = [entry for entry in entries if not entry.name.startswith(".")]
    folders = sorted(Path(entry.path) for entry in children if entry.is_dir())
    found: list[Patient] = [CsvPatient(folder) for folder in folders if _is_patient(folder)]
    # One look decides for a folder of archives: they are opened one by one when they are read.
    archives = sorted(Path(entry.path) for entry in children if entry.name.endswith(".npz"))
    if archives and _is_archive(archives[0]):
        found += [NpzPatient(archive) for archive in archives]
    for one in found:
        refuse_links_out([one.path] if one.path.is_file() else one.path.iterdir(), path)
    return found


def _is_patient(path: Path) -> bool:
    wanted = ("ct", "voxel_dimensions")
    return path.is_dir() and all(list(path.glob(f"{name}.csv*")) for name in wanted)


def _is_archive(path: Path) -> bool:
    if path.suffix.lower() != ".npz" or path.stat().st_size == 0:
        return False
    return {"ct", "dose", "structures", "rois", "voxel_mm"} <= set(member_names(path))


def _shape(patient: Patient) -> tuple[int, ...]:
    return member_header(patient.path, "ct")[0] if isinstance(patient, NpzPatient) else SHAPE


def _name(path: Path) -> str:
    return path.stem if path.is_file() else path.name


def _split_of(name: str) -> str:
    """Return the part of the challenge that a name begins with ("train_pt_2"), else ""."""
    return next((part for part in _PARTS if name.startswith(f"{part}_")), "")
