"""A segmenter taken apart: its encoder stays with the patients, the rest goes elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cancergan.workflow.opening import Place, open_cohort, opened_run

if TYPE_CHECKING:
    from cancergan.cohort import Cohort
    from cancergan.split_deployment import Probe
    from cancergan.training.run import Run


def export_split(
    run: Run | Place,
    cohort: Cohort | Place,
    out: Place,
    *,
    most_reidentified: float,
    probe_steps: int = 300,
    seed: int = 0,
) -> Probe:
    """Write the two halves of an obfuscating encoder's run, where a probe allows it.

    ``cohort`` holds several images each of patients that the run has not seen. At most
    ``most_reidentified`` of their codes may be told whose they are (upper end of the interval).
    """
    from cancergan import split_deployment

    return split_deployment.export(
        opened_run(run), open_cohort(cohort), Path(out),
        most_reidentified=most_reidentified, steps=probe_steps, seed=seed,
    )  # fmt: skip


def encode_split(hospital: Place, cohort: Cohort | Place, out: Place) -> int:
    """Write the codes of a cohort, to be sent, and whose they are, to be kept; return how many."""
    from cancergan.split_deployment import Hospital

    return Hospital.open(Path(hospital)).encode(open_cohort(cohort), Path(out))


def segment_split(outside: Place, codes: Place, out: Place) -> int:
    """Write the masks of a file of codes; return how many."""
    from cancergan.split_deployment import Outside

    return Outside.open(Path(outside)).segment(Path(codes), Path(out))


def return_split(
    hospital: Place, masks: Place, kept: Place, cohort: Cohort | Place, out: Place
) -> Cohort:
    """Return, and save, the hospital's cases with the masks that came back."""
    from cancergan.split_deployment import Hospital

    found = Hospital.open(Path(hospital)).put_back(Path(masks), Path(kept), open_cohort(cohort))
    found.save(out)
    return found
