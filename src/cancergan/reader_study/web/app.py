"""The routes of the reading room. Whatever is not here is refused."""

# No postponed annotations here: FastAPI reads them, and some name things of the function around.

import sqlite3
from typing import Annotated, Any

from fastapi import Cookie, Depends, FastAPI, Form, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from cancergan.reader_study import access, reading
from cancergan.reader_study.access import Session
from cancergan.reader_study.reading import ConflictError
from cancergan.reader_study.store import audit
from cancergan.reader_study.study import Study
from cancergan.reader_study.web import pages
from cancergan.reader_study.web.security import COOKIE, protect, same_token

CookieValue = Annotated[str | None, Cookie(alias=COOKIE)]
Place = Annotated[float, Field(ge=-1, le=65_536, allow_inf_nan=False)]
SECONDS_A_CASE = 12  # what readers of published studies take for a look and a rating


class AnswerBody(BaseModel):
    """An answer as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(min_length=1, max_length=64)
    nonce: str = Field(min_length=1, max_length=64)
    rating: int = Field(ge=1, le=20)
    seconds: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    mark: tuple[Place, Place, Place] | None = None


class RefusedError(Exception):
    """The caller may not do this; a page says why."""

    def __init__(self, title: str, text: str, status: int = 403) -> None:
        super().__init__(title)
        self.title, self.text, self.status = title, text, status


def build(study: Study, *, limited: bool = True) -> FastAPI:
    """Return the application that serves a study; ``limited`` is the rate limit, for tests."""
    app = FastAPI(title="cancergan reader study", docs_url=None, redoc_url=None, openapi_url=None)
    protect(app, limited=limited)
    _explain_errors(app)
    _add_entrance(app, study)
    _add_reading(app, study)
    return app


def _session(study: Study, cookie: str | None) -> Session:
    session = access.session_of(study.store, cookie)
    if session is None:
        raise RefusedError("Not entered", "Open the invitation link that you were given.")
    return session


def _add_entrance(app: FastAPI, study: Study) -> None:
    store = study.store

    @app.get("/enter/{token}", response_class=HTMLResponse)
    def invitation(token: str) -> Response:
        who = access.holder(store, token)
        if who is None:
            raise HTTPException(404)
        return pages.page(
            "enter.html", title=study.settings.title, token=token,
            administrator=isinstance(who, str), minutes=_minutes(study),
        )  # fmt: skip

    @app.post("/enter/{token}", response_class=HTMLResponse)
    def begin_session(
        request: Request,
        token: str,
        expertise: Annotated[str, Form(max_length=200)] = "",
        years: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        number = float(years) if years.strip().isdigit() else None
        secret = access.enter(store, token, expertise=expertise.strip(), years=number)
        if secret is None:
            raise HTTPException(404)
        reply = RedirectResponse("/progress" if access.holder(store, token) == "administrator"
                                 else "/read", 303)  # fmt: skip
        reply.set_cookie(
            COOKIE, secret, httponly=True, samesite="strict", path="/", max_age=30 * 86_400,
            secure=request.url.scheme == "https",
        )  # fmt: skip
        return reply

    @app.get("/progress", response_class=HTMLResponse)
    def progress(cookie: CookieValue = None) -> Response:
        session = _session(study, cookie)
        if session.reader is not None:
            raise HTTPException(404)
        return pages.page(
            "progress.html", title=study.settings.title, rows=access.progress(store),
            locked_at=study.locked_at,
        )  # fmt: skip

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        try:
            content, kind = pages.static(name)
        except KeyError:
            raise HTTPException(404) from None
        return Response(content, media_type=kind)


def _minutes(study: Study) -> int:
    """Return about how long a reader will take."""
    with study.store.reading() as connection:
        trials = connection.execute("SELECT count(*) FROM trials WHERE reader = 1").fetchone()[0]
    return max(1, round(int(trials) * SECONDS_A_CASE / 60))


def _add_reading(app: FastAPI, study: Study) -> None:
    store = study.store

    def of_reader(cookie: CookieValue = None) -> Session:
        session = _session(study, cookie)
        if session.reader is None:
            raise HTTPException(404)
        return session

    def current(session: Annotated[Session, Depends(of_reader)]) -> Session:
        if not session.current:
            raise ConflictError(
                "This study was opened with your link in another place; that one reads on."
            )
        return session

    def trusted(
        session: Annotated[Session, Depends(current)],
        x_csrf_token: Annotated[str | None, Header()] = None,
    ) -> Session:
        if not same_token(x_csrf_token, session.csrf):
            raise RefusedError("Out of date", "Load the page again.")
        return session

    @app.get("/read", response_class=HTMLResponse)
    def read(session: Annotated[Session, Depends(of_reader)]) -> Response:
        if not session.current:
            return pages.page("elsewhere.html", 409, title=study.settings.title, csrf=session.csrf)
        with store.reading() as connection:
            state = reading.state_of(study, connection, _reader(session))
        return pages.reading_page(study, state, session.csrf)

    @app.post("/here", response_class=HTMLResponse)
    def here(
        session: Annotated[Session, Depends(of_reader)], csrf: Annotated[str, Form()] = ""
    ) -> Response:
        if not same_token(csrf, session.csrf):
            raise RefusedError("Out of date", "Load the page again.")
        access.take_over(store, session)
        return RedirectResponse("/read", 303)

    @app.post("/begin", response_class=HTMLResponse)
    def begin(
        session: Annotated[Session, Depends(current)], csrf: Annotated[str, Form()] = ""
    ) -> Response:
        if not same_token(csrf, session.csrf):
            raise RefusedError("Out of date", "Load the page again.")
        with store.writing() as connection:
            reading.open_phase(study, connection, _reader(session))
        return RedirectResponse("/read", 303)

    @app.post("/answers")
    def answer(body: AnswerBody, session: Annotated[Session, Depends(trusted)]) -> dict[str, Any]:
        given = reading.Answer(body.key, body.nonce, body.rating, body.seconds, body.mark)
        with store.writing() as connection:
            state, told = reading.record(study, connection, _reader(session), given)
        return {"state": state.to_json(), "feedback": told}

    @app.post("/undo")
    def undo(session: Annotated[Session, Depends(trusted)]) -> dict[str, Any]:
        with store.writing() as connection:
            state = reading.undo(study, connection, _reader(session))
        return {"state": state.to_json(), "feedback": None}

    @app.post("/pause")
    def pause(session: Annotated[Session, Depends(trusted)]) -> dict[str, Any]:
        with store.writing() as connection:
            audit(connection, f"reader {session.reader}", "pause")
            state = reading.state_of(study, connection, _reader(session))
        return {"state": state.to_json(), "feedback": None}

    @app.get("/images/{key}")
    def image(key: str, session: Annotated[Session, Depends(current)]) -> Response:
        with store.reading() as connection:
            index = reading.image_index(connection, study, _reader(session), key)
        if index is None:
            raise HTTPException(404)
        return Response(study.images[index].tobytes(), media_type="application/octet-stream")


def _reader(session: Session) -> int:
    assert session.reader is not None
    return session.reader


def _explain_errors(app: FastAPI) -> None:
    def told(request: Request, title: str, text: str, status: int) -> Response:
        """Answer in the form that was asked for: JSON to the script, else a page."""
        if "application/json" in request.headers.get("content-type", ""):
            return JSONResponse({"title": title, "detail": text}, status)
        link = "/read" if status == 409 else None
        return pages.message(title, text, status, link=link)

    @app.exception_handler(ConflictError)
    def conflict(request: Request, error: ConflictError) -> Response:
        return told(request, "Not taken", f"{error} Go on with the case that is open now.", 409)

    @app.exception_handler(RefusedError)
    def refused(request: Request, error: RefusedError) -> Response:
        return told(request, error.title, error.text, error.status)

    @app.exception_handler(sqlite3.OperationalError)
    def busy(request: Request, error: sqlite3.OperationalError) -> Response:
        text = "The study cannot be written just now, so this was not saved. Try again in a moment."
        reply = told(request, "Not saved", text, 503)
        reply.headers["Retry-After"] = "3"
        return reply

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        return told(
            request, "Not understood", "This is not what the page sends. Load it again.", 422
        )

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> Response:
        return told(request, "Not here", "There is nothing at this address.", error.status_code)
