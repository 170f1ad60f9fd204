"""Readers whose d' is known: they follow the protocol, so their answers are like people's."""

from __future__ import annotations

import numpy as np

from cancergan.core.seeds import numpy_generator
from cancergan.reader_study import reading

THRESHOLDS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])


def read_all(study, *, d_prime=0.0, informed_d_prime=None, seed=0, case_spread=0.0, readers=None):
    """Let every reader read everything; evidence is normal about 0 and ``d_prime``.

    ``case_spread`` is the standard deviation of what all readers see alike in a case. Readers of
    an edit who say edited point at it, when their evidence is above the highest threshold.
    """
    random = numpy_generator(seed, "simulated readers")
    shared = {}
    with study.store.writing() as connection:
        rows = connection.execute(
            "SELECT t.key, t.swapped, i.id, i.truth, i.synthetic FROM trials t JOIN items i"
            " ON t.item = i.id"
        ).fetchall()
        truth_of = {row["key"]: row for row in rows}
        for reader in readers or range(1, study.settings.readers + 1):
            state = reading.open_phase(study, connection, reader)
            while state.stage == "trial":
                row = truth_of[state.trial["key"]]
                there = d_prime
                if state.phase == "informed" and informed_d_prime is not None:
                    there = informed_d_prime
                common = shared.setdefault(row["id"], random.normal(0, case_spread))
                own = random.normal(0, np.sqrt(1 - case_spread**2)) + common
                answer = _answer(study, state, row, own, there)
                state, _ = reading.record(study, connection, reader, answer)
                if state.stage == "interlude":
                    state = reading.open_phase(study, connection, reader)
    study.lock()


def _answer(study, state, row, noise, d_prime):
    design = study.settings.question
    if design.images == 2:
        side = -1 if row["swapped"] else 1
        evidence = side * d_prime / np.sqrt(2) + noise
    else:
        evidence = noise + d_prime * (row["truth"] - 0.5)
    levels = THRESHOLDS if len(design.scale) == 6 else THRESHOLDS[:4]
    rating = int(np.searchsorted(levels, evidence)) + 1
    mark = None
    if design.marks and rating >= design.yes_from:
        mark = (0.0, 0.0, 0.0)
        if row["truth"] and rating == len(design.scale):
            places = np.argwhere(study.masks[row["synthetic"]])
            mark = tuple(float(place) for place in places[len(places) // 2])
    return reading.Answer(state.trial["key"], state.trial["nonce"], rating, 5.0, mark)
