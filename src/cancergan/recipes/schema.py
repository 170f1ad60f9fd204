"""The shape of a recipe, and errors that name the key, the allowed set and the fix."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cancergan.core.errors import BadInputError

Model = TypeVar("Model", bound=BaseModel)


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingSettings(_Block):
    """How long, in what portions and on what a game is played.

    A step is one round of the game: every turn once, the generator's last. Training ends at
    ``steps`` or after ``minutes``, whichever comes first. ``batch_size`` counts all processes.
    ``average_half_life`` is the number of images after which the averaged weights have forgotten
    half.
    """

    steps: int | None = Field(default=None, ge=1)
    minutes: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=32, ge=1)
    checkpoint_every: int = Field(default=500, ge=1)
    log_every: int = Field(default=10, ge=1)
    sampling: Literal["natural", "class_balanced"] = "natural"
    average_half_life: int = Field(default=10_000, ge=0)
    accelerator: Literal["auto", "cpu", "cuda", "gpu", "mps"] = "auto"
    devices: int = Field(default=1, ge=1)
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    channels_last: bool = True

    @model_validator(mode="after")
    def _ends(self) -> TrainingSettings:
        if self.steps is None and self.minutes is None:
            raise ValueError("set training.steps or training.minutes, or training never ends")
        return self


class Recipe(_Block):
    """One recipe, resolved: ``game`` holds the game's name and that game's own settings."""

    name: str
    title: str
    source: str
    use: str = ""
    image_size: int | tuple[int, ...] | None = 64
    fit: Literal["crop", "stretch", "pad"] = "crop"
    seed: int = 0
    game: dict[str, Any]
    training: TrainingSettings


def keys_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Return the dotted keys of a block of settings, nested blocks included."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += keys_of(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def checked(
    model: type[Model], values: Mapping[str, Any], *, where: str, prefix: str = ""
) -> Model:
    """Return the validated block.

    Raises:
        BadInputError: one line for the first thing that is wrong; an unknown key is answered with
            the nearest known one.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = prefix + ".".join(str(part) for part in first["loc"])
        if first["type"] != "extra_forbidden":
            reason = str(first.get("ctx", {}).get("error", first["msg"]))
            raise BadInputError(f"{where}: {key or 'settings'}: {reason}.") from None
        raise _unknown_key(key, [prefix + name for name in keys_of(model)], where) from None


def _unknown_key(key: str, known: list[str], where: str) -> BadInputError:
    nearest = difflib.get_close_matches(key, known, n=1)
    parent = key.rpartition(".")[0]
    siblings = sorted(
        name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == parent
    )
    hint = f'; did you mean "{nearest[0]}"?' if nearest else "."
    return BadInputError(f'{where}: unknown key "{key}"{hint} Known: {", ".join(siblings)}.')
