"""What a cohort holds, in figures: counts, shapes, intensities, gaps and exact duplicates."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cancergan.cohort.case import Case
from cancergan.cohort.cohort import Cohort
from cancergan.core.provenance import fingerprint


def describe(cohort: Cohort) -> dict[str, Any]:
    """Return a JSON object that describes a cohort; reads every image.

    Counts are by case. ``duplicates`` lists cases with equal pixels; where their labels differ, at
    least one label is wrong. Empty parts are left out.

    Raises:
        BadInputError: an image cannot be read; names it.
    """
    table = cohort.table
    labels = table["label"].fillna("unlabelled") if "label" in table else None
    missing = table.isna().sum()
    described: dict[str, Any] = {
        "origin": cohort.origin,
        "cases": len(cohort),
        "patients": int(table["patient_id"].nunique()) if cohort.unit_is_known else None,
        "classes": {} if labels is None else _counts(labels),
        "columns": [str(name) for name in table.columns],
        "missing": {str(name): int(count) for name, count in missing.items() if count},
        "splits": _counts(table["split"].fillna("none")) if "split" in table else {},
        **(_images(cohort) if cohort.has_images else {}),
        "account": cohort.account.lines() if cohort.account else [],
        "fingerprint": cohort.fingerprint,
    }
    return {key: value for key, value in described.items() if value not in (None, [], {})}


@dataclass
class _Tally:
    """What is counted while the images pass by once."""

    shapes: Counter[str] = field(default_factory=Counter)
    spacings: Counter[str] = field(default_factory=Counter)
    low: float = np.inf
    high: float = -np.inf
    total: float = 0.0
    pixels: int = 0
    masks: int = 0
    not_finite: list[str] = field(default_factory=list)
    by_pixels: dict[str, list[Case]] = field(default_factory=lambda: defaultdict(list))

    def add(self, case: Case) -> None:
        """Count one case."""
        assert case.image is not None
        self.shapes[" x ".join(map(str, case.image.shape))] += 1
        self.spacings[" x ".join(f"{size:.4g}" for size in case.spacing)] += 1
        self.masks += case.mask is not None
        finite = case.image[np.isfinite(case.image)]
        if finite.size < case.image.size:
            self.not_finite.append(case.case_id)
        if finite.size:
            self.low = min(self.low, float(finite.min()))
            self.high = max(self.high, float(finite.max()))
            self.total += float(finite.sum(dtype=np.float64))
            self.pixels += finite.size
        bare = Case(case.case_id, None, attributes=case.attributes)
        self.by_pixels[fingerprint(case.image)].append(bare)


def _images(cohort: Cohort) -> dict[str, Any]:
    tally = _Tally()
    for case in cohort:
        tally.add(case)
    duplicates = [_duplicate(cases) for cases in tally.by_pixels.values() if len(cases) > 1]
    return {
        "shapes": dict(tally.shapes.most_common()),
        "spacings": dict(tally.spacings.most_common()),
        "intensity": {
            "low": tally.low,
            "high": tally.high,
            "mean": tally.total / tally.pixels,
        }
        if tally.pixels
        else None,
        "masks": tally.masks or None,
        "not_finite": tally.not_finite,
        "duplicates": duplicates,
    }


def _duplicate(cases: list[Case]) -> dict[str, Any]:
    labels = sorted({str(case.attributes["label"]) for case in cases if "label" in case.attributes})
    found: dict[str, Any] = {"cases": [case.case_id for case in cases]}
    return found | {"labels": labels} if labels else found


def _counts(values: Any) -> dict[str, int]:
    return {str(name): int(count) for name, count in sorted(Counter(values).items())}
