"""The study card: what a reader asks of a synthesis study under five pillars, answered or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cancergan.assessment.figures import interval
from cancergan.assessment.findings import Findings
from cancergan.assessment.purposes import headline
from cancergan.assessment.vocabulary import term

ITEMS = Path(__file__).parent / "study_card.yaml"
NOT_STATED = "not stated"


def render_card(report: Findings) -> str:
    """Return the study card as Markdown; what nothing in the report answers reads "not stated"."""
    lines = [
        "# Study card",
        "",
        f"**{headline(report)}**",
        "",
        "Five pillars after Osuala et al. 2023 (SynTRUST); the wording of the items is ours.",
    ]
    for pillar, items in answers(report).items():
        lines += ["", f"## {pillar.capitalize()}", "", "| item | answer |", "|---|---|"]
        lines += [f"| {item} | {_cell(answer)} |" for item, answer in items]
    return "\n".join(lines) + "\n"


def answers(report: Findings) -> dict[str, list[tuple[str, str]]]:
    """Return the items of each pillar with their answers."""
    known = _known(report)
    return {
        pillar: [(str(item["item"]), _answer(report, known, item)) for item in items]
        for pillar, items in _pillars().items()
    }


@cache
def _pillars() -> dict[str, list[dict[str, Any]]]:
    pillars: dict[str, list[dict[str, Any]]] = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))
    return pillars


def _known(report: Findings) -> dict[str, Any]:
    """Return the provenance, with the cohorts' fingerprints and the gaps gathered in one place."""
    cohorts = {name: _lookup(part, ["fingerprint"]) for name, part in report.provenance.items()}
    gaps = [
        f"{item.family}, {item.reason}" if item.name == "*" else f"{item.name}, {item.reason}"
        for item in report.skipped
    ]
    return {
        **report.provenance,
        "fingerprints": {name: value for name, value in cohorts.items() if value},
        "not_measured": gaps,
        "cautions": list(report.cautions),
        "worst_cases": [panel.title for panel in report.pictures if panel.kind != "mixed"],
        "curves": [curve.title for curve in report.curves],
    }


def _answer(report: Findings, known: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    found = [text for name in item.get("findings", ()) for text in _figures(report, name)]
    if found:
        return "; ".join(found)
    for key in item.get("from", ()):
        value = _lookup(known, key.split("."))
        if value not in (None, "", [], {}):
            return _words(value)
    return NOT_STATED


def _figures(report: Findings, name: str) -> Iterator[str]:
    """Yield the figures that ``family`` or ``family.metric`` names, in words."""
    family, _, metric = name.partition(".")
    for found in report.findings:
        if found.family == family and metric in ("", found.name):
            floor = "" if found.floor is None else f", mark {found.floor:.3g}"
            yield f"{term(found.name).title} [{found.space}]: {interval(found)}{floor}"


def _lookup(tree: object, path: list[str]) -> object:
    for key in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(key)
    return tree


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_words(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        words = [_words(item) for item in value]
        return (" " if all(word.endswith(".") for word in words) else ", ").join(words)
    return str(value)


def _cell(text: str) -> str:
    """Return a text that cannot leave its cell of a Markdown table or become markup."""
    flat = " ".join(text.split())
    for character, harmless in {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|"}.items():
        flat = flat.replace(character, harmless)
    return flat
