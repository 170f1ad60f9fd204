"""The real engine: NVFlare's Collab API, the only module that imports it.

Bytes go in and out of one published method; what they mean, and what may be in them, is decided
below (``messages``, ``hospital``). Connections are mutual TLS between provisioned kits. The job
that is submitted is two JSON files that name the classes of this module: no code travels.
"""

from __future__ import annotations

import contextlib
import io
import json
import queue
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganError, MissingExtraError
from cancergan.core.files import read_json, write_json
from cancergan.federation.agreement import Agreement
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.coordinator import coordinate
from cancergan.federation.hospital import Hospital
from cancergan.federation.messages import Message
from cancergan.federation.policy import HospitalPolicy
from cancergan.federation.transport import Answer

try:
    from nvflare.collab import collab
    from nvflare.collab.api.exceptions import CollabCallError, RunAborted
    from nvflare.fuel.flare_api.flare_api import NoConnection, Session, new_secure_session
except ImportError:
    raise MissingExtraError("nvflare", "federated") from None

HOSPITAL_FILE = "hospital.json"
COORDINATOR_FILE = "coordinator.json"
OUTCOME_FILE = "outcome.json"
ADMIN = "admin@cancergan.org"
ENDED = ("FINISHED", "FAILED", "ABORTED", "ABANDONED")

_SERVER = "server"  # what the engine calls the coordinator's side of a job, whatever its host
_MODULE = "cancergan.federation.flare"
_GRACE = 5.0  # seconds beyond a message's own deadline until the engine gives a call up


class HospitalComponent:
    """Lives in the hospital's job process, and with it the discriminator and its optimiser."""

    def __init__(self) -> None:
        self.hospital: Hospital | None = None
        self.bound: Path | None = None

    @collab.init  # type: ignore[untyped-decorator]
    def bind(self) -> None:
        """Find the file in which the hospital has named its cohort and its policy."""
        self.bound = Path(collab.workspace.get_site_config_dir()) / HOSPITAL_FILE
        self.site = str(collab.site_name)

    @collab.publish  # type: ignore[untyped-decorator]
    def exchange(self, message: bytes) -> bytes:
        """Answer one message."""
        try:
            if self.hospital is None:
                assert self.bound is not None
                self.hospital = _opened(self.site, read_json(self.bound))
        except CancerganError as error:
            print(f"{self.site}: {error}", flush=True)
            reason = "the hospital's cohort or policy cannot be opened; see its own log."
            return Message("refusal", "", 0, values={"reason": reason}).encode()
        return self.hospital.answer(message)


def _opened(site: str, bound: Mapping[str, Any]) -> Hospital:
    policy = HospitalPolicy.model_validate(bound["policy"])
    folder = Path(bound["folder"])
    return Hospital(
        site, Cohort.open(bound["cohort"]), policy, folder, say=_appender(folder / "messages.log")
    )


def _appender(path: Path) -> Callable[[str], None]:
    def say(sentence: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(sentence + "\n")

    return say


class CoordinatorComponent:
    """Lives in the coordinator's job process: plays the run that ``coordinator.json`` describes."""

    @collab.main  # type: ignore[untyped-decorator]
    def play(self) -> None:
        """Play the run to its end, and write down how it ended."""
        wanted = read_json(Path(collab.workspace.get_site_config_dir()) / COORDINATOR_FILE)
        out = Path(wanted["out"])
        outcome: dict[str, Any] = {}
        with FlareTransport(list(collab.clients)) as transport:
            try:
                run = coordinate(
                    Agreement.from_json(wanted["agreement"]),
                    transport,
                    out,
                    CoordinatorSettings.model_validate(wanted["settings"]),
                    resume=wanted["resume"],
                    progress=_Log(out.with_name(f"{out.name}.log")),
                )
                outcome = {"sites": list(run.trained_on.sites)}
            except CancerganError as error:
                outcome = {"error": str(error), "kind": type(error).__name__}
        write_json(Path(wanted["outcome"]), outcome)


class _Log:
    """Progress of a process without a terminal: a file that the command line follows."""

    def __init__(self, path: Path) -> None:
        self.say = _appender(path)

    def update(self, fraction: float, figures: Mapping[str, float]) -> None:
        """Say how far it is."""
        self.say(f"{fraction:.0%}")


class FlareTransport:
    """Sends bytes through the proxies of a job's sites, each call in a thread that waits for it."""

    def __init__(self, proxies: list[Any]) -> None:
        self._proxies = {str(proxy.name): proxy for proxy in proxies}
        self._pool = ThreadPoolExecutor(max(1, len(self._proxies)), "exchange")
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._context = collab.context

    def __enter__(self) -> FlareTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def sites(self) -> tuple[str, ...]:
        """The names of the sites of the job."""
        return tuple(sorted(self._proxies))

    def send(self, site: str, data: bytes, timeout: float) -> None:
        """Call a site, and do not wait."""
        self._pool.submit(self._call, site, data, timeout)

    def receive(self) -> Answer:
        """Return the next answer of any site.

        Raises:
            RunAborted: the engine has ended the job.
        """
        while True:
            if self._context.is_aborted():
                raise RunAborted("the job was aborted")
            try:
                return self._answers.get(timeout=0.5)
            except queue.Empty:
                continue

    def _call(self, site: str, data: bytes, timeout: float) -> None:
        try:
            proxy = self._proxies[site](timeout=timeout + _GRACE)
            data = proxy.exchange(message=data)
            known = isinstance(data, bytes)
            answer = Answer(site, data) if known else Answer(site, failure="no bytes came back")
        except (CollabCallError, RunAborted) as error:
            answer = Answer(site, failure=" ".join(str(error).split())[:300])
        self._answers.put(answer)


def write_job(folder: Path, sites: list[str], *, timeout: float) -> None:
    """Write a job: which class runs where, and nothing else."""
    threads = {"max_call_threads": 16, "max_outbound_call_threads": 16}
    server = {
        "format_version": 2,
        "components": [{"id": "_server", "path": f"{_MODULE}.CoordinatorComponent", "args": {}}],
        "workflows": [
            {
                "id": "controller",
                "path": "nvflare.collab.runtime.controller.CollabController",
                "args": {"server_obj_id": "_server", "sync_task_timeout": timeout, **threads},
            }
        ],
    }
    # One call at a time: a timed-out one would else run on beside the next on the same networks.
    one = {**threads, "max_inbound_call_threads": 1}
    client = {
        "format_version": 2,
        "components": [{"id": "_client", "path": f"{_MODULE}.HospitalComponent", "args": {}}],
        "executors": [
            {
                "tasks": ["*"],
                "executor": {
                    "path": "nvflare.collab.runtime.executor.CollabExecutor",
                    "args": {"client_obj_id": "_client", **one},
                },
            }
        ],
    }
    meta = {
        "name": "cancergan",
        "resource_spec": {},
        "min_clients": 1,
        "deploy_map": {"app_server": [_SERVER], "app_client": sites},
    }
    write_json(folder / "meta.json", meta)
    write_json(folder / "app_server" / "config" / "config_fed_server.json", server)
    write_json(folder / "app_client" / "config" / "config_fed_client.json", client)


class Administrator:
    """Speaks with the coordinator's server as its administrator: who is there, and start a job."""

    def __init__(self, kit: Path, timeout: float) -> None:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the engine greets
                self.session: Session = new_secure_session(
                    username=ADMIN, startup_kit_location=str(kit), timeout=timeout
                )
        except NoConnection as error:
            raise BadInputError(
                f"{kit}: no connection to the coordinator's server ({error}). Is its port free?"
            ) from None

    def __enter__(self) -> Administrator:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def connected(self) -> list[str]:
        """Return the hospitals that are connected."""
        return sorted(client.name for client in self.session.get_system_info().client_info)

    def submit(self, sites: list[str], *, timeout: float) -> str:
        """Start a job at some hospitals and return its identifier."""
        with tempfile.TemporaryDirectory() as folder:
            write_job(Path(folder) / "cancergan", sites, timeout=timeout)
            job: str = self.session.submit_job(str(Path(folder) / "cancergan"))
        return job

    def status(self, job: str) -> str:
        """Return the engine's word for how a job is."""
        meta = self.session.get_job_meta(job)
        return json.dumps(meta.get("status", "")).strip('"')

    def abort(self, job: str) -> None:
        """End a job."""
        self.session.abort_job(job)
