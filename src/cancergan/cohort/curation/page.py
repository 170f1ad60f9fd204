"""The page of a description: one self-contained HTML file, pictures first, no JavaScript."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cancergan.cohort.cohort import Cohort
from cancergan.cohort.curation.charts import intensity_chart, legend, size_chart
from cancergan.cohort.curation.description import Description
from cancergan.cohort.curation.pictures import copies, doubtful, overlaid, samples
from cancergan.core.files import whole_folder, write_json, write_text
from cancergan.core.pictures import data_uri

TEMPLATES = Path(__file__).parent / "templates"


def render_page(found: Description, cohort: Cohort) -> str:
    """Return the page; every text that comes from the data is escaped."""
    seen = found.survey
    return (
        _environment()
        .get_template("description.html")
        .render(
            style=Markup((TEMPLATES / "description.css").read_text(encoding="utf-8")),
            name=_name(cohort.origin),
            counts=found.counts,
            remarks=found.remarks,
            samples=samples(cohort) if seen else [],
            copies=copies(found, cohort),
            pairs=len(found.duplicates),
            doubtful=doubtful(found, cohort),
            overlaid=overlaid(found, cohort),
            intensity_chart=intensity_chart(seen) if seen else "",
            size_chart=size_chart(seen) if seen else "",
            legend=legend(seen) if seen else [],
            balance=found.balance,
            curation=cohort.provenance.get("curation", []),
        )
    )


def save_description(found: Description, cohort: Cohort, path: Path) -> None:
    """Write ``description.html`` and ``describe.json`` into a new folder, whole or not at all.

    Raises:
        BadInputError: the folder is there and not empty.
    """
    page = render_page(found, cohort)
    with whole_folder(path) as folder:
        write_text(folder / "description.html", page)
        write_json(folder / "describe.json", found.to_json())


def _name(origin: str) -> str:
    """Return what people call a cohort: its folder, not the table within."""
    path = Path(origin)
    return (path.parent.name if path.suffix else path.name) or origin


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(data_uri=data_uri)
    return environment
