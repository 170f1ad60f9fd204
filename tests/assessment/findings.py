"""Findings made by hand, for the tests of gate, purposes and views."""

from __future__ import annotations

import numpy as np

from cancergan.assessment.findings import Curve, Panel, Picture, Point, Row, Skipped
from cancergan.assessment.report import Report
from cancergan.core.estimates import Estimate


def finding(
    family: str = "fidelity",
    name: str = "frechet_distance",
    *,
    space: str = "encoder",
    value: float = 2.0,
    low: float | None = 1.0,
    high: float | None = 3.0,
    floor: float | None = None,
    note: str = "",
) -> Estimate:
    return Estimate(
        family=family,
        name=name,
        space=space,
        value=value,
        low=low,
        high=high,
        floor=floor,
        note=note,
        n_real=40,
        n_synthetic=90,
        direction="lower",
        fingerprint="0123456789abcdef",
    )


def report() -> Report:
    picture = Picture(np.arange(256, dtype=np.uint8).reshape(16, 16), "real")
    forged = Picture(np.zeros((16, 16, 3), np.uint8), "synthetic", "synthetic_0001")
    return Report(
        findings=(
            finding(floor=0.5),
            finding("diversity", "coverage", value=0.8, low=0.7, high=0.9, floor=0.95),
            finding("condition", "balanced_accuracy", space="task", value=0.9, low=0.8, high=0.95),
        ),
        skipped=(Skipped("privacy", "*", "Needs the training cohort."),),
        provenance={"real": {"cases": 40}, "settings": {"seed": 0}},
        curves=(
            Curve("Size", "Text.", "cases", "distance", {"encoder": (Point(10, 2, 1, 3),)}, 1.0),
        ),
        cautions=("Two real cases are equal.",),
        pictures=(Panel("Mixed", "Guess.", (Row("", (picture, forged)),), "mixed"),),
    )
