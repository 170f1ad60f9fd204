"""``cancergan run``: a recipe of the review, with its baselines, on a cohort."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from cancergan.cli.settings import parsed_settings
from cancergan.core.errors import BadInputError


def run(
    recipe: Annotated[
        str, typer.Argument(help='A recipe\'s name, its id ("R14"), or a YAML file.')
    ],
    cohort_path: Annotated[
        Path | None,
        typer.Option("--cohort", help="Real cases; the recipe's phantom if left out."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write, or to go on with.")] = None,
    seeds: Annotated[int, typer.Option(help="Trainings of every method.")] = 3,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A recipe setting.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the cohort, print what would be run, leave.")
    ] = False,
) -> None:
    """Run a recipe with its baselines on held-out patients, and say whether it helps."""
    from cancergan import workflow

    settings = parsed_settings(assignments or [], example="training.steps=500")
    if dry_run:
        proposal = workflow.propose_study(recipe, cohort_path, seeds=seeds, **settings)
        print("\n".join(proposal.lines()))
        return
    if out is None:
        raise BadInputError("--out is missing: name the folder to write.")
    command = shlex.join(["cancergan", *sys.argv[1:]])
    evidence = workflow.run_study(
        recipe, cohort_path, out, seeds=seeds, command=command, **settings
    )
    print("\n".join([*evidence.sentences(), *evidence.notes]))
    print(f"evidence: {out / 'index.html'}")
