"""What every reply carries, and what is refused before a page is asked for."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from cancergan.reader_study.web.limits import LARGEST_BODY, RateLimit

COOKIE = "reading"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
# Readers of one hospital often share one address, so those who have entered are told apart by
# their session; whoever has not, and may be guessing, by the address.
ENTERED = {"rate": 40.0, "burst": 200}
STRANGERS = {"rate": 2.0, "burst": 60}

Next = Callable[[Request], Awaitable[Response]]


def same_origin(request: Request) -> bool:
    """Say whether a browser says that its own page sent this request, or says nothing at all."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin.split("://")[-1] == request.headers.get("host")


def same_token(given: str | None, expected: str) -> bool:
    """Compare a token that a page must send back, in constant time."""
    return given is not None and secrets.compare_digest(given.encode(), expected.encode())


def protect(app: FastAPI, *, limited: bool = True) -> None:
    """Put headers on every reply; refuse too many, too large and foreign requests."""
    entered, strangers = RateLimit(**ENTERED), RateLimit(**STRANGERS)  # type: ignore[arg-type]

    @app.middleware("http")
    async def guard(request: Request, call_next: Next) -> Response:
        cookie = request.cookies.get(COOKIE)
        address = request.client.host if request.client else "unknown"
        allowed = entered.allows(cookie) if cookie else strangers.allows(address)
        length = request.headers.get("content-length", "0")
        response: Response
        if limited and not allowed:
            response = PlainTextResponse("Too many requests; wait a moment.", 429)
            response.headers["Retry-After"] = "2"
        elif not length.isdigit() or int(length) > LARGEST_BODY:
            response = PlainTextResponse("Too large.", 413)
        elif request.method == "POST" and "content-length" not in request.headers:
            response = PlainTextResponse("Say how long it is.", 411)
        elif request.method == "POST" and not same_origin(request):
            response = PlainTextResponse("Not from this site.", 403)
        else:
            response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response
