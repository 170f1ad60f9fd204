"""The real cohorts of the pages on challenges, divided: ``python -m benchmarks.challenges NAME``.

Writes a cohort with a column ``split`` into ``--out``, which ``cancergan run`` keeps to.
Data: ``shared/data`` beside the repository, or CANCERGAN_SHARED_DATA.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.evidence import shared
from cancergan.cohort import Cohort
from cancergan.studies.bench import SHARES

# Of ten patients, so that four are left to judge by.
FEW = {"train": 0.5, "validation": 0.1, "test": 0.4}


def busi() -> Cohort:
    """Breast ultrasound, by blocks of numbers within a class: neighbours may be one patient."""
    return _divided(Cohort.open(shared("busi")), by="case_id", order="contiguous")


def lgg_mri() -> Cohort:
    """Brain MRI of glioma patients at 128 pixels, by patient; those with all three sequences."""
    cohort = Cohort.open(shared("lgg_mri"))
    small = np.array([cohort.header(case).shape[1] == 128 for case in range(len(cohort))])
    table = cohort.table
    there = (table["pre_contrast_missing"] == 0) & (table["post_contrast_missing"] == 0)
    return _divided(cohort.select(small & there.to_numpy()), shares=FEW)


def monuseg() -> Cohort:
    """Nuclei in tissue of many organs, by slide."""
    return _divided(Cohort.open(shared("monuseg")))


def isic_uda1() -> Cohort:
    """Skin lesions, by image, which is the unit known."""
    return _divided(Cohort.open(shared("isic_uda1")), by="case_id")


def openkbp() -> Cohort:
    """Plans of head and neck, by patient, each once: one is also there as it was published."""
    cohort = Cohort.open(shared("openkbp"))
    there = np.array(["_pt_" in str(name) for name in cohort.table["case_id"]])
    return _divided(cohort.select(there), shares=FEW)


COHORTS: dict[str, Callable[[], Cohort]] = {
    "busi": busi,
    "lgg_mri": lgg_mri,
    "monuseg": monuseg,
    "isic_uda1": isic_uda1,
    "openkbp": openkbp,
}


def _divided(
    cohort: Cohort,
    *,
    by: str = "patient_id",
    order: str = "random",
    shares: Mapping[str, float] = SHARES,
) -> Cohort:
    parts = cohort.split(shares, by=by, order=order)
    place = {case: name for name, part in parts.items() for case in part.table["case_id"]}
    return cohort.with_column("split", [place[case] for case in cohort.table["case_id"]])


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(COHORTS))
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    COHORTS[chosen.name]().save(chosen.out)


if __name__ == "__main__":
    main()
