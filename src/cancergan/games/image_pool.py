"""Earlier synthetic images, shown to a discriminator again so that it does not forget them."""

from __future__ import annotations

import torch
from torch import Tensor


class ImagePool:
    """A buffer of ``size`` images of one shape (Shrivastava et al. 2017, section 2.3).

    Until it is full, what comes in goes through and is kept. From then on each image either goes
    through, or takes the place of a kept one, which goes out instead, each with probability 1/2.
    """

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        self.images = torch.zeros(size, *shape)
        self.count = torch.tensor(0)

    def tensors(self) -> dict[str, Tensor]:
        """Return the state, for checkpoints."""
        return {"images": self.images, "count": self.count}

    def exchange(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return as many images (B, *shape) as come in, some of them earlier ones."""
        size = len(self.images)
        if size == 0:
            return images
        if self.images.device != images.device:
            self.images = self.images.to(images.device)
        draws = torch.rand(len(images), 2, generator=generator, device=images.device).tolist()
        shown = []
        for image, (keep, place) in zip(images, draws, strict=True):
            if int(self.count) < size:
                self.images[int(self.count)] = image
                self.count += 1
                shown.append(image)
            elif keep < 0.5:
                shown.append(image)
            else:
                old = self.images[int(place * size)].clone()
                self.images[int(place * size)] = image
                shown.append(old)
        return torch.stack(shown)
