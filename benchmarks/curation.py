"""How well copies and marks are found: ``python -m benchmarks.curation copies|marks COHORT...``.

One copy is planted of every image, the kinds of change in turn, and every pair of untouched images
is looked at; marks are drawn on images where none was seen. Prints a row for each kind.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from tests.cohort.curation.plants import COPIES, drawn

from cancergan.cohort import Cohort
from cancergan.cohort.case import Case
from cancergan.cohort.curation.duplicates import duplicates, groups
from cancergan.cohort.curation.overlays import overlays
from cancergan.core.seeds import numpy_generator


def copies(cohort: Cohort) -> None:
    """Print what is found among the untouched images, and the share of each kind of copy found."""
    start = time.monotonic()
    found = duplicates(cohort)
    took = time.monotonic() - start
    n, exact = len(cohort), sum(pair.kind == "exact" for pair in found)
    print(
        f"  untouched: {exact} exact and {len(found) - exact} near pairs in {n * (n - 1) // 2} "
        f"({len(groups(found))} groups, {sum(pair.labels is not None for pair in found)} under two "
        f"labels), {took:.0f} s"
    )
    images = [np.asarray(np.rint(case.image), dtype=np.uint8) for case in cohort]
    kinds = [list(COPIES)[row % len(COPIES)] for row in range(n)]
    planted = [
        np.rint(np.clip(np.ascontiguousarray(COPIES[kind](image.astype(np.float32))), 0, 255))
        for kind, image in zip(kinds, images, strict=True)
    ]
    ids = [f"{row}" for row in range(n)] + [f"copy of {row}" for row in range(n)]
    held = [*images, *(image.astype(np.uint8) for image in planted)]
    pairs = duplicates(Cohort.from_arrays(held, pd.DataFrame({"case_id": ids})))
    known = {(pair.first_id, pair.second_id) for pair in pairs}
    for kind in COPIES:
        rows = [row for row in range(n) if kinds[row] == kind]
        share = np.mean([(f"{row}", f"copy of {row}") in known for row in rows])
        print(f"  {kind:20} found {share:.3f} of {len(rows)}")


def marks(cohort: Cohort) -> None:
    """Print for each kind of mark: share of untouched images flagged, share of drawn ones found."""
    random = numpy_generator(0, "drawn")
    images = [case.image for case in cohort]
    untouched = [{mark.kind for mark in overlays(Case("", image))} for image in images]
    for kind in ("text", "calliper", "ruler"):
        free = [image for image, held in zip(images, untouched, strict=True) if kind not in held]
        free = free[:: max(1, len(free) // 100)]
        hits = [kind in {m.kind for m in overlays(Case("", drawn(i, kind, random)))} for i in free]
        flagged = np.mean([kind in held for held in untouched])
        print(f"  {kind:9} untouched flagged {flagged:.3f}, drawn found {np.mean(hits):.3f}")


if __name__ == "__main__":
    what = {"copies": copies, "marks": marks}[sys.argv[1]]
    for path in sys.argv[2:]:
        print(Path(path).name)
        what(Cohort.open(path))
