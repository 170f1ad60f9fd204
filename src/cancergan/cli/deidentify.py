"""``cancergan deidentify`` and ``cancergan deface``: data that may leave the house."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Option("--out", help="The folder to write; it must not exist yet.")]


def deidentify(
    source: Annotated[Path, typer.Argument(help="A DICOM file, or a folder of them.")],
    out: Out,
    key: Annotated[
        Path | None, typer.Option("--key", help="A key file: equal identifiers in every call.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", help="Make a key file and use it.")
    ] = None,
    dates: Annotated[str, typer.Option("--dates", help="shift (by patient), or remove.")] = "shift",
    keep_characteristics: Annotated[
        bool, typer.Option("--keep-characteristics", help="Keep sex, age, size and weight.")
    ] = False,
    blank: Annotated[
        list[str] | None,
        typer.Option("--blank", metavar="L,T,R,B", help="Blacken columns L to R, rows T to B."),
    ] = None,
    pixels_trusted: Annotated[
        bool, typer.Option("--trust-pixels", help="You have looked: no text is burned in.")
    ] = False,
) -> None:
    """De-identify DICOM files by the basic profile of PS3.15, with a list of what was done."""
    from typing import get_args, get_type_hints

    from cancergan.cohort.deidentification import Profile, Rectangle, Secret
    from cancergan.cohort.deidentification import deidentify as run
    from cancergan.core.errors import BadInputError, unknown

    if dates not in get_args(get_type_hints(Profile)["dates"]):
        raise unknown("--dates", dates, get_args(get_type_hints(Profile)["dates"]))
    if key and new_key:
        raise BadInputError("give either --key or --new-key.")
    secret = Secret.open(key) if key else Secret.fresh()
    if new_key:
        secret.save(new_key)
    account = run(
        source,
        out,
        secret=secret,
        profile=Profile(
            dates="remove" if dates == "remove" else "shift",
            keep_characteristics=keep_characteristics,
        ),
        rectangles=[Rectangle.parse(text) for text in blank or ()],
        pixels_trusted=pixels_trusted,
    )
    typer.echo(
        f"{out}: {len(account.changes)} files, {len(account.held_back)} held back; "
        f"what was done: {out / 'audit' / 'audit.csv'}"
    )


def deface(
    cohort: Annotated[Path, typer.Argument(help="A cohort of head volumes.")],
    masks: Annotated[Path, typer.Option("--masks", help="A cohort of face masks, named alike.")],
    out: Out,
    format_name: Annotated[
        str, typer.Option("--format", help="native, npz, nifti or dicom.")
    ] = "native",
    brain: Annotated[
        Path | None,
        typer.Option("--brain", help="A cohort of brain masks: refuse faces that touch brain."),
    ] = None,
) -> None:
    """Empty the face of every case; every other voxel stays as it is."""
    from cancergan.cohort import Cohort
    from cancergan.cohort.deidentification import deface as run
    from cancergan.cohort.deidentification.face import face_of

    brains = None if brain is None else face_of(Cohort.open(brain))
    defaced = run(Cohort.open(cohort), face_of(Cohort.open(masks)), brain=brains)
    defaced.save(out, format_name)
    typer.echo(f"{out}: {len(defaced)} cases without a face")
