"""Games: who plays against whom, in which order, and what each player minimises.

Importing this package registers every game; a new game is a file here and a line below.
"""

from cancergan.games import (
    adversarial_autoencoder,
    adversarial_segmentation,
    boundary_equilibrium,
    content_style,
    counterfactual,
    domain_adaptation,
    dose_response,
    f_anogan,
    infilling,
    layer_perturbation,
    noise_to_image,
    obfuscating_encoder,
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
    "adversarial_segmentation",
    "boundary_equilibrium",
    "content_style",
    "counterfactual",
    "domain_adaptation",
    "dose_response",
    "f_anogan",
    "games",
    "infilling",
    "layer_perturbation",
    "noise_to_image",
    "obfuscating_encoder",
    "paired_translation",
    "progressive",
    "pyramid",
    "teacher_ensemble",
    "triple",
    "unpaired_translation",
    "vae_gan",
]
