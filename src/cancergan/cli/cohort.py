"""``cancergan cohort``: import, split and export; curation has a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cancergan.cli import curation

if TYPE_CHECKING:
    from cancergan.cohort import Cohort

app = typer.Typer(help="Describe, curate, import, split and export cohorts.", no_args_is_help=True)
for command in (
    curation.describe,
    curation.curate,
    curation.steps,
    curation.duplicates,
    curation.leakage,
):
    app.command()(command)

Modality = Annotated[
    str | None, typer.Option("--modality", help="Take the cases of one modality only (CT, MR).")
]
Source = Annotated[Path, typer.Argument(help="A folder, table or file that holds a cohort.")]
Out = Annotated[Path, typer.Option("--out", help="The folder to write; it must not exist yet.")]


@app.command("import")
def import_(
    source: Source,
    out: Out,
    format_name: Annotated[str, typer.Option("--format", help="What to write.")] = "native",
    modality: Modality = None,
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
