"""Kits: names, expired certificates, and what a site's engine is told to refuse."""

from __future__ import annotations

import datetime
import json

import pytest

from cancergan.core.errors import BadInputError, MissingExtraError
from cancergan.federation import kits
from cancergan.federation.kits import check_certificate, provision, site_of
from cancergan.federation.policy import HospitalPolicy
from cancergan.federation.processes import bind, run_coordinator
from tests.data import blobs
from tests.federation.board import agreed


@pytest.fixture(scope="module")
def federation(tmp_path_factory):
    pytest.importorskip("nvflare")
    out = tmp_path_factory.mktemp("kits") / "federation"
    provision(out, ["north", "south"], port=18102)
    return out


def test_everybody_gets_a_kit_and_a_line_that_says_what_to_run(federation):
    assert site_of(federation / "kits" / "north") == ("north", "north")
    assert "federate hospital" in (federation / "kits" / "south" / "RUN.txt").read_text()
    assert (federation / "kits" / "coordinator" / "admin" / "startup").is_dir()
    assert (federation / "project.yml").is_file()
    assert not (federation / "workspace").exists()


def test_a_kit_has_one_private_key_and_the_authoritys_is_elsewhere(federation):
    keys = {path.relative_to(federation).parts[1] for path in federation.glob("kits/**/*.key")}
    assert keys == {"north", "south", "coordinator"}
    assert len(list((federation / "kits" / "north").rglob("*.key"))) == 1


@pytest.mark.parametrize("party", ["north", "south", "coordinator/server"])
def test_no_code_and_no_logs_travel(federation, party):
    local = federation / "kits" / party / "local"
    rights = json.loads((local / "authorization.json").read_text())["permissions"]
    assert all(role == {"view": "any"} or role["byoc"] == "none" for role in rights.values())
    resources = json.loads((local / "resources.json").read_text())
    assert resources["allow_log_streaming"] is False
    assert resources["class_list_enforcement_mode"] == "enforce"
    assert set(resources["class_allow_list"]) == set(kits.ALLOWED)
    assert all("log" not in part["id"] for part in resources["components"])


def test_an_expired_certificate_is_refused_in_one_line(federation, tmp_path):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    kit = federation / "kits" / "south"
    path = kit / "startup" / "client.crt"
    old = x509.load_pem_x509_certificate(path.read_bytes())
    key = serialization.load_pem_private_key(
        (kit / "startup" / "client.key").read_bytes(), password=None
    )
    ends = datetime.datetime(2025, 6, 30, tzinfo=datetime.UTC)
    expired = (
        x509.CertificateBuilder()
        .subject_name(old.subject).issuer_name(old.issuer).public_key(key.public_key())
        .serial_number(1).not_valid_before(ends - datetime.timedelta(360)).not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    kept = path.read_bytes()
    path.write_bytes(expired.public_bytes(serialization.Encoding.PEM))
    try:
        with pytest.raises(BadInputError, match=r"expired on 2025-06-30\. Provision new kits"):
            bind(kit, tmp_path, HospitalPolicy())
    finally:
        path.write_bytes(kept)
    check_certificate(kit)


def test_a_kit_of_another_kind_and_too_few_cases_are_refused(federation, tmp_path):
    with pytest.raises(BadInputError, match="is not a hospital's kit"):
        site_of(federation / "kits" / "coordinator" / "server")
    with pytest.raises(BadInputError, match="is not a startup kit"):
        check_certificate(tmp_path)
    blobs(6).save(tmp_path / "few")
    with pytest.raises(BadInputError, match="6 cases; the policy asks for 8"):
        bind(federation / "kits" / "north", tmp_path / "few", HospitalPolicy())
    assert not (federation / "kits" / "north" / "local" / "hospital.json").exists()


def test_a_port_in_use_is_named(federation, tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("", 18102))
        taken.listen()
        with pytest.raises(BadInputError, match="port 18102 is in use"):
            run_coordinator(federation / "kits" / "coordinator", agreed(), tmp_path / "r", None)


@pytest.mark.parametrize(
    "names", [["one"], ["a", "a"], ["a", "server"], ["a", "b c"], ["a", "../b"]]
)
def test_names_that_cannot_be_are_refused_before_anything_is_written(tmp_path, names):
    with pytest.raises(BadInputError):
        provision(tmp_path / "f", names)
    assert not (tmp_path / "f").exists()


def test_without_the_engine_the_install_line_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(kits.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cancergan\[federated\]'"):
        provision(tmp_path / "f", ["a", "b"])
