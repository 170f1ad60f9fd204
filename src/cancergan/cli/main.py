"""The command ``cancergan``: the five verbs, and what there is to choose from."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cancergan.cli import (
    assessment,
    choices,
    cohort,
    deidentify,
    detection,
    federate,
    gatekeeper,
    literature,
    pacs,
    phantoms,
    privacy,
    reader_study,
    shifts,
    split,
    studies,
)
from cancergan.cli.settings import parsed_settings
from cancergan.core.errors import BadInputError, CancerganError, CancerganWarning

app = typer.Typer(
    help="Adversarial networks for cancer imaging: synthetic cohorts to trust, or to refuse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(assessment.app)
app.add_typer(detection.app)
app.add_typer(cohort.app, name="cohort")
app.add_typer(phantoms.app, name="phantoms")
shifts.join(cohort.app)
app.add_typer(gatekeeper.app, name="gatekeeper")
app.add_typer(pacs.app, name="pacs")
app.command()(studies.run)
app.command()(studies.audit)
app.add_typer(federate.app, name="federate")
app.add_typer(reader_study.app, name="reader-study")
app.command()(deidentify.deidentify)
app.command()(deidentify.deface)
app.add_typer(privacy.app, name="privacy")
app.add_typer(split.app, name="split")
app.add_typer(choices.recipes_app, name="recipes")
app.add_typer(choices.games_app, name="games")
app.add_typer(literature.app, name="literature")

Out = Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")]
CohortPath = Annotated[Path, typer.Option("--cohort", help="Folder or file with real cases.")]


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or a YAML file.")],
    cohort_path: CohortPath,
    out: Annotated[Path | None, typer.Option(help="Run folder to create.")] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Real cases of other patients that choose the checkpoint.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A recipe setting.")
    ] = None,
    epsilon: Annotated[
        float | None, typer.Option(help="Privacy budget for each patient; with --delta.")
    ] = None,
    delta: Annotated[
        float | None, typer.Option(help="Chance that it fails; below 1 / patients.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print networks, cost and time, and leave.")
    ] = False,
) -> None:
    """Train a recipe on a real cohort into a run folder."""
    from cancergan import workflow

    settings = parsed_settings(assignments or [], example="training.steps=500")
    budget = {"privacy.epsilon": epsilon, "privacy.delta": delta}
    settings |= {key: value for key, value in budget.items() if value is not None}
    if dry_run:
        print("\n".join(workflow.plan(recipe, cohort_path, **settings).lines()))
        return
    if out is None:
        raise BadInputError("--out is missing: name the run folder to create.")
    run = workflow.train(recipe, cohort_path, out, validation=validation, resume=resume, **settings)
    print(f"run: {run.path}  samples: {run.samples}")


@app.command()
def synthesise(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write; must not exist yet.")] = None,
    cases: Annotated[
        int | None, typer.Option(help="How many cases; each source case once if left out.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Real cases to start from, where the run translates.")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(help='A class, "balanced", or shares such as "benign=1,malignant=3".'),
    ] = None,
    seed: int = 0,
    film: Annotated[
        Path | None, typer.Option(help="Instead of a cohort a film: a .png strip or a .gif.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="What the film shows: interpolation, truncation or classes.")
    ] = "interpolation",
) -> None:
    """Synthesise a cohort from a trained run, or a film of what the run has learnt."""
    from cancergan import workflow

    if film is not None:
        workflow.film(run, film, kind=kind, seed=seed)
        print(f"film: {film}")
        return
    if out is None:
        raise BadInputError("--out is missing: name the folder to create, or a --film.")
    cohort = workflow.synthesise(
        run, cases, out, condition=_condition(condition), seed=seed, source=source
    )
    print(f"synthetic cohort: {out}  ({len(cohort)} cases)")


@app.command()
def invert(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    image: Annotated[Path, typer.Option("--image", help="An image, or a folder of cases.")],
    out: Out,
    steps: Annotated[int, typer.Option(help="Steps of the search; 0 only encodes.")] = 200,
    seed: int = 0,
) -> None:
    """Find the latents of real images, and show what the run can make of them."""
    from cancergan import workflow

    found = workflow.invert(run, image, out, steps=steps, seed=seed)
    print(f"inversion: {out}  (root mean square error {found.errors.mean():.3f} of 2)")


@app.command("compare-translations")
def compare_translations(
    runs: Annotated[list[str], typer.Argument(help="Run folders, or NAME=FOLDER.")],
    cohort_path: CohortPath,
    out: Out,
    seed: int = 0,
) -> None:
    """Translate held-out pairs by each run and say how far they are from the truth."""
    from cancergan import workflow

    named = dict(_named(run) for run in runs)
    comparison = workflow.compare_translations(named, cohort_path, out, seed=seed)
    print(comparison.markdown(), end="")
    print(f"comparison: {out}")


@app.command("audit-hallucination")
def audit_hallucination(
    recipe: Annotated[str, typer.Argument(help="A recipe that translates, or a YAML file.")],
    cohort_path: CohortPath,
    out: Out,
    ratios: Annotated[
        str, typer.Option(help="Shares of target images with a tumour.")
    ] = "0,0.25,0.5,0.75,1",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A recipe setting.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted audit.")
    ] = False,
    seed: int = 0,
) -> None:
    """Ask whether a translator adds or removes tumours."""
    from cancergan import workflow

    settings = parsed_settings(assignments or [], example="training.steps=500")
    try:
        shares = [float(share) for share in ratios.split(",")]
    except ValueError:
        raise BadInputError(f'--ratios "{ratios}": give numbers, as in 0,0.5,1.') from None
    found = workflow.audit_hallucination(
        recipe, cohort_path, out, ratios=shares, seed=seed, resume=resume, say=print, **settings
    )
    print("\n".join(found.lines()))
    print(f"audit: {out}")


@app.command()
def assess(
    real: Annotated[Path, typer.Option(help="Real cases that the generator has never seen.")],
    synthetic: Annotated[Path, typer.Option(help="The synthetic cohort to judge.")],
    out: Out,
    training: Annotated[
        Path | None, typer.Option(help="The real cases that the generator was trained on.")
    ] = None,
    effort: Annotated[
        str, typer.Option(help="quick (a look), standard, or thorough (a decision).")
    ] = "standard",
    spaces: Annotated[
        list[Path] | None, typer.Option("--space", help="A feature space: space.yaml.")
    ] = None,
    reader_study: Annotated[
        Path | None, typer.Option(help="The analysis of a reader study of this cohort.")
    ] = None,
    seed: int = 0,
) -> None:
    """Measure what a synthetic cohort is good for, and write the report."""
    from cancergan import workflow
    from cancergan.assessment.settings import AssessmentSettings
    from cancergan.downstream.network_space import open_space

    opened = tuple(open_space(space) for space in spaces or ())
    settings = AssessmentSettings.of_effort(effort, spaces=opened)
    workflow.assess(
        real=real, synthetic=synthetic, training=training, out=out, seed=seed, settings=settings,
        reader_study=reader_study,
    )  # fmt: skip
    print(f"report: {out / 'report.html'}")


@app.command()
def gate(
    report: Annotated[Path, typer.Argument(help="report.json, or the folder that holds it.")],
    policy: Annotated[Path | None, typer.Option(help="A policy file (YAML).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Accept or refuse a report by a policy; exit code 1 on refusal."""
    from cancergan import workflow

    verdict = workflow.gate(report, policy)
    print(json.dumps(verdict.to_json(), indent=2) if as_json else verdict)
    raise typer.Exit(0 if verdict.accepted else 1)


@app.command()
def release(
    cohort_path: CohortPath,
    report: Annotated[Path, typer.Option(help="The report on this cohort.")],
    out: Out,
    policy: Annotated[Path | None, typer.Option(help="A policy file (YAML).")] = None,
    without_real_pictures: Annotated[
        bool, typer.Option("--without-real-pictures", help="Show no real patient in the report.")
    ] = False,
) -> None:
    """Bundle a synthetic cohort with its report, if the policy lets it go; else exit code 1."""
    from cancergan import workflow

    verdict = workflow.gate(report, policy)
    if not verdict.accepted:
        print(verdict)
        raise typer.Exit(1)
    bundle = workflow.release(
        cohort_path, report, out, policy, real_pictures=not without_real_pictures
    )
    print(f"bundle: {bundle}")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("runs/demo"),
    minutes: Annotated[float, typer.Option(help="Training time.")] = 5.0,
    seed: int = 0,
) -> None:
    """Watch a GAN learn real tissue, and read an honest report about it."""
    from cancergan.demo import run_demo

    run_demo(out, minutes=minutes, seed=seed)


def _named(run: str) -> tuple[str, Path]:
    """Return a run's name and folder; without a name it is called as its folder."""
    name, equals, folder = run.partition("=")
    return (name, Path(folder)) if equals else (Path(run).name, Path(run))


def _condition(text: str | None) -> str | dict[str, float] | None:
    if text is None or "=" not in text:
        return text
    shares = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            shares[name.strip()] = float(share)
        except ValueError:
            raise BadInputError(f'--condition "{text}": "{part}" is not CLASS=SHARE.') from None
    return shares


def main() -> None:
    """Run the command line; errors and warnings of the library become one line, errors exit 2."""
    with _noted_warnings():
        try:
            app()
        except CancerganError as error:
            print(f"cancergan: {error}", file=sys.stderr)
            sys.exit(error.exit_code)


@contextmanager
def _noted_warnings() -> Iterator[None]:
    """Print the library's own warnings for people; those of other packages keep their place."""
    with warnings.catch_warnings():
        show_in_python = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, CancerganWarning):
                print(f"cancergan: note: {message}", file=sys.stderr)
            else:
                show_in_python(message, category, *place, **more)

        warnings.showwarning = show
        yield


if __name__ == "__main__":
    main()
