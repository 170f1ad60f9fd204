"""What goes wrong on the network, each in one line that names the server and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cancergan.core.errors import CancerganError


class PacsError(CancerganError):
    """A server could not be reached, did not answer, or refused."""


@contextmanager
def http_errors(url: str) -> Iterator[None]:
    """Turn what ``requests`` and the DICOMweb client raise into a PacsError."""
    from requests import exceptions

    try:
        yield
    except exceptions.Timeout:
        raise PacsError(f"{url}: no answer in time. Is it the right address?") from None
    except exceptions.SSLError as error:
        raise PacsError(f"{url}: TLS failed ({_cause(error)}). Check the certificate.") from None
    except exceptions.HTTPError as error:
        raise PacsError(f"{url}: {_status(error)}") from None
    except exceptions.ConnectionError as error:
        raise PacsError(f"{url}: {_connection(error)}") from None
    except exceptions.RequestException as error:
        raise PacsError(f"{url}: {_cause(error)}. Check the address.") from None


def _status(error: Exception) -> str:
    response = getattr(error, "response", None)
    code = getattr(response, "status_code", None)
    advice = {
        400: "Does it speak DICOMweb?",
        401: "Set CANCERGAN_PACS_USER and CANCERGAN_PACS_PASSWORD, or CANCERGAN_PACS_TOKEN.",
        403: "These credentials may not do this.",
        404: "Is it the root of DICOMweb, such as http://host:8042/dicom-web?",
        409: "The server refused the files.",
        413: "The server takes no files of that size.",
    }
    reason = getattr(response, "reason", "") or "error"
    return f"HTTP {code} {reason}. {advice.get(code or 0, 'Look into the log of the server.')}"


def _connection(error: Exception) -> str:
    text = str(error)
    if "refused" in text:
        return "connection refused. Is the server running, and the port right?"
    if "resolve" in text or "Name or service" in text or "getaddrinfo" in text:
        return "no such host. Check the name."
    return f"the connection broke ({_cause(error)}). Try again."


def _cause(error: BaseException) -> str:
    """Return the innermost reason on one line."""
    inner: object = error
    while isinstance(inner, BaseException) and inner.args:
        following = getattr(inner, "reason", None) or inner.args[-1]
        if not isinstance(following, BaseException):
            break
        inner = following
    return " ".join(str(inner).split())[:200]
