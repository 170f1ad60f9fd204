"""``cancergan privacy``: what a private training costs, before anything is trained."""

from __future__ import annotations

from typing import Annotated, Any

import typer

app = typer.Typer(help="What a private training costs.", no_args_is_help=True)

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
