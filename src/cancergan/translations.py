"""Runs that translate, compared with the truth, with each other, and with doing nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cancergan.assessment.truth import REGIONS, differences, findings, measure
from cancergan.assessment.truth_picture import comparison_picture
from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.files import whole_folder, write_text
from cancergan.core.pictures import Picture, write_png
from cancergan.training.run import Run
from cancergan.training.synthesis import synthesise
from cancergan.training.truth import source_as_image, truth_of

COPY = "copy of the source"
_SHOWN = 6


@dataclass(frozen=True)
class Comparison:
    """How far each method is from the truth, and from the first method.

    ``findings`` and ``differences`` are ``Estimate``s whose ``note`` names the method, whose
    ``space`` is the region.
    """

    findings: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    picture: Picture

    def markdown(self) -> str:
        """Return two tables: the figures, and the paired differences from the first method."""
        return (
            f"{_table(self.findings)}\nPaired differences, positive where the first is larger:\n\n"
            f"{_table(self.differences)}"
        )

    def save(self, out: Path) -> None:
        """Write comparison.json, comparison.md and comparison.png into a new folder."""
        record = {
            "findings": [finding.to_json() for finding in self.findings],
            "differences": [finding.to_json() for finding in self.differences],
        }
        with whole_folder(out) as folder:
            write_text(folder / "comparison.json", json.dumps(record, indent=2) + "\n")
            write_text(folder / "comparison.md", self.markdown())
            write_png(folder / "comparison.png", self.picture)


def compare(
    runs: Mapping[str, Run], cohort: Cohort, out: Path | None, *, seed: int = 0
) -> Comparison:
    """Translate the pairs of a cohort by each run and compare; see ``workflow``."""
    if not runs:
        raise BadInputError("no run to compare. Name at least one.")
    for run in runs.values():
        run.require_unseen(cohort)
    first = next(iter(runs.values()))
    truth, copy = truth_of(first, cohort), source_as_image(first, cohort)
    made = {name: synthesise(run, source=cohort, seed=seed) for name, run in runs.items()}
    methods = made if copy is None else {**made, COPY: copy}
    measured = {name: measure(truth, images) for name, images in methods.items()}
    reference = next(iter(runs))
    shown = _spread(truth)
    source = copy if copy is not None else _sources(first, cohort)
    comparison = Comparison(
        tuple(findings(measured, seed=seed)),
        tuple(differences(measured, reference, seed=seed)),
        comparison_picture(source, truth, methods if copy is None else made, shown),
    )
    if out is not None:
        comparison.save(out)
    return comparison


def _spread(truth: Cohort) -> list[int]:
    """Return some cases over the whole cohort, of those with a lesion where there are any."""
    marked = [n for n, case in enumerate(truth) if case.mask is not None and case.mask.any()]
    cases = marked or list(range(len(truth)))
    step = max(1, len(cases) // _SHOWN)
    return cases[step // 2 :: step][:_SHOWN]


def _sources(run: Run, cohort: Cohort) -> Cohort:
    return run.trained_on.columns["source"].of(cohort)


def _table(estimates: tuple[Estimate, ...]) -> str:
    """Return a Markdown table, one row a method, one column a figure and region."""
    columns = list(dict.fromkeys((finding.name, finding.space) for finding in estimates))
    columns.sort(key=lambda column: REGIONS.index(column[1]))
    cells = {(f.note, f.name, f.space): _cell(f) for f in estimates}
    heads = " | ".join(f"{name} ({region})" for name, region in columns)
    lines = [f"| method | {heads} |", "|---|" + "---|" * len(columns)]
    for method in dict.fromkeys(finding.note for finding in estimates):
        row = " | ".join(cells.get((method, *column), "") for column in columns)
        lines.append(f"| {method} | {row} |")
    return "\n".join(lines) + "\n"


def _cell(finding: Estimate) -> str:
    if finding.low is None or finding.high is None:
        return f"{finding.value:.4g}"
    return f"{finding.value:.4g} ({finding.low:.4g} to {finding.high:.4g})"
