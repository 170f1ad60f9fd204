"""What ``--set key=value`` means, wherever it is an option."""

from __future__ import annotations

from typing import Any

from cancergan.core.errors import BadInputError


def parsed_settings(assignments: list[str], *, example: str) -> dict[str, Any]:
    """Return {"training.steps": 100} from ["training.steps=100"]; values are read as YAML.

    Raises:
        BadInputError: an assignment without "="; ``example`` shows how to write one.
    """
    import yaml

    settings = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise BadInputError(f'--set "{assignment}": write key=value, as in {example}.')
        settings[key.strip()] = yaml.safe_load(value)
    return settings
