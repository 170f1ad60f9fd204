"""Private and federated at once: a hospital's discriminators learn from noisy gradients.

The noise is drawn where the patients are, from a key that never leaves; the coordinator's generator
sees gradients of a discriminator that is private already, which costs nothing more. The budget is
the hospital's own: a patient is at one hospital, so the guarantee of the whole is that of one. A
patient who is at two has both spent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cancergan.core.seeds import numpy_generator, torch_generator
from cancergan.federation.agreement import Agreement
from cancergan.federation.local_data import LocalData
from cancergan.federation.policy import MapSettings
from cancergan.federation.site_players import SitePlayers
from cancergan.games.base import Batch, Objective, Turn
from cancergan.training.data import Drawn, Indices, TrainingData
from cancergan.training.private import PrivatePlay, plan_privacy

_RECEIVED = "received"


@dataclass
class Shown:
    """The synthetic images (B, C, *spatial) of the turn, and the labels (B,) they were made for."""

    images: Tensor = field(default_factory=lambda: torch.empty(0))
    label: Tensor | None = None

    def beside(self, labels: Any, count: int, place: int) -> np.ndarray[Any, Any]:
        """Return an image for each of ``count`` patients, of the patient's class if there is one.

        Which one is chosen follows from the patient alone, so that it stays one patient's matter.
        """
        random = numpy_generator(place, "beside")
        rows = random.integers(len(self.images), size=count)
        if self.label is not None and labels is not None:
            ours = self.label.numpy()
            for row, label in enumerate(labels):
                same = np.flatnonzero(ours == label)
                rows[row] = same[rows[row] % len(same)] if len(same) else rows[row]
        return self.images.numpy()[rows]


@dataclass(frozen=True)
class WithReceived(TrainingData):
    """A hospital's cases, each with a synthetic image beside it for its own gradient."""

    shown: Shown = field(default_factory=Shown)

    def rows(self, part: Drawn, chosen: Indices, place: int) -> dict[str, Any]:
        """Return the chosen rows by column, a synthetic image with each."""
        batch = super().rows(part, chosen, place)
        batch[_RECEIVED] = self.shown.beside(batch.get("label"), len(chosen), place)
        return batch


class PrivatePlayers(SitePlayers):
    """The discriminators of one hospital, moved by gradients clipped by patient and noised.

    Of patients nothing else is used: classes are asked for in public shares, and losses on real
    images are not reported.
    """

    def __init__(
        self,
        agreement: Agreement,
        local: LocalData,
        maps: MapSettings,
        seed: int,
        folder: Path,
    ) -> None:
        super().__init__(agreement, local, maps, seed)
        self.cases = WithReceived(local.data.parts)
        folder.mkdir(parents=True, exist_ok=True)
        plan = plan_privacy(
            agreement.recipe, agreement.new_game(), self.cases, unit_is_known=local.unit_is_known
        )
        self.private = PrivatePlay(plan, self.cases, folder, seed, torch.device("cpu"))

    @property
    def epsilon(self) -> float:
        """What was spent so far."""
        return self.private.ledger.spent

    def condition(self) -> dict[str, Tensor]:
        """Return classes drawn in public shares, and drawn label maps."""
        condition = {}
        if self.agreement.classes:
            labels = [self._labels(draw) for draw in range(self.draws)]
            condition["label"] = torch.stack(labels)
        if "source" in self.game.shape.given:
            condition["source"] = torch.stack([self._maps(draw) for draw in range(self.draws)])
        return condition

    def batch(self, draw: int, turn: int, step: int) -> Batch:
        """Return the batch of an open turn: no image of a patient is in it."""
        generator = torch_generator(self.seed, "draw", self.round, draw, turn, step)
        batch = self.private.blind(self.settings.batch_size, self.game.shape, generator)
        columns = dict(batch.columns)
        if self.agreement.classes:
            columns["label"] = self._labels(draw)
        return Batch(columns, generator)

    def play_step(self, turn: Turn, batch: Batch, draw: int) -> Objective:
        """Take a private step of a discriminator, or find the generator's gradient as ever."""
        if not self.private.hides(turn.player):
            return super().play_step(turn, batch, draw)
        self.cases.shown.images = self._images[draw]
        self.cases.shown.label = self._labels(draw) if self.agreement.classes else None

        def objective(one: Batch) -> Objective:
            columns = dict(one.columns)
            self.received.images = columns.pop(_RECEIVED)
            return turn.objective(Batch(columns, one.generator))

        private = Turn(turn.player, objective, turn.steps, turn.every)
        return self.private.move(self.game, private, self.optimisers[turn.player])

    def _labels(self, draw: int) -> Tensor:
        generator = torch_generator(self.seed, "labels", self.round, draw)
        shares = torch.tensor(self.private.plan.shares)
        size = self.settings.batch_size
        return torch.multinomial(shares, size, replacement=True, generator=generator)
