"""The model card: what a synthetic cohort's maker is, what it is good for, and where it ends.

After Mitchell et al. 2019, filled from the provenance of the cohort and from the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cancergan.assessment.findings import Findings
from cancergan.assessment.html import flat
from cancergan.assessment.purposes import headline, purposes

TEMPLATES = Path(__file__).parent / "templates"
COHORTS = {"training": "training", "learning": "judges learnt from", "real": "real reference"}
NOT_STATED = "not stated"


def render_model_card(report: Findings) -> str:
    """Return the card as Markdown; texts from the data cannot become markup."""
    synthetic = report.provenance.get("synthetic", {})
    made = synthetic.get("provenance", {}) if isinstance(synthetic, Mapping) else {}
    return (
        _environment()
        .get_template("model_card.md")
        .render(
            headline=headline(report),
            made=list(flat(made)),
            purposes=purposes(report),
            cohorts=list(_cohorts(report)),
            cautions=report.cautions,
            skipped=report.skipped,
            intended_use=report.provenance.get("intended_use", NOT_STATED),
            findings=len(report.findings),
        )
    )


def _cohorts(report: Findings) -> Iterator[tuple[str, ...]]:
    for key, name in {**COHORTS, "synthetic": "synthetic"}.items():
        part = report.provenance.get(key)
        if isinstance(part, Mapping):
            told = dict(flat(part))
            classes = ", ".join(
                f"{label.removeprefix('classes.')} {count}"
                for label, count in told.items()
                if label.startswith("classes.")
            )
            columns = (told.get(column, NOT_STATED) for column in ("cases", "patients"))
            yield name, *columns, classes or NOT_STATED, told.get("fingerprint", NOT_STATED)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_harmless,
    )  # fmt: skip
    return environment


def _harmless(value: object) -> object:
    """Return what is printed without what could leave its line or become markup."""
    if not isinstance(value, str):
        return value
    flat_text = " ".join(value.split())
    for character, replacement in {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.items():
        flat_text = flat_text.replace(character, replacement)
    return flat_text
