"""The commands about trust: compare, sensitivity, utility."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

Effort = Annotated[str, typer.Option(help="quick (a look), standard, or thorough (a decision).")]
Training = Annotated[
    Path | None, typer.Option(help="The real cases that the generators were trained on.")
]


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A synthetic cohort; or a report without --real.")],
    second: Annotated[Path, typer.Argument(help="The other one.")],
    real: Annotated[
        Path | None, typer.Option(help="Real cases that neither generator has seen.")
    ] = None,
    training: Training = None,
    effort: Effort = "standard",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    seed: int = 0,
) -> None:
    """Say which of two synthetic cohorts is better, figure by figure, with intervals."""
    from cancergan import workflow
    from cancergan.assessment.settings import AssessmentSettings

    gaps = workflow.compare(
        first, second, real=real, training=training, seed=seed,
        settings=AssessmentSettings.of_effort(effort),
    )  # fmt: skip
    if as_json:
        print(json.dumps([asdict(gap) for gap in gaps], indent=2))
    else:
        print("\n".join(map(str, gaps)))


@app.command()
def sensitivity(
    real: Annotated[Path, typer.Option(help="Real cases, 48 or more.")],
    image_size: Annotated[int | None, typer.Option(help="Sides of the images.")] = None,
    contiguous: Annotated[
        bool, typer.Option("--contiguous", help="Keep neighbours together (near-duplicates).")
    ] = False,
    effort: Effort = "standard",
    out: Annotated[Path | None, typer.Option(help="Markdown file for the table.")] = None,
    seed: int = 0,
) -> None:
    """Spoil real cases in five ways and show which family of metrics notices."""
    from cancergan.assessment import sensitivity as spoiling
    from cancergan.assessment.settings import AssessmentSettings
    from cancergan.core.files import write_text
    from cancergan.workflow import open_cohort

    trials = spoiling.sensitivity(
        open_cohort(real), image_size=image_size, seed=seed,
        order="contiguous" if contiguous else "random",
        settings=AssessmentSettings.of_effort(effort),
    )  # fmt: skip
    table = spoiling.table(trials)
    if out is not None:
        write_text(out, table)
    print(table, end="")


@app.command()
def utility(
    real: Annotated[Path, typer.Option(help="Real test cases, at their natural prevalence.")],
    training: Annotated[Path, typer.Option(help="Real training cases.")],
    synthetic: Annotated[Path, typer.Option(help="The synthetic cases.")],
    out: Annotated[Path, typer.Option(help="Folder for the report.")],
    task: Annotated[
        str, typer.Option(help="classification, segmentation or detection.")
    ] = "classification",
    image_size: Annotated[int | None, typer.Option(help="Sides of the images.")] = None,
    steps: Annotated[int, typer.Option(help="Optimiser steps of every training.")] = 300,
    seeds: Annotated[int, typer.Option(help="Trainings of each arm.")] = 3,
    ratios: Annotated[
        str, typer.Option(help="Synthetic cases for each real one, such as 0.5,1,2.")
    ] = "",
    sizes: Annotated[
        str, typer.Option(help="Shares of the real training patients, such as 0.25,0.5,1.")
    ] = "",
    seed: int = 0,
) -> None:
    """Does synthetic data help? Train with and without it, and test on real patients."""
    from cancergan.assessment import utility_study
    from cancergan.workflow import open_cohort

    settings = utility_study.StudySettings(
        task=task,  # type: ignore[arg-type]
        image_size=image_size, steps=steps, seeds=seeds, seed=seed,
        ratios=_numbers("--ratios", ratios), sizes=_numbers("--sizes", sizes),
    )  # fmt: skip
    report = utility_study.study(
        real=open_cohort(real), training=open_cohort(training), synthetic=open_cohort(synthetic),
        settings=settings,
    )  # fmt: skip
    report.save(out)
    print(utility_study.table(report), end="")
    print(f"report: {out / 'report.html'}")


def _numbers(option: str, text: str) -> tuple[float, ...]:
    from cancergan.core.errors import BadInputError

    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise BadInputError(f'{option} "{text}": write numbers such as 0.5,1,2.') from None
