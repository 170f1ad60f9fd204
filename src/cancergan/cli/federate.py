"""The command ``cancergan federate``: hospitals that keep their data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cancergan.cli.settings import parsed_settings
from cancergan.core.errors import BadInputError

if TYPE_CHECKING:
    from cancergan.federation.agreement import Agreement
    from cancergan.federation.conversation import CoordinatorSettings
    from cancergan.federation.policy import HospitalPolicy

app = typer.Typer(
    help="Hospitals that keep their data: provision, coordinator, hospital, simulate, ledger.",
    no_args_is_help=True,
)

Recipe = Annotated[str, typer.Argument(help="A recipe's name, or a YAML file.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A recipe setting.")
]
Federation = Annotated[
    list[str] | None,
    typer.Option(
        "--federation", metavar="KEY=VALUE", help="mode, max_staleness, timeout, failures, ..."
    ),
]
Classes = Annotated[str | None, typer.Option(help="The agreed classes, as in benign,malignant.")]
Window = Annotated[
    str | None, typer.Option(help="Agreed window per channel, as in 0:255 or -1000:400,0:5.")
]
Spacing = Annotated[str | None, typer.Option(help="Agreed millimetres of a pixel, as in 1,1.")]
Method = Annotated[str, typer.Option(help="asyndgan, average or classifier.")]
Compare = Annotated[
    bool,
    typer.Option("--compare-with-real", help="Allow a loss whose gradients show patients' pixels."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
RunFolder = Annotated[Path, typer.Option(help="Run folder to create.")]
PolicyFile = Annotated[Path | None, typer.Option(help="What the hospital allows (YAML).")]


@app.command()
def provision(
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")],
    sites: Annotated[list[str], typer.Option("--site", help="A hospital's name; repeat it.")],
    host: Annotated[str, typer.Option(help="Name under which hospitals reach the coordinator.")] = (
        "localhost"
    ),
    port: Annotated[int, typer.Option(help="Its port; the next one is used too.")] = 8002,
) -> None:
    """Make certificates and a startup kit for the coordinator and for each hospital."""
    from cancergan.federation import kits

    for line in kits.provision(out, sites, host=host, port=port):
        print(line)
    print(f"kits: {out / 'kits'}  (keep {out / 'authority'} secret: it admits hospitals)")


@app.command()
def hospital(
    kit: Annotated[Path, typer.Option(help="The hospital's startup kit.")],
    cohort_path: Annotated[Path, typer.Option("--cohort", help="Real cases; they stay here.")],
    policy: PolicyFile = None,
) -> None:
    """Serve runs from a hospital until interrupted."""
    from cancergan.federation.policy import HospitalPolicy
    from cancergan.federation.processes import run_hospital

    run_hospital(kit, cohort_path, HospitalPolicy.open(policy))


@app.command()
def coordinator(
    recipe: Recipe,
    kit: Annotated[Path, typer.Option(help="The coordinator's startup kit.")],
    out: RunFolder,
    classes: Classes = None,
    window: Window = None,
    spacing: Spacing = None,
    method: Method = "asyndgan",
    sites: Annotated[
        list[str] | None, typer.Option("--site", help="Wait for this hospital; repeat it.")
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for hospitals.")] = 120.0,
    federation: Federation = None,
    assignments: Settings = None,
    compare_with_real: Compare = False,
    resume: Resume = False,
) -> None:
    """Play a recipe with the hospitals that are connected."""
    from cancergan.federation.processes import run_coordinator

    agreement = _agreement(
        recipe, assignments, classes, window or "0:255", spacing, method, compare_with_real
    )
    run = run_coordinator(
        kit, agreement, out, _settings(federation), resume=resume, sites=sites, wait=wait
    )
    print(f"run: {run.path}  hospitals: {', '.join(run.trained_on.sites)}")


@app.command()
def simulate(
    recipe: Recipe,
    out: RunFolder,
    cohort_path: Annotated[
        Path | None, typer.Option("--cohort", help="One cohort, to be divided --by a column.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Column whose values stand for hospitals.")] = None,
    sites: Annotated[
        list[str] | None, typer.Option("--site", metavar="NAME=FOLDER", help="One hospital.")
    ] = None,
    classes: Classes = None,
    window: Window = None,
    spacing: Spacing = None,
    method: Method = "asyndgan",
    policy: PolicyFile = None,
    processes: Annotated[
        bool,
        typer.Option("--processes", help="As processes over mutual TLS, by the real engine."),
    ] = False,
    federation: Federation = None,
    assignments: Settings = None,
    compare_with_real: Compare = False,
    resume: Resume = False,
) -> None:
    """Play a federated run on this machine, to see what it would give and what would travel."""
    from cancergan.federation import simulation
    from cancergan.federation.ledger import read_ledger, summary

    cohorts = simulation.hospitals_of(cohort_path, by, sites or [])
    named = classes or ",".join(simulation.classes_of(cohorts))
    agreement = _agreement(
        recipe, assignments, named, window or simulation.window_of(cohorts), spacing, method,
        compare_with_real,
    )  # fmt: skip
    play = simulation.simulate_processes if processes else simulation.simulate
    run = play(
        agreement, cohorts, out, _settings(federation),
        policy=_policy(policy, agreement), resume=resume, say=print,
    )  # fmt: skip
    first = sorted(cohorts)[0]
    print(f"what left {first}, and what came in:")
    print("\n".join(summary(read_ledger(simulation.ledger_of(out, first)))))
    print(f"run: {run.path}  hospitals: {', '.join(run.trained_on.sites)}")


@app.command()
def ledger(path: Annotated[Path, typer.Argument(help="A ledger.jsonl.")]) -> None:
    """Print what left a hospital and what came in: messages and bytes by field."""
    from cancergan.federation.ledger import read_ledger, summary

    print("\n".join(summary(read_ledger(path))))


def _agreement(
    recipe: str,
    assignments: list[str] | None,
    classes: str | None,
    window: str,
    spacing: str | None,
    method: str,
    compare_with_real: bool,
) -> Agreement:
    from cancergan.federation.agreement import Agreement, Public
    from cancergan.recipes.loader import load_recipe

    loaded = load_recipe(recipe, parsed_settings(assignments or [], example="training.steps=500"))
    size = loaded.image_size
    if size is None:
        raise BadInputError("image_size must be agreed: set it, as in --set image_size=64.")
    low, high = _window(window)
    public = Public(
        classes=tuple(name.strip() for name in (classes or "").split(",") if name.strip()),
        low=low,
        high=high,
        spatial=(size, size) if isinstance(size, int) else tuple(size),
        spacing=_numbers(spacing, "--spacing") if spacing else (),
    )
    return Agreement.of(loaded, public, method=method, compares=compare_with_real)


def _settings(assignments: list[str] | None) -> CoordinatorSettings:
    from cancergan.core.validation import validated
    from cancergan.federation.conversation import CoordinatorSettings

    values: dict[str, Any] = parsed_settings(assignments or [], example="mode=asynchronous")
    return validated(CoordinatorSettings, values, where="--federation")


def _policy(path: Path | None, agreement: Agreement) -> HospitalPolicy:
    """Return the policy of simulated hospitals: the file's, or all that the method needs."""
    from cancergan.federation.policy import HospitalPolicy
    from cancergan.federation.simulation import allowed_by_default

    if path is not None:
        return HospitalPolicy.open(path)
    return HospitalPolicy(
        fields=allowed_by_default(agreement), allow_compare_with_real=agreement.compares
    )


def _window(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    pairs = [part.partition(":") for part in text.split(",")]
    try:
        return tuple(float(p[0]) for p in pairs), tuple(float(p[2]) for p in pairs)
    except ValueError:
        raise BadInputError(f'--window "{text}": write low:high for each channel.') from None


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise BadInputError(f'{option} "{text}": write numbers, as in 1,1.') from None
