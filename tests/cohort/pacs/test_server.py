import pytest

from cancergan.cohort.pacs.server import Query, connect
from cancergan.core.errors import BadInputError


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


def test_an_empty_query_knows_it():
    assert Query().is_empty
    assert not Query(accession="1").is_empty
