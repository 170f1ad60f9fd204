"""The study's database: SQLite in write-ahead mode, each commit on disk before it is reported."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cancergan.core.errors import BadInputError

BUSY_SECONDS = 5.0

SCHEMA = """
CREATE TABLE images (id INTEGER PRIMARY KEY, synthetic INTEGER NOT NULL, case_id TEXT NOT NULL,
  patient_id TEXT NOT NULL, label TEXT NOT NULL);
CREATE TABLE items (id INTEGER PRIMARY KEY, training INTEGER NOT NULL, truth INTEGER NOT NULL,
  real INTEGER REFERENCES images, synthetic INTEGER REFERENCES images);
CREATE TABLE readers (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
  expertise TEXT NOT NULL DEFAULT '', years REAL, token_hash TEXT UNIQUE,
  revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE trials (id INTEGER PRIMARY KEY, reader INTEGER NOT NULL REFERENCES readers,
  position INTEGER NOT NULL, phase TEXT NOT NULL, item INTEGER NOT NULL REFERENCES items,
  repeat INTEGER NOT NULL, swapped INTEGER NOT NULL, key TEXT UNIQUE NOT NULL,
  first_key TEXT UNIQUE NOT NULL, second_key TEXT UNIQUE, nonce TEXT NOT NULL, shown_at TEXT,
  UNIQUE (reader, position));
CREATE TABLE answers (id INTEGER PRIMARY KEY AUTOINCREMENT,
  trial INTEGER NOT NULL REFERENCES trials, nonce TEXT UNIQUE NOT NULL,
  rating INTEGER NOT NULL, mark_slice REAL, mark_row REAL, mark_column REAL,
  seconds REAL NOT NULL, answered_at TEXT NOT NULL, undone_at TEXT);
CREATE UNIQUE INDEX one_answer ON answers (trial) WHERE undone_at IS NULL;
CREATE TABLE openings (reader INTEGER NOT NULL REFERENCES readers, phase TEXT NOT NULL,
  opened_at TEXT NOT NULL, PRIMARY KEY (reader, phase));
CREATE TABLE sessions (hash TEXT PRIMARY KEY, reader INTEGER REFERENCES readers,
  csrf TEXT NOT NULL, started_at TEXT NOT NULL, current INTEGER NOT NULL DEFAULT 1);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
  what TEXT NOT NULL, detail TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit is append only'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit is append only'); END;
CREATE TRIGGER answers_stay BEFORE DELETE ON answers
  BEGIN SELECT RAISE(ABORT, 'answers stay'); END;
"""

# What an export holds; sessions end with the computer that they were begun on.
KEPT_TABLES = ("images", "items", "readers", "trials", "answers", "openings", "facts", "audit")


def now() -> str:
    """Return the time in UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """One database file; every use opens a connection of its own, so threads share nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Store:
        """Make the file with its tables."""
        store = cls(path)
        connection = store._connect(create=True)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(SCHEMA)
        finally:
            connection.close()
        return store

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees one state of the study."""
        connection = self._connect()
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that holds the write lock; committed at the end, else undone.

        When this returns, what was written is on disk (``synchronous=FULL``).

        Raises:
            sqlite3.OperationalError: another process holds the lock, or the disk cannot be written.
        """
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # rolls back what was not committed

    def check_writable(self) -> None:
        """Raise BadInputError where answers could not be written."""
        try:
            with self.writing() as connection:
                connection.execute("INSERT OR REPLACE INTO facts VALUES ('writable', '1')")
        except sqlite3.OperationalError as error:
            raise BadInputError(
                f"{self.path}: cannot be written ({error}). Readers' answers would be lost: make "
                "the folder writable, or end the program that holds the file."
            ) from None

    def _connect(self, *, create: bool = False) -> sqlite3.Connection:
        if not create and not self.path.is_file():
            raise sqlite3.OperationalError(f"{self.path} is gone")
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection


def audit(
    connection: sqlite3.Connection, who: str, what: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Append a line to the audit trail; each carries a digest of itself and all before it."""
    last = connection.execute("SELECT digest FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    at, told = now(), json.dumps(detail or {}, sort_keys=True)
    digest = _digest(last["digest"] if last else "", at, who, what, told)
    connection.execute(
        "INSERT INTO audit (at, who, what, detail, digest) VALUES (?, ?, ?, ?, ?)",
        (at, who, what, told, digest),
    )


def audit_is_whole(connection: sqlite3.Connection) -> bool:
    """Say whether no line of the audit trail was changed, left out or put in."""
    last = ""
    for row in connection.execute("SELECT * FROM audit ORDER BY id"):
        last = _digest(last, row["at"], row["who"], row["what"], row["detail"])
        if last != row["digest"]:
            return False
    return True


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def fact(connection: sqlite3.Connection, name: str) -> str | None:
    """Return a fact about the study ("locked_at"), None where it is not so."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])
