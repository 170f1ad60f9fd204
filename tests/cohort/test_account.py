import pytest

from cancergan.cohort.account import FOREIGN, Account
from cancergan.core.errors import BadInputError

ACCOUNT = Account(
    {"CT image files": 3},
    (("a.dcm", "no pixels"), ("b.dcm", "no pixels"), ("x.txt", FOREIGN)),
    (("P1", "the gantry was tilted"),),
)


def test_it_is_told_by_reason_and_survives_json():
    assert ACCOUNT.lines() == [
        "taken: 3 CT image files",
        "left out: a.dcm and 1 more files: no pixels",
        "left out: x.txt: not an image",
        "note: P1: the gantry was tilted",
    ]
    assert Account.from_json(ACCOUNT.to_json()) == ACCOUNT


def test_the_summary_passes_over_what_nobody_meant():
    assert ACCOUNT.summary() == "left out 2: a.dcm (no pixels), b.dcm (no pixels)"
    assert ACCOUNT.summary(limit=1) == "left out 2: a.dcm (no pixels) and 1 more"
    assert Account(left_out=(("x.txt", FOREIGN),)).summary() == ""


@pytest.mark.parametrize("content", [{}, [], {"taken": 3, "left_out": [], "notes": []}])
def test_a_broken_record_is_refused(content):
    with pytest.raises(BadInputError, match="account in the cohort's provenance is broken"):
        Account.from_json(content)
