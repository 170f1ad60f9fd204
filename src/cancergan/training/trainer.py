"""Plays any game to its end: the loop, and nothing that depends on which game it is."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cancergan.core.seeds import derive_seed, numpy_generator, torch_generator
from cancergan.games.base import (
    Batch,
    Game,
    ImageShape,
    Objective,
    Request,
    Turn,
    make_optimiser,
    move,
)
from cancergan.training import checkpoints
from cancergan.training.averaging import evaluating, follow, keep_averages
from cancergan.training.data import Indices, TrainingData, taught
from cancergan.training.devices import (
    average_over_processes,
    in_layout,
    memory_format,
    share_buffers,
    share_gradients,
)
from cancergan.training.health import HealthMonitor
from cancergan.training.journal import Journal
from cancergan.training.private import PrivatePlay
from cancergan.training.progress import Progress
from cancergan.training.run import Run
from cancergan.training.validation import Best, Validation

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_SHOWN = 32  # images in a sample grid, fewer where they are large
_SHOWN_ROWS = 512
_SHOWN_VALUES = 2**21
_FIRST_PICTURE = 25  # sample grids at 0, 25, 50, 100, ...: most happens early


class Trainer:
    """Plays one game on one cohort into one run folder.

    The state of training is the game's tensors, the optimisers' moments, the step and the seconds
    trained; every draw is a function of the seed and the step. So a run that is killed and resumed
    ends bit-equal to one that was not (on CPU, when training ends by steps).
    """

    def __init__(
        self,
        game: Game,
        data: TrainingData,
        run: Run,
        fabric: Fabric,
        progress: Progress,
        validation: Validation | None = None,
        private: PrivatePlay | None = None,
    ) -> None:
        self.game = game
        self.private = private
        self.validation = validation
        self.best = Best()
        self.data = data
        self.run = run
        self.fabric = fabric
        self.progress = progress
        self.settings = run.recipe.training
        self.seed = run.recipe.seed
        self.health = HealthMonitor()
        self.step = 0
        self.seconds = 0.0
        self.saved_at: int | None = None
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._waited = 0.0

    def train(self) -> None:
        """Play from the last checkpoint, or the beginning, to the end.

        Raises:
            DivergedError: a loss stopped being a number.
        """
        self.set_up()
        self._restore()
        self.journal = Journal(self.run, resumed_at=self.step) if self._first else None
        self._begin()
        since_log = time.monotonic()
        while not self._finished() and not self._stale() and self._affordable():
            started = time.monotonic()
            self.play_round()
            self.step += 1
            self.seconds += time.monotonic() - started
            due = self.step % self.settings.checkpoint_every == 0
            if due or self.step % self.settings.log_every == 0:
                since_log = self._log(since_log)
            if due:
                self._save()
            if due or _doubling(self.step):
                self._show_samples()
        if self.saved_at != self.step:
            if self._sums:
                self._log(since_log)
            self._save()
            self._show_samples()
        if self.journal:
            self.journal.close()
        if self.private:
            self._say(self.private.lines())
            self.private.finish()

    def _begin(self) -> None:
        """Say what a private run may spend; show the samples that come before the first step."""
        if self.private:
            self._say(self.private.plan.lines())
        else:
            self._real = self.data.batch(0, _shown(self.game.shape))
        if self.step == 0:
            self._show_samples()

    def _say(self, lines: list[str]) -> None:
        for line in lines if self._first else ():
            self.progress.say(line)

    def _affordable(self) -> bool:
        """Say whether the privacy budget, if there is one, holds another round."""
        if self.private is None or self.private.holds(self.game.turns(), self.step):
            return True
        self._say([
            f"step {self.step}: the privacy budget is spent, steps that an interruption lost "
            "included; training ends here"
        ])  # fmt: skip
        return False

    @property
    def _first(self) -> bool:
        return bool(self.fabric.is_global_zero)

    def set_up(self) -> None:
        """Place the players, keep their averages, and make their optimisers."""
        keep_averages(self.game)
        for player in self.game.players.values():
            layout = memory_format(player.network, channels_last=self.settings.channels_last)
            for module in filter(None, (player.network, player.average)):
                module.to(device=self.fabric.device, memory_format=layout)  # type: ignore[call-overload]
            player.network.train()
        self._teachers = taught(self.game, self.data, self.seed)
        self.optimisers = {
            name: make_optimiser(player) for name, player in self.game.players.items()
        }
        self._stepping: dict[str, Any] = {
            name: self.fabric.setup_optimizers(optimiser)
            for name, optimiser in self.optimisers.items()
        }

    def _restore(self) -> None:
        if not self.run.has_checkpoint():
            return
        state = checkpoints.read_state(self.run.checkpoints)
        tensors = checkpoints.load_game(self.run.checkpoints, self.game)
        checkpoints.load_optimisers(tensors, self.optimisers)
        self.step, self.seconds = state["step"], state["seconds"]
        self.best = Best(**state.get("best", {}))
        self.saved_at = self.step

    def _finished(self) -> bool:
        return self._fraction() >= 1.0

    def _stale(self) -> bool:
        """Say whether the validation estimate has not improved for as long as patience lasts."""
        patience = self.settings.patience
        if patience is None:
            return False
        return bool(self.fabric.broadcast(self.best.since >= patience))  # only the first validates

    def _fraction(self) -> float:
        """Share of the way that lies behind, by steps or minutes, whichever is further."""
        shares = []
        if self.settings.steps is not None:
            shares.append(self.step / self.settings.steps)
        if self.settings.minutes is not None:
            minutes = self.fabric.broadcast(self.seconds) / 60  # all processes end together
            shares.append(minutes / self.settings.minutes)
        return max(shares)

    def play_round(self) -> None:
        """Play every turn that is due, once around; the caller counts the step."""
        torch.manual_seed(derive_seed(self.seed, "round", self.step, self.fabric.global_rank))
        turns = self.game.turns()
        draws = sum(turn.steps for turn in turns)
        draw = self.step * draws
        seen: dict[str, Tensor] = {}
        for number, turn in enumerate(turns):
            due = self.step % turn.every == 0 and not turn.rests
            for step in range(turn.steps if due else 0):
                objective = self._play(turn, number, draw + step)
                self._add_up(turn, objective)
                seen |= {name: value.clone() for name, value in objective.observations.items()}
            draw += turn.steps
        average_over_processes(self.fabric, list(seen.values()))
        self.game.observe(seen)
        self._follow()

    def _play(self, turn: Turn, number: int, draw: int) -> Objective:
        """Play one step of a turn: in the open on a batch of cases, or under the budget."""
        if turn.player in self._teachers:
            objective = self._move(turn, self._batch(draw, number, self._teachers[turn.player]))
            return objective if self.private is None else Objective({})
        if self.private is None:
            return self._move(turn, self._batch(draw, number))
        if self.private.hides(turn.player):
            return self.private.move(self.game, turn, self._stepping[turn.player])
        generator = torch_generator(self.seed, "draw", draw, number, device=self.fabric.device)
        size, shape = self.settings.batch_size, self.game.shape
        return self._move(turn, self.private.blind(size, shape, generator))

    def _move(self, turn: Turn, batch: Batch) -> Objective:
        with self.fabric.autocast():
            return move(
                self.game,
                turn,
                batch,
                self._stepping[turn.player],
                backward=self.fabric.backward,
                share=lambda network: share_gradients(self.fabric, network),
            )

    def _batch(self, draw: int, turn: int, among: Indices | None = None) -> Batch:
        """Return a batch of all cases, or of those of one teacher."""
        started = time.monotonic()
        rank, processes = self.fabric.global_rank, self.fabric.world_size
        size = self.settings.batch_size
        if among is None:
            drawn = self.data.batch(draw, size, rank=rank, processes=processes)
        else:
            random = numpy_generator(self.seed, "taught", draw, turn)
            chosen = random.choice(among, size)[rank::processes]
            drawn = self.data.rows(self.data.parts[0], chosen, draw * processes + rank)
        columns = {
            name: in_layout(
                torch.from_numpy(values).to(self.fabric.device),
                channels_last=self.settings.channels_last,
            )
            for name, values in drawn.items()
        }
        self._waited += time.monotonic() - started
        generator = torch_generator(self.seed, "draw", draw, turn, rank, device=self.fabric.device)
        return Batch(columns, generator)

    def _follow(self) -> None:
        batch = self.settings.batch_size
        for player in self.game.players.values():
            share_buffers(self.fabric, player.network)
            if player.average is not None:
                follow(
                    player.average,
                    player.network,
                    seen=(self.step + 1) * batch,
                    batch=batch,
                    half_life=self.settings.average_half_life,
                )

    def _add_up(self, turn: Turn, objective: Objective) -> None:
        named = {f"{turn.player}/{name}": term for name, term in objective.terms.items()}
        for name, value in {**named, **objective.observations}.items():
            self._sums[name] = self._sums.get(name, torch.zeros_like(value)) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def _log(self, since: float) -> float:
        """Write the means since the last record, check them, and return the time now."""
        now = time.monotonic()
        means = {name: float(total) / self._counts[name] for name, total in self._sums.items()}
        elapsed = max(now - since, 1e-9)
        means |= {"waiting_share": self._waited / elapsed, "seconds": self.seconds}
        self._sums, self._counts, self._waited = {}, {}, 0.0
        self.health.check_finite(self.step, means, self.saved_at)
        if self.journal:
            self.journal.record(self.step, means)
            self.progress.update(self._fraction(), _headline(means))
            for sentence in self.health.hear(means):
                self.progress.say(f"step {self.step}: {sentence}")
        return now

    def _save(self) -> None:
        if self._first:
            state: dict[str, Any] = {"step": self.step, "seconds": self.seconds}
            if self.validation and self.game.judged_by_samples():
                self._validate(self.validation)
                state["best"] = vars(self.best)
            checkpoints.save(self.run.checkpoints, self.game, self.optimisers, state)
            if self.private:
                self.private.saved(self.step)
        self.saved_at = self.step
        self.fabric.barrier()

    def _validate(self, validation: Validation) -> None:
        distance = validation.distance(self.game, self.seed)
        self.best.hear(self.step, distance)
        if self.journal:
            self.journal.record(self.step, {"validation/kernel_distance": distance})
        if self.best.since == self.settings.patience:
            self.progress.say(
                f"step {self.step}: no better than step {self.best.step} on the validation cases "
                f"for {self.best.since} checkpoints; stopped early"
            )

    def _show_samples(self) -> None:
        """Write the grid of this step; the first time, that of real images beside it."""
        if not self.journal or (self.private and self.game.shape.given):
            return  # what a private translator makes of a patient is about that patient
        images, labels = self._samples()
        self.journal.picture(f"{self.step:08d}", images)
        if self.private:
            return
        if self.step == 0:
            self.journal.picture("real", self._real["image"])
            for name in self.game.shape.given:
                self.journal.picture(name, self._real[name])
            return
        real = spread(self._real["image"], self._real.get("label"))
        for sentence in self.health.see_samples(spread(images, labels) / real):
            self.progress.say(f"step {self.step}: {sentence}")

    @torch.no_grad()
    def _samples(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Synthesise from the same latents every time, so that the grids make a film."""
        generator = torch_generator(self.seed, "fixed latents", device=self.fabric.device)
        classes, shown = len(self.game.shape.classes), _shown(self.game.shape)
        if not self.private:
            shown = len(self._real["image"])
        label = torch.arange(shown, device=self.fabric.device) % max(classes, 1)
        given = {
            name: torch.from_numpy(self._real[name]).to(self.fabric.device)
            for name in self.game.shape.given
        }
        request = Request(shown, generator, label if classes else None, given)
        with evaluating(self.game):
            images = self.game.synthesise(request)
        return images["image"].float().cpu().numpy(), label.cpu().numpy()


def _shown(shape: ImageShape) -> int:
    """Return how many images a sample grid holds; of a table, rows for a histogram."""
    if not shape.spatial:
        return _SHOWN_ROWS
    values = shape.channels * math.prod(shape.spatial)
    return max(4, min(_SHOWN, _SHOWN_VALUES // values))


def _doubling(step: int) -> bool:
    multiple, rest = divmod(step, _FIRST_PICTURE)
    return rest == 0 and multiple > 0 and multiple & (multiple - 1) == 0


def spread(images: npt.NDArray[np.float32], labels: npt.NDArray[np.int64] | None) -> float:
    """Root mean square distance per pixel of images (n, ...) from the mean of their class."""
    if labels is None:
        labels = np.zeros(len(images), np.int64)
    squares = [
        np.square(images[labels == code] - images[labels == code].mean(axis=0)).mean()
        for code in np.unique(labels)
    ]
    return float(np.sqrt(np.mean(squares)) + 1e-12)


def _headline(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if name.endswith("adversarial")}
