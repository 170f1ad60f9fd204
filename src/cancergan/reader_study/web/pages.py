"""The pages, drawn on the server from templates; every text that comes from outside is escaped."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cancergan.reader_study.reading import State
from cancergan.reader_study.study import Study

HERE = Path(__file__).parent
STATIC = {
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "reader.js": "text/javascript; charset=utf-8",
    "viewer.js": "text/javascript; charset=utf-8",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = _embedded
    return environment


def _embedded(value: object) -> Markup:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(value, sort_keys=True)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page drawn from a template."""
    return HTMLResponse(_environment().get_template(template).render(**values), status)


def message(title: str, text: str, status: int, *, link: str | None = None) -> HTMLResponse:
    """Return a short page that says what is wrong and where to go on."""
    return page("message.html", status, title=title, text=text, link=link)


def reading_page(study: Study, state: State, csrf: str) -> HTMLResponse:
    """Return the page of the reader's stage: an interlude, a case, or the end."""
    settings, design = study.settings, study.settings.question
    common: dict[str, Any] = {
        "title": settings.title, "csrf": csrf, "state": state.to_json(), "design": design,
    }  # fmt: skip
    if state.stage != "trial":
        return page(
            "interlude.html", **common, settings=settings,
            disclosure=disclosure(study), volume=study.display.shape[1] > 1,
        )  # fmt: skip
    display = {
        **study.display.to_json(), "images": design.images, "marks": design.marks,
        "yes_from": design.yes_from, "ratings": len(design.scale),
    }  # fmt: skip
    return page("reading.html", **common, display=display)


def disclosure(study: Study) -> str:
    """Return what readers learn before the informed phase."""
    told = study.settings.disclosure
    if study.settings.ratio == "balanced" and study.settings.question.images == 1:
        what = "edited" if study.settings.question.marks else "synthetic"
        told = f"Half of the images are {what}. {told}"
    return told.strip() or "You will see the same cases again, in another order."


def static(name: str) -> tuple[bytes, str]:
    """Return a file of the page and its type; KeyError for any other name."""
    kind = STATIC[name]
    return (HERE / "static" / name).read_bytes(), kind
