"""Networks, small and ours, each for pictures and volumes alike."""

from cancergan.networks import (
    coarse_to_fine,
    patch,
    refinement,
    residual,
    spatially_adaptive,
    super_resolution,
    translators,
)

__all__ = [
    "coarse_to_fine",
    "patch",
    "refinement",
    "residual",
    "spatially_adaptive",
    "super_resolution",
    "translators",
]
