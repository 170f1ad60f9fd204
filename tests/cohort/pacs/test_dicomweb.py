import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import sleep

import numpy as np
import pytest

from cancergan.cohort import pacs
from cancergan.cohort.pacs import PacsError, Query
from cancergan.core.errors import BadInputError, CancerganWarning
from tests.cohort.dicom.files import write_slice
from tests.orthanc import free_port


@contextmanager
def answering(status=200, body=b"", kind="application/dicom+json", wait=0.0):
    """Serve one answer to every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            sleep(wait)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dicom-web"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "CANCERGAN_PACS_USER"), (403, "may not"), (404, "root of DICOMweb"), (500, "the log")],
)
def test_refusals_are_told_with_what_to_do(status, message):
    with answering(status) as url, pytest.raises(PacsError, match=rf"HTTP {status} .*{message}"):
        pacs.connect(url=url).search(Query())


def test_a_page_for_people_is_no_dicomweb():
    with (
        answering(body=b"<html>log in</html>", kind="text/html") as url,
        pytest.raises(PacsError, match="answered, but not as DICOMweb does"),
    ):
        pacs.connect(url=url).search(Query())


def test_instances_that_were_refused_are_told(tmp_path):
    file = write_slice(tmp_path / "1.dcm", np.eye(4, dtype=np.uint16), SOPInstanceUID="1.2.3.9")
    answer = (
        b'{"00081198": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.3.9"]},'
        b'"00081197": {"vr": "US", "Value": [272]}}]}}'
    )
    with answering(202, answer) as url:
        assert pacs.connect(url=url).store([file]) == {file: "failure reason 0110"}


def test_a_closed_port_and_a_slow_server(tmp_path):
    with pytest.raises(PacsError, match="connection refused") as error:
        pacs.connect(url=f"http://127.0.0.1:{free_port()}/dicom-web").search(Query())
    assert "\n" not in str(error.value)
    with answering(wait=1.0) as url, pytest.raises(PacsError, match="no answer in time"):
        pacs.connect(url=url, seconds=0.2).search(Query())


@pytest.mark.parametrize("url", ["ftp://host/x", "host:8042", "http://", "not a url"])
def test_an_address_that_is_none(url):
    with pytest.raises(BadInputError, match="needed is http"):
        pacs.connect(url=url)


def test_a_password_in_the_address_is_refused():
    with pytest.raises(BadInputError, match="holds a password") as error:
        pacs.connect(url="http://user:secret@host/dicom-web")
    assert "secret" not in str(error.value)


def test_an_unencrypted_way_out_of_this_computer_is_noted():
    with pytest.warns(CancerganWarning, match="is not encrypted"):
        pacs.connect(url="http://pacs.example/dicom-web")
