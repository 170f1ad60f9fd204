"""Fifty readers at once, and a server that is killed under them: no answer is lost or doubled."""

import asyncio
import os
import re
import signal
import statistics
import time

import httpx
import pytest

from cancergan.reader_study import access
from cancergan.reader_study.store import audit_is_whole
from tests.reader_study.rooms import free_port, small_study, start

READERS = 50
KILLS = 3

pytestmark = pytest.mark.slow


class Load:
    """Readers that go on whatever happens, and remember what the server acknowledged."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.acknowledged = {}
        self.waits = []
        self.errors = 0
        self.done = 0

    async def request(self, client, method, path, **more):
        """Repeat a request until the server answers it."""
        while True:
            try:
                started = time.perf_counter()
                reply = await client.request(method, path, **more)
                if reply.status_code not in (429, 503):
                    if path == "/answers":
                        self.waits.append(time.perf_counter() - started)
                    return reply
                self.errors += 1
            except httpx.TransportError:
                self.errors += 1
            await asyncio.sleep(0.1)

    async def read(self, token):
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as client:
            await self.request(client, "POST", f"/enter/{token}")
            while True:
                page = (await self.request(client, "GET", "/read")).text
                csrf = re.search(r'name="csrf" value="([^"]+)"|id="csrf">"([^"]+)"', page)
                if 'action="/begin"' in page:
                    await self.request(client, "POST", "/begin", data={"csrf": csrf[1]})
                    continue
                found = re.search(r'id="state">(.*?)</script>', page)
                if not found:
                    self.done += 1
                    return
                await self.phase(client, csrf[2], httpx.Response(200, text=found[1]).json())

    async def phase(self, client, csrf, state):
        while state["stage"] == "trial":
            trial = state["trial"]
            await self.request(client, "GET", f"/images/{trial['images'][0]}")
            body = {"key": trial["key"], "nonce": trial["nonce"], "rating": 2, "seconds": 1.0}
            reply = await self.request(
                client, "POST", "/answers", json=body, headers={"X-CSRF-Token": csrf}
            )
            assert reply.status_code == 200, reply.text
            self.acknowledged[trial["key"]] = 2
            state = reply.json()["state"]


def test_fifty_readers_lose_nothing_when_the_server_is_killed(tmp_path):
    study = small_study(
        tmp_path, n=24, readers=READERS, training=0, repeats=0.0, informed=False, shape=(64, 64)
    )
    tokens = [access.invite(study.store, number) for number in range(1, READERS + 1)]
    port = free_port()
    load = Load(port)

    async def everybody():
        process = start(study.path, port)
        readers = [asyncio.create_task(load.read(token)) for token in tokens]
        for kill in range(1, KILLS + 1):
            while len(load.acknowledged) < kill * READERS * 24 // (KILLS + 1):
                await asyncio.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process = await asyncio.to_thread(start, study.path, port)
        await asyncio.gather(*readers)
        process.kill()
        process.wait()

    began = time.perf_counter()
    asyncio.run(everybody())
    taken = time.perf_counter() - began
    with study.store.reading() as connection:
        kept = connection.execute(
            "SELECT t.key, a.rating FROM answers a JOIN trials t ON a.trial = t.id"
            " WHERE a.undone_at IS NULL"
        ).fetchall()
        assert audit_is_whole(connection)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    waits = sorted(load.waits)
    print(
        f"{READERS} readers, {len(kept)} answers, {KILLS} kills, {load.errors} failed requests, "
        f"{taken:.1f} s; answer: median {1000 * statistics.median(waits):.0f} ms, "
        f"95 % below {1000 * waits[int(0.95 * len(waits))]:.0f} ms"
    )
    assert load.done == READERS
    assert load.errors > 0
    assert len(kept) == READERS * 24 == len(load.acknowledged)
    assert {row["key"]: row["rating"] for row in kept} == load.acknowledged
