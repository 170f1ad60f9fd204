import sys

import pytest

from cancergan.cohort.pacs.server import Query, connect
from cancergan.core.errors import BadInputError, MissingExtraError


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({}, "give either --url"),
        ({"url": "http://127.0.0.1", "host": "h"}, "give either --url"),
        ({"host": "h"}, "--port is missing"),
    ],
)
def test_one_way_to_the_server_is_needed(where, message):
    with pytest.raises(BadInputError, match=message):
        connect(**where)


@pytest.mark.parametrize(
    ("where", "module", "package"),
    [
        ({"url": "http://127.0.0.1"}, "dicomweb_client.api", "dicomweb-client"),
        ({"host": "127.0.0.1", "port": 104}, "pynetdicom", "pynetdicom"),
    ],
)
def test_a_missing_extra_is_named_with_its_install_line(monkeypatch, where, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"{package} .*'cancergan\[pacs\]'"):
        connect(**where)


def test_an_empty_query_knows_it():
    assert Query().is_empty
    assert not Query(accession="1").is_empty
