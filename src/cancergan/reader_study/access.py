"""Who may enter: invitations, sessions, and what the administrator may know."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from cancergan.core.errors import BadInputError
from cancergan.reader_study.store import Store, audit, fact, now

ADMINISTRATOR = "administrator_hash"


@dataclass(frozen=True)
class Session:
    """An entered browser; ``reader`` is None for the administrator.

    ``current`` is false once the same link was opened elsewhere: then that other place reads on.
    """

    hash: str
    reader: int | None
    csrf: str
    current: bool


def hashed(token: str) -> str:
    """Return what is stored of a token: tokens have 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    store: Store, reader: int | None, *, name: str | None = None, expertise: str | None = None
) -> str:
    """Return a new token of a reader, or of the administrator (None); an older one ends.

    Raises:
        BadInputError: there is no such reader.
    """
    token = secrets.token_urlsafe(32)
    with store.writing() as connection:
        if reader is None:
            connection.execute(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", (ADMINISTRATOR, hashed(token))
            )
            connection.execute("DELETE FROM sessions WHERE reader IS NULL")
            audit(connection, "administrator", "invite administrator")
            return token
        _known(connection, reader)
        connection.execute(
            "UPDATE readers SET token_hash = ?, revoked = 0, name = coalesce(?, name),"
            " expertise = coalesce(?, expertise) WHERE id = ?",
            (hashed(token), name, expertise, reader),
        )
        connection.execute("DELETE FROM sessions WHERE reader = ?", (reader,))
        audit(connection, "administrator", "invite", {"reader": reader})
    return token


def revoke(store: Store, reader: int) -> None:
    """End a reader's link and sessions; the answers stay.

    Raises:
        BadInputError: there is no such reader.
    """
    with store.writing() as connection:
        _known(connection, reader)
        connection.execute(
            "UPDATE readers SET token_hash = NULL, revoked = 1 WHERE id = ?", (reader,)
        )
        connection.execute("DELETE FROM sessions WHERE reader = ?", (reader,))
        audit(connection, "administrator", "revoke", {"reader": reader})


def _known(connection: sqlite3.Connection, reader: int) -> None:
    count = connection.execute("SELECT count(*) FROM readers").fetchone()[0]
    if not connection.execute("SELECT 1 FROM readers WHERE id = ?", (reader,)).fetchone():
        raise BadInputError(f"reader {reader}: there are readers 1 to {count}.")


def holder(store: Store, token: str) -> sqlite3.Row | str | None:
    """Return the reader's row whom a token belongs to, "administrator", or None."""
    with store.reading() as connection:
        if secrets.compare_digest(fact(connection, ADMINISTRATOR) or "", hashed(token)):
            return "administrator"
        row: sqlite3.Row | None = connection.execute(
            "SELECT * FROM readers WHERE token_hash = ? AND NOT revoked", (hashed(token),)
        ).fetchone()
    return row


def enter(
    store: Store, token: str, *, expertise: str = "", years: float | None = None
) -> str | None:
    """Begin a session and return its secret; None where the token opens nothing.

    A session begun elsewhere with the same link is no longer the current one.
    """
    who = holder(store, token)
    if who is None:
        return None
    secret = secrets.token_urlsafe(32)
    reader = None if isinstance(who, str) else int(who["id"])
    with store.writing() as connection:
        others = connection.execute(
            "UPDATE sessions SET current = 0 WHERE reader IS ? AND current", (reader,)
        ).rowcount
        connection.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, 1)",
            (hashed(secret), reader, secrets.token_urlsafe(32), now()),
        )
        if expertise or years is not None:
            connection.execute(
                "UPDATE readers SET expertise = CASE WHEN ? = '' THEN expertise ELSE ? END,"
                " years = coalesce(?, years) WHERE id = ?",
                (expertise, expertise, years, reader),
            )
        audit(connection, _who(reader), "enter", {"took over": bool(others)})
    return secret


def take_over(store: Store, session: Session) -> None:
    """Make a session the current one of its reader again."""
    with store.writing() as connection:
        connection.execute("UPDATE sessions SET current = 0 WHERE reader IS ?", (session.reader,))
        connection.execute("UPDATE sessions SET current = 1 WHERE hash = ?", (session.hash,))
        audit(connection, _who(session.reader), "take over")


def session_of(store: Store, secret: str | None) -> Session | None:
    """Return the session of a cookie, None where there is none."""
    if not secret:
        return None
    with store.reading() as connection:
        row = connection.execute(
            "SELECT * FROM sessions WHERE hash = ?", (hashed(secret),)
        ).fetchone()
    if row is None:
        return None
    return Session(row["hash"], row["reader"], row["csrf"], bool(row["current"]))


def _who(reader: int | None) -> str:
    return "administrator" if reader is None else f"reader {reader}"


def progress(store: Store) -> list[dict[str, Any]]:
    """Return how far every reader is; nothing of what was answered."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT r.id AS reader, r.name, r.expertise, r.years, r.revoked,"
            " r.token_hash IS NOT NULL AS invited, count(t.id) AS trials, count(a.id) AS answered,"
            " max(a.answered_at) AS last_answer, avg(a.seconds) AS mean_seconds"
            " FROM readers r JOIN trials t ON t.reader = r.id"
            " LEFT JOIN answers a ON a.trial = t.id AND a.undone_at IS NULL"
            " GROUP BY r.id ORDER BY r.id"
        ).fetchall()
    return [dict(row) for row in rows]
