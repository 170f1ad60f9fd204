"""Segmenters: networks from an image to the logits of its labels, in two and three dimensions.

A segmenter maps (B, inputs, *spatial) to (B, outputs, *spatial), linear; background has no channel.
"""

from __future__ import annotations

from torch import nn

from cancergan.core.registry import Registry
from cancergan.networks.layers import Spatial
from cancergan.networks.unet import UNet

segmenters: Registry[type[nn.Module]] = Registry("segmenter")


@segmenters.register("unet")
class UNetSegmenter(UNet):
    """The U-Net (Ronneberger et al. 2015; in 3D Çiçek et al. 2016), as ``downstream`` trains it.

    ``dropout`` of the coarser levels stays on where a game asks for several draws, whose spread is
    the network's own uncertainty (Gal and Ghahramani 2016).
    """

    def __init__(
        self,
        *,
        inputs: int,
        outputs: int,
        spatial: Spatial,
        width: int = 16,
        depth: int = 3,
        widest: int = 128,
        normalise: str = "group",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(
            inputs,
            outputs,
            spatial,
            width=width,
            depth=depth,
            widest=widest,
            norm=normalise,
            dropout=dropout,
        )
