"""Networks, small and ours, each for pictures and volumes alike."""

from cancergan.networks import (
    capsule,
    coarse_to_fine,
    confidence,
    dense,
    patch,
    progressive,
    reconstruction,
    refinement,
    residual,
    segmenters,
    spatially_adaptive,
    style,
    super_resolution,
    transformer,
    translators,
)

__all__ = [
    "capsule",
    "coarse_to_fine",
    "confidence",
    "dense",
    "patch",
    "progressive",
    "reconstruction",
    "refinement",
    "residual",
    "segmenters",
    "spatially_adaptive",
    "style",
    "super_resolution",
    "transformer",
    "translators",
]
