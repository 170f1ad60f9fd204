"""``cancergan gatekeeper``: build a gate of simulated cases, calibrate it, and check models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Simulated cases that a model must pass before it sees patients.", no_args_is_help=True
)
Gate = Annotated[Path, typer.Argument(help="The gate's folder.")]


@app.command()
def build(
    out: Annotated[Path, typer.Argument(help="Folder to write; must not exist yet.")],
    cohort: Annotated[
        Path, typer.Option(help="The site's simulated cases, with labels: phantoms or synthetic.")
    ],
    positive: Annotated[
        list[str], typer.Option(help="The class that models must find; repeat it for several.")
    ],
    required: Annotated[float, typer.Option(help="The AUC on real cases that is asked for.")],
    shift: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:STRENGTH[:MECHANISM]", help="A suite under a shift; repeat it."),
    ] = None,
    alpha: Annotated[
        float, typer.Option(help="How often an admitted model may fall below that.")
    ] = 0.1,
    aggregate: Annotated[str, typer.Option(help="Which counts: worst suite, or mean.")] = "worst",
    image_size: Annotated[
        int | None, typer.Option(help="Sides of the images that --model is shown.")
    ] = None,
    seed: int = 0,
) -> None:
    """Write a gate: cases to hand out in cases/, and the truth in keep/, which stays."""
    from cancergan.assessment.gatekeeper import Gatekeeper
    from cancergan.assessment.gatekeeper.suites import DEFAULT_SHIFTS
    from cancergan.cohort import Cohort

    gate = Gatekeeper.build(
        out, Cohort.open(cohort), positive=positive, required=required,
        shifts=DEFAULT_SHIFTS if shift is None else shift, alpha=alpha,
        aggregate=aggregate,  # type: ignore[arg-type]
        image_size=image_size, seed=seed,
    )  # fmt: skip
    for name, count in gate.stated["suites"].items():
        print(f"suite {name}: {count} cases")
    for name, reason in gate.stated["left_out"].items():
        print(f"suite {name}: left out, {reason}")
    print(f"hand out: {out / 'cases'}  keep: {out / 'keep'}")


@app.command()
def calibrate(
    gate: Gate,
    models: Annotated[
        Path, typer.Argument(help="CSV: model, real (its AUC on real cases), answers (a CSV file).")
    ],
) -> None:
    """Record models whose real scores are known: without them the gate admits nobody."""
    from cancergan.assessment.gatekeeper import Gatekeeper
    from cancergan.assessment.gatekeeper.answers import read_models

    opened = Gatekeeper.open(gate)
    known = opened.calibrate(*read_models(models))
    tracks = known.rank_correlation()
    margin = known.margin(alpha=opened.stated["alpha"])
    if tracks is None or tracks.low is None:
        print(f"{len(known)} models: too few to say whether simulated scores track real ones")
    else:
        print(
            f"{len(known)} models: rank correlation of simulated and real scores "
            f"{tracks.value:.2f} ({tracks.low:.2f} to {tracks.high:.2f})"
        )
    print(f"margin at alpha {opened.stated['alpha']:g}: {margin:.3f}")


@app.command()
def check(
    gate: Gate,
    answers: Annotated[
        Path | None, typer.Option(help="CSV of a model's answers: case_id, probability.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Or a network in a file, described as for --space.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Admit or refuse a model: exit code 0 admitted, 1 refused, 2 answers that are none."""
    from cancergan.assessment.gatekeeper import Gatekeeper
    from cancergan.assessment.gatekeeper.answers import read_answers
    from cancergan.core.errors import BadInputError

    if (answers is None) == (model is None):
        raise BadInputError("give the model's --answers, or the --model itself: one of the two.")
    opened = Gatekeeper.open(gate)
    if answers is not None:
        given = read_answers(answers)
    else:
        from cancergan.downstream.network_space import open_space

        assert model is not None
        given = opened.answers_of(open_space(model))
    scores = opened.scores(given)
    answer = opened.check(given)
    if as_json:
        suites = {name: found.to_json() for name, found in scores.items()}
        content = {"admitted": answer.admitted, "reasons": list(answer.reasons), "suites": suites}
        print(json.dumps(content, indent=2))
    else:
        for name, found in scores.items():
            ends = "" if found.low is None else f" ({found.low:.3f} to {found.high:.3f})"
            print(f"{name}: AUC {found.value:.3f}{ends}")
        print(answer)
    raise typer.Exit(0 if answer.admitted else 1)
