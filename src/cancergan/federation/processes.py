"""Processes of the real engine: started from a kit, watched, and ended with all their children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cancergan.cohort import Cohort
from cancergan.core.errors import BadInputError, CancerganError
from cancergan.core.files import read_json, write_json
from cancergan.federation.agreement import Agreement
from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.kits import check_certificate, require_engine, site_of
from cancergan.federation.policy import HospitalPolicy
from cancergan.training.run import Run

Say = Callable[[str], None]
_POLL = 0.5


@contextmanager
def engine_process(kit: Path, role: str, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the engine's own process for a kit; at the end it and its children are gone."""
    kit = kit.resolve()  # the engine goes to its own folder before it reads paths
    module = f"nvflare.private.fed.app.{role}.{role}_train"
    command = [
        sys.executable, "-u", "-m", module, "-m", str(kit), "-s", f"fed_{role}.json",
        "--set", "secure_train=true", "config_folder=config", *arguments,
    ]  # fmt: skip
    log = kit / "engine.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything that it has started, whatever session that is in."""
    import psutil

    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            member.send_signal(signal.SIGTERM)
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(family, timeout=3)
    for member in alive:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=3)
    process.wait()


def bind(kit: Path, cohort: Path, policy: HospitalPolicy) -> str:
    """Write down in a hospital's kit which cohort it brings and what it allows; return its name.

    Raises:
        BadInputError: the certificate expired, the cohort cannot be opened, or has too few cases.
    """
    check_certificate(kit)
    name, _ = site_of(kit)
    cases = len(Cohort.open(cohort))
    if cases < policy.min_cases:
        raise BadInputError(
            f"{cohort}: {cases} cases; the policy asks for {policy.min_cases}. Nothing was started."
        )
    bound = {
        "cohort": str(cohort.resolve()),
        "policy": policy.model_dump(mode="json"),
        "folder": str((kit / "hospital").resolve()),
    }
    write_json(kit / "local" / "hospital.json", bound)
    return name


def run_hospital(kit: Path, cohort: Path, policy: HospitalPolicy, say: Say = print) -> None:
    """Serve runs from a hospital's kit until the process is ended."""
    require_engine()
    name = bind(kit, cohort, policy)
    messages = kit / "hospital" / "messages.log"
    with _terminating(), hospital_process(kit) as process:
        say(f"{name}: ready; ledger in {kit / 'hospital' / 'ledger.jsonl'}")
        seen = _size(messages)
        while process.poll() is None:
            time.sleep(_POLL)
            seen = _follow(messages, seen, say)
    raise BadInputError(f"{name}: the engine ended; see {kit / 'engine.log'}.")


@contextmanager
def hospital_process(kit: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the engine of a bound hospital."""
    name, organisation = site_of(kit)
    with engine_process(kit, "client", [f"uid={name}", f"org={organisation}"]) as process:
        yield process


def run_coordinator(
    kit: Path,
    agreement: Agreement,
    out: Path,
    settings: CoordinatorSettings,
    *,
    resume: bool = False,
    sites: list[str] | None = None,
    wait: float = 120.0,
    restarts: int = 3,
    say: Say = print,
) -> Run:
    """Wait for hospitals, play a run with them, and return it.

    A job that the engine ends (a hospital's process was killed) is submitted again and goes on from
    the last checkpoint with the hospitals that are there, up to ``restarts`` times.

    Args:
        kit: the coordinator's kit.
        agreement: what is played.
        out: the run folder.
        settings: how to wait, and what to make of answers.
        resume: go on with a run that was interrupted.
        sites: hospitals to wait for; all that come within ``wait`` seconds where left out.
        wait: seconds.
        restarts: how often.
        say: hears what happens.

    Raises:
        BadInputError: an expired certificate, a port in use, too few hospitals in time.
    """
    require_engine()
    from cancergan.federation.flare import Administrator

    server = kit / "server"
    check_certificate(server)
    _check_port(server)
    with (
        _terminating(),
        engine_process(server, "server", ["org=coordinator"]) as process,
    ):
        _await_port(server, process)
        for attempt in range(restarts + 1):
            with Administrator(kit / "admin", timeout=30.0) as administrator:
                there = _await_sites(administrator, sites, settings.min_sites, wait, say)
                job = _Job(server, out, agreement, settings, resume=resume or attempt > 0)
                finished = job.play(administrator, there, process, say)
            if finished:
                return Run.open(out)
            say("the engine ended the job; going on from the last checkpoint.")
    raise BadInputError(f"{out}: the job was ended {restarts + 1} times. See {server}/engine.log.")


class _Job:
    """One submission of a run to the engine."""

    def __init__(
        self,
        server: Path,
        out: Path,
        agreement: Agreement,
        settings: CoordinatorSettings,
        *,
        resume: bool,
    ) -> None:
        self.outcome = server / "outcome.json"
        self.log = out.with_name(f"{out.name}.log").resolve()
        self.timeout = settings.timeout
        wanted = {
            "out": str(out.resolve()),
            "agreement": agreement.to_json(),
            "settings": settings.model_dump(mode="json"),
            "resume": resume,
            "outcome": str(self.outcome.resolve()),
        }
        self.outcome.unlink(missing_ok=True)
        write_json(server / "local" / "coordinator.json", wanted)

    def play(
        self, administrator: Any, sites: list[str], process: subprocess.Popen[bytes], say: Say
    ) -> bool:
        """Submit and follow the job; say whether it came to its end.

        Raises:
            BadInputError: it ended with an error that another attempt would not mend.
        """
        from cancergan.federation.flare import ENDED

        seen = _size(self.log)
        job = administrator.submit(sites, timeout=self.timeout)
        while process.poll() is None:
            seen = _follow(self.log, seen, say)
            if self.outcome.is_file():
                _follow(self.log, seen, say)
                outcome = read_json(self.outcome)
                if "error" in outcome:
                    raise BadInputError(outcome["error"])
                return True
            if administrator.status(job).startswith(ENDED):
                time.sleep(_POLL)
                return self.outcome.is_file()
            time.sleep(_POLL)
        raise BadInputError("the coordinator's engine ended; see its engine.log.")


def _await_sites(
    administrator: Any, sites: list[str] | None, least: int, wait: float, say: Say
) -> list[str]:
    """Return the hospitals that are connected, once all wanted ones are or the time is over."""
    until = time.monotonic() + wait
    there: list[str] = []
    while time.monotonic() < until:
        now = administrator.connected()
        if now != there:
            say(f"connected: {', '.join(now) or 'nobody'}")
        there = now
        if sites is not None and set(sites) <= set(there):
            break
        time.sleep(1.0)
    there = [site for site in there if sites is None or site in sites]
    if len(there) < least:
        raise BadInputError(
            f"{len(there)} hospitals came within {wait:g} s; {least} are needed. Ask them to run "
            "cancergan federate hospital, or wait longer (--wait)."
        )
    return there


def _port(server: Path) -> int:
    served = read_json(server / "startup" / "fed_server.json")["servers"][0]["service"]
    return int(str(served["target"]).rpartition(":")[2])


def _check_port(server: Path) -> None:
    port = _port(server)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            raise BadInputError(f"port {port} is in use. End what listens there.") from None


def _await_port(server: Path, process: subprocess.Popen[bytes], patience: float = 60.0) -> None:
    port, until = _port(server), time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise BadInputError(f"the coordinator's engine did not start; see {server / 'engine.log'}.")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _follow(path: Path, seen: int, say: Say) -> int:
    """Say the lines that were added to a file, and return how far it was read."""
    if _size(path) <= seen:
        return seen
    with path.open("rb") as file:
        file.seek(seen)
        new = file.read()
    whole = new[: new.rfind(b"\n") + 1]
    for line in whole.decode("utf-8", "replace").splitlines():
        say(line)
    return seen + len(whole)


class Ended(CancerganError):  # noqa: N818
    """The process was asked to end."""


@contextmanager
def _terminating() -> Iterator[None]:
    """Turn a request to end into an exception, so that children are ended too."""

    def ended(*_: object) -> None:
        raise Ended(f"process {os.getpid()} was asked to end.")

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield
    except KeyboardInterrupt:
        raise Ended("interrupted.") from None
    finally:
        signal.signal(signal.SIGTERM, before)
