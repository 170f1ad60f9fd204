"""The protocol of reading: what a reader sees next, and what becomes of an answer.

The server decides, never the page: one case is open at a time, an answer counts once, and only the
last answer of the phase can be taken back.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np

from cancergan.reader_study.settings import Phase
from cancergan.reader_study.store import audit, fact, now
from cancergan.reader_study.study import Study, name

Stage = Literal["interlude", "trial", "waiting", "done", "locked"]
LONGEST_SECONDS = 6 * 3600.0


class ConflictError(Exception):
    """What was sent does not fit the state of the study; the sentence is for the reader."""


@dataclass(frozen=True)
class Answer:
    """What a reader said of a trial: ``mark`` is (slice, row, column) from 0, in pixels."""

    key: str
    nonce: str
    rating: int
    seconds: float
    mark: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class State:
    """Where a reader is.

    Attributes:
        stage: before a phase, in it, waiting for the next, done, or locked.
        phase: the phase that is open or comes next.
        position, total: how many cases of the phase are answered, and how many it has.
        trial: the case to read: its key, nonce and the names of its images.
        ahead: names of the images of the next case, to be fetched while this one is read.
        can_undo: whether the last answer can be taken back.
        opens_at: when a waiting phase opens.
    """

    stage: Stage
    phase: Phase = "blind"
    position: int = 0
    total: int = 0
    trial: dict[str, Any] | None = None
    ahead: tuple[str, ...] = ()
    can_undo: bool = False
    opens_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the state as a JSON object, with the same keys at every stage."""
        return {
            "stage": self.stage, "phase": self.phase, "position": self.position,
            "total": self.total, "trial": self.trial, "ahead": list(self.ahead),
            "can_undo": self.can_undo, "opens_at": self.opens_at,
        }  # fmt: skip


def state_of(study: Study, connection: sqlite3.Connection, reader: int) -> State:
    """Return where a reader is, as the database says at this moment."""
    if fact(connection, "locked_at") is not None:
        return State("locked")
    rows = connection.execute(
        "SELECT t.*, a.id AS answer, a.answered_at FROM trials t LEFT JOIN answers a"
        " ON a.trial = t.id AND a.undone_at IS NULL WHERE t.reader = ? ORDER BY t.position",
        (reader,),
    ).fetchall()
    upcoming = [row for row in rows if row["answer"] is None]
    if not upcoming:
        return State("done")
    phase: Phase = upcoming[0]["phase"]
    inside = [row for row in rows if row["phase"] == phase]
    answered = [row for row in inside if row["answer"] is not None]
    done, total = len(answered), len(inside)
    opened = connection.execute(
        "SELECT 1 FROM openings WHERE reader = ? AND phase = ?", (reader, phase)
    ).fetchone()
    if not opened:
        opens_at = _opens_at(study, rows, phase)
        waiting = opens_at is not None and opens_at > datetime.now(UTC)
        stage: Stage = "waiting" if waiting else "interlude"
        told = opens_at.isoformat(timespec="minutes") if waiting and opens_at else None
        return State(stage, phase, done, total, opens_at=told)
    ahead = upcoming[1] if len(upcoming) > 1 and upcoming[1]["phase"] == phase else None
    return State(
        "trial",
        phase,
        done,
        total,
        trial={
            "key": upcoming[0]["key"],
            "nonce": upcoming[0]["nonce"],
            "images": list(_names(upcoming[0])),
        },
        ahead=() if ahead is None else _names(ahead),
        can_undo=bool(answered) and phase != "training",
    )


def _names(row: sqlite3.Row) -> tuple[str, ...]:
    return tuple(key for key in (row["first_key"], row["second_key"]) if key is not None)


def _opens_at(study: Study, rows: list[sqlite3.Row], phase: Phase) -> datetime | None:
    """Return when the informed phase may begin: some hours after the last blind answer."""
    blind = [row["answered_at"] for row in rows if row["phase"] == "blind" and row["answered_at"]]
    if phase != "informed" or not study.settings.pause_hours or not blind:
        return None
    return datetime.fromisoformat(max(blind)) + timedelta(hours=study.settings.pause_hours)


def open_phase(study: Study, connection: sqlite3.Connection, reader: int) -> State:
    """Begin the phase that comes next; beginning it twice changes nothing."""
    state = state_of(study, connection, reader)
    if state.stage == "interlude":
        connection.execute("INSERT INTO openings VALUES (?, ?, ?)", (reader, state.phase, now()))
        audit(connection, f"reader {reader}", "begin", {"phase": state.phase})
        state = state_of(study, connection, reader)
    _mark_shown(connection, state)
    return state


def _mark_shown(connection: sqlite3.Connection, state: State) -> None:
    if state.trial is not None:
        connection.execute(
            "UPDATE trials SET shown_at = ? WHERE key = ? AND shown_at IS NULL",
            (now(), state.trial["key"]),
        )


def record(
    study: Study, connection: sqlite3.Connection, reader: int, answer: Answer
) -> tuple[State, dict[str, Any] | None]:
    """Take an answer and return the next state, and what a training case was.

    The same answer sent again changes nothing and gets the same reply.

    Raises:
        ConflictError: it is not of the open case, or of a rating that there is not.
    """
    trial = connection.execute(
        "SELECT * FROM trials WHERE key = ? AND reader = ?", (answer.key, reader)
    ).fetchone()
    if trial is None:
        raise ConflictError("This case is not one of yours.")
    given = connection.execute(
        "SELECT * FROM answers WHERE trial = ? AND undone_at IS NULL", (trial["id"],)
    ).fetchone()
    if given is None:
        _insert(study, connection, reader, trial, answer)
    elif (given["nonce"], given["rating"]) != (answer.nonce, answer.rating):
        raise ConflictError("This case is answered already; its answer was left as it was.")
    state = state_of(study, connection, reader)
    _mark_shown(connection, state)
    explained = trial["phase"] == "training" and study.settings.question.detects
    return state, _feedback(study, connection, trial, answer) if explained else None


def _insert(
    study: Study, connection: sqlite3.Connection, reader: int, trial: sqlite3.Row, answer: Answer
) -> None:
    state = state_of(study, connection, reader)
    if state.stage == "locked":
        raise ConflictError("The study is closed; no more answers are taken.")
    if state.trial is None or state.trial["key"] != answer.key:
        raise ConflictError("Another case is open now.")
    if answer.nonce != trial["nonce"]:
        raise ConflictError("This page is out of date: its answer was taken back meanwhile.")
    scale = study.settings.question.scale
    if not 1 <= answer.rating <= len(scale):
        raise ConflictError(f"Ratings go from 1 to {len(scale)}.")
    mark = _mark(study, answer)
    seconds = min(max(answer.seconds, 0.0), LONGEST_SECONDS)
    connection.execute(
        "INSERT INTO answers (trial, nonce, rating, mark_slice, mark_row, mark_column, seconds,"
        " answered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (trial["id"], answer.nonce, answer.rating, *mark, seconds, now()),
    )
    audit(connection, f"reader {reader}", "answer", {"trial": trial["id"], "rating": answer.rating})


def _mark(study: Study, answer: Answer) -> tuple[float | None, float | None, float | None]:
    """Return where the reader pointed, None where nothing was to be pointed at."""
    design = study.settings.question
    if not design.marks or answer.rating < design.yes_from:
        return None, None, None
    if answer.mark is None:
        raise ConflictError("Click on what was edited before you answer.")
    for place, size in zip(answer.mark, study.display.shape[1:], strict=True):
        if not (math.isfinite(place) and -0.5 <= place <= size):
            raise ConflictError("The mark lies outside the image.")
    return answer.mark


def undo(study: Study, connection: sqlite3.Connection, reader: int) -> State:
    """Take back the last answer of the open phase; the old one is kept as undone.

    Raises:
        ConflictError: there is none to take back.
    """
    state = state_of(study, connection, reader)
    last = connection.execute(
        "SELECT a.id, t.id AS trial, t.phase FROM answers a JOIN trials t ON a.trial = t.id"
        " WHERE t.reader = ? AND a.undone_at IS NULL ORDER BY t.position DESC LIMIT 1",
        (reader,),
    ).fetchone()
    if not state.can_undo or last is None or last["phase"] != state.phase:
        raise ConflictError("There is no answer to take back in this phase.")
    connection.execute("UPDATE answers SET undone_at = ? WHERE id = ?", (now(), last["id"]))
    connection.execute("UPDATE trials SET nonce = ? WHERE id = ?", (name(), last["trial"]))
    audit(connection, f"reader {reader}", "undo", {"trial": last["trial"]})
    return state_of(study, connection, reader)


def image_index(connection: sqlite3.Connection, study: Study, reader: int, key: str) -> int | None:
    """Return which image a name stands for, None where the reader may not see it now.

    Only the images of the open case and of the next one are given out.
    """
    state = state_of(study, connection, reader)
    if state.trial is None or key not in (*state.trial["images"], *state.ahead):
        return None
    row = connection.execute(
        "SELECT t.first_key, t.swapped, i.real, i.synthetic FROM trials t JOIN items i"
        " ON t.item = i.id WHERE t.reader = ? AND ? IN (t.first_key, t.second_key)",
        (reader, key),
    ).fetchone()
    if row["real"] is None or row["synthetic"] is None:
        return int(row["synthetic"] if row["real"] is None else row["real"])
    on_the_left = key == row["first_key"]
    return int(row["synthetic"] if on_the_left == bool(row["swapped"]) else row["real"])


def _feedback(
    study: Study, connection: sqlite3.Connection, trial: sqlite3.Row, answer: Answer
) -> dict[str, Any]:
    """Return what a training case was; training cases alone are ever explained."""
    design = study.settings.question
    item = connection.execute("SELECT * FROM items WHERE id = ?", (trial["item"],)).fetchone()
    if design.images == 2:
        on_the_right = not trial["swapped"]
        right = (answer.rating >= design.yes_from) == on_the_right
        return {"truth": "right" if on_the_right else "left", "correct": right, "mark": None}
    truth = "edited" if design.marks else "synthetic"
    told = truth if item["truth"] else ("untouched" if design.marks else "real")
    right = (answer.rating >= design.yes_from) == bool(item["truth"])
    centre = None
    if design.marks and item["truth"] and study.masks is not None:
        centre = [float(axis.mean()) for axis in np.nonzero(study.masks[item["synthetic"]])]
    return {"truth": told, "correct": right, "mark": centre}
