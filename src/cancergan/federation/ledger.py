"""What left, and what came in: bytes of every field of every message, written as it happens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cancergan.core.errors import BadInputError
from cancergan.federation.messages import SCHEMAS, Message

Totals = dict[tuple[str, str, str], tuple[int, int]]


class Ledger:
    """An append-only file of JSON lines, one a message; ``site`` names the hospital.

    ``envelope`` counts what a message has besides its fields: names, shapes, numbers, padding.
    """

    def __init__(self, path: Path | None, site: str = "") -> None:
        self.path = path
        self.site = site
        self.totals: Totals = {}

    def enter(self, message: Message, size: int, *, site: str | None = None) -> None:
        """Write down one message of ``size`` bytes in all."""
        fields = message.sizes
        record = {
            "site": self.site if site is None else site,
            "direction": SCHEMAS[message.kind].direction,
            "kind": message.kind,
            "sequence": message.sequence,
            "step": message.step,
            "fields": fields | {"envelope": size - sum(fields.values())},
        }
        add_up(self.totals, record)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")


def add_up(totals: Totals, record: Mapping[str, Any]) -> None:
    """Add one record to the totals: messages and bytes by direction, kind and field."""
    for name, size in record["fields"].items():
        key = (record["direction"], record["kind"], name)
        messages, amount = totals.get(key, (0, 0))
        totals[key] = (messages + 1, amount + size)


def read_ledger(path: Path) -> Totals:
    """Return the totals of a ledger file.

    Raises:
        BadInputError: there is no such file, or a line is not a record.
    """
    totals: Totals = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    for number, line in enumerate(lines, 1):
        try:
            add_up(totals, json.loads(line))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
            if number < len(lines):  # the last line may have been cut off by a kill
                raise BadInputError(f"{path}, line {number}: is not a ledger record.") from None
    return totals


def summary(totals: Totals) -> list[str]:
    """Return the totals as lines of a table, what left the hospital first."""
    rows = [("direction", "message", "field", "messages", "bytes", "bytes each")]
    for (direction, kind, name), (messages, amount) in _sorted(totals):
        each = f"{amount / messages:,.0f}"
        rows.append((direction, kind, name, f"{messages:,}", f"{amount:,}", each))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return [
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _sorted(totals: Totals) -> Iterable[tuple[tuple[str, str, str], tuple[int, int]]]:
    return sorted(totals.items(), key=lambda item: (item[0][0], -item[1][1], item[0]))
