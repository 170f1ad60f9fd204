"""``cancergan pacs``: push cohorts to a PACS, look what it has, fetch from it, receive from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cancergan.cohort.pacs import Query, Server

app = typer.Typer(help="Send cohorts to a PACS and fetch from it.", no_args_is_help=True)

Url = Annotated[str | None, typer.Option("--url", help="Root of DICOMweb, http://host/dicom-web.")]
Host = Annotated[str | None, typer.Option("--host", help="Host of a DIMSE server.")]
Port = Annotated[int | None, typer.Option("--port", help="Its DICOM port.")]
Aet = Annotated[str, typer.Option("--aet", help="Application entity title of the server.")]
Calling = Annotated[str, typer.Option("--calling", help="Our own application entity title.")]
Seconds = Annotated[float, typer.Option("--timeout", help="Seconds to wait for an answer.")]
Patient = Annotated[str, typer.Option("--patient", help="Patient id; * and ? are wildcards.")]
Study = Annotated[str, typer.Option("--study", help="Study instance UID.")]
Series = Annotated[str, typer.Option("--series", help="Series instance UID.")]
Modality = Annotated[str, typer.Option("--modality", help="CT, MR, ...")]
Accession = Annotated[str, typer.Option("--accession", help="Accession number.")]


@app.command()
def push(
    cohort: Annotated[Path, typer.Argument(help="A cohort in any layout, or a DICOM folder.")],
    url: Url = None,
    host: Host = None,
    port: Port = None,
    aet: Aet = "ANY-SCP",
    calling: Calling = "CANCERGAN",
    seconds: Seconds = 30.0,
    identified: Annotated[
        bool, typer.Option("--identified", help="Send files of patients who can be recognised.")
    ] = False,
) -> None:
    """Send a cohort: DICOM files as they are, anything else as DICOM made for the purpose."""
    from cancergan.cohort import pacs

    server = pacs.connect(
        url=url, host=host, port=port, called=aet, calling=calling, seconds=seconds
    )
    with pacs.parcels_of(cohort, identified=identified) as parcels:
        files = pacs.push(server, parcels, tell=typer.echo)
    typer.echo(f"{server.address}: {len(parcels)} cases arrived, {files} files")


@app.command()
def query(
    url: Url = None,
    host: Host = None,
    port: Port = None,
    aet: Aet = "ANY-SCP",
    calling: Calling = "CANCERGAN",
    seconds: Seconds = 30.0,
    patient: Patient = "",
    study: Study = "",
    series: Series = "",
    modality: Modality = "",
    accession: Accession = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the series that a server has."""
    import json
    from dataclasses import asdict

    from cancergan.cohort import pacs

    server: Server = pacs.connect(
        url=url, host=host, port=port, called=aet, calling=calling, seconds=seconds
    )
    wanted: Query = pacs.Query(patient, study, series, modality, accession)
    found = server.search(wanted)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        typer.echo(
            f"{one.patient_id}  {one.modality}  {one.instances} instances  {one.description}\n"
            f"    study {one.study}\n    series {one.series}"
        )
    typer.echo(f"{server.address}: {len(found)} series")


@app.command()
def fetch(
    out: Annotated[Path, typer.Option("--out", help="The folder to write; must not exist yet.")],
    url: Url = None,
    host: Host = None,
    port: Port = None,
    aet: Aet = "ANY-SCP",
    calling: Calling = "CANCERGAN",
    seconds: Seconds = 30.0,
    patient: Patient = "",
    study: Study = "",
    series: Series = "",
    modality: Modality = "",
    accession: Accession = "",
    move_port: Annotated[
        int | None,
        typer.Option("--move-port", help="C-MOVE to this port of ours, for servers without C-GET."),
    ] = None,
) -> None:
    """Retrieve the series that match into a folder that every command opens as a cohort."""
    from cancergan.cohort import pacs

    server = pacs.connect(
        url=url,
        host=host,
        port=port,
        called=aet,
        calling=calling,
        seconds=seconds,
        move_port=move_port,
    )
    wanted = pacs.Query(patient, study, series, modality, accession)
    found = pacs.fetch(server, wanted, out, tell=typer.echo)
    typer.echo(f"{out}: {len(found)} series")


@app.command()
def receive(
    port: Annotated[int, typer.Option("--port", help="Where to listen; 0 takes a free port.")],
    out: Annotated[Path, typer.Option("--out", help="The folder that files arrive in.")],
    host: Annotated[
        str, typer.Option("--host", help="0.0.0.0 lets other computers reach it.")
    ] = "127.0.0.1",
    aet: Annotated[str, typer.Option("--aet", help="Our application entity title.")] = "CANCERGAN",
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="A title that may send; none means all.")
    ] = None,
    files: Annotated[int | None, typer.Option("--files", help="Stop after so many files.")] = None,
    idle: Annotated[
        float | None, typer.Option("--idle", help="Stop when nothing came for so many seconds.")
    ] = None,
    largest: Annotated[int, typer.Option("--largest", help="MiB that a file may have.")] = 1024,
    most: Annotated[int, typer.Option("--most", help="GiB that may arrive in all.")] = 200,
) -> None:
    """Receive what a PACS sends (C-STORE) until Ctrl-C, so many files, or a silence."""
    from contextlib import suppress

    from cancergan.cohort import pacs

    arrivals = pacs.Arrivals(out, largest=largest * 2**20, most=most * 2**30)
    with pacs.receiving(arrivals, port=port, host=host, title=aet, allowed=allow or ()) as receiver:
        typer.echo(f"listening on {host}:{receiver.port} as {aet}; Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            receiver.wait(files=files, idle=idle)
    for line in receiver.refused[:10]:
        typer.echo(f"refused: {line}")
    typer.echo(f"{out}: {len(arrivals)} files kept, {len(receiver.refused)} refused")
