"""The verb ``analyse``: a locked study in; figures, tables, pictures and a page out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cancergan.core.errors import BadInputError
from cancergan.core.estimates import Direction, Estimate
from cancergan.core.files import read_json, whole_folder, write_json, write_text
from cancergan.core.provenance import environment, fingerprint
from cancergan.reader_study.analysis import agreement, detection, models
from cancergan.reader_study.analysis.detection import ALL, Result
from cancergan.reader_study.analysis.imrmc import imrmc
from cancergan.reader_study.analysis.readings import complete, first_readings, readings
from cancergan.reader_study.store import audit_is_whole
from cancergan.reader_study.study import Study

FAMILY = "reader_study"
FORMAT = "cancergan-reader-analysis/1"
DIRECTIONS: dict[str, Direction] = {
    "accuracy": "lower", "auc": "lower", "d_prime": "lower", "opinion_difference": "higher",
    "opinion_log_odds": "higher", "opinion_synthetic": "higher",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Analysis:
    """What a study says.

    Attributes:
        study: the study.
        table: one row a reading (``readings``).
        results: all figures, of readers and of all of them.
        skipped: what could not be worked out, and why.
        cautions: what a reader of the figures should know first.
    """

    study: Study
    table: pd.DataFrame
    results: tuple[Result, ...]
    skipped: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]

    def find(self, name: str, who: str = ALL, phase: str = "blind") -> Result | None:
        """Return a figure, None where it was not worked out."""
        return next(
            (r for r in self.results if (r.name, r.who, r.phase) == (name, who, phase)), None
        )

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """The figures of all readers as findings that a report holds and a policy can bind."""
        items = self.table.drop_duplicates("item")
        sides = {side: int(items[side].notna().sum()) for side in ("real", "synthetic")}
        record = self.study.record
        mark = fingerprint(
            record["settings"], record["display"], record["real"], record["synthetic"]
        )
        return tuple(
            Estimate(
                family=FAMILY, name=f"reader_{result.name}",
                space=f"{self.study.settings.design}, {result.phase}",
                value=result.value, low=result.low, high=result.high, n_real=sides["real"],
                n_synthetic=sides["synthetic"], unit="reader and case",
                direction=DIRECTIONS.get(result.name, "neither"), fingerprint=mark,
                confidence=result.confidence, note=_sentence(result),
            )
            for result in self.results
            if result.who == ALL
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return all of it as a JSON object."""
        record = self.study.record
        return {
            "format": FORMAT,
            "settings": record["settings"],
            "real": record["real"],
            "synthetic": record["synthetic"],
            "locked_at": self.study.locked_at,
            "readers": int(self.table["reader"].nunique()),
            "readings": len(self.table),
            "cautions": list(self.cautions),
            "results": [asdict(result) for result in self.results],
            "skipped": [{"name": name, "reason": reason} for name, reason in self.skipped],
            "findings": [estimate.to_json() for estimate in self.estimates],
            "environment": environment(),
        }

    def save(self, out: Path | str) -> Path:
        """Write analysis.html, analysis.json, results.csv, readings.csv, study.imrmc; whole."""
        from cancergan.reader_study.analysis.page import render

        with whole_folder(Path(out)) as folder:
            write_json(folder / "analysis.json", self.to_json())
            write_text(folder / "results.csv", pd.DataFrame(map(asdict, self.results)).to_csv(
                index=False, lineterminator="\n"
            ))  # fmt: skip
            write_text(folder / "readings.csv", self.table.to_csv(index=False, lineterminator="\n"))
            if self.study.settings.question.detects:
                write_text(folder / "study.imrmc", imrmc(self.study, self.table))
            write_text(folder / "analysis.html", render(self))
        return Path(out)


def analyse(study: Study | Path | str, *, seed: int = 0) -> Analysis:
    """Analyse a locked study.

    Args:
        study: the study, or its folder.
        seed: of the bootstrap.

    Raises:
        BadInputError: it is not locked, or nobody has answered.
    """
    opened = study if isinstance(study, Study) else Study.open(study)
    table = readings(opened)
    results: list[Result] = []
    skipped: list[tuple[str, str]] = []

    def take(name: str, made: Callable[[], Iterable[Result] | Result]) -> None:
        try:
            found = made()
            results.extend([found] if isinstance(found, Result) else found)
        except BadInputError as error:
            skipped.append((name, str(error)))

    if opened.settings.question.detects:
        _detect(opened, table, take)
    else:
        take("opinion scores", lambda: models.opinions(table, seed=seed))
        take("proportional odds", lambda: models.ordinal(table))
    column = "says" if opened.settings.question.detects else "rating"
    take("agreement within readers", lambda: agreement.within_readers(table, column, seed=seed))
    take("agreement between readers", lambda: agreement.between_readers(table, column, seed=seed))
    take("seconds per case", lambda: models.times(table, seed=seed))
    return Analysis(opened, table, tuple(results), tuple(skipped), _cautions(opened, table))


def _detect(
    study: Study,
    table: pd.DataFrame,
    take: Callable[[str, Callable[[], Iterable[Result] | Result]], None],
) -> None:
    pairs, margin = study.settings.question.images == 2, study.settings.margin
    parts: dict[str, Callable[[pd.DataFrame], Iterable[Result]]] = {
        "accuracy of each reader": partial(detection.per_reader, pairs=pairs, margin=margin),
        "accuracy of all readers": partial(detection.pooled, pairs=pairs, margin=margin),
    }
    if study.settings.question.marks:
        parts["marks"] = _marks
    for phase in ("blind", "informed"):
        rows = first_readings(table, phase)
        if rows.empty:
            continue
        for name, part in parts.items():
            take(f"{name}, {phase}", partial(_of_phase, part, rows, phase))
    if study.settings.informed:
        take("gain of disclosure", lambda: detection.disclosure(table, pairs=pairs))
    take("learning effect", lambda: models.learning(table))


def _of_phase(
    part: Callable[[pd.DataFrame], Iterable[Result]], rows: pd.DataFrame, phase: str
) -> list[Result]:
    return [replace(result, phase=phase) for result in part(rows)]


def _marks(rows: pd.DataFrame) -> Iterable[Result]:
    """Yield the share of edited cases whose edit was pointed at, of each reader and of all."""
    from cancergan.metrics.resampling import binomial_interval

    edited = rows[rows["truth"] == 1]
    for name, own in [*edited.groupby("name", sort=False), (ALL, edited)]:
        n, share = len(own), float(own["found"].mean())
        low, high = binomial_interval(share, n)
        yield Result("edits_found", str(name), share, low, high, n, "marked on or beside the edit")


def _cautions(study: Study, table: pd.DataFrame) -> tuple[str, ...]:
    found = []
    with study.store.reading() as connection:
        if not audit_is_whole(connection):
            found.append("The audit trail was changed after it was written.")
        moved = connection.execute(
            "SELECT count(*) FROM audit WHERE what IN ('enter', 'take over')"
            " AND detail LIKE '%\"took over\": true%'"
        ).fetchone()[0]
    if moved:
        found.append(f"{moved} times a link was opened while another device was reading with it.")
    for phase in ("blind", "informed"):
        rows = first_readings(table, phase)
        _, left = complete(rows) if len(rows) else (rows, [])
        if left:
            found.append(
                f"{', '.join(left)} did not finish the {phase} phase and are left out of the "
                "figures of all readers."
            )
    if study.settings.informed and not study.settings.pause_hours:
        found.append(
            "The informed phase followed the blind one without a pause: what readers remember of "
            "the cases is part of the gain."
        )
    return tuple(found)


def _sentence(result: Result) -> str:
    return result.note if result.p is None else f"{result.note}; p = {result.p:.3g}"


def estimates_of(folder: Path | str) -> tuple[tuple[Estimate, ...], dict[str, Any]]:
    """Return the findings of an analysis that was saved, and what it was made of.

    Raises:
        BadInputError: the folder holds no analysis.
    """
    path = Path(folder) / "analysis.json"
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BadInputError(
            f"{path}: is no analysis of a reader study. Give the folder that `cancergan "
            "reader-study analyse` wrote."
        )
    found = tuple(Estimate.from_json(finding) for finding in content["findings"])
    return found, {key: content[key] for key in ("settings", "real", "synthetic", "locked_at")}
