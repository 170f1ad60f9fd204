"""Games: who plays against whom, in which order, and what each player minimises.

Importing this package registers every game; a new game is a file here and a line below.
"""

from cancergan.games import (
    adversarial_autoencoder,
    boundary_equilibrium,
    content_style,
    noise_to_image,
    paired_translation,
    progressive,
    pyramid,
    teacher_ensemble,
    triple,
    unpaired_translation,
    vae_gan,
)
from cancergan.games.base import games

__all__ = [
    "adversarial_autoencoder",
    "boundary_equilibrium",
    "content_style",
    "games",
    "noise_to_image",
    "paired_translation",
    "progressive",
    "pyramid",
    "teacher_ensemble",
    "triple",
    "unpaired_translation",
    "vae_gan",
]
