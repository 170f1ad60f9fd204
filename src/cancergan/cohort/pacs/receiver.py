"""A C-STORE receiver: a PACS sends, and what it sends becomes a folder that a cohort opens from."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from cancergan.cohort.pacs.arrivals import ArrivalRefusedError, Arrivals
from cancergan.cohort.pacs.errors import PacsError
from cancergan.core.errors import CancerganError, MissingExtraError

if TYPE_CHECKING:
    from pynetdicom import AE

logging.getLogger("pynetdicom").addHandler(logging.NullHandler())


@dataclass
class Receiver:
    """A receiver at work.

    Attributes:
        port: where it listens.
        arrivals: what it keeps.
        refused: one line for each instance that was not kept.
        last: when something last happened (monotonic seconds).
    """

    port: int
    arrivals: Arrivals
    refused: list[str] = field(default_factory=list)
    last: float = field(default_factory=monotonic)

    def wait(self, *, files: int | None = None, idle: float | None = None) -> None:
        """Return after so many files were kept or nothing came for so many seconds; else never."""
        while (files is None or len(self.arrivals) < files) and (
            idle is None or monotonic() - self.last < idle
        ):
            sleep(0.05)


@contextmanager
def receiving(
    arrivals: Arrivals,
    *,
    port: int,
    host: str = "127.0.0.1",
    title: str = "CANCERGAN",
    allowed: Sequence[str] = (),
) -> Iterator[Receiver]:
    """Listen while the context lasts; ``port`` 0 takes a free one.

    ``allowed`` names the application entity titles that may send; none means all. Only this
    computer reaches ``127.0.0.1``; "0.0.0.0" opens the port to the network.

    Raises:
        PacsError: the port is taken or may not be used.
        MissingExtraError: the extra ``pacs`` is not installed.
    """
    from functools import partial

    entity = storage_entity(title, allowed)
    from pynetdicom import evt

    receiver = Receiver(port, arrivals)
    watch = _SizeWatch(arrivals.largest)
    handlers: list[Any] = [
        (evt.EVT_C_STORE, partial(_arrived, receiver=receiver, watch=watch)),
        (evt.EVT_DATA_RECV, watch.received),
        (evt.EVT_CONN_CLOSE, watch.closed),
    ]
    with listening(entity, host, port, handlers) as receiver.port:
        yield receiver


@contextmanager
def listening(entity: AE, host: str, port: int, handlers: list[Any]) -> Iterator[int]:
    """Let an application entity listen while the context lasts, and yield its port.

    Raises:
        PacsError: the port is taken or may not be used.
    """
    try:
        server = entity.start_server((host, port), block=False, evt_handlers=handlers)
    except (OSError, OverflowError) as error:
        told = " ".join(str(error).split())
        raise PacsError(f"{host}:{port}: cannot listen ({told}). Choose another port.") from None
    assert server is not None
    assert server.socket is not None
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()


class _SizeWatch:
    """Ends an association that sends more than one file may hold, before memory holds it."""

    def __init__(self, largest: int) -> None:
        # Fragments carry headers of a few bytes each: one part in a hundred is room enough.
        self._largest = largest + largest // 100 + 2**20
        self._bytes: dict[Any, int] = {}

    def received(self, event: Any) -> None:
        total = self._bytes.get(event.assoc, 0) + len(event.data)
        self._bytes[event.assoc] = total
        if total > self._largest:
            event.assoc.abort()

    def stored(self, association: Any) -> None:
        self._bytes[association] = 0

    def closed(self, event: Any) -> None:
        self._bytes.pop(event.assoc, None)


def _arrived(event: Any, *, receiver: Receiver, watch: _SizeWatch) -> int:
    """Keep an instance and return the status that the sender gets."""
    watch.stored(event.assoc)
    receiver.last = monotonic()
    try:
        receiver.arrivals.keep(event.encoded_dataset())
    except ArrivalRefusedError as refusal:
        receiver.refused.append(str(refusal))
        return refusal.status
    except CancerganError as error:
        receiver.refused.append(str(error))
        return 0xA700
    return 0x0000


def storage_entity(title: str, allowed: Sequence[str] = ()) -> AE:
    """Return an application entity that takes every storage class in every transfer syntax."""
    try:
        from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts
        from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
    except ModuleNotFoundError:
        raise MissingExtraError("pynetdicom", "pacs") from None
    entity = AE(ae_title=title)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    entity.add_supported_context(Verification)
    entity.require_calling_aet = list(allowed)
    entity.network_timeout = entity.dimse_timeout = 60
    return entity
