"""The review's Fig 2 from its tables: publications by year, modality, organ, beside the print."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from cancergan.core.files import whole_file, write_text
from cancergan.literature.publications import Publication, publications

PANELS = ("year", "modality", "anatomy", "architecture")
TITLES = {
    "year": "by year",
    "modality": "by modality (a publication counts once for each)",
    "anatomy": "by organ (a publication counts once for each)",
    "architecture": "by family of networks (a publication counts once for each)",
}
SHOWN = 14


@dataclass(frozen=True)
class Count:
    """How many publications there are of one kind, and how many the review prints.

    ``why`` says where a difference comes from; None and "" where the review prints none.
    """

    panel: str
    kind: str
    rows: int
    printed: int | None = None
    why: str = ""


def counts() -> tuple[Count, ...]:
    """Return all counts: the total, then each panel from the largest on, years in order."""
    text = files("cancergan.literature").joinpath("printed.yaml").read_text(encoding="utf-8")
    printed: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(text)
    found = [_count("total", "publications", len(publications()), printed)]
    for panel in PANELS:
        tally = Counter(kind for one in publications() for kind in _kinds(one, panel))
        order = sorted(tally) if panel == "year" else [kind for kind, _ in tally.most_common()]
        found += [_count(panel, kind, tally[kind], printed) for kind in order]
    return tuple(found)


def markdown() -> str:
    """Return the counts as a Markdown table, with the reason of every difference from print."""
    lines = ["| panel | kind | rows | printed | difference explained |", "|---|---|---|---|---|"]
    for one in counts():
        told = "" if one.printed is None else str(one.printed)
        why = one.why if one.printed not in (None, one.rows) or one.why else ""
        lines.append(f"| {one.panel} | {one.kind} | {one.rows} | {told} | {why} |")
    return "\n".join(lines) + "\n"


def save(folder: Path) -> tuple[Path, Path]:
    """Write figure2.png and figure2.md into a folder, and return their paths."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, panel in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        _draw(axes, [one for one in counts() if one.panel == panel][:SHOWN], TITLES[panel])
    figure.suptitle(
        f"{len(publications())} tabulated publications; circles: the number that the review prints"
    )
    picture, table = folder / "figure2.png", folder / "figure2.md"
    with whole_file(picture) as temporary:
        figure.savefig(temporary, format="png", dpi=110)
    write_text(table, markdown())
    return picture, table


def _draw(axes: Any, shown: list[Count], title: str) -> None:
    places = range(len(shown))
    axes.barh(places, [one.rows for one in shown], color="#3a6ea5", height=0.7)
    told = [(place, one.printed) for place, one in zip(places, shown, strict=True) if one.printed]
    if told:
        axes.scatter(
            [n for _, n in told], [p for p, _ in told], facecolors="none", edgecolors="#b2182b",
            zorder=3,
        )  # fmt: skip
    axes.set_yticks(list(places), [one.kind for one in shown], fontsize=8)
    axes.invert_yaxis()
    for place, one in zip(places, shown, strict=True):
        axes.text(
            max(one.rows, one.printed or 0) + 1.2, place, str(one.rows), va="center", fontsize=8
        )
    axes.set_xlim(0, 1.12 * max(max(one.rows, one.printed or 0) for one in shown))
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def _count(
    panel: str, kind: str, rows: int, printed: dict[str, dict[str, dict[str, Any]]]
) -> Count:
    stated = printed.get(panel, {}).get(kind, {})
    return Count(panel, kind, rows, stated.get("printed"), str(stated.get("why", "")))


def _kinds(one: Publication, panel: str) -> tuple[str, ...]:
    return {
        "year": (str(one.year),),
        "modality": one.modalities,
        "anatomy": one.anatomies,
        "architecture": one.architectures,
    }[panel]
