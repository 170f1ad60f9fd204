"""A discriminator that judges every pixel: where a map of labels looks like a true one."""

from __future__ import annotations

from torch import Tensor, nn

from cancergan.core.errors import BadInputError
from cancergan.networks.discriminators import Judgement, discriminators
from cancergan.networks.layers import Spatial
from cancergan.networks.unet import UNet


@discriminators.register("pixel")
class PixelDiscriminator(nn.Module):
    """A U-Net whose output is one score a pixel, the confidence map of segmentation games.

    Sources: Hung et al. 2018 (fully convolutional discriminator); Nie and Shen 2020 (confidence
    learning). Scores (B, pixels) are in the order of the image's pixels.
    """

    def __init__(
        self,
        *,
        channels: int,
        spatial: Spatial,
        classes: int,
        conditioning: str = "none",
        width: int = 16,
        depth: int = 3,
    ) -> None:
        super().__init__()
        if conditioning != "none":
            raise BadInputError(
                f'discriminator "pixel": conditioning "{conditioning}" needs one score an image. '
                "Take none, or another discriminator."
            )
        self.score = UNet(channels, 1, spatial, width=width, depth=depth)

    def forward(self, image: Tensor, label: Tensor | None = None) -> Judgement:
        """Judge images (B, channels, *spatial); scores are (B, pixels)."""
        return Judgement(self.score(image).flatten(1))
