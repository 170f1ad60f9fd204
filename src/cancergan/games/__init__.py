"""Games: who plays against whom, in which order, and what each player minimises.

Importing this package registers every game; a new game is a file here and a line below.
"""

from cancergan.games import noise_to_image, paired_translation, unpaired_translation
from cancergan.games.base import games

__all__ = ["games", "noise_to_image", "paired_translation", "unpaired_translation"]
