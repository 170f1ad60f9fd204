"""The network in whose features a game compares images, as its settings name it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from torch import nn

from cancergan.games.base import ImageShape, Settings
from cancergan.networks.content import RandomContent
from cancergan.networks.vgg import VGG19Content


class ContentNetworkSettings(Settings):
    """VGG19 in whose features images are compared: a safetensors file, its checksum, its layers.

    ``layers`` are names like "5_4" (SRGAN's), ``distance`` is of their rectified features.
    """

    file: Path
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    layers: tuple[str, ...] = Field(default=("5_4",), min_length=1)
    distance: Literal["l1", "l2"] = "l1"


def content_network(wanted: ContentNetworkSettings | None, shape: ImageShape) -> nn.Module:
    """Return the network of a file, or fixed random convolutions where none is named.

    Raises:
        BadInputError: the file is missing or another one, or the network does not see such images.
    """
    if wanted is None:
        return RandomContent(shape.channels, len(shape.spatial))
    stated = wanted.model_dump(include={"file", "sha256", "layers"})
    return VGG19Content(shape.channels, shape.spatial, **stated)
