"""Our own figures beside those that a publication reports, without pretending that they compare."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from cancergan.core.errors import BadInputError
from cancergan.literature.publications import Publication

CAUTION = (
    "Other patients, other splits and often another task: the two gains say whether the idea "
    "helps, not which program is better."
)


@dataclass(frozen=True)
class Gain:
    """What a method added to a baseline in our hands.

    Attributes:
        recipe: the family's id.
        method, baseline: which was compared with which.
        figure: the metric.
        value, low, high: the paired difference with its 95 % interval by patient; no interval
            where there is none.
        verdict: "better", "worse" or "no difference shown".
        data: on which cohort.
        source: the evidence file, or the page of the docs.
        command: what made it; "" where the evidence does not say.
    """

    recipe: str
    method: str
    baseline: str
    figure: str
    value: float
    low: float | None
    high: float | None
    verdict: str
    data: str
    source: str
    command: str = ""

    def line(self) -> str:
        """Return the gain in one line."""
        known = self.low is not None and self.high is not None
        interval = f" [{self.low:+.4g}, {self.high:+.4g}]" if known else " (no interval)"
        return (
            f"{self.method} against {self.baseline}: {self.figure} {self.value:+.4g}{interval}, "
            f"{self.verdict}; {self.data} ({self.source})"
            + (f"; by: {self.command}" if self.command else "")
        )


def measured() -> tuple[Gain, ...]:
    """Return our figures that are kept with the library."""
    text = files("cancergan.literature").joinpath("measured.yaml").read_text(encoding="utf-8")
    return tuple(Gain(**entry) for entry in yaml.safe_load(text) or [])


def gains_of(evidence: Path) -> tuple[Gain, ...]:
    """Return the gains in an ``evidence.json`` of a study, or in all of them below a folder.

    Raises:
        BadInputError: nothing there, or a file that is no evidence.
    """
    paths = sorted(evidence.rglob("evidence.json")) if evidence.is_dir() else [evidence]
    if not paths or not all(path.is_file() for path in paths):
        raise BadInputError(f"{evidence}: no evidence.json there. Run a study first.")
    return tuple(gain for path in paths for gain in _read(path))


def compare(one: Publication, evidence: Sequence[Path] = ()) -> list[str]:
    """Return the reported gain and ours of the same family, a line each, cautions last."""
    reported = f"reported: {one.author} et al. {one.year}, {one.method}"
    if one.metric and (one.without or one.with_gan):
        gain = "no difference can be formed" if one.gain is None else f"gain {one.gain:+g}"
        reported += f": {one.metric} {one.without} without, {one.with_gan} with; {gain}"
    else:
        reported += ": no figure with and without in the review's table"
    reported += f", {one.dataset}. No interval is reported."
    ours = [*measured(), *(gain for path in evidence for gain in gains_of(path))]
    same = [gain for gain in ours if gain.recipe == one.recipe]
    lines = [reported, *(f"ours: {gain.line()}" for gain in same)]
    if not same:
        lines.append(f"ours: nothing measured yet for {one.recipe} ({one.recipe_name})")
        return lines
    return [*lines, CAUTION]


def _read(path: Path) -> tuple[Gain, ...]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Gain(
                recipe=str(found["id"] or found["recipe"]),
                method=entry["method"],
                baseline=entry["baseline"],
                figure=f"{entry['name']} ({entry['space']})",
                value=float(entry["value"]),
                low=entry["low"],
                high=entry["high"],
                verdict=entry["verdict"],
                data=f"{found['origin']}, {found['cases']['test']} test cases",
                source=path.parent.name,
                command=str(found.get("command", "")),
            )
            for entry in found["differences"]
        )
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"{path}: is not a study's evidence ({error!r}).") from None
