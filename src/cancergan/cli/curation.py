"""``cancergan cohort describe, curate, duplicates, leakage, steps``: look at data, put it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cancergan.cli.words import as_table

if TYPE_CHECKING:
    from rich.console import Console

    from cancergan.cohort.curation.description import Description

Source = Annotated[Path, typer.Argument(help="A folder, table or file that holds a cohort.")]
Modality = Annotated[
    str | None, typer.Option("--modality", help="Take the cases of one modality only (CT, MR).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

MOST_PAIRS = 20


def describe(
    path: Source,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for description.html and describe.json.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Counts alone, without the checks.")
    ] = False,
    modality: Modality = None,
    as_json: AsJson = False,
) -> None:
    """Say what a cohort holds and what is wrong with it: counts, copies, quality, overlays."""
    import json

    from rich.console import Console

    from cancergan.cohort import Cohort
    from cancergan.cohort.curation.description import full_description
    from cancergan.cohort.curation.page import save_description
    from cancergan.cohort.describe import describe as describe_cohort
    from cancergan.core.errors import BadInputError

    if quick and out is not None:
        raise BadInputError("--quick has nothing to draw. Leave --quick or --out away.")
    cohort = Cohort.open(path).of_modality(modality)
    if quick:
        counts = describe_cohort(cohort)
        if as_json:
            typer.echo(json.dumps(counts, indent=2, ensure_ascii=False))
        else:
            Console().print(as_table(counts))
        return
    with _progress(len(cohort)) as progress:
        found = full_description(cohort, progress=progress)
    if out is not None:
        save_description(found, cohort, out)
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
        return
    _print(found, Console())
    if out is not None:
        typer.echo(f"page: {out / 'description.html'}")


def curate(
    path: Source,
    out: Annotated[Path, typer.Option("--out", help="The folder to write; must not exist yet.")],
    written: Annotated[
        list[str] | None, typer.Option("--step", help="A step, such as resample:spacing=1,1,1.")
    ] = None,
    listed: Annotated[
        Path | None, typer.Option("--steps", help="A YAML file that lists steps.")
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="native, png, npz, nifti or dicom.")
    ] = "native",
) -> None:
    """Apply curation steps to every case, in order, and write the cohort that comes of it."""
    from cancergan.cohort import Cohort
    from cancergan.cohort.curation.step_settings import as_step, read_steps
    from cancergan.core.errors import BadInputError

    steps = [*(read_steps(listed) if listed else []), *map(as_step, written or [])]
    if not steps:
        raise BadInputError("no step given. Name one by --step crop:to=body, or a file by --steps.")
    cohort = Cohort.open(path).curated(steps)
    cohort.save(out, format_name)
    names = ", ".join(step["step"] for step in cohort.provenance["curation"])
    typer.echo(f"{out}: {len(cohort)} cases after {names}")


def steps() -> None:
    """List the curation steps and their settings."""
    import inspect

    from cancergan.cohort.curation import steps as registry

    for name, kind in registry.items():
        settings = ", ".join(kind.model_fields) or "none"
        typer.echo(f"{name:12} {(inspect.getdoc(kind) or '').splitlines()[0]}  [{settings}]")


def duplicates(
    path: Source,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Least correlation of a near copy.")
    ] = None,
    turned: Annotated[
        bool, typer.Option("--turned", help="Also copies turned by any angle (a second an image).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List images that are there twice: equal, or resized, turned, recompressed, re-windowed."""
    import json

    from cancergan.cohort import Cohort
    from cancergan.cohort.curation.duplicates import LEAST_CORRELATION
    from cancergan.cohort.curation.duplicates import duplicates as find
    from cancergan.cohort.curation.survey import survey

    cohort = Cohort.open(path)
    with _progress(len(cohort)) as progress:
        seen = survey(cohort, progress=progress, copies_only=True)
    least = LEAST_CORRELATION if threshold is None else threshold
    pairs = find(seen, threshold=least, turned=turned)
    if as_json:
        typer.echo(json.dumps([pair.to_json() for pair in pairs], indent=2, ensure_ascii=False))
        return
    for pair in pairs:
        torn = f"labels differ: {', '.join(pair.labels)}" if pair.labels else ""
        notes = "  ".join(note for note in (pair.change, torn) if note)
        ids = f"{pair.first_id} = {pair.second_id}"
        typer.echo(f"{pair.kind:5} {pair.correlation:.3f}  {ids}  {notes}".rstrip())
    typer.echo(f"{len(pairs)} pairs in {len(cohort)} cases")


def leakage(
    parts: Annotated[list[Path], typer.Argument(help="Two or more cohorts: train, test, ...")],
) -> None:
    """Check that no patient and no image is in two cohorts; exit code 1 where one is."""
    from cancergan.cohort import Cohort
    from cancergan.cohort.curation.leakage import in_words, leaks

    found = leaks({str(path): Cohort.open(path) for path in parts})
    typer.echo(in_words(found))
    raise typer.Exit(1 if found else 0)


def _print(found: Description, console: Console) -> None:
    from rich.table import Table

    hidden = ("duplicates", "not_finite", "columns")
    console.print(as_table({k: v for k, v in found.counts.items() if k not in hidden}))
    colours = {"error": "red", "look": "yellow", "good": "green"}
    remarks = Table(show_header=False, title="What to act on", title_justify="left")
    for remark in found.remarks:
        colour = colours[remark.weight]
        remarks.add_row(f"[{colour}]{remark.weight}[/{colour}]", remark.sentence)
    console.print(remarks)
    for held in found.balance:
        classes = list(next(iter(held.rows.values())))
        table = Table(held.by, *classes, title=f"Cases by {held.by}", title_justify="left")
        for group, counts in held.rows.items():
            table.add_row(group, *(str(counts[name]) for name in classes))
        console.print(table)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], Any]]:
    """Show how many cases are read; quiet where there is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("looking at cases", total=total)
        yield lambda read: progress.update(task, completed=read)
