"""Settings that a user wrote, checked by pydantic; the first mistake is told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from cancergan.core.errors import BadInputError

Model = TypeVar("Model", bound=BaseModel)
Place = Sequence[str | int]


def validated(
    model: type[Model], values: Mapping[str, Any], *, where: str, prefix: str = ""
) -> Model:
    """Return the values as the model.

    Args:
        model: a model that forbids extra keys.
        values: what the user wrote.
        where: the file or recipe to name where something is wrong.
        prefix: what stands before the keys of this block in the user's file ("game.").

    Raises:
        BadInputError: one line for the first thing that is wrong; unknown keys come first, since a
            misspelt key is also a missing one, and are answered with the nearest known one.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        mistakes = error.errors()
    for mistake in mistakes:
        if mistake["type"] == "extra_forbidden":
            raise _unknown_key(model, mistake["loc"], where, prefix)
    place, _ = _follow(model, mistakes[0]["loc"])
    reason = mistakes[0].get("ctx", {}).get("error", mistakes[0]["msg"])
    raise BadInputError(
        f"{where}: {prefix + _dotted(place) or 'settings'}: {str(reason).rstrip('.')}."
    )


def _unknown_key(model: type[BaseModel], loc: Place, where: str, prefix: str) -> BadInputError:
    """Name the key, the nearest of the whole block, and its siblings; a list's item is a block."""
    place, block = _follow(model, loc[:-1])
    item = max((at for at, part in enumerate(place, 1) if isinstance(part, int)), default=0)
    if item:
        where, prefix = f"{where}: {prefix}{_dotted(place[:item])}", ""
    parent = prefix + "".join(f"{part}." for part in place[item:])
    key, siblings = f"{parent}{loc[-1]}", sorted(block.model_fields)
    _, whole = _follow(model, place[:item])
    known = [parent + name for name in siblings] + _keys(whole, prefix)
    nearest = difflib.get_close_matches(key, known, n=1)
    hint = f'; did you mean "{nearest[0]}"?' if nearest else "."
    return BadInputError(f'{where}: unknown key "{key}"{hint} Known: {", ".join(siblings)}.')


def _follow(model: type[BaseModel], loc: Place) -> tuple[list[str | int], type[BaseModel]]:
    """Return a place as the user would write it, and the block of settings it leads to.

    Pydantic's own last words, the name of a union's member, are cut off.
    """
    place: list[str | int] = []
    for part in loc:
        if isinstance(part, str):
            if part not in model.model_fields:
                break
            model = _block(model.model_fields[part].annotation) or model
        place.append(part)
    return place, model


def _keys(model: type[BaseModel], prefix: str) -> list[str]:
    """Return the dotted keys of a block of settings, nested blocks included."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        block = _block(field.annotation)
        keys += _keys(block, f"{prefix}{name}.") if block else [prefix + name]
    return keys


def _block(annotation: object) -> type[BaseModel] | None:
    """Return the block of settings that a field holds, whether optional or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((block for part in get_args(annotation) if (block := _block(part))), None)


def _dotted(place: Place) -> str:
    return ".".join(map(str, place))
