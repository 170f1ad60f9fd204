"""Random requests to every route: the server never fails, whatever it is sent."""

import json
import os
from contextlib import suppress
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from cancergan.reader_study import access
from cancergan.reader_study.web.app import build
from tests.reader_study.rooms import Reader, small_study

schemathesis = pytest.importorskip("schemathesis")
from schemathesis import GenerationMode  # noqa: E402

EXAMPLES = int(os.environ.get("CANCERGAN_FUZZ_EXAMPLES", "5"))


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    study = small_study(tmp_path_factory.mktemp("fuzz"), design="find-the-edit")
    app = build(study, limited=False)
    reader = Reader(TestClient(app), access.invite(study.store, 1))
    reader.begin()
    return study, app, reader


def operations(app):
    """Return what the application can be asked; the schema itself it never serves."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_makes_the_server_fail(room, mode):
    _, app, reader = room
    entered = {"reading": reader.client.cookies.get("reading")}
    seen = set()
    for operation in operations(app):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
        def fuzz(case):
            for cookies in ({}, entered):
                headers = {
                    "X-CSRF-Token": reader.csrf,
                    "Content-Type": case.media_type or "text/plain",
                }
                reply = TestClient(app, raise_server_exceptions=False, cookies=cookies).request(
                    case.method, _path(case), params=_texts(case.query), headers=headers,
                    **_body(case),
                )  # fmt: skip
                seen.add(reply.status_code)
                assert reply.status_code < 500, (case.method, case.path, case.body)

        # Nothing of an operation without parameters can be wrong in itself.
        with suppress(Unsatisfiable):
            fuzz()
    if mode is GenerationMode.POSITIVE:
        assert seen & {200, 303}
    assert seen & {403, 404, 422}


def _path(case):
    path = case.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


def _texts(query):
    return {str(key): str(value) for key, value in (query or {}).items()}


def _body(case):
    if isinstance(case.body, dict | list | str | int | float | bool) or case.body is None:
        if case.media_type == "application/json":
            text = json.dumps(case.body).encode(errors="surrogatepass")
            return {"content": text}
        if isinstance(case.body, dict):
            return {"data": _texts(case.body)}
    return {}


def test_the_fuzzed_study_is_whole(room):
    study, _, reader = room
    with study.store.reading() as connection:
        doubled = connection.execute(
            "SELECT trial FROM answers WHERE undone_at IS NULL GROUP BY trial HAVING count(*) > 1"
        ).fetchall()
    assert doubled == []
    reader.load()
    assert reader.state["stage"] in ("trial", "interlude")
