"""Games in words, where the words depend on the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cancergan.games.base import Description
from cancergan.losses.adversarial import adversarial_losses

if TYPE_CHECKING:
    from cancergan.games.noise_to_image import NoiseToImageSettings


def describe_noise_to_image(settings: NoiseToImageSettings) -> Description:
    """Return the game in words."""
    classes = settings.conditioning != "none"
    loss = adversarial_losses[settings.loss]
    critic = [settings.loss]
    if settings.penalty is not None:
        every = settings.penalty.every
        critic.append(settings.penalty.name + f" (every {every} rounds)" * (every > 1))
    if settings.discriminator_optimiser.clip_weights is not None:
        critic.append(f"weights clipped to {settings.discriminator_optimiser.clip_weights}")
    generator = [settings.loss + (", which reads real scores too" if loss.compares else "")]
    if settings.conditioning == "auxiliary":
        critic.append("cross entropy of the class")
        generator.append("cross entropy of the class")
    several = f" ({settings.discriminators} of them)" if settings.discriminators > 1 else ""
    inputs = {
        "generator": "noise" + (", class" if classes else ""),
        "discriminator": "image" + _how_it_hears(settings.conditioning) + several,
    }
    losses = {"generator": " + ".join(generator), "discriminator": " + ".join(critic)}
    if settings.encoder is not None:
        inputs["encoder"] = "synthetic image"
        losses["encoder"] = "squared error of the latent"
    return Description(
        task="noise and a class to an image of that class" if classes else "noise to image",
        inputs=inputs,
        losses=losses,
        data="images" + (" with a class" if classes else ""),
        source=f"Goodfellow et al. 2014; {loss.source}",
    )


def _how_it_hears(conditioning: str) -> str:
    return {
        "none": "",
        "concatenate": ", class as a channel",
        "projection": ", class by projection",
        "auxiliary": " (has to name its class)",
    }[conditioning]
