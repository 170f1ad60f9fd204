"""A hospital: what it answers to each message, what it refuses, and what it keeps.

It answers with bytes to bytes, so that any transport may stand in between. Nothing leaves that its
policy does not name, and every byte that does is in its ledger.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganError
from cancergan.core.files import read_json, whole_file, write_json
from cancergan.core.seeds import derive_seed
from cancergan.federation.agreement import Agreement, check_residence
from cancergan.federation.averaging import parameters_of, train_at_site, weights_of
from cancergan.federation.ledger import Ledger
from cancergan.federation.local_data import LocalData
from cancergan.federation.messages import SCHEMAS, Message, MessageError
from cancergan.federation.policy import HospitalPolicy
from cancergan.federation.private_players import PrivatePlayers
from cancergan.federation.selective import SelectiveSharing, secret_generator
from cancergan.federation.site_players import AtSite, SitePlayers
from cancergan.privacy.budget import BudgetSpentError

_KEPT = 2  # states kept: the coordinator's last one may be older than ours by one


@dataclass
class Counted:
    """What a hospital counts over restarts: its answers, and the last number it has seen."""

    answers: int = 0
    sequence: int = 0
    stored: dict[str, int] = field(default_factory=dict)
    epsilon: float = 0.0


class Hospital:
    """One hospital's side of a run.

    Args:
        site: its name.
        cohort: its cases; they stay here.
        policy: what it allows.
        folder: where it keeps its states and its ledger.
        clock: seconds; deadlines are on this clock.
        say: hears refusals in full, for the hospital's own log.
    """

    def __init__(
        self,
        site: str,
        cohort: Cohort,
        policy: HospitalPolicy,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.site = site
        self.cohort = cohort
        self.policy = policy
        self.folder = folder
        self.clock = clock
        self.say = say
        self.ledger = Ledger(folder / "ledger.jsonl", site)
        self.agreement: Agreement | None = None
        self.players: AtSite | None = None
        self.step = 0
        self.counted = self._counted()
        self.selective = None if policy.selective is None else SelectiveSharing(policy.selective)
        self._answers: Mapping[str, Callable[[Message], dict[str, Any]]] = {
            "join": self._join,
            "ask": self._ask,
            "images": self._images,
            "average": self._average,
            "store": self._store,
            "restore": self._restore,
            "leave": self._leave,
        }

    def answer(self, data: bytes) -> bytes:
        """Return the answer to a message: what it asks for, or a refusal in one line."""
        message = Message("refusal", "", 0)
        try:
            message = Message.decode(data, "to hospital", self._sizes())
            self._admit(message)
            self.ledger.enter(message, len(data))
            reply = self._replied(message, **self._answers[message.kind](message))
            self._check_leaving(reply)
        except CancerganError as error:
            self.say(f"{self.site}: refused: {error}")
            # Only what speaks of the message may leave; other errors may name cases.
            spoken = isinstance(error, MessageError | BudgetSpentError)
            reason = str(error) if spoken else "the hospital's cases do not fit; see its own log."
            reply = self._replied(message, kind="refusal", values={"reason": reason})
        encoded = reply.encode()
        self.ledger.enter(reply, len(encoded))
        return encoded

    def _sizes(self) -> dict[str, int] | None:
        if self.agreement is None or self.players is None:
            return None
        return self.agreement.sizes(draws=self.players.draws)

    def _replied(
        self,
        message: Message,
        kind: str,
        tensors: Mapping[str, Tensor] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Message:
        """Return an answer, without the fields that the policy keeps back."""
        optional = SCHEMAS[kind].optional
        allowed = {
            name: value
            for name, value in (values or {}).items()
            if name not in optional or name in self.policy.fields
        }
        return Message(
            kind, message.run, message.sequence, message.step, 0.0, tensors or {}, allowed
        )

    def _admit(self, message: Message) -> None:
        """Refuse what is replayed, late, of another run, or older than what was acted upon."""
        if message.sequence <= self.counted.sequence:
            raise MessageError(
                f"{message.kind} {message.sequence} was seen before (the last was "
                f"{self.counted.sequence}): replayed or out of order."
            )
        late = self.clock() - message.deadline
        if message.deadline and late > 0:
            raise MessageError(
                f"{message.kind} {message.sequence} came {late:.1f} s after its deadline."
            )
        if message.kind != "join":
            if self.agreement is None or message.run != self.agreement.run:
                raise MessageError(f"{message.kind} is of run {message.run}, which was not joined.")
            if message.kind in ("images", "average") and message.step < self.step:
                raise MessageError(
                    f"{message.kind} is of step {message.step}; step {self.step} was played."
                )
        self.counted.sequence = message.sequence
        if message.kind != "restore":
            self.step = message.step

    def _check_leaving(self, reply: Message) -> None:
        for name in reply.tensors:
            known = "weights" if SCHEMAS[reply.kind].free else name
            if known not in self.policy.fields:
                raise MessageError(f"the hospital's policy does not let {known} leave.")
        if self.players is not None:
            self.players.local.check_leaving(reply)

    def _join(self, message: Message) -> dict[str, Any]:
        agreement = Agreement.from_json(message.values["agreement"])
        if agreement.run != message.run:
            raise MessageError("join: agreement and message are of different runs.")
        self._check_residence(agreement)
        if agreement.recipe.training.batch_size > self.policy.largest_batch:
            raise MessageError(
                f"join: batches of {agreement.recipe.training.batch_size}; the policy allows "
                f"{self.policy.largest_batch}."
            )
        self._check_budget(agreement)
        if len(self.cohort) < self.policy.min_cases:
            raise MessageError("join: the hospital has fewer cases than its policy asks for.")
        players = self._new_players(agreement)
        self.agreement, self.players = agreement, players
        self._keep_count()
        stored = [step for run, step in self._stored() if run == agreement.run]
        values = {"clock": self.clock(), "stored": stored, "cases": players.local.cases}
        return {"kind": "joined", "values": values}

    def _check_budget(self, agreement: Agreement) -> None:
        most, privacy = self.policy.largest_epsilon, agreement.recipe.privacy
        if most is None:
            return
        if privacy is None or privacy.epsilon > most:
            wanted = "no budget" if privacy is None else f"a budget of epsilon {privacy.epsilon:g}"
            raise MessageError(
                f"join: the recipe has {wanted}; the hospital's policy asks for one of at most "
                f"{most:g}."
            )

    def _check_residence(self, agreement: Agreement) -> None:
        """Find out for ourselves whether gradients would show pixels; nobody's word is taken."""
        allowed = self.policy.allow_compare_with_real
        if agreement.method != "asyndgan" or allowed:
            return
        try:
            check_residence(agreement.new_game(), agreement.recipe, compares=False)
        except BadInputError:
            raise MessageError(
                "join: the recipe's loss compares with real images, which the policy forbids."
            ) from None

    def _new_players(self, agreement: Agreement) -> AtSite:
        seed = self.policy.seed
        if seed is None:
            seed = derive_seed(agreement.recipe.seed, "hospital", self.site)
        local = LocalData.of(self.cohort, agreement, seed)
        if agreement.recipe.privacy is not None:
            folder = self.folder / "privacy" / agreement.run
            return PrivatePlayers(agreement, local, self.policy.maps, seed, folder)
        if agreement.method == "asyndgan":
            return SitePlayers(agreement, local, self.policy.maps, seed)
        return AtSite(agreement, local, seed)

    def _ask(self, message: Message) -> dict[str, Any]:
        players = self._judging()
        return {
            "kind": "condition",
            "tensors": players.condition(),
            "values": {"round": players.round},
        }

    def _images(self, message: Message) -> dict[str, Any]:
        players = self._judging()
        if message.values["round"] != players.round:
            raise MessageError(
                f"images are of round {message.values['round']}; round {players.round} is next."
            )
        self._count_answer()
        gradient = players.exchange(message.tensors["images"])
        return {
            "kind": "gradient",
            "tensors": {"gradient": gradient, **players.condition()},
            "values": {"round": players.round, "figures": players.figures()},
        }

    def _average(self, message: Message) -> dict[str, Any]:
        players = self._playing()
        if isinstance(players, SitePlayers):
            raise MessageError("average: the run is one of AsynDGAN; weights do not travel in it.")
        self._count_answer()
        figures = train_at_site(players, message.tensors, message.values["rounds"])
        weights = weights_of(players.game)
        values: dict[str, Any] = {"figures": figures}
        if self.selective is not None:
            weights = self._selected(players, message.tensors, weights, self.selective)
            values["epsilon"] = self.counted.epsilon
        return {"kind": "weights", "tensors": weights, "values": values}

    def _selected(
        self,
        players: AtSite,
        before: Mapping[str, Tensor],
        after: Mapping[str, Tensor],
        selective: SelectiveSharing,
    ) -> dict[str, Tensor]:
        """Return the few noisy changes that the policy lets leave, once they are paid for."""
        shared = selective.share(
            before,
            after,
            parameters_of(players.game),
            spent=self.counted.epsilon,
            random=secret_generator(self.policy.seed, "selective", self.site, players.round),
        )
        self.counted.epsilon += selective.settings.epsilon
        self._keep_count()
        return shared

    def _store(self, message: Message) -> dict[str, Any]:
        """Keep the state of this step, beside the one before."""
        from safetensors.torch import save_file

        players = self._playing()
        plain = {name: t.detach().contiguous() for name, t in players.tensors().items()}
        with whole_file(self._state(message.run, message.step)) as temporary:
            save_file(plain, temporary)
        self.counted.stored[f"{message.run}/{message.step}"] = players.round
        for run, step in self._stored()[:-_KEPT]:
            self.counted.stored.pop(f"{run}/{step}")
            self._state(run, step).unlink(missing_ok=True)
        self._keep_count()
        return {"kind": "done"}

    def _restore(self, message: Message) -> dict[str, Any]:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        players = self._playing()
        played = self.counted.stored.get(f"{message.run}/{message.step}")
        if played is None:
            raise MessageError(f"restore: no state of step {message.step} is kept here.")
        try:
            players.load(load_file(self._state(message.run, message.step)), played)
        except (OSError, SafetensorError, KeyError, RuntimeError):
            raise MessageError(f"restore: the state of step {message.step} is damaged.") from None
        self.step = message.step
        return {"kind": "done"}

    def _leave(self, message: Message) -> dict[str, Any]:
        """End the run: say what was spent, and forget the key of the noise."""
        if not isinstance(self.players, PrivatePlayers):
            return {"kind": "done"}
        spent = self.players.epsilon
        self.players.private.finish()
        return {"kind": "done", "values": {"epsilon": spent}}

    def _playing(self) -> AtSite:
        if self.players is None:
            raise MessageError("no run was joined.")
        return self.players

    def _judging(self) -> SitePlayers:
        players = self._playing()
        if not isinstance(players, SitePlayers):
            raise MessageError("the run is one of averaged weights; gradients do not travel in it.")
        return players

    def _count_answer(self) -> None:
        if self.counted.answers >= self.policy.max_steps:
            raise MessageError(
                f"the hospital's policy allows {self.policy.max_steps} answers, all of them given."
            )
        self.counted.answers += 1

    def _state(self, run: str, step: int) -> Path:
        return self.folder / "states" / f"{run}_{step:08d}.safetensors"

    def _stored(self) -> list[tuple[str, int]]:
        """Return run and step of the states kept, in the order in which they were stored."""
        pairs = (key.rpartition("/") for key in self.counted.stored)
        return [(run, int(step)) for run, _, step in pairs]

    def _counted(self) -> Counted:
        path = self.folder / "counted.json"
        return Counted(**read_json(path)) if path.is_file() else Counted()

    def _keep_count(self) -> None:
        write_json(self.folder / "counted.json", vars(self.counted))
