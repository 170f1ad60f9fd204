"""Small studies, a server of them in its own process, and clients that read."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
from fastapi.testclient import TestClient

from cancergan.reader_study import access
from cancergan.reader_study.settings import StudySettings
from cancergan.reader_study.study import create
from cancergan.reader_study.web.app import build
from tests.data import blobs

SETTINGS = {"readers": 2, "gap": 2, "repeats": 0.2, "training": 2, "informed": True}


def small_study(folder, n=24, shape=(16, 16), channels=1, **settings):
    """Return a study of blobs; ``n`` cases of a side, two to a patient."""
    made = StudySettings(**{**SETTINGS, **settings})
    real, synthetic = (blobs(n, shape=shape, channels=channels, seed=seed) for seed in (0, 1))
    return create(real, synthetic, folder / "study", made)


class Reader:
    """A reader at a client (httpx or FastAPI's test client) who follows the protocol."""

    def __init__(self, client, token):
        self.client = client
        entered = client.post(f"/enter/{token}", follow_redirects=False)
        assert entered.status_code == 303, entered.text
        self.load()

    def load(self):
        page = self.client.get("/read").text
        found = re.search(r'name="csrf" value="([^"]+)"|id="csrf">"([^"]+)"', page)
        self.csrf = next(filter(None, found.groups())) if found else None
        state = re.search(r'id="state">(.*?)</script>', page)
        self.state = httpx.Response(200, text=state[1]).json() if state else None
        return page

    def begin(self):
        self.client.post("/begin", data={"csrf": self.csrf})
        self.load()

    def post(self, path, **body):
        return self.client.post(path, json=body, headers={"X-CSRF-Token": self.csrf})

    def answer(self, rating=2, **changes):
        trial = self.state["trial"]
        body = {"key": trial["key"], "nonce": trial["nonce"], "rating": rating, "seconds": 1.5}
        reply = self.post("/answers", **{**body, **changes})
        if reply.status_code == 200:
            self.state = reply.json()["state"]
        return reply

    def finish_phase(self, rating=lambda: 2, **changes):
        while self.state and self.state["stage"] == "trial":
            assert self.answer(rating(), **changes).status_code == 200


def reader_of(study, number=1, client=None):
    """Return a reader who has just entered, in this process."""
    client = client or TestClient(build(study, limited=False), base_url="http://testserver")
    return Reader(client, access.invite(study.store, number))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start(folder, port):
    """Start ``cancergan reader-study serve`` in its own process and wait until it answers."""
    command = [sys.executable, "-m", "cancergan", "reader-study", "serve", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", str(port)], env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/static/style.css", timeout=1)
            return process
        except httpx.TransportError:
            if process.poll() is not None:
                raise RuntimeError("the server ended") from None
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("the server does not answer")


@contextmanager
def served(study):
    """Yield the address of a server of the study."""
    port = free_port()
    process = start(study.path, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
