"""A study's evidence as people read it: one self-contained page, and a table for the docs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cancergan.assessment.figures import interval
from cancergan.core.files import write_json, write_text
from cancergan.core.pictures import Picture, data_uri, write_png
from cancergan.studies.evidence import Evidence

TEMPLATES = Path(__file__).parent / "templates"
_NO_FIGURE = "-"


def save(evidence: Evidence, pictures: dict[str, Picture], folder: Path) -> None:
    """Write evidence.json, table.md, index.html and the pictures into the study's folder."""
    for name, picture in pictures.items():
        write_png(folder / f"{name}.png", picture)
    write_text(folder / "table.md", markdown(evidence))
    write_text(folder / "index.html", html(evidence, pictures))
    write_json(folder / "evidence.json", evidence.to_json())


def markdown(evidence: Evidence) -> str:
    """Return the figures and the paired differences as Markdown tables."""
    heads, rows = table(evidence)
    parts = [_table(heads, rows)]
    if evidence.differences:
        titles = ["method", "against", "figure", "difference", "verdict"]
        parts.append(_table(titles, differences(evidence)))
    parts += [f"{note}\n" for note in evidence.notes]
    return "\n".join(parts)


def table(evidence: Evidence) -> tuple[list[str], list[list[str]]]:
    """Return the heads and rows of the figures: one row a method, one column a figure."""
    columns = list(dict.fromkeys((f.estimate.name, f.estimate.space) for f in evidence.figures))
    cells = {(f.method, f.estimate.name, f.estimate.space): f for f in evidence.figures}
    heads = ["method", *(f"{name} ({space})" for name, space in columns)]
    rows = []
    for method in evidence.methods:
        row = [method.name + (" (baseline)" if method.baseline else "")]
        for column in columns:
            found = cells.get((method.name, *column))
            row.append(_NO_FIGURE if found is None else interval(found.estimate))
        rows.append(row)
    return heads, rows


def differences(evidence: Evidence) -> list[list[str]]:
    """Return one row for each paired difference from a baseline."""
    return [
        [d.method, d.baseline, f"{d.estimate.name} ({d.estimate.space})",
         interval(d.estimate), d.verdict]
        for d in evidence.differences
    ]  # fmt: skip


def html(evidence: Evidence, pictures: dict[str, Picture]) -> str:
    """Return the page; every text that comes from data is escaped."""
    heads, rows = table(evidence)
    return (
        _environment()
        .get_template("study.html")
        .render(
            style=Markup((TEMPLATES / "study.css").read_text(encoding="utf-8")),
            evidence=evidence,
            record=evidence.record,
            heads=heads,
            rows=rows,
            differences=differences(evidence),
            pictures={name: data_uri(picture) for name, picture in pictures.items()},
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
