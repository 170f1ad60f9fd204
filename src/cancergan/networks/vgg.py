"""VGG19 from a file of the user's, as the network in whose features images are compared.

Source: Simonyan and Zisserman 2015, table 1, column E; as a content loss Johnson et al. 2016, Ledig
et al. 2017 (SRGAN: layer 5_4), Wang et al. 2018 (pix2pixHD: layers 1_1 to 5_1). Weights are read
from a safetensors file with torchvision's names ("features.0.weight", ...), never fetched and never
unpickled, and only those of the stated checksum.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from cancergan.core.errors import BadInputError, unknown
from cancergan.core.files import check_sum
from cancergan.networks.layers import Spatial

# Convolutions of each block; a pooling layer lies between two blocks.
_BLOCKS = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4)
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def vgg19_layers() -> dict[str, int]:
    """Return the place of every convolution in torchvision's ``features``, by its name "block_n".

    >>> places = vgg19_layers()
    >>> places["1_1"], places["2_2"], places["5_4"], len(places)
    (0, 7, 34, 16)
    """
    places, place = {}, 0
    for block, widths in enumerate(_BLOCKS, start=1):
        for number in range(1, len(widths) + 1):
            places[f"{block}_{number}"] = place
            place += 2  # the convolution and its rectifier
        place += 1  # pooling
    return places


class VGG19Content(nn.Module):
    """Rectified features of chosen layers of VGG19, of pictures in [-1, 1].

    Grey pictures are repeated to three channels; all are brought to the range that the network was
    trained on. ``layers`` are names like "5_4" (the fourth convolution of the fifth block). The
    network is built and read as far as the deepest of them, and never trained.

    Raises:
        BadInputError: volumes, channels other than one or three, an unknown layer or one that a
            picture is too small for, a file that is missing, of another checksum, or without these
            weights.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        channels: int,
        spatial: Spatial,
        *,
        file: Path,
        sha256: str,
        layers: Sequence[str],
    ) -> None:
        super().__init__()
        if len(spatial) != 2 or channels not in (1, 3):
            raise BadInputError(
                f"VGG19 sees pictures of 1 or 3 channels, these images have {len(spatial)} axes "
                f"and {channels} channels. Leave game.content_network out: random convolutions "
                "see all."
            )
        places = vgg19_layers()
        for name in layers:
            if name not in places:
                raise unknown("layer of VGG19", name, places)
            if min(spatial) < 2 ** (int(name[0]) - 1):
                raise BadInputError(f"pictures of {spatial} are too small for layer {name}.")
        self.wanted = frozenset(places[name] for name in layers)
        self.features = _empty(max(self.wanted))
        check_sum(file, sha256)
        _read(self.features, file)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1), False)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map (B, 1 or 3, H, W) to the features of every chosen layer, coarsest last."""
        image = ((image + 1) / 2 - self.mean) / self.deviation
        seen = []
        for place, layer in enumerate(self.features):
            image = layer(image)
            if place - 1 in self.wanted:  # a rectifier follows its convolution
                seen.append(image)
        return seen


def _empty(deepest: int) -> nn.Sequential:
    """Return the layers up to the rectifier behind the convolution at ``deepest``, untrained."""
    layers: list[nn.Module] = []
    inputs = 3
    for widths in _BLOCKS:
        for outputs in widths:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers[: deepest + 2])


def _read(features: nn.Sequential, file: Path) -> None:
    """Fill the layers from torchvision's names; further weights in the file are left alone."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="pt") as weights:
            for name, parameter in features.named_parameters():
                parameter.data.copy_(weights.get_tensor(f"features.{name}"))
    except (SafetensorError, RuntimeError) as error:
        raise BadInputError(
            f"{file}: does not hold torchvision's VGG19 as safetensors ({error}). "
            'See docs, "Content by VGG19", for how to make it.'
        ) from None
