"""Startup kits: who may speak with whom, by certificate; made once, given to each by hand."""

from __future__ import annotations

import datetime
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from cancergan.core.errors import BadInputError, MissingExtraError
from cancergan.core.files import whole_folder, write_json, write_text

ADMIN = "admin@cancergan.org"
PROJECT = "cancergan"
# All that a job may name; what else a coordinator might send is refused by the site's own engine.
ALLOWED = [
    "cancergan.federation.flare.CoordinatorComponent",
    "cancergan.federation.flare.HospitalComponent",
    "nvflare.collab.runtime.controller.CollabController",
    "nvflare.collab.runtime.executor.CollabExecutor",
]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def require_engine() -> None:
    """Make sure that the engine is installed.

    Raises:
        MissingExtraError: it is not.
    """
    if importlib.util.find_spec("nvflare") is None:
        raise MissingExtraError("nvflare", "federated")


def provision(
    out: Path, sites: Sequence[str], *, host: str = "localhost", port: int = 8002
) -> list[str]:
    """Make certificates and a kit for the coordinator and for each hospital.

    ``out`` gets ``project.yml``, ``kits/coordinator``, ``kits/NAME`` and ``authority`` (the key
    that signed them: whoever has it can admit hospitals).

    Returns:
        what each party runs, a line each.

    Raises:
        BadInputError: a name that the engine would not take, or something at ``out``.
    """
    require_engine()
    _check_names(sites, host)
    with whole_folder(out) as folder:
        project = _project(sites, host, port)
        write_text(folder / "project.yml", yaml.safe_dump(project, sort_keys=False))
        _run_provisioning(folder)
        made = folder / "workspace" / PROJECT / "prod_00"
        kits = folder / "kits"
        (kits / "coordinator").mkdir(parents=True)
        shutil.move(made / host, kits / "coordinator" / "server")
        shutil.move(made / ADMIN, kits / "coordinator" / "admin")
        _restrict(kits / "coordinator" / "server")
        for site in sites:
            shutil.move(made / site, kits / site)
            _restrict(kits / site)
        shutil.move(folder / "workspace" / PROJECT / "state", folder / "authority")
        shutil.rmtree(folder / "workspace")
        lines = _what_to_run(sites)
        for name, line in zip(["coordinator", *sites], lines, strict=True):
            write_text(kits / name / "RUN.txt", line + "\n")
    return lines


def check_certificate(kit: Path) -> None:
    """Refuse a kit whose certificate is not valid today.

    Raises:
        BadInputError: not a kit, or expired; says since when.
    """
    require_engine()
    from cryptography import x509

    found = sorted((kit / "startup").glob("*.crt"))
    if not found:
        raise BadInputError(f"{kit}: is not a startup kit (no certificate). Check the path.")
    for path in (*found, kit / "startup" / "rootCA.pem"):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        ends = certificate.not_valid_after_utc
        if ends < datetime.datetime.now(datetime.UTC):
            raise BadInputError(
                f"{path}: the certificate expired on {ends:%Y-%m-%d}. Provision new kits."
            )


def site_of(kit: Path) -> tuple[str, str]:
    """Return the names of a hospital and its organisation, as its kit has them.

    Raises:
        BadInputError: not a hospital's kit.
    """
    path = kit / "startup" / "fed_client.json"
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["client"]["fqsn"]
    except (OSError, KeyError, ValueError):
        raise BadInputError(f"{kit}: is not a hospital's kit. Check the path.") from None
    return str(name), str(name)


def _check_names(sites: Sequence[str], host: str) -> None:
    if len(set(sites)) < max(2, len(sites)):
        raise BadInputError("name at least two hospitals, each once: --site north --site south.")
    for name in sites:
        if not _NAME.fullmatch(name) or name in ("server", "coordinator", host):
            raise BadInputError(
                f'hospital "{name}": use letters, digits and _, a letter first, and not '
                "server or coordinator."
            )


def _project(sites: Sequence[str], host: str, port: int) -> dict[str, Any]:
    builders = "nvflare.lighter.impl"
    return {
        "api_version": 3,
        "name": PROJECT,
        "description": "cancergan: players that live in hospitals",
        "participants": [
            {
                "name": host,
                "type": "server",
                "org": "coordinator",
                "fed_learn_port": port,
                "admin_port": port + 1,
            },
            *({"name": site, "type": "client", "org": site} for site in sites),
            {"name": ADMIN, "type": "admin", "org": "coordinator", "role": "project_admin"},
        ],
        "builders": [
            {
                "path": f"{builders}.workspace.WorkspaceBuilder",
                "args": {"template_file": ["master_template.yml"]},
            },
            {
                "path": f"{builders}.static_file.StaticFileBuilder",
                "args": {"config_folder": "config", "scheme": "tcp"},
            },
            {"path": f"{builders}.cert.CertBuilder"},
            {"path": f"{builders}.signature.SignatureBuilder"},
        ],
    }


def _run_provisioning(folder: Path) -> None:
    command = "from nvflare.lighter.provision import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "-p", "project.yml", "-w", "workspace"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if not (folder / "workspace" / PROJECT / "prod_00").is_dir():
        words = " ".join((done.stdout + done.stderr).split())[-300:]
        raise BadInputError(f"{folder}: provisioning failed: {words}")


def _restrict(kit: Path) -> None:
    """Let jobs name our classes alone, bring no code, and send no logs, whoever submits them."""
    local = kit / "local"
    resources = json.loads((local / "resources.json.default").read_text(encoding="utf-8"))
    resources["class_allow_list"] = ALLOWED
    resources["class_list_enforcement_mode"] = "enforce"
    # By default a site sends its job's log to the server; a log may name cases.
    resources["allow_log_streaming"] = False
    resources["components"] = [part for part in resources["components"] if "log" not in part["id"]]
    write_json(local / "resources.json", resources)
    rights = json.loads((local / "authorization.json.default").read_text(encoding="utf-8"))
    names = rights["permissions"]["org_admin"]
    nobody = dict.fromkeys(names, "none") | {"view": "any"}
    rights["permissions"] = {
        "project_admin": dict.fromkeys(names, "any")
        | {"byoc": "none", "server-predeployed-flwr": "none", "shell_commands": "none"},
        "org_admin": nobody,
        "lead": nobody,
        "member": {"view": "any"},
    }
    write_json(local / "authorization.json", rights)


def _what_to_run(sites: Sequence[str]) -> list[str]:
    first = (
        "coordinator: cancergan federate coordinator RECIPE --kit kits/coordinator --out RUN "
        "--classes A,B"
    )
    rest = [
        f"{site}: cancergan federate hospital --kit kits/{site} --cohort FOLDER --policy POLICY"
        for site in sites
    ]
    return [first, *rest]
