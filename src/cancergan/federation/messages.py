"""What may travel between coordinator and hospitals: every kind of message, checked at both ends.

On the wire a message is one safetensors file: tensors as they are, everything else as JSON in its
header. Nothing is ever unpickled. What is not written down here cannot be sent: no kind of message
from a hospital has a field for a real image or a mask.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from cancergan.core.errors import CancerganError

PROTOCOL = 1
LARGEST_HEADER = 2**20
LARGEST_MESSAGE = 2**28

Direction = Literal["to hospital", "from hospital"]
Sizes = Mapping[str, int]


class MessageError(CancerganError):
    """A message is not what the schema, the run or the clock allows; it was not acted upon."""


@dataclass(frozen=True)
class TensorField:
    """A tensor that a message holds.

    Attributes:
        dtype: the type of its elements.
        shape: sizes along its axes; a name stands for a size on which both ends have agreed
            ("batch"), "..." at the end for the agreed spatial size.
        low, high: the range of its values, where it has one.
        optional: whether it may be missing.
    """

    dtype: torch.dtype
    shape: tuple[int | str, ...]
    low: float = -math.inf
    high: float = math.inf
    optional: bool = False


@dataclass(frozen=True)
class Schema:
    """One kind of message: which way it goes, its tensors, and its values by type.

    ``free`` says that tensors are named and shaped as the game's own (weights), which whoever
    reads them checks against the game.
    """

    direction: Direction
    tensors: Mapping[str, TensorField] = field(default_factory=dict)
    values: Mapping[str, type] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    free: bool = False


_IMAGE = ("batch", "channels", "...")
_LABELS = TensorField(torch.int64, ("draws", "batch"), 0, optional=True)
_SOURCE = TensorField(torch.float32, ("draws", "batch", "source_channels", "source"), -1, 1, True)

SCHEMAS: dict[str, Schema] = {
    # what a coordinator says
    "join": Schema("to hospital", values={"agreement": dict, "clock": float}),
    "ask": Schema("to hospital"),
    "images": Schema(
        "to hospital",
        {"images": TensorField(torch.float32, ("draws", *_IMAGE), -1.5, 1.5)},
        {"round": int},
    ),
    "average": Schema("to hospital", values={"rounds": int}, free=True),
    "store": Schema("to hospital"),
    "restore": Schema("to hospital"),
    "leave": Schema("to hospital"),
    # what a hospital answers
    "joined": Schema(
        "from hospital",
        values={"clock": float, "stored": list, "cases": int},
        optional=("cases",),
    ),
    "condition": Schema("from hospital", {"label": _LABELS, "source": _SOURCE}, {"round": int}),
    "gradient": Schema(
        "from hospital",
        {
            "gradient": TensorField(torch.float32, _IMAGE),
            "label": _LABELS,
            "source": _SOURCE,
        },
        {"round": int, "figures": dict},
        optional=("figures",),
    ),
    "weights": Schema(
        "from hospital",
        values={"figures": dict, "epsilon": float},
        optional=("figures", "epsilon"),
        free=True,
    ),
    "done": Schema("from hospital", values={"epsilon": float}, optional=("epsilon",)),
    "refusal": Schema("from hospital", values={"reason": str}),
}


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        kind: a name of ``SCHEMAS``.
        run: the run that it belongs to.
        sequence: counts the coordinator's messages to one hospital; an answer repeats the number.
        step: the generator's step, so that whoever receives an answer knows how old it is.
        deadline: seconds on the hospital's clock after which the message is not acted upon; 0 is
            without end.
        tensors, values: what it says.
    """

    kind: str
    run: str
    sequence: int
    step: int = 0
    deadline: float = 0.0
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each field: tensors as they are ("weights" in one), values as their JSON."""
        sizes = {name: t.numel() * t.element_size() for name, t in self.tensors.items()}
        if SCHEMAS[self.kind].free:
            sizes = {"weights": sum(sizes.values())}
        return sizes | {name: len(json.dumps(value)) for name, value in self.values.items()}

    def encode(self) -> bytes:
        """Return the message as bytes."""
        from safetensors.torch import save

        envelope = {
            "protocol": PROTOCOL, "kind": self.kind, "run": self.run, "sequence": self.sequence,
            "step": self.step, "deadline": self.deadline, "values": dict(self.values),
        }  # fmt: skip
        plain = {name: tensor.detach().contiguous() for name, tensor in self.tensors.items()}
        return save(plain, {"message": json.dumps(envelope, allow_nan=False)})

    @classmethod
    def decode(cls, data: bytes, direction: Direction, sizes: Sizes | None = None) -> Message:
        """Return the message that bytes hold, once it satisfies its schema.

        Args:
            data: what came in.
            direction: which way it came.
            sizes: the sizes on which both ends have agreed; None before they have.

        Raises:
            MessageError: not a message, of an unknown kind, or a field that is missing, unknown,
                of another type, shape or range, or not finite.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        envelope = _envelope(data)
        try:
            tensors = load(data)
        except (SafetensorError, KeyError, ValueError) as error:
            raise MessageError(f"message cannot be read ({error}).") from None
        message = _message(envelope, tensors)
        check(message, direction, sizes)
        return message


def check(message: Message, direction: Direction, sizes: Sizes | None) -> None:
    """Hold a message against its schema.

    Raises:
        MessageError: says which field is wrong, and how.
    """
    schema = SCHEMAS.get(message.kind)
    if schema is None or schema.direction != direction:
        raise MessageError(f'"{message.kind}" is no message {direction}.')
    _check_names(message, schema)
    for name, value in message.values.items():
        wanted = schema.values[name]
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise MessageError(f"{message.kind}.{name} is not of type {wanted.__name__}.")
    for name, tensor in message.tensors.items():
        _check_finite(message, name, tensor)
        if not schema.free:
            _check_tensor(message, name, tensor, schema.tensors[name], sizes)


def _check_names(message: Message, schema: Schema) -> None:
    given = {*message.values} | (set() if schema.free else {*message.tensors})
    for name in given - {*schema.values, *schema.tensors}:
        raise MessageError(f'{message.kind} has no field "{name}".')
    needed = {name for name in schema.values if name not in schema.optional}
    needed |= {name for name, wanted in schema.tensors.items() if not wanted.optional}
    for name in sorted(needed - given):
        raise MessageError(f'{message.kind} lacks field "{name}".')


def _check_finite(message: Message, name: str, tensor: Tensor) -> None:
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        bad = int((~torch.isfinite(tensor)).sum())
        raise MessageError(
            f"{message.kind}.{name}: {bad} of {tensor.numel()} values are not finite."
        )


def _check_tensor(
    message: Message, name: str, tensor: Tensor, wanted: TensorField, sizes: Sizes | None
) -> None:
    where = f"{message.kind}.{name}"
    if tensor.dtype != wanted.dtype:
        raise MessageError(f"{where} is of type {tensor.dtype}, not {wanted.dtype}.")
    if sizes is not None:
        shape = _shape(wanted.shape, sizes)
        if tuple(tensor.shape) != shape:
            raise MessageError(f"{where} has shape {tuple(tensor.shape)}, not {shape}.")
    if tensor.numel():
        low, high = float(tensor.min()), float(tensor.max())
        most = min(wanted.high, sizes["classes"] - 1) if name == "label" and sizes else wanted.high
        if low < wanted.low or high > most:
            raise MessageError(
                f"{where} reaches from {low:g} to {high:g}, outside {wanted.low:g} to {most:g}."
            )


def _shape(wanted: tuple[int | str, ...], sizes: Sizes) -> tuple[int, ...]:
    """Return a shape in numbers; "..." and "source" stand for several axes."""
    shape: list[int] = []
    for part in wanted:
        if part == "...":
            shape += [size for name, size in sizes.items() if name.startswith("side_")]
        elif part == "source":
            shape += [size for name, size in sizes.items() if name.startswith("source_side_")]
        else:
            shape.append(part if isinstance(part, int) else sizes[part])
    return tuple(shape)


def _envelope(data: bytes) -> dict[str, Any]:
    """Return the JSON in the header of a safetensors file, sizes checked before anything is read.

    Raises:
        MessageError: too large, or no such file.
    """
    if len(data) > LARGEST_MESSAGE:
        raise MessageError(
            f"message of {len(data):,} bytes; at most {LARGEST_MESSAGE:,} are accepted."
        )
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LARGEST_HEADER, len(data) - 8):
        raise MessageError("message cannot be read (no header).")
    try:
        header = json.loads(data[8 : 8 + length])
        envelope = json.loads(header["__metadata__"]["message"])
    except (ValueError, KeyError, TypeError) as error:
        raise MessageError(f"message cannot be read ({type(error).__name__} in header).") from None
    if not isinstance(envelope, dict) or envelope.get("protocol") != PROTOCOL:
        raise MessageError(
            f"message of another protocol than {PROTOCOL}. Install the same version at both ends."
        )
    return envelope


_ENVELOPE = {"kind": str, "run": str, "sequence": int, "step": int, "values": dict}


def _message(envelope: dict[str, Any], tensors: dict[str, Tensor]) -> Message:
    for name, wanted in _ENVELOPE.items():
        if type(envelope.get(name)) is not wanted:
            raise MessageError(f"envelope.{name} is not of type {wanted.__name__}.")
    deadline = envelope.get("deadline")
    if not isinstance(deadline, int | float) or isinstance(deadline, bool):
        raise MessageError("envelope.deadline is not a number.")
    return Message(
        **{name: envelope[name] for name in _ENVELOPE}, deadline=float(deadline), tensors=tensors
    )
