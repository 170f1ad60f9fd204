"""Games: who plays against whom, in which order, and what each player minimises.

Importing this package registers every game; a new game is a file here and a line below.
"""

from cancergan.games import (
    content_style,
    noise_to_image,
    paired_translation,
    unpaired_translation,
)
from cancergan.games.base import games

__all__ = ["content_style", "games", "noise_to_image", "paired_translation", "unpaired_translation"]
