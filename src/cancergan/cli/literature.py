"""``cancergan literature``: the review's publications, what they report, and what runs here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cancergan.core.errors import unknown

app = typer.Typer(help="The review's 161 publications, and how each is run.", no_args_is_help=True)


@app.command("list")
def literature_list(
    modality: Annotated[str | None, typer.Option(help="MRI, CT, mammography, ...")] = None,
    task: Annotated[str | None, typer.Option(help="segmentation, translation, ...")] = None,
    anatomy: Annotated[str | None, typer.Option(help="breast, liver, ...")] = None,
    recipe: Annotated[str | None, typer.Option(help="A family: R02 or its name.")] = None,
    since: Annotated[int | None, typer.Option(help="First year.")] = None,
    until: Annotated[int | None, typer.Option(help="Last year.")] = None,
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """List publications: id, year, modality, task, family, and whether that family runs today."""
    from cancergan.literature import select

    if output not in ("table", "json"):
        raise unknown("format", output, ("table", "json"))
    found = select(
        modality=modality, task=task, anatomy=anatomy, recipe=recipe, since=since, until=until
    )
    if output == "json":
        print(json.dumps([one.to_json() for one in found], indent=1))
        return
    for one in found:
        runs = "runs" if one.runs else "-"
        modalities = ";".join(one.modalities)
        print(f"{one.id:34} {one.year} {modalities:18.18} {one.recipe} {runs:4} {one.task}")
    running = sum(one.runs for one in found)
    print(f"{len(found)} publications; the recipes of {running} run today")


@app.command("show")
def literature_show(name: Annotated[str, typer.Argument(help="A publication's id.")]) -> None:
    """Print what the review says of a publication, and how its method is run here."""
    from cancergan.literature import publication
    from cancergan.literature.reproduction import reproduction

    one = publication(name)
    print(f"{one.id}: {one.author} et al. {one.year}, {one.method} [{one.references}]")
    print(f"Table {one.table}, {one.section}; {one.task}; {', '.join(one.architectures)}")
    print(f"data: {one.dataset} (public: {one.public}); {', '.join(one.modalities)}; "
          f"{', '.join(one.anatomies) or 'organ not stated'}")  # fmt: skip
    if one.metric:
        gain = "no gain stated" if one.gain is None else f"gain {one.gain:+g}"
        print(f"reported: {one.metric} {one.without} without, {one.with_gan} with; {gain}")
    if one.notes:
        print(f"notes: {one.notes}")
    print(f"family: {one.recipe} {one.recipe_name}; {one.parameters}")
    print("\n".join(reproduction(one).lines()))


@app.command("figures")
def literature_figures(
    out: Annotated[Path, typer.Option(help="Folder for the picture and the table.")],
) -> None:
    """Draw the review's Fig 2 from its tables, and explain where print says otherwise."""
    from cancergan.literature.figure2 import save

    picture, table = save(out)
    print(f"figure: {picture}  table: {table}")


@app.command("compare")
def literature_compare(
    name: Annotated[str, typer.Argument(help="A publication's id.")],
    evidence: Annotated[
        list[Path] | None,
        typer.Option(help="evidence.json of a study, or a folder of studies."),
    ] = None,
) -> None:
    """Print the gain that a publication reports, and ours of the same family."""
    from cancergan.literature import publication
    from cancergan.literature.comparison import compare

    print("\n".join(compare(publication(name), evidence or ())))
