"""Private learning, what it costs, and the attacks that check it. Nothing here loads torch.

``epsilon`` and ``noise_for`` account; ``privatised_gradient`` (in ``gradients``) is the mechanism
that a private player, wherever it lives, learns by.
"""

from cancergan.privacy.accounting import epsilon, noise_for

__all__ = ["epsilon", "noise_for"]
