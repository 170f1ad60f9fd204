"""``cancergan cohort``: describe, import, split, export and measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(help="Describe, import, split, export and measure cohorts.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(help="A folder, table or file that holds a cohort.")]
Out = Annotated[Path, typer.Option("--out", help="The folder to write; it must not exist yet.")]


@app.command()
def describe(
    path: Source,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a cohort holds: counts, shapes, intensities, gaps and duplicates."""
    import json

    from rich.console import Console

    from cancergan.cohort import Cohort
    from cancergan.cohort.describe import describe as describe_cohort

    described = describe_cohort(Cohort.open(path))
    if as_json:
        typer.echo(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        Console().print(_as_table(described))


@app.command("import")
def import_(
    source: Source,
    out: Out,
    format_name: Annotated[str, typer.Option("--format", help="What to write.")] = "native",
) -> None:
    """Read a cohort in any known layout and write it as one of our own."""
    _convert(source, out, format_name)


@app.command()
def export(
    path: Source,
    out: Out,
    format_name: Annotated[
        str, typer.Option("--format", help="native, png, npz, nifti or dicom.")
    ] = "nifti",
) -> None:
    """Write a cohort in a format that other programs open."""
    _convert(path, out, format_name)


@app.command()
def split(
    path: Source,
    out: Out,
    parts: Annotated[
        str, typer.Option("--parts", help="Names and shares.")
    ] = "train=.7,validation=.1,test=.2",
    by: Annotated[str, typer.Option("--by", help="The column that is never cut.")] = "patient_id",
    order: Annotated[
        str, typer.Option("--order", help="random, or contiguous for neighbouring duplicates.")
    ] = "random",
    seed: Annotated[int, typer.Option("--seed", help="Decides a random order.")] = 0,
) -> None:
    """Cut a cohort into parts without cutting a patient; each part becomes a folder."""
    from cancergan.cohort import Cohort, check_disjoint
    from cancergan.core.files import whole_folder

    cohort = Cohort.open(path)
    cut = cohort.split(_shares(parts), by=by, seed=seed, order=order)
    check_disjoint(cut)
    with whole_folder(out) as folder:
        for name, part in cut.items():
            part.save(folder / name)
    for name, part in cut.items():
        typer.echo(f"{out / name}: {len(part)} cases")
    if not cohort.unit_is_known and by == "patient_id":
        typer.echo("No patients are named: cases were split one by one. Name a unit with --by.")


@app.command()
def radiomics(
    path: Source,
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.")],
    profile: Annotated[str, typer.Option(help="ibsi, or pyradiomics.")] = "ibsi",
    of: Annotated[
        Literal["mask", "image"] | None, typer.Option("--of", help="What to measure.")
    ] = None,
    label: Annotated[int | None, typer.Option(help="Which value of the masks.")] = None,
    channel: Annotated[int | None, typer.Option(help="Which channel, from 0.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="bin_width=25, or so.")
    ] = None,
) -> None:
    """Measure the radiomic features of every case; one row a case."""
    from cancergan.cli.settings import parsed_settings
    from cancergan.cohort import Cohort
    from cancergan.cohort.radiomics import save_radiomics
    from cancergan.metrics.radiomics import RadiomicsSettings

    changes = parsed_settings(assignments or [], example="bin_width=25")
    settings = RadiomicsSettings.for_profile(**({"profile": profile} | changes))
    table = save_radiomics(Cohort.open(path), out, settings, of=of, label=label, channel=channel)
    features = len(table.columns) - list(table.columns).index("undefined") - 1
    typer.echo(f"{out}: {len(table)} cases, {features} features")


def _convert(source: Path, out: Path, format_name: str) -> None:
    from cancergan.cohort import Cohort

    cohort = Cohort.open(source)
    cohort.save(out, format_name)
    typer.echo(f"{out}: {len(cohort)} cases as {format_name}")


def _shares(text: str) -> dict[str, float]:
    """Return {"train": 0.7, ...} for "train=.7,...".

    Raises:
        BadInputError: the text has another form.
    """
    from cancergan.core.errors import BadInputError

    shares = {}
    for item in text.split(","):
        name, equals, share = item.strip().partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise BadInputError(f'--parts "{text}": needed is train=.7,validation=.1,test=.2.')
    return shares


def _as_table(described: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(show_header=False, title=str(described["origin"]), title_justify="left")
    for key, value in described.items():
        if key != "origin":
            table.add_row(key.replace("_", " "), _in_words(value))
    return table


def _in_words(value: object, limit: int = 8) -> str:
    """Return a value for people: one line per entry, at most ``limit`` of them."""
    if isinstance(value, dict):
        lines = [f"{name}: {_in_words(entry)}" for name, entry in value.items()]
    elif isinstance(value, list):
        lines = [_in_entry(entry) for entry in value]
    else:
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    more = [f"and {len(lines) - limit} more"] if len(lines) > limit else []
    return "\n".join(lines[:limit] + more)


def _in_entry(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return "; ".join(
        ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for value in entry.values()
    )
