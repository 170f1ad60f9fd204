"""``cancergan privacy``: what a private training costs, and whether its claim holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cancergan.cli.settings import parsed_settings
from cancergan.core.errors import BadInputError

app = typer.Typer(
    help="What a private training costs, and whether its claim holds.", no_args_is_help=True
)

Rate = Annotated[
    float, typer.Option(help="Probability that a patient takes part in a step: lot / patients.")
]
Steps = Annotated[int, typer.Option(help="Steps that see patients, all critic steps counted.")]
Delta = Annotated[float, typer.Option(help="Chance that it fails; below 1 / patients.")]
Accountant = Annotated[str, typer.Option(help="rdp, or prv (tighter, slower).")]


@app.command("epsilon")
def epsilon(
    noise: Annotated[float, typer.Option(help="Standard deviation, in clipping norms.")],
    sampling_rate: Rate,
    steps: Steps,
    delta: Delta,
    accountant: Accountant = "rdp",
) -> None:
    """Print the epsilon that a training would spend."""
    from cancergan import privacy

    chosen: Any = accountant
    spent = privacy.epsilon(
        noise=noise, sampling_rate=sampling_rate, steps=steps, delta=delta, accountant=chosen
    )
    print(f"epsilon {spent:.4f} at delta {delta:g}")


@app.command("noise-for")
def noise_for(
    epsilon: Annotated[float, typer.Option(help="The budget to keep.")],
    sampling_rate: Rate,
    steps: Steps,
    delta: Delta,
    accountant: Accountant = "rdp",
) -> None:
    """Print the least noise that keeps a budget."""
    from cancergan import privacy

    chosen: Any = accountant
    noise = privacy.noise_for(
        epsilon=epsilon, sampling_rate=sampling_rate, steps=steps, delta=delta, accountant=chosen
    )
    print(f"noise {noise:.4f} clipping norms")


@app.command("votes")
def votes(
    noise: Annotated[float, typer.Option(help="Scale, or deviation, of the noise on each count.")],
    delta: Delta,
    number: Annotated[int | None, typer.Option("--votes", help="How many counts are told.")] = None,
    kind: Annotated[str, typer.Option(help="laplace or normal noise.")] = "laplace",
    counts: Annotated[
        Path | None,
        typer.Option(help="Counts without noise, one a line: also give the data-dependent bound."),
    ] = None,
    teachers: Annotated[int | None, typer.Option(help="How many vote; needed with counts.")] = None,
) -> None:
    """Print what votes of teachers cost; with their counts, also a bound to be kept secret."""
    from cancergan.privacy.votes import data_dependent_epsilon, votes_epsilon

    chosen: Any = kind
    said = None if counts is None else _counts(counts)
    if (number is None) == (said is None) or (said is not None and teachers is None):
        raise BadInputError("give --votes, or --counts together with --teachers.")
    told = number if said is None else len(said)
    spent = votes_epsilon(noise=noise, votes=told or 0, delta=delta, kind=chosen)
    print(f"epsilon {spent:.4f} at delta {delta:g}, whatever the teachers said")
    if said is not None and teachers is not None:
        bound = data_dependent_epsilon(
            said, teachers=teachers, noise=noise, delta=delta, kind=chosen
        )
        print(
            f"SECRET: epsilon {bound:.4f} given these votes. It depends on patients: never publish "
            "it, and claim the one above."
        )


def _counts(path: Path) -> list[float]:
    """Return the numbers of a text file, one a line."""
    try:
        return [float(line) for line in path.read_text(encoding="utf-8").split()]
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"{path}: counts cannot be read ({error}). One number a line."
        ) from None


@app.command("audit")
def audit(
    recipe: Annotated[str, typer.Argument(help="A private recipe's name, or a YAML file.")],
    cohort_path: Annotated[Path, typer.Option("--cohort", help="Folder or file with real cases.")],
    out: Annotated[Path, typer.Option(help="Folder of the audit's own run.")],
    canaries: Annotated[int, typer.Option(help="Made-up patients, each in by a coin.")] = 100,
    epsilon: Annotated[float | None, typer.Option(help="The budget to be audited.")] = None,
    delta: Annotated[
        float | None, typer.Option(help="Chance that it fails; below 1 / patients.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A recipe setting.")
    ] = None,
) -> None:
    """Train once with canaries and attack the result; exit code 1 if the claim is refuted."""
    from cancergan import workflow

    settings = parsed_settings(assignments or [], example="training.steps=500")
    budget = {"privacy.epsilon": epsilon, "privacy.delta": delta}
    settings |= {key: value for key, value in budget.items() if value is not None}
    audits = workflow.audit_privacy(recipe, cohort_path, out, canaries=canaries, **settings)
    for found in audits:
        print(found.line())
    raise typer.Exit(1 if any(found.refutes for found in audits) else 0)
