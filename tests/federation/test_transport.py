"""The way through one process: answers in order, and delays without a clock."""

from __future__ import annotations

from cancergan.federation.transport import InProcess


def test_answers_come_in_the_order_of_the_messages():
    transport = InProcess({"a": lambda data: data + b"a", "b": lambda data: data + b"b"})
    assert transport.sites == ("a", "b")
    transport.send("b", b"1", 1.0)
    transport.send("a", b"2", 1.0)
    assert [transport.receive().data for _ in range(2)] == [b"1b", b"2a"]


def test_a_delayed_site_lets_that_many_answers_of_others_pass():
    transport = InProcess(dict.fromkeys("abc", bytes), delays={"a": 3})
    for name in "abc":
        transport.send(name, name.encode(), 1.0)
    order = []
    for _ in range(4):
        site = transport.receive().site
        order.append(site)
        transport.send(site, b"", 1.0)
    assert order == ["b", "c", "b", "a"]


def test_a_delayed_site_that_is_alone_answers_at_once():
    transport = InProcess({"a": bytes}, delays={"a": 5})
    transport.send("a", b"x", 1.0)
    assert transport.receive().data == b"x"
