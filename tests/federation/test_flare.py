"""The real engine: provisioned kits, mutual TLS, separate processes on loopback."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import ExitStack

import pytest
import torch

from cancergan.federation.conversation import CoordinatorSettings
from cancergan.federation.kits import provision
from cancergan.federation.policy import HospitalPolicy
from cancergan.federation.processes import bind, end, hospital_process, run_coordinator
from cancergan.federation.simulation import free_port, simulate
from cancergan.training import checkpoints
from cancergan.training.run import Run
from tests.data import blobs
from tests.federation.board import agreed

pytest.importorskip("nvflare")

SETTINGS = CoordinatorSettings(timeout=15)


def started(stack, folder, number):
    """Provision a federation, start its hospitals, and return their processes by name."""
    names = [f"h{k}" for k in range(number)]
    port = free_port()
    provision(folder / "fed", [*names, "absent"], port=port)
    processes = {}
    for k, name in enumerate(names):
        blobs(12, seed=k).save(folder / name)
        kit = folder / "fed" / "kits" / name
        bind(kit, folder / name, HospitalPolicy())
        processes[name] = stack.enter_context(hospital_process(kit))
    return processes, port


def generator_of(path):
    run = Run.open(path)
    tensors = checkpoints.load_game(run.checkpoints, run.game())
    return {name: value for name, value in tensors.items() if name.startswith("generator/")}


def served(port, startup=None):
    """Say whether the coordinator's port keeps a TLS connection that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if startup is not None:
        context.load_cert_chain(startup / "client.crt", startup / "client.key")
    with socket.create_connection(("localhost", port), timeout=5) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                assert secured.version() == "TLSv1.3"
                secured.settimeout(1)
                return secured.recv(1) != b""
        except TimeoutError:
            return True  # nothing was said, and nothing was closed
        except (ssl.SSLError, ConnectionError):
            return False


def test_a_run_over_mutual_tls_gives_the_generator_of_the_same_run_in_one_process(tmp_path):
    agreement = agreed(**{"training.steps": 2, "training.batch_size": 4})
    provision(tmp_path / "others", ["h0", "h1"])
    tried = []

    def say(sentence):
        if sentence.startswith("connected") and not tried:
            kits = [tmp_path / folder / "kits" / "h1" / "startup" for folder in ("fed", "others")]
            tried.extend(served(port, kit) for kit in (*kits, None))

    with ExitStack() as stack:
        _, port = started(stack, tmp_path, 2)
        run = run_coordinator(
            tmp_path / "fed" / "kits" / "coordinator", agreement, tmp_path / "run",
            SETTINGS, sites=["h0", "h1"], wait=60, say=say,
        )  # fmt: skip
    assert tried == [True, False, False], "ours, another project's certificate, and none"
    simulate(agreement, {f"h{k}": blobs(12, seed=k) for k in range(2)}, tmp_path / "one")
    ours, theirs = generator_of(run.path), generator_of(tmp_path / "one")
    assert all(torch.allclose(ours[n], theirs[n], atol=1e-6, rtol=0) for n in ours)
    job = next((tmp_path / "fed" / "kits" / "h0").glob("*-*-*/"))
    assert not list(job.rglob("*.py")), "no code came with the job"


@pytest.mark.slow
def test_a_hospital_whose_processes_are_killed_does_not_cost_the_run(tmp_path):
    agreement = agreed(**{"training.steps": 60})
    said = []
    with ExitStack() as stack:
        processes, _ = started(stack, tmp_path, 3)

        def say(sentence):
            said.append(sentence)
            if sentence == "20%":
                end(processes["h1"])

        run = run_coordinator(
            tmp_path / "fed" / "kits" / "coordinator", agreement, tmp_path / "run",
            CoordinatorSettings(timeout=5, failures=2, min_sites=2),
            sites=["h0", "h1", "h2"], wait=60, say=say,
        )  # fmt: skip
    assert run.step == 60
    record = json.loads((run.path / "federation.json").read_text())
    assert not record["sites"]["h0"]["dropped"]
    assert "h1" not in record["sites"] or record["sites"]["h1"]["dropped"], said


@pytest.mark.slow
def test_a_job_that_the_engine_ends_goes_on_from_the_last_checkpoint(tmp_path):
    """Killing a hospital's job process makes the engine end the job for all."""
    import psutil

    agreement = agreed(**{"training.steps": 60, "training.checkpoint_every": 5})
    said = []
    with ExitStack() as stack:
        processes, _ = started(stack, tmp_path, 2)

        def say(sentence):
            said.append(sentence)
            if sentence == "20%" and said.count("20%") == 1:
                for child in psutil.Process(processes["h1"].pid).children(recursive=True):
                    child.kill()

        run = run_coordinator(
            tmp_path / "fed" / "kits" / "coordinator", agreement, tmp_path / "run",
            CoordinatorSettings(timeout=5, failures=2, min_sites=2),
            sites=["h0", "h1"], wait=60, say=say,
        )  # fmt: skip
    assert run.step == 60
    assert "the engine ended the job; going on from the last checkpoint." in said
    record = json.loads((run.path / "federation.json").read_text())
    assert not any(site["dropped"] for site in record["sites"].values())
