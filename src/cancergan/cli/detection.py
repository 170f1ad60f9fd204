"""The commands that ask a trained run about single cases: anomaly, neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

RunPath = Annotated[Path, typer.Argument(help="A run folder.")]
Out = Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")]


@app.command()
def anomaly(
    run: RunPath,
    cohort_path: Annotated[Path, typer.Option("--cohort", help="Cases to score.")],
    out: Out,
    normal: Annotated[
        str | None,
        typer.Option(help='Query that picks the normal cases, as "lesion_pixels == 0".'),
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Cases whose masks choose the threshold of Dice.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Steps of a latent search; encoder alone if left out.")
    ] = None,
    encode: Annotated[
        bool, typer.Option("--encode/--no-encode", help="Begin where the encoder points.")
    ] = True,
    kappa: Annotated[float, typer.Option(help="Weight of the discriminator's features.")] = 1.0,
    seed: int = 0,
) -> None:
    """Score how far cases are from the healthy ones that a run has learnt, and map where."""
    from cancergan import workflow

    found = workflow.anomaly(
        run, cohort_path, out, normal=normal, validation=validation, steps=steps, encode=encode,
        kappa=kappa, seed=seed,
    )  # fmt: skip
    for name, value in found.figures.items():
        print(f"{name.replace('_', ' ')}: {value:.3f}")
    print(f"anomaly: {out}  ({len(found.table)} cases)")


@app.command()
def neighbours(
    run: RunPath,
    query: Annotated[Path, typer.Option(help="The cases to look up.")],
    cohort_path: Annotated[Path, typer.Option("--cohort", help="The known cases.")],
    out: Out,
    k: Annotated[int, typer.Option(help="How many neighbours.")] = 5,
    space: Annotated[str, typer.Option(help="Where to look: latent, or discriminator.")] = "latent",
) -> None:
    """Find the known cases that a run sees nearest to new ones."""
    from cancergan import workflow

    found = workflow.neighbours(run, query, cohort_path, out, k=k, space=space)
    print(f"neighbours: {out}  ({found['query'].nunique()} queries, {k} each)")
