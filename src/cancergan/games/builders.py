"""The networks that most games are played with, built for data of one shape."""

from __future__ import annotations

from torch import nn

from cancergan.core.errors import BadInputError
from cancergan.games.base import ImageShape, NetworkSettings, build_network
from cancergan.networks.discriminators import discriminators
from cancergan.networks.encoders import encoders
from cancergan.networks.generators import generators


def generator(
    wanted: NetworkSettings, shape: ImageShape, *, latent_size: int, classes: int = 0
) -> nn.Module:
    """Return the named generator, from noise (B, latent_size) and a class to images of a shape."""
    return build_network(
        generators,
        wanted,
        channels=shape.channels,
        spatial=shape.spatial,
        classes=classes,
        latent_size=latent_size,
    )


def discriminator(
    wanted: NetworkSettings, shape: ImageShape, *, classes: int = 0, conditioning: str = "none"
) -> nn.Module:
    """Return the named discriminator of images of a shape, told of classes by a conditioning."""
    return build_network(
        discriminators,
        wanted,
        channels=shape.channels,
        spatial=shape.spatial,
        classes=classes,
        conditioning=conditioning,
    )


def encoder(wanted: NetworkSettings, shape: ImageShape, *, outputs: int) -> nn.Module:
    """Return the named encoder, from images of a shape to (B, outputs)."""
    return build_network(
        encoders, wanted, channels=shape.channels, spatial=shape.spatial, outputs=outputs
    )


def classes_of(conditioning: str, shape: ImageShape) -> int:
    """Return how many classes take part: none without a conditioning.

    Raises:
        BadInputError: a conditioning, and fewer than two classes.
    """
    if conditioning == "none":
        return 0
    if len(shape.classes) < 2:
        raise BadInputError(
            f'conditioning "{conditioning}" needs at least 2 classes, the cohort has '
            f"{len(shape.classes)}. Add a label column, or set game.conditioning=none."
        )
    return len(shape.classes)
