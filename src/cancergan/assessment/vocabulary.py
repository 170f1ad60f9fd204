"""What a metric is called and says in plain words, read once from ``metrics.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

Scale = Literal["share", "positive", "signed"]

FAMILIES = {
    "fidelity": "Do the images look real?",
    "diversity": "Do they show the whole range of cases?",
    "condition": "Do they show what was asked for?",
    "utility": "Do they help to train a classifier?",
    "privacy": "Do they give training patients away?",
    "fairness": "Do they serve every group alike?",
}

# Families that come from elsewhere than the protocols of an assessment.
FURTHER_FAMILIES = {"reader_study": "Can people tell them apart?"}

SPACES = {
    "encoder": "features learnt from the real training cases",
    "random_convolution": "random convolution features",
    "radiomics": "radiomic features",
    "table": "the columns of the table",
    "pixels": "pixels",
    "task": "classification task",
}


@dataclass(frozen=True)
class Term:
    """One metric in words: its title, its plain sentence and how its figure is drawn."""

    title: str
    scale: Scale
    plain: str
    source: str
    floor: str = ""
    chance: float | None = None


@cache
def _terms() -> dict[str, Term]:
    content = yaml.safe_load((Path(__file__).parent / "metrics.yaml").read_text(encoding="utf-8"))
    return {name: Term(**entry) for name, entry in content.items()}


def term(name: str) -> Term:
    """Return the words for a metric; one without an entry is shown under its own name.

    >>> term("coverage_sex_female").title
    'Coverage of sex female'
    """
    terms = _terms()
    if name in terms:
        return terms[name]
    for beginning, entry in terms.items():
        if beginning.endswith("_") and name.startswith(beginning):
            rest = name.removeprefix(beginning).replace("_", " ")
            return Term(**{**vars(entry), "title": f"{entry.title} {rest}"})
    return Term(title=name.replace("_", " "), scale="signed", plain="", source="")
