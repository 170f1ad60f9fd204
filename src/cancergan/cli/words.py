"""JSON as a short table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def as_table(described: dict[str, Any]) -> Table:
    """Return a JSON object as a table of two columns; long values are cut."""
    from rich.table import Table

    table = Table(show_header=False, title=str(described["origin"]), title_justify="left")
    for key, value in described.items():
        if key != "origin":
            table.add_row(key.replace("_", " "), _in_words(value))
    return table


def _in_words(value: object, limit: int = 8) -> str:
    """Return a value for people: one line per entry, at most ``limit`` of them."""
    if isinstance(value, dict):
        lines = [f"{name}: {_in_words(entry)}" for name, entry in value.items()]
    elif isinstance(value, list):
        lines = [_in_entry(entry) for entry in value]
    else:
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    more = [f"and {len(lines) - limit} more"] if len(lines) > limit else []
    return "\n".join(lines[:limit] + more)


def _in_entry(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return "; ".join(
        ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for value in entry.values()
    )
