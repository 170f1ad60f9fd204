"""The ledger adds up, reads back, and says where it cannot be read."""

from __future__ import annotations

import json

import pytest
import torch

from cancergan.core.errors import BadInputError
from cancergan.federation.ledger import Ledger, read_ledger, summary
from cancergan.federation.messages import Message


def written(path, number=3):
    ledger = Ledger(path, "north")
    for sequence in range(number):
        gradient = {"gradient": torch.zeros(2, 1, 4, 4)}
        message = Message("gradient", "run", sequence, tensors=gradient, values={"round": 1})
        ledger.enter(message, len(message.encode()))
    return ledger


def test_totals_are_those_of_the_lines(tmp_path):
    ledger = written(tmp_path / "ledger.jsonl")
    assert read_ledger(ledger.path) == ledger.totals
    assert ledger.totals["from hospital", "gradient", "gradient"] == (3, 3 * 128)
    lines = [json.loads(line) for line in ledger.path.read_text().splitlines()]
    assert {line["site"] for line in lines} == {"north"}


def test_a_line_cut_off_by_a_kill_is_left_out_and_a_broken_one_is_named(tmp_path):
    path = written(tmp_path / "ledger.jsonl").path
    whole = path.read_text()
    path.write_text(whole[:-20])
    assert read_ledger(path)["from hospital", "gradient", "gradient"] == (2, 256)
    path.write_text("{}\n" + whole)
    with pytest.raises(BadInputError, match=r"ledger\.jsonl, line 1: is not a ledger record"):
        read_ledger(path)
    with pytest.raises(BadInputError, match="cannot be read"):
        read_ledger(tmp_path / "absent")


def test_weights_are_one_field():
    ledger = Ledger(None)
    weights = {f"generator/{name}": torch.zeros(10) for name in "abc"}
    message = Message("weights", "run", 1, tensors=weights)
    ledger.enter(message, len(message.encode()))
    assert ledger.totals["from hospital", "weights", "weights"] == (1, 120)


def test_the_summary_says_first_what_left(tmp_path):
    ledger = written(tmp_path / "ledger.jsonl", 2)
    ledger.enter(Message("ask", "run", 9), 200)
    lines = summary(ledger.totals)
    assert lines[1].startswith("from hospital")
    columns = [line.split() for line in lines if " gradient  gradient " in line]
    assert columns == [["from", "hospital", "gradient", "gradient", "2", "256", "128"]]
    assert lines[-1].startswith("to hospital")
