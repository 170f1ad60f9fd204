"""Networks, small and ours, each for pictures and volumes alike."""

from cancergan.networks import residual

__all__ = ["residual"]
