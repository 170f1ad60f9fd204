"""The coordinator: joins hospitals, plays the run to its end, and goes on when one fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from cancergan.core.errors import BadInputError
from cancergan.core.files import write_json
from cancergan.federation.agreement import Agreement
from cancergan.federation.averaging import averaged, set_weights, weights_of
from cancergan.federation.central import Central, Sent, with_sites
from cancergan.federation.conversation import Conversation, CoordinatorSettings, Site
from cancergan.federation.ledger import Ledger
from cancergan.federation.messages import Message
from cancergan.federation.site_players import draws_of
from cancergan.federation.transport import Transport
from cancergan.training.progress import Progress, Quiet
from cancergan.training.run import Run


def coordinate(
    agreement: Agreement,
    transport: Transport,
    out: Path,
    settings: CoordinatorSettings | None = None,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.time,
) -> Run:
    """Play a federated run into a run folder, or go on with one, and return it.

    Raises:
        BadInputError: the folder holds something else, or another run.
        TooFewSitesError: too few hospitals are left; the run can be resumed.
        DivergedError: a loss stopped being a number.
    """
    run = begin(agreement, out, resume=resume)
    coordinator = Coordinator(
        agreement, transport, run, settings or CoordinatorSettings(), progress or Quiet(), clock
    )
    return coordinator.train()


def begin(agreement: Agreement, out: Path, *, resume: bool) -> Run:
    """Create a run folder, or open the one to go on with.

    Raises:
        BadInputError: there is something else at ``out``.
    """
    if resume and (out / "recipe.yaml").is_file():
        old = Run.open(out)
        if old.trained_on.fingerprint != agreement.run:
            raise BadInputError(
                f"{out}: is another run ({old.trained_on.fingerprint}, now {agreement.run}): its "
                "recipe, classes or window differ. Resume with the same, or choose another --out."
            )
        run = Run(out, agreement.recipe, old.trained_on)
        run.write_recipe()
        return run
    return Run.create(out, agreement.recipe, agreement.trained_on((), 0))


class Coordinator:
    """Plays one run with the hospitals of a transport."""

    def __init__(
        self,
        agreement: Agreement,
        transport: Transport,
        run: Run,
        settings: CoordinatorSettings,
        progress: Progress,
        clock: Callable[[], float],
    ) -> None:
        self.agreement = agreement
        self.settings = settings
        self.progress = progress
        self.central = Central(agreement, run)
        self.draws = draws_of(self.central.game)
        self.talk = Conversation(
            agreement,
            transport,
            settings,
            Ledger(run.path / "ledger.jsonl"),
            draws=self.draws,
            clock=clock,
            say=progress.say,
        )
        self.steps = agreement.recipe.training.steps or 0
        self.stale = 0
        self._logged = 0
        self._sent: dict[str, Sent] = {}

    def train(self) -> Run:
        """Join, play from the last checkpoint to the end, and take leave."""
        central = self.central
        central.restore()
        self._logged = central.step
        self.talk.join()
        self._record()
        self._restore_sites()
        if central.step == 0:
            self._save()
        play = {
            "asyndgan": self._asynchronous
            if self.settings.mode == "asynchronous"
            else self._synchronous,
            "average": self._averaging,
            "classifier": self._averaging,
        }[self.agreement.method]
        play()
        if central.saved_at != central.step:
            self._save()
        self.talk.ask_all(self.talk.living, "leave", central.step)
        self._record()
        if central.journal is not None:
            central.journal.close()
        return central.run

    def _restore_sites(self) -> None:
        """Bring every hospital to the coordinator's step, where it has kept a state of it."""
        step = self.central.step
        if step == 0:
            return
        kept = [site for site in self.talk.living if step in site.stored]
        restored = self.talk.ask_all(kept, "restore", step)
        for site in self.talk.living:
            if site.name not in restored:
                self.progress.say(f"{site.name}: has no state of step {step}; it starts anew.")

    def _synchronous(self) -> None:
        """One step on the answers of all hospitals, in the order of their names."""
        while self.central.step < self.steps:
            self.talk.check_enough()
            self._ask_conditions()
            asked = [site for site in self.talk.living if site.condition is not None]
            for site in asked:
                self._send_images(site)
            answered: dict[str, Message] = {}
            for _ in asked:
                site, message = self.talk.receive()
                if message is not None:
                    answered[site.name] = message
                    self._take_condition(site, message)
            if not answered:
                continue
            sites = [self.talk.sites[name] for name in sorted(answered)]
            shares = self.talk.shares(sites)
            answers = [
                (self._sent[name], answered[name].tensors["gradient"], shares[name])
                for name in sorted(answered)
            ]
            self._hear(answered.values())
            self.central.move(answers)
            self._after_step()

    def _asynchronous(self) -> None:
        """One step on every answer as it comes in; stale ones count less, or not at all."""
        while self.central.step < self.steps:
            self.talk.check_enough()
            outstanding = 0
            for site in self.talk.living:
                self._send_next(site)
                outstanding += 1
            due = self.central.step + self.agreement.recipe.training.checkpoint_every
            stop = min(self.steps, due - due % self.agreement.recipe.training.checkpoint_every)
            while outstanding:
                site, message = self.talk.receive()
                outstanding -= 1
                if message is not None:
                    self._take_condition(site, message)
                    # What comes in after the stop is still good, but the run has its length.
                    if message.kind == "gradient" and self.central.step < self.steps:
                        self._apply(site, message)
                if self.central.step < stop and not site.dropped:
                    self._send_next(site)
                    outstanding += 1
            self._save()

    def _apply(self, site: Site, message: Message) -> None:
        sent = self._sent[site.name]
        age = self.central.step - sent.step
        if age > self.settings.max_staleness:
            self.stale += 1
            return
        living = self.talk.living
        share = self.talk.shares(living).get(site.name, 0.0) * len(living)
        weight = share / (1 + age) if self.settings.stale == "weigh" else share
        self._hear([message])
        self.central.move([(sent, message.tensors["gradient"], weight)])
        self._after_step(save=False)

    def _averaging(self) -> None:
        """All hospitals train all networks for some rounds; their mean is the next start."""
        game = self.central.game
        while self.central.step < self.steps:
            self.talk.check_enough()
            rounds = min(self.settings.local_rounds, self.steps - self.central.step)
            asked = self.talk.living
            weights = weights_of(game)
            for site in asked:
                self.talk.send(site, "average", self.central.step, weights, {"rounds": rounds})
            parts = {}
            for _ in asked:
                site, message = self.talk.receive()
                if message is not None and self._fits(site, message):
                    parts[site.name] = message
            if not parts:
                continue
            names = sorted(parts)
            shares = self.talk.shares(self.talk.sites[name] for name in names)
            set_weights(
                game,
                averaged([parts[n].tensors for n in names], [shares[n] for n in names]),
            )
            self._hear(parts.values())
            self.central.went_on(rounds, rounds * self.agreement.recipe.training.batch_size)
            self._after_step(rounds)

    def _fits(self, site: Site, message: Message) -> bool:
        """Say whether weights are those of the game; if not, it counts as a failure."""
        own = weights_of(self.central.game)
        same = set(own) == set(message.tensors) and all(
            message.tensors[name].shape == value.shape for name, value in own.items()
        )
        if not same:
            self.talk.fail(site, "weights have other names or shapes than the game's.")
        return same

    def _ask_conditions(self) -> None:
        lacking = [site for site in self.talk.living if site.condition is None]
        for name, message in self.talk.ask_all(lacking, "ask", self.central.step).items():
            self._take_condition(self.talk.sites[name], message)

    def _take_condition(self, site: Site, message: Message) -> None:
        """Remember what a hospital wants its next images to be of."""
        site.round = message.values["round"]
        site.condition = {
            n: message.tensors[n] for n in ("label", "source") if n in message.tensors
        }

    def _send_next(self, site: Site) -> None:
        if site.condition is None:
            self.talk.send(site, "ask", self.central.step)
        else:
            self._send_images(site)

    def _send_images(self, site: Site) -> None:
        assert site.condition is not None
        sent = self.central.make(site.name, site.condition, self.draws)
        self._sent[site.name] = sent
        values = {"round": site.round}
        self.talk.send(site, "images", self.central.step, {"images": sent.images}, values)

    def _hear(self, answers: Iterable[Message]) -> None:
        for message in answers:
            self.central.hear(message.values.get("figures", {}))

    def _after_step(self, steps: int = 1, *, save: bool = True) -> None:
        """Log and save when it is due."""
        central, training = self.central, self.agreement.recipe.training
        if central.step - self._logged >= training.log_every or central.step >= self.steps:
            self._logged = central.step
            for sentence in central.log():
                self.progress.say(f"step {central.step}: {sentence}")
            self.progress.update(central.step / self.steps, {})
        crossed = central.step // training.checkpoint_every
        if save and crossed > (central.step - steps) // training.checkpoint_every:
            self._save()

    def _save(self) -> None:
        """Write a checkpoint at both ends; hospitals first, so that none is older than ours."""
        self.talk.ask_all(self.talk.living, "store", self.central.step)
        self.central.save()
        self._record()

    def _record(self) -> None:
        """Write which hospitals took part, and what became of them."""
        sites = {
            site.name: {
                "cases": site.cases,
                "answers": site.answers,
                "failures": site.failures,
                "dropped": site.dropped,
                "epsilon": site.epsilon,
                "seconds_of_an_answer": median(site.waited) if site.waited else None,
            }
            for site in self.talk.sites.values()
        }
        totals: list[Mapping[str, Any]] = [
            {"direction": key[0], "message": key[1], "field": key[2], "messages": n, "bytes": size}
            for key, (n, size) in sorted(self.talk.ledger.totals.items())
        ]
        run = self.central.run
        write_json(
            run.path / "federation.json",
            {
                "run": self.agreement.run,
                "method": self.agreement.method,
                "settings": self.settings.model_dump(mode="json"),
                "sites": sites,
                "stale_gradients_dropped": self.stale,
                "ledger": totals,
            },
        )
        took_part = [site for site in self.talk.sites.values() if site.cases or site.answers]
        cases = sum(site.cases or 0 for site in took_part)
        self.central.run = with_sites(run, [site.name for site in took_part], cases)
        write_json(run.path / "cohort.json", self.central.run.trained_on.to_json())
