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


def audit(
    run: Annotated[Path, typer.Argument(help="The run that would be released.")],
    cohort_path: Annotated[
        Path, typer.Option("--cohort", help="Real cases of patients that it was not trained on.")
    ],
    members: Annotated[Path, typer.Option(help="The real cases that it was trained on.")],
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")],
    cases: Annotated[int, typer.Option(help="Synthetic cases that the attacker has.")] = 1000,
    most_auc: Annotated[
        float, typer.Option(help="Fail where an attack's AUC is above this, 95 % sure.")
    ] = 0.6,
    rates: Annotated[
        list[float] | None,
        typer.Option("--fpr", help="Count hits at this false positive rate; repeat it."),
    ] = None,
    attributes: Annotated[
        list[str] | None,
        typer.Option("--attribute", help="Infer this column; repeat it. Default: what is there."),
    ] = None,
    shadows: Annotated[
        int, typer.Option(help="Runs of the recipe that the attacker trains to learn from.")
    ] = 0,
    shadow_folder: Annotated[
        Path | None, typer.Option(help="Keep them here, so that an audit can be repeated.")
    ] = None,
    seed: int = 0,
) -> None:
    """Attack a run: does it give away whom it was trained on? Exit code 1 if it does."""
    from cancergan import workflow

    found = workflow.audit(
        run, members, cohort_path, out, cases=cases, most_auc=most_auc, rates=rates,
        attributes=attributes, shadows=shadows, shadow_folder=shadow_folder, seed=seed,
    )  # fmt: skip
    print("\n".join(found.evidence.notes))
    print(f"audit: {out / 'index.html'}")
    raise typer.Exit(1 if found.failures else 0)
