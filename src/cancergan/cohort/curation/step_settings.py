"""How people write steps: ``resample:spacing=1,1,1`` on a command line, or a list in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cancergan.cohort.curation.step import Step, steps
from cancergan.core.errors import BadInputError
from cancergan.core.validation import validated

FORM = 'Write "resample: {spacing: [1, 1, 1]}" in a file, or resample:spacing=1,1,1'


def as_step(written: Step | str | Mapping[str, Any]) -> Step:
    """Return a step however it is written: itself, "crop:to=body:margin=5", {"crop": {...}}.

    Raises:
        BadInputError: an unknown step or setting, or another form.
    """
    if isinstance(written, Step):
        return written
    if isinstance(written, str):
        return _from_text(written)
    if isinstance(written, Mapping) and len(written) == 1:
        ((name, settings),) = written.items()
        if isinstance(settings, Mapping | None):
            return validated(steps[str(name)], settings or {}, where=f"step {name}")
    raise BadInputError(f"step {written}: is not one step with its settings. {FORM}.")


def read_steps(path: Path) -> list[Step]:
    """Return the steps that a YAML file lists.

    Raises:
        BadInputError: no such file, no YAML, no list, or a step that is wrong; names the file.
    """
    import yaml

    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: is not YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(written, list) or not written:
        raise BadInputError(f"{path}: is not a list of steps. {FORM}.")
    try:
        return [as_step(item) for item in written]
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from None


def _from_text(text: str) -> Step:
    import yaml

    name, *assignments = text.split(":")
    settings = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise BadInputError(f'step "{text}": "{assignment}" is not key=value. {FORM}.')
        settings[key.strip()] = yaml.safe_load(f"[{value}]" if "," in value else value)
    return validated(steps[name.strip()], settings, where=f"step {name.strip()}")
