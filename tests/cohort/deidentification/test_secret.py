import stat
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cancergan.cohort.deidentification.secret import Secret
from cancergan.core.errors import BadInputError

ONE, OTHER = Secret(bytes(32)), Secret(bytes(31) + b"\x01")


@given(st.from_regex(r"[0-9]{1,5}(\.[1-9][0-9]{0,8}){1,5}", fullmatch=True))
def test_identifiers_are_uuids_that_the_key_decides(old):
    new = ONE.uid(old)
    value = uuid.UUID(int=int(new.removeprefix("2.25.")))
    assert (value.version, value.variant) == (8, uuid.RFC_4122)
    assert new == ONE.uid(f"{old}\0")
    assert new not in (old, OTHER.uid(old))


@given(st.text(max_size=20))
def test_dates_move_back_by_a_month_to_ten_years(patient):
    assert 30 <= ONE.days(patient) <= 3650
    assert ONE.days(patient) == Secret(bytes(32)).days(patient)


def test_shifts_and_pseudonyms_spread():
    assert len({ONE.days(str(k)) for k in range(500)}) > 400
    assert len({ONE.pseudonym(str(k)) for k in range(2000)}) == 2000


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "key"
    secret = Secret.fresh()
    secret.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Secret.open(path) == secret
    assert secret != Secret.fresh()
    with pytest.raises(BadInputError, match="exists already"):
        Secret.fresh().save(path)
    assert secret.key.hex() not in repr(secret)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "not found"), ("nonsense", "is not a key file"), ("00" * 31, "has 31 bytes")],
)
def test_what_is_no_key_is_refused(tmp_path, text, message):
    if text is not None:
        (tmp_path / "key").write_text(text)
    with pytest.raises(BadInputError, match=message):
        Secret.open(tmp_path / "key")
