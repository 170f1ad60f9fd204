"""``cancergan cohort``: import, split, export and measure; curation has a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cancergan.cli import curation

if TYPE_CHECKING:
    from cancergan.cohort import Cohort

app = typer.Typer(
    help="Describe, curate, import, split, export and measure cohorts.", no_args_is_help=True
)
for command in (
    curation.describe,
    curation.curate,
    curation.steps,
    curation.duplicates,
    curation.leakage,
):
    app.command()(command)

Source = Annotated[Path, typer.Argument(help="A folder, table or file that holds a cohort.")]
Out = Annotated[Path, typer.Option("--out", help="The folder to write; it must not exist yet.")]


@app.command("import")
def import_(
    source: Source,
    out: Out,
    format_name: Annotated[str, typer.Option("--format", help="What to write.")] = "native",
    modality: curation.Modality = None,
) -> None:
    """Read a cohort in any known layout, write it as one of our own, and account for it."""
    from cancergan.cohort import Cohort

    cohort = Cohort.open(source).of_modality(modality)
    _write(cohort, out, format_name)
    for line in cohort.account.lines() if cohort.account else ():
        typer.echo(line)


@app.command()
def export(
    path: Source,
    out: Out,
    format_name: Annotated[
        str, typer.Option("--format", help="native, png, npz, nifti or dicom.")
    ] = "nifti",
) -> None:
    """Write a cohort in a format that other programs open."""
    from cancergan.cohort import Cohort

    _write(Cohort.open(path), out, format_name)


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


def _write(cohort: Cohort, out: Path, format_name: str) -> None:
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
