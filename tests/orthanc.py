"""A real PACS for tests: Orthanc as a process of our own, on loopback, with an empty store."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PROGRAM = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
INSTALLED = Path(PROGRAM).exists() and PLUGIN.exists()
needs_orthanc = pytest.mark.skipif(
    not INSTALLED, reason="Orthanc is not installed (apt-get install orthanc orthanc-dicomweb)"
)


@dataclass(frozen=True)
class Orthanc:
    """Where the server listens."""

    http: int
    dicom: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}/dicom-web"

    @property
    def dimse(self) -> list[str]:
        return ["--host", "127.0.0.1", "--port", str(self.dicom), "--aet", "ORTHANC"]

    def tags(self) -> list[dict[str, object]]:
        """Return all tags of every instance, by keyword, as Orthanc's own interface tells them."""
        return [self._get(f"/instances/{one}/simplified-tags") for one in self._get("/instances")]

    def _get(self, path: str):
        with urlopen(f"http://127.0.0.1:{self.http}{path}") as answer:
            return json.load(answer)


@contextmanager
def orthanc_running(folder: Path, **settings: object) -> Iterator[Orthanc]:
    """Start Orthanc with its store in a folder, and stop it at the end."""
    server = Orthanc(free_port(), free_port())
    config = {
        "HttpPort": server.http, "DicomPort": server.dicom, "DicomAet": "ORTHANC",
        "StorageDirectory": str(folder / "store"), "IndexDirectory": str(folder / "index"),
        "Plugins": [str(PLUGIN)], "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "DicomAlwaysAllowFind": True, "DicomAlwaysAllowGet": True, "DicomAlwaysAllowStore": True,
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(config | settings))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([PROGRAM, folder / "orthanc.json"], stdout=log, stderr=log)
        try:
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.kill()  # its store is thrown away: no need to wait until it is tidy
            process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(server: Orthanc, process: subprocess.Popen, log: Path) -> None:
    end = monotonic() + 30
    while monotonic() < end and process.poll() is None:
        try:
            server._get("/system")
            return
        except HTTPError:
            return  # it asks for a password: it is there
        except (URLError, ConnectionError):
            sleep(0.1)
    raise RuntimeError(f"Orthanc did not start: {log.read_text()[-2000:]}")
