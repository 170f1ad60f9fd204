"""The HTML view: one self-contained page, pictures first, that prints and needs no JavaScript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cancergan.assessment.card import NOT_STATED, answers
from cancergan.assessment.curve_plot import curve_plot, line_styles
from cancergan.assessment.figures import data_uri, interval_plot, written
from cancergan.assessment.findings import Findings, Panel
from cancergan.assessment.gate import Verdict
from cancergan.assessment.purposes import headline, purposes
from cancergan.assessment.vocabulary import FAMILIES, FURTHER_FAMILIES, SPACES, term
from cancergan.core.estimates import Estimate

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_LIST = 6


def render_html(report: Findings, verdict: Verdict | None = None) -> str:
    """Return the page of a report; every text that comes from the data is escaped."""
    return (
        _environment()
        .get_template("report.html")
        .render(
            style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
            headline=headline(report),
            purposes=purposes(report),
            panels=report.pictures,
            shows_patients=shows_patients(report),
            curves=report.curves,
            cautions=report.cautions,
            families=by_family(report.findings),
            skipped=report.skipped,
            methods={found.name: term(found.name) for found in report.findings},
            fingerprints=[
                (found.name, found.space, found.fingerprint) for found in report.findings
            ],
            details=list(flat(report.provenance)),
            first=next(iter(report.findings), None),
            verdict=verdict,
            card=answers(report),
            not_stated=NOT_STATED,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(interval_plot=interval_plot, SPACES=SPACES)
    environment.globals.update(FAMILIES=FAMILIES | FURTHER_FAMILIES)
    environment.globals.update(curve_plot=curve_plot, line_styles=line_styles)
    environment.globals.update(term=term, data_uri=data_uri, synthetic_numbers=synthetic_numbers)
    environment.filters.update(written=written)
    return environment


def shows_patients(report: Findings) -> bool:
    """Return whether any picture is of a real patient."""
    rows = [row for panel in report.pictures for row in panel.rows]
    return any(picture.source != "synthetic" for row in rows for picture in row.pictures)


def by_family(findings: tuple[Estimate, ...]) -> dict[str, dict[str, list[Estimate]]]:
    """Return the findings as family -> metric -> one for each space, in the families' order."""
    families = [*FAMILIES, *sorted({found.family for found in findings} - set(FAMILIES))]
    grouped: dict[str, dict[str, list[Estimate]]] = {}
    for found in sorted(findings, key=lambda found: families.index(found.family)):
        grouped.setdefault(found.family, {}).setdefault(found.name, []).append(found)
    return grouped


def synthetic_numbers(panel: Panel) -> str:
    """Return the places, counted from 1, of the synthetic pictures in a mixed panel."""
    pictures = [picture for row in panel.rows for picture in row.pictures]
    return ", ".join(
        str(place) for place, picture in enumerate(pictures, 1) if picture.source == "synthetic"
    )


def flat(tree: Mapping[str, object], beginning: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested provenance as ("settings.seed", "0").

    Long lists are shortened, and what is None or empty is left out.

    >>> list(flat({"settings": {"k": 5}, "classes": ["benign", "malignant"]}))
    [('settings.k', '5'), ('classes', 'benign, malignant')]
    """
    for key, value in tree.items():
        name = f"{beginning}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        elif isinstance(value, list | tuple):
            shown = ", ".join(map(str, value[:LONGEST_LIST]))
            more = len(value) - LONGEST_LIST
            yield name, f"{shown} and {more} more" if more > 0 else shown
        elif value is not None and value != "":
            yield name, str(value)
