"""A hospital's cases as the agreement wants them, and the refusal where they do not fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cancergan.cohort import Cohort
from cancergan.cohort.columns import IMAGE
from cancergan.cohort.planning import checked_headers, planned_window
from cancergan.cohort.prepared import PreparedCohort, prepare
from cancergan.cohort.window import IntensityWindow
from cancergan.federation.agreement import Agreement
from cancergan.federation.messages import Message, MessageError
from cancergan.training.data import CaseOrder, Drawn, TrainingData
from cancergan.training.material import training_part

LEAST_OVERLAP = 1 / 3


@dataclass(frozen=True)
class LocalData:
    """Prepared cases of one hospital, and the digests of all that must never leave it."""

    data: TrainingData
    cases: int
    secret: frozenset[bytes]
    shapes: frozenset[tuple[int, ...]]
    unit_is_known: bool

    @classmethod
    def of(cls, cohort: Cohort, agreement: Agreement, seed: int) -> LocalData:
        """Prepare a cohort's training cases for an agreement; ``seed`` orders the draws.

        Raises:
            MessageError: other labels or another window than agreed; it names nothing of the
                hospital's own.
            BadInputError: a case cannot be prepared; names it, for the hospital's eyes.
        """
        cohort = training_part(cohort)
        prepared: dict[str, PreparedCohort] = {}
        for name, column in agreement.columns.items():
            part = column.of(cohort)
            if name == IMAGE:
                _check_window(part, column.preparation.window)
            prepared[name] = prepare(part, column.preparation)
        columns = {name: one.images for name, one in prepared.items()}
        labels = _codes(prepared[IMAGE], agreement.classes) if agreement.classes else None
        drawn: dict[str, npt.NDArray[np.generic]] = dict(columns)
        if labels is not None:
            drawn["label"] = labels
        cases = len(prepared[IMAGE])
        order = CaseOrder(cases, seed, agreement.recipe.training.sampling, labels)
        whole = [case for values in columns.values() for case in values]
        parts = [*whole, *(channel for case in whole for channel in case)]
        secret, shapes = {_digest(part) for part in parts}, {part.shape for part in parts}
        data = TrainingData((Drawn(drawn, order, prepared[IMAGE].patient_ids),))
        known = cohort.unit_is_known
        return cls(data, cases, frozenset(secret), frozenset(shapes), known)

    def check_leaving(self, message: Message) -> None:
        """Refuse a message with a tensor that holds a prepared image or mask, or a channel of one.

        The schema has no field for one; this is for the day when somebody adds one.

        Raises:
            MessageError: names the field.
        """
        for name, tensor in message.tensors.items():
            values = tensor.detach().float().numpy()
            for axes in range(values.ndim):
                if values.shape[axes:] not in self.shapes:
                    continue
                rows = values.reshape(-1, *values.shape[axes:])
                if any(_digest(row) in self.secret for row in rows):
                    raise MessageError(f"{message.kind}.{name} holds a real image; not sent.")


def _digest(case: npt.NDArray[np.generic]) -> bytes:
    import hashlib

    plain = np.ascontiguousarray(case, np.float32)
    return hashlib.sha256(repr(plain.shape).encode() + plain.tobytes()).digest()


def _codes(prepared: PreparedCohort, classes: tuple[str, ...]) -> npt.NDArray[np.int64]:
    labels = prepared.labels
    if labels is None or int(labels.min()) < 0:
        raise MessageError("join: some of the hospital's cases have no label, which the run reads.")
    present = {prepared.classes[code] for code in np.unique(labels)}
    unknown = present - set(classes)
    if unknown:
        raise MessageError(
            f"join: the hospital's labels are others than agreed: {len(unknown)} of "
            f"{len(present)} are not among {', '.join(classes)}."
        )
    codes = {name: code for code, name in enumerate(classes)}
    ours = np.array([codes.get(name, -1) for name in prepared.classes], np.int64)
    return ours[labels]


def _check_window(cohort: Cohort, agreed: IntensityWindow) -> None:
    """Refuse an agreed window that is not of the hospital's units.

    Eight-bit images have one window, 0 to 255; of others, percentiles 0.1 and 99.9 and the agreed
    window must share a third of what they cover together.
    """
    own = planned_window(cohort, checked_headers(cohort))
    if len(own.low) != len(agreed.low):
        raise MessageError(
            f"join: the agreed window is of {len(agreed.low)} channels; the hospital's images have "
            "another number."
        )
    for low, high, ours_low, ours_high in zip(
        agreed.low, agreed.high, own.low, own.high, strict=True
    ):
        shared = min(high, ours_high) - max(low, ours_low)
        covered = max(high, ours_high) - min(low, ours_low)
        if shared / covered < LEAST_OVERLAP:
            raise MessageError(
                f"join: the agreed window {low:g} to {high:g} does not fit the hospital's images. "
                "Are they in other units?"
            )
