"""The page of an analysis: what came out in one sentence, figures with intervals, pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cancergan.reader_study.analysis.analyse import Analysis
from cancergan.reader_study.analysis.detection import ALL, Result
from cancergan.reader_study.analysis.fooling import fooling
from cancergan.reader_study.analysis.readings import first_readings

TEMPLATES = Path(__file__).parent / "templates"
TITLES = {
    "accuracy": "Accuracy", "accuracy_of_readings": "Accuracy, readings counted as independent",
    "sensitivity": "Synthetic called synthetic", "specificity": "Real called real",
    "auc": "Area under the ROC curve", "d_prime": "d'", "equivalence": "Equivalence to chance",
    "accuracy_equivalence": "Accuracy, equivalence to chance",
    "auc_equivalence": "Area under the ROC curve, equivalence to chance",
    "accuracy_gain_of_disclosure": "Accuracy, gain of disclosure",
    "auc_gain_of_disclosure": "Area under the ROC curve, gain of disclosure",
    "d_prime_gain_of_disclosure": "d', gain of disclosure",
    "kappa_within_reader": "Agreement with oneself (kappa)",
    "kappa_within_readers": "Agreement with oneself (kappa)",
    "kappa_between_readers": "Agreement between readers (kappa)",
    "learning_effect": "Learning over the blind phase (log odds)",
    "seconds_per_case": "Seconds per case", "edits_found": "Edits pointed at",
    "opinion_real": "Mean score of real images",
    "opinion_synthetic": "Mean score of synthetic images",
    "opinion_difference": "Synthetic minus real", "opinion_log_odds": "Log odds of a better score",
}  # fmt: skip
WIDTH, HEIGHT, EDGE = 260, 260, 30


def render(analysis: Analysis) -> str:
    """Return the page; every text that comes from outside is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(written=written, title=lambda name: TITLES.get(name, name))
    design = analysis.study.settings.question
    phases = [
        p for p in ("blind", "informed", "both") if any(r.phase == p for r in analysis.results)
    ]
    readers = [r for r in analysis.results if r.who != ALL]
    shown_first = "accuracy" if design.images == 2 or not design.detects else "auc"
    return environment.get_template("analysis.html").render(
        analysis=analysis,
        settings=analysis.study.settings,
        headline=headline(analysis),
        phases=phases,
        pooled={p: [r for r in analysis.results if r.phase == p and r.who == ALL] for p in phases},
        readers=sorted(readers, key=lambda r: (r.phase, list(TITLES).index(r.name))),
        forest=forest([r for r in analysis.results if r.name == shown_first]),
        forest_title=TITLES[shown_first],
        roc=roc(analysis.table) if design.detects and design.images == 1 else None,
        fooling=fooling(analysis.study, analysis.table),
    )


def headline(analysis: Analysis) -> str:
    """Return what the study says in one sentence, with its figure."""
    settings = analysis.study.settings
    if not settings.question.detects:
        gap = analysis.find("opinion_difference")
        return "Nobody read every case." if gap is None else (
            f"Synthetic images score {written(gap)} points above real ones (below 0: worse)."
        )  # fmt: skip
    found = analysis.find("accuracy")
    equal = analysis.find("accuracy_equivalence")
    if found is None or equal is None or found.p is None or equal.p is None:
        return "Fewer than two readers have finished: only figures of single readers are shown."
    told = f"accuracy {written(found)} over new readers and cases"
    if equal.p <= 0.05:
        margin = f"at chance within {settings.margin:g}"
        return f"Readers were {margin}: {told}, equivalence p = {equal.p:.3g}."
    if found.low is not None and found.low > 0.5:
        return f"Readers tell synthetic from real images: {told}."
    if found.high is not None and found.high < 0.5:
        return f"Readers took synthetic images for real ones more often than chance: {told}."
    shown = f"Neither skill nor chance within {settings.margin:g} is shown."
    return f"Undecided: {told}. {shown}"


def written(result: Result) -> str:
    """Return "0.53 (0.47 to 0.60)", or the value alone."""
    if result.low is None or result.high is None:
        return f"{result.value:.2f}"
    return f"{result.value:.2f} ({result.low:.2f} to {result.high:.2f})"


def forest(results: list[Result]) -> Markup:
    """Return one line a reader with its interval on an axis from 0 to 1, chance in the middle."""
    rows = []
    for number, result in enumerate(results):
        y = 24 + 26 * number
        x = [190 + 300 * (end if end is not None else result.value) for end in
             (result.value, result.low, result.high)]  # fmt: skip
        label = f"{result.who}, {result.phase}"
        kind = "all" if result.who == ALL else "one"
        rows.append(
            f'<g class="{kind}"><text x="0" y="{y + 4}">{Markup.escape(label)}</text>'
            f'<line x1="{x[1]:.1f}" x2="{x[2]:.1f}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x[0]:.1f}" cy="{y}" r="4"/>'
            f'<text x="500" y="{y + 4}">{written(result)}</text></g>'
        )
    bottom = 24 + 26 * len(results)
    axis = "".join(
        f'<line class="grid" x1="{x:.0f}" x2="{x:.0f}" y1="8" y2="{bottom}"/>'
        f'<text class="tick" x="{x:.0f}" y="{bottom + 14}">{at:g}</text>'
        for at, x in ((at, 190 + 300 * at) for at in (0, 0.25, 0.5, 0.75, 1))
    )
    return Markup(
        f'<svg viewBox="0 0 660 {bottom + 20}" role="img" aria-label="intervals of the readers">'
        f"{axis}{''.join(rows)}</svg>"
    )


def roc(table: pd.DataFrame) -> Markup:
    """Return the empirical ROC curve of every reader in the blind phase."""
    curves = []
    for _, rows in first_readings(table).groupby("reader"):
        truth, score = rows["truth"].to_numpy(dtype=bool), rows["score"].to_numpy()
        if truth.all() or not truth.any():
            continue
        steps = [np.inf, *sorted(set(score), reverse=True)]
        points = [((score[~truth] >= s).mean(), (score[truth] >= s).mean()) for s in steps]
        path = " ".join(
            f"{EDGE + x * (WIDTH - EDGE):.1f},{(1 - y) * (HEIGHT - EDGE):.1f}" for x, y in points
        )
        curves.append(f'<polyline points="{path}"/>')
    corner = HEIGHT - EDGE
    return Markup(
        f'<svg class="roc" viewBox="-4 -4 {WIDTH + 8} {HEIGHT + 8}" role="img" '
        f'aria-label="ROC curves of the readers"><rect x="{EDGE}" y="0" width="{WIDTH - EDGE}" '
        f'height="{corner}"/><line class="grid" x1="{EDGE}" y1="{corner}" x2="{WIDTH}" y2="0"/>'
        f'{"".join(curves)}<text x="{WIDTH // 2 - 40}" y="{HEIGHT - 6}">real called synthetic'
        f'</text><text transform="rotate(-90)" x="-{corner // 2 + 80}" y="18">'
        "synthetic called synthetic</text></svg>"
    )
