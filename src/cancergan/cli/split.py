"""``cancergan split``: an encoder for the hospital, a segmenter for outside, codes between them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Segment elsewhere without sending pictures: encoder here, segmenter there.",
    no_args_is_help=True,
)

CohortPath = Annotated[Path, typer.Option("--cohort", help="Folder or file with real cases.")]
Half = Annotated[Path, typer.Argument(help="The half of the export that belongs here.")]


@app.command("export")
def export(
    run: Annotated[Path, typer.Argument(help="A run of identity_obfuscating_encoder.")],
    cohort_path: Annotated[
        Path,
        typer.Option("--cohort", help="Several images each of patients that it has not seen."),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write: hospital/ and outside/.")],
    most_reidentified: Annotated[
        float, typer.Option(help="Refuse above this share of codes told whose, 95 % sure.")
    ] = 0.5,
    probe_steps: Annotated[int, typer.Option(help="How long the probe learns.")] = 300,
    seed: int = 0,
) -> None:
    """Probe the codes of unseen patients; write both halves only where they say little enough."""
    from cancergan import workflow

    found = workflow.export_split(
        run, cohort_path, out,
        most_reidentified=most_reidentified, probe_steps=probe_steps, seed=seed,
    )  # fmt: skip
    print(found.line())
    print(f"split: {out / 'hospital'} stays, {out / 'outside'} goes")


@app.command("encode")
def encode(
    hospital: Half,
    cohort_path: CohortPath,
    out: Annotated[Path, typer.Option(help="Folder to write: codes to send, names to keep.")],
) -> None:
    """At the hospital: make codes of pictures. They name no patient, and lie in a secret order."""
    from cancergan import workflow

    cases = workflow.encode_split(hospital, cohort_path, out)
    print(f"{cases} codes: send {out / 'codes.safetensors'}, keep {out / 'kept.json'}")


@app.command("segment")
def segment(
    outside: Half,
    codes: Annotated[Path, typer.Option(help="The file of codes that the hospital sent.")],
    out: Annotated[Path, typer.Option(help="The file of masks to write (.safetensors).")],
) -> None:
    """Outside: make masks of codes, for the encoder that this segmenter belongs to alone."""
    from cancergan import workflow

    print(f"{workflow.segment_split(outside, codes, out)} masks: {out}")


@app.command("return")
def put_back(
    hospital: Half,
    masks: Annotated[Path, typer.Option(help="The file of masks that came back.")],
    kept: Annotated[Path, typer.Option(help="The kept.json of that batch.")],
    cohort_path: CohortPath,
    out: Annotated[Path, typer.Option(help="Cohort to write; must not exist yet.")],
) -> None:
    """At the hospital: put the masks back to the cases that they belong to."""
    from cancergan import workflow

    cohort = workflow.return_split(hospital, masks, kept, cohort_path, out)
    print(f"segmented cohort: {out}  ({len(cohort)} cases)")
