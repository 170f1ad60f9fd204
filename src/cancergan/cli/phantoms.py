"""``cancergan phantoms``: list them, and draw cohorts whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cancergan.cli.settings import parsed_settings

app = typer.Typer(help="Cohorts whose truth is known, because we drew them.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the phantoms: name and what each is."""
    from cancergan.cohort.phantoms import phantoms

    for name, draw in phantoms.items():
        print(f"{name:20} {(draw.__doc__ or '').splitlines()[0]}")


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="A phantom's name.")],
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")],
    cases: Annotated[int, typer.Option(help="How many cases.")] = 100,
    seed: int = 0,
    format_name: Annotated[
        str, typer.Option("--format", help="native, png, npz, nifti or dicom.")
    ] = "native",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option of it.")
    ] = None,
) -> None:
    """Draw a cohort of a phantom and save it."""
    from cancergan.cohort.phantoms import phantom

    cohort = phantom(
        name, cases, seed=seed, **parsed_settings(assignments or [], example="size=64")
    )
    cohort.save(out, format=format_name)
    print(f"phantom cohort: {out}  ({len(cohort)} cases)")


@app.command()
def show(name: Annotated[str, typer.Argument(help="A phantom's name.")]) -> None:
    """Print a phantom's options, and what of it is realistic and what is not."""
    import inspect

    from cancergan.cohort.phantoms import phantoms

    print(inspect.getdoc(phantoms[name]))


@app.command()
def sheet(
    out: Annotated[Path, typer.Option(help="The PNG to write.")],
    columns: Annotated[int, typer.Option(help="Cases of each phantom.")] = 5,
    seed: int = 0,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A phantom to show; repeat it.")
    ] = None,
) -> None:
    """Draw one picture of all phantoms that have images, or of some."""
    from cancergan.cohort.phantoms.contact_sheet import contact_sheet

    shown = contact_sheet(out, columns=columns, seed=seed, names=only)
    print(f"contact sheet: {out}  ({len(shown)} phantoms)")
