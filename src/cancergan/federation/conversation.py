"""The coordinator's side of every exchange: numbers, deadlines, checks, and who is dropped when."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from cancergan.core.errors import CancerganError
from cancergan.federation.agreement import Agreement
from cancergan.federation.ledger import Ledger
from cancergan.federation.messages import Message, MessageError
from cancergan.federation.transport import Transport


class CoordinatorSettings(BaseModel):
    """How a coordinator waits, and what it makes of answers.

    Attributes:
        mode: "synchronous" steps once on the answers of all hospitals, and repeats exactly;
            "asynchronous" steps on every answer as it comes in.
        max_staleness: a gradient of images that are more than this many steps old is dropped.
        stale: "weigh" gives a gradient of age a the weight 1 / (1 + a); "keep" the full.
        timeout: seconds until an answer counts as missing; it is the deadline that is sent along.
        failures: so many missing or faulty answers in a row, and a hospital is dropped.
        min_sites: with fewer hospitals left the run stops, to be resumed.
        largest_gradient: a gradient of a larger norm is faulty.
        local_rounds: rounds that a hospital plays between two averages of weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["synchronous", "asynchronous"] = "synchronous"
    max_staleness: int = Field(default=8, ge=0)
    stale: Literal["weigh", "keep"] = "weigh"
    timeout: float = Field(default=60.0, gt=0)
    failures: int = Field(default=3, ge=1)
    min_sites: int = Field(default=1, ge=1)
    largest_gradient: float = Field(default=1e3, gt=0)
    local_rounds: int = Field(default=20, ge=1)


class TooFewSitesError(CancerganError):
    """So many hospitals were dropped that the run stopped; its last checkpoint can be resumed."""


@dataclass
class Site:
    """What the coordinator knows of one hospital; ``reason`` is that of its last failure.

    ``condition`` is what its next images are to be of, None where it has to be asked; ``round`` is
    the hospital's own count of exchanges. ``offset`` is its clock minus the coordinator's.
    """

    name: str
    sequence: int
    cases: int | None = None
    offset: float = 0.0
    round: int = 0
    condition: Mapping[str, Tensor] | None = None
    stored: tuple[int, ...] = ()
    answers: int = 0
    failures: int = 0
    in_a_row: int = 0
    reason: str = ""
    dropped: str = ""
    epsilon: float | None = None
    sent_at: float = field(default=0.0, repr=False)
    waited: list[float] = field(default_factory=list, repr=False)


class Conversation:
    """Speaks with all hospitals of a run, and keeps count.

    ``say`` hears of every failure and of every hospital that is dropped.
    """

    def __init__(
        self,
        agreement: Agreement,
        transport: Transport,
        settings: CoordinatorSettings,
        ledger: Ledger,
        *,
        draws: int,
        clock: Callable[[], float] = time.time,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.agreement = agreement
        self.transport = transport
        self.settings = settings
        self.ledger = ledger
        self.clock = clock
        self.say = say
        self._sizes = agreement.sizes(draws=draws)
        # Numbers grow over restarts of the coordinator too, as its clock does.
        first = int(clock() * 1e6)
        self.sites = {name: Site(name, first) for name in transport.sites}

    @property
    def living(self) -> list[Site]:
        """The hospitals that take part, by name."""
        return [site for _, site in sorted(self.sites.items()) if not site.dropped]

    def send(
        self,
        site: Site,
        kind: str,
        step: int,
        tensors: Mapping[str, Tensor] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Send one message to one hospital."""
        site.sequence += 1
        now, timeout = self.clock(), self.settings.timeout
        site.sent_at = now
        # The first message sets the clocks; until then no deadline has a meaning.
        deadline = 0.0 if kind == "join" else now + timeout + site.offset
        message = Message(
            kind, self.agreement.run, site.sequence, step, deadline, tensors or {}, values or {}
        )
        data = message.encode()
        self.ledger.enter(message, len(data), site=site.name)
        self.transport.send(site.name, data, timeout)

    def receive(self) -> tuple[Site, Message | None]:
        """Return the next answer once it is found right, or None where it is missing or faulty."""
        answer = self.transport.receive()
        site = self.sites[answer.site]
        try:
            if answer.failure:
                raise MessageError(answer.failure)
            message = Message.decode(answer.data, "from hospital", self._sizes)
            self.ledger.enter(message, len(answer.data), site=site.name)
            self._check(site, message)
        except MessageError as error:
            self.fail(site, str(error))
            return site, None
        site.answers += 1
        if message.kind in ("gradient", "weights"):  # the others cost a faulty site nothing
            site.in_a_row = 0
        if message.kind == "gradient":
            site.waited.append(self.clock() - site.sent_at)
        return site, message

    def ask_all(
        self, sites: Iterable[Site], kind: str, step: int, values: Mapping[str, Any] | None = None
    ) -> dict[str, Message]:
        """Send the same to several hospitals, and return the right answers by name."""
        asked = list(sites)
        for site in asked:
            self.send(site, kind, step, values=values)
        answers = (self.receive() for _ in asked)
        return {site.name: message for site, message in answers if message is not None}

    def join(self) -> None:
        """Make every hospital a partner of the run; who refuses is dropped at once.

        Raises:
            TooFewSitesError: fewer joined than the settings ask for.
        """
        values = {"agreement": self.agreement.to_json(), "clock": self.clock()}
        asked = self.living
        joined = {}
        for site in asked:
            self.send(site, "join", 0, values=values)
        for _ in asked:
            site, message = self.receive()
            if message is None:
                site.dropped = site.reason
                continue
            joined[site.name] = message
            site.offset = message.values["clock"] - (site.sent_at + self.clock()) / 2
            site.cases = message.values.get("cases")
            site.stored = tuple(step for step in message.values["stored"] if type(step) is int)
        self.check_enough()

    def shares(self, sites: Iterable[Site]) -> dict[str, float]:
        """Return each hospital's share of the cases; equal shares where one keeps its number."""
        counts = {site.name: site.cases for site in sites}
        if any(cases is None for cases in counts.values()):
            return {name: 1 / len(counts) for name in counts}
        total = sum(cases or 0 for cases in counts.values())
        return {name: (cases or 0) / total for name, cases in counts.items()}

    def check_enough(self) -> None:
        """Stop a run that has too few hospitals left.

        Raises:
            TooFewSitesError: names those that were dropped, and why.
        """
        if len(self.living) >= self.settings.min_sites:
            return
        dropped = [f"{site.name}: {site.dropped}" for site in self.sites.values() if site.dropped]
        raise TooFewSitesError(
            f"{len(self.living)} hospitals are left, {self.settings.min_sites} are needed "
            f"({'; '.join(dropped)}). Resume when they are back."
        )

    def _check(self, site: Site, message: Message) -> None:
        if message.kind == "refusal":
            raise MessageError(f"refused: {message.values['reason'][:500]}")
        if message.run != self.agreement.run or message.sequence != site.sequence:
            raise MessageError(
                f"answered message {message.sequence} of run {message.run}; {site.sequence} of "
                f"{self.agreement.run} was asked."
            )
        for name, value in message.values.get("figures", {}).items():
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise MessageError(f"{message.kind}.figures.{str(name)[:50]} is no number.")
        if "gradient" in message.tensors:
            norm = float(message.tensors["gradient"].norm())
            if norm > self.settings.largest_gradient:
                raise MessageError(
                    f"gradient.gradient has norm {norm:.3g}; at most "
                    f"{self.settings.largest_gradient:g} is accepted."
                )
        if message.kind in ("gradient", "condition"):
            self._check_condition(message)
        site.epsilon = message.values.get("epsilon", site.epsilon)

    def _check_condition(self, message: Message) -> None:
        shape = self.agreement.shape
        wanted = {"label": bool(shape.classes), "source": "source" in shape.given}
        for name, needed in wanted.items():
            if needed != (name in message.tensors):
                says = "lacks" if needed else "has no place for"
                raise MessageError(f'{message.kind} {says} field "{name}".')

    def fail(self, site: Site, reason: str) -> None:
        """Count a missing or faulty answer; after too many in a row the hospital is dropped."""
        site.reason = reason
        site.failures += 1
        site.in_a_row += 1
        site.condition = None  # its round may have gone on, or not
        self.say(f"{site.name}: {reason}")
        if site.in_a_row >= self.settings.failures and not site.dropped:
            site.dropped = reason
            self.say(f"{site.name}: dropped after {site.in_a_row} failures in a row.")
