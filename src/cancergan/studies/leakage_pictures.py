"""What an attacker sees: the cases that a search comes nearest to, of members and of others."""

from __future__ import annotations

import numpy as np

from cancergan.core.pictures import Picture, captioned, grid, to_picture
from cancergan.games.latent import LatentGame
from cancergan.studies.membership import Attacked, Side, Sides, nearest_rows

_SHOWN = 8


def sights(attacked: Attacked, sides: Sides) -> dict[str, Picture]:
    """Return, for either side, the cases with the nearest synthetic ones and what a search draws.

    Those that come off worst, first; of others too, so that likeness is not taken for memory.
    """
    return {
        f"the {name} that the release comes nearest to": _sight(attacked, side)
        for name, side in (("members", sides.inside), ("others", sides.outside))
    }


def _sight(attacked: Attacked, side: Side) -> Picture:
    made = attacked.synthetic[nearest_rows(side.images, attacked.synthetic)]
    apart = ((made - side.images) ** 2).reshape(len(made), -1).mean(axis=1)
    worst = np.argsort(apart, kind="stable")[:_SHOWN]
    chosen = Side(
        side.images[worst],
        None if side.labels is None else side.labels[worst],
        tuple(side.patients[row] for row in worst),
        side.table.iloc[worst],
    )
    rows = {"real": chosen.images, "nearest synthetic": made[worst]}
    if isinstance(attacked.game, LatentGame):
        rows["drawn by a search"] = attacked.reconstructed(chosen).images
    return captioned({
        name: grid([to_picture(image, at_least=96) for image in images], columns=len(images))
        for name, images in rows.items()
    })  # fmt: skip
