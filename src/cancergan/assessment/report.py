"""The report: one object with three views, a page for people, JSON for machines and a card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from cancergan.assessment.album import open_panels, save_panels
from cancergan.assessment.card import render_card
from cancergan.assessment.findings import Curve, Findings, Skipped
from cancergan.assessment.gate import Verdict
from cancergan.assessment.html import render_html
from cancergan.assessment.model_card import render_model_card
from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Estimate
from cancergan.core.files import read_json, write_json, write_text


class Report(Findings):
    """How far a synthetic cohort can be trusted: ``findings``, ``skipped``, ``provenance``.

    >>> Report().find("privacy", "copy_rate") is None
    True
    """

    def save(self, folder: Path | str, *, verdict: Verdict | None = None) -> Path:
        """Write ``report.json``, ``report.html``, ``card.md`` and ``model_card.md``, each whole.

        The HTML shows ``verdict`` where one is given. The pictures go into ``pictures/``, so that a
        report that is opened again can show them. Returns the folder.
        """
        folder = Path(folder)
        write_json(folder / "report.json", self.to_json())
        save_panels(self.pictures, folder / "pictures")
        write_text(folder / "report.html", render_html(self, verdict))
        write_text(folder / "card.md", render_card(self))
        write_text(folder / "model_card.md", render_model_card(self))
        return folder

    def without_real_pictures(self) -> Report:
        """Return the report with pictures of synthetic cases alone, for people who may see those.

        The guessing game and the nearest training cases go; rows of synthetic cases stay.
        """
        panels = []
        for panel in self.pictures:
            rows = tuple(
                row
                for row in panel.rows
                if all(picture.source == "synthetic" for picture in row.pictures)
            )
            if rows:
                panels.append(replace(panel, rows=rows))
        return replace(self, pictures=tuple(panels))

    @classmethod
    def open(cls, path: Path | str) -> Report:
        """Read a report from its folder or its ``report.json``, with the pictures beside it.

        Raises:
            BadInputError: the file is missing, is not a report, or holds a broken finding; or its
                pictures cannot be read.
        """
        path = Path(path)
        path = path / "report.json" if path.is_dir() else path
        content = read_json(path)
        for key, kind in {"findings": list, "skipped": list, "provenance": dict}.items():
            if not isinstance(content, dict) or not isinstance(content.get(key), kind):
                raise BadInputError(
                    f'{path}: is not a report: "{key}" is missing or is not a {kind.__name__}. '
                    "Give the folder that assess() wrote."
                )
        return cls(
            findings=tuple(_estimate(path, finding) for finding in content["findings"]),
            skipped=tuple(_skipped(path, skipped) for skipped in content["skipped"]),
            provenance=content["provenance"],
            pictures=open_panels(path.parent / "pictures"),
            curves=tuple(_curve(path, curve) for curve in content.get("curves", ())),
            cautions=tuple(map(str, content.get("cautions", ()))),
        )


def _estimate(path: Path, finding: dict[str, Any]) -> Estimate:
    try:
        return Estimate.from_json(finding)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from None


def _curve(path: Path, curve: dict[str, Any]) -> Curve:
    try:
        return Curve.from_json(curve)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from None


def _skipped(path: Path, skipped: dict[str, Any]) -> Skipped:
    try:
        return Skipped(**skipped)
    except TypeError as error:
        raise BadInputError(f"{path}: skipped measurement {skipped}: {error}") from None
