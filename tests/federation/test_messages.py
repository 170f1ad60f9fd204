"""Every message is held against its schema, and nothing else can be said."""

from __future__ import annotations

import json
import math

import pytest
import torch

from cancergan.federation import messages
from cancergan.federation.messages import SCHEMAS, Message, MessageError
from tests.federation.board import agreed

SIZES = {"draws": 1, "batch": 2, "channels": 1, "classes": 2, "side_0": 4, "side_1": 4}


def gradient(**changes):
    tensors = {"gradient": torch.zeros(2, 1, 4, 4), "label": torch.zeros(1, 2, dtype=torch.int64)}
    return Message(
        "gradient", "run", 3, step=7, tensors={**tensors, **changes}, values={"round": 1}
    )


def test_a_message_comes_back_as_it_was():
    sent = gradient(gradient=torch.randn(2, 1, 4, 4))
    back = Message.decode(sent.encode(), "from hospital", SIZES)
    assert (back.kind, back.run, back.sequence, back.step, dict(back.values)) == (
        "gradient", "run", 3, 7, {"round": 1},
    )  # fmt: skip
    assert torch.equal(back.tensors["gradient"], sent.tensors["gradient"])


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"gradient": torch.full((2, 1, 4, 4), math.nan)}, "gradient.gradient: 32 of 32 values"),
        ({"gradient": torch.zeros(2, 1, 4, 5)}, "has shape (2, 1, 4, 5), not (2, 1, 4, 4)"),
        ({"gradient": torch.zeros(2, 1, 4, 4).double()}, "is of type torch.float64"),
        ({"label": torch.full((1, 2), 2)}, "outside 0 to 1"),
        ({"mask": torch.zeros(2, 4, 4)}, 'gradient has no field "mask"'),
        ({"image": torch.zeros(2, 1, 4, 4)}, 'gradient has no field "image"'),
    ],
)
def test_a_field_that_is_wrong_is_refused_by_its_name(changes, line):
    with pytest.raises(MessageError) as refused:
        Message.decode(gradient(**changes).encode(), "from hospital", SIZES)
    assert line in str(refused.value)


def test_what_a_hospital_may_say_has_no_field_for_images_or_masks():
    outgoing = {
        name
        for schema in SCHEMAS.values()
        if schema.direction == "from hospital"
        for name in (*schema.tensors, *schema.values)
    }
    assert outgoing == {
        "gradient", "label", "source", "round", "figures", "epsilon", "clock", "stored", "cases",
        "reason",
    }  # fmt: skip


def test_the_other_direction_is_refused():
    with pytest.raises(MessageError, match="no message to hospital"):
        Message.decode(gradient().encode(), "to hospital", SIZES)


@pytest.mark.parametrize("data", [b"", b"\x80\x04K\x01.", b"\xff" * 100, b'{"kind": "ask"}'])
def test_garbage_is_refused_in_one_line(data):
    with pytest.raises(MessageError, match="cannot be read"):
        Message.decode(data, "from hospital")


def test_a_header_that_lies_about_its_tensors_is_refused():
    data = gradient().encode()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["gradient"]["data_offsets"] = [0, 10**9]
    body = json.dumps(header).encode()
    with pytest.raises(MessageError, match="cannot be read"):
        Message.decode(len(body).to_bytes(8, "little") + body + data[8 + length :], "from hospital")


def test_an_oversized_message_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(messages, "LARGEST_MESSAGE", 100)
    with pytest.raises(MessageError, match="at most 100 are accepted"):
        Message.decode(gradient().encode(), "from hospital", SIZES)


def test_sizes_are_the_bytes_of_the_fields():
    assert gradient().sizes == {"gradient": 128, "label": 16, "round": 1}


def test_the_agreement_comes_back_as_it_was():
    agreement = agreed()
    again = type(agreement).from_json(json.loads(json.dumps(agreement.to_json())))
    assert again == agreement


def test_the_length_of_a_run_may_change_and_nothing_else():
    run = agreed().run
    assert agreed(**{"training.steps": 9}).run == run
    assert agreed(**{"training.batch_size": 5}).run != run
