import pytest
from requests import exceptions

from cancergan.cohort.pacs.errors import PacsError, http_errors


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (exceptions.ConnectTimeout("x"), "no answer in time"),
        (exceptions.ReadTimeout("x"), "no answer in time"),
        (exceptions.SSLError("self-signed certificate"), "TLS failed .self-signed certificate"),
        (exceptions.ConnectionError("[Errno 111] Connection refused"), "connection refused"),
        (exceptions.ConnectionError("Failed to resolve 'x'"), "no such host"),
        (exceptions.ConnectionError(OSError("reset\nby peer")), "broke .reset by peer"),
        (exceptions.ChunkedEncodingError("cut off"), "cut off"),
        (exceptions.InvalidURL("bad"), "Check the address"),
    ],
)
def test_every_failure_is_one_line_with_the_address(error, message):
    with (
        pytest.raises(PacsError, match=rf"^http://host: .*{message}") as told,
        http_errors("http://host"),
    ):
        raise error
    assert "\n" not in str(told.value)
    assert told.value.exit_code == 2
