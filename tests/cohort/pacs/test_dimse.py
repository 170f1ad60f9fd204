import socket

import numpy as np
import pytest

from cancergan.cohort import pacs
from cancergan.cohort.pacs import PacsError, Query
from cancergan.core.errors import BadInputError
from tests.cohort.dicom.files import write_slice
from tests.orthanc import free_port


def test_a_closed_port_is_said_in_one_line(tmp_path):
    server = pacs.connect(host="127.0.0.1", port=free_port(), seconds=2)
    with pytest.raises(PacsError, match="connection refused, or no answer") as error:
        server.store([write_slice(tmp_path / "1.dcm", np.eye(4, dtype=np.uint16))])
    assert "\n" not in str(error.value)
    with pytest.raises(PacsError, match="connection refused"):
        server.search(Query(patient_id="x"))


def test_a_server_that_never_answers_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = pacs.connect(host="127.0.0.1", port=silent.getsockname()[1], seconds=1)
        with pytest.raises(PacsError, match="no answer in time"):
            server.search(Query(patient_id="x"))


@pytest.mark.parametrize("title", ["", "  ", "SEVENTEEN_LETTERS", "ÄRZTE"])
def test_titles_have_one_to_sixteen_letters(title):
    with pytest.raises(BadInputError, match="no application entity title"):
        pacs.connect(host="127.0.0.1", port=104, called=title)
