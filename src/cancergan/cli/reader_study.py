"""``cancergan reader-study``: make a study, serve its reading room, analyse it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Reader studies: can people tell synthetic images from real ones?", no_args_is_help=True
)

Folder = Annotated[Path, typer.Argument(help="A study folder.")]


@app.command()
def create(
    real: Annotated[Path, typer.Option(help="Real cases.")],
    synthetic: Annotated[Path, typer.Option(help="Synthetic (or edited) cases.")],
    out: Annotated[Path, typer.Option(help="Study folder to write; must not exist yet.")],
    design: Annotated[str, typer.Option(help="yes-no, 2afc, mos or find-the-edit.")] = "yes-no",
    readers: Annotated[int, typer.Option(help="How many people read.")] = 5,
    cases: Annotated[
        int | None, typer.Option(help="Images (pairs of 2afc) that each reads; all if left out.")
    ] = None,
    ratio: Annotated[
        str, typer.Option(help="balanced (half synthetic), or hidden (drawn, never told).")
    ] = "balanced",
    repeats: Annotated[float, typer.Option(help="Share of the cases read twice.")] = 0.2,
    gap: Annotated[int, typer.Option(help="Fewest cases between a case and its repeat.")] = 8,
    informed: Annotated[
        bool, typer.Option("--informed/--blind-only", help="Read again after the disclosure.")
    ] = True,
    disclosure: Annotated[
        str, typer.Option(help="What readers learn before they read again.")
    ] = "",
    pause_hours: Annotated[float, typer.Option(help="Hours between the two readings.")] = 0.0,
    training: Annotated[int, typer.Option(help="Cases with feedback, left out afterwards.")] = 4,
    margin: Annotated[float, typer.Option(help="Margin of equivalence about chance.")] = 0.10,
    correlation: Annotated[
        float, typer.Option(help="Assumed correlation of two readers on one case, for the power.")
    ] = 0.1,
    title: Annotated[str, typer.Option(help="What readers see above the images.")] = "Reader study",
    image_size: Annotated[
        int | None, typer.Option(help="Bring the images of both sides to this size.")
    ] = None,
    seed: int = 0,
) -> None:
    """Make a study folder, and print how much it can show."""
    from cancergan.core.validation import validated
    from cancergan.reader_study.power import power_lines
    from cancergan.reader_study.settings import StudySettings
    from cancergan.reader_study.study import create as make
    from cancergan.workflow import open_cohort

    given = {
        "design": design, "readers": readers, "cases": cases, "ratio": ratio, "repeats": repeats,
        "gap": gap, "informed": informed, "disclosure": disclosure, "pause_hours": pause_hours,
        "training": training, "margin": margin, "correlation": correlation, "title": title,
        "image_size": image_size, "seed": seed,
    }  # fmt: skip
    settings = validated(StudySettings, given, where="reader-study create")
    study = make(open_cohort(real), open_cohort(synthetic), out, settings)
    with study.store.reading() as connection:
        count = connection.execute("SELECT count(*) FROM items WHERE NOT training").fetchone()[0]
    print("\n".join(power_lines(settings, count)))
    print(f"study: {out}\nnext: cancergan reader-study invite {out}; then serve {out}")


@app.command()
def invite(
    study: Folder,
    reader: Annotated[int | None, typer.Option(help="One reader; all if left out.")] = None,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="A link to the page of progress.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What to call the reader.")] = None,
    expertise: Annotated[str | None, typer.Option(help="The reader's field.")] = None,
    url: Annotated[str, typer.Option(help="Where readers reach it.")] = "http://127.0.0.1:8000",
) -> None:
    """Print invitation links, which are shown once; a new link ends the old one."""
    from cancergan.core.errors import BadInputError
    from cancergan.reader_study import access
    from cancergan.reader_study.study import Study

    opened = Study.open(study)
    base = url.rstrip("/")
    if administrator:
        print(f"administrator: {base}/enter/{access.invite(opened.store, None)}")
        return
    if reader is None and (name or expertise):
        raise BadInputError("--name and --expertise are of one reader: name it with --reader.")
    chosen = [reader] if reader else range(1, opened.settings.readers + 1)
    for number in chosen:
        token = access.invite(opened.store, number, name=name, expertise=expertise)
        print(f"reader {number}: {base}/enter/{token}")


@app.command()
def revoke(study: Folder, reader: Annotated[int, typer.Option(help="The reader.")]) -> None:
    """End a reader's link and sessions; the answers stay."""
    from cancergan.reader_study import access
    from cancergan.reader_study.study import Study

    access.revoke(Study.open(study).store, reader)
    print(f"reader {reader}: link ended")


@app.command()
def status(
    study: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print how far the readers are, never what they answered."""
    from cancergan.reader_study import access
    from cancergan.reader_study.study import Study

    opened = Study.open(study)
    rows = access.progress(opened.store)
    if as_json:
        print(json.dumps({"locked_at": opened.locked_at, "readers": rows}, indent=2))
        return
    for row in rows:
        state = "revoked" if row["revoked"] else ("invited" if row["invited"] else "not invited")
        print(f"{row['name']:12} {row['answered']:4} of {row['trials']:4}  {state}")
    print(f"locked: {opened.locked_at or 'no'}")


@app.command()
def lock(study: Folder) -> None:
    """End the reading for good, so that the answers may be analysed."""
    from cancergan.reader_study.study import Study

    opened = Study.open(study)
    opened.lock()
    print(f"locked: {opened.locked_at}")


@app.command()
def serve(
    study: Folder,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.")] = 8000,
    proxies: Annotated[
        str, typer.Option(help="Reverse proxies whose X-Forwarded headers are believed.")
    ] = "127.0.0.1",
) -> None:
    """Serve the reading room until you press Ctrl-C."""
    from cancergan.reader_study.web.serve import serve as run

    run(study, host=host, port=port, proxies=proxies)


@app.command()
def analyse(
    study: Folder,
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")],
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> None:
    """Analyse a locked study: a page, JSON, tables, and a file for iMRMC."""
    from cancergan.reader_study.analysis import analyse as work_out
    from cancergan.reader_study.analysis.page import headline

    found = work_out(study, seed=seed)
    found.save(out)
    print(headline(found))
    print(f"analysis: {out / 'analysis.html'}")


@app.command("export")
def export_(study: Folder, out: Annotated[Path, typer.Argument(help="The .zip to write.")]) -> None:
    """Write the whole study into one file; invitation links stay valid."""
    from cancergan.reader_study.archive import export
    from cancergan.reader_study.study import Study

    export(Study.open(study), out)
    print(f"exported: {out}")


@app.command("import")
def import_(
    archive: Annotated[Path, typer.Argument(help="A .zip that export wrote.")],
    out: Annotated[Path, typer.Argument(help="Study folder to write; must not exist yet.")],
) -> None:
    """Make a study folder of an exported file."""
    from cancergan.reader_study.archive import import_study

    print(f"study: {import_study(archive, out).path}")
