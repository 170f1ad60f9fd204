"""``cancergan cohort``: shift, compare and rebalance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from cancergan.cohort.rebalancing import RebalancingPlan
    from cancergan.cohort.shifts import Shift

S = TypeVar("S", bound="Shift")
Source = Annotated[Path, typer.Argument(help="A folder, table or file that holds a cohort.")]
Out = Annotated[Path, typer.Option("--out", help="The folder to write; it must not exist yet.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def join(app: typer.Typer) -> None:
    """Enter the commands into ``cancergan cohort``."""
    for command in (shift, shift_sheet, compare, rebalance):
        app.command()(command)


def shift(
    path: Source,
    out: Out,
    population: Annotated[
        str, typer.Option(metavar="STRENGTH[:COLUMN]", help="Who is in it: leave patients out.")
    ] = "0",
    prevalence: Annotated[
        str, typer.Option(metavar="STRENGTH[:CLASS]", help="How often each class is.")
    ] = "0",
    manifestation: Annotated[
        str, typer.Option(metavar="STRENGTH[:MECHANISM]", help="How the disease looks.")
    ] = "0",
    acquisition: Annotated[
        str, typer.Option(metavar="STRENGTH[:MECHANISM]", help="How all cases are imaged.")
    ] = "0",
    annotation: Annotated[
        str, typer.Option(metavar="STRENGTH[:MECHANISM]", help="How cases are marked.")
    ] = "0",
    seed: Annotated[int, typer.Option(help="Decides everything that is drawn.")] = 0,
) -> None:
    """Apply dataset shifts of a strength from 0 to 1, and write the cohort.

    For example: cancergan cohort shift busi --out noisy --acquisition 0.5:noise
    """
    from cancergan.cohort import Cohort
    from cancergan.cohort.shifts import (
        Acquisition,
        Annotation,
        Manifestation,
        Population,
        Prevalence,
    )

    cohort = Cohort.open(path)
    shifted = cohort.shifted(
        population=_settings(population, Population, "population"),
        prevalence=_settings(prevalence, Prevalence, "prevalence"),
        manifestation=_settings(manifestation, Manifestation, "manifestation"),
        acquisition=_settings(acquisition, Acquisition, "acquisition"),
        annotation=_settings(annotation, Annotation, "annotation"),
        seed=seed,
    )
    shifted.save(out)
    typer.echo(f"{out}: {len(shifted)} of {len(cohort)} cases")


def shift_sheet(
    out: Annotated[Path, typer.Option(help="The PNG to write.")],
    seed: Annotated[int, typer.Option(help="Decides the phantoms and all draws.")] = 0,
) -> None:
    """Draw one picture of all mechanisms of shifts on phantoms."""
    from cancergan.cohort.shifts.contact_sheet import shift_sheet as draw

    typer.echo(f"shift sheet: {out}  ({len(draw(out, seed=seed))} mechanisms)")


def compare(
    reference: Annotated[Path, typer.Argument(help="The cohort to measure against.")],
    other: Annotated[Path, typer.Argument(help="The cohort in question, real or synthetic.")],
    out: Annotated[Path | None, typer.Option(help="A JSON file to write as well.")] = None,
    as_json: AsJson = False,
    at_most: Annotated[int, typer.Option(help="Cases to read of each cohort.")] = 1000,
    seed: Annotated[int, typer.Option(help="Decides folds and permutations.")] = 0,
) -> None:
    """Say how far two cohorts differ, and in which kind of dataset shift."""
    from cancergan.assessment.shift_meter import compare_cohorts
    from cancergan.cohort import Cohort

    report = compare_cohorts(Cohort.open(reference), Cohort.open(other), seed=seed, at_most=at_most)
    if out is not None:
        report.save(out)
    if as_json:
        typer.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(report.lines()))


def rebalance(
    path: Source,
    target: Annotated[
        str, typer.Option(help='"balanced", or shares such as "benign=.4,malignant=.6".')
    ] = "balanced",
    by: Annotated[
        list[str] | None, typer.Option(help="A column of subgroups; may be given again.")
    ] = None,
    part: Annotated[str | None, typer.Option(help="The part of split to add to.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how many synthetic cases of each class to make; test data stay as they are."""
    from rich.console import Console

    from cancergan.cli.cohort import _shares
    from cancergan.cohort import Cohort
    from cancergan.cohort.rebalancing import rebalancing_plan

    wanted = _shares(target) if "=" in target else target
    plan = rebalancing_plan(Cohort.open(path), wanted, by=by or (), part=part)
    if as_json:
        typer.echo(json.dumps(plan.to_json(), indent=2, ensure_ascii=False))
    else:
        Console().print(_as_table(plan))
        typer.echo(_advice(plan))


def _settings(text: str, kind: type[S], name: str) -> S:
    """Return settings from "0.5" or "0.5:noise"; the second part is the kind's first choice."""
    from cancergan.core.errors import BadInputError

    strength, colon, choice = text.partition(":")
    try:
        number = float(strength)
    except ValueError:
        raise BadInputError(
            f'--{name} "{text}": write a strength from 0 to 1, or STRENGTH:CHOICE.'
        ) from None
    return kind(number, choice) if colon else kind(number)  # type: ignore[call-arg]


def _as_table(plan: RebalancingPlan) -> Table:
    from rich.table import Table

    columns = list(plan.quotas[0].cell)
    table = Table(*columns, "real cases", "patients", "synthetic cases to make")
    for quota in plan.quotas:
        counts = map(str, (quota.cases, quota.patients, quota.synthetic))
        table.add_row(*(quota.cell[name] for name in columns), *counts)
    return table


def _advice(plan: RebalancingPlan) -> str:
    kept = ", ".join(f"{name} {count}" for name, count in plan.left_out.items())
    natural = ", ".join(f"{name} {share:.1%}" for name, share in plan.natural.items())
    left = f"Not touched: {kept}. " if kept else ""
    if not plan.synthetic:
        return f"{left}Nothing to make."
    shares = ",".join(f"{name}={share:.4g}" for name, share in plan.condition.items())
    return (
        f"{left}Natural prevalence, which test data keep: {natural}.\n"
        f"cancergan synthesise RUN --cases {plan.synthetic} --condition {shares} --out FOLDER"
    )
