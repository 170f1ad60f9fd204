"""Start the server of a study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cancergan.core.errors import BadInputError, MissingExtraError
from cancergan.reader_study.study import Study


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    proxies: str = "127.0.0.1",
    say: Callable[[str], None] = print,
) -> None:
    """Serve a study until the process is ended.

    Args:
        folder: a study folder.
        host, port: where to listen; behind a reverse proxy leave the host as it is.
        proxies: addresses whose X-Forwarded headers are believed.
        say: told the address.

    Raises:
        BadInputError: no study, one that cannot be written, or a port that is taken.
        MissingExtraError: the extra ``reader-study`` is not installed.
    """
    try:
        import uvicorn

        from cancergan.reader_study.web.app import build
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "fastapi", "reader-study") from None
    study = Study.open(folder)
    study.store.check_writable()
    config = uvicorn.Config(
        build(study), host=host, port=port, log_level="warning", access_log=False,
        server_header=False, date_header=False, proxy_headers=True, forwarded_allow_ips=proxies,
    )  # fmt: skip
    try:
        listening = config.bind_socket()
    except SystemExit:
        raise BadInputError(f"port {port} of {host} is taken. Choose another --port.") from None
    say(f"reading room: http://{host}:{port}  (links: cancergan reader-study invite {folder})")
    uvicorn.Server(config).run(sockets=[listening])
